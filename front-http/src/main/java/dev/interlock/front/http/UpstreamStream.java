package dev.interlock.front.http;

import dev.interlock.gate.NotSentException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One call on an HTTP/2 connection to an upstream. Its result does not affect the connection's other calls. */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class UpstreamStream extends UpstreamSlot {

    private static final String BROKEN = "the upstream's answer is not well-formed HTTP/2";

    private final UpstreamStreams connection;
    private @Nullable Channel stream;
    private boolean asksForHead;
    private boolean comesOnce;
    private boolean heard;
    private boolean answered;
    private boolean left;
    private OptionalLong length = OptionalLong.empty();
    private long received;
    private StreamEnd ended = StreamEnd.OTHERWISE;

    private enum StreamEnd {
        /** RST_STREAM with REFUSED_STREAM: RFC 9113 §8.7, nothing was done. */
        REFUSED,
        /** GOAWAY, below this stream: RFC 9113 §6.8, nothing was done and nothing will be. */
        LEFT_BEHIND,
        OTHERWISE
    }

    UpstreamStream(UpstreamStreams connection, UpstreamLimits limits) {
        super(limits);
        this.connection = connection;
    }

    @Override
    void execute(Runnable task) {
        connection.execute(task);
    }

    @Override
    void shut() {
        connection.shut();
    }

    @Override
    void begin(FullHttpRequest request, AnswerQueue pull) {
        // Frames that have arrived are read first: they may say that the connection has ended, or takes no more.
        if (pull.isCut() || !connection.isFit()) {
            unused(request, pull);
            return;
        }
        asksForHead = request.method().equals(HttpMethod.HEAD);
        comesOnce = request instanceof StreamedRequest;
        connection.open(this).addListener(opened -> {
            if (opened.isSuccess()) {
                write((Channel) opened.getNow(), request, pull);
            } else {
                unused(request, pull);
            }
        });
    }

    private void unused(FullHttpRequest request, AnswerQueue pull) {
        request.release();
        leave();
        pull.markUnused();
    }

    private void write(Channel opened, FullHttpRequest request, AnswerQueue pull) {
        if (pull.isCut()) {
            opened.close();
            unused(request, pull);
            return;
        }
        stream = opened;
        current = pull;
        await(limits.head());
        // From here on a byte may have left. Only the upstream can say that the call did not happen.
        sent = opened.writeAndFlush(request);
        sent.addListener(written -> {
            if (!written.isSuccess() && opened.isActive()) { // otherwise the stream's end says more
                fail("the request could not be written");
            }
        });
        opened.read();
    }

    @Override
    @Nullable ChannelHandlerContext context() {
        return stream != null && stream.isActive() ? stream.pipeline().firstContext() : null;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        AnswerQueue pull = current;
        try {
            if (pull != null) {
                heard = true;
                read(pull, frame);
            }
        } catch (IOException e) {
            fail(String.valueOf(e.getMessage()));
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    private void read(AnswerQueue pull, Object frame) throws IOException {
        switch (frame) {
            case Http2HeadersFrame head when !answered -> head(pull, head);
            case Http2HeadersFrame trailers when trailers.isEndStream() -> end(pull); // trailers are not passed on
            case Http2HeadersFrame _ -> throw new IOException(BROKEN);
            case Http2DataFrame data when answered -> data(pull, data);
            case Http2DataFrame _ -> throw new IOException(BROKEN);
            default -> {} // unknown frames are handled by the connection
        }
    }

    private void head(AnswerQueue pull, Http2HeadersFrame frame) throws IOException {
        AnswerHead head = AnswerHead.read(frame.headers());
        if (head.isInterim()) {
            if (frame.isEndStream()) {
                throw new IOException(BROKEN);
            }
            readMore();
            return;
        }
        boolean bodiless = asksForHead || head.status() == 204 || head.status() == 304;
        OptionalLong said = head.length(); // also checked if there is no body
        length = bodiless ? OptionalLong.of(0) : said;
        answered = true;
        patience.end();
        if (stream != null) {
            stream.pipeline().get(BodyPump.class).stop(); // first: the reader of the head needs the sent length
        }
        pull.head(head.status(), head.headers());
        if (frame.isEndStream()) {
            end(pull);
        }
    }

    private void data(AnswerQueue pull, Http2DataFrame data) throws IOException {
        int bytes = data.content().readableBytes();
        received += bytes;
        if (length.isPresent() && received > length.getAsLong()) {
            throw new IOException("the upstream's answer is longer than its Content-Length");
        }
        if (bytes > 0) {
            patience.end();
            pull.piece(FrameLimiter.bytes(data));
        }
        if (data.isEndStream()) {
            end(pull);
        } else if (bytes == 0) {
            readMore();
        }
    }

    private void end(AnswerQueue pull) throws IOException {
        if (length.isPresent() && received != length.getAsLong()) {
            throw new IOException("the upstream's answer is shorter than its Content-Length");
        }
        current = null;
        finish(); // first, so that the reader of the end finds the slot free
        pull.end();
    }

    @Override
    void readMore() {
        if (stream != null) {
            stream.read();
        }
    }

    // The unsent rest of the request is not wanted; it would stay in memory until the upstream takes it.
    private void finish() {
        patience.end();
        leave();
        if (stream != null) {
            if (sent == null || !sent.isSuccess()) {
                stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
            }
            stream.close();
        }
    }

    private void leave() {
        if (!left) {
            left = true;
            connection.left();
        }
    }

    /** {@inheritDoc} The slot was not used. */
    @Override
    void close() {
        connection.execute(this::leave);
    }

    @Override
    void abandon() {
        current = null;
        finish();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        switch (event) {
            case Http2ResetFrame reset
            when reset.errorCode() == Http2Error.REFUSED_STREAM.code() -> ended = StreamEnd.REFUSED;
            case Http2GoAwayFrame _ -> ended = StreamEnd.LEFT_BEHIND;
            default -> {}
        }
        ReferenceCountUtil.release(event);
    }

    /** {@inheritDoc} Everything that arrived before the end was read before this is called. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
        patience.end();
        leave();
        AnswerQueue pull = current;
        current = null;
        if (pull != null) {
            over(pull);
        }
    }

    // INVARIANT: nothing was certainly done only without a byte of an answer, and by the upstream's statement.
    private void over(AnswerQueue pull) {
        StreamEnd how = heard ? StreamEnd.OTHERWISE : ended;
        switch (how) {
            case REFUSED ->
                pull.failed(new NotSentException("the upstream refused the stream before it processed anything"));
            case LEFT_BEHIND -> {
                if (comesOnce) {
                    pull.failed(
                            new NotSentException("the upstream closed the connection before it processed anything"));
                } else {
                    pull.markUnused();
                }
            }
            case OTHERWISE ->
                pull.failed(new IOException("the upstream ended the stream before its answer was complete"));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(BROKEN + ": " + cause.getClass().getSimpleName());
    }
}
