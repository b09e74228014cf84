package dev.interlock.front.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.codec.http2.Http2WindowUpdateFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits the frames of one HTTP/2 connection that only cause work, and the memory of unread frames. Netty stores the
 * frames of a stream that is not read without any limit. Flow control counts only the bytes of a body (RFC 9113
 * §5.2.1), not its frames, nor frames of other types. Threading: its connection's event loop alone.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class FrameLimiter extends ChannelDuplexHandler {

    /** Maximum unsent answers to pings, settings and refused streams. No honest peer lets so many pile up. */
    static final int MAX_OWED = 100;

    /** Maximum unread frames of one stream. With 128 bytes each they fill any window; real senders use kilobytes. */
    static final int MAX_UNREAD = 1024;
    /** The memory of a body's frame besides its bytes: frame, buffer, array and queue entry, rounded up. */
    static final int FRAME = 160;
    /** Maximum settings and pings in a row, each of which is answered: far more than come between two requests. */
    private static final int MAX_UNASKED = 1000;
    /** Maximum bytes that may come while no head or byte of a body goes either way: 80,000 window updates. */
    private static final int MAX_IDLE_BYTES = 1024 * 1024;

    private final boolean ofRequests;
    private final int window;
    private final Map<Http2FrameStream, UnreadFrames> streams = new HashMap<>();
    private final Runnable reset;
    private int unasked;
    private int idleBytes;

    /**
     * @param ofRequests whether requests come here; otherwise answers do
     * @param window the bytes of unwanted bodies that may still be on their way
     * @param reset is run for each stream that this side ends early
     */
    FrameLimiter(boolean ofRequests, int window, Runnable reset) {
        this.ofRequests = ofRequests;
        this.window = window;
        this.reset = reset;
    }

    void into(ChannelPipeline pipeline, Http2FrameCodec codec, Http2MultiplexHandler streams) {
        pipeline.addLast(new ByteMeter(), codec, this, streams);
    }

    /** Returns the handler that must be first in the pipeline of each stream here. */
    ChannelHandler ofStream() {
        return new UnreadFrames();
    }

    /** Returns the bytes of {@code data}, which has passed through here, so that nobody else holds them. */
    static byte[] bytes(Http2DataFrame data) {
        ByteBuf content = data.content();
        return ByteBufUtil.getBytes(content, content.readerIndex(), content.readableBytes(), false);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        if (isProgress(frame)) {
            progress();
        } else if (!(frame instanceof Http2WindowUpdateFrame) && ++unasked > MAX_UNASKED) {
            ReferenceCountUtil.release(frame);
            end(context.pipeline());
            return;
        }
        switch (frame) {
            case Http2HeadersFrame head -> pass(context, head);
            case Http2DataFrame data -> pass(context, detached(data));
            case Http2ResetFrame _, Http2WindowUpdateFrame _ -> context.fireChannelRead(frame); // never stored
            case Http2StreamFrame other -> ReferenceCountUtil.release(other); // ignored by RFC 9113 §5.3.2, §5.5
            default -> context.fireChannelRead(frame); // frames of the connection
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object frame, ChannelPromise promise) {
        if (frame instanceof Http2DataFrame && isProgress(frame)) {
            progress(); // the receiver of a long body answers its frames with window updates
        }
        context.write(frame, promise);
        if (frame instanceof Http2ResetFrame) {
            reset.run();
        }
    }

    private static boolean isProgress(Object frame) {
        return frame instanceof Http2HeadersFrame
                || (frame instanceof Http2DataFrame data && data.content().isReadable());
    }

    private void progress() {
        unasked = 0;
        idleBytes = 0;
    }

    private static void end(ChannelPipeline pipeline) {
        ChannelHandlerContext first = pipeline.context(ByteMeter.class);
        if (first != null) {
            first.close(); // before the codec, which would wait for the streams that are open
        }
    }

    // A slice would keep all bytes of the same read in memory, however small the frame is.
    private static Http2DataFrame detached(Http2DataFrame data) {
        byte[] bytes = ByteBufUtil.getBytes(data.content());
        Http2DataFrame copy =
                new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), data.isEndStream(), data.padding());
        copy.stream(data.stream());
        data.release();
        return copy;
    }

    private void pass(ChannelHandlerContext context, Http2StreamFrame frame) {
        Http2FrameStream stream = frame.stream();
        UnreadFrames unread = streams.get(stream);
        if (unread == null || unread.accepts(frame)) {
            context.fireChannelRead(frame);
            return;
        }
        ReferenceCountUtil.release(frame);
        Http2Error calm = Http2Error.ENHANCE_YOUR_CALM;
        context.fireExceptionCaught(new Http2FrameStreamException(
                stream, calm, Http2Exception.streamError(stream.id(), calm, "too much unread data arrived")));
    }

    /** The frames that have come for one stream and were not handed to it yet. */
    private final class UnreadFrames extends ChannelInboundHandlerAdapter {

        private @Nullable Http2StreamChannel channel;
        private int frames;
        private boolean begun;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            channel = (Http2StreamChannel) context.channel();
            streams.put(channel.stream(), this);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            streams.remove(((Http2StreamChannel) context.channel()).stream());
        }

        boolean accepts(Http2StreamFrame frame) {
            if (frame instanceof Http2HeadersFrame) {
                if (begun && isUnreadRequest()) {
                    return false; // its trailers would be refused once they are read, and may be as long as a head
                }
                begun = true;
            }
            return ++frames <= MAX_UNREAD;
        }

        private boolean isUnreadRequest() {
            return ofRequests && channel != null && !channel.config().isAutoRead();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            frames--;
            context.fireChannelRead(frame);
        }
    }

    /** Counts bytes before the codec: frames of unknown streams never leave the codec. */
    private final class ByteMeter extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            if (bytes instanceof ByteBuf buffer) {
                idleBytes += buffer.readableBytes();
            }
            if (idleBytes > MAX_IDLE_BYTES + window) {
                ReferenceCountUtil.release(bytes);
                context.close();
                return;
            }
            context.fireChannelRead(bytes);
        }
    }
}
