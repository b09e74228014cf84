package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Header;
import dev.interlock.gate.ResponseScanner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that forbidden texts are found anywhere in an answer, and that permitted data is not delayed. */
@Timeout(300)
final class ScannedBodyTest {

    private static final String OTHER = "rw_another-call's-credential-0123456789";
    private static final ResponseScanner LOOKOUT = (text, _) -> !latin(text).contains(OTHER);

    private final FakeBody body = new FakeBody();

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private UpstreamAnswer passing(Header... headers) {
        return ScannedBody.of(new UpstreamAnswer(200, List.of(headers), body), LOOKOUT, false);
    }

    private UpstreamAnswer part(String type) {
        List<Header> headers = type.isEmpty() ? List.of() : List.of(new Header("content-type", type));
        return ScannedBody.of(new UpstreamAnswer(206, headers, body), LOOKOUT, false);
    }

    /** However the answer is split, no byte of it passes, and all else does. */
    @Test
    void whatHasTheFormOfACredentialIsStarredOut() {
        String token = "sk_live_" + "51HxQaB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5kL";
        for (int at = 1; at < token.length(); at++) {
            for (int ready : new int[] {0, 20}) {
                body.pieces.clear();
                body.pieces.add(latin("{\"text\":\"key " + token.substring(0, at)));
                body.pieces.add(latin(token.substring(at) + " and more\"}"));
                body.ready = ready;
                ScannedText gone = gone(ScannedBody.of(new UpstreamAnswer(200, List.of(), body), LOOKOUT, true));
                assertThat(gone.text()).isEqualTo("{\"text\":\"key " + "*".repeat(token.length()) + " and more\"}");
            }
        }
    }

    /** A hidden value is known by its name, which may have gone out before the value comes. */
    @Test
    void whatTheScannerStarsOutDoesNotPassHoweverItIsSplit() {
        ResponseScanner hiding = new ResponseScanner() {
            @Override
            public boolean passes(byte[] text, boolean closely) {
                return true;
            }

            @Override
            public void starOut(byte[] text) {
                int from = latin(text).indexOf("key\": \"") + 7;
                int end = latin(text).indexOf('"', from);
                if (from >= 7) {
                    Arrays.fill(text, from, end < 0 ? text.length : end, (byte) '*');
                }
            }
        };
        String answer = "{\"key\": \"hidden\", \"more\": \"shown\"}";
        for (int at = 1; at < answer.length(); at++) {
            for (int ready : new int[] {0, 20}) {
                body.pieces.clear();
                body.pieces.add(latin(answer.substring(0, at)));
                body.pieces.add(latin(answer.substring(at)));
                body.ready = ready;
                ScannedText gone = gone(ScannedBody.of(new UpstreamAnswer(200, List.of(), body), hiding, false));
                assertThat(gone.text()).isEqualTo(answer.replace("hidden", "******"));
            }
        }
    }

    /** Two parts may each contain half of a credential; two parts may also come in one answer. */
    @ParameterizedTest
    @ValueSource(strings = {"text/xml", "application/json", "multipart/byteranges; boundary=x", ""})
    void aPartialContentAnswerIsWithheld(String type) throws IOException {
        body.pieces.add(latin(OTHER.substring(0, 20)));
        UpstreamAnswer answer = part(type);
        assertThat(answer.next()).isEmpty();
        assertThat(answer.note().orElseThrow()).contains("it is a partial response");
    }

    /** Package managers resume where a download broke off. */
    @ParameterizedTest
    @ValueSource(strings = {"application/octet-stream", "application/java-archive"})
    void aPartOfAPackageIsPassedOn(String type) throws IOException {
        body.pieces.add(latin("the rest of a package"));
        assertThat(part(type).next().map(ScannedBodyTest::latin)).contains("the rest of a package");
    }

    private static Header length(long length) {
        return new Header("content-length", Long.toString(length));
    }

    /** The text that passed until the end, and whether the body ended regularly. */
    private record ScannedText(String text, boolean whole) {}

