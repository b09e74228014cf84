package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Restoration;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A copy that may or may not save the day.
 *
 * @param id the provider's or the seal's name for it
 * @param of what it is a copy of
 * @param takenAt when
 * @param domain the failure domain it lies in, as {@code railway:volume/vol_x} or {@code s3:elsewhere}
 * @param provenance who says so
 * @param restoredAt when Interlock itself last restored it for real, if ever
 * @param attestation who says that, so that others can check it; there if {@code restoredAt} is
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
     * The word of whoever restored it.
     *
     * @param said what {@link dev.interlock.evidence.Restoration} reads
     * @param signature over that, an armored SSHSIG
     * @param covers what of that which would be lost it brings back
     */
    public record Attestation(Json.Members said, String signature, Set<Resource> covers) {
        public Attestation {
            covers = Collections.unmodifiableSet(new TreeSet<>(covers));
        }
    }

    /** One that nobody has attested. */
    public Backup(
            String id,
            Resource of,
            Instant takenAt,
            String domain,
            Provenance provenance,
            Optional<Instant> restoredAt) {
        this(id, of, takenAt, domain, provenance, restoredAt, Optional.empty());
    }

    /** The plan of the seal that it was taken by; empty unless somebody has attested it. */
    public Optional<String> plan() {
        return provenance == Provenance.ATTESTED ? Optional.of(id.substring(0, id.indexOf('/'))) : Optional.empty();
    }

    /** Whether nobody saw that it lies apart, though it was restored: it does by the seal's word alone. */
    public boolean isUnseen() {
        return attestation.filter(word -> !Restoration.isSeenApart(word.said())).isPresent();
    }

    /** How many databases were on its source's server that no plan saved, by the word of whoever restored it. */
    public long unsavedBeside() {
        return attestation
                .flatMap(word -> Restoration.beside(word.said()))
                .map(Restoration.Beside::count)
                .orElse(0L);
    }

    /** This one, of which {@code covers} would be lost; the same if nobody has attested it. */
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
