package dev.interlock.confirm;

import java.util.List;

/** Whether a held attempt may go now. */
public sealed interface Readiness {

    /** It may, once, if {@code confirmation} can be consumed. */
    record Ready(Confirmation confirmation) implements Readiness {}

    /** It waits, and {@code ticket} says for what. */
    record Waiting(HoldTicket ticket) implements Readiness {}

    /**
     * What would happen now is not what hold {@code hold} is about, which is therefore worth nothing any more. A new
     * one may be opened.
     *
     * @param why a whole sentence
     */
    record Voided(String hold, String why) implements Readiness {}

    /**
     * A person said no, and that covers this attempt. No new hold will be opened for now.
     *
     * @param reason whole sentences
     * @param covers the class of action that is refused
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
