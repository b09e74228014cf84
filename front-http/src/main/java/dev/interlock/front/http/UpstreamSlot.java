package dev.interlock.front.http;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A slot for one call on a connection to an upstream: all of the connection, or one stream of it. Threading: all fields
 * belong to the connection's event loop. {@link AnswerQueue} is the one bridge to the thread that waits for the answer.
 */
abstract sealed class UpstreamSlot extends ChannelInboundHandlerAdapter permits UpstreamConnection, UpstreamStream {

    final UpstreamLimits limits;
    final Deadline patience = new Deadline();

    @Nullable AnswerQueue current;

    @Nullable ChannelFuture sent;

    UpstreamSlot(UpstreamLimits limits) {
        this.limits = limits;
    }

    /**
     * Sends {@code request}, unless the connection has already ended or {@code pull} was cut off. In that case
     * {@code pull} learns that nothing was used; otherwise it gets the answer.
     */
    final void send(FullHttpRequest request, AnswerQueue pull) {
        execute(() -> {
            try {
                begin(request, pull);
            } catch (RuntimeException | Error e) {
                // Nobody else would notify the waiting thread, and the connection's state is not known.
                pull.failed(new IOException("it is not known whether the request was written", e));
                shut();
                if (e instanceof Error) {
                    throw e;
                }
            }
        });
    }

    /** Reads once more for {@code pull}. It has no effect once the answer has ended. */
    final void more(AnswerQueue pull) {
        ifCurrent(pull, () -> {
            await(limits.piece());
            readMore();
        });
    }

    /** Gives up the rest of the answer, because nobody wants it. It has no effect once the answer has ended. */
    final void abandon(AnswerQueue pull) {
        ifCurrent(pull, this::abandon);
    }

    // After the answer's end the slot belongs to the pool, or to the next call. The last one may not touch it any more.
    private void ifCurrent(AnswerQueue pull, Runnable then) {
        execute(() -> {
            if (current == pull) {
                then.run();
            }
        });
    }

    @Override
    public final void channelReadComplete(ChannelHandlerContext context) {
        if (current != null) {
            current.wakeReader();
        }
    }

    /** Fails the call if nothing arrives within {@code limit}. */
    final void await(Duration limit) {
        ChannelHandlerContext own = context();
        if (own != null) {
            patience.await(own, limit, () -> fail("the upstream was silent for " + limit.toSeconds() + " seconds"));
        }
    }

    final void fail(String why) {
        AnswerQueue pull = current;
        current = null;
        patience.end();
        abandon();
        if (pull != null) {
            pull.failed(new IOException(why));
        }
    }

    /** Returns where its deadlines are kept; nothing before it begins, and once it has ended. */
    abstract @Nullable ChannelHandlerContext context();

    abstract void begin(FullHttpRequest request, AnswerQueue pull);

    abstract void readMore();

    /** Gives the slot back unused. */
    abstract void close();

    /** Ends the connection with all calls in flight. */
    void shut() {
        close();
    }

    void abandon() {
        close();
    }

    abstract void execute(Runnable task);
}
