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
 * @param failed the backups that it considers bad
 * @param tried the time of the last test of each known backup, as far as it has heard
 * @param unkept the backups whose last attestation it will forget at a restart, because it could not write it
 * @param isUnchecked whether none counts for now, because the target could not be checked
 */
public record BackupStatus(
        Optional<String> counted,
        Set<String> failed,
        Map<String, Instant> tried,
        Set<String> unkept,
        boolean isUnchecked) {

    /** The view when the gateway cannot be asked. */
    public static final BackupStatus UNKNOWN = new BackupStatus(Optional.empty(), Set.of(), Map.of());

    /** Creates the view of a plan whose target can be checked. */
    public BackupStatus(Optional<String> counted, Set<String> failed, Map<String, Instant> tried) {
        this(counted, failed, tried, Set.of(), false);
    }

    public BackupStatus {
        failed = Set.copyOf(failed);
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
                Set.copyOf(said.texts("failed")),
                tried,
                Set.copyOf(said.texts("unkept")),
                said.optionalText("unlooked").isPresent());
    }

    /** Returns whether the gateway relies on {@code id}. */
    public boolean counts(String id) {
        return counted.filter(id::equals).isPresent();
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
