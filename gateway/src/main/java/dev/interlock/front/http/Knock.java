package dev.interlock.front.http;

import dev.interlock.action.Bytes;
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
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
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
 * The front's own client. It comes in as agents do, over a real socket, and believes only what comes back there.
 *
 * <p>Threading: each call has a connection of its own and blocks its caller; the event loop is not the front's.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails is told to whoever waits for the answer
final class Knock implements AutoCloseable {

    /** A refusal has some hundreds of bytes. */
    private static final int MAX_ANSWER = 64 * 1024;

    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Duration patience;

    /** A client that waits for {@code patience} for the whole of an answer. */
    Knock(Duration patience) {
        this.patience = patience;
    }

    /**
     * Sends {@code request} to {@code door}, which must show {@code certificate} if there is one, and returns what is
     * answered.
     *
     * @throws IOException if that is nothing, or comes late
     */
    Reaction ask(SocketAddress door, Optional<X509Certificate> certificate, boolean http2, FullHttpRequest request)
            throws IOException, InterruptedException {
        Asking asking = new Asking(request, http2);
        Optional<SslContext> tls =
                certificate.isPresent() ? Optional.of(tls(certificate.get(), http2)) : Optional.empty();
        Channel channel = new Bootstrap()
                .group(loop)
                .channel(
                        door instanceof UnixDomainSocketAddress ? NioDomainSocketChannel.class : NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel fresh) {
                        tls.ifPresent(context -> fresh.pipeline().addLast(context.newHandler(fresh.alloc())));
                        asking.into(fresh.pipeline());
                    }
                })
                .connect(door)
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

    /** Believes this one certificate, whatever name it is for and whoever issued it: it is our own. */
    private static SslContext tls(X509Certificate certificate, boolean http2) throws IOException {
        return SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .trustManager(certificate)
                .endpointIdentificationAlgorithm(null)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        http2 ? ApplicationProtocolNames.HTTP_2 : ApplicationProtocolNames.HTTP_1_1))
                .build();
    }

    /** One request and what becomes of it. */
    private static final class Asking {
        private final CompletableFuture<Reaction> reaction = new CompletableFuture<>();
        private final FullHttpRequest request;
        private final boolean http2;

        Asking(FullHttpRequest request, boolean http2) {
            this.request = request;
            this.http2 = http2;
        }

        void into(ChannelPipeline pipeline) {
            if (http2) {
                pipeline.addLast(
                        Http2FrameCodecBuilder.forClient().build(),
                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                pipeline.channel().closeFuture().addListener(_ -> failed(new IOException("the connection closed")));
            } else {
                pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_ANSWER), new Listening());
            }
        }

        void connected(Future<?> connecting) {
            if (!connecting.isSuccess()) {
                failed(connecting.cause());
                return;
            }
            Channel channel = ((ChannelFuture) connecting).channel();
            if (!http2) {
                write(channel);
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
                                            new Listening());
                        }
                    })
                    .open()
                    .addListener((Future<Channel> opened) -> {
                        if (opened.isSuccess()) {
                            write(opened.getNow());
                        } else {
                            failed(opened.cause());
                        }
                    });
        }

        private void write(Channel channel) {
            channel.writeAndFlush(request).addListener(written -> {
                if (!written.isSuccess()) {
                    failed(written.cause());
                }
            });
        }

        private void failed(Throwable cause) {
            reaction.completeExceptionally(cause);
        }

        private final class Listening extends SimpleChannelInboundHandler<FullHttpResponse> {

            @Override
            protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
                reaction.complete(new Reaction(
                        answer.status().code(),
                        Optional.ofNullable(answer.headers().get("interlock-receipt")),
                        Bytes.of(ByteBufUtil.getBytes(answer.content()))));
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
