package dev.interlock.confirm;

import java.util.List;

/** The answer to whether a held attempt may be sent now. */
public sealed interface Readiness {

    /** It may be sent once, if {@code confirmation} can be consumed. */
    record Ready(Confirmation confirmation) implements Readiness {}

    /** It waits; {@code ticket} says for what. */
    record Waiting(HoldTicket ticket) implements Readiness {}

    /**
     * Hold {@code hold} is about something else than what would happen now, so it is void. A new one may be opened.
     *
     * @param why a whole sentence
     */
    record Voided(String hold, String why) implements Readiness {}

    /**
     * A person denied a hold, and the denial covers this attempt. No new hold is opened for now.
     *
     * @param reason whole sentences
     * @param covers the class of actions that is refused
     */
    record Denied(String hold, String reason, List<String> covers) implements Readiness {
        public Denied {
            covers = List.copyOf(covers);
        }
    }

    /** The last hold for this request ended without an answer, or unused. A new one may be opened. */
    record Expired(String hold, String why) implements Readiness {}

    /** Nobody has been asked yet. */
    record Unasked() implements Readiness {}
}
