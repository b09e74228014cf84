package dev.interlock.front.http;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;

/** Creates the threads that read and write sockets. Decisions, waits and disk access have other threads. */
final class EventLoops {

    private EventLoops() {}

    /** Returns one thread per processor. They never wait, so more would only wake each other. */
    static EventLoopGroup perProcessor() {
        return new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(), NioIoHandler.newFactory());
    }
}
