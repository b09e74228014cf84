package dev.interlock.cli;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The table of backups on the targets of plans. If a target cannot be read, the table says so and shows the others. */
final class BackupTable {

    private static final String UNREAD = "?";

    private final Encryption encryption;
    private final List<Json> backups = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();
    private final List<Json> left = new ArrayList<>();
    private final Map<String, String> notKnown = new TreeMap<>();

    BackupTable(Encryption encryption) {
        this.encryption = encryption;
    }

    void check(BackupPlanConfig plan) {
        try {
            BackupListing.of(plan, encryption).entries().forEach(entry -> add(plan, entry));
            BackupListing.leftovers(plan, encryption).forEach((name, why) -> addLeft(plan, name, why));
        } catch (IOException | RuntimeException e) {
            notKnown.put(plan.name(), String.valueOf(e.getMessage()));
        }
    }

    private void add(BackupPlanConfig plan, BackupListing.ListedBackup entry) {
        backups.add(entry.json().with("plan", plan.name()));
        rows.add(List.of(
                plan.name(),
                entry.id(),
                entry.isRead() ? CellFormat.time(entry.takenAt().toString()) : UNREAD,
                entry.isRead() ? BackupCommand.size(entry.bytes()) : UNREAD,
                tried(entry)));
    }

    private void addLeft(BackupPlanConfig plan, String name, String why) {
        left.add(Json.object().with("plan", plan.name()).with("name", name).with("why", why));
        rows.add(List.of(plan.name(), name, UNREAD, UNREAD, "does not count: " + why));
    }

    /** Trouble comes first: a backup that was restored and is damaged now cannot be relied on. */
    private static String tried(BackupListing.ListedBackup entry) {
        Optional<String> trouble = entry.problem();
        if (entry.attested().isEmpty()) {
            return trouble.orElse("never");
        }
        BackupAttestation found = entry.attested().get();
        String at = CellFormat.time(found.json().text("tried_at"));
        if (found.restored()) {
            return trouble.map(why -> why + "; when it was tried: ").orElse("") + "restored " + at;
        }
        return "RESTORE TEST FAILED " + at + ": "
                + Stream.concat(trouble.stream(), found.faults().stream())
                        .distinct()
                        .collect(Collectors.joining("; "));
    }

    /** Prints the table, and returns the exit code. */
    int print(Terminal terminal, boolean json) {
        if (json) {
            terminal.json(Json.object()
                    .with("backups", new Json.Array(backups))
                    .with("left", new Json.Array(left))
                    .with("not_known", notKnown()));
        } else {
            terminal.table(List.of("PLAN", "BACKUP", "TAKEN", "SIZE", "TRIED"), rows);
        }
        notKnown.forEach((plan, why) -> terminal.problem(plan + ": " + why));
        return notKnown.isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    private Json.Array notKnown() {
        return new Json.Array(notKnown.entrySet().stream()
                .<Json>map(one -> Json.object().with("plan", one.getKey()).with("trouble", one.getValue()))
                .toList());
    }
}
