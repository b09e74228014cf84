package dev.interlock.front.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One HTTP/2 connection of a client. Each of its streams is a request of its own, answered while others are.
 *
 * <p>Netty's codec limits resets in a row (CVE-2023-44487 and its kin), empty frames, continuations without end and
 * untaken answers to pings and settings, and closes the connection beyond them. {@link FrameLimiter} limits other
 * frames that only cause work, and frames that are not read yet. The codec also counts refused streams. A client that
 * has {@link #MAX_ANSWERING} calls in flight and sends 200 more within half a minute loses the connection.
 *
 * <p>Threading: as {@link ClientConnection}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class ClientStreams extends ChannelInboundHandlerAdapter implements IdleCloseable {

    /** Maximum open streams. Agents send a handful of requests at once; more wait on the client's side. */
    static final int MAX_STREAMS = 32;

    /**
     * Maximum requests being answered, including those whose streams the client has reset. A reset frees a stream, but
     * a call that only the client has given up runs to its end.
     */
    static final int MAX_ANSWERING = 2 * MAX_STREAMS;
    /** Maximum bytes of a body that a client may send before it hears from the front: most bodies, whole. */
    private static final int WINDOW = 128 * 1024;

    static final int UNREAD = WINDOW + FrameLimiter.MAX_UNREAD * FrameLimiter.FRAME;

    private final ConnectionContext entry;
    private final BodyBudget.ConnectionBudget together;
    private final Deadline patience = new Deadline();
    private final Http2FrameCodec codec;
    private final FrameLimiter restraint = new FrameLimiter(true, 2 * WINDOW, () -> {});
    private final AtomicReference<State> state =
            new AtomicReference<>(new State(0, 0, System.nanoTime(), Phase.TAKING));

    private enum Phase {
        TAKING,
        /** No further stream may begin; those that have may be answered. */
        ENDING,
        /** Closed to make room: no further request may be answered. */
        SHED
    }

    /** @param answering requests that are whole, or need not be read, and have no answer yet */
    private record State(int open, int answering, long since, Phase phase) {

        State begun() {
            return phase == Phase.TAKING ? new State(open + 1, answering, since, phase) : this;
        }

        State ended() {
            return new State(open - 1, answering, since, phase);
        }

        boolean takesNone() {
            return phase == Phase.SHED || answering >= MAX_ANSWERING;
        }

        State asked() {
            return takesNone() ? this : new State(open, answering + 1, since, phase);
        }

        State answered() {
            return new State(open, answering - 1, System.nanoTime(), phase);
        }

        State in(Phase next) {
            return new State(open, answering, since, next);
        }
    }

    ClientStreams(ConnectionContext entry) {
        this.entry = entry;
        this.together = entry.bodies().connection();
        this.codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(MAX_STREAMS)
                        .initialWindowSize(WINDOW)
                        .maxHeaderListSize(HeadReader.MAX_HEAD))
                .validateHeaders(false) // StreamHead validates, and names the fault of the one stream
                // The client decides how large the table of sent headers may grow: up to 4 GiB of this process.
                .headerSensitivityDetector(Http2HeadersEncoder.ALWAYS_SENSITIVE)
                .encoderEnforceMaxQueuedControlFrames(FrameLimiter.MAX_OWED)
                .gracefulShutdownTimeoutMillis(entry.limits().drain().toMillis())
                .build();
    }

    /** Puts itself and the handlers it needs at the end of {@code pipeline}. */
    void into(ChannelPipeline pipeline) {
        ChannelInitializer<Channel> stream = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                begin(channel);
            }
        };
        restraint.into(pipeline, codec, new Http2MultiplexHandler(stream));
        pipeline.addLast(this);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        idle(context);
        context.fireChannelActive();
    }

    private void idle(ChannelHandlerContext context) {
        patience.await(context, entry.limits().idle(), () -> {
            if (state.get().open() == 0) {
                context.close();
            }
        });
    }

    /** {@inheritDoc} Frames of the connection itself are left to the codec. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
    }

    /** {@inheritDoc} The codec answers the client's errors by itself, in a moment: it names the error, and closes. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) == null) {
            context.close();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        patience.end();
    }

    private void begin(Channel stream) {
        State before = state.getAndUpdate(State::begun);
        if (before.phase() != Phase.TAKING) {
            stream.close();
            return;
        }
        stream.closeFuture().addListener(_ -> ended(stream));
        if (entry.draining().getAsBoolean()) {
            stream.close();
            return;
        }
        StreamReader reader = new StreamReader(entry.limits(), together.share(), entry.spool());
        stream.pipeline().addLast(restraint.ofStream(), reader, new StreamWriter(""), new StreamHandler(reader));
    }

    private void ended(Channel stream) {
        State now = state.updateAndGet(State::ended);
        Channel connection = stream.parent();
        if (now.open() > 0) {
            return;
        }
        if (now.phase() != Phase.TAKING || entry.draining().getAsBoolean()) {
            connection.close();
            return;
        }
        ChannelHandlerContext own = connection.pipeline().context(this);
        if (own != null) {
            idle(own);
        }
    }

    /** {@inheritDoc} Without a whole request, or while it takes no answer, a client is not being answered. */
    @Override
    public OptionalLong since() {
        State now = state.get();
        return now.answering() == 0 && now.phase() != Phase.SHED ? OptionalLong.of(now.since()) : OptionalLong.empty();
    }

    @Override
    public boolean shed() {
        State before = state.getAndUpdate(now -> now.answering() == 0 ? now.in(Phase.SHED) : now);
        if (before.answering() > 0) {
            return false;
        }
        codec.gracefulShutdownTimeoutMillis(0); // open streams are no reason to wait
        return true;
    }

    @Override
    public void closeIfIdle(ChannelHandlerContext context) {
        State now = state.updateAndGet(was -> was.in(was.phase() == Phase.SHED ? Phase.SHED : Phase.ENDING));
        if (now.open() == 0) {
            context.close();
        } else {
            context.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
        }
    }

    private final class StreamHandler extends ChannelInboundHandlerAdapter {
        private final StreamReader reader;

        private StreamHandler(StreamReader reader) {
            this.reader = reader;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (!entry.answering().tryAcquire()) {
                full(context, (ReceivedRequest) message);
                return;
            }
            if (state.getAndUpdate(State::asked).takesNone()) {
                entry.answering().release();
                reader.answered();
                context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM)); // RFC 9113 §8.7
                context.close();
                return;
            }
            ClientWriter client = entry.writer(context.channel());
            entry.requests().execute(() -> {
                boolean whole = false;
                try {
                    entry.answer((ReceivedRequest) message, client);
                    whole = true;
                } catch (IOException e) {
                    // The client sees a stream that is reset; the receipt, if any, is the gate's matter.
                } finally {
                    entry.answering().release();
                    state.updateAndGet(State::answered);
                    client.afterwards(reader::answered, whole ? () -> answered(context) : context::close);
                }
            });
        }

        /**
         * Refuses a request for the listener's limit. Others caused that, so it does not count against this connection.
         */
        private void full(ChannelHandlerContext context, ReceivedRequest received) {
            reader.answered();
            ClientWriter client = entry.writer(context.channel());
            try {
                Exchange.refuseAtLimit(received, client);
                client.afterwards(() -> answered(context));
            } catch (IOException e) {
                context.close();
            }
        }

        // RFC 9113 §8.1: the rest of the request is not wanted, and the answer counts. Any other code would void it.
        private static void answered(ChannelHandlerContext context) {
            if (context.channel() instanceof Http2StreamChannel stream
                    && stream.stream().state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
                context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
            }
            context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
