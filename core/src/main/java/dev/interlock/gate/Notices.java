package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Sensed;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.vault.Keys;
import dev.interlock.vault.Traces;
import java.io.IOException;
import java.util.Set;

/**
 * Alerts people once for each lease, because an agent may cause the same often: that a call carries a decoy, or that an
 * answer holds a credential.
 *
 * <p>Threading: any.
 */
final class Notices {

    private static final System.Logger LOG = System.getLogger(Notices.class.getName());

    private final Keys keys;
    private final Senses senses;
    private final Records records;

    Notices(Keys keys, Senses senses, Records records) {
        this.keys = keys;
        this.senses = senses;
        this.records = records;
    }

    /** Raises {@code alarm}. If it cannot be recorded, the next such call raises it again. */
    void tell(Lease lease, Perception.Alarm alarm) throws LedgerUnavailableException {
        try {
            records.noticed(lease, alarm);
        } catch (LedgerUnavailableException | RuntimeException e) {
            senses.untold(lease); // otherwise the next such call would go, and nobody would ever be alerted
            throw e;
        }
    }

    /**
     * Returns the search of the answer to {@code sensed}: the agent must not hold what it may not send.
     *
     * @throws IOException if the keys process cannot say what to search for
     */
    Lookout lookout(Sensed sensed) throws IOException {
        Traces traces = keys.traces();
        return (text, closely) -> {
            Set<String> found = (closely ? traces.in(text) : traces.plainlyIn(text)).credentials();
            if (found.isEmpty()) {
                return true;
            }
            LOG.log(System.Logger.Level.WARNING, "an answer held a credential of the vault: {0}", found);
            senses.spilled(sensed.lease(), sensed.attempt().upstream(), found)
                    .ifPresent(alarm -> tellQuietly(sensed.lease(), alarm));
            return false;
        };
    }

    private void tellQuietly(Lease lease, Perception.Alarm alarm) {
        try {
            tell(lease, alarm);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "that an answer held a credential could not be recorded", e);
        }
    }
}
