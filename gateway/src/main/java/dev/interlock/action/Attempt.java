package dev.interlock.action;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What came in through a front, before anybody knows what it means.
 *
 * @param upstream the name of the upstream it is addressed to
 * @param presented every credential it carried, taken out of the call
 * @param place the listener it arrived at, if that belongs to one agent alone
 * @param call the request itself
 * @param at when it arrived
 * @param isDryRun whether the agent only wants to know what would become of it
 * @param isProbe whether the gateway itself sent it, to be refused: it never leaves, whatever is decided
 * @param trace where in a trace the agent says that it stands; no part of the call
 */
public record Attempt(
        String upstream,
        List<Presented> presented,
        Optional<String> place,
        Call call,
        Instant at,
        boolean isDryRun,
        boolean isProbe,
        Optional<TraceContext> trace) {

    /**
     * A credential that the agent sent.
     *
     * @param carrier where it was found, as {@code header authorization}
     * @param secret what it was
     */
    public record Presented(String carrier, Secret secret) {}

    public Attempt {
        presented = List.copyOf(presented);
    }

    /** One that says of no trace. */
    public Attempt(
            String upstream,
            List<Presented> presented,
            Optional<String> place,
            Call call,
            Instant at,
            boolean isDryRun,
            boolean isProbe) {
        this(upstream, presented, place, call, at, isDryRun, isProbe, Optional.empty());
    }

    /** One that is meant. */
    public Attempt(String upstream, List<Presented> presented, Optional<String> place, Call call, Instant at) {
        this(upstream, presented, place, call, at, false);
    }

    /** An agent's. */
    public Attempt(
            String upstream,
            List<Presented> presented,
            Optional<String> place,
            Call call,
            Instant at,
            boolean isDryRun) {
        this(upstream, presented, place, call, at, isDryRun, false);
    }
}
