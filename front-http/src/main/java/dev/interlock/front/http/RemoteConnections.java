package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.tls.ServerIdentity;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * The connections of remote machines, up to the first request. Nothing is read of a client before its certificate is
 * that of a machine, and nothing is recorded: anybody on the network may connect. Threading: any.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class RemoteConnections {

    /** Maximum connections of one machine, so that it does not close those of others. */
    static final int OF_ONE_MACHINE = 64;

    private final ClientLimits limits;
    private final Clock clock;
    private final Function<X509Certificate, Optional<String>> machines;
    private final BiConsumer<ChannelHandlerContext, FrontListener> http1;
    private final BiConsumer<ChannelHandlerContext, FrontListener> http2;
    private final AddressHandshakes addresses = new AddressHandshakes(System::nanoTime);
    private final TlsHandshakeHandler.PendingHandshakes handshakes;
    private final ConcurrentHashMap<String, ChannelGroup> open = new ConcurrentHashMap<>();

    /** @param machines returns the machine that a certificate belongs to, unless it has ended */
    RemoteConnections(
            ClientLimits limits,
            Clock clock,
            Function<X509Certificate, Optional<String>> machines,
            BiConsumer<ChannelHandlerContext, FrontListener> http1,
            BiConsumer<ChannelHandlerContext, FrontListener> http2) {
        this.limits = limits;
        this.clock = clock;
        this.machines = machines;
        this.http1 = http1;
        this.http2 = http2;
        this.handshakes = new TlsHandshakeHandler.PendingHandshakes(limits.handshakes());
    }

    /** Lets a client begin its handshake, unless its address has begun too many. */
    void greet(Channel channel, ServerIdentity identity) {
        if (!(channel.remoteAddress() instanceof InetSocketAddress peer) || !addresses.begin(peer.getAddress())) {
            channel.close();
            return;
        }
        Runnable shaken = ending(peer.getAddress());
        channel.closeFuture().addListener(_ -> shaken.run());
        channel.pipeline()
                .addLast(ProtocolDetector.ofTls(
                        limits, context -> handshake(context, identity, shaken), this::unencrypted));
    }

    private Runnable ending(InetAddress address) {
        AtomicBoolean ended = new AtomicBoolean();
        return () -> {
            if (ended.compareAndSet(false, true)) {
                addresses.end(address);
            }
        };
    }

    private void handshake(ChannelHandlerContext context, ServerIdentity identity, Runnable shaken) {
        TlsHandshakeHandler.begin(
                        context,
                        identity,
                        limits,
                        handshakes,
                        (behind, name) -> enter(behind, listener(identity, name), http1),
                        (behind, name) -> enter(behind, listener(identity, name), http2))
                .handshakeFuture()
                .addListener(_ -> shaken.run());
    }

    private static Function<String, FrontListener> listener(ServerIdentity identity, Optional<String> name) {
        return machine -> {
            FrontListener whole = FrontListener.remote(machine, identity.names());
            return name.map(whole::asked).orElse(whole);
        };
    }

    /** Starts the protocol, if the certificate is still a machine's: a resumed session shows an earlier one. */
    private void enter(
            ChannelHandlerContext context,
            Function<String, FrontListener> listener,
            BiConsumer<ChannelHandlerContext, FrontListener> protocol) {
        Channel channel = context.channel();
        Optional<X509Certificate> certificate = certificate(channel.pipeline().get(SslHandler.class));
        Optional<String> machine = certificate.flatMap(machines);
        if (machine.isEmpty()) {
            channel.close();
            return;
        }
        ChannelGroup own =
                open.computeIfAbsent(machine.get(), _ -> new DefaultChannelGroup(GlobalEventExecutor.INSTANCE));
        own.add(channel);
        // Asked again: if the machine ended before its connection was among those that are closed, it is closed here.
        if (own.size() > OF_ONE_MACHINE || certificate.flatMap(machines).isEmpty()) {
            channel.close();
            return;
        }
        closeAtEnd(channel, certificate.get());
        protocol.accept(context, listener.apply(machine.get()));
    }

    private static Optional<X509Certificate> certificate(SslHandler tls) {
        try {
            return tls.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate own
                    ? Optional.of(own)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException _) {
            return Optional.empty();
        }
    }

    private void closeAtEnd(Channel channel, X509Certificate certificate) {
        Duration left =
                Duration.between(clock.instant(), certificate.getNotAfter().toInstant());
        Future<?> end = channel.eventLoop().schedule(() -> channel.close(), left.toMillis(), TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(_ -> end.cancel(false));
    }

    /** Tells a client that forgot to encrypt. Its bytes are not read. */
    private void unencrypted(ChannelHandlerContext context) {
        Channel channel = context.channel();
        context.pipeline().addLast(new HttpResponseEncoder());
        ClientWriter client = new ClientWriter(channel, limits.write(), limits.quiet());
        try {
            Refusal refusal = FrontRefusals.UNENCRYPTED.notUnderstood();
            Exchange.problem(ProblemDetails.plain(400, refusal, ProblemFacts.of("")), client, false, false);
        } catch (IOException e) {
            channel.close();
        }
        client.afterwards(((DuplexChannel) channel)::shutdownOutput);
        channel.eventLoop().schedule(() -> channel.close(), limits.linger().toMillis(), TimeUnit.MILLISECONDS);
    }

    void close(String machine) {
        ChannelGroup own = open.remove(machine);
        if (own != null) {
            own.close();
        }
    }
}
