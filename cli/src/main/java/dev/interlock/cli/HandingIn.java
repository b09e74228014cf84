package dev.interlock.cli;

import dev.interlock.backup.Attested;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Looks;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Turns;
import dev.interlock.backup.kept.Encryption;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Hands in, as it lies on the target, what was signed and the gateway has not heard: it was not there at the time, or
 * had no room. What it does not take, or cannot write down, is handed in again, but not at once.
 *
 * <p>Threading: any thread, of each plan one at a time.
 */
final class HandingIn {

    private final Terminal terminal;
    private final BackupGateway gateway;
    private final Looks looks;
    private final Encryption encryption;
    private final LongSupplier nanos;
    private final Map<String, Long> handedIn = new ConcurrentHashMap<>();
    private final Set<String> heard = ConcurrentHashMap.newKeySet();

    HandingIn(Terminal terminal, BackupGateway gateway, Looks looks, Encryption encryption, LongSupplier nanos) {
        this.terminal = terminal;
        this.gateway = gateway;
        this.looks = looks;
        this.encryption = encryption;
        this.nanos = nanos;
    }

    /** Hands in {@code found}, unless it was not long ago; the receipt, if the gateway was told. */
    Optional<String> handIn(Plan plan, Attested found) {
        String word = BackupWork.called(plan, found.id()) + " " + found.json().text("tried_at");
        Long since = handedIn.get(word);
        if (heard.contains(word) || (since != null && nanos.getAsLong() - since < Turns.AGAIN.toNanos())) {
            return Optional.empty();
        }
        handedIn.put(word, nanos.getAsLong());
        Optional<String> receipt = signature(plan, found).flatMap(signature -> gateway.attest(found, signature));
        if (receipt.isPresent()) {
            heard.add(word); // the gateway may forget it again, for younger ones
        }
        return receipt;
    }

    /** One that cannot be read keeps nobody from taking the next backup. */
    private Optional<String> signature(Plan plan, Attested found) {
        try {
            return Listing.signature(looks, plan, encryption, found.id());
        } catch (IOException | RuntimeException e) {
            terminal.problem(BackupWork.called(plan, found.id())
                    + ": what was signed of it cannot be read, and the gateway was not told: " + e.getMessage());
            return Optional.empty();
        }
    }
}
