package dev.interlock.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Which of the jobs that are due may begin: one of each kind at a time, so that a trial without an end holds up no
 * taking; plans in turn, so that none waits for another that always has something to do; and what failed not at once.
 *
 * <p>Threading: to be used by one thread.
 */
public final class Turns {

    /** What failed is tried again soon enough to matter, and seldom enough that a log can be read. */
    public static final Duration AGAIN = Duration.ofMinutes(10);

    private final LongSupplier nanos;
    private final Set<Due.Work> running = EnumSet.noneOf(Due.Work.class);
    private final Map<Piece, Long> held = new HashMap<>();
    private final Map<Piece, Integer> begun = new HashMap<>();
    private int last;

    /** What may fail while the other goes well: trying needs room and programs, and taking does not. */
    private record Piece(String plan, Due.Work work) {}

    /** A job of a plan. */
    public record Turn(String plan, Due due) {

        private Piece piece() {
            return new Piece(plan, due.work());
        }
    }

    /** @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the minutes by */
    public Turns(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Begins the next of those of {@code due} that are of {@code work}, if one may. */
    public Optional<Turn> begin(Due.Work work, Collection<Turn> due, Instant now) {
        if (running.contains(work)) {
            return Optional.empty();
        }
        Optional<Turn> next = due.stream()
                .filter(turn -> turn.due().work() == work && !rest(turn, now).isPositive())
                .min(Comparator.<Turn, Integer>comparing(turn -> begun.getOrDefault(turn.piece(), 0))
                        .thenComparing(turn -> turn.due().at()));
        next.ifPresent(turn -> {
            running.add(work);
            begun.put(turn.piece(), ++last);
        });
        return next;
    }

    /** It is over, however it went. */
    public void end(Turn turn) {
        running.remove(turn.due().work());
    }

    /** Whether nothing goes on. */
    public boolean isIdle() {
        return running.isEmpty();
    }

    /** How long until the first of {@code due} may begin, as far as that can be known; at most {@code longest}. */
    public Duration rest(Collection<Turn> due, Instant now, Duration longest) {
        return due.stream()
                .filter(turn -> !running.contains(turn.due().work()))
                .map(turn -> rest(turn, now))
                .filter(rest -> rest.compareTo(longest) < 0)
                .min(Comparator.naturalOrder())
                .orElse(longest);
    }

    /** Until it is due, and may be tried again; no time at all, if that was ever so long ago. */
    private Duration rest(Turn turn, Instant now) {
        return Stream.of(Duration.ZERO, Duration.between(now, turn.due().at()), held(turn.piece()))
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Not again at once: {@code work} of {@code plan} failed, or nobody may have heard what came of it. */
    public void hold(String plan, Due.Work work) {
        held.put(new Piece(plan, work), nanos.getAsLong());
    }

    /** Whether nothing of {@code plan} may begin. */
    public boolean isHeld(String plan) {
        return EnumSet.allOf(Due.Work.class).stream()
                .allMatch(work -> held(new Piece(plan, work)).isPositive());
    }

    private Duration held(Piece piece) {
        Long since = held.get(piece);
        return since == null ? Duration.ZERO : AGAIN.minusNanos(nanos.getAsLong() - since);
    }
}
