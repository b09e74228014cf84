package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.gate.ProbeMarks;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The front's own client for probes. It connects as agents do, over a real socket, and trusts only the answer that it
 * gets there. Threading: each call has a connection of its own and blocks its caller; the event loop is not the
 * front's.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the answer's reader gets the failure
final class ProbeClient implements AutoCloseable {

    /** Maximum bytes of an answer. A refusal has some hundreds. */
    private static final int MAX_ANSWER = 64 * 1024;

    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Duration patience;

    ProbeClient(Duration patience) {
        this.patience = patience;
    }

    /**
     * The route of a probe, the same as an agent's.
     *
     * @param identity the certificate that the listener must show, if TLS is spoken there
     * @param tunnel the tunnel that it asks the listener to open first
     */
    record ProbeRoute(
            SocketAddress address, Optional<X509Certificate> identity, boolean http2, Optional<ProbeTunnel> tunnel) {}

    /**
     * A tunnel that ends in the front again, to a host that {@code authority} must have certified. It is asked for with
     * {@code credential} and with the probe's {@code mark}.
     */
    record ProbeTunnel(UpstreamOrigin origin, X509Certificate authority, Optional<Secret> credential, Secret mark) {}

    /**
     * Sends {@code request} by {@code road} and returns the answer; if no tunnel is opened, the answer to the CONNECT.
     */
    HttpFront.ProbeAnswer ask(ProbeRoute road, FullHttpRequest request) throws IOException, InterruptedException {
        ProbeExchange asking = new ProbeExchange(road, request);
        Channel channel = new Bootstrap()
                .group(loop)
                .channel(
                        road.address() instanceof UnixDomainSocketAddress
                                ? NioDomainSocketChannel.class
                                : NioSocketChannel.class)
                .handler(asking.initializer())
                .connect(road.address())
                .addListener(asking::connected)
                .channel();
        try {
            return asking.reaction.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            throw new IOException("no answer within " + patience.toSeconds() + " seconds");
        } catch (ExecutionException e) {
            throw new IOException("no answer: " + e.getMessage(), e);
        } finally {
            channel.close();
        }
    }

    private static SslContextBuilder trusting(X509Certificate certificate, boolean http2) {
        return UpstreamClient.UpstreamTrust.builder(
                        http2 ? ApplicationProtocolNames.HTTP_2 : ApplicationProtocolNames.HTTP_1_1)
                .trustManager(certificate);
    }

    private static final class ProbeExchange {
        private final CompletableFuture<HttpFront.ProbeAnswer> reaction = new CompletableFuture<>();
        private final ProbeRoute road;
        private final FullHttpRequest request;
        private final Optional<SslContext> outer;
        private final Optional<SslContext> inner;

        ProbeExchange(ProbeRoute road, FullHttpRequest request) throws IOException {
            this.road = road;
            this.request = request;
            this.outer = road.identity().isPresent()
                    ? Optional.of(trusting(road.identity().get(), road.http2())
                            .endpointIdentificationAlgorithm(null) // any name: it is the gateway's own certificate
                            .build())
                    : Optional.empty();
            this.inner = road.tunnel().isPresent()
                    ? Optional.of(trusting(road.tunnel().get().authority(), road.http2())
                            .build()) // checked as by a client: it must be for this host
                    : Optional.empty();
        }

        ChannelInitializer<Channel> initializer() {
            return new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel fresh) {
                    ChannelPipeline pipeline = fresh.pipeline();
                    outer.ifPresent(context -> pipeline.addLast(context.newHandler(fresh.alloc())));
                    if (inner.isPresent()) {
                        pipeline.addLast(
                                new HttpClientCodec(), new HttpObjectAggregator(MAX_ANSWER), new TunnelHandler());
                    } else {
                        into(pipeline);
                    }
                }
            };
        }

        private void into(ChannelPipeline pipeline) {
            if (road.http2()) {
                pipeline.addLast(
                        Http2FrameCodecBuilder.forClient().build(),
                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                pipeline.channel().closeFuture().addListener(_ -> failed(new IOException("the connection closed")));
            } else {
                pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_ANSWER), new ResultHandler());
            }
        }

        void connected(Future<?> connecting) {
            if (!connecting.isSuccess()) {
                failed(connecting.cause());
                return;
            }
            Channel channel = ((ChannelFuture) connecting).channel();
            road.tunnel().ifPresentOrElse(tunnel -> write(channel, connect(tunnel)), () -> arrived(channel));
        }

        private static FullHttpRequest connect(ProbeTunnel tunnel) {
            String authority = tunnel.origin().host() + ":" + tunnel.origin().port();
            FullHttpRequest connect = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.CONNECT, authority);
            connect.headers().set("host", authority);
            tunnel.mark().use(value -> connect.headers().set(ProbeMarks.NAME, value));
            tunnel.credential()
                    .ifPresent(secret ->
                            secret.use(value -> connect.headers().set("proxy-authorization", "Bearer " + value)));
            return connect;
        }

        private void arrived(Channel channel) {
            if (!road.http2()) {
                write(channel, request);
                return;
            }
            new Http2StreamChannelBootstrap(channel)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel stream) {
                            stream.pipeline()
                                    .addLast(
                                            new Http2StreamFrameToHttpObjectCodec(false),
                                            new HttpObjectAggregator(MAX_ANSWER),
                                            new ResultHandler());
                        }
                    })
                    .open()
                    .addListener((Future<Channel> opened) -> {
                        if (opened.isSuccess()) {
                            write(opened.getNow(), request);
                        } else {
                            failed(opened.cause());
                        }
                    });
        }

        private void write(Channel channel, FullHttpRequest whole) {
            channel.writeAndFlush(whole).addListener(written -> {
                if (!written.isSuccess()) {
                    failed(written.cause());
                }
            });
        }

        private void failed(Throwable cause) {
            reaction.completeExceptionally(cause);
        }

        private void answered(FullHttpResponse answer) {
            reaction.complete(new HttpFront.ProbeAnswer(
                    answer.status().code(),
                    Optional.ofNullable(answer.headers().get("interlock-receipt")),
                    Bytes.of(ByteBufUtil.getBytes(answer.content()))));
        }

        private final class TunnelHandler extends ResultHandler {

            @Override
            protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
                if (answer.status().code() != HttpResponseStatus.OK.code()) {
                    answered(answer);
                    return;
                }
                ChannelPipeline pipeline = context.pipeline();
                pipeline.remove(HttpObjectAggregator.class);
                pipeline.remove(HttpClientCodec.class);
                UpstreamOrigin origin = road.tunnel().orElseThrow().origin();
                pipeline.addLast(inner.orElseThrow().newHandler(context.alloc(), origin.host(), origin.port()));
                into(pipeline);
                pipeline.remove(this);
                arrived(context.channel());
            }
        }

        private class ResultHandler extends SimpleChannelInboundHandler<FullHttpResponse> {

            @Override
            protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
                answered(answer);
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                failed(new IOException("the connection closed"));
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                failed(cause);
            }
        }
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
