package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.List;
import java.util.function.Consumer;

/** Distinguishes TLS from cleartext, so that a client that forgot to encrypt gets an explanation. */
final class TlsDetector extends ProtocolDetector {

    /** The type of the first record of every TLS client (RFC 8446 §5.1). */
    private static final int HANDSHAKE = 22;

    private final Consumer<ChannelHandlerContext> encrypted;
    private final Consumer<ChannelHandlerContext> plain;

    /** Creates a choice. Each of the two protocols puts its handlers behind this one. */
    TlsDetector(ClientLimits limits, Consumer<ChannelHandlerContext> encrypted, Consumer<ChannelHandlerContext> plain) {
        super(limits);
        this.encrypted = encrypted;
        this.plain = plain;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        become(context, in.getByte(in.readerIndex()) == HANDSHAKE ? encrypted : plain);
    }
}
