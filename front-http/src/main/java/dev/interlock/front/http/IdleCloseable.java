package dev.interlock.front.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.OptionalLong;

/** The handler in a connection's pipeline that knows whether the connection is in use. */
interface IdleCloseable extends ChannelHandler {

    /**
     * Returns the time since which it has had no whole request, in {@link System#nanoTime}; empty if one is being
     * answered.
     */
    OptionalLong since();

    /**
     * Returns whether nothing is being answered here. If so, no request will be answered any more, and the caller
     * closes it.
     */
    boolean shed();

    /** Closes now, if no request is being answered; otherwise after the answer. On the event loop. */
    void closeIfIdle(ChannelHandlerContext context);
}
