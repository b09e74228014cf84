package dev.interlock.action;

import dev.interlock.evidence.BreakGlass;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How people are asked, by the seal's word: who hears of what nobody answers, and how much one person may sign.
 *
 * @param ladder who hears of a hold that waits, the soonest first
 * @param signaturesPerHour how many signatures of one person count within an hour
 * @param hasty a signature that comes sooner than this after the hold was first shown is told of
 * @param glass what one person may do alone on a bad day, if anything
 * @param solo that there is one person only, if there is
 */
public record Asking(
        List<Rung> ladder, int signaturesPerHour, Duration hasty, Optional<BreakGlass> glass, Optional<Solo> solo) {

    /** Nobody decides about more than one thing in three minutes for an hour, and means each. */
    public static final int DEFAULT_SIGNATURES_PER_HOUR = 20;

    /** The shortest page takes longer to read. */
    public static final Duration DEFAULT_HASTY = Duration.ofSeconds(5);

    /** What holds where the seal says nothing. */
    public static final Asking USUAL = new Asking(List.of(), DEFAULT_SIGNATURES_PER_HOUR, DEFAULT_HASTY);

    /**
     * One step of the ladder.
     *
     * @param after how long a hold has waited then
     * @param to the group that hears of it
     * @param in environments that a hold must be about; empty for all holds
     */
    public record Rung(Duration after, String to, Set<String> in) {
        public Rung {
            in = Collections.unmodifiableSet(new TreeSet<>(in));
        }

        /** Whether a hold about {@code environments} climbs to it. */
        public boolean isFor(Set<String> environments) {
            return in.isEmpty() || !Collections.disjoint(in, environments);
        }
    }

    /** Where nobody stands in for anybody. */
    public Asking(List<Rung> ladder, int signaturesPerHour, Duration hasty) {
        this(ladder, signaturesPerHour, hasty, Optional.empty(), Optional.empty());
    }

    /** The same, but for what one person may do alone on a bad day. */
    public Asking with(Optional<BreakGlass> other) {
        return new Asking(ladder, signaturesPerHour, hasty, other, solo);
    }

    /** The same, but for whether there is one person only. */
    public Asking alone(Optional<Solo> other) {
        return new Asking(ladder, signaturesPerHour, hasty, glass, other);
    }

    /** What people are asked for where policy asks for {@code demanded}. */
    public Obligations of(Obligations demanded) {
        return solo.map(alone -> alone.instead(demanded)).orElse(demanded);
    }

    public Asking {
        ladder = List.copyOf(ladder);
    }
}
