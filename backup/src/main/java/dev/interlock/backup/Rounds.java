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
 * Has what is due for all plans done, until it is ended. Each plan is looked at now and again; what is found due has
 * its turn. Whatever happens to one plan, a target that hangs or a job that ends in an error, is that plan's.
 *
 * <p>Threading: {@link #run} is one thread's, and so is all that is kept here. Each look and each job has a thread of
 * its own, which leaves behind what is to be made of it.
 */
public final class Rounds {

    /** A clock may be set, and a target may come back: nobody sleeps for a day. */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    /** What takes longer has not gone on for a long time, or is by far too much for its plan. */
    private static final Duration LIMIT = Duration.ofHours(24);

    /** Others wait meanwhile, whatever a plan says, or has needed before. */
    private static final Duration MOST = Duration.ofDays(7);

    /** No plan is due later than that; its time could not be told. */
    private static final Duration MOST_AWAITED = Duration.ofDays(36_500);

    /** What is ended removes what it has made; what has not come back then may never do. */
    private static final Duration TIDYING = Duration.ofMinutes(10);

    /** How much longer than ever before a trial may take. */
    private static final int SLOWER = 10;

    /** Who does it. What they return is the exit code of that; the highest one is that of all. */
    public interface Hands {

        /** Looks at {@code plan}, and tells people and the gateway what there is to be told. */
        Look look(Plan plan, Remembered remembered) throws IOException;

        /** Whether the gateway has yet to hear that {@code plan} could not be looked at. */
        default boolean owes(Plan plan) {
            return false;
        }

        /** Takes one. */
        int take(Plan plan, Duration limit) throws IOException;

        /** Tries {@code backup}. */
        int verify(Plan plan, String backup, Duration limit) throws IOException;

        /** Says that nothing goes on until {@code at}, when {@code next} begins. Not again before that is another. */
        default void waits(Turns.Turn next, Instant at) {}

        /** Says that something could not be done, and is done again when some time has passed. */
        int failed(Plan plan, Throwable why);
    }

    /** What a plan's target and the gateway say. */
    public record Look(Listing listing, Standing standing, int exit) {}

    private final Hands hands;
    private final LongSupplier nanos;
    private final Clock clock;
    private final Executor threads;
    private final Turns turns;
    private final Map<String, Watched> watched = new TreeMap<>();
    private final List<Begun> begun = new ArrayList<>();
    private final BlockingQueue<Runnable> over = new LinkedBlockingQueue<>();
    private Optional<Turns.Turn> awaited = Optional.empty();
    private int worst;
    private volatile boolean ending;

    /** What is known of a plan; {@code remembered} is of whoever looks at it. */
    private static final class Watched {
        private final Plan plan;
        private final Remembered remembered = new Remembered();
        private final Set<String> noted = new HashSet<>();
        private final Set<Due.Work> lost = EnumSet.noneOf(Due.Work.class);
        private List<Turns.Turn> due = List.of();
        private Duration limit = LIMIT;
        private long next;
        private boolean isLookedAt;
        private boolean isFailing;
        private boolean isOutdated;

        private Watched(Plan plan, long now) {
            this.plan = plan;
            this.next = now;
        }

        /** What there is to do, but for what somebody holds up who was given up: one that hangs is enough. */
        private Stream<Turns.Turn> due() {
            return due.stream().filter(turn -> !lost.contains(turn.due().work()));
        }
    }

    /**
     * A job that goes on.
     *
     * @param until when it is waited for
     */
    private record Begun(Watched of, Turns.Turn turn, long until, Duration limit) {}

    /** @param nanos a clock that nobody sets, as {@link System#nanoTime} */
    public Rounds(Collection<Plan> plans, Hands hands, LongSupplier nanos, Clock clock) {
        this(plans, hands, nanos, clock, work -> {
            var _ = Thread.ofPlatform().daemon().name("backup").start(work);
        });
    }

    /** @param threads gives each look and each job one of its own */
    Rounds(Collection<Plan> plans, Hands hands, LongSupplier nanos, Clock clock, Executor threads) {
        this.hands = hands;
        this.nanos = nanos;
        this.clock = clock;
        this.threads = threads;
        this.turns = new Turns(nanos);
        plans.forEach(plan -> watched.put(plan.name(), new Watched(plan, nanos.getAsLong())));
    }

    /** Nothing more is begun, and nothing said of what fails. */
    public void end() {
        ending = true;
    }

    /**
     * Goes on until it is ended, or {@code once} nothing more is due.
     *
     * @param besides is done in each round
     */
    public int run(boolean once, Runnable besides) throws InterruptedException {
        while (!ending) {
            besides.run();
            overdue().forEach(this::giveUp);
            watched.values().forEach(this::look);
            List<Turns.Turn> due =
                    watched.values().stream().flatMap(Watched::due).toList();
            for (Due.Work work : Due.Work.values()) {
                turns.begin(work, due, clock.instant()).ifPresent(this::begin);
            }
            boolean waits = turns.isIdle() && watched.values().stream().noneMatch(one -> one.isLookedAt);
            if (once && waits) {
                break;
            }
            if (waits) {
                tellNext(due);
            }
            Duration rest = turns.rest(due, clock.instant(), untilNext());
            Runnable one = over.poll(rest.plusMillis(1).toNanos(), TimeUnit.NANOSECONDS);
            for (; one != null; one = over.poll()) {
                one.run();
            }
        }
        return worst;
    }

    /** People see that it has not stopped, and journals are not filled: the same is not said twice. */
    private void tellNext(List<Turns.Turn> due) {
        Instant now = clock.instant();
        Optional<Turns.Turn> next = turns.next(due, now);
        if (next.isPresent() && !next.equals(awaited)) {
            hands.waits(next.get(), now.plus(turns.rest(List.of(next.get()), now, MOST_AWAITED)));
        }
        awaited = next;
    }

    /** How long until a plan is looked at again, or a job is given up. */
    private Duration untilNext() {
        return Stream.concat(
                        watched.values().stream().filter(one -> !one.isLookedAt).map(one -> one.next),
                        begun.stream().map(Begun::until))
                .map(at -> Duration.ofNanos(Math.max(0, at - nanos.getAsLong())))
                .min(Comparator.naturalOrder())
                .orElse(LOOK_AGAIN);
    }

    /**
     * Does {@code work} on a thread of its own; an error of one is no other's, also if there is no room for a thread.
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

    private void look(Watched one) {
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
                    Look found = hands.look(one.plan, one.remembered);
                    List<Turns.Turn> due = Due.of(one.plan, found.listing(), found.standing()).stream()
                            .map(each -> new Turns.Turn(one.plan.name(), each))
                            .toList();
                    Duration limit = limit(one.plan, found.listing());
                    return () -> looked(one, found.exit(), due, limit);
                },
                why -> {
                    boolean first = !one.isFailing;
                    looked(one, failed(one.plan, why), List.of(), one.limit);
                    one.isFailing = true;
                    // Until it is looked at nothing of it counts: what failed for a moment costs a minute. And until
                    // the gateway has heard of it, all of it does.
                    boolean soon = first || hands.owes(one.plan);
                    one.next = nanos.getAsLong() + (soon ? LOOK_AGAIN : Turns.AGAIN).toNanos();
                });
    }

    /** What was seen before something was done says nothing of what is due now. */
    private void looked(Watched one, int exit, List<Turns.Turn> due, Duration limit) {
        one.isLookedAt = false;
        one.isFailing = false;
        one.limit = limit;
        one.due = one.isOutdated ? List.of() : due;
        one.next = nanos.getAsLong() + (one.isOutdated ? 0 : LOOK_AGAIN.toNanos());
        worst = Math.max(worst, exit);
    }

    /** What never ends, for whatever reason, is given up, said, and tried again when the others had their turn. */
    static Duration limit(Plan plan, Listing listing) {
        Duration most = Stream.of(LIMIT, plan.every(), listing.longestTrial().multipliedBy(SLOWER))
                .max(Comparator.naturalOrder())
                .orElseThrow();
        return most.compareTo(MOST) < 0 ? most : MOST;
    }

    private void begin(Turns.Turn turn) {
        Watched one = Objects.requireNonNull(watched.get(turn.plan()));
        Duration limit = one.limit;
        Begun job = new Begun(one, turn, nanos.getAsLong() + limit.plus(TIDYING).toNanos(), limit);
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

    private void failed(Watched one, Turns.Turn turn, Throwable why) {
        turns.hold(turn);
        over(one, turn, failed(one.plan, why));
    }

    private List<Begun> overdue() {
        return begun.stream()
                .filter(job -> nanos.getAsLong() - job.until() >= 0)
                .toList();
    }

    /**
     * A thread that waits for a file which somebody holds up, or for a server of files, ends by nothing. Others have
     * their turns; the plan has no second one beside it.
     */
    private void giveUp(Begun job) {
        begun.remove(job);
        job.of().lost.add(job.turn().due().work());
        failed(
                job.of(),
                job.turn(),
                new IOException("it was not over within " + job.limit().toHours()
                        + " h, and does not come back: a disk or a server of files is down, or somebody who can write to"
                        + " the target holds it up; others go on, and this one once that has come back"));
    }

    /** Whoever comes back after being given up has said nothing: what counts is what is found at the next look. */
    private void back(Begun job, Runnable outcome) {
        if (begun.remove(job)) {
            outcome.run();
        } else {
            job.of().lost.remove(job.turn().due().work());
        }
    }

    /** Nothing is done in circles: somebody may hide what was taken or noted, or not believe it. */
    private void done(Watched one, Turns.Turn turn, int exit) {
        switch (turn.due().work()) {
            case TAKE -> turns.end(turn, one.plan.every());
            case VERIFY -> turns.hold(turn);
        }
        over(one, turn, exit);
    }

    private void over(Watched one, Turns.Turn turn, int exit) {
        turns.end(turn);
        turn.due().backup().ifPresent(one.noted::add);
        one.isOutdated = true;
        one.due = List.of();
        one.next = nanos.getAsLong();
        worst = Math.max(worst, exit);
    }

    private int failed(Plan plan, Throwable why) {
        return ending ? 0 : hands.failed(plan, why);
    }
}
