package dev.interlock.front.http;

import dev.interlock.gate.NotSentException;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one upstream, for any thread: in {@code idle} while no call has it, in {@code shared} for life.
 */
final class UpstreamPool {

    /** Maximum new connections for one call. An upstream that is about to restart closes all that it has. */
    private static final int CONNECTIONS = 2;

    private final UpstreamDial dial;
    private final UpstreamLimits limits;
    private final Semaphore calls;
    private final ConcurrentLinkedDeque<UpstreamConnection> idle = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedDeque<UpstreamStreams> shared = new ConcurrentLinkedDeque<>();
    private final ReentrantLock connecting = new ReentrantLock();
    /** Set if the next connection may carry many calls: the last one did, or it is not known yet. */
    private volatile boolean shares;

    /** @param priorKnowledge whether it speaks HTTP/2 without TLS, where it could not be negotiated */
    UpstreamPool(UpstreamAddresses addresses, Optional<SslContext> tls, boolean priorKnowledge, UpstreamLimits limits) {
        this.dial = new UpstreamDial(addresses, tls, priorKnowledge, limits, idle::addFirst);
        this.shares = dial.mayShare();
        this.limits = limits;
        this.calls = new Semaphore(limits.connections());
    }

    /**
     * Sends a request and waits for the head of the answer. {@code request} makes the request anew for each connection
     * that proves dead. Dead means: before anything was written to it or, in HTTP/2, before the upstream processed it.
     * A {@link NotSentException} means that nothing was written, or processed; any other that something may have been.
     */
    UpstreamAnswer send(Supplier<FullHttpRequest> request, UpstreamExchange passage) throws IOException {
        enter(limits, calls::tryAcquire, "all " + limits.connections() + " connections to the upstream are busy");
        boolean answered = false;
        try {
            UpstreamAnswer answer = answer(request, passage);
            answered = true;
            return answer.whenClosed(calls::release);
        } finally {
            if (!answered) {
                calls.release();
            }
        }
    }

    private UpstreamAnswer answer(Supplier<FullHttpRequest> request, UpstreamExchange passage) throws IOException {
        for (UpstreamConnection old = idle(passage.loop()); old != null; old = idle(passage.loop())) {
            Optional<UpstreamAnswer> answer = answer(old, request, passage);
            if (answer.isPresent()) {
                return answer.get();
            }
        }
        for (UpstreamStreams open : shared) {
            Optional<UpstreamSlot> place = open.place();
            Optional<UpstreamAnswer> answer =
                    place.isPresent() ? answer(place.get(), request, passage) : Optional.empty();
            if (answer.isPresent()) {
                return answer.get();
            }
        }
        for (int i = 0; i < CONNECTIONS; i++) {
            passage.requireWhole();
            Optional<UpstreamAnswer> answer = answer(place(passage.loop()), request, passage);
            if (answer.isPresent()) {
                return answer.get();
            }
        }
        throw new NotSentException("the upstream closes its connections before it processes anything");
    }

    /** Returns an idle connection, on {@code loop} if there is one: then nothing of the call leaves that. */
    private @Nullable UpstreamConnection idle(EventLoop loop) {
        for (UpstreamConnection one : idle) {
            if (one.isOn(loop) && idle.remove(one)) {
                return one;
            }
        }
        return idle.pollFirst();
    }

    private static Optional<UpstreamAnswer> answer(
            UpstreamSlot place, Supplier<FullHttpRequest> request, UpstreamExchange passage) throws IOException {
        try {
            passage.requireWhole(); // connecting may have taken a while
        } catch (NotSentException e) {
            place.close();
            throw e;
        }
        AnswerQueue pull = new AnswerQueue(place);
        passage.sent(pull);
        place.send(request.get(), pull);
        return pull.answer();
    }

    interface TimedWait {
        boolean await(long nanos, TimeUnit unit) throws InterruptedException;
    }

    static void enter(UpstreamLimits limits, TimedWait wait, String otherwise) throws NotSentException {
        try {
            if (!wait.await(limits.connect().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new NotSentException(otherwise);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotSentException("interrupted before anything was sent", e);
        }
    }

    /** Returns a slot on a connection that another call has made meanwhile, or on a new one. */
    private UpstreamSlot place(EventLoop loop) throws NotSentException {
        if (shares) {
            // Many calls that come at once wait for one handshake, as long as it may carry them all.
            enter(limits, connecting::tryLock, "the upstream cannot be reached, and other calls wait for it already");
            try {
                Optional<UpstreamSlot> made =
                        shared.stream().flatMap(open -> open.place().stream()).findFirst();
                if (made.isPresent()) {
                    return made.get();
                }
                if (shares) {
                    return first(dial.dial(loop));
                }
            } finally {
                connecting.unlock();
            }
        }
        return first(dial.dial(loop));
    }

    private UpstreamSlot first(UpstreamTransport line) throws NotSentException {
        return switch (line) {
            case UpstreamConnection connection -> {
                shares = false;
                connection.whenClosed(() -> idle.remove(connection));
                yield connection;
            }
            case UpstreamStreams streams -> {
                shares = true;
                Optional<UpstreamSlot> place = streams.place();
                if (place.isEmpty()) {
                    streams.execute(streams::shut); // no call would ever leave it, and so nobody would close it
                    throw new NotSentException("the upstream accepts no streams");
                }
                shared.add(streams);
                streams.whenClosed(() -> shared.remove(streams));
                yield place.get();
            }
        };
    }
}
