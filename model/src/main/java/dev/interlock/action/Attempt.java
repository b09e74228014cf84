package dev.interlock.action;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A request as a front received it, before its meaning is known.
 *
 * @param presented every credential it carried, taken out of the call
 * @param place the listener it arrived at, if that belongs to one agent alone
 * @param isDryRun whether the agent only asks what would happen
 * @param isProbe whether the gateway itself sent it, expecting a refusal; it never leaves, for any verdict
 * @param waitLimit how long the agent waits for people, should they be asked; zero if it does not
 * @param trace the agent's trace context; no part of the call
 * @param reason why the agent does this, in its own words, which nobody has checked; no part of the call
 * @param undoes the call that this one undoes, if the gateway itself has written it for that
 * @param perTry texts that go upstream beside the call and differ from one try to the next; searched as the call is,
 *     and no part of it
 */
public record Attempt(
        String upstream,
        List<PresentedCredential> presented,
        Optional<String> place,
        Call call,
        Instant at,
        boolean isDryRun,
        boolean isProbe,
        Duration waitLimit,
        Optional<TraceContext> trace,
        Optional<String> reason,
        Optional<UndoneCall> undoes,
        List<String> perTry,
        CallSession session) {

    /**
     * A call that an attempt undoes.
     *
     * @param isByPerson whether a person undoes it, and not the agent itself
     */
    public record UndoneCall(String receipt, boolean isByPerson) {}

    /**
     * A credential that the agent sent.
     *
     * @param carrier where it was found, as {@code header authorization}
     */
    public record PresentedCredential(String carrier, Secret secret) {}

    public Attempt {
        presented = List.copyOf(presented);
        perTry = List.copyOf(perTry);
    }

    /** Creates an agent's attempt that is to be carried out. It does not wait, and has no trace, reason or session. */
    public Attempt(
            String upstream, List<PresentedCredential> presented, Optional<String> place, Call call, Instant at) {
        this(
                upstream,
                presented,
                place,
                call,
                at,
                false,
                false,
                Duration.ZERO,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                CallSession.NONE);
    }

    /** Returns the same attempt as one that undoes {@code undone} in {@code own}, the gateway's session. */
    public Attempt undoing(UndoneCall undone, CallSession own) {
        return with(at, isDryRun, isProbe, Optional.of(undone), own);
    }

    /** Returns the same attempt, sent once more at {@code now}. */
    public Attempt resentAt(Instant now) {
        return with(now, isDryRun, isProbe, undoes, session);
    }

    /** Returns the same attempt as a question what would happen. */
    public Attempt dryRun() {
        return with(at, true, isProbe, undoes, session);
    }

    /** Returns the same attempt as the gateway's own probe. */
    public Attempt probe() {
        return with(at, isDryRun, true, undoes, session);
    }

    private Attempt with(
            Instant time, boolean asDryRun, boolean asProbe, Optional<UndoneCall> undone, CallSession own) {
        return new Attempt(
                upstream, presented, place, call, time, asDryRun, asProbe, waitLimit, trace, reason, undone, perTry,
                own);
    }
}
