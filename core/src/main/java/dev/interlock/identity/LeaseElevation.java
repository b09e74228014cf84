package dev.interlock.identity;

import dev.interlock.action.Elevation;
import java.time.Instant;
import java.util.List;

/**
 * A temporary elevation of a lease. It ends with the lease, and with the seal under which people signed: a new seal may
 * be meant to end it. It also ends when the signature of any signer no longer counts, and for good with a kill.
 *
 * @param lease the lease that asked; leases derived from it are not elevated
 * @param until its expiry on the clock of holds, which may be ahead of the wall clock
 * @param receiptUntil its expiry in the receipt, on the wall clock, which limits it as well
 */
public record LeaseElevation(
        String hold,
        String lease,
        String seal,
        Elevation elevation,
        Instant until,
        Instant receiptUntil,
        List<ElevationSigner> signers) {

    /** A signer of an elevation, by the key's fingerprint or a passkey's name. */
    public record ElevationSigner(String person, String key) {}

    public LeaseElevation {
        signers = List.copyOf(signers);
    }

    /** Returns it as it is for good after a kill. */
    LeaseElevation ended() {
        return new LeaseElevation(hold, lease, seal, elevation, until, Instant.EPOCH, signers);
    }

    /** Returns whether a kill has ended it. */
    public boolean isEnded() {
        return receiptUntil.equals(Instant.EPOCH);
    }
}
