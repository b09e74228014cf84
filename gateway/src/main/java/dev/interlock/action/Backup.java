package dev.interlock.action;

import java.time.Instant;
import java.util.Optional;

/**
 * A copy that may or may not save the day.
 *
 * @param id the provider's or the seal's name for it
 * @param of what it is a copy of
 * @param takenAt when
 * @param domain the failure domain it lies in, as {@code railway:volume/vol_x} or {@code s3:elsewhere}
 * @param provenance who says so
 * @param restoredAt when Interlock itself last restored it for real, if ever
 */
public record Backup(
        String id, Resource of, Instant takenAt, String domain, Provenance provenance, Optional<Instant> restoredAt) {}
