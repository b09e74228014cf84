package dev.interlock.front.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Writes the parts of an answer, or of a request by {@link RequestWriter}, as frames of one HTTP/2 stream. The fields
 * are the same in either protocol, without those that frame a body in HTTP/1.1. {@code Host} becomes the authority.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the writer holds the promise
final class StreamWriter extends ChannelOutboundHandlerAdapter {

    private static final Set<String> HTTP1 = Set.of("connection", "keep-alive", "transfer-encoding");

    private final String scheme;

    StreamWriter(String scheme) {
        this.scheme = scheme;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        switch (message) {
            case FullHttpMessage empty
            when !empty.content().isReadable() -> {
                empty.release();
                context.write(new DefaultHttp2HeadersFrame(headers(empty), true), promise);
            }
            case FullHttpMessage whole -> {
                context.write(new DefaultHttp2HeadersFrame(headers(whole)));
                context.write(new DefaultHttp2DataFrame(whole.content(), true), promise);
            }
            case HttpMessage head -> context.write(new DefaultHttp2HeadersFrame(headers(head)), promise);
            case LastHttpContent last -> context.write(new DefaultHttp2DataFrame(last.content(), true), promise);
            case HttpContent piece -> context.write(new DefaultHttp2DataFrame(piece.content()), promise);
            default -> context.write(message, promise);
        }
    }

    private Http2Headers headers(HttpMessage message) {
        Http2Headers headers = new DefaultHttp2Headers();
        if (message instanceof HttpRequest request) {
            headers.method(request.method().asciiName())
                    .scheme(scheme)
                    .authority(Objects.requireNonNull(request.headers().get(HttpHeaderNames.HOST)))
                    .path(request.uri());
        } else if (message instanceof HttpResponse response) {
            headers.status(response.status().codeAsText());
        }
        for (Map.Entry<String, String> header : message.headers()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!HTTP1.contains(name) && !(name.equals("host") && message instanceof HttpRequest)) {
                headers.add(name, header.getValue());
            }
        }
        return headers;
    }
}
