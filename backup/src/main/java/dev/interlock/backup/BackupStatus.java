package dev.interlock.backup;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The gateway's view of a plan's backups.
 *
 * @param counted the backup that it relies on
 * @param tried the time of the last proof of each known backup, as far as it has heard
 * @param unkept the backups whose last attestation it will forget at a restart, because it could not write it
 * @param isUnchecked whether none counts for now, because the backups could not be listed
 */
public record BackupStatus(
        Optional<String> counted, Map<String, Instant> tried, Set<String> unkept, boolean isUnchecked) {

    public BackupStatus {
        tried = Map.copyOf(tried);
        unkept = Set.copyOf(unkept);
    }

    /**
     * Reads the view of one plan from the response of {@code backup.plans}.
     *
     * @throws dev.interlock.evidence.MalformedException or {@link java.time.DateTimeException}, if something is missing
     */
    public static BackupStatus of(Json.Members said) {
        Map<String, Instant> tried = new HashMap<>();
        Json.Members times = said.object("tried");
        times.members().keySet().forEach(id -> tried.put(id, Instant.parse(times.text(id))));
        return new BackupStatus(
                said.optionalText("counted"),
                tried,
                Set.copyOf(said.texts("unkept")),
                said.optionalText("unlooked").isPresent());
    }

    /**
     * Returns whether {@code found} is new to the gateway: it knows neither this result nor a later one of the same
     * backup. Also returns true if it will forget the result at a restart.
     */
    public boolean isNews(BackupAttestation found) {
        Instant heard = tried.get(found.id());
        return heard == null
                || heard.isBefore(found.triedAt())
                || (unkept.contains(found.id()) && heard.equals(found.triedAt()));
    }
}
