package dev.interlock.backup;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The gateway's view of a plan's backups: the one it relies on, when each was last tried, those it will forget at a
 * restart because a write failed, and whether none counts because they could not be listed.
 */
public record BackupStatus(
        Optional<String> counted, Map<String, Instant> tried, Set<String> unkept, boolean isUnchecked) {

    public BackupStatus {
        tried = Map.copyOf(tried);
        unkept = Set.copyOf(unkept);
    }

    /** Reads the view of one plan from the response of {@code backup.plans}. */
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

    /** Returns whether the gateway knows no such or later result of this backup, or will forget it at a restart. */
    public boolean isNews(BackupAttestation found) {
        Instant heard = tried.get(found.id());
        return heard == null
                || heard.isBefore(found.triedAt())
                || (unkept.contains(found.id()) && heard.equals(found.triedAt()));
    }
}
