package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** What sensing makes of an attempt. */
sealed interface Perception {

    /**
     * It is understood whole.
     *
     * @param seal under which
     * @param sensed what it is
     * @param gaps what the provider did not tell just now, which therefore counts as most protected
     * @param veil what its answer must go through, if it may hold secrets that the agent is not to see
     * @param noticed what people are told, whatever becomes of it
     */
    record Understood(Seal seal, Sensed sensed, List<String> gaps, Optional<Veil> veil, Optional<Alarm> noticed)
            implements Perception {}

    /**
     * Something that a person should know at once.
     *
     * @param rule which kind of thing it is
     * @param summary one plain sentence
     * @param ends whether the lease ends with it
     */
    record Alarm(Alert.Rule rule, String summary, boolean ends) {

        /** The same, which says {@code other} besides. */
        Alarm with(Optional<Alarm> other) {
            return other.map(more -> new Alarm(rule, summary + " " + more.summary(), ends || more.ends()))
                    .orElse(this);
        }
    }

    /** The same, with something that people are told besides; an alarm that it is by itself comes first. */
    default Perception noticing(Optional<Alarm> alarm) {
        return switch (this) {
            case Understood(var seal, var sensed, var gaps, var veil, var _) ->
                new Understood(seal, sensed, gaps, veil, alarm);
            case Unheard unheard ->
                new Unheard(
                        unheard.lease(),
                        unheard.refusal(),
                        unheard.observed(),
                        unheard.alarm().or(() -> alarm));
        };
    }

    /**
     * It ends here.
     *
     * @param lease who is behind it, as far as that is known
     * @param refusal what to answer
     * @param observed what else belongs in the receipt
     * @param alarm what people are told, if this is an alarm
     */
    record Unheard(Optional<Lease> lease, Refusal refusal, Json.Members observed, Optional<Alarm> alarm)
            implements Perception {

        /** The same, but for what is answered. */
        Unheard answering(Refusal other) {
            return new Unheard(lease, other, observed, alarm);
        }

        static Unheard of(Refusal refusal) {
            return new Unheard(Optional.empty(), refusal, Json.object(), Optional.empty());
        }

        static Unheard of(Lease lease, Refusal refusal) {
            return new Unheard(Optional.of(lease), refusal, Json.object(), Optional.empty());
        }
    }
}
