package dev.interlock.front.http;

import dev.interlock.action.Header;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Writes one answer to a client, from a virtual thread. Each call returns when the operating system has taken the
 * bytes: that is the back-pressure, and at most one piece is ever in memory.
 */
final class ClientWriter {

    private final Channel channel;
    private final Duration patience;

    ClientWriter(Channel channel, Duration patience) {
        this.channel = channel;
        this.patience = patience;
    }

    /** Writes the head. {@code headers} say how the body is framed. */
    void head(int status, List<Header> headers) throws IOException {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        headers.forEach(h -> response.headers().add(h.name(), h.value()));
        send(response);
    }

    void piece(byte[] bytes) throws IOException {
        if (bytes.length > 0) {
            send(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes)));
        }
    }

    void end() throws IOException {
        send(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    /**
     * Ends it in the middle, from any thread: the client sees a body that is cut off, whatever it was told to expect.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // whoever is writing sees it
    void cut() {
        channel.close();
    }

    private void send(Object message) throws IOException {
        ChannelFuture written = channel.writeAndFlush(message);
        try {
            if (!written.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IOException("the client takes nothing");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while writing to the client", e);
        }
        if (!written.isSuccess()) {
            throw new IOException("the client is gone", written.cause());
        }
    }
}
