package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Tells the holder of a lease what it may do, for a front. */
public interface WhoamiRequests {

    /** Answers whoever presents a lease in force. Never throws for anything that an agent can cause. */
    Result whoami(List<Attempt.PresentedCredential> presented, Optional<String> place, Instant at);

    sealed interface Result {

        record WhoamiReport(Whoami whoami) implements Result {}

        record RefusedWhoami(String receipt, Refusal refusal) implements Result {}
    }
}
