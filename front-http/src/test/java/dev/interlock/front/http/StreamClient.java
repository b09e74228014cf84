package dev.interlock.front.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/2 client that sends exactly the frames of a test. */
final class StreamClient implements AutoCloseable {

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    final Channel connection;

    /** The answer on one stream: its head and body, or its reset. */
    record Reply(String status, Http2Headers headers, String body, boolean endedByHead) {}

    StreamClient(InetSocketAddress address) throws InterruptedException {
        connection = new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient()
                                                .validateHeaders(false)
                                                .build(),
                                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                })
                .connect(address)
                .sync()
                .channel();
    }

    static Http2Headers head(String method, String path, InetSocketAddress address) {
        return new DefaultHttp2Headers(false)
                .method(method)
                .scheme("http")
                .authority("127.0.0.1:" + address.getPort())
                .path(path);
    }

    /** A request on one stream whose body can still go on. */
    final class OpenRequest {
        final Http2StreamChannel stream;
        final CompletableFuture<Reply> reply = new CompletableFuture<>();

        /** The code with which the stream was reset. */
        final CompletableFuture<Long> reset = new CompletableFuture<>();

        /** Counts down when a part of the body has arrived. */
        final CountDownLatch begun = new CountDownLatch(1);

        /** The number of 100 (Continue) answers. */
        final AtomicInteger continues = new AtomicInteger();

        /** Counts down at the first of them. */
        final CountDownLatch toldToGoOn = new CountDownLatch(1);

        private OpenRequest() throws InterruptedException {
            stream = new Http2StreamChannelBootstrap(connection)
                    .handler(new ReplyCollector(this))
                    .open()
                    .sync()
                    .getNow();
        }

        OpenRequest head(Http2Headers headers, boolean end) throws InterruptedException {
            stream.writeAndFlush(new DefaultHttp2HeadersFrame(headers, end)).await();
            return this;
        }

        OpenRequest data(String text, boolean end) throws InterruptedException {
            stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8), end))
                    .await(); // it may have been refused already
            return this;
        }

        void reset() throws InterruptedException {
            stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL)).sync();
        }
    }

    OpenRequest begin() throws InterruptedException {
        return new OpenRequest();
    }

    Reply send(Http2Headers headers, String body) throws Exception {
        OpenRequest sending = begin().head(headers, body.isEmpty());
        if (!body.isEmpty()) {
            sending.data(body, true);
        }
        return sending.reply.get();
    }

    private static final class ReplyCollector extends ChannelInboundHandlerAdapter {
        private final OpenRequest sending;
        private final StringBuilder body = new StringBuilder();
        private Http2Headers head = new DefaultHttp2Headers();

        private ReplyCollector(OpenRequest sending) {
            this.sending = sending;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof Http2ResetFrame frame) {
                sending.reset.complete(frame.errorCode());
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            try {
                boolean end = false;
                if (frame instanceof Http2HeadersFrame headers
                        && "100".contentEquals(headers.headers().status())) {
                    sending.continues.incrementAndGet();
                    sending.toldToGoOn.countDown();
                } else if (frame instanceof Http2HeadersFrame headers) {
                    head = headers.headers();
                    end = headers.isEndStream();
                } else if (frame instanceof Http2DataFrame data) {
                    body.append(data.content().toString(StandardCharsets.UTF_8));
                    sending.begun.countDown();
                    end = data.isEndStream();
                }
                if (end) {
                    sending.reply.complete(new Reply(
                            head.status().toString(), head, body.toString(), frame instanceof Http2HeadersFrame));
                }
            } finally {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            sending.reply.complete(new Reply("reset", head, body.toString(), false));
        }
    }

    @Override
    public void close() {
        connection.close().awaitUninterruptibly();
        loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
