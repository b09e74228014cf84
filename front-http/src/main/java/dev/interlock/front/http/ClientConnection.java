package dev.interlock.front.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One client connection. It handles one request at a time, in order, and answers each before it reads the next. The
 * client's end is read only then, too, so that a client that has finished sending still gets its answer. Threading: it
 * belongs to the channel's event loop. A request is answered on a thread of {@code requests}, which returns to the
 * event loop when it is done. Only {@link #since} and {@link #shed} may be called by any thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class ClientConnection extends ChannelInboundHandlerAdapter implements IdleCloseable {

    private final RequestDecoder decoder;
    private final ConnectionContext entry;
    private final BiConsumer<ClientConnection, ProxyTunnel> opened;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile long since = System.nanoTime();

    private enum State {
        WAITING,
        ANSWERING,
        SHED
    }

    /** @param opened is called on the event loop when this connection becomes a tunnel */
    ClientConnection(
            RequestDecoder decoder, ConnectionContext entry, BiConsumer<ClientConnection, ProxyTunnel> opened) {
        this.decoder = decoder;
        this.entry = entry;
        this.opened = opened;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!state.compareAndSet(State.WAITING, State.ANSWERING)) {
            decoder.answered();
            return;
        }
        context.channel().config().setAutoRead(false);
        ClientWriter client = entry.writer(context.channel());
        if (message instanceof WireRequest request
                && ProxyTunnels.isAskedFor(request.head())
                && entry.listener().tunnel().isEmpty()) {
            entry.requests().execute(() -> connect(context, request, client));
            return;
        }
        entry.requests().execute(() -> {
            boolean keep = false;
            try {
                keep = entry.answer((ReceivedRequest) message, client);
            } catch (IOException e) {
                // The client sees a cut-off answer; the receipt, if any, is the gate's matter.
            } finally {
                client.afterwards(decoder::answered, keep ? () -> answered(context) : () -> linger(context));
            }
        });
    }

    private void connect(ChannelHandlerContext context, WireRequest request, ClientWriter client) {
        Optional<ProxyTunnel> tunnel = Optional.empty();
        try {
            tunnel = entry.exchange().connect(request, entry.listener(), entry.tunnels(), client);
        } catch (IOException e) {
            // The client is gone; the receipt is written.
        } finally {
            Optional<ProxyTunnel> end = tunnel;
            client.afterwards(
                    decoder::answered,
                    () -> end.ifPresentOrElse(open -> opened.accept(this, open), () -> linger(context)));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    @Override
    public void closeIfIdle(ChannelHandlerContext context) {
        if (state.get() != State.ANSWERING) {
            context.close();
        }
    }

    @Override
    public OptionalLong since() {
        return state.get() == State.WAITING ? OptionalLong.of(since) : OptionalLong.empty();
    }

    @Override
    public boolean shed() {
        return state.compareAndSet(State.WAITING, State.SHED);
    }

    private void answered(ChannelHandlerContext context) {
        if (entry.draining().getAsBoolean()) { // draining began while the request was in flight
            linger(context);
            return;
        }
        since = System.nanoTime();
        state.set(State.WAITING);
        context.channel().config().setAutoRead(true);
        ChannelHandlerContext reading = context.pipeline().context(decoder);
        if (reading != null) { // otherwise the connection has closed meanwhile
            decoder.next(reading);
        }
    }

    // If a connection closes with unread bytes, the kernel resets it, and the client may never see why it was refused.
    private void linger(ChannelHandlerContext context) {
        decoder.discard();
        state.set(State.WAITING);
        if (!(context.channel() instanceof DuplexChannel duplex)) {
            context.close();
            return;
        }
        SslHandler tls = innermost(context.pipeline());
        if (tls == null) {
            duplex.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(_ -> duplex.shutdownOutput()); // otherwise the end would look like a cut
        }
        duplex.config().setAutoRead(true);
        context.executor()
                .schedule(() -> context.close(), entry.limits().linger().toNanos(), TimeUnit.NANOSECONDS);
    }

    // A tunnel through a TLS listener has two of them.
    private static @Nullable SslHandler innermost(ChannelPipeline pipeline) {
        SslHandler last = null;
        for (Map.Entry<String, ChannelHandler> handler : pipeline) {
            if (handler.getValue() instanceof SslHandler tls) {
                last = tls;
            }
        }
        return last;
    }
}
