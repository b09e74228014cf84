package dev.interlock.drill.railway;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpContentDecompressor;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** HTTPS on the loopback address. */
final class SimulatorServer implements AutoCloseable {

    /** Larger than any request a drill sends. */
    private static final int MAX_BODY = 4 << 20;

    /** Accepts everything that a careless server accepts: a length beside chunks, two lengths, bare line feeds. */
    private static final HttpDecoderConfig LENIENT = new HttpDecoderConfig()
            .setUseRfc9112TransferEncoding(false)
            .setAllowDuplicateContentLengths(true)
            .setStrictLineParsing(false)
            .setValidateHeaders(false);

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final Channel listener;

    SimulatorServer(
            int port,
            SimulatorCertificates certificates,
            ProviderCounters counters,
            Supplier<GraphqlEndpoint> endpoints) {
        this.listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new Connections(certificates.context(), counters, endpoints))
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        var _ = group.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }

    private static final class Connections extends ChannelInitializer<SocketChannel> {

        private final SSLContext tls;
        private final ProviderCounters counters;
        private final Supplier<GraphqlEndpoint> endpoints;

        Connections(SSLContext tls, ProviderCounters counters, Supplier<GraphqlEndpoint> endpoints) {
            this.tls = tls;
            this.counters = counters;
            this.endpoints = endpoints;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            counters.connected(); // before the first byte: "nothing arrived" must include this
            channel.pipeline()
                    .addLast(new SslHandler(engine()))
                    .addLast(new HttpServerCodec(LENIENT))
                    .addLast(new HttpContentDecompressor(MAX_BODY))
                    .addLast(new HttpObjectAggregator(MAX_BODY))
                    .addLast(endpoints.get());
        }

        private SSLEngine engine() {
            SSLEngine engine = tls.createSSLEngine();
            engine.setUseClientMode(false);
            return engine;
        }
    }
}
