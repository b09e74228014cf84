package dev.interlock.cli;

import dev.interlock.backup.Listing;
import dev.interlock.backup.Plan;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What lies on the targets of plans. Of one that cannot be looked at that is said, and the others are shown. */
final class BackupTable {

    private final Encryption encryption;
    private final List<Json> backups = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();
    private final Map<String, String> notKnown = new TreeMap<>();

    BackupTable(Encryption encryption) {
        this.encryption = encryption;
    }

    void look(Plan plan) {
        try {
            Listing.of(plan, encryption).entries().forEach(entry -> add(plan, entry));
        } catch (IOException | RuntimeException e) {
            notKnown.put(plan.name(), String.valueOf(e.getMessage()));
        }
    }

    private void add(Plan plan, Listing.Entry entry) {
        backups.add(entry.json().with("plan", plan.name()));
        rows.add(List.of(
                plan.name(), entry.id(), entry.takenAt().toString(), BackupCommand.size(entry.bytes()), tried(entry)));
    }

    private static String tried(Listing.Entry entry) {
        return entry.attested()
                .map(found -> (found.restored() ? "restored " : "WORTH NOTHING ")
                        + found.json().text("tried_at"))
                .orElse(entry.trouble().orElse("never"));
    }

    /** The exit code. */
    int print(Terminal terminal, boolean json) {
        if (json) {
            terminal.json(Json.object().with("backups", new Json.Array(backups)).with("not_known", notKnown()));
        } else {
            terminal.table(List.of("PLAN", "BACKUP", "TAKEN", "SIZE", "TRIED"), rows);
        }
        notKnown.forEach((plan, why) -> terminal.problem(plan + ": " + why));
        return notKnown.isEmpty() ? Exit.OK : Exit.UNAVAILABLE;
    }

    private Json.Array notKnown() {
        return new Json.Array(notKnown.entrySet().stream()
                .<Json>map(one -> Json.object().with("plan", one.getKey()).with("trouble", one.getValue()))
                .toList());
    }
}
