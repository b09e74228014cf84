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
 * Which of the jobs that are due may begin: one of each kind at a time, so that a trial without an end holds up no
 * taking; plans in turn, so that none waits for another that always has something to do; and what failed not at once.
 *
 * <p>Threading: to be used by one thread.
 */
public final class Turns {

    /** What failed is tried again soon enough to matter, and seldom enough that a log can be read. */
    public static final Duration AGAIN = Duration.ofMinutes(10);

    private final LongSupplier nanos;
    private final Map<Due.Work, Beginning> running = new EnumMap<>(Due.Work.class);
    private final Map<Piece, Hold> held = new HashMap<>();
    private final Map<Kind, Integer> begun = new HashMap<>();
    private int last;

    /** When something was begun, by either clock. */
    private record Beginning(long nanos, Instant at) {}

    /** What has its turns beside the other plans' of the same work. */
    private record Kind(String plan, Due.Work work) {}

    /**
     * What may fail while the others go well: trying needs room and programs, and taking does not; and that one backup
     * cannot be tried says nothing about another.
     */
    private record Piece(Kind kind, Optional<String> backup) {}

    /**
     * For how long something is not to begin.
     *
     * @param since by the clock that nobody sets
     * @param latest when it is over though that clock stood still, as it does while a machine sleeps
     */
    private record Hold(long since, Duration length, Instant latest) {

        Duration rest(long nanos, Instant now) {
            Duration rest = length.minusNanos(nanos - since);
            Duration byTheWall = Duration.between(now, latest);
            return rest.compareTo(byTheWall) < 0 ? rest : byTheWall;
        }
    }

    /** A job of a plan. */
    public record Turn(String plan, Due due) {

        private Kind kind() {
            return new Kind(plan, due.work());
        }

        private Piece piece() {
            return new Piece(kind(), due.backup());
        }
    }

    /** @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the minutes by */
    public Turns(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Begins the next of those of {@code due} that are of {@code work}, if one may. */
    public Optional<Turn> begin(Due.Work work, Collection<Turn> due, Instant now) {
        if (running.containsKey(work)) {
            return Optional.empty();
        }
        Optional<Turn> next = due.stream()
                .filter(turn -> turn.due().work() == work && !rest(turn, now).isPositive())
                .min(Comparator.<Turn, Integer>comparing(turn -> begun.getOrDefault(turn.kind(), 0))
                        .thenComparing(turn -> turn.due().at()));
        next.ifPresent(turn -> {
            running.put(work, new Beginning(nanos.getAsLong(), now));
            begun.put(turn.kind(), ++last);
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
                .filter(turn -> !running.containsKey(turn.due().work()))
                .map(turn -> rest(turn, now))
                .filter(rest -> rest.compareTo(longest) < 0)
                .min(Comparator.naturalOrder())
                .orElse(longest);
    }

    /** Of {@code due} the one that begins first, where nothing goes on; when that is may depend on what is not seen. */
    public Optional<Turn> next(Collection<Turn> due, Instant now) {
        return due.stream()
                .min(Comparator.<Turn, Duration>comparing(turn -> rest(turn, now))
                        .thenComparing(Turn::plan));
    }

    /** Until it is due, and may be tried again; no time at all, if that was ever so long ago. */
    private Duration rest(Turn turn, Instant now) {
        Hold hold = held.get(turn.piece());
        Duration rest = hold == null ? Duration.ZERO : hold.rest(nanos.getAsLong(), now);
        return Stream.of(Duration.ZERO, Duration.between(now, turn.due().at()), rest)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Not again at once: it failed, or nobody may have heard what came of it. */
    public void hold(Turn turn) {
        hold(turn, new Hold(nanos.getAsLong(), AGAIN, Instant.MAX));
    }

    /**
     * It is over and went well: not again before {@code length} has passed since it began, whatever there is to see of
     * it. Somebody may have hidden it at once.
     */
    public void end(Turn turn, Duration length) {
        Beginning beginning = running.get(turn.due().work());
        if (beginning != null) {
            hold(turn, new Hold(beginning.nanos(), length, beginning.at().plus(length)));
        }
        end(turn);
    }

    private void hold(Turn turn, Hold hold) {
        held.values()
                .removeIf(other -> !other.rest(nanos.getAsLong(), Instant.MIN).isPositive());
        held.put(turn.piece(), hold);
    }
}
