package dev.interlock.front.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.OptionalLong;

/** The handler in a connection's pipeline that knows whether the connection is in use. */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
interface IdleCloseable extends ChannelHandler {

    /** Returns since when it has had no whole request, in {@link System#nanoTime}; empty if one is being answered. */
    OptionalLong since();

    /** Returns whether nothing is being answered here. If so, nothing will be any more, and the caller closes it. */
    default boolean shed() {
        return true; // a request that arrives now finds its connection closed, and was never read
    }

    /** Closes now, if no request is being answered; otherwise after the answer. On the event loop. */
    default void closeIfIdle(ChannelHandlerContext context) {
        context.close();
    }
}
