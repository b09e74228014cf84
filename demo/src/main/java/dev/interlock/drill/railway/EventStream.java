package dev.interlock.drill.railway;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Server-sent events at a steady pace: {@code /stream?events=5&every=20}, in milliseconds. With {@code echo=auth} the
 * received authorization is sent back one byte per event, to expose a redaction that only looks at whole chunks.
 */
final class EventStream {

    private static final long MAX_EVENTS = 10_000;

    private final ChannelHandlerContext connection;
    private final String echo;
    private final long events;
    private final long every;

    private EventStream(ChannelHandlerContext connection, String echo, long events, long every) {
        this.connection = connection;
        this.echo = echo;
        this.events = events;
        this.every = every;
    }

    static void start(ChannelHandlerContext connection, FullHttpRequest request, Map<String, String> query) {
        String echo = "auth".equals(query.get("echo")) ? request.headers().get("authorization", "") : "";
        long events = echo.isEmpty() ? number(query, "events", 5) : echo.length();
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream")
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        var _ = connection.writeAndFlush(head);
        new EventStream(connection, echo, Math.min(events, MAX_EVENTS), number(query, "every", 20)).send(1);
    }

    private void send(long event) {
        if (event > events) {
            connection.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        String text =
                echo.isEmpty() ? "data: {\"event\":" + event + "}\n\n" : echo.substring((int) event - 1, (int) event);
        var _ = connection.writeAndFlush(
                new DefaultHttpContent(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8))));
        var _ = connection.executor().schedule(() -> send(event + 1), every, TimeUnit.MILLISECONDS);
    }

    private static long number(Map<String, String> query, String name, long otherwise) {
        try {
            return Long.parseLong(query.getOrDefault(name, String.valueOf(otherwise)));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }
}
