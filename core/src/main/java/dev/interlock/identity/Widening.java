package dev.interlock.identity;

import dev.interlock.action.Elevation;
import java.time.Instant;
import java.util.List;

/**
 * That people have widened a lease for a while. It lasts no longer than the lease, and no longer than the seal under
 * which they signed: whoever seals anew may have meant to end it. And no longer than the word of each of them counts.
 *
 * @param hold by which; it widens once
 * @param lease the one that asked; not those derived from it
 * @param seal the id of the seal in force then
 * @param until when it ends by itself, on the clock of holds, which may be ahead of the wall clock
 * @param told when its receipt says that it ends, on the wall clock: it lasts no longer by that one either
 * @param signers all who signed; none in what an older version has kept, which therefore gives nothing
 */
public record Widening(
        String hold,
        String lease,
        String seal,
        Elevation elevation,
        Instant until,
        Instant told,
        List<Signer> signers) {

    /**
     * Who signed, and by which key.
     *
     * @param key its fingerprint, or a passkey's name
     */
    public record Signer(String person, String key) {}

    public Widening {
        signers = List.copyOf(signers);
    }
}
