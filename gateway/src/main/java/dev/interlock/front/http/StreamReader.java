package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;

import dev.interlock.action.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the frames of one HTTP/2 stream into one {@link WireRequest}, or one {@link UnreadableException}; whatever
 * comes after that is thrown away.
 *
 * <p>Threading: its connection's event loop alone.
 */
@SuppressWarnings("FutureReturnValueIgnored") // how closing ends is seen on the channel itself, by everybody
final class StreamReader extends ChannelInboundHandlerAdapter {

    private final Limits limits;
    private final BodyBudget.Share memory;
    private final Patience patience = new Patience();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable RequestHead head;
    private boolean done;

    StreamReader(Limits limits, BodyBudget bodies) {
        this.limits = limits;
        this.memory = bodies.share();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        try {
            if (!done) {
                read(context, frame);
            }
        } catch (UnreadableException e) {
            hand(context, e);
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    private void read(ChannelHandlerContext context, Object frame) throws UnreadableException {
        switch (frame) {
            case Http2HeadersFrame headers when head == null -> begin(context, headers);
            case Http2HeadersFrame _ -> throw broken("The body has trailer fields.");
            case Http2DataFrame data -> {
                take(data.content());
                if (data.isEndStream()) {
                    whole(context);
                }
            }
            default -> {} // of the connection, not of the request
        }
    }

    private void begin(ChannelHandlerContext context, Http2HeadersFrame frame) throws UnreadableException {
        patience.await(context, limits.request(), () -> tooSlow(context));
        RequestHead read = StreamHead.read(frame.headers());
        Framing.of(read, limits.body());
        head = read;
        if (frame.isEndStream()) {
            whole(context);
        } else if (Grpc.isMeant(read)) { // its body may never end, and nobody will read it
            hand(context, new WireRequest(read, Bytes.empty()));
        } else if (Expectation.wantsContinue(read)) {
            context.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("100")));
        }
    }

    private void take(ByteBuf content) throws UnreadableException {
        long length = (long) body.size() + content.readableBytes();
        if (length > limits.body()) {
            throw Framing.tooLong(limits.body());
        }
        if (!memory.hold(length)) {
            throw UnreadableException.crowded();
        }
        byte[] bytes = new byte[content.readableBytes()];
        content.readBytes(bytes);
        body.writeBytes(bytes);
    }

    private void whole(ChannelHandlerContext context) throws UnreadableException {
        RequestHead read = head;
        if (read == null) {
            throw broken("The stream has a body and no head.");
        }
        // RFC 9113 §8.1.1: a length that does not fit is malformed.
        List<String> lengths = read.values("content-length");
        if (!lengths.isEmpty() && !lengths.getFirst().equals(Integer.toString(body.size()))) {
            throw broken("The Content-Length is not the length of the body.");
        }
        hand(context, new WireRequest(read, Bytes.of(body.toByteArray())));
    }

    private void hand(ChannelHandlerContext context, Received received) {
        done = true;
        patience.end();
        body.reset();
        context.fireChannelRead(received);
    }

    private void tooSlow(ChannelHandlerContext context) {
        hand(
                context,
                broken("The request did not arrive whole within "
                        + limits.request().toSeconds() + " seconds."));
    }

    /** The end of the stream: until then the body lies in memory. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        done = true;
        patience.end();
        memory.release();
    }
}
