package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an attempt would cost, computed and never guessed.
 *
 * @param environments every environment it reaches
 * @param lost resources that would be gone; empty unless something is destroyed
 * @param lostBackups backups that would be gone with them
 * @param survivors backups of what is lost that would remain
 * @param notes what else a person must know, in whole sentences
 */
public record BlastRadius(
        Set<String> environments,
        Set<Resource> lost,
        List<Backup> lostBackups,
        List<Backup> survivors,
        List<String> notes) {

    public BlastRadius {
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        lost = Collections.unmodifiableSet(new TreeSet<>(lost));
        lostBackups = List.copyOf(lostBackups);
        survivors = List.copyOf(survivors);
        notes = List.copyOf(notes);
    }

    /** The youngest backup that would remain, restored or not. */
    public Optional<Backup> youngestSurvivor() {
        return survivors.stream().max(Comparator.comparing(Backup::takenAt));
    }

    /** For statements and receipts. Ages are left out: they would change it from one second to the next. */
    public Json.Members canonical() {
        return Json.object()
                .withTexts("environments", environments)
                .withTexts("lost", lost.stream().map(Resource::toString).toList())
                .with("lost_backups", backups(lostBackups))
                .with("survivors", backups(survivors))
                .withTexts("notes", notes);
    }

    private static Json.Array backups(List<Backup> backups) {
        return new Json.Array(backups.stream()
                .sorted(Comparator.comparing(Backup::id))
                .<Json>map(BlastRadius::backup)
                .toList());
    }

    private static Json.Members backup(Backup backup) {
        Json.Members fields = Json.object()
                .with("id", backup.id())
                .with("of", backup.of().toString())
                .with("taken_at", backup.takenAt().toString())
                .with("domain", backup.domain())
                .with("provenance", backup.provenance().word());
        Json.Members restored = backup.restoredAt()
                .map(at -> fields.with("restored_at", at.toString()))
                .orElse(fields);
        return backup.attestation()
                .map(word -> restored.with("attestation", word.said())
                        .with("signature", word.signature())
                        .withTexts(
                                "covers",
                                word.covers().stream().map(Resource::toString).toList()))
                .orElse(restored);
    }
}
