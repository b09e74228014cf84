package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Header;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares our reading of requests with Netty's, over requests with random damage. */
class RequestDecoderTest {

    private static final List<String> SEEDS = List.of(
            "GET /up/x?y=1 HTTP/1.1\r\nHost: a\r\nX: y \r\n\r\n",
            "POST /up/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            "POST /up/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            "POST /up/x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n0\r\n\r\nGET / H");

    private static final List<String> DAMAGE = List.of(
            "\r\n",
            "\n",
            "\r",
            " ",
            "\t",
            ":",
            "0",
            "1",
            "a",
            ";",
            ",",
            "\0",
            "\u000b",
            "\u0085",
            "%",
            "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "X: y\r\n z\r\n");

    static LongStream seeds() {
        return LongStream.range(0, 150);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyReaderReadsAcceptedRequestsAlike(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < 20; i++) {
            byte[] bytes = damaged(random).getBytes(StandardCharsets.ISO_8859_1);
            Object ours = ours(random, bytes);
            if (ours instanceof WireRequest request) {
                agrees(request, netty(bytes));
            }
        }
    }

    @Test
    void intactRequestsAreAccepted() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(0);
        for (String seed : SEEDS) {
            byte[] bytes = seed.getBytes(StandardCharsets.ISO_8859_1);
            assertThat(ours(random, bytes)).as(seed).isInstanceOf(WireRequest.class);
        }
    }

    private static String damaged(RandomGenerator random) {
        String bytes = SEEDS.get(random.nextInt(SEEDS.size()));
        for (int i = random.nextInt(3); i > 0; i--) {
            int at = random.nextInt(bytes.length());
            int until = random.nextBoolean() ? at : at + 1;
            bytes = bytes.substring(0, at) + DAMAGE.get(random.nextInt(DAMAGE.size())) + bytes.substring(until);
        }
        return bytes;
    }

    private static Object ours(RandomGenerator random, byte[] bytes) {
        int split = random.nextInt(bytes.length + 1); // the reading does not depend on where the bytes are split
        return ours(Unpooled.copiedBuffer(bytes, 0, split), Unpooled.copiedBuffer(bytes, split, bytes.length - split));
    }

    /** Returns the first request that our decoder reads, if any. */
    static Object ours(ByteBuf... pieces) {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(
                ClientLimits.DEFAULT, new BodyBudget(1 << 25).listenerBudget(), FrontFixture.spool()));
        for (ByteBuf piece : pieces) {
            channel.writeInbound(piece);
        }
        Object first = channel.readInbound();
        assertThat((Object) channel.readInbound()).as("one at a time").isNull();
        channel.finishAndReleaseAll();
        return first;
    }

    static FullHttpRequest netty(byte[] bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpRequestDecoder(), new HttpObjectAggregator(1 << 20));
        channel.writeInbound(Unpooled.copiedBuffer(bytes));
        FullHttpRequest first = channel.readInbound();
        channel.releaseInbound();
        return first;
    }

    static void agrees(WireRequest ours, FullHttpRequest netty) {
        String described = ours.toString();
        assertThat(netty).as(described).isNotNull();
        assertThat(netty.decoderResult().isSuccess()).as(described).isTrue();
        assertThat(netty.method().name()).isEqualTo(ours.head().method());
        assertThat(netty.uri()).isEqualTo(ours.head().target());
        assertThat(ByteBufUtil.getBytes(netty.content()))
                .as(described)
                .isEqualTo(ours.body().toArray());
        assertThat(netty.headers().entries().stream()
                        .map(e -> new Header(e.getKey().toLowerCase(Locale.ROOT), e.getValue()))
                        .filter(RequestDecoderTest::isNotFraming)
                        .toList())
                .as(described)
                .isEqualTo(ours.head().headers().stream()
                        .filter(RequestDecoderTest::isNotFraming)
                        .toList());
        netty.release();
    }

    // Netty's aggregator replaces the first two by its own values, and answers the third by itself.
    private static boolean isNotFraming(Header header) {
        return !Set.of("content-length", "transfer-encoding", "expect").contains(header.name());
    }
}
