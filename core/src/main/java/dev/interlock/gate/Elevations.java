package dev.interlock.gate;

import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.ledger.LedgerUnavailableException;

/** What people's side needs of elevations: to ask in an agent's place, and to have given what was signed for. */
public interface Elevations {

    /** What came of asking people. */
    sealed interface Asked {

        /**
         * They are asked, or were already.
         *
         * @param receipt empty if they were
         */
        record Open(String hold, String receipt) implements Asked {}

        /** They are not. */
        record Refused(Refusal refusal) implements Asked {}
    }

    /** Asks people to give {@code lease} what {@code elevation} says, for {@code reason}, which is a claim. */
    Asked ask(Seal seal, Lease lease, Elevation elevation, String reason) throws LedgerUnavailableException;

    /**
     * Gives what people have signed for. To be called when somebody has signed, and every few seconds; cheap if there
     * is nothing. False if something could not be recorded, and is therefore not given yet.
     */
    boolean settle();
}
