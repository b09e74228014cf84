package dev.interlock.gate;

import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.ledger.LedgerUnavailableException;

/** The elevations as people use them: to ask in an agent's place, and to put in force what was signed for. */
public interface ElevationGrants {

    sealed interface AskResult {

        /** People are asked; the receipt is empty if they were asked already. */
        record OpenRequestResult(String hold, String receipt) implements AskResult {}

        record Refused(Refusal refusal) implements AskResult {}
    }

    /** Asks people to give {@code lease} what {@code elevation} says. The {@code reason} is the agent's claim. */
    AskResult ask(Seal seal, Lease lease, Elevation elevation, String reason) throws LedgerUnavailableException;

    /**
     * Puts in force what people have signed for, when somebody has signed and every few seconds. False if not all could
     * be recorded.
     */
    boolean settle();
}
