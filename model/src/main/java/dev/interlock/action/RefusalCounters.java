package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;

/**
 * Decides which refusals get a receipt of their own.
 *
 * <p>The first few refusals of a caller and gist within a window are written one by one, and the rest are counted. The
 * count is written with the next refusal that is written, or by itself when the window is over. So an agent's refusals
 * cannot fill the disk, and cannot go unseen either. The gists of a caller are limited. Refusals beyond the limit are
 * counted by their kind alone, for that caller only. Their count is written by itself, because no single refusal
 * describes it.
 *
 * <p>Threading: guarded by itself.
 */
public final class RefusalCounters {

    public static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

    /** Maximum callers counted apart within one window. All others share the counts of one. */
    public static final int MAX_CALLERS = 1024;

    /** Maximum gists of one caller. Real work is refused for a handful of reasons in a handful of places. */
    public static final int MAX_GISTS = 64;

    private static final String OTHERS = "others";

    private final InstantSource clock;
    private final int burst;
    private final BinaryOperator<Json.Members> common;
    private final Map<String, Map<String, Counter>> callers = new HashMap<>();

    private final class Counter {
        private final boolean ofOneGist;
        private Instant since;
        private int written;
        private long suppressed;
        private Optional<Json.Members> about = Optional.empty();

        /** True if some of it belongs to a window that is over, though another has begun. */
        private boolean isDue;

        private Counter(boolean ofOneGist, Instant since) {
            this.ofOneGist = ofOneGist;
            this.since = since;
        }

        private boolean isOver(Instant now) {
            return Duration.between(since, now).abs().compareTo(DEFAULT_WINDOW) >= 0;
        }

        private boolean isIdle(Instant now) {
            return suppressed == 0 && isOver(now);
        }

        private void begin(Instant now) {
            since = now;
            written = 0;
            isDue = suppressed > 0;
        }

        private void count(long number, Json.Members of) {
            suppressed += number;
            about = Optional.of(about.map(known -> common.apply(known, of)).orElse(of));
        }

        private CountedRefusals take(String caller, String tally) {
            CountedRefusals taken =
                    new CountedRefusals(caller, tally, ofOneGist, suppressed, about.orElse(Json.object()));
            suppressed = 0;
            about = Optional.empty();
            isDue = false;
            return taken;
        }
    }

    /**
     * Refusals that were only counted, perhaps none. They count as written: {@link #putBack} those that could not be.
     *
     * @param counter the name under which they were counted
     * @param haveOneScope whether all of them were refused for the same
     * @param about the members that hold for all of them
     */
    public record CountedRefusals(
            String caller, String counter, boolean haveOneScope, long number, Json.Members about) {}

    /** Begins with nothing counted. */
    public RefusalCounters(InstantSource clock, int burst) {
        this(clock, burst, (one, _) -> one);
    }

    /**
     * Begins with nothing counted.
     *
     * @param burst the number of refusals of one caller and gist that are written within a window
     * @param common merges what is known of two refusals that are only counted
     */
    public RefusalCounters(InstantSource clock, int burst, BinaryOperator<Json.Members> common) {
        this.clock = clock;
        this.burst = burst;
        this.common = common;
    }

    /** Decides the same for a caller who is refused for one thing only. */
    public Optional<CountedRefusals> admit(String caller) {
        return admit(caller, "", "", Json.object());
    }

    /**
     * Decides whether a refusal of {@code caller} is written now; empty if it is only counted. The value holds the
     * earlier refusals that were only counted, to be written with it.
     *
     * @param kind one of a few kinds, which callers cannot add to
     * @param gist one of many, which a caller may choose; empty if there is nothing to tell apart
     * @param about the members of the refusal, should it only be counted
     */
    public synchronized Optional<CountedRefusals> admit(String caller, String kind, String gist, Json.Members about) {
        Instant now = clock.instant();
        String whose = whose(caller, now);
        String name = name(callers.computeIfAbsent(whose, _ -> new HashMap<>()), kind, gist, now);
        Counter tally = tally(whose, name, !name.equals(kind) || gist.isEmpty(), now);
        if (tally.isOver(now)) {
            tally.begin(now);
        }
        if (tally.written == burst) {
            tally.count(1, about);
            return Optional.empty();
        }
        tally.written++;
        return Optional.of(
                tally.ofOneGist ? tally.take(whose, name) : new CountedRefusals(whose, name, false, 0, Json.object()));
    }

    private String whose(String caller, Instant now) {
        if (callers.size() >= MAX_CALLERS && !callers.containsKey(caller)) {
            callers.values().removeIf(own -> own.values().stream().allMatch(tally -> tally.isIdle(now)));
        }
        return callers.size() < MAX_CALLERS || callers.containsKey(caller) ? caller : OTHERS;
    }

    private static String name(Map<String, Counter> own, String kind, String gist, Instant now) {
        String fine = kind + gist;
        if (own.size() >= MAX_GISTS && !own.containsKey(fine)) {
            own.values().removeIf(tally -> tally.isIdle(now));
        }
        return own.size() < MAX_GISTS || own.containsKey(fine) ? fine : kind;
    }

    private Counter tally(String caller, String name, boolean ofOneGist, Instant now) {
        return callers.computeIfAbsent(caller, _ -> new HashMap<>())
                .computeIfAbsent(name, _ -> new Counter(ofOneGist, now));
    }

    /**
     * Takes the refusals that were only counted in a window that is over, and that no later refusal was written with.
     */
    public synchronized List<CountedRefusals> takeOverdue() {
        Instant now = clock.instant();
        return take(tally -> tally.isOver(now) || tally.isDue);
    }

    /** Takes the refusals that were only counted in any window: somebody wants to know now. */
    public synchronized List<CountedRefusals> takeAll() {
        return take(_ -> true);
    }

    private List<CountedRefusals> take(Predicate<Counter> which) {
        List<CountedRefusals> taken = new ArrayList<>();
        callers.forEach((caller, own) -> own.forEach((name, tally) -> {
            if (tally.suppressed > 0 && which.test(tally)) {
                taken.add(tally.take(caller, name));
            }
        }));
        return taken;
    }

    public synchronized void putBack(CountedRefusals counted) {
        if (counted.number() > 0) {
            tally(counted.caller(), counted.counter(), counted.haveOneScope(), clock.instant())
                    .count(counted.number(), counted.about());
        }
    }
}
