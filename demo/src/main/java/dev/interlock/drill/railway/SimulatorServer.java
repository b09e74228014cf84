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

/** HTTPS on the loopback address, at any port. */
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

    SimulatorServer(SSLContext tls, ProviderCounters counters, Supplier<GraphqlEndpoint> endpoints) {
        ChannelInitializer<SocketChannel> connections = new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                counters.connected(); // before the first byte: "nothing arrived" must include this
                SSLEngine engine = tls.createSSLEngine();
                engine.setUseClientMode(false);
                channel.pipeline()
                        .addLast(new SslHandler(engine))
                        .addLast(new HttpServerCodec(LENIENT))
                        .addLast(new HttpContentDecompressor(MAX_BODY))
                        .addLast(new HttpObjectAggregator(MAX_BODY))
                        .addLast(endpoints.get());
            }
        };
        this.listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(connections)
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
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
}
