package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests compressed request bodies: they are decompressed once, completely and within limits. Nothing compressed is
 * forwarded.
 */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class ContentCodingTest {

    private static final int MOST = 1024 * 1024;
    private static final byte[] TEXT = "{\"query\":\"{ me { id } }\"}".getBytes(StandardCharsets.UTF_8);

    private final BodyBudget budget = new BodyBudget(4L * MOST);

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(plain);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] zlib(byte[] plain, boolean raw) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Deflater deflater = new Deflater(9, raw);
                DeflaterOutputStream zip = new DeflaterOutputStream(out, deflater)) {
            zip.write(plain);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Stream.of(parts).forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static byte[] changed(byte[] bytes, int at, int to) {
        byte[] copy = bytes.clone();
        copy[at < 0 ? copy.length + at : at] = (byte) to;
        return copy;
    }

    private byte[] plain(byte[] body, String... codings) throws UnreadableRequestException {
        List<Header> headers = Stream.of(codings)
                .map(coding -> new Header("content-encoding", coding))
                .toList();
        BodyBudget.Share room = budget.listenerBudget().share();
        try {
            return new ContentCoding(room, MOST)
                    .plain(new RequestHead("POST", "/up/x", headers), Bytes.of(body))
                    .toArray();
        } finally {
            room.release();
        }
    }

    @Test
    void compressedBodiesAreDecompressed() throws Exception {
        assertThat(plain(TEXT)).isEqualTo(TEXT);
        assertThat(plain(TEXT, "identity")).isEqualTo(TEXT);
        assertThat(plain(gzip(TEXT), "gzip")).isEqualTo(TEXT);
        assertThat(plain(gzip(TEXT), "X-GZip")).isEqualTo(TEXT);
        assertThat(plain(zlib(TEXT, false), "deflate")).isEqualTo(TEXT);
        assertThat(plain(gzip(new byte[0]), "gzip")).isEmpty();
        byte[] named = joined(Arrays.copyOf(gzip(TEXT), 10), "a.json\0".getBytes(StandardCharsets.US_ASCII));
        named[3] = 8;
        byte[] rest = Arrays.copyOfRange(gzip(TEXT), 10, gzip(TEXT).length);
        assertThat(plain(joined(named, rest), "gzip")).isEqualTo(TEXT);
    }

    static Stream<Arguments> unclearCodingsAreRefused() {
        byte[] gzip = gzip(TEXT);
        byte[] zlib = zlib(TEXT, false);
        byte[] comment = changed(gzip, 3, 16);
        return Stream.of(
                Arguments.of("nothing", new byte[0], "gzip", "is truncated"),
                Arguments.of("plain text", TEXT, "gzip", "is truncated"),
                Arguments.of("plain text as deflate", TEXT, "deflate", "is truncated"),
                Arguments.of("zlib as gzip", zlib, "gzip", "is truncated"),
                Arguments.of("gzip as zlib", gzip, "deflate", "is truncated"),
                Arguments.of("deflate without its frame", zlib(TEXT, true), "deflate", "is truncated"),
                Arguments.of("two members", joined(gzip, gzip), "gzip", "several members"),
                Arguments.of("an empty member after it", joined(gzip, gzip(new byte[0])), "gzip", "several members"),
                Arguments.of("bytes after the end", joined(gzip, new byte[] {0}), "gzip", "after its end"),
                Arguments.of("bytes after a stream", joined(zlib, new byte[] {0}), "deflate", "after its end"),
                Arguments.of("a wrong checksum", changed(gzip, -8, 0), "gzip", "is truncated"),
                Arguments.of("a wrong length", changed(gzip, -4, 99), "gzip", "is truncated"),
                Arguments.of("a wrong checksum of zlib", changed(zlib, -1, 0), "deflate", "is truncated"),
                Arguments.of("a comment", comment, "gzip", "is truncated"),
                Arguments.of("reserved flags", changed(gzip, 3, 128), "gzip", "is truncated"),
                Arguments.of(
                        "a name without end",
                        joined(changed(Arrays.copyOf(gzip, 10), 3, 8), TEXT),
                        "gzip",
                        "is truncated"),
                Arguments.of("another method", changed(gzip, 2, 7), "gzip", "is truncated"),
                Arguments.of("a dictionary", changed(zlib, 1, 0xF9), "deflate", "is truncated"),
                Arguments.of("twice in one field", gzip(gzip), "gzip, gzip", "several Content-Encodings"),
                Arguments.of("br", TEXT, "br", "not supported"),
                Arguments.of("zstd", TEXT, "zstd", "not supported"),
                Arguments.of("something else", TEXT, "rot13", "not supported"),
                Arguments.of("an empty coding", TEXT, "", "not supported"),
                Arguments.of("too much", gzip(noise(MOST + 1)), "gzip", "longer than"),
                Arguments.of("a bomb", gzip(new byte[MOST]), "gzip", "100 times"));
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        RandomGeneratorFactory.of("L64X128MixRandom").create(1).nextBytes(noise);
        return noise;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void unclearCodingsAreRefused(String name, byte[] body, String coding, String why) {
        assertThatThrownBy(() -> plain(body, coding))
                .isInstanceOf(UnreadableRequestException.class)
                .hasMessageContaining(why);
        assertThat(budget.left()).isEqualTo(4L * MOST);
    }

    @Test
    void twoFieldsAreRefused() {
        assertThatThrownBy(() -> plain(gzip(gzip(TEXT)), "gzip", "gzip")).hasMessageContaining("twice");
        assertThatThrownBy(() -> plain(gzip(TEXT), "identity", "gzip")).hasMessageContaining("twice");
    }

    /** Short bodies cost nothing of the budget; their decompressed forms must. */
    @Test
    void decompressedBodiesUseTheBudget() throws Exception {
        byte[] large = noise(MOST);
        BodyBudget small = new BodyBudget(2 * MOST + 1);
        BodyBudget.ListenerBudget door = small.listenerBudget();
        BodyBudget.Share first = door.share();
        RequestHead head = new RequestHead("POST", "/up/x", List.of(new Header("content-encoding", "gzip")));
        new ContentCoding(first, MOST).plain(head, Bytes.of(gzip(large)));
        assertThat(small.left()).isEqualTo(MOST + 1);
        BodyBudget.Share second = door.share();
        assertThatThrownBy(() -> new ContentCoding(second, MOST).plain(head, Bytes.of(gzip(large))))
                .hasMessageContaining("no memory is left");
        first.release();
        second.release();
        assertThat(small.left()).isEqualTo(2 * MOST + 1);
    }

    /** The JDK decompresses every accepted body to the same bytes, with nothing left over. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void damageIsRefusedOrHarmless(long seed) throws Exception {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int accepted = 0;
        for (int i = 0; i < 400; i++) {
            byte[] text = noise(random.nextInt(1, 200));
            byte[] body = gzip(text);
            byte[] damaged = random.nextBoolean()
                    ? Arrays.copyOf(body, random.nextInt(body.length))
                    : changed(body, random.nextInt(body.length), random.nextInt(256));
            try {
                byte[] plain = plain(damaged, "gzip");
                accepted++;
                assertThat(plain).as("seed %d", seed).isEqualTo(text);
                try (GZIPInputStream jdk = new GZIPInputStream(new ByteArrayInputStream(damaged))) {
                    assertThat(jdk.readAllBytes()).as("seed %d", seed).isEqualTo(text);
                }
            } catch (UnreadableRequestException e) {
                // refused
            }
        }
        assertThat(accepted).as("seed %d changes times and systems, too", seed).isPositive();
    }

    @Test
    @Tag("process")
    void curlsCompressedBodyIsSentPlain(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("a.gz"), gzip(TEXT));
        for (String protocol : List.of("--http1.1", "--http2-prior-knowledge")) {
            try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
                    FrontFixture setting = new FrontFixture(upstream.address())) {
                List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20", protocol));
                command.addAll(List.of("-H", "Content-Encoding: gzip", "--data-binary", "@" + file));
                command.add("http://127.0.0.1:" + setting.address.getPort() + "/up/x");
                Process curl =
                        new ProcessBuilder(command).redirectErrorStream(true).start();
                assertThat(curl.inputReader().readAllLines()).containsExactly("ok");
                assertThat(setting.handler.call(0).body()).isEqualTo(Bytes.of(TEXT));
                assertThat(setting.handler.call(0).headers())
                        .noneMatch(h -> h.name().equals("content-encoding"));
                assertThat(upstream.requests.getFirst())
                        .endsWith(new String(TEXT, StandardCharsets.UTF_8))
                        .doesNotContain("content-encoding");
            }
        }
    }

    /** The framing is intact: the connection stays, and a stray credential is still noticed. */
    @Test
    void anUndecodableBodyIsRefusedAndTheConnectionStays() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
                FrontFixture setting = new FrontFixture(upstream.address());
                RawClient client = setting.client()) {
            client.send(setting.request(
                            "POST",
                            "/up/x",
                            "Content-Encoding: br\r\nContent-Length: 1\r\nAuthorization: Bearer stray\r\n")
                    + "x");
            assertThat(client.reply().status()).isEqualTo(403);
            assertThat(setting.unread.getFirst().presented()).hasSize(1);
            client.send(setting.request("GET", "/up/x", ""));
            assertThat(client.reply().status()).isEqualTo(200);
        }
    }
}
