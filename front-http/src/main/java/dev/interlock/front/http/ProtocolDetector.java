package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Detects the protocol of a connection by its first bytes, and then removes itself. The next handler reads all of them.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class ProtocolDetector extends ByteToMessageDecoder implements IdleCloseable {

    private static final int HANDSHAKE = 22;

    private final ClientLimits limits;
    private final Function<ByteBuf, Optional<Consumer<ChannelHandlerContext>>> choice;
    private final Deadline patience = new Deadline();
    private final long began = System.nanoTime();

    /** @param choice returns the protocol, which puts its handlers behind this one; empty if more bytes must come */
    private ProtocolDetector(ClientLimits limits, Function<ByteBuf, Optional<Consumer<ChannelHandlerContext>>> choice) {
        this.limits = limits;
        this.choice = choice;
    }

    /** Distinguishes TLS from cleartext, so that a client that forgot to encrypt gets an explanation. */
    static ProtocolDetector ofTls(
            ClientLimits limits, Consumer<ChannelHandlerContext> encrypted, Consumer<ChannelHandlerContext> plain) {
        return new ProtocolDetector(
                limits, in -> Optional.of(in.getByte(in.readerIndex()) == HANDSHAKE ? encrypted : plain));
    }

    /** Distinguishes HTTP/2 by prior knowledge (RFC 9113 §3.3) from HTTP/1.1. */
    static ProtocolDetector ofHttpVersion(
            ClientLimits limits, Consumer<ChannelHandlerContext> http1, Consumer<ChannelHandlerContext> http2) {
        ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
        return new ProtocolDetector(limits, in -> {
            int length = Math.min(in.readableBytes(), preface.readableBytes());
            if (!ByteBufUtil.equals(in, in.readerIndex(), preface, 0, length)) {
                return Optional.of(http1);
            }
            return length == preface.readableBytes() ? Optional.of(http2) : Optional.empty();
        });
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        patience.await(context, limits.head(), context::close);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        choice.apply(in).ifPresent(protocol -> {
            patience.end();
            protocol.accept(context);
            context.fireChannelActive();
            context.pipeline().remove(this);
        });
    }

    @Override
    public OptionalLong since() {
        return OptionalLong.of(began);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        patience.end();
    }
}
