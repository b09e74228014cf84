package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns the frames of one HTTP/2 stream into one {@link WireRequest}, or one {@link UnreadableRequestException}. All
 * later frames are discarded. Threading: its connection's event loop alone.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class StreamReader extends ChannelInboundHandlerAdapter {

    private final ClientLimits limits;
    private final BodyBudget.Share memory;
    private final BodySpool spool;
    private final Deadline patience = new Deadline();
    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable RequestHead head;
    private int headLength;
    private boolean done;
    private boolean handed;
    private @Nullable StreamedBody inflow;
    private boolean continued = true;

    StreamReader(ClientLimits limits, BodyBudget.Share memory, BodySpool spool) {
        this.spool = spool;
        this.limits = limits;
        this.memory = memory;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        try {
            if (!done) {
                read(context, frame);
            }
        } catch (UnreadableRequestException e) {
            if (inflow == null) {
                memory.hold(headLength); // the body does not go on
                hand(context, e.of(seen(frame)));
            } else {
                breakOff(); // it is being answered already
            }
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    /** Returns the head of a request that cannot be read, or as much of it as there is. */
    private RequestHead seen(Object frame) {
        return head == null && frame instanceof Http2HeadersFrame headers
                ? StreamHead.readMalformed(headers.headers())
                : Objects.requireNonNullElse(head, StreamHead.NOTHING);
    }

    private void read(ChannelHandlerContext context, Object frame) throws UnreadableRequestException {
        switch (frame) {
            case Http2HeadersFrame headers when head == null -> begin(context, headers);
            case Http2HeadersFrame _ -> throw broken(FrontRefusals.TRAILERS);
            case Http2DataFrame data when inflow != null -> stream(context, inflow, data);
            case Http2DataFrame data -> take(context, data);
            default -> {} // frames of the connection, not of the request
        }
    }

    private void begin(ChannelHandlerContext context, Http2HeadersFrame frame) throws UnreadableRequestException {
        patience.await(context, limits.request(), () -> tooSlow(context));
        RequestHead read = StreamHead.read(frame.headers());
        headLength = length(read);
        hold(0);
        BodyFraming framing = BodyFraming.of(read, limits.body());
        boolean asks = read.wantsContinue(); // any other is refused, with or without a body
        head = read;
        if (framing instanceof BodyFraming.Streamed(long length) && !frame.isEndStream()) {
            stream(context, read, more -> new StreamedBody(length, more), asks);
        } else if (!read.has("content-length") && !frame.isEndStream() && read.mayBePush()) {
            stream(context, read, StreamedBody::ofUnknownLength, asks);
        } else if (frame.isEndStream()) {
            whole(context);
        } else if (asks) {
            context.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("100")));
        }
    }

    /**
     * Hands on a request whose body stays with the client until somebody asks for it: its window opens as it is read.
     */
    private StreamedBody stream(
            ChannelHandlerContext context, RequestHead read, Function<Runnable, StreamedBody> made, boolean asks)
            throws UnreadableRequestException {
        hold(body.size()
                + (long)
                        ClientStreams
                                .UNREAD); // before the decision, so that no upload breaks off because others fill the
        // memory
        continued = !asks;
        context.channel().config().setAutoRead(false);
        patience.end();
        StreamedBody begun = made.apply(() -> context.executor().execute(() -> more(context)));
        inflow = begun;
        context.fireChannelRead(
                new WireRequest(read, Bytes.empty(), Optional.of(new WireRequest.Inflow(begun, spool))));
        return begun;
    }

    private void more(ChannelHandlerContext context) {
        StreamedBody slow = inflow;
        if (slow == null || !slow.isWanted()) {
            return;
        }
        if (!continued) {
            continued = true;
            context.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("100")));
        }
        patience.await(context, limits.request(), () -> slow.fail("the client sent nothing for too long"));
        context.read();
    }

    private void stream(ChannelHandlerContext context, StreamedBody body, Http2DataFrame data) {
        patience.end();
        byte[] piece = FrameLimiter.bytes(data);
        boolean isOpen = body.isOfUnknownLength();
        boolean last = isOpen ? data.isEndStream() : body.missing() == piece.length;
        if (!isOpen && (piece.length > body.missing() || (data.isEndStream() && !last))) {
            breakOff(); // RFC 9113 §8.1.1: a body of another length than announced is malformed
            return;
        }
        if (last) {
            inflow = null;
            done = true; // an empty frame may follow, which ends the stream
        }
        if (piece.length > 0) {
            body.put(piece);
        }
        if (last && isOpen) {
            body.end();
        } else if (!last && body.isWanted()) {
            context.read();
        }
    }

    private void breakOff() {
        done = true;
        if (inflow != null) {
            inflow.fail("the client disconnected");
            inflow = null;
        }
    }

    private void take(ChannelHandlerContext context, Http2DataFrame data) throws UnreadableRequestException {
        byte[] bytes = FrameLimiter.bytes(data);
        hold((long) body.size() + bytes.length);
        body.writeBytes(bytes);
        RequestHead read = head;
        if (body.size() > limits.body() && read != null) { // from here on like one whose length was announced
            StreamedBody begun = stream(context, read, StreamedBody::ofUnknownLength, false);
            begun.put(body.toByteArray());
            body = new ByteArrayOutputStream(0);
            if (data.isEndStream()) {
                inflow = null;
                done = true;
                begun.end();
            }
        } else if (data.isEndStream()) {
            whole(context);
        }
    }

    /**
     * Holds memory for the head as well: there may be many streams, and each head may be as long as an ordinary body.
     */
    private void hold(long bytes) throws UnreadableRequestException {
        if (!memory.hold(headLength + bytes)) {
            throw UnreadableRequestException.outOfMemory();
        }
    }

    private static int length(RequestHead head) {
        int length = head.target().length();
        for (Header header : head.headers()) {
            length += header.name().length() + header.value().length();
        }
        return length;
    }

    private void whole(ChannelHandlerContext context) throws UnreadableRequestException {
        RequestHead read = head;
        if (read == null) {
            throw broken(FrontRefusals.BODY_WITHOUT_HEAD);
        }
        // RFC 9113 §8.1.1: a body of another length than announced is malformed.
        List<String> lengths = read.values("content-length");
        if (!lengths.isEmpty() && !lengths.getFirst().equals(Integer.toString(body.size()))) {
            throw broken(FrontRefusals.WRONG_LENGTH);
        }
        hand(context, new WireRequest(read, Bytes.owning(body.toByteArray())));
    }

    private void hand(ChannelHandlerContext context, ReceivedRequest received) {
        done = true;
        handed = true;
        patience.end();
        body = new ByteArrayOutputStream(0); // a reset stream would keep its array
        context.fireChannelRead(received);
    }

    private void tooSlow(ChannelHandlerContext context) {
        hand(
                context,
                broken(FrontRefusals.SLOW, limits.request().toSeconds())
                        .of(Objects.requireNonNullElse(head, StreamHead.NOTHING)));
    }

    void answered() {
        if (handed) {
            memory.release();
        }
    }

    /** {@inheritDoc} The stream ends. A whole request stays in memory until it is answered, also if nobody waits. */
    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        breakOff();
        patience.end();
        if (!handed) {
            memory.release();
        }
    }
}
