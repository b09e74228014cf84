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
 * Decides which refusals become receipts of their own.
 *
 * <p>The first few of each caller and gist in a while are written one by one; the rest are counted, and the count is
 * written with the first one after, or by itself when the while is over, so that a flood by an agent cannot fill the
 * disk and cannot pass unseen either. Of gists a caller has so many: what comes besides is tallied by its kind alone,
 * at that caller's own cost, and its count is written by itself, for it is of nothing that one refusal says.
 *
 * <p>Threading: guarded by itself.
 */
public final class RefusalCounters {

    public static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

    /** More callers than this within one window share the tallies of one. */
    public static final int MAX_CALLERS = 1024;

    /** Work in progress is refused for a handful of reasons in a handful of places. */
    public static final int MAX_GISTS = 64;

    private static final String OTHERS = "others";

    private final InstantSource clock;
    private final int burst;
    private final BinaryOperator<Json.Members> common;
    private final Map<String, Map<String, Tally>> callers = new HashMap<>();

    private final class Tally {
        private final boolean ofOneGist;
        private Instant since;
        private int written;
        private long suppressed;
        private Optional<Json.Members> about = Optional.empty();

        /** Whether some of it is of a window that is over, though another has begun. */
        private boolean isDue;

        private Tally(boolean ofOneGist, Instant since) {
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

        private Counted take(String caller, String tally) {
            Counted taken = new Counted(caller, tally, ofOneGist, suppressed, about.orElse(Json.object()));
            suppressed = 0;
            about = Optional.empty();
            isDue = false;
            return taken;
        }
    }

    /**
     * Refusals that were only counted, perhaps none. They count as written: {@link #putBack} what could not be.
     *
     * @param caller whose they were
     * @param tally by what they were counted
     * @param ofOneGist whether all of them were refused for the same
     * @param number how many
     * @param about what is known of all of them
     */
    public record Counted(String caller, String tally, boolean ofOneGist, long number, Json.Members about) {}

    /**
     * Begins with nothing counted.
     *
     * @param burst how many of one caller and gist are written within a window
     */
    public RefusalCounters(InstantSource clock, int burst) {
        this(clock, burst, (one, _) -> one);
    }

    /**
     * Begins with nothing counted.
     *
     * @param burst how many of one caller and gist are written within a window
     * @param common merges what is known of two refusals that are only counted
     */
    public RefusalCounters(InstantSource clock, int burst, BinaryOperator<Json.Members> common) {
        this.clock = clock;
        this.burst = burst;
        this.common = common;
    }

    /** As below, of a caller who is refused for one thing only. */
    public Optional<Counted> admit(String caller) {
        return admit(caller, "", "", Json.object());
    }

    /**
     * Whether a refusal of {@code caller} is to be written now; the value is how many earlier ones were not, to be
     * written with it.
     *
     * @param kind of which there are few, whatever callers do
     * @param gist of which a caller may make many; empty if there is nothing to tell apart
     * @param about what is known of it, should it only be counted
     */
    public synchronized Optional<Counted> admit(String caller, String kind, String gist, Json.Members about) {
        Instant now = clock.instant();
        String whose = whose(caller, now);
        String name = name(callers.computeIfAbsent(whose, _ -> new HashMap<>()), kind, gist, now);
        Tally tally = tally(whose, name, !name.equals(kind) || gist.isEmpty(), now);
        if (tally.isOver(now)) {
            tally.begin(now);
        }
        if (tally.written == burst) {
            tally.count(1, about);
            return Optional.empty();
        }
        tally.written++;
        return Optional.of(
                tally.ofOneGist ? tally.take(whose, name) : new Counted(whose, name, false, 0, Json.object()));
    }

    private String whose(String caller, Instant now) {
        if (callers.size() >= MAX_CALLERS && !callers.containsKey(caller)) {
            callers.values().removeIf(own -> own.values().stream().allMatch(tally -> tally.isIdle(now)));
        }
        return callers.size() < MAX_CALLERS || callers.containsKey(caller) ? caller : OTHERS;
    }

    private static String name(Map<String, Tally> own, String kind, String gist, Instant now) {
        String fine = kind + gist;
        if (own.size() >= MAX_GISTS && !own.containsKey(fine)) {
            own.values().removeIf(tally -> tally.isIdle(now));
        }
        return own.size() < MAX_GISTS || own.containsKey(fine) ? fine : kind;
    }

    private Tally tally(String caller, String name, boolean ofOneGist, Instant now) {
        return callers.computeIfAbsent(caller, _ -> new HashMap<>())
                .computeIfAbsent(name, _ -> new Tally(ofOneGist, now));
    }

    /** What was only counted in a window that is over, and that no later refusal was written with. */
    public synchronized List<Counted> takeOverdue() {
        Instant now = clock.instant();
        return take(tally -> tally.isOver(now) || tally.isDue);
    }

    /** The same of every window, whether or not it is over: somebody wants to know now. */
    public synchronized List<Counted> takeAll() {
        return take(_ -> true);
    }

    private List<Counted> take(Predicate<Tally> which) {
        List<Counted> taken = new ArrayList<>();
        callers.forEach((caller, own) -> own.forEach((name, tally) -> {
            if (tally.suppressed > 0 && which.test(tally)) {
                taken.add(tally.take(caller, name));
            }
        }));
        return taken;
    }

    /** Counts {@code counted} again. */
    public synchronized void putBack(Counted counted) {
        if (counted.number() > 0) {
            tally(counted.caller(), counted.tally(), counted.ofOneGist(), clock.instant())
                    .count(counted.number(), counted.about());
        }
    }
}
