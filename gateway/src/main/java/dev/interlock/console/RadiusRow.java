package dev.interlock.console;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A line of the blast radius: a target of the call, an environment that has it, a service that uses it, a backup. */
record RadiusRow(String kind, String name, String note, Fate fate) {

    /** What becomes of it if the call goes ahead. */
    enum Fate {
        LOST("lost"),
        AFFECTED("affected"),
        SURVIVES("survives");

        private final String word;

        Fate(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /** Returns the blast radius of {@code meaning} as a reader asks: targets, their environments, users, copies. */
    static List<RadiusRow> of(Json.Members meaning, List<AgentQuestion.Dependent> around, Instant now) {
        Json.Members radius = meaning.object("radius");
        List<String> lost = DisplayText.texts(radius, "lost");
        boolean destroys = !lost.isEmpty();
        Map<String, RadiusRow> targets = new LinkedHashMap<>();
        Set<String> environments = new LinkedHashSet<>();
        for (Json.Members action : meaning.objects("actions")) {
            for (Json.Members resource : action.objects("resources")) {
                String id = DisplayText.text(resource, "id");
                targets.putIfAbsent(id, target(radius, id, lost.contains(id)));
                environments.addAll(DisplayText.texts(resource, "environments"));
            }
        }
        boolean volumes = lost.stream().anyMatch(id -> id.contains(":volume/"));
        lost.stream()
                .filter(id -> !volumes || !id.contains(":volume-instance/")) // mounts of volumes that are listed
                .forEach(id -> targets.putIfAbsent(id, target(radius, id, true)));
        environments.addAll(DisplayText.texts(radius, "environments"));
        targets.values().stream() // acted on itself
                .filter(row -> row.kind().equals("environment"))
                .forEach(row -> environments.remove(row.name()));
        List<RadiusRow> rows = new ArrayList<>(targets.values());
        Fate touched = destroys ? Fate.LOST : Fate.AFFECTED;
        environments.forEach(
                name -> rows.add(new RadiusRow("environment", name, destroys ? "loses it" : "is touched", touched)));
        for (AgentQuestion.Dependent use : around) {
            String note = (destroys ? "loses its data in " : "uses it in ") + DisplayText.text(use.environment());
            rows.add(new RadiusRow("service", DisplayText.text(use.service()), note, Fate.AFFECTED));
        }
        radius.objects("lost_backups").forEach(one -> rows.add(backup(one, Fate.LOST, now)));
        radius.objects("survivors").forEach(one -> rows.add(backup(one, Fate.SURVIVES, now)));
        return rows;
    }

    private static RadiusRow target(Json.Members radius, String id, boolean isLost) {
        DisplayText.NamedThing thing =
                DisplayText.NamedThing.of(id, radius.optionalObject("names").flatMap(names -> names.optionalText(id)));
        return new RadiusRow(
                thing.kind(), thing.name(), isLost ? "would be gone" : "", isLost ? Fate.LOST : Fate.AFFECTED);
    }

    private static RadiusRow backup(Json.Members backup, Fate fate, Instant now) {
        String proven = backup.optionalText("restored_at")
                .map(at -> ", restored " + DisplayText.age(at, now) + " ago")
                .orElse(fate == Fate.SURVIVES ? ", never restored" : "");
        return new RadiusRow(
                "backup",
                DisplayText.text(backup, "id"),
                DisplayText.age(backup.text("taken_at"), now) + " old" + proven,
                fate);
    }
}
