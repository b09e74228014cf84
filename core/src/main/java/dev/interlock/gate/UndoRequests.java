package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Undoes calls on behalf of a front, in the name of a lease's holder. */
@FunctionalInterface
public interface UndoRequests {

    /** Shows what an undo would change, or carries it out. Never throws for anything that an agent can cause. */
    Result undo(Request request);

    enum Mode implements Keyword {
        /** Only compare the kept state with the present one. */
        SHOW,
        /** Put the kept state back, unless somebody has changed it since. */
        RESTORE,
        /** Put the kept state back in any case. */
        FORCE;
    }

    /** A request to undo the call of an intent's receipt. A person may take leases of the agent. */
    record Request(
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            String receipt,
            Mode mode,
            boolean isByPerson,
            Instant at) {
        public Request {
            presented = List.copyOf(presented);
        }
    }

    sealed interface Result {

        /** Returns the identifier of the receipt, which is empty if none was written. */
        String receipt();

        /** The state of an undo: which values differ, and what to do next. */
        record UndoReport(String receipt, Json.Members members) implements Result {}

        record UndoRefused(String receipt, Refusal refusal, Optional<String> hold) implements Result {}
    }
}
