package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Decides which of the due jobs may begin. One job of each kind runs at a time, so an endless test does not block
 * taking backups. Plans take turns, so a busy plan does not starve others. A failed job is not repeated at once.
 *
 * <p>Threading: to be used by one thread.
 */
public final class JobQueue {

    /** Delay after a failure: short enough to matter, and long enough to keep the log readable. */
    public static final Duration AGAIN = Duration.ofMinutes(10);

    private final LongSupplier nanos;
    private final Map<DueJob.JobKind, JobStart> running = new EnumMap<>(DueJob.JobKind.class);
    private final Map<JobUnit, Hold> held = new HashMap<>();
    private final Map<Kind, Integer> begun = new HashMap<>();
    private int last;

    /** The start of a job, by both clocks. */
    private record JobStart(long nanos, Instant at) {}

    /** The unit that takes turns with the other plans' work of the same kind. */
    private record Kind(String plan, DueJob.JobKind work) {}

    /**
     * The unit that may fail while others succeed. A test needs space and programs that taking a backup does not need.
     * And a failed test of one backup says nothing about another.
     */
    private record JobUnit(Kind kind, Optional<String> backup) {}

    /**
     * A delay before something may begin again.
     *
     * @param since the start, by the monotonic clock
     * @param latest the end by the wall clock, in case the monotonic clock stood still while the machine slept
     */
    private record Hold(long since, Duration length, Instant latest) {

        Duration rest(long nanos, Instant now) {
            Duration rest = length.minusNanos(nanos - since);
            Duration byTheWall = Duration.between(now, latest);
            return rest.compareTo(byTheWall) < 0 ? rest : byTheWall;
        }
    }

    /** A job of a plan. */
    public record QueuedJob(String plan, DueJob due) {

        private Kind kind() {
            return new Kind(plan, due.work());
        }

        private JobUnit piece() {
            return new JobUnit(kind(), due.backup());
        }
    }

    /** @param nanos a monotonic clock that nobody can set, as {@link System#nanoTime}; it measures the delays */
    public JobQueue(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Begins the next job of kind {@code work} among {@code due}, if one may begin. */
    public Optional<QueuedJob> begin(DueJob.JobKind work, Collection<QueuedJob> due, Instant now) {
        if (running.containsKey(work)) {
            return Optional.empty();
        }
        Optional<QueuedJob> next = due.stream()
                .filter(turn ->
                        turn.due().work() == work && !timeUntil(turn, now).isPositive())
                .min(Comparator.<QueuedJob, Integer>comparing(turn -> begun.getOrDefault(turn.kind(), 0))
                        .thenComparing(turn -> turn.due().at()));
        next.ifPresent(turn -> {
            running.put(work, new JobStart(nanos.getAsLong(), now));
            begun.put(turn.kind(), ++last);
        });
        return next;
    }

    /** Ends a job with any result. */
    public void end(QueuedJob turn) {
        running.remove(turn.due().work());
    }

    /** Returns whether no job is running. */
    public boolean isIdle() {
        return running.isEmpty();
    }

    /** Returns the time until the first of {@code due} may begin, as far as known; at most {@code longest}. */
    public Duration timeUntil(Collection<QueuedJob> due, Instant now, Duration longest) {
        return due.stream()
                .filter(turn -> !running.containsKey(turn.due().work()))
                .map(turn -> timeUntil(turn, now))
                .filter(rest -> rest.compareTo(longest) < 0)
                .min(Comparator.naturalOrder())
                .orElse(longest);
    }

    /**
     * Returns the job of {@code due} that begins first while nothing runs. Its time may depend on facts that are not
     * known here.
     */
    public Optional<QueuedJob> next(Collection<QueuedJob> due, Instant now) {
        return due.stream()
                .min(Comparator.<QueuedJob, Duration>comparing(turn -> timeUntil(turn, now))
                        .thenComparing(QueuedJob::plan));
    }

    /** Returns the time until a job is due and its delay is over; zero if that has passed. */
    private Duration timeUntil(QueuedJob turn, Instant now) {
        Hold hold = held.get(turn.piece());
        Duration rest = hold == null ? Duration.ZERO : hold.rest(nanos.getAsLong(), now);
        return Stream.of(Duration.ZERO, Duration.between(now, turn.due().at()), rest)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Delays a job that failed, or whose result may not have reached anybody. */
    public void hold(QueuedJob turn) {
        hold(turn, new Hold(nanos.getAsLong(), AGAIN, Instant.MAX));
    }

    /**
     * Ends a successful job. It may not begin again before {@code length} has passed since its start, even if the
     * target shows no result. Somebody may have hidden the result at once.
     */
    public void end(QueuedJob turn, Duration length) {
        JobStart beginning = running.get(turn.due().work());
        if (beginning != null) {
            hold(turn, new Hold(beginning.nanos(), length, beginning.at().plus(length)));
        }
        end(turn);
    }

    private void hold(QueuedJob turn, Hold hold) {
        held.values()
                .removeIf(other -> !other.rest(nanos.getAsLong(), Instant.MIN).isPositive());
        held.put(turn.piece(), hold);
    }
}
