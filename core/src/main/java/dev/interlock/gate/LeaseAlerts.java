package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.SecretMatcher;
import java.io.IOException;
import java.util.Set;

/**
 * Alerts people once for each lease, because an agent may cause the same often: that a call carries a decoy, or that an
 * answer holds a credential.
 *
 * <p>Threading: any.
 */
final class LeaseAlerts {

    private static final System.Logger LOG = System.getLogger(LeaseAlerts.class.getName());

    private final CredentialKeeper keys;
    private final CarriedSecrets secrets;
    private final AuditRecorder records;

    LeaseAlerts(CredentialKeeper keys, CarriedSecrets secrets, AuditRecorder records) {
        this.keys = keys;
        this.secrets = secrets;
        this.records = records;
    }

    /** Raises {@code alarm}. If it cannot be recorded, the next such call raises it again. */
    void raiseOnce(Lease lease, Resolution.ResolutionAlert alarm) throws LedgerUnavailableException {
        try {
            records.recordAlert(lease, alarm);
        } catch (LedgerUnavailableException | RuntimeException e) {
            secrets.forgetAlerts(lease); // otherwise the next such call would go, and nobody would ever be alerted
            throw e;
        }
    }

    /** Returns the search of the answer to {@code sensed}: the agent must not hold what it may not send. */
    ResponseScanner answerScanner(ResolvedAttempt sensed) throws IOException {
        SecretMatcher traces = keys.secretMatcher();
        return (text, closely) -> {
            Set<String> found = (closely ? traces.find(text) : traces.findPlain(text)).credentials();
            if (found.isEmpty()) {
                return true;
            }
            LOG.log(System.Logger.Level.WARNING, "an answer contained a credential of the vault: {0}", found);
            secrets.leakAlert(sensed.lease(), sensed.attempt().upstream(), found)
                    .ifPresent(alarm -> tellQuietly(sensed.lease(), alarm));
            return false;
        };
    }

    private void tellQuietly(Lease lease, Resolution.ResolutionAlert alarm) {
        try {
            raiseOnce(lease, alarm);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "an alert about a credential in an answer could not be recorded", e);
        }
    }
}
