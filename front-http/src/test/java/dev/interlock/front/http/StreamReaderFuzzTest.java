package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Header;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.util.Locale;

class StreamReaderFuzzTest {

    private static final String[] NAMES = {
        ":method", ":path", ":scheme", ":authority", ":protocol", "host", "cookie", "content-length", "expect", "te"
    };
    private static final String[] VALUES = {"GET", "POST", "/up/x", "https", "a", "0", "3", "100-continue", "trailers"};

    /**
     * No exception may come out. Any frames yield at most one request, whose body is theirs. Each of its fields would
     * be one line of HTTP/1.1. Nothing stays in memory when the stream ends.
     */
    @FuzzTest
    void framesBecomeOneRequestOrNone(FuzzedDataProvider data) {
        BodyBudget bodies = new BodyBudget(ClientLimits.DEFAULT.bodies());
        StreamReader reader = new StreamReader(
                ClientLimits.DEFAULT, bodies.listenerBudget().connection().share(), FrontFixture.spool());
        EmbeddedChannel stream = new EmbeddedChannel(reader);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Object received = null;
        boolean ended = false;
        while (data.remainingBytes() > 0 && !ended) {
            ended = data.consumeInt(0, 3) == 0;
            if (data.consumeBoolean()) {
                stream.writeInbound(new DefaultHttp2HeadersFrame(head(data), ended));
            } else {
                byte[] piece = data.consumeBytes(data.consumeInt(0, 40_000));
                body.writeBytes(piece);
                stream.writeInbound(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(piece), ended));
            }
            Object next = stream.readInbound();
            assertThat(received == null || next == null).as("one at most").isTrue();
            received = next == null ? received : next;
        }
        assertThat((Object) stream.readInbound()).isNull();
        if (received instanceof WireRequest request) {
            requireSound(request, body.toByteArray(), ended);
        } else if (received != null) {
            assertThat(received).isInstanceOf(UnreadableRequestException.class);
        }
        stream.finishAndReleaseAll();
        if (received instanceof WireRequest) { // its body stays until it is answered; a refusal has none
            reader.answered();
        }
        assertThat(bodies.left()).isEqualTo(ClientLimits.DEFAULT.bodies());
    }

    private static Http2Headers head(FuzzedDataProvider data) {
        Http2Headers fields = new DefaultHttp2Headers(false);
        if (data.consumeBoolean()) { // most others are refused at once
            fields.method("POST").path("/up/x").scheme("https").authority("a");
        }
        for (int i = data.consumeInt(0, 4); i > 0; i--) {
            String name = data.consumeBoolean() ? data.pickValue(NAMES) : data.consumeString(8);
            fields.add(name, data.consumeBoolean() ? data.pickValue(VALUES) : data.consumeString(12));
        }
        return fields;
    }

    private static void requireSound(WireRequest request, byte[] body, boolean ended) {
        RequestHead head = request.head();
        assertThat(head.method() + head.target()).doesNotContain("\r", "\n", "\0");
        for (Header header : head.headers()) {
            assertThat(header.name() + header.value()).doesNotContain("\r", "\n", "\0");
            assertThat(header.name())
                    .isNotEmpty()
                    .doesNotContain(":")
                    .isEqualTo(header.name().toLowerCase(Locale.ROOT));
        }
        if (request.inflow().isEmpty()) {
            assertThat(ended).isTrue();
            assertThat(request.body().toArray()).isEqualTo(body);
            assertThat(head.values("content-length")).allMatch(length -> length.equals(Integer.toString(body.length)));
        }
    }
}
