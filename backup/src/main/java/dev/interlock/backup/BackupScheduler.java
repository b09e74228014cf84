package dev.interlock.backup;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Runs the jobs that are due for all plans, until it is ended. It checks each plan periodically and queues the jobs
 * that it finds due. A problem of one plan, such as a target that hangs or a job that fails, affects no other plan.
 *
 * <p>Threading: one thread calls {@link #run} and owns all state here. Each check and each job has its own thread,
 * which queues its result for that thread.
 */
public final class BackupScheduler {

    /** Interval of checks. A clock may be set and a target may come back, so nothing sleeps for a day. */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    /** The basic time limit of a job. One that takes longer hangs, or is far too large for its plan. */
    private static final Duration LIMIT = Duration.ofHours(24);

    /** The largest time limit of a job, also if its plan or earlier jobs need more: others wait in the meantime. */
    private static final Duration MOST = Duration.ofDays(7);

    /** Maximum time to the next job. No plan is due later, and a longer time could not be displayed. */
    private static final Duration MOST_AWAITED = Duration.ofDays(36_500);

    /**
     * Grace period after a job's limit, in which it removes its files. A job that has not returned by then may never do
     * so.
     */
    private static final Duration TIDYING = Duration.ofMinutes(10);

    /** Factor by which a test may exceed the longest one so far. */
    private static final int SLOWER = 10;

    /** The actions of the scheduler. They return exit codes; the highest is the exit code of the whole run. */
    public interface BackupWorker {

        /** Checks {@code plan}, and reports to people and the gateway as needed. */
        TargetState check(BackupPlanConfig plan, ListingCache remembered) throws IOException;

        /** Returns whether the gateway has yet to learn that {@code plan} could not be checked. */
        default boolean hasUnreportedFailure(BackupPlanConfig plan) {
            return false;
        }

        /** Takes a backup. */
        int take(BackupPlanConfig plan, Duration limit) throws IOException;

        /** Tests {@code backup}. */
        int verify(BackupPlanConfig plan, String backup, Duration limit) throws IOException;

        /**
         * Reports that nothing happens until {@code at}, when {@code next} begins. Called again only when that changes.
         */
        default void waits(JobQueue.QueuedJob next, Instant at) {}

        /** Reports a failure. The job is tried again after some time. */
        int failed(BackupPlanConfig plan, Throwable why);
    }

    /** The state of a plan, according to its target and the gateway. */
    public record TargetState(BackupListing listing, BackupStatus standing, int exit) {}

    private final BackupWorker hands;
    private final LongSupplier nanos;
    private final Clock clock;
    private final Executor threads;
    private final JobQueue turns;
    private final Map<String, PlanState> watched = new TreeMap<>();
    private final List<RunningJob> begun = new ArrayList<>();
    private final BlockingQueue<Runnable> over = new LinkedBlockingQueue<>();
    private Optional<JobQueue.QueuedJob> awaited = Optional.empty();
    private int worst;
    private volatile boolean ending;

    /** The state of a plan. {@code remembered} belongs to the thread that checks it. */
    private static final class PlanState {
        private final BackupPlanConfig plan;
        private final ListingCache remembered = new ListingCache();
        private final Set<String> noted = new HashSet<>();
        private final Set<DueJob.JobKind> lost = EnumSet.noneOf(DueJob.JobKind.class);
        private List<JobQueue.QueuedJob> due = List.of();
        private Duration limit = LIMIT;
        private long next;
        private boolean isLookedAt;
        private boolean isFailing;
        private boolean isOutdated;

        private PlanState(BackupPlanConfig plan, long now) {
            this.plan = plan;
            this.next = now;
        }

        /**
         * Returns the jobs that are due. It leaves out kinds of which an abandoned job has not returned: one hanging
         * job is enough.
         */
        private Stream<JobQueue.QueuedJob> due() {
            return due.stream().filter(turn -> !lost.contains(turn.due().work()));
        }
    }

    /**
     * A running job.
     *
     * @param until the time after which it is abandoned
     */
    private record RunningJob(PlanState of, JobQueue.QueuedJob turn, long until, Duration limit) {}

    /** @param nanos a monotonic clock that nobody can set, as {@link System#nanoTime} */
    public BackupScheduler(Collection<BackupPlanConfig> plans, BackupWorker hands, LongSupplier nanos, Clock clock) {
        this(plans, hands, nanos, clock, work -> {
            var _ = Thread.ofPlatform().daemon().name("backup").start(work);
        });
    }

    /** @param threads runs each check and each job on its own thread */
    BackupScheduler(
            Collection<BackupPlanConfig> plans, BackupWorker hands, LongSupplier nanos, Clock clock, Executor threads) {
        this.hands = hands;
        this.nanos = nanos;
        this.clock = clock;
        this.threads = threads;
        this.turns = new JobQueue(nanos);
        plans.forEach(plan -> watched.put(plan.name(), new PlanState(plan, nanos.getAsLong())));
    }

    /** Ends the run: no new jobs, and no more reports of failures. */
    public void end() {
        ending = true;
    }

    /**
     * Runs until it is ended or, with {@code once}, until nothing more is due.
     *
     * @param besides runs in each round
     */
    public int run(boolean once, Runnable besides) throws InterruptedException {
        while (!ending) {
            besides.run();
            overdue().forEach(this::giveUp);
            watched.values().forEach(this::look);
            List<JobQueue.QueuedJob> due =
                    watched.values().stream().flatMap(PlanState::due).toList();
            for (DueJob.JobKind work : DueJob.JobKind.values()) {
                turns.begin(work, due, clock.instant()).ifPresent(this::begin);
            }
            boolean waits = turns.isIdle() && watched.values().stream().noneMatch(one -> one.isLookedAt);
            if (once && waits) {
                break;
            }
            if (waits) {
                tellNext(due);
            }
            Duration rest = turns.timeUntil(due, clock.instant(), untilNext());
            Runnable one = over.poll(rest.plusMillis(1).toNanos(), TimeUnit.NANOSECONDS);
            for (; one != null; one = over.poll()) {
                one.run();
            }
        }
        return worst;
    }

    /**
     * Reports the next job, so that people see that the program lives. The same job is reported only once, to keep
     * journals short.
     */
    private void tellNext(List<JobQueue.QueuedJob> due) {
        Instant now = clock.instant();
        Optional<JobQueue.QueuedJob> next = turns.next(due, now);
        if (next.isPresent() && !next.equals(awaited)) {
            hands.waits(next.get(), now.plus(turns.timeUntil(List.of(next.get()), now, MOST_AWAITED)));
        }
        awaited = next;
    }

    /** Returns the time until the next check of a plan or the next abandoned job. */
    private Duration untilNext() {
        return Stream.concat(
                        watched.values().stream().filter(one -> !one.isLookedAt).map(one -> one.next),
                        begun.stream().map(RunningJob::until))
                .map(at -> Duration.ofNanos(Math.max(0, at - nanos.getAsLong())))
                .min(Comparator.naturalOrder())
                .orElse(LOOK_AGAIN);
    }

    /**
     * Runs {@code work} on its own thread. An error in it affects nothing else; this includes a lack of memory for the
     * thread.
     */
    private void start(Callable<Runnable> work, Consumer<Throwable> failed) {
        try {
            threads.execute(() -> over.add(outcome(work, failed)));
        } catch (Error e) {
            over.add(() -> failed.accept(e));
        }
    }

    private static Runnable outcome(Callable<Runnable> work, Consumer<Throwable> failed) {
        try {
            return work.call();
        } catch (Throwable e) {
            return () -> failed.accept(e);
        }
    }

    private void look(PlanState one) {
        if (one.isLookedAt || nanos.getAsLong() - one.next < 0) {
            return;
        }
        one.isLookedAt = true;
        one.isOutdated = false;
        one.due = List.of();
        one.noted.forEach(one.remembered::forget);
        one.noted.clear();
        start(
                () -> {
                    TargetState found = hands.check(one.plan, one.remembered);
                    List<JobQueue.QueuedJob> due = DueJob.of(one.plan, found.listing(), found.standing()).stream()
                            .map(each -> new JobQueue.QueuedJob(one.plan.name(), each))
                            .toList();
                    Duration limit = limit(one.plan, found.listing());
                    return () -> looked(one, found.exit(), due, limit);
                },
                why -> {
                    boolean first = !one.isFailing;
                    looked(one, failed(one.plan, why), List.of(), one.limit);
                    one.isFailing = true;
                    // While a check fails, none of the plan's backups counts. So a first failure is retried after a
                    // minute. And until the gateway knows of it, it counts all of them.
                    boolean soon = first || hands.hasUnreportedFailure(one.plan);
                    one.next = nanos.getAsLong() + (soon ? LOOK_AGAIN : JobQueue.AGAIN).toNanos();
                });
    }

    /**
     * Applies the result of a check. A result that is older than the last job says nothing about the jobs that are due
     * now.
     */
    private void looked(PlanState one, int exit, List<JobQueue.QueuedJob> due, Duration limit) {
        one.isLookedAt = false;
        one.isFailing = false;
        one.limit = limit;
        one.due = one.isOutdated ? List.of() : due;
        one.next = nanos.getAsLong() + (one.isOutdated ? 0 : LOOK_AGAIN.toNanos());
        worst = Math.max(worst, exit);
    }

    /**
     * Returns the time limit of a plan's jobs. A job that never ends is abandoned, reported, and tried again after the
     * others had their turn.
     */
    static Duration limit(BackupPlanConfig plan, BackupListing listing) {
        Duration most = Stream.of(LIMIT, plan.every(), listing.longestTrial().multipliedBy(SLOWER))
                .max(Comparator.naturalOrder())
                .orElseThrow();
        return most.compareTo(MOST) < 0 ? most : MOST;
    }

    private void begin(JobQueue.QueuedJob turn) {
        PlanState one = Objects.requireNonNull(watched.get(turn.plan()));
        Duration limit = one.limit;
        RunningJob job = new RunningJob(
                one, turn, nanos.getAsLong() + limit.plus(TIDYING).toNanos(), limit);
        begun.add(job);
        start(
                () -> {
                    int exit = switch (turn.due().work()) {
                        case TAKE -> hands.take(one.plan, limit);
                        case VERIFY ->
                            hands.verify(one.plan, turn.due().backup().orElseThrow(), limit);
                    };
                    return () -> back(job, () -> done(one, turn, exit));
                },
                why -> back(job, () -> failed(one, turn, why)));
    }

    private void failed(PlanState one, JobQueue.QueuedJob turn, Throwable why) {
        turns.hold(turn);
        over(one, turn, failed(one.plan, why));
    }

    private List<RunningJob> overdue() {
        return begun.stream()
                .filter(job -> nanos.getAsLong() - job.until() >= 0)
                .toList();
    }

    /**
     * Abandons a job. Its thread may wait for a blocked file or a dead file server, and nothing can end that. Others
     * continue; the plan gets no second job of this kind meanwhile.
     */
    private void giveUp(RunningJob job) {
        begun.remove(job);
        job.of().lost.add(job.turn().due().work());
        failed(
                job.of(),
                job.turn(),
                new IOException("it did not finish within " + job.limit().toHours()
                        + " h, and it still hangs: a disk or file server is down, or somebody "
                        + "who can write to the target blocks it; other plans continue, and "
                        + "this one continues once it responds"));
    }

    /** Handles a finished job. The result of an abandoned job is ignored: the next check finds out the state. */
    private void back(RunningJob job, Runnable outcome) {
        if (begun.remove(job)) {
            outcome.run();
        } else {
            job.of().lost.remove(job.turn().due().work());
        }
    }

    /**
     * Handles a successful job. It is delayed before it may run again, because somebody might hide or disbelieve its
     * result. That would make a loop.
     */
    private void done(PlanState one, JobQueue.QueuedJob turn, int exit) {
        switch (turn.due().work()) {
            case TAKE -> turns.end(turn, one.plan.every());
            case VERIFY -> turns.hold(turn);
        }
        over(one, turn, exit);
    }

    private void over(PlanState one, JobQueue.QueuedJob turn, int exit) {
        turns.end(turn);
        turn.due().backup().ifPresent(one.noted::add);
        one.isOutdated = true;
        one.due = List.of();
        one.next = nanos.getAsLong();
        worst = Math.max(worst, exit);
    }

    private int failed(BackupPlanConfig plan, Throwable why) {
        return ending ? 0 : hands.failed(plan, why);
    }
}
