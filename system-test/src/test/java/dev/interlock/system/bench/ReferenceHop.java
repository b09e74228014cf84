package dev.interlock.system.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The cheapest hop with evidence that this I/O library allows: client and upstream on one event loop, and no class of
 * Interlock. It checks nothing. A call is forwarded once its intent is durable, and its outcome is written too.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails closes its connection
final class ReferenceHop {

    private static final int MAX_BODY = 4 << 20;

    /** As long as the receipts of a read. */
    private static final byte[] INTENT = "x".repeat(1_000).getBytes(StandardCharsets.US_ASCII);

    private static final byte[] OUTCOME = "x".repeat(260).getBytes(StandardCharsets.US_ASCII);

    private static final FastThreadLocal<Deque<UpstreamHandler>> IDLE = new FastThreadLocal<>() {
        @Override
        protected Deque<UpstreamHandler> initialValue() {
            return new ArrayDeque<>();
        }
    };

    private ReferenceHop() {}

    /** Takes {@code PORT UPSTREAM-PORT LOG}, the ports of this machine. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int upstream = Integer.parseInt(arguments[1]);
        EvidenceLog log = new EvidenceLog(Path.of(arguments[2]));
        EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(), NioIoHandler.newFactory());
        new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(handlers(() -> new FrontHandler(upstream, log), true))
                .bind(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]))
                .sync();
        new CountDownLatch(1).await();
    }

    private static ChannelInitializer<Channel> handlers(Supplier<ChannelInboundHandlerAdapter> last, boolean server) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(
                                server ? new HttpServerCodec() : new HttpClientCodec(),
                                new HttpObjectAggregator(MAX_BODY),
                                last.get());
            }
        };
    }

    /** The side of the client. */
    private static final class FrontHandler extends ChannelInboundHandlerAdapter {

        private final int upstream;
        private final EvidenceLog log;

        FrontHandler(int upstream, EvidenceLog log) {
            this.upstream = upstream;
            this.log = log;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            FullHttpRequest in = (FullHttpRequest) message;
            FullHttpRequest out = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, in.method(), in.uri(), in.content());
            out.headers()
                    .set(HttpHeaderNames.HOST, "127.0.0.1")
                    .set(HttpHeaderNames.AUTHORIZATION, "Bearer upstream")
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, in.content().readableBytes());
            log.append(INTENT, Optional.of(context.channel().eventLoop()), () -> forward(context, out));
        }

        private void forward(ChannelHandlerContext context, FullHttpRequest out) {
            UpstreamHandler idle = IDLE.get().pollFirst();
            if (idle == null) {
                connect(context, out);
            } else {
                idle.send(context, out);
            }
        }

        private void connect(ChannelHandlerContext context, FullHttpRequest out) {
            UpstreamHandler made = new UpstreamHandler(log);
            new Bootstrap()
                    .group(context.channel().eventLoop())
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(handlers(() -> made, false))
                    .connect(InetAddress.getLoopbackAddress(), upstream)
                    .addListener((ChannelFutureListener) connected -> {
                        if (connected.isSuccess()) {
                            made.send(context, out);
                        } else {
                            context.close();
                        }
                    });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** The side of the upstream, with the client that waits for its answer. */
    private static final class UpstreamHandler extends ChannelInboundHandlerAdapter {

        private final EvidenceLog log;
        private @Nullable ChannelHandlerContext own;
        private @Nullable ChannelHandlerContext client;

        UpstreamHandler(EvidenceLog log) {
            this.log = log;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            own = context;
        }

        void send(ChannelHandlerContext to, FullHttpRequest request) {
            client = to;
            if (own != null) {
                own.channel().writeAndFlush(request);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ChannelHandlerContext to = client;
            client = null;
            IDLE.get().addFirst(this);
            log.append(OUTCOME, Optional.empty(), () -> {});
            if (to != null) {
                to.writeAndFlush((FullHttpResponse) message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            IDLE.get().remove(this);
            if (client != null) {
                client.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
