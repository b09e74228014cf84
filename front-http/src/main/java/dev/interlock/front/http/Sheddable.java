package dev.interlock.front.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.OptionalLong;

/** The part of a connection's pipeline that knows whether anything is going on there. */
interface Sheddable extends ChannelHandler {

    /** Since when it has had no whole request, as {@link System#nanoTime} counts; empty if one is being answered. */
    OptionalLong since();

    /** Whether nothing is being answered here; nothing will be any more then, and whoever asked closes it. */
    boolean shed();

    /** Closes now, if no request is being answered; otherwise after the answer. On the event loop. */
    void closeIfIdle(ChannelHandlerContext context);
}
