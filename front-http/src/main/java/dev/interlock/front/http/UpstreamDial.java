package dev.interlock.front.http;

import dev.interlock.action.LoopThreads;
import dev.interlock.gate.NotSentException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes connections to one upstream: TCP, TLS if it is https, and the protocol that the upstream picks then. In the
 * clear it is HTTP/1.1, or HTTP/2 if that is sealed, because the upstream cannot announce its protocol first.
 * Threading: any number of threads; each connection blocks its own.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
record UpstreamDial(
        UpstreamAddresses addresses,
        Optional<SslContext> tls,
        boolean priorKnowledge,
        UpstreamLimits limits,
        Consumer<UpstreamConnection> free) {

    boolean mayShare() {
        return tls.isPresent() || priorKnowledge;
    }

    UpstreamTransport dial(EventLoop loop) throws NotSentException {
        LoopThreads.leave(); // the system resolves names, and every connection of the loop would wait for its answer
        NotSentException last = new NotSentException("the upstream's name has no address");
        for (InetAddress candidate : resolved()) {
            try {
                return dial(loop, new InetSocketAddress(candidate, port()));
            } catch (NotSentException e) {
                last = e;
            }
        }
        throw last;
    }

    private InetAddress[] resolved() throws NotSentException {
        try {
            return addresses.ask();
        } catch (UnknownHostException e) {
            throw new NotSentException("the upstream's name cannot be resolved, or resolves to a forbidden address", e);
        }
    }

    private UpstreamTransport dial(EventLoop loop, InetSocketAddress remote) throws NotSentException {
        UpstreamSocket socket = new UpstreamSocket();
        Promise<UpstreamTransport> ready = loop.newPromise();
        Optional<SslHandler> handshake = tls.map(context -> context.newHandler(
                ByteBufAllocator.DEFAULT, addresses.upstream().getHost(), port()));
        try {
            await(open(loop, remote, socket, handshake, ready), "the upstream cannot be reached");
            if (handshake.isPresent()) {
                await(handshake.get().handshakeFuture(), "the upstream's certificate was not accepted, or TLS failed");
            }
            await(ready, "the upstream does not speak the protocol that it picked or that the seal names");
            return ready.getNow();
        } catch (NotSentException e) {
            socket.close();
            throw e;
        }
    }

    private Future<?> open(
            EventLoop loop,
            InetSocketAddress remote,
            UpstreamSocket socket,
            Optional<SslHandler> handshake,
            Promise<UpstreamTransport> ready) {
        return new Bootstrap()
                .group(loop)
                .channelFactory(() -> socket)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        limits.connect().toMillis())
                .option(ChannelOption.TCP_NODELAY, true)
                // An upstream may answer and close while the request is being written, and its answer is read.
                .option(ChannelOption.AUTO_CLOSE, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (handshake.isPresent()) {
                            channel.pipeline()
                                    .addLast(
                                            handshake.get(),
                                            new TlsHandshakeHandler(
                                                    handshake.get(),
                                                    (context, _) -> one(context.pipeline(), socket, ready),
                                                    (context, _) -> many(context.pipeline(), socket, ready)));
                        } else if (priorKnowledge) {
                            many(channel.pipeline(), socket, ready);
                        } else {
                            one(channel.pipeline(), socket, ready);
                        }
                    }
                })
                .connect(remote);
    }

    private void one(ChannelPipeline pipeline, UpstreamSocket socket, Promise<UpstreamTransport> ready) {
        ResponseDecoder decoder = new ResponseDecoder();
        UpstreamConnection connection = new UpstreamConnection(socket, decoder, limits, free);
        pipeline.addLast(decoder, new HttpRequestEncoder(), new BodyPump(), connection);
        ready.trySuccess(connection);
    }

    private void many(ChannelPipeline pipeline, UpstreamSocket socket, Promise<UpstreamTransport> ready) {
        new UpstreamStreams(socket, addresses.upstream().getScheme(), limits, ready).into(pipeline);
    }

    private void await(Future<?> future, String otherwise) throws NotSentException {
        UpstreamPool.enter(limits, future::await, otherwise + ": no answer in time");
        if (!future.isSuccess()) {
            throw new NotSentException(otherwise, future.cause());
        }
    }

    private int port() {
        URI address = addresses.upstream();
        return address.getPort() >= 0 ? address.getPort() : address.getScheme().equals("https") ? 443 : 80;
    }
}
