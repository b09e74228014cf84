package dev.interlock.front.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Writes the parts of an answer as frames of one HTTP/2 stream. Fields that frame a body in HTTP/1.1 are left out. */
@SuppressWarnings("FutureReturnValueIgnored") // the writer holds the promise
final class StreamWriter extends ChannelOutboundHandlerAdapter {

    private static final Set<String> HTTP1 = Set.of("connection", "keep-alive", "transfer-encoding");

    private boolean ended;

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof LastHttpContent && ended) {
            promise.setSuccess();
            return;
        }
        context.write(
                switch (message) {
                    case HttpResponse response -> head(response);
                    case LastHttpContent last -> new DefaultHttp2DataFrame(last.content(), true);
                    case HttpContent piece -> new DefaultHttp2DataFrame(piece.content());
                    default -> message;
                },
                promise);
    }

    /**
     * Returns the head. It ends the stream if there is no body: gRPC's clients accept no other form of an answer
     * without one.
     */
    private DefaultHttp2HeadersFrame head(HttpResponse response) {
        ended = "0".equals(response.headers().get(HttpHeaderNames.CONTENT_LENGTH));
        return new DefaultHttp2HeadersFrame(headers(response), ended);
    }

    private static Http2Headers headers(HttpResponse response) {
        Http2Headers headers = new DefaultHttp2Headers();
        headers.status(response.status().codeAsText());
        for (Map.Entry<String, String> header : response.headers()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!HTTP1.contains(name)) {
                headers.add(name, header.getValue());
            }
        }
        return headers;
    }
}
