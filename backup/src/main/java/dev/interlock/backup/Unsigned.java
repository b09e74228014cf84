package dev.interlock.backup;

import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Rehearsals that were handed in and that nobody has signed yet, in one file. They count for nothing: they are there
 * for somebody to sign.
 *
 * <p>Threading: guarded by whoever has it.
 */
final class Unsigned {

    /** Who comes back from holidays does not sign what they did before. */
    static final Duration KEPT = Duration.ofDays(7);

    /** Of one plan: who practises more often than that signs the last one. */
    static final int MAX_OF_A_PLAN = 4;

    private final Path file;

    /** One of them. */
    record Entry(Json.Members said, String by, Instant since) {

        Json.Members json() {
            return Json.object().with("said", said).with("by", by).with("since", since.toString());
        }

        boolean isOfPlan(String plan) {
            return said.text("plan").equals(plan);
        }
    }

    Unsigned(Path file) {
        this.file = file;
    }

    /** All that {@code now} still wait, oldest first. A file that cannot be read holds nothing. */
    List<Entry> all(Instant now) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("unsigned").stream()
                    .map(one -> new Entry(one.object("said"), one.text("by"), Instant.parse(one.text("since"))))
                    .filter(one -> now.isBefore(one.since().plus(KEPT)))
                    .toList();
        } catch (MalformedException | DateTimeException e) {
            return List.of();
        }
    }

    /** Keeps {@code entry}; the oldest of its plan that the same user handed in may go, and nobody else's. */
    void keep(Entry entry) throws IOException {
        List<Entry> kept = new ArrayList<>(all(entry.since()));
        if (kept.stream().anyMatch(one -> one.said().equals(entry.said()))) {
            return; // it is whose it was
        }
        kept.add(entry);
        List<Entry> alike = kept.stream()
                .filter(one ->
                        one.isOfPlan(entry.said().text("plan")) && one.by().equals(entry.by()))
                .toList();
        kept.removeAll(alike.subList(0, Math.max(0, alike.size() - MAX_OF_A_PLAN)));
        PrivateFiles.replace(
                file,
                Json.object()
                        .with(
                                "unsigned",
                                new Json.Array(
                                        kept.stream().<Json>map(Entry::json).toList()))
                        .canonical());
    }
}
