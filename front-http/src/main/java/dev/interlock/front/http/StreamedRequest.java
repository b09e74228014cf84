package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;

/** A request of which only the head is here; {@link BodyPump} writes the rest as it comes. */
final class StreamedRequest extends DefaultFullHttpRequest {

    private final StreamedBody body;

    StreamedRequest(HttpMethod method, String target, StreamedBody body) {
        super(HttpVersion.HTTP_1_1, method, target, Unpooled.EMPTY_BUFFER);
        this.body = body;
    }

    StreamedBody body() {
        return body;
    }

    /** Returns the same request for another connection, if nothing of it was written on the first. */
    @Override
    public FullHttpRequest replace(ByteBuf content) {
        content.release();
        StreamedRequest again = new StreamedRequest(method(), uri(), body);
        again.headers().set(headers());
        return again;
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
