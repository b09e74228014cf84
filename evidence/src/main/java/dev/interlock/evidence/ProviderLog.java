package dev.interlock.evidence;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * A provider's own record of what happened, which {@link Reconciliation} holds against receipts. A further provider is
 * one class that implements this, and its name in {@link ReconcileCommand}.
 *
 * <p>An event belongs to a call if it lies in the time from its receipt to its outcome, with a tolerance on both sides,
 * and if the call expects it: by its key, and with targets that are the event's, contain them or lie in them. A call
 * explains each of its expectations once, or once a kind. Who acted only says whether an event is compared: a provider
 * knows the credential of the gateway, and no agent.
 */
interface ProviderLog {

    /** What became of an event in the end. The log may not say. */
    enum Effect {
        HAPPENED,
        UNKNOWN,
        /** It failed, or was rolled back. */
        UNDONE
    }

    /**
     * Something that the provider did.
     *
     * @param place where the log says so
     * @param actors the names of who did it
     * @param kind what it is called there
     * @param key by which calls expect it; several kinds may have one
     * @param targets paths such as {@code shop/orders}; none if the log does not say
     */
    record ProviderEvent(
            String place, Instant at, Set<String> actors, String kind, String key, Set<String> targets, Effect effect) {

        ProviderEvent with(Effect end) {
            return new ProviderEvent(place, at, actors, kind, key, targets, end);
        }
    }

    /**
     * What a call leaves in the log.
     *
     * @param targets paths; none is any
     * @param isCertain whether it is missed if it is not there
     * @param isOne whether it is one event, and not one of each kind
     */
    record ExpectedEvent(Set<String> keys, Set<String> targets, boolean isCertain, boolean isOne) {

        boolean fits(ProviderEvent event) {
            return keys.contains(event.key())
                    && (targets.isEmpty()
                            || event.targets().stream()
                                    .allMatch(each ->
                                            targets.stream().anyMatch(target -> overlap(target + "/", each + "/"))));
        }

        private static boolean overlap(String one, String other) {
            return one.startsWith(other) || other.startsWith(one);
        }
    }

    /** Returns how the names of its operations in receipts begin, such as {@code pg/}. */
    String prefix();

    /**
     * Hands on the time of each line, and each event. Throws {@link MalformedException} at whatever it does not
     * understand.
     */
    void read(Reconciliation to) throws IOException;

    /** Returns what it logs of a call that does {@code actions}. */
    List<ExpectedEvent> expected(List<Json.Members> actions);
}
