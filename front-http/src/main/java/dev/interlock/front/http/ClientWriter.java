package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.gate.Upstream;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.PromiseCombiner;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Writes one answer to a client, from a virtual thread. Parts that are ready together go out in one write: a small
 * answer costs one hand-over to the event loop, and is not waited for. {@link #flush} waits until the operating system
 * has taken the bytes. That is the back-pressure, and at most two batches are ever in memory.
 */
final class ClientWriter {

    /** Maximum bytes of a batch: a whole answer of an API, or one read of a longer answer from the upstream. */
    static final int MAX_GATHERED = 64 * 1024;

    private final Channel channel;
    private final Duration patience;
    private final Duration quiet;
    private List<HttpObject> gathered = new ArrayList<>();
    private int bytes;

    // Read by the event loop as well.
    private volatile ChannelFuture last;
    private volatile long latest = System.nanoTime();

    /** @param quiet see {@link #whenLeft} */
    ClientWriter(Channel channel, Duration patience, Duration quiet) {
        this.channel = channel;
        this.patience = patience;
        this.quiet = quiet;
        this.last = channel.newSucceededFuture();
    }

    EventLoop loop() {
        return channel.eventLoop();
    }

    /** Returns whether the client speaks HTTP/2. */
    boolean isStream() {
        return channel instanceof Http2StreamChannel;
    }

    void head(int status, List<Header> headers) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        headers.forEach(h -> response.headers().add(h.name(), h.value()));
        gathered.add(response);
    }

    void piece(byte[] piece) throws IOException {
        if (piece.length > 0) {
            gathered.add(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)));
            bytes += piece.length;
        }
        if (bytes >= MAX_GATHERED) {
            flush();
        }
    }

    /**
     * Runs {@code then} once the client has disconnected, until this is closed. At most one read checks for its end.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the close itself
    Upstream.WaitState whenGone(Runnable then) {
        Upstream.WaitState waiting = whenClosed(then);
        if (!channel.config().isAutoRead()) {
            channel.read();
        }
        return waiting;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the close itself
    private Upstream.WaitState whenClosed(Runnable then) {
        GenericFutureListener<ChannelFuture> listener = _ -> then.run();
        channel.closeFuture().addListener(listener);
        return () -> channel.closeFuture().removeListener(listener);
    }

    /**
     * Runs {@code then} once the client no longer wants the answer, until the returned object is closed. An HTTP/2
     * stream that is reset is wanted by nobody. An HTTP/1.1 client that closes its side may only have finished sending
     * (RFC 9112 §9.6), and still gets its answer. Its end is checked once, after it got no byte for longer than such a
     * client waits.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the close itself
    Upstream.WaitState whenLeft(Runnable then) {
        if (isStream()) {
            return whenGone(then);
        }
        Upstream.WaitState waiting = whenClosed(then);
        PresenceCheck check = new PresenceCheck();
        PresenceChecks.ALL.add(check);
        return () -> {
            check.over = true;
            PresenceChecks.ALL.pending.remove(check);
            waiting.close();
        };
    }

    /** One read, which treats a client that has closed its side as gone. */
    private final class PresenceCheck implements Runnable {

        private volatile boolean over;
        private volatile long due = System.nanoTime() + quiet.toNanos();

        /** Returns whether nothing is left to be done, after a read if it is time. */
        boolean isDone(long now) {
            if (now - due < 0) {
                return over;
            }
            // Bytes that the client has not taken yet would be lost with the connection.
            long left = last.isDone() ? quiet.toNanos() - (now - latest) : quiet.toNanos();
            due = now + left;
            if (left > 0) {
                return over;
            }
            try {
                channel.eventLoop().execute(this);
            } catch (RejectedExecutionException _) {
                // The front has closed, and every connection with it.
            }
            return true;
        }

        @Override
        public void run() {
            if (!over && channel.isActive()) {
                channel.read();
            }
        }
    }

    /** The checks of all calls, with one timer: one for each call would cost more than the rest of its answer. */
    private static final class PresenceChecks implements Runnable {

        private static final PresenceChecks ALL = new PresenceChecks();
        private static final long PERIOD_MILLIS = 50;

        private final Set<PresenceCheck> pending = ConcurrentHashMap.newKeySet();
        private final AtomicBoolean scheduled = new AtomicBoolean();

        void add(PresenceCheck check) {
            pending.add(check);
            schedule();
        }

        @SuppressWarnings("FutureReturnValueIgnored") // it never throws
        private void schedule() {
            if (scheduled.compareAndSet(false, true)) {
                GlobalEventExecutor.INSTANCE.schedule(this, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void run() {
            scheduled.set(false); // first: whatever becomes of this run, others follow
            long now = System.nanoTime();
            pending.removeIf(check -> check.isDone(now));
            if (!pending.isEmpty()) {
                schedule();
            }
        }
    }

    /**
     * Ends the answer; one without a body ends with its head, as gRPC's clients require. The connection carries no
     * further request before all is written: see {@link #afterwards}.
     */
    void end() {
        if (gathered.size() == 1 && gathered.getFirst() instanceof HttpResponse head) {
            gathered.set(
                    0,
                    new DefaultFullHttpResponse(
                            head.protocolVersion(),
                            head.status(),
                            Unpooled.EMPTY_BUFFER,
                            head.headers(),
                            EmptyHttpHeaders.INSTANCE));
        } else {
            gathered.add(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        submit();
    }

    /**
     * Writes the current batch, and returns when the operating system has it. Throws if the client has disconnected.
     */
    void flush() throws IOException {
        if (!gathered.isEmpty()) {
            submit();
        }
        settle();
    }

    /** Runs {@code then} on the event loop once everything was written, or cannot be any more. */
    void afterwards(Runnable then) {
        afterwards(() -> {}, then);
    }

    /**
     * Runs {@code first} on the event loop, and {@code then} there once everything was written, or cannot be any more.
     */
    void afterwards(Runnable first, Runnable then) {
        channel.eventLoop().execute(() -> {
            first.run();
            if (last.isDone()) {
                then.run();
                return;
            }
            Future<?> stalled = channel.eventLoop().schedule(this::cut, patience.toNanos(), TimeUnit.NANOSECONDS);
            last.addListener(_ -> {
                stalled.cancel(false);
                then.run();
            });
        });
    }

    /** Aborts the answer, from any thread. The client sees a body that is cut off, even if a length was announced. */
    @SuppressWarnings("FutureReturnValueIgnored") // the writing thread sees it
    void cut() {
        channel.close();
    }

    private void submit() {
        List<HttpObject> batch = gathered;
        ChannelPromise written = channel.newPromise();
        gathered = new ArrayList<>();
        bytes = 0;
        last = written;
        latest = System.nanoTime();
        try {
            channel.eventLoop().execute(() -> write(batch, written));
        } catch (RejectedExecutionException e) { // the front has closed
            written.setFailure(e);
        }
    }

    private void write(List<HttpObject> batch, ChannelPromise written) {
        PromiseCombiner all = new PromiseCombiner(channel.eventLoop());
        batch.forEach(part -> all.add(channel.write(part)));
        all.finish(written);
        channel.flush();
    }

    private void settle() throws IOException {
        try {
            if (!last.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                cut();
                throw new IOException("the client accepts no data");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while writing to the client", e);
        }
        latest = System.nanoTime();
        if (!last.isSuccess()) {
            throw new IOException("the client has disconnected", last.cause());
        }
    }
}
