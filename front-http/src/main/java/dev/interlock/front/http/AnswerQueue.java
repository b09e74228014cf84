package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.action.LoopThreads;
import dev.interlock.gate.NotSentException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The bridge between an event loop that receives an answer and the thread that reads it. The socket is read only when
 * the queue is empty. So at most one read lies here, and the reader is woken once for all of it. Threading: the event
 * loop puts, one other thread takes. The event loop also ensures that nobody waits for ever.
 */
final class AnswerQueue implements UpstreamAnswer.AnswerBody {

    private static final String CUT = "the call was aborted";

    private sealed interface Event {
        record Head(int status, List<Header> headers) implements Event {}

        @SuppressWarnings("ArrayRecordComponent") // never compared; a copy of each piece would double the work
        record Piece(byte[] bytes) implements Event {}

        record End() implements Event {}

        record Failed(IOException cause) implements Event {}

        record UnusedConnection() implements Event {}
    }

    private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicInteger peak = new AtomicInteger();
    private final UpstreamSlot source;
    private volatile @Nullable Thread waiting;
    private volatile boolean cut;
    private volatile boolean complete;
    /** Set before the head is put. */
    private volatile boolean delimited = true;

    private boolean ended;

    AnswerQueue(UpstreamSlot source) {
        this.source = source;
    }

    /** Reports with certainty that nothing was written, or that the upstream will never process it. */
    void markUnused() {
        events.add(new Event.UnusedConnection());
        wakeReader();
    }

    /** Notes that only the end of the connection will mark the end of the body. */
    void markUndelimited() {
        delimited = false;
    }

    /** Returns whether the body's end is told from an interruption. */
    boolean isDelimited() {
        return delimited;
    }

    /** Adds the head. Must be followed by {@link #wakeReader}. */
    void head(int status, List<Header> headers) {
        events.add(new Event.Head(status, headers));
    }

    /** Adds a piece. Must be followed by {@link #wakeReader}. */
    void piece(byte[] bytes) {
        peak.accumulateAndGet(queued.addAndGet(bytes.length), Math::max);
        events.add(new Event.Piece(bytes));
    }

    void end() {
        events.add(new Event.End());
        complete = true;
        wakeReader();
    }

    /** Reports a failure. A {@link NotSentException} says with certainty that the upstream did nothing. */
    void failed(IOException cause) {
        events.add(new Event.Failed(cause));
        wakeReader();
    }

    void wakeReader() {
        LockSupport.unpark(waiting);
    }

    /** Ends it now, from any thread. Unread pieces are not wanted any more. */
    void cut() {
        cut = true;
        failed(new IOException(CUT)); // before the upstream's side is closed, or that would be the reason
        source.abandon(this);
    }

    boolean isCut() {
        return cut;
    }

    /**
     * Waits for the head of the answer, which the connection reads by itself. Empty if it is certain that nothing was
     * written, or that it will never be processed; throws a {@link NotSentException} if then no other connection may be
     * tried.
     */
    Optional<UpstreamAnswer> answer() throws IOException {
        return switch (take(false)) {
            case Event.Head head -> Optional.of(new UpstreamAnswer(head.status(), head.headers(), this));
            case Event.UnusedConnection _ -> Optional.empty();
            case Event.Failed failed -> throw again(failed.cause());
            case Event.Piece _, Event.End _ -> throw new IllegalStateException("a body without a head");
        };
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        return switch (take(true)) {
            case Event.Piece piece -> {
                queued.addAndGet(-piece.bytes().length);
                yield Optional.of(piece.bytes());
            }
            case Event.End _ -> {
                ended = true;
                yield Optional.empty();
            }
            case Event.Failed failed -> throw again(failed.cause());
            case Event.Head _, Event.UnusedConnection _ -> throw new IllegalStateException("a second head");
        };
    }

    @Override
    public boolean isReady() {
        return ended || !events.isEmpty();
    }

    @Override
    public boolean isWhole() {
        return complete && !ended && queued.get() <= ScannedBody.AT_ONCE;
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

    private Event take(boolean ask) throws IOException {
        if (cut) {
            throw new IOException(CUT);
        }
        Event event = events.poll();
        if (event != null) {
            return event;
        }
        if (ask) {
            source.more(this);
        }
        return awaited();
    }

    private Event awaited() throws IOException {
        waiting = Thread.currentThread();
        try {
            Event event = events.poll();
            while (event == null) {
                LoopThreads.park();
                if (Thread.currentThread().isInterrupted()) {
                    source.abandon(this);
                    throw new IOException("interrupted while waiting for the upstream");
                }
                event = events.poll();
            }
            return event;
        } finally {
            waiting = null;
        }
    }

    private static IOException again(IOException cause) {
        return cause instanceof NotSentException ? cause : new IOException(cause.getMessage(), cause);
    }
}
