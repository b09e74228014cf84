package dev.interlock.gate;

import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.ledger.LedgerUnavailableException;

/** The elevations as people use them: to ask in an agent's place, and to put in force what was signed for. */
public interface Elevations {

    /** The result of asking people. */
    sealed interface Asked {

        /**
         * People are asked, or were asked already.
         *
         * @param receipt empty if they were asked already
         */
        record Open(String hold, String receipt) implements Asked {}

        /** People are not asked. */
        record Refused(Refusal refusal) implements Asked {}
    }

    /** Asks people to give {@code lease} what {@code elevation} says. The {@code reason} is the agent's claim. */
    Asked ask(Seal seal, Lease lease, Elevation elevation, String reason) throws LedgerUnavailableException;

    /**
     * Puts in force what people have signed for. To be called when somebody has signed, and every few seconds. It is
     * cheap if there is nothing to do. Returns false if something could not be recorded, and is therefore not in force
     * yet.
     */
    boolean settle();
}
