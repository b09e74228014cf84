package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Judges the steps of a plan ahead, for a front, and asks people about all of them at once. */
@FunctionalInterface
public interface PlanRequests {

    /** Judges a plan. Forwards nothing, and never throws for anything that an agent can cause. */
    Result plan(Request request);

    /**
     * A plan of an agent.
     *
     * @param body the text that it sent
     * @param steps reads the text; throws {@link dev.interlock.evidence.MalformedException} with a message for the
     *     agent
     */
    record Request(
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            Bytes body,
            Supplier<List<PlannedCall>> steps,
            Instant at) {
        public Request {
            presented = List.copyOf(presented);
        }
    }

    /** A step of a plan, as a front has read it. */
    sealed interface PlannedCall {

        /** A step that is a dry run. */
        record ReadCall(Attempt attempt) implements PlannedCall {}

        /** A step that is no attempt; {@code asked} is what it would go to. */
        record UnreadCall(String asked, Refusal refusal) implements PlannedCall {}
    }

    sealed interface Result {

        /** All steps would pass, or people are asked. */
        record PlanReport(boolean isAsked, Json.Members members) implements Result {}

        /** Nobody is asked; {@code steps} are those that were judged. */
        record RefusedPlan(String receipt, Refusal refusal, List<Json.Members> steps) implements Result {
            public RefusedPlan {
                steps = List.copyOf(steps);
            }
        }
    }
}
