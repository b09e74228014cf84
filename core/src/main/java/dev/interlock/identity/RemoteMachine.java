package dev.interlock.identity;

import java.time.Instant;

/**
 * A machine or a pod elsewhere. It proves itself by a client certificate, and takes leases of one agent by itself.
 *
 * @param id {@code M-} and a ULID; also the place that its leases are bound to
 * @param fingerprint the SHA-256 of its certificate, in hexadecimal digits
 * @param request what each of its leases covers
 * @param addedBy the user who added it
 */
public record RemoteMachine(
        String id, String fingerprint, LeaseRequest request, String addedBy, Instant added, Instant expires) {}
