package dev.interlock.front.http;

import dev.interlock.action.Header;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The bridge between an event loop that receives an answer and the thread that wants it. The socket is read only when
 * the queue is empty, so what lies here is at most what one read brings.
 *
 * <p>Threading: the event loop puts, one other thread takes.
 */
final class Pull implements Answer.Body {

    private static final String CUT = "the call was cut off";

    private sealed interface Event {
        record Head(int status, List<Header> headers) implements Event {}

        @SuppressWarnings("ArrayRecordComponent") // never compared; a copy of each piece would double the work
        record Piece(byte[] bytes) implements Event {}

        record End() implements Event {}

        record Failed(IOException cause) implements Event {}
    }

    /** The connection that the answer comes from. Both requests are void once the answer has ended there. */
    interface Source {

        /** Reads once more. */
        void more(Pull pull);

        /** Nobody wants the rest. */
        void abandon(Pull pull);
    }

    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicInteger peak = new AtomicInteger();
    private final Source source;
    private final UpstreamLimits limits;
    private volatile boolean cut;
    private boolean ended;

    Pull(Source source, UpstreamLimits limits) {
        this.source = source;
        this.limits = limits;
    }

    void head(int status, List<Header> headers) {
        events.add(new Event.Head(status, headers));
    }

    void piece(byte[] bytes) {
        peak.accumulateAndGet(queued.addAndGet(bytes.length), Math::max);
        events.add(new Event.Piece(bytes));
    }

    void end() {
        events.add(new Event.End());
    }

    void failed(IOException cause) {
        events.add(new Event.Failed(cause));
    }

    /** Ends it now, from any thread: what lies here unread is not wanted any more. */
    void cut() {
        cut = true;
        source.abandon(this);
        failed(new IOException(CUT)); // wakes whoever waits
    }

    /** Waits for the head of the answer. */
    Answer answer() throws IOException {
        return switch (take(limits.head())) {
            case Event.Head head -> new Answer(head.status(), head.headers(), this);
            case Event.Failed failed -> throw again(failed.cause());
            case Event.Piece _, Event.End _ -> throw new IllegalStateException("a body without a head");
        };
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        return switch (take(limits.piece())) {
            case Event.Piece piece -> {
                queued.addAndGet(-piece.bytes().length);
                yield Optional.of(piece.bytes());
            }
            case Event.End _ -> {
                ended = true;
                yield Optional.empty();
            }
            case Event.Failed failed -> throw again(failed.cause());
            case Event.Head _ -> throw new IllegalStateException("a second head");
        };
    }

    @Override
    public void close() {
        if (!ended) {
            source.abandon(this);
        }
        ended = true;
    }

    @Override
    public int peak() {
        return peak.get();
    }

    private Event take(Duration limit) throws IOException {
        if (cut) {
            throw new IOException(CUT);
        }
        Event event = events.poll();
        if (event != null) {
            return event;
        }
        source.more(this);
        return awaited(limit);
    }

    private Event awaited(Duration limit) throws IOException {
        try {
            @Nullable Event event = events.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (event == null) {
                source.abandon(this);
                throw new IOException("the upstream was silent for " + limit.toSeconds() + " seconds");
            }
            return event;
        } catch (InterruptedException e) {
            source.abandon(this);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the upstream", e);
        }
    }

    private static IOException again(IOException cause) {
        return new IOException(cause.getMessage(), cause);
    }
}
