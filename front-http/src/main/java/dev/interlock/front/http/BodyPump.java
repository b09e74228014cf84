package dev.interlock.front.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Writes a {@link StreamedRequest} to an upstream. A piece is requested only when the one before it was written. If
 * either side breaks off, the connection closes, so that nobody takes half a body for a whole one. Once the upstream
 * has answered, no more is requested, and the receipt states how much was sent until then. Threading: its channel's
 * event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class BodyPump extends ChannelOutboundHandlerAdapter {

    private @Nullable StreamedBody current;
    private boolean stopped;

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (!(message instanceof StreamedRequest request)) {
            context.write(message, promise);
            return;
        }
        DefaultHttpRequest head = new DefaultHttpRequest(request.protocolVersion(), request.method(), request.uri());
        head.headers().set(request.headers());
        request.release();
        StreamedBody body = request.body();
        current = body;
        stopped = false; // the last call's answer may have stopped its own body
        context.writeAndFlush(head)
                .addListener((ChannelFutureListener) written -> went(context, body, promise, written.isSuccess()));
    }

    /**
     * Stops the body, because the upstream has answered. Pieces taken are still sent, and the connection stays open.
     */
    void stop() {
        StreamedBody body = current;
        if (body != null) {
            current = null;
            stopped = true;
            body.fail("the upstream has answered");
        }
    }

    private void went(ChannelHandlerContext context, StreamedBody body, ChannelPromise promise, boolean success) {
        if (!success) {
            broken(context, body, promise, new java.io.IOException("the upstream accepts no more data"));
        } else if (body.isTaken()) {
            current = null;
            context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT, promise);
        } else {
            body.next()
                    .whenComplete((piece, failure) -> context.executor().execute(() -> {
                        if (failure == null) {
                            context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)))
                                    .addListener((ChannelFutureListener)
                                            written -> went(context, body, promise, written.isSuccess()));
                        } else if (!stopped) { // otherwise the promise stays open: the request is not whole
                            broken(context, body, promise, failure);
                        }
                    }));
        }
    }

    private void broken(ChannelHandlerContext context, StreamedBody body, ChannelPromise promise, Throwable why) {
        current = null;
        body.fail("the upstream accepts no more data");
        promise.tryFailure(why);
        context.close();
    }

    /** The upstream is gone, or the call was aborted, so the client may stop sending. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (current != null) {
            current.fail("the upstream accepts no more data");
            current = null;
        }
    }
}
