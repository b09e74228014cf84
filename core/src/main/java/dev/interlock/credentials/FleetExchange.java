package dev.interlock.credentials;

import dev.interlock.action.Alert;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.vault.FleetAnswer;
import dev.interlock.vault.KeysClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Carries the fleet's rows between the store and the keys process, and understands none of them. */
public final class FleetExchange implements Runnable {

    /** Enough to learn of a document, a key and credentials, and to write one's own twice. */
    private static final int MAX_ROUNDS = 8;

    /** A person's command may write the vault's files just now, or the keys process start again. */
    private static final int MAX_FAILURES = 10;

    private final SqliteFleetStore store;
    private final KeysClient keys;
    private final KeyedFingerprints fingerprints;
    private final Consumer<Alert> alerts;
    private volatile Set<String> told = Set.of();
    private int failures;

    public FleetExchange(
            SqliteFleetStore store, KeysClient keys, KeyedFingerprints fingerprints, Consumer<Alert> alerts) {
        this.store = store;
        this.keys = keys;
        this.fingerprints = fingerprints;
        this.alerts = alerts;
    }

    /** Exchanges until both sides have what the other has. */
    @Override
    public void run() {
        if (!keys.isUp()) {
            return; // which people have been told
        }
        Set<String> troubles = new LinkedHashSet<>();
        try {
            Set<String> wanted = Set.of();
            for (int round = 0; round < MAX_ROUNDS; round++) {
                FleetAnswer answer = keys.exchange(store.rows(wanted), fingerprints.key());
                if (answer.fingerprint().isPresent()) {
                    fingerprints.use(answer.fingerprint().get());
                }
                answer.rows().forEach(store::write);
                troubles.addAll(answer.troubles());
                wanted = Set.copyOf(answer.wanted());
                if (wanted.isEmpty() && answer.rows().isEmpty()) {
                    break;
                }
            }
            if (!wanted.isEmpty()) {
                troubles.add("The store does not give what it should have for the fleet: " + String.join(", ", wanted)
                        + ".");
            }
            failures = 0;
            tell(troubles);
        } catch (IOException e) {
            if (++failures < MAX_FAILURES) {
                throw new UncheckedIOException(e);
            }
            tell(Set.of("The keys process does not exchange the fleet's credentials, nor hear of an expulsion: its log "
                    + "says why."));
        }
    }

    /** Returns what is wrong now, in whole sentences. */
    public Set<String> troubles() {
        return told;
    }

    private void tell(Set<String> troubles) {
        troubles.stream()
                .filter(trouble -> !told.contains(trouble))
                .forEach(trouble -> alerts.accept(
                        new Alert(Alert.AlertKind.KEYS_TROUBLE, Alert.Severity.ALARM, trouble, Map.of())));
        told = troubles;
    }
}
