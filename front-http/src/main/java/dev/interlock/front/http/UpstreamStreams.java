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
 * One HTTP/2 connection to an upstream for many calls at once, each a {@link UpstreamStream}. It is ready for the first
 * of them once the upstream's settings have come.
 *
 * <p>Netty's codec limits heads that are too long, endless continuations and empty frames, and an overrun window; a
 * push was never allowed. {@link FrameLimiter} limits all other unrequested frames.
 *
 * <p>Threading: any thread may call {@link #place} and {@link #left}; the rest belongs to the channel's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class UpstreamStreams extends ChannelInboundHandlerAdapter implements UpstreamTransport {

    /** Maximum streams: fewer than any server allows. One broken connection must not make all calls unknown. */
    static final int MAX_STREAMS = 32;
    /** Maximum bytes of one answer that an upstream may send ahead of its reader. */
    static final int WINDOW = 128 * 1024;

    /**
     * Maximum streams that this side ends early; then another connection begins. Agents abandon reads at will, and
     * servers count that as an attack. Netty ends a connection with 200 in half a minute, Envoy with 500, Node with
     * 1000, and with it the calls of everybody else.
     */
    static final int MAX_RESETS = 50;

    private static final int MAX_HEAD = ResponseDecoder.MAX_HEAD;
    /** The last stream identifier used, half of all there are; then another connection begins. */
    private static final int LAST_ID = 1 << 30;

    private final UpstreamSocket channel;
    private final String scheme;
    private final UpstreamLimits limits;
    private final Promise<UpstreamTransport> ready;
    private final Deadline patience = new Deadline();
    private final Http2FrameCodec codec;
    private final AtomicReference<State> state = new AtomicReference<>(new State(0, 0, false));
    private int resets; // belongs to the event loop
    private final FrameLimiter restraint = new FrameLimiter(false, MAX_STREAMS * WINDOW, this::countReset);

    /** @param ending whether no further slot may be taken */
    private record State(int open, int most, boolean ending) {

        boolean isFree() {
            return !ending && open < most;
        }
    }

    /** Creates a connection that completes {@code ready} once it can be used, or fails it. */
    UpstreamStreams(UpstreamSocket channel, String scheme, UpstreamLimits limits, Promise<UpstreamTransport> ready) {
        this.channel = channel;
        this.scheme = scheme;
        this.limits = limits;
        this.ready = ready;
        this.codec = Http2FrameCodecBuilder.forClient()
                .initialSettings(Http2Settings.defaultSettings()
                        .pushEnabled(false)
                        .initialWindowSize(WINDOW)
                        .maxHeaderListSize(MAX_HEAD))
                .validateHeaders(false) // AnswerHead validates, by the rules of HTTP/1.1
                .encoderIgnoreMaxHeaderListSize(true) // advice: the upstream itself answers a head that is too long
                // No field of one call stays in the tables, where the next call could be measured against it.
                .headerSensitivityDetector(Http2HeadersEncoder.ALWAYS_SENSITIVE)
                .encoderEnforceMaxQueuedControlFrames(FrameLimiter.MAX_OWED)
                .gracefulShutdownTimeoutMillis(0)
                .build();
    }

    void into(ChannelPipeline pipeline) {
        restraint.into(pipeline, codec, new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
        pipeline.addLast(this);
    }

    /** Returns a slot for one more call, if there is one. */
    Optional<UpstreamSlot> place() {
        State before = state.getAndUpdate(now -> now.isFree() ? new State(now.open() + 1, now.most(), false) : now);
        return before.isFree() ? Optional.of(new UpstreamStream(this, limits)) : Optional.empty();
    }

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

    /** Admits no further call; calls in flight may stay. */
    private void end() {
        state.updateAndGet(now -> new State(now.open(), now.most(), true));
        closeIfUnused();
    }

    /** Counts a reset. The limit acts at once: a call that got a slot here would fail, and may only try a few slots. */
    private void countReset() {
        if (++resets >= MAX_RESETS) {
            end();
        }
    }

    /** Returns whether a stream can begin now, after all that has arrived. */
    boolean isFit() {
        channel.readNow();
        Http2Connection.Endpoint<?> local = codec.connection().local();
        if (local.lastStreamCreated() > LAST_ID) {
            end();
        }
        return channel.isActive() && !state.get().ending() && local.canOpenStream();
    }

    /** Opens a stream for {@code call}. It begins with the first frame that is written there. */
    Future<Http2StreamChannel> open(UpstreamStream call) {
        return new Http2StreamChannelBootstrap(channel)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline().addLast(restraint.ofStream(), new StreamWriter(scheme), new BodyPump(), call);
                    }
                })
                .open();
    }

    void execute(Runnable task) {
        channel.eventLoop().execute(task);
    }

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

    /** Widens the window so far that an answer which nobody reads does not block the others. */
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
