package dev.interlock.confirm;

import java.util.List;

/** The answer to whether a held attempt may be sent now. */
public sealed interface HoldReadiness {

    /** It may be sent once, if {@code confirmation} can be consumed. */
    record ReadyHold(Confirmation confirmation) implements HoldReadiness {}

    /** It waits; {@code ticket} says for what. */
    record WaitingHold(HoldTicket ticket) implements HoldReadiness {}

    /** Hold {@code hold} is about something else than what would happen now, so it is void. */
    record VoidedHold(String hold, String why) implements HoldReadiness {}

    /** A person denied a hold, and the denial covers this attempt. No new hold is opened for now. */
    record DeniedHold(String hold, String reason, List<String> covers) implements HoldReadiness {
        public DeniedHold {
            covers = List.copyOf(covers);
        }
    }

    /** The last hold for this request ended without an answer, or unused. A new one may be opened. */
    record ExpiredHold(String hold, String why) implements HoldReadiness {}

    record NoHoldYet() implements HoldReadiness {}
}
