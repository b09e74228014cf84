package dev.interlock.front.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionPrefaceAndSettingsFrameWrittenEvent;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One HTTP/2 connection to an upstream: many calls at once, each a {@link UpstreamStream}. It is ready for the first of
 * them once the upstream's settings have come.
 *
 * <p>Heads that are too long, continuations and empty frames without end and a window that is overrun are bounded by
 * Netty's codec; a push was never allowed. What else nobody asked for is bounded by {@link Restraint}.
 *
 * <p>Threading: {@link #place} and {@link #left} are for everybody, the rest belongs to the channel's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // how closing ends is seen on the channel itself, by everybody
final class UpstreamStreams extends ChannelInboundHandlerAdapter implements UpstreamLine {

    /** Fewer than any server allows; one connection that breaks must not make all calls unknown. */
    static final int MAX_STREAMS = 32;

    /** What an upstream may send of one answer before its reader has taken what came before. */
    static final int WINDOW = 128 * 1024;

    /**
     * Streams that we ended before their time; then another connection begins. Agents leave reads when they like, and
     * servers count it as an attack: Netty ends a connection with 200 in half a minute, Envoy with 500, Node with 1000,
     * and with it the calls of everybody else.
     */
    static final int MAX_RESETS = 50;

    /** As in HTTP/1.1. */
    private static final int MAX_HEAD = ResponseDecoder.MAX_HEAD;

    /** Half of all there are; then another connection begins. */
    private static final int LAST_ID = 1 << 30;

    private final UpstreamSocket channel;
    private final String scheme;
    private final UpstreamLimits limits;
    private final Promise<UpstreamLine> ready;
    private final Patience patience = new Patience();
    private final Http2FrameCodec codec;
    private final AtomicReference<State> state = new AtomicReference<>(new State(0, 0, false));
    private int resets; // of the event loop
    private final Restraint restraint = new Restraint(false, MAX_STREAMS * WINDOW, this::wear);

    /**
     * What is going on here.
     *
     * @param open places that are taken
     * @param most how many there may be
     * @param ending whether no further one may be taken
     */
    private record State(int open, int most, boolean ending) {

        boolean isFree() {
            return !ending && open < most;
        }
    }

    /** One that says so to {@code ready} once it can be used, or that it never will be. */
    UpstreamStreams(UpstreamSocket channel, String scheme, UpstreamLimits limits, Promise<UpstreamLine> ready) {
        this.channel = channel;
        this.scheme = scheme;
        this.limits = limits;
        this.ready = ready;
        this.codec = Http2FrameCodecBuilder.forClient()
                .initialSettings(Http2Settings.defaultSettings()
                        .pushEnabled(false)
                        .initialWindowSize(WINDOW)
                        .maxHeaderListSize(MAX_HEAD))
                .validateHeaders(false) // AnswerHead does, by the rules of HTTP/1.1
                .encoderIgnoreMaxHeaderListSize(true) // advice: the answer to a head that is too long is the upstream's
                // Nothing of one call stays in the connection's tables, where the next could be measured against it.
                .headerSensitivityDetector(Http2HeadersEncoder.ALWAYS_SENSITIVE)
                .encoderEnforceMaxQueuedControlFrames(Restraint.MAX_OWED)
                .gracefulShutdownTimeoutMillis(0)
                .build();
    }

    /** Puts itself, and what it needs, at the end of {@code pipeline}. */
    void into(ChannelPipeline pipeline) {
        restraint.into(pipeline, codec, new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
        pipeline.addLast(this);
    }

    /** A place for one more call, if there is one. */
    Optional<UpstreamPlace> place() {
        State before = state.getAndUpdate(now -> now.isFree() ? new State(now.open() + 1, now.most(), false) : now);
        return before.isFree() ? Optional.of(new UpstreamStream(this, limits)) : Optional.empty();
    }

    /** A place is free again. */
    void left() {
        State now = state.updateAndGet(before -> new State(before.open() - 1, before.most(), before.ending()));
        if (now.open() == 0) {
            execute(this::rest);
        }
    }

    private void rest() {
        ChannelHandlerContext own = channel.pipeline().context(this);
        if (own == null) {
            return;
        }
        if (state.get().ending()) {
            closeIfUnused();
        } else {
            patience.await(own, limits.idle(), this::closeIfUnused);
        }
    }

    private void closeIfUnused() {
        State now = state.get();
        if (now.open() == 0 && state.compareAndSet(now, new State(0, now.most(), true))) {
            channel.close();
        }
    }

    /** Lets nobody in any more; those who are in may stay. */
    private void end() {
        state.updateAndGet(now -> new State(now.open(), now.most(), true));
        closeIfUnused();
    }

    /** At once: whoever was given a place here first would find out in vain, and may look for a place only so often. */
    private void wear() {
        if (++resets >= MAX_RESETS) {
            end();
        }
    }

    /** Whether a stream can begin now, after all that has arrived. */
    boolean isFit() {
        channel.readNow();
        Http2Connection.Endpoint<?> local = codec.connection().local();
        if (local.lastStreamCreated() > LAST_ID) {
            end();
        }
        return channel.isActive() && !state.get().ending() && local.canOpenStream();
    }

    /** A stream for {@code call}, which begins with the first frame that is written there. */
    Future<Http2StreamChannel> open(UpstreamStream call) {
        return new Http2StreamChannelBootstrap(channel)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline()
                                .addLast(restraint.ofStream(), new StreamRequestWriter(scheme), new BodyPump(), call);
                    }
                })
                .open();
    }

    void execute(Runnable task) {
        channel.eventLoop().execute(task);
    }

    /** Ends it before any call was made here; from any thread. */
    void refuse() {
        execute(this::shut);
    }

    /** Ends it with all that is under way here. */
    void shut() {
        end();
        channel.close();
    }

    @Override
    public void whenClosed(Runnable then) {
        channel.closeFuture().addListener(_ -> then.run());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        try {
            switch (frame) {
                case Http2SettingsFrame settings -> settled(settings.settings());
                case Http2GoAwayFrame _ -> end();
                default -> {}
            }
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    private void settled(Http2Settings settings) {
        Long said = settings.maxConcurrentStreams();
        boolean first = !ready.isDone();
        if (first || said != null) {
            int most = said == null ? MAX_STREAMS : (int) Math.min(said, MAX_STREAMS);
            state.updateAndGet(now -> new State(now.open(), most, now.ending()));
        }
        if (first) {
            ready.trySuccess(this);
        }
    }

    /** So much that an answer which nobody reads keeps no other one waiting. */
    private void widen() throws Http2Exception {
        Http2Connection connection = codec.connection();
        Http2LocalFlowController flow = connection.local().flowController();
        int more = MAX_STREAMS * WINDOW - flow.initialWindowSize(connection.connectionStream());
        flow.incrementWindowSize(connection.connectionStream(), more);
        channel.flush();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof Http2ConnectionPrefaceAndSettingsFrameWrittenEvent) {
            widen();
        } else if (event instanceof SslCloseCompletionEvent) {
            end();
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        patience.end();
        end();
        ready.tryFailure(new java.nio.channels.ClosedChannelException());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        shut();
    }
}
