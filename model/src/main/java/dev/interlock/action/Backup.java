package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.RestoreAttestation;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A backup of a resource, restored or not.
 *
 * @param id the provider's or the seal's name for it
 * @param domain the failure domain it lies in, as {@code railway:volume/vol_x} or {@code s3:elsewhere}
 * @param restoredAt when Interlock itself last restored it for real, if ever
 * @param attestation the signed proof of that, for others to check; present if {@code restoredAt} is
 */
public record Backup(
        String id,
        Resource of,
        Instant takenAt,
        String domain,
        Provenance provenance,
        Optional<Instant> restoredAt,
        Optional<Attestation> attestation) {

    /**
     * The attestation by the process that restored it.
     *
     * @param signature over that, an armored SSHSIG
     * @param covers which of the resources that would be lost it brings back
     */
    public record Attestation(Json.Members said, String signature, Set<Resource> covers) {
        public Attestation {
            covers = Collections.unmodifiableSet(new TreeSet<>(covers));
        }
    }

    public Backup(
            String id,
            Resource of,
            Instant takenAt,
            String domain,
            Provenance provenance,
            Optional<Instant> restoredAt) {
        this(id, of, takenAt, domain, provenance, restoredAt, Optional.empty());
    }

    /** The plan of the seal that it was taken by; empty without an attestation. */
    public Optional<String> plan() {
        return provenance == Provenance.ATTESTED ? Optional.of(id.substring(0, id.indexOf('/'))) : Optional.empty();
    }

    /** Returns whether it was restored, but nobody saw that it lies on another device. Only the seal says so then. */
    public boolean isSeparationUnseen() {
        return attestation
                .filter(word -> !RestoreAttestation.isSeparationSeen(word.said()))
                .isPresent();
    }

    /**
     * Returns this backup with {@code covers} as the lost resources that it restores; unchanged without an attestation.
     */
    public Backup covering(Set<Resource> covers) {
        return new Backup(
                id,
                of,
                takenAt,
                domain,
                provenance,
                restoredAt,
                attestation.map(word -> new Attestation(word.said(), word.signature(), covers)));
    }
}
