package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Tells HTTP/2 by prior knowledge (RFC 9113 §3.3) from HTTP/1.1 by the first bytes, and then gets out of the way:
 * whoever comes after it reads all of them.
 */
@SuppressWarnings("FutureReturnValueIgnored") // how closing ends is seen on the channel itself, by everybody
final class ProtocolChoice extends ByteToMessageDecoder implements Sheddable {

    private final Limits limits;
    private final Consumer<ChannelHandlerContext> http1;
    private final Consumer<ChannelHandlerContext> http2;
    private final Patience patience = new Patience();
    private final long began = System.nanoTime();

    /** Each of the two puts its handlers behind this one. */
    ProtocolChoice(Limits limits, Consumer<ChannelHandlerContext> http1, Consumer<ChannelHandlerContext> http2) {
        this.limits = limits;
        this.http1 = http1;
        this.http2 = http2;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        patience.await(context, limits.head(), context::close);
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

    private void become(ChannelHandlerContext context, Consumer<ChannelHandlerContext> protocol) {
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
        return true; // a request that comes in just now finds its connection closed, and was never read
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
