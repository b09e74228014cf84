package dev.interlock.front.http;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;

/** The threads that read and write sockets. Deciding, waiting and the disk have others. */
final class Loops {

    private Loops() {}

    /** One for each processor: none of them ever waits, so that more would only wake each other. */
    static EventLoopGroup perProcessor() {
        return new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(), NioIoHandler.newFactory());
    }
}
