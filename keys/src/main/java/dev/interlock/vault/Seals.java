package dev.interlock.vault;

import dev.interlock.evidence.BadSignatureException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The seal in force, which the vault verifies itself, once for each id.
 *
 * <p>Threading: any thread may ask; a new seal is verified under one lock.
 */
final class Seals {

    /** The result of verifying a seal. */
    sealed interface Seen {
        record Usable(VerifiedSeal seal) implements Seen {}

        record Unusable(String why) implements Seen {}
    }

    private final SealFloor floor; // guarded by this
    private final Vault.Pins pins;
    private final Vault.Envelopes envelopes;
    private final InstantSource clock;
    private volatile Optional<VerifiedSeal> latest = Optional.empty();

    Seals(Path root, Vault.Pins pins, Vault.Envelopes envelopes, InstantSource clock) {
        this.floor = new SealFloor(root);
        this.pins = pins;
        this.envelopes = envelopes;
        this.clock = clock;
    }

    /** Returns the newest seal verified so far. */
    Optional<VerifiedSeal> latest() {
        return latest;
    }

    Seen see(String id) throws IOException {
        Optional<VerifiedSeal> known = latest.filter(seal -> seal.id().equals(id));
        return known.isPresent() ? unlessExpired(known.get()) : verify(id);
    }

    private synchronized Seen verify(String id) throws IOException {
        try {
            VerifiedSeal seal = VerifiedSeal.open(envelopes.envelope(id), pins);
            if (!seal.id().equals(id)) {
                return new Seen.Unusable("The seal in force is not the one that was asked for.");
            }
            if (seal.document().sequence() < floor.sequence()) {
                return new Seen.Unusable("A newer seal was in force before this one. Send the request again.");
            }
            floor.raiseTo(seal.document().sequence());
            latest = Optional.of(seal);
            return unlessExpired(seal);
        } catch (BadSignatureException | IllegalArgumentException _) {
            return new Seen.Unusable("The vault cannot verify the seal in force.");
        }
    }

    private Seen unlessExpired(VerifiedSeal seal) {
        boolean expired = !clock.instant().isBefore(seal.document().expires());
        return expired ? new Seen.Unusable("The seal in force has expired.") : new Seen.Usable(seal);
    }
}
