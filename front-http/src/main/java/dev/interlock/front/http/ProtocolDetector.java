package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.List;
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

    /** Distinguishes TLS from cleartext, so that a client that forgot to encrypt gets an explanation. */
    static final class TlsDetector extends ProtocolDetector {

        /** The type of the first record of every TLS client (RFC 8446 §5.1). */
        private static final int HANDSHAKE = 22;

        private final Consumer<ChannelHandlerContext> encrypted;
        private final Consumer<ChannelHandlerContext> plain;

        /** Creates a choice. Each of the two protocols puts its handlers behind this one. */
        TlsDetector(
                ClientLimits limits, Consumer<ChannelHandlerContext> encrypted, Consumer<ChannelHandlerContext> plain) {
            super(limits);
            this.encrypted = encrypted;
            this.plain = plain;
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            become(context, in.getByte(in.readerIndex()) == HANDSHAKE ? encrypted : plain);
        }
    }

    /** Distinguishes HTTP/2 by prior knowledge (RFC 9113 §3.3) from HTTP/1.1. */
    static final class HttpVersionDetector extends ProtocolDetector {

        private final Consumer<ChannelHandlerContext> http1;
        private final Consumer<ChannelHandlerContext> http2;

        /** Creates a choice. Each of the two protocols puts its handlers behind this one. */
        HttpVersionDetector(
                ClientLimits limits, Consumer<ChannelHandlerContext> http1, Consumer<ChannelHandlerContext> http2) {
            super(limits);
            this.http1 = http1;
            this.http2 = http2;
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
            try {
                int length = Math.min(in.readableBytes(), preface.readableBytes());
                if (!equal(in, preface, length)) {
                    become(context, http1);
                } else if (length == preface.readableBytes()) {
                    become(context, http2);
                }
            } finally {
                preface.release();
            }
        }

        private static boolean equal(ByteBuf in, ByteBuf preface, int length) {
            for (int i = 0; i < length; i++) {
                if (in.getByte(in.readerIndex() + i) != preface.getByte(i)) {
                    return false;
                }
            }
            return true;
        }
    }
}
