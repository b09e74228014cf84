package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;

import dev.interlock.action.Bytes;
import dev.interlock.front.git.PushBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns bytes into {@link WireRequest}s, one at a time: after each it waits for {@link #next}. Emits at most one
 * {@link UnreadableRequestException}, and from then on discards all bytes.
 *
 * <p>Netty's own decoder joins folded lines, skips leading garbage and drops chunk extensions before a handler could
 * see them. This one repairs nothing. Netty's reads everything that this one accepts in the same way; a test compares
 * them.
 *
 * <p>Threading: its channel's event loop alone.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class RequestDecoder extends ByteToMessageDecoder {

    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Maximum bytes of a body of which nobody has said how long it is. */
    private static final long MAX_UNANNOUNCED = Math.max(PushBody.MAX_PUSH, BodySpool.LONGEST);

    private enum State {
        HEAD,
        BODY,
        STREAMING,
        ANSWERING,
        DISCARDING
    }

    private final ClientLimits limits;
    private final Deadline patience;
    private final BodyBudget.Share memory;
    private final BodySpool spool;
    private State state = State.HEAD;
    private int scanned;
    private @Nullable RequestHead head;
    private @Nullable BodyFraming framing;
    private ChunkedBody chunked;
    private @Nullable StreamedBody inflow;
    private boolean continued;
    /** Set while the answering thread holds the request. */
    private boolean handed;

    private boolean removed;

    RequestDecoder(ClientLimits limits, BodyBudget.ListenerBudget bodies, BodySpool spool) {
        this.limits = limits;
        this.spool = spool;
        this.memory = bodies.share();
        this.patience = new Deadline();
        this.chunked = new ChunkedBody(MAX_UNANNOUNCED);
    }

    /** Reads on after the last request is answered, beginning with the bytes already received. */
    void next(ChannelHandlerContext context) {
        state = State.HEAD;
        head = null;
        memory.release();
        patience.await(context, limits.idle(), context::close);
        try {
            channelRead(context, Unpooled.EMPTY_BUFFER);
            channelReadComplete(context);
        } catch (Exception e) {
            throw new IllegalStateException("our own decode throws no checked exception", e);
        }
    }

    /** Releases the last request, also if its connection has ended: nobody holds it any more. */
    void answered() {
        handed = false;
        if (removed) {
            memory.release();
        }
    }

    void discard() {
        state = State.DISCARDING;
        memory.release();
        patience.end();
        breakOff();
    }

    private void breakOff() {
        if (inflow != null) {
            inflow.fail("Interlock no longer reads from the client");
            inflow = null;
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        patience.await(context, limits.head(), context::close);
        context.fireChannelActive();
    }

    /** Leaves bytes that nobody asked for in the socket. The parent class would read on until it has a message. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        if (state == State.STREAMING || state == State.ANSWERING) {
            discardSomeReadBytes();
            context.fireChannelReadComplete();
        } else {
            super.channelReadComplete(context);
        }
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        removed = true;
        if (!handed) {
            memory.release();
        }
        patience.end();
        breakOff();
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        try {
            switch (state) {
                case HEAD -> head(context, in, out);
                case BODY -> body(context, in, out);
                case STREAMING -> stream(context, in);
                case ANSWERING -> {}
                case DISCARDING -> in.skipBytes(in.readableBytes());
            }
        } catch (UnreadableRequestException e) {
            if (inflow != null) { // it is being answered already
                inflow.fail("the client sent a body that cannot be read");
                discard();
                in.skipBytes(in.readableBytes());
                return;
            }
            UnreadableRequestException seen = e.of(seen(in));
            discard();
            in.skipBytes(in.readableBytes());
            out.add(seen);
        }
    }

    /** Returns the head of a request that cannot be read, or as much of it as there is. */
    private RequestHead seen(ByteBuf in) {
        if (head != null) {
            return head;
        }
        byte[] bytes = new byte[Math.min(in.readableBytes(), HeadReader.MAX_HEAD)];
        in.getBytes(in.readerIndex(), bytes);
        return HeadReader.readMalformed(bytes);
    }

    private void head(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws UnreadableRequestException {
        if (scanned == 0) {
            patience.await(context, limits.head(), () -> tooSlow(context, limits.head()));
        }
        int end = headEnd(in);
        if (end < 0) {
            return;
        }
        byte[] bytes = new byte[end];
        in.getBytes(in.readerIndex(), bytes);
        RequestHead read = HeadReader.read(bytes);
        in.skipBytes(end);
        scanned = 0;
        begin(context, read);
        if (framing instanceof BodyFraming.Streamed(long length)) {
            begin(context, more -> new StreamedBody(length, more), out);
            return;
        }
        if (isLong(read)) {
            begin(context, StreamedBody::ofUnknownLength, out);
            return;
        }
        body(context, in, out); // a request without a body is complete now, and no further byte may come
    }

    private void begin(ChannelHandlerContext context, RequestHead read) throws UnreadableRequestException {
        head = read;
        framing = BodyFraming.of(read, limits.body());
        chunked = new ChunkedBody(MAX_UNANNOUNCED);
        continued = !read.wantsContinue();
        if (!(framing instanceof BodyFraming.Streamed) && !isLong(read)) {
            sendContinue(context);
        }
        state = State.BODY;
        patience.await(context, limits.request(), () -> tooSlow(context, limits.request()));
    }

    private void sendContinue(ChannelHandlerContext context) {
        if (!continued) {
            continued = true;
            context.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE));
        }
    }

    /** Returns whether its body is a push by Git, of a length that nobody announces. */
    private boolean isLong(RequestHead read) {
        return framing instanceof BodyFraming.Chunked && read.mayBePush();
    }

    /** Hands on a request whose body stays with the client until somebody asks for it. */
    private StreamedBody begin(ChannelHandlerContext context, Function<Runnable, StreamedBody> made, List<Object> out) {
        RequestHead whole = Objects.requireNonNull(head);
        StreamedBody body = made.apply(() -> context.executor().execute(() -> more(context)));
        inflow = body;
        state = State.STREAMING;
        patience.end();
        out.add(new WireRequest(whole, Bytes.empty(), Optional.of(new WireRequest.Inflow(body, spool))));
        return body;
    }

    private void more(ChannelHandlerContext context) {
        StreamedBody slow = inflow;
        if (slow == null || !slow.isWanted()) {
            return;
        }
        sendContinue(context);
        patience.await(context, limits.request(), () -> slow.fail("the client sent nothing for too long"));
        try {
            channelRead(context, Unpooled.EMPTY_BUFFER); // with the bytes that have arrived already
        } catch (Exception e) {
            throw new IllegalStateException("our own decode throws no checked exception", e);
        }
        if (slow.isWanted()) {
            context.read();
        }
    }

    private void stream(ChannelHandlerContext context, ByteBuf in) throws UnreadableRequestException {
        StreamedBody body = inflow;
        if (body == null) {
            return;
        }
        body.held(in.readableBytes());
        if (!body.isWanted() || !in.isReadable()) {
            return;
        }
        boolean isChunked = framing instanceof BodyFraming.Chunked;
        boolean isWhole = isChunked && chunked.take(in).isPresent();
        byte[] piece = chunked.drain();
        if (!isChunked) {
            piece = new byte[(int) Math.min(body.missing(), in.readableBytes())];
            in.readBytes(piece);
            isWhole = body.missing() == piece.length;
        }
        if (isWhole) {
            state = State.ANSWERING;
            inflow = null;
        }
        if (isWhole || piece.length > 0) {
            patience.end();
        }
        if (piece.length > 0) {
            body.put(piece);
        }
        if (isWhole && isChunked) {
            body.end();
        } else if (!isWhole && piece.length == 0) {
            context.read(); // only framing came
        }
    }

    // Checks every byte once, and refuses a bare LF or CR at once: a head without CRLF would never end.
    private int headEnd(ByteBuf in) throws UnreadableRequestException {
        int start = in.readerIndex();
        for (; scanned < in.readableBytes(); scanned++) {
            byte c = in.getByte(start + scanned);
            boolean afterReturn = scanned > 0 && in.getByte(start + scanned - 1) == '\r';
            if ((c == '\n') != afterReturn) {
                throw broken(FrontRefusals.BARE_LINE_END);
            }
            if (c == '\n' && scanned == 1) {
                throw broken(FrontRefusals.EMPTY_FIRST_LINE);
            }
            if (c == '\n' && scanned >= 3 && in.getByte(start + scanned - 2) == '\n') {
                return scanned + 1;
            }
            if (scanned >= HeadReader.MAX_HEAD) {
                throw broken(FrontRefusals.HEAD_TOO_LONG, HeadReader.MAX_HEAD);
            }
        }
        return -1;
    }

    private void body(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws UnreadableRequestException {
        Optional<byte[]> body = switch (framing) {
            case BodyFraming.Length length -> exactly(in, length.bytes());
            case BodyFraming.Chunked _ -> chunked.take(in);
            case BodyFraming.Streamed _ -> throw new IllegalStateException("a long body is not stored");
            case null -> throw new IllegalStateException("a body without a head");
        };
        if (chunked.announced() > limits.body()) { // from here on like one whose length was announced
            StreamedBody begun = begin(context, StreamedBody::ofUnknownLength, out);
            if (chunked.size() > 0) {
                begun.put(chunked.drain());
            }
            if (body.isPresent()) {
                state = State.ANSWERING;
                inflow = null;
                begun.end();
            }
            return;
        }
        RequestHead whole = head;
        if (body.isPresent() && whole != null) {
            hold(body.get().length); // until it is answered
            state = State.ANSWERING;
            handed = true;
            patience.end();
            out.add(new WireRequest(whole, Bytes.owning(body.get())));
        } else {
            hold((long) in.readableBytes() + chunked.size()); // as it arrives: the announced length takes none
        }
    }

    private void hold(long bytes) throws UnreadableRequestException {
        if (!memory.hold(bytes)) {
            throw UnreadableRequestException.outOfMemory();
        }
    }

    private static Optional<byte[]> exactly(ByteBuf in, int length) {
        if (in.readableBytes() < length) {
            return Optional.empty();
        }
        byte[] body = new byte[length];
        in.readBytes(body);
        return Optional.of(body);
    }

    private void tooSlow(ChannelHandlerContext context, Duration limit) {
        UnreadableRequestException slow =
                broken(FrontRefusals.SLOW, limit.toSeconds()).of(seen(internalBuffer()));
        discard();
        context.fireChannelRead(slow);
    }
}
