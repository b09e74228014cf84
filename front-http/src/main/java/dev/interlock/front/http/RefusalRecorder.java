package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Refusal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Records requests that the front refused by itself, because they never became an attempt. */
public interface RefusalRecorder {

    /** Returns the receipt's identifier; empty if none could be written. Never throws, and never waits long. */
    String refused(UnreadRequest unread);

    /**
     * A request that the front refused.
     *
     * @param presented the credentials it carried in the usual places; one of them may be foreign
     * @param asked its destination as it came, to be searched for secrets and never shown
     * @param isProbe whether it was a probe, whose refusal is expected
     */
    record UnreadRequest(
            Optional<String> place,
            List<PresentedCredential> presented,
            String asked,
            Refusal refusal,
            Instant at,
            boolean isProbe) {
        public UnreadRequest {
            presented = List.copyOf(presented);
        }
    }
}
