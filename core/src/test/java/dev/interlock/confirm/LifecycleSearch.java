package dev.interlock.confirm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Visits every state of a {@link Lifecycle}, the nearest first, until a step breaks a promise. */
final class LifecycleSearch {

    /**
     * The kind of a step, without its numbers.
     *
     * @param event the event, without the numbers of holds and copies
     * @param before the number of the state of the holds before it
     * @param after the number of the state of the holds after it
     */
    private record Kind(Object event, long before, long after) {

        static Kind of(Lifecycle.State state, Lifecycle.Step step) {
            Object event = switch (step.event()) {
                case Lifecycle.Event.CopyStep move -> move.phase();
                case Lifecycle.Event.SystemEvent around -> around;
                case Lifecycle.Event.Sign _, Lifecycle.Event.Denial _, Lifecycle.Event.SignAttempt _ -> step.event();
            };
            return new Kind(event, state.holdsCode(), step.next().holdsCode());
        }
    }

    private record Edge(long from, Lifecycle.Step step) {}

    private final Lifecycle model;
    private final Map<Kind, Edge> kinds = new LinkedHashMap<>();
    private final Map<Long, Long> from = new HashMap<>();
    private Optional<List<Lifecycle.Step>> counterexample = Optional.empty();

    LifecycleSearch(Lifecycle model) {
        this.model = model;
    }

    LifecycleSearch run() {
        ArrayDeque<Lifecycle.State> open = new ArrayDeque<>(List.of(Lifecycle.State.START));
        from.put(Lifecycle.State.START.code(), Lifecycle.State.START.code());
        while (!open.isEmpty() && counterexample.isEmpty()) {
            Lifecycle.State state = open.remove();
            for (Lifecycle.Step step : model.steps(state)) {
                kinds.putIfAbsent(Kind.of(state, step), new Edge(state.code(), step));
                if (!step.wrong().isEmpty()) {
                    List<Lifecycle.Step> path = new ArrayList<>(path(state.code()));
                    path.add(step);
                    counterexample = Optional.of(path);
                } else if (from.putIfAbsent(step.next().code(), state.code()) == null) {
                    open.add(step.next());
                }
            }
        }
        return this;
    }

    /** Returns the shortest path to the first broken promise, if one is broken. */
    Optional<List<Lifecycle.Step>> counterexample() {
        return counterexample;
    }

    /** Returns all visited states, by number. */
    Set<Long> states() {
        return from.keySet();
    }

    /** Returns a shortest path to each kind of step, that step included. The order is always the same. */
    List<Supplier<List<Lifecycle.Step>>> ways() {
        return kinds.values().stream()
                .<Supplier<List<Lifecycle.Step>>>map(edge -> () -> {
                    List<Lifecycle.Step> way = new ArrayList<>(path(edge.from()));
                    way.add(edge.step());
                    return way;
                })
                .toList();
    }

    private List<Lifecycle.Step> path(long code) {
        List<Long> codes = new ArrayList<>();
        for (long at = code; at != Lifecycle.State.START.code(); at = from.get(at)) {
            codes.add(at);
        }
        Collections.reverse(codes);
        List<Lifecycle.Step> path = new ArrayList<>();
        Lifecycle.State state = Lifecycle.State.START;
        for (long next : codes) {
            Lifecycle.Step step = model.steps(state).stream()
                    .filter(possible -> possible.next().code() == next)
                    .findFirst()
                    .orElseThrow();
            path.add(step);
            state = step.next();
        }
        return path;
    }
}
