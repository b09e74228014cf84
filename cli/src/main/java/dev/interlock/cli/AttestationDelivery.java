package dev.interlock.cli;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.JobQueue;
import dev.interlock.backup.TargetCheck;
import dev.interlock.backup.kept.Encryption;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Hands in signed attestations that lie on the target and that the gateway does not know: it was down at the time, or
 * had no space. A rejected or unsaved attestation is handed in again, after a pause.
 *
 * <p>Threading: any thread, but for each plan one at a time.
 */
final class AttestationDelivery {

    private final Terminal terminal;
    private final BackupGateway gateway;
    private final TargetCheck looks;
    private final Encryption encryption;
    private final LongSupplier nanos;
    private final Map<String, Long> handedIn = new ConcurrentHashMap<>();
    private final Set<String> heard = ConcurrentHashMap.newKeySet();

    AttestationDelivery(
            Terminal terminal, BackupGateway gateway, TargetCheck looks, Encryption encryption, LongSupplier nanos) {
        this.terminal = terminal;
        this.gateway = gateway;
        this.looks = looks;
        this.encryption = encryption;
        this.nanos = nanos;
    }

    /** Hands in {@code found}, unless that was tried recently. Returns the receipt if the gateway accepted it. */
    Optional<String> deliver(BackupPlanConfig plan, BackupAttestation found) {
        String word = BackupWork.called(plan, found.id()) + " " + found.json().text("tried_at");
        Long since = handedIn.get(word);
        if (heard.contains(word) || (since != null && nanos.getAsLong() - since < JobQueue.AGAIN.toNanos())) {
            return Optional.empty();
        }
        handedIn.put(word, nanos.getAsLong());
        Optional<String> receipt = signature(plan, found).flatMap(signature -> gateway.attest(found, signature));
        if (receipt.isPresent()) {
            heard.add(word); // the gateway may drop it later in favour of younger ones
        }
        return receipt;
    }

    /** An unreadable signature must not prevent the next backup. */
    private Optional<String> signature(BackupPlanConfig plan, BackupAttestation found) {
        try {
            return BackupListing.signature(looks, plan, encryption, found.id());
        } catch (IOException | RuntimeException e) {
            terminal.problem(BackupWork.called(plan, found.id())
                    + ": its attestation cannot be read, so the gateway was not notified: " + e.getMessage());
            return Optional.empty();
        }
    }
}
