package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.List;
import java.util.function.Consumer;

/** Tells TLS from anything in the clear, so that whoever forgot to encrypt is told so. */
final class TlsChoice extends Choice {

    /** What every TLS client sends first is of this type (RFC 8446 §5.1). */
    private static final int HANDSHAKE = 22;

    private final Consumer<ChannelHandlerContext> encrypted;
    private final Consumer<ChannelHandlerContext> plain;

    /** Each of the two puts its handlers behind this one. */
    TlsChoice(Limits limits, Consumer<ChannelHandlerContext> encrypted, Consumer<ChannelHandlerContext> plain) {
        super(limits);
        this.encrypted = encrypted;
        this.plain = plain;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        become(context, in.getByte(in.readerIndex()) == HANDSHAKE ? encrypted : plain);
    }
}
