package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.WaitLoop;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the harm that a client can do to others over one HTTP/2 connection, before and after it authenticates. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class StreamRestraintTest {

    private static final int FIRST = 1;
    private static final int SECOND = 3;
    private static final int LONG = 2_000_000;
    private static final byte[] FULL = new byte[16 * 1024];
    /** The index of the newest dynamic entry, after the 61 static ones (RFC 7541 §2.3.3). */
    private static final int FIRST_REMEMBERED = 62;

    private static final int[] NO_WINDOW = {RawHttp2Peer.INITIAL_WINDOW_SIZE, 0};

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    interface FrameFlood {
        void run(RawHttp2Peer line) throws Exception;
    }

    @BeforeEach
    void open() throws Exception {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws Exception {
        setting.close();
        upstream.close();
    }

    private static String[] head(InetSocketAddress front, String method, String path, String... more) {
        String[] head = {
            ":method", method, ":scheme", "http", ":authority", "127.0.0.1:" + front.getPort(), ":path", path
        };
        String[] all = Arrays.copyOf(head, head.length + more.length);
        System.arraycopy(more, 0, all, head.length, more.length);
        return all;
    }

    private String[] get(String path) {
        return head(setting.address, "GET", path);
    }

    private String[] put(int length) {
        return head(setting.address, "PUT", "/up/files/a", "content-length", Integer.toString(length));
    }

    private static String status(RawHttp2Peer line, int stream) throws IOException {
        RawHttp2Peer.Head head = line.request();
        while (head.stream() != stream) {
            head = line.request();
        }
        return head.fields().getFirst();
    }

    /** Fails once the class's time limit has interrupted the thread. */
    private static void requireTime() {
        if (Thread.currentThread().isInterrupted()) {
            throw new AssertionError("it was not so in time");
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            requireTime();
            WaitLoop.pause();
        }
    }

    /** Returns the bytes in the buffers of all connections. */
    static long buffered() {
        ByteBufAllocatorMetric metric = ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
        return metric.usedDirectMemory() + metric.usedHeapMemory();
    }

    /** Flow control counts neither frames of unknown types nor the frames that come with a counted byte. */
    @Test
    void unreadFramesAreNotStored() throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client, NO_WINDOW);
            line.head(FIRST, 0, head(setting.address, "POST", "/x/y", "content-length", Integer.toString(LONG)));
            line.settle();
            await(() -> !setting.unread.isEmpty()); // it is refused, and the refusal cannot go
            long before = buffered();
            for (int i = 0; i < 1000; i++) {
                for (int j = 0; j < 16; j++) {
                    line.say(RawHttp2Peer.UNKNOWN, 0, FIRST, FULL);
                }
                line.data(FIRST, 0, "x");
            }
            line.settle();
            assertThat(buffered() - before).isLessThan(16 * 1024 * 1024);
        }
    }

    @Test
    void manyUnreadSmallFramesEndOnlyTheirStream() throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client, NO_WINDOW);
            line.head(FIRST, 0, head(setting.address, "POST", "/x/y", "content-length", Integer.toString(LONG)));
            for (int i = 0; i < 1100; i++) { // the last of them come for a stream that is not there any more
                line.data(FIRST, 0, "x");
            }
            line.awaitReset(FIRST);
            line.head(SECOND, RawHttp2Peer.END_STREAM, get("/up/x"));
            assertThat(status(line, SECOND)).isEqualTo(":status: 200");
        }
    }

    /** They are refused at the first read, and may be as long as a head. */
    @Test
    void unreadTrailersEndTheirStream() throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client, NO_WINDOW);
            line.head(FIRST, 0, head(setting.address, "POST", "/x/y", "content-length", Integer.toString(LONG)));
            line.head(FIRST, RawHttp2Peer.END_STREAM, "x-late", "y".repeat(1000));
            line.awaitReset(FIRST);
        }
    }

    /** A client that was admitted with a long body is not affected by those who fill the memory later. */
    @Test
    void budgetForUnreadFramesIsReserved() throws Exception {
        long all = setting.front.bodiesLeft();
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client);
            line.head(FIRST, 0, put(LONG));
            await(() -> all - setting.front.bodiesLeft() >= line.window());
            line.reset(FIRST, RawHttp2Peer.CANCEL);
            await(() -> setting.front.bodiesLeft() == all);
        }
        ClientLimits narrow = TestingLimits.usual(parts -> parts.bodies = 128 * 1024);
        try (FrontFixture small = new FrontFixture(upstream.address(), narrow);
                RawClient client = small.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client);
            line.head(FIRST, 0, head(small.address, "PUT", "/up/files/a", "content-length", Integer.toString(LONG)));
            assertThat(status(line, FIRST)).isEqualTo(":status: 403");
            assertThat(small.unread.getFirst().refusal().reason()).contains("no memory is left");
            assertThat(small.handler.attempts).isEmpty();
        }
    }

    /** The client decides how large our encoder's table may grow (RFC 7541 §4.2). */
    @Test
    void noFieldOfAnAnswerIsRememberedByTheConnection() throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client, RawHttp2Peer.HEADER_TABLE_SIZE, -1);
            for (int stream = FIRST; stream < 7; stream += 2) {
                line.head(stream, RawHttp2Peer.END_STREAM, get("/up/x"));
                byte[] section = line.await(RawHttp2Peer.HEADERS).payload();
                assertThat(new String(section, StandardCharsets.ISO_8859_1)).contains("interlock-receipt");
            }
        }
    }

    /** Each of these would go on for ever without a limit, by a client that never authenticates. */
    @Test
    void excessiveFramesEndTheConnection() throws Exception {
        byte[] weight = {0, 0, 0, 0, 16};
        byte[] one = {0, 0, 0, 1};
        List<FrameFlood> floods = List.of(
                line -> line.flood(RawHttp2Peer.WINDOW_UPDATE, 0, 0, one),
                line -> line.flood(RawHttp2Peer.WINDOW_UPDATE, 0, FIRST, one),
                line -> line.flood(RawHttp2Peer.PRIORITY, 0, 1001, weight),
                line -> line.flood(RawHttp2Peer.PRIORITY, 0, FIRST, weight),
                line -> line.flood(RawHttp2Peer.UNKNOWN, 0, 0, FULL),
                line -> line.flood(RawHttp2Peer.UNKNOWN, 0, 1001, FULL),
                line -> line.flood(RawHttp2Peer.UNKNOWN, 0, FIRST),
                line -> line.flood(RawHttp2Peer.SETTINGS, 0, 0),
                RawHttp2Peer::settle);
        for (int i = 0; i < floods.size(); i++) {
            FrameFlood flood = floods.get(i);
            try (RawClient client = setting.client()) {
                RawHttp2Peer line = RawHttp2Peer.asking(client);
                line.head(FIRST, 0, put(1000));
                line.settle();
                assertThat(ends(line, flood)).as("flood " + i).isTrue();
            }
        }
        assertAnswered(setting);
    }

    /** CVE-2024-27316 and similar attacks: a head that never ends, in pieces of any size. */
    @Test
    void aHeadWithoutEndEndsTheConnection() throws Exception {
        assertEndsTheConnection(RawHttp2Peer.ENHANCE_YOUR_CALM, 20, new byte[0]);
        assertEndsTheConnection(RawHttp2Peer.ENHANCE_YOUR_CALM, 20, RawHttp2Peer.section("x", "y"));
        assertEndsTheConnection(RawHttp2Peer.PROTOCOL_ERROR, 2, FULL); // 48 KiB with the first frame
        assertAnswered(setting);
    }

    /** Sends no more frames than needed: unread frames would make the kernel drop the code on its way to us. */
    private void assertEndsTheConnection(int code, int pieces, byte[] piece) throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] begun = Arrays.copyOf(RawHttp2Peer.section(get("/up/x")), FULL.length);
            all.writeBytes(RawHttp2Peer.frame(RawHttp2Peer.HEADERS, RawHttp2Peer.END_STREAM, FIRST, begun));
            for (int i = 0; i < pieces; i++) {
                all.writeBytes(RawHttp2Peer.frame(RawHttp2Peer.CONTINUATION, 0, FIRST, piece));
            }
            client.send(all.toByteArray());
            assertThat(ByteBuffer.wrap(line.await(RawHttp2Peer.GOAWAY).payload())
                            .getInt(4))
                    .isEqualTo(code);
            assertThat(client.rest()).isEmpty();
        }
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void headsWithoutEndHoldNoMemory() throws Exception {
        long before = buffered();
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                RawClient client = setting.client();
                clients.add(client);
                RawHttp2Peer line = RawHttp2Peer.asking(client);
                line.say(RawHttp2Peer.HEADERS, 0, FIRST, FULL);
                assertThat(ends(line, flooded -> flooded.flood(RawHttp2Peer.CONTINUATION, 0, FIRST, FULL)))
                        .isTrue();
            }
            assertThat(buffered() - before).isLessThan(16 * 1024 * 1024);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        assertAnswered(setting);
    }

    /** This sends more of them than streams may be open. Each frees its stream for the next, and none is forwarded. */
    @Test
    void aHeadThatIsTooLongEndsItsStreamAlone() throws Exception {
        byte[] section = RawHttp2Peer.section(head(setting.address, "GET", "/up/x", "x", "y".repeat(33_000)));
        byte[] first = Arrays.copyOf(section, FULL.length);
        byte[] second = Arrays.copyOfRange(section, FULL.length, 2 * FULL.length);
        byte[] third = Arrays.copyOfRange(section, 2 * FULL.length, section.length);
        assertEndTheirStreamsAlone((line, stream) -> {
            line.say(RawHttp2Peer.HEADERS, RawHttp2Peer.END_STREAM, stream, first);
            line.say(RawHttp2Peer.CONTINUATION, 0, stream, second);
            line.say(RawHttp2Peer.CONTINUATION, RawHttp2Peer.END_HEADERS, stream, third);
        });
    }

    /** One byte of a head may stand for a field of kilobytes that was sent once (RFC 7541 §6.1). */
    @Test
    void aThousandfoldFieldEndsOnlyItsStream() throws Exception {
        byte[] named = new byte[1000];
        Arrays.fill(named, (byte) (0x80 | FIRST_REMEMBERED));
        assertEndTheirStreamsAlone((line, stream) -> {
            byte[] literal = RawHttp2Peer.section("x", "y".repeat(3500));
            literal[0] = 0x40; // with indexing (RFC 7541 §6.2.1)
            ByteArrayOutputStream section = new ByteArrayOutputStream();
            section.writeBytes(RawHttp2Peer.section(get("/up/x")));
            section.writeBytes(literal);
            section.writeBytes(named);
            line.say(
                    RawHttp2Peer.HEADERS,
                    RawHttp2Peer.END_HEADERS | RawHttp2Peer.END_STREAM,
                    stream,
                    section.toByteArray());
        });
    }

    private interface StartedStream {
        void say(RawHttp2Peer line, int stream) throws IOException;
    }

    private void assertEndTheirStreamsAlone(StartedStream begun) throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client);
            AtomicInteger stream = new AtomicInteger(FIRST);
            for (int i = 0; i < ClientStreams.MAX_STREAMS + 3; i++) {
                int one = stream.getAndAdd(2);
                begun.say(line, one);
                assertThat(status(line, one)).isEqualTo(":status: 431");
                assertThat(line.awaitReset(one).code()).isEqualTo(RawHttp2Peer.PROTOCOL_ERROR);
            }
            assertThat(setting.handler.attempts).isEmpty();
            assertThat(setting.unread).isEmpty();
            int good = stream.getAndAdd(2);
            line.head(good, RawHttp2Peer.END_STREAM, get("/up/x"));
            assertThat(status(line, good)).isEqualTo(":status: 200");
            // A client that sends nothing else loses the connection.
            assertThat(ends(line, more -> begun.say(more, stream.getAndAdd(2)))).isTrue();
        }
    }

    private static void assertAnswered(FrontFixture setting) throws Exception {
        try (RawClient client = setting.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client);
            line.head(FIRST, RawHttp2Peer.END_STREAM, head(setting.address, "GET", "/up/x"));
            assertThat(status(line, FIRST)).isEqualTo(":status: 200");
        }
    }

    /** Returns whether the other side closes the connection after far more than it should accept. */
    private static boolean ends(RawHttp2Peer line, FrameFlood flood) throws Exception {
        for (int i = 0; i < 2000; i++) {
            try {
                flood.run(line);
            } catch (IOException e) {
                return true;
            }
        }
        return false;
    }

    @Test
    void slowlyReadAnswersAreAllowed() throws Exception {
        String much = "0123456789".repeat(200_000);
        try (ScriptedUpstream long1 = ScriptedUpstream.always(ScriptedUpstream.ok(much));
                FrontFixture one = new FrontFixture(long1.address());
                RawClient client = one.client()) {
            RawHttp2Peer line = RawHttp2Peer.asking(client);
            line.head(FIRST, RawHttp2Peer.END_STREAM, head(one.address, "GET", "/up/x"));
            int came = 0;
            RawHttp2Peer.Frame frame;
            do {
                frame = line.await(RawHttp2Peer.DATA);
                came += frame.payload().length;
                for (int bytes = 0; bytes < frame.payload().length; bytes += 16) {
                    line.open(0, 16);
                    line.open(FIRST, 16);
                }
            } while (!frame.isEnd());
            assertThat(came).isEqualTo(much.length());
        }
    }

    @Test
    void unfinishedRequestsTimeOut() throws Exception {
        assertMakesRoom(new int[0], 0);
    }

    @Test
    void unreadAnswersTimeOut() throws Exception {
        assertMakesRoom(NO_WINDOW, RawHttp2Peer.END_STREAM);
    }

    private void assertMakesRoom(int[] settings, int flags) throws Exception {
        try (FrontFixture small = new FrontFixture(upstream.address(), FrontFixture.impatient(Duration.ofMinutes(5)));
                RawClient first = small.client();
                RawClient second = small.client()) {
            for (RawClient hog : List.of(first, second)) {
                RawHttp2Peer line = RawHttp2Peer.asking(hog, settings);
                line.head(FIRST, flags, head(small.address, flags == 0 ? "POST" : "GET", "/up/x"));
                line.settle();
            }
            for (int i = 0; i < 4; i++) { // each makes room for the next
                assertThat(replyIn(small).status()).isEqualTo(200);
            }
        }
    }

    /** A call that is being answered may finish; the class's time limit ends the wait. */
    private static RawClient.Reply replyIn(FrontFixture full) {
        while (true) {
            try (RawClient client = full.client()) {
                return client.send(full.request("GET", "/up/x", "")).reply();
            } catch (IOException e) {
                requireTime();
                WaitLoop.pause();
            }
        }
    }
}
