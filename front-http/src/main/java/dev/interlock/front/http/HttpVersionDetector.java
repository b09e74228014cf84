package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.List;
import java.util.function.Consumer;

/** Distinguishes HTTP/2 by prior knowledge (RFC 9113 §3.3) from HTTP/1.1. */
final class HttpVersionDetector extends ProtocolDetector {

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
