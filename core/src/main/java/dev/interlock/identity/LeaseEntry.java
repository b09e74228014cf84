package dev.interlock.identity;

import dev.interlock.action.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A lease with its signature, end and parent.
 *
 * @param ttl the requested lifetime, which a renewal grants again
 * @param signature the signature that widened it beyond what the seal grants without one, if any
 */
record LeaseEntry(
        Lease lease, Duration ttl, Optional<Signature> signature, Optional<LeaseEnd> end, Optional<String> parent) {

    LeaseEntry {
        // A lease always names the signer who widened it, for every source of the entry.
        Lease plain = lease;
        lease = signature
                .map(by -> plain.signedBy(by.person(), by.usersNamed()))
                .orElse(lease);
    }

    /**
     * A signature by a key's fingerprint or a passkey's name; whether the seal named the users who take such leases.
     */
    record Signature(String person, String key, boolean usersNamed) {}

    /** The end of a lease by a person, with their reason; empty if they gave none. */
    record LeaseEnd(Instant at, String reason) {}

    /** Creates the entry of a requested lease, which may be signed. */
    static LeaseEntry issued(
            Lease lease, Duration ttl, Optional<PersonSignatures.VerifiedPersonSignature> signed, boolean usersNamed) {
        Optional<Signature> signature =
                signed.map(by -> new Signature(by.person().name(), by.key(), usersNamed));
        return new LeaseEntry(lease, ttl, signature, Optional.empty(), Optional.empty());
    }

    LeaseEntry ended(LeaseEnd by) {
        return end.isPresent() ? this : new LeaseEntry(lease, ttl, signature, Optional.of(by), parent);
    }

    Optional<Instant> revoked() {
        return end.map(LeaseEnd::at);
    }

    LeaseEntry until(Instant expires) {
        return new LeaseEntry(lease.until(expires), ttl, signature, end, parent);
    }

    LeaseRequest asRequest() {
        return new LeaseRequest(
                lease.agent(),
                lease.task(),
                lease.template(),
                lease.environments(),
                lease.impacts(),
                lease.resources(),
                lease.place(),
                ttl);
    }
}
