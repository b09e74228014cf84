package dev.interlock.front.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Detects the protocol of a connection by its first bytes, and then removes itself. The next handler reads all bytes
 * from the beginning.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
abstract class ProtocolDetector extends ByteToMessageDecoder implements IdleCloseable {

    private final ClientLimits limits;
    private final Deadline patience = new Deadline();
    private final long began = System.nanoTime();

    ProtocolDetector(ClientLimits limits) {
        this.limits = limits;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        patience.await(context, limits.head(), context::close);
    }

    /** Lets {@code protocol} put its handlers behind this one, and starts them. */
    final void become(ChannelHandlerContext context, Consumer<ChannelHandlerContext> protocol) {
        patience.end();
        protocol.accept(context);
        context.fireChannelActive();
        context.pipeline().remove(this);
    }

    @Override
    public OptionalLong since() {
        return OptionalLong.of(began);
    }

    @Override
    public boolean shed() {
        return true; // a request that arrives now finds its connection closed, and was never read
    }

    @Override
    public void closeIfIdle(ChannelHandlerContext context) {
        context.close();
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        patience.end();
    }
}
