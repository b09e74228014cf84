package dev.interlock.front.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Writes requests of {@link RequestWriter} as frames of one HTTP/2 stream, with the same method, target and fields. So
 * the request that was decided on is the one that arrives in either protocol. Only {@code Host} changes: it becomes the
 * authority.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the writer holds the promise
final class StreamRequestWriter extends ChannelOutboundHandlerAdapter {

    private final String scheme;

    StreamRequestWriter(String scheme) {
        this.scheme = scheme;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        switch (message) {
            case FullHttpRequest whole -> whole(context, whole, promise);
            case HttpRequest head -> context.write(new DefaultHttp2HeadersFrame(headers(head), false), promise);
            case LastHttpContent last -> context.write(new DefaultHttp2DataFrame(last.content(), true), promise);
            case HttpContent piece -> context.write(new DefaultHttp2DataFrame(piece.content()), promise);
            default -> context.write(message, promise);
        }
    }

    private void whole(ChannelHandlerContext context, FullHttpRequest request, ChannelPromise promise) {
        if (!request.content().isReadable()) {
            request.release();
            context.write(new DefaultHttp2HeadersFrame(headers(request), true), promise);
            return;
        }
        context.write(new DefaultHttp2HeadersFrame(headers(request), false));
        context.write(new DefaultHttp2DataFrame(request.content(), true), promise);
    }

    private Http2Headers headers(HttpRequest request) {
        Http2Headers headers = new DefaultHttp2Headers()
                .method(request.method().asciiName())
                .scheme(scheme)
                .authority(Objects.requireNonNull(request.headers().get(HttpHeaderNames.HOST)))
                .path(request.uri());
        for (Map.Entry<String, String> header : request.headers()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!name.equals("host")) {
                headers.add(name, header.getValue());
            }
        }
        return headers;
    }
}
