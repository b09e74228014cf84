package dev.interlock.action;

import java.time.Duration;
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
 * @param patience how long the agent waits for people, should they be asked; zero if it does not
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
        Duration patience,
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

    /** One that waits for nobody and says of no trace. */
    public Attempt(
            String upstream,
            List<Presented> presented,
            Optional<String> place,
            Call call,
            Instant at,
            boolean isDryRun,
            boolean isProbe) {
        this(upstream, presented, place, call, at, isDryRun, isProbe, Duration.ZERO, Optional.empty());
    }

    /** The same, sent once more at {@code now}. */
    public Attempt again(Instant now) {
        return new Attempt(upstream, presented, place, call, now, isDryRun, isProbe, patience, trace);
    }
}
