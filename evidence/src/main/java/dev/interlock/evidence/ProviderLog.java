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
 * and if the call expects it: by its key, and with a target that is the event's, contains it or lies in it. A call
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
     * @param target a path such as {@code shop/orders}; empty if the log does not say
     */
    record ProviderEvent(
            String place, Instant at, Set<String> actors, String kind, String key, String target, Effect effect) {

        ProviderEvent with(Effect end) {
            return new ProviderEvent(place, at, actors, kind, key, target, end);
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
            boolean anywhere = targets.isEmpty() || event.target().isEmpty();
            return keys.contains(event.key())
                    && (anywhere || targets.stream().anyMatch(target -> overlap(target + "/", event.target() + "/")));
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
