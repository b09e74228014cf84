package dev.interlock.identity;

import java.time.Instant;
import java.util.Optional;

/**
 * A machine or a pod elsewhere. It proves itself by a client certificate, and takes leases of one agent by itself.
 *
 * @param id {@code M-} and a ULID; also the place that its leases are bound to
 * @param addedBy the user who added it, or renewed it last
 * @param publicKey in PEM form; empty if an older version added it
 */
public record RemoteMachine(
        String id,
        String fingerprint,
        LeaseRequest request,
        String addedBy,
        Instant added,
        Instant expires,
        Optional<String> publicKey,
        Optional<EarlierCertificate> earlier) {

    /** A certificate of the same key that is accepted until its own end, while the new one is copied. */
    public record EarlierCertificate(String fingerprint, Instant expires) {}

    /** Returns it with a new certificate. Of the earlier ones, the last alone is still accepted. */
    public RemoteMachine renewed(String print, String by, Instant at, Instant until) {
        return new RemoteMachine(
                id,
                print,
                request,
                by,
                at,
                until,
                publicKey,
                Optional.of(new EarlierCertificate(fingerprint, expires)));
    }
}
