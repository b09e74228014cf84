package dev.interlock.backup;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The submitted rehearsals that nobody has signed yet, in one file; they prove nothing. Guarded by its owner. */
record UnsignedRehearsals(Path file) {

    /** Limits how long an unsigned rehearsal stays. People back from holidays do not sign what they did before. */
    static final Duration KEPT = Duration.ofDays(7);

    static final int MAX_OF_A_PLAN = 4; // Maximum per plan. A person who rehearses more often signs the last one.

    record UnsignedEntry(Json.Members said, String by, Instant since) {

        Json.Members json() {
            return Json.object().with("said", said).with("by", by).with("since", since.toString());
        }

        boolean isOfPlan(String plan) {
            return said.text("plan").equals(plan);
        }
    }

    /** Returns the rehearsals that still wait at {@code now}, oldest first. An unreadable file counts as empty. */
    List<UnsignedEntry> all(Instant now) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("unsigned").stream()
                    .map(one -> new UnsignedEntry(one.object("said"), one.text("by"), Instant.parse(one.text("since"))))
                    .filter(one -> now.isBefore(one.since().plus(KEPT)))
                    .toList();
        } catch (MalformedException | DateTimeException e) {
            return List.of();
        }
    }

    /** Stores {@code entry}, which may displace the oldest of the same plan and user, but no other user's. */
    void keep(UnsignedEntry entry) throws IOException {
        List<UnsignedEntry> kept = new ArrayList<>(all(entry.since()));
        if (kept.stream().anyMatch(one -> one.said().equals(entry.said()))) {
            return; // it already belongs to its submitter
        }
        kept.add(entry);
        List<UnsignedEntry> alike = kept.stream()
                .filter(one ->
                        one.isOfPlan(entry.said().text("plan")) && one.by().equals(entry.by()))
                .toList();
        kept.removeAll(alike.subList(0, Math.max(0, alike.size() - MAX_OF_A_PLAN)));
        PrivateFiles.replace(
                file,
                Json.object()
                        .withItems("unsigned", kept.stream().map(UnsignedEntry::json))
                        .canonical());
    }
}
