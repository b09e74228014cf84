package dev.interlock.gate;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.Json;
import dev.interlock.watch.Alert;
import java.util.Optional;

/** What sensing makes of an attempt. */
sealed interface Perception {

    /** It is understood whole, under {@code seal}. */
    record Understood(Seal seal, Sensed sensed) implements Perception {}

    /**
     * It ends here.
     *
     * @param lease who is behind it, as far as that is known
     * @param refusal what to answer
     * @param observed what else belongs in the receipt
     * @param alarm the rule to alert by, if this is an alarm
     */
    record Unheard(Optional<Lease> lease, Refusal refusal, Json.Members observed, Optional<Alert.Rule> alarm)
            implements Perception {

        /** Enough of what was asked for to see what it was about. */
        private static final int MAX_OPERATIONS = 20;

        /** What does more than a receipt can tell. */
        static Unheard tooLarge(Sensed sensed) {
            Json.Members observed = Json.object()
                    .with("action_count", sensed.actions().size())
                    .withTexts(
                            "operations",
                            sensed.actions().stream()
                                    .map(action -> action.operation().toString())
                                    .distinct()
                                    .limit(MAX_OPERATIONS)
                                    .toList());
            return new Unheard(
                    Optional.of(sensed.lease()),
                    Refusals.tooLarge(),
                    observed,
                    Optional.of(Alert.Rule.DENIED_DESTROY)
                            .filter(_ -> sensed.impacts().contains(Impact.DESTROY)));
        }

        static Unheard of(Refusal refusal) {
            return new Unheard(Optional.empty(), refusal, Json.object(), Optional.empty());
        }

        static Unheard of(Lease lease, Refusal refusal) {
            return new Unheard(Optional.of(lease), refusal, Json.object(), Optional.empty());
        }
    }
}
