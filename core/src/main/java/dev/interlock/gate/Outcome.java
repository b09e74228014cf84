package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Verdict;
import java.time.Instant;
import java.util.Optional;

/** The result of an attempt, which the front expresses in its own protocol. */
public sealed interface Outcome<R> {

    /** Returns the identifier of the receipt, which is empty if none could be written. */
    String receipt();

    /** The call was sent, and an answer came back. Close {@code flight} when that has been passed on. */
    record Forwarded<R>(String receipt, R answer, InFlightCall flight) implements Outcome<R> {}

    /** The call was not sent; or it was sent and no answer came, as the refusal then says. */
    record Refused<R>(String receipt, Refusal refusal) implements Outcome<R> {}

    /** The call waits for people. */
    record Held<R>(String receipt, Lease lease, String hold, Refusal refusal, Instant expires) implements Outcome<R> {}

    /** The attempt was only a question, and this is the answer. Nothing was sent, and nobody was asked. */
    record DryRunOutcome<R>(String receipt, DryRun trial, Optional<JudgedCall> judged) implements Outcome<R> {
        public DryRunOutcome(String receipt, DryRun trial) {
            this(receipt, trial, Optional.empty());
        }
    }

    /** What was decided about a call that nobody sends. */
    record JudgedCall(ResolvedAttempt resolved, Verdict verdict) {}
}