    private static ScannedText gone(UpstreamAnswer answer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            for (Optional<byte[]> piece = answer.next(); piece.isPresent(); piece = answer.next()) {
                out.writeBytes(piece.get());
            }
            return new ScannedText(latin(out.toByteArray()), true);
        } catch (IOException e) {
            return new ScannedText(latin(out.toByteArray()), false);
        }
    }

    /** Not a byte of it passes, however the answer is split, and whether pieces come at once or after a wait. */
    @Test
    void aSecretIsFoundAcrossAnyChunksAndNotPassedOn() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            String before = lines(random, random.nextInt(30_000));
            byte[] all = latin(before + OTHER + lines(random, random.nextInt(30_000)));
            int within = before.length() + 1 + random.nextInt(OTHER.length() - 1);
            body.pieces.clear();
            cut(Arrays.copyOf(all, within), random);
            cut(Arrays.copyOfRange(all, within, all.length), random);
            body.ready = random.nextInt(random.nextBoolean() ? 1 : 20);
            ScannedText gone = gone(passing());
            assertThat(gone.whole()).isFalse();
            assertThat(before).startsWith(gone.text());
        }
    }

    @Test
    void otherContentIsPassedOnUnchanged() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            byte[] all = new byte[random.nextInt(round < 20 ? 400_000 : 20_000)];
            random.nextBytes(all);
            body.pieces.clear();
            cut(all, random);
            body.ready = random.nextInt(30);
            boolean told = random.nextBoolean();
            boolean packed = random.nextBoolean();
            Header[] headers = {
                told ? length(all.length) : new Header("x", "y"),
                new Header("content-type", packed ? "Application/Zip; a=b" : "text/plain")
            };
            assertThat(gone(passing(headers))).isEqualTo(new ScannedText(latin(all), true));
        }
    }

    private static String lines(Random random, int length) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append("x".repeat(random.nextInt(8_000))).append(random.nextBoolean() ? "\n" : " ");
        }
        return text.toString();
    }

    private void cut(byte[] all, Random random) {
        int from = 0;
        while (from < all.length) {
            int to = Math.min(all.length, from + 1 + random.nextInt(random.nextBoolean() ? 30 : 20_000));
            body.pieces.add(Arrays.copyOfRange(all, from, to));
            from = to;
        }
    }

    @Test
    void completeWordsArePassedOnDuringAPause() throws IOException {
        body.ready = 0;
        body.pieces.add(latin("data: 1\n\ndata"));
        body.pieces.add(latin(": 2\n\n"));
        UpstreamAnswer answer = passing();
        assertThat(latin(answer.next().orElseThrow())).isEqualTo("data: 1\n\n");
        assertThat(latin(answer.next().orElseThrow())).isEqualTo("data: 2\n\n");
    }

    @Test
    void aLongWordDoesNotWaitForItsEnd() throws IOException {
        body.ready = 0;
        body.pieces.add(latin("x".repeat(ScannedBody.TOGETHER + 7)));
        assertThat(passing().next().orElseThrow()).hasSize(7);
    }

    /** A key of many lines may be split over two body.pieces. The second is not passed on, and people are alerted. */
    @Test
    void aSecretPassedInWordsIsFoundWithItsLastWord() {
        ResponseScanner many = (text, _) -> !latin(text).contains("one\ntwo\nthree");
        body.ready = 0;
        body.pieces.add(latin("one\ntwo\n"));
        body.pieces.add(latin("three\nfour"));
        ScannedText gone = gone(ScannedBody.of(new UpstreamAnswer(200, List.of(), body), many, false));
        assertThat(gone).isEqualTo(new ScannedText("one\ntwo\n", false));
    }

    @Test
    void aShortAnswerWithALengthIsPassedOnWholeOrWithheld() throws IOException {
        body.ready = 0;
        body.pieces.add(latin("one\n"));
        body.pieces.add(latin("two\n"));
        UpstreamAnswer answer = passing(length(8));
        assertThat(latin(answer.next().orElseThrow())).isEqualTo("one\ntwo\n");
        assertThat(answer.next()).isEmpty();
        body.pieces.add(latin("one\n"));
        body.pieces.add(latin(OTHER));
        UpstreamAnswer other = passing(length(4 + OTHER.length()));
        assertThatThrownBy(other::next).isInstanceOf(ScannedBody.SecretInAnswerException.class);
        assertThatThrownBy(other::next).isInstanceOf(ScannedBody.SecretInAnswerException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {9, 1_000_000})
    void theScannedStartOfABrokenAnswerIsPassedOn(long said) throws IOException {
        body.dies = true;
        body.pieces.add(latin("one two"));
        UpstreamAnswer answer = passing(length(said));
        assertThat(latin(answer.next().orElseThrow()) + gone(answer).text()).isEqualTo("one two");
        assertThatThrownBy(answer::next).hasMessage("connection reset");
    }

    @Test
    void theBeginningOfACompressedAnswerIsScanned() {
        Header type = new Header("content-type", "image/png");
        body.pieces.add(latin(OTHER));
        assertThat(gone(passing(type)).whole()).isFalse();
        body.pieces.clear();
        body.pieces.add(new byte[ScannedBody.AT_ONCE]);
        body.pieces.add(latin(OTHER));
        assertThat(gone(passing(type)).whole()).isTrue();
    }

    @Test
    void theRestOfALongAnswerIsScannedUndecoded() {
        List<Boolean> closely = new ArrayList<>();
        ResponseScanner lookout = (_, so) -> {
            closely.add(so);
            return true;
        };
        for (int i = 0; i <= ScannedBody.CLOSELY / ScannedBody.AT_ONCE; i++) {
            body.pieces.add(new byte[ScannedBody.AT_ONCE]);
        }
        gone(ScannedBody.of(new UpstreamAnswer(200, List.of(), body), lookout, false));
        assertThat(closely).hasSize(7).startsWith(true, true).endsWith(true, false, false);
    }

    @Test
    void aHeaderFieldWithASecretIsLeftOut() {
        UpstreamAnswer answer = passing(new Header("x-kept", "y"), new Header("x-token", "Bearer " + OTHER));
        assertThat(answer.headers()).containsExactly(new Header("x-kept", "y"));
    }

    // The client's view.

    private static FrontFixture before(ScriptedUpstream upstream) throws IOException {
        FrontFixture setting = new FrontFixture(upstream.address());
        setting.handler.lookout = LOOKOUT;
        return setting;
    }

    @Test
    void aWithheldShortAnswerSaysSo() throws Exception {
        String body = "{\"note\":\"" + OTHER + "\"}";
        try (ScriptedUpstream upstream = ScriptedUpstream.always(
                        "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                FrontFixture setting = before(upstream);
                RawClient client = setting.client()) {
            for (int i = 0; i < 2; i++) { // the connection stays
                client.send(setting.request("GET", "/up/x", ""));
                RawClient.Reply reply = client.reply();
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.body()).isEmpty();
                assertThat(reply.header("interlock-note").orElseThrow()).contains("withheld", "a credential");
                assertThat(reply.header("etag")).isEmpty();
            }
        }
    }

    @Test
    void aCompressedAnswerIsDecompressedFirst() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(latin("{\"note\":\"" + OTHER + "\"}"));
        }
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
                    line.request();
                    line.say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + packed.size()
                            + "\r\n\r\n");
                    line.say(packed.toByteArray());
                });
                FrontFixture setting = before(upstream);
                RawClient client = setting.client()) {
            // The call also ends if the answer is withheld before its head goes.
            client.send(setting.request("GET", "/up/x", "Connection: close\r\n"));
            client.head();
            assertThat(client.rest()).doesNotContain("rw_");
        }
    }

    /** Data that has arrived counts as one piece, into however many it is decompressed. */
    @ParameterizedTest
    @EnumSource
    void aMultilineKeyInACompressedAnswerIsFound(DecodedBody.Encoding encoding) throws IOException {
        Random random = new Random(15);
        for (int before = 10_000; before < 40_000; before += 997) {
            StringBuilder text = new StringBuilder();
            while (text.length() < before) {
                text.append(word(random)).append('\n');
            }
            String good = text.toString();
            text.append("-----BEGIN KEY-----\n");
            for (int line = 0; line < 40; line++) {
                text.append(word(random)).append('\n');
            }
            text.append("-----END KEY-----\n").append(good);
            ResponseScanner whole = (all, _) -> !latin(all).matches("(?s).*BEGIN KEY.*END KEY.*");
            body.pieces.clear();
            body.ready = 0; // it comes in one piece, and nothing follows for now
            body.pieces.add(packed(encoding, text.toString()));
            UpstreamAnswer packed =
                    new UpstreamAnswer(200, List.of(), body).withBody(body -> new DecodedBody(body, encoding));
            ScannedText gone = gone(ScannedBody.of(packed, whole, false));
            assertThat(gone.whole()).isFalse();
            assertThat(good).startsWith(gone.text());
        }
    }

    /** This includes an event that exactly fills the pieces that it is decompressed into. */
    @ParameterizedTest
    @ValueSource(ints = {9, 16 * 1024, 3 * 16 * 1024})
    void aCompressedEventIsPassedOnBeforeTheNextArrives(int length) throws IOException {
        Random random = new Random(length);
        StringBuilder event = new StringBuilder();
        while (event.length() < length) {
            event.append((char) ('a' + random.nextInt(26)));
        }
        event.setCharAt(length - 1, '\n');
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GZIPOutputStream gzip = new GZIPOutputStream(out, true);
        body.ready = 0;
        for (int i = 0; i < 2; i++) {
            gzip.write(latin(event.toString()));
            gzip.flush();
            body.pieces.add(out.toByteArray());
            out.reset();
        }
        UpstreamAnswer answer = ScannedBody.of(
                new UpstreamAnswer(200, List.of(), body)
                        .withBody(body -> new DecodedBody(body, DecodedBody.Encoding.GZIP)),
                LOOKOUT,
                false);
        assertThat(latin(answer.next().orElseThrow())).isEqualTo(event.toString());
        assertThat(body.pieces).hasSize(1);
        assertThat(latin(answer.next().orElseThrow())).isEqualTo(event.toString());
    }

    private static String word(Random random) {
        byte[] bytes = new byte[48];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] packed(DecodedBody.Encoding encoding, String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream packing = switch (encoding) {
            case GZIP -> new GZIPOutputStream(out);
            case DEFLATE -> new DeflaterOutputStream(out);
        }) {
            packing.write(latin(text));
        }
        return out.toByteArray();
    }

    @Test
    void aStreamIsCutOffBeforeASecret() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
                    line.request();
                    line.say(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                    line.say("9\r\ndata: 1\n\n\r\n");
                    seen.await();
                    String half = OTHER.substring(0, 20);
                    line.say("14\r\n" + half + "\r\n");
                    line.say(Integer.toHexString(OTHER.length() - 20) + "\r\n" + OTHER.substring(20) + "\r\n0\r\n\r\n");
                });
                FrontFixture setting = before(upstream);
                RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "")).head();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            seen.countDown();
            assertThat(client.rest()).isEmpty();
            setting.handler.landed.await();
        }
    }
}
