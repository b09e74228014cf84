package dev.interlock.front.http;

import dev.interlock.front.tls.ServerIdentity;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;

/**
 * Waits until the TLS handler before it has finished its handshake, and then starts the negotiated protocol, towards
 * clients as well as upstreams. HTTP/2 over TLS must be negotiated (RFC 9113 §3.2): prior knowledge is for connections
 * in the clear. Threading: its channel's event loop; any thread may call {@link #since} and {@link #shed}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class TlsHandshakeHandler extends ChannelInboundHandlerAdapter implements IdleCloseable {

    private final SslHandler tls;
    private final BiConsumer<ChannelHandlerContext, Optional<String>> http1;
    private final BiConsumer<ChannelHandlerContext, Optional<String>> http2;
    private final long began = System.nanoTime();

    /**
     * Each of the two protocols puts its handlers behind this one, and gets the name that the client asked for, if any.
     */
    TlsHandshakeHandler(
            SslHandler tls,
            BiConsumer<ChannelHandlerContext, Optional<String>> http1,
            BiConsumer<ChannelHandlerContext, Optional<String>> http2) {
        this.tls = tls;
        this.http1 = http1;
        this.http2 = http2;
    }

    static SslHandler begin(
            ChannelHandlerContext context,
            ServerIdentity identity,
            ClientLimits limits,
            PendingHandshakes pending,
            BiConsumer<ChannelHandlerContext, Optional<String>> http1,
            BiConsumer<ChannelHandlerContext, Optional<String>> http2) {
        SslHandler tls = identity.handler(context.alloc());
        tls.setHandshakeTimeoutMillis(limits.handshake().toMillis());
        pending.begin(context.channel());
        tls.handshakeFuture().addListener(_ -> pending.end(context.channel()));
        context.pipeline().addLast(tls, new TlsHandshakeHandler(tls, http1, http2));
        return tls;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        switch (event) {
            case SslHandshakeCompletionEvent shaken when shaken.isSuccess() -> shaken(context);
            case SslHandshakeCompletionEvent _ -> context.close();
            default -> context.fireUserEventTriggered(event);
        }
    }

    private void shaken(ChannelHandlerContext context) {
        boolean second = ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol());
        (second ? http2 : http1).accept(context, asked());
        context.fireChannelActive();
        context.pipeline().remove(this);
    }

    private Optional<String> asked() {
        return tls.engine().getSession() instanceof ExtendedSSLSession session
                ? session.getRequestedServerNames().stream()
                        .filter(SNIHostName.class::isInstance)
                        .map(name -> ((SNIHostName) name).getAsciiName())
                        .findFirst()
                : Optional.empty();
    }

    /** {@inheritDoc} The TLS handler has sent its alert. Nothing was read that could be recorded. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    @Override
    public OptionalLong since() {
        return OptionalLong.of(began);
    }

    /** The connections with an unfinished TLS handshake, which costs more than waiting. The oldest is closed first. */
    @SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
    static final class PendingHandshakes {

        private final int most;
        private final Deque<Channel> begun = new ArrayDeque<>();

        PendingHandshakes(int most) {
            this.most = most;
        }

        synchronized void begin(Channel channel) {
            begun.addLast(channel);
            if (begun.size() > most) {
                begun.removeFirst().close();
            }
        }

        synchronized void end(Channel channel) {
            begun.remove(channel);
        }
    }
}
