package dev.interlock.vault;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/** The seal in force, which the vault verifies itself, once for each id. Threading: any thread; one verifies. */
final class VaultSeals {

    /** Says in whole sentences, without any secret, why no credential opens. */
    static final class RefusalException extends Exception {
        final String why;

        RefusalException(String why) {
            super(why);
            this.why = why;
        }
    }

    /** Stores the highest sequence of an accepted seal, so that an older one cannot return. Guarded by this. */
    private final Path floor;

    private final Vault.PinnedSealKeys pins;
    private final Vault.EnvelopeSource envelopes;
    private final InstantSource clock;
    private volatile Optional<VerifiedSeal> latest = Optional.empty();

    VaultSeals(Path root, Vault.PinnedSealKeys pins, Vault.EnvelopeSource envelopes, InstantSource clock) {
        this.floor = root.resolve("seal.floor");
        this.pins = pins;
        this.envelopes = envelopes;
        this.clock = clock;
    }

    Optional<VerifiedSeal> latest() {
        return latest;
    }

    VerifiedSeal see(String id) throws IOException, RefusalException {
        Optional<VerifiedSeal> known = latest.filter(seal -> seal.id().equals(id));
        return known.isPresent() ? unlessExpired(known.get()) : verify(id);
    }

    private synchronized VerifiedSeal verify(String id) throws IOException, RefusalException {
        try {
            VerifiedSeal seal = VerifiedSeal.open(envelopes.envelope(id), pins);
            if (!seal.id().equals(id)) {
                throw new RefusalException("The seal in force is not the requested one.");
            }
            long sequence = seal.document().sequence();
            if (sequence < floor()) {
                throw new RefusalException("A newer seal was in force before this one. Send the request again.");
            }
            raise(sequence);
            latest = Optional.of(seal);
            return unlessExpired(seal);
        } catch (BadSignatureException | IllegalArgumentException _) {
            throw new RefusalException("The vault cannot verify the seal in force.");
        }
    }

    /** Accepts no seal below {@code sequence} from now on. */
    synchronized void raise(long sequence) throws IOException {
        if (sequence > floor()) {
            PrivateFiles.replace(floor, (sequence + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    long floor() throws IOException {
        if (!Files.exists(floor)) {
            return 0;
        }
        try {
            return Long.parseLong(new String(VaultFiles.read(floor), StandardCharsets.US_ASCII).strip());
        } catch (NumberFormatException e) {
            throw new IOException("`" + floor + "` holds no sequence", e);
        }
    }

    private VerifiedSeal unlessExpired(VerifiedSeal seal) throws RefusalException {
        if (!clock.instant().isBefore(seal.document().expires())) {
            throw new RefusalException("The seal in force has expired.");
        }
        return seal;
    }
}
