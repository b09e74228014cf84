package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.gate.PreparedDecisions.PreparedDecision;
import java.util.List;
import java.util.Optional;

/** The result of resolving an attempt. */
sealed interface Resolution {

    /**
     * The attempt is understood as a whole; {@code gaps} are facts that the provider did not give just now, which count
     * as most protected. {@code noticed} is raised whatever becomes of it. {@code prepared} is the decision about the
     * same before, if there is one.
     */
    record Resolved(
            Seal seal,
            ResolvedAttempt resolved,
            List<String> gaps,
            Optional<PriorState> prior,
            Optional<ResponseRedactor> redactor,
            Optional<ResolutionAlert> noticed,
            Optional<PreparedDecision> prepared)
            implements Resolution {

        /** Returns whether what is left of its way waits for no store: no limit asks one, and plans leave the loop. */
        boolean isShort() {
            return noticed.isEmpty()
                    && seal.limits().budgets().isEmpty()
                    && seal.limits().sequences().isEmpty();
        }

        Resolved with(ResolvedAttempt other) {
            return new Resolved(seal, other, gaps, prior, redactor, noticed, Optional.empty());
        }
    }

    /** An alert that a person should see at once: one plain sentence, and whether it ends the lease. */
    record ResolutionAlert(Alert.AlertKind rule, String summary, boolean ends) {

        ResolutionAlert with(Optional<ResolutionAlert> other) {
            return other.map(more -> new ResolutionAlert(rule, summary + " " + more.summary(), ends || more.ends()))
                    .orElse(this);
        }
    }

    /** Returns the same result with an alert besides. An alert of its own comes first. */
    default Resolution noticing(Optional<ResolutionAlert> alarm) {
        return switch (this) {
            case Resolved(var seal, var sensed, var gaps, var prior, var redactor, var _, var prepared) ->
                new Resolved(seal, sensed, gaps, prior, redactor, alarm, prepared);
            case Rejected rejected ->
                new Rejected(
                        rejected.lease(),
                        rejected.refusal(),
                        rejected.observed(),
                        rejected.alarm().or(() -> alarm));
        };
    }

    record Rejected(Optional<Lease> lease, Refusal refusal, Json.Members observed, Optional<ResolutionAlert> alarm)
            implements Resolution {

        Rejected answering(Refusal other) {
            return new Rejected(lease, other, observed, alarm);
        }

        static Rejected of(Refusal refusal) {
            return new Rejected(Optional.empty(), refusal, Json.object(), Optional.empty());
        }

        static Rejected of(Lease lease, Refusal refusal) {
            return new Rejected(Optional.of(lease), refusal, Json.object(), Optional.empty());
        }
    }
}
