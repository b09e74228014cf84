package dev.interlock.identity;

import dev.interlock.action.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A lease and what became of it.
 *
 * @param ttl how long it was asked for; what a renewal gives again
 * @param signature who widened it beyond what the seal gives for the asking, if somebody did
 * @param end that somebody ended it, if somebody did
 * @param parent the lease that it was derived from, if it is a child
 */
record LeaseEntry(
        Lease lease, Duration ttl, Optional<Signature> signature, Optional<End> end, Optional<String> parent) {

    LeaseEntry {
        // Whatever it was read from: a lease always says who let it have more than the seal gives.
        Lease plain = lease;
        lease = signature
                .map(by -> plain.signedBy(by.person(), by.usersNamed()))
                .orElse(lease);
    }

    /**
     * Whose signature, and by which key.
     *
     * @param person who signed
     * @param key the signing key's fingerprint, or a passkey's name; in old stores a line of OpenSSH
     * @param usersNamed whether the seal then named the users who take the agent's leases; not in old stores
     */
    record Signature(String person, String key, boolean usersNamed) {}

    /**
     * That somebody ended it.
     *
     * @param at when
     * @param reason why, in their words; empty if they gave none
     */
    record End(Instant at, String reason) {}

    /** One that was asked for, and perhaps signed for. */
    static LeaseEntry issued(Lease lease, Duration ttl, Optional<PersonSignatures.Signed> signed, boolean usersNamed) {
        Optional<Signature> signature =
                signed.map(by -> new Signature(by.person().name(), by.key(), usersNamed));
        return new LeaseEntry(lease, ttl, signature, Optional.empty(), Optional.empty());
    }

    LeaseEntry ended(End by) {
        return end.isPresent() ? this : new LeaseEntry(lease, ttl, signature, Optional.of(by), parent);
    }

    Optional<Instant> revoked() {
        return end.map(End::at);
    }

    LeaseEntry until(Instant expires) {
        return new LeaseEntry(lease.until(expires), ttl, signature, end, parent);
    }

    /** What it would have to be asked for today. */
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
