package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Secret;
import dev.interlock.action.SecretForms;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests transcripts that an agent wants to hide. */
@Tag("process")
class TranscriptLimitsTest {

    private static final String SAID = """
            {"type":"assistant","timestamp":"2026-11-20T08:00:01Z","message":{"content":[{"type":"text","text":"%s"}]}}
            """;
    private static final Instant STARTED = Instant.parse("2026-11-20T08:00:00Z");

    @TempDir
    private Path directory;

    private static int uid() throws Exception {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private Session session(String output, String transcript) throws Exception {
        Path scratch = Files.createDirectory(directory.resolve("scratch"));
        Path sessions = directory.resolve("sessions");
        try (SessionRecorder recording = SessionRecorder.begin(
                sessions,
                "L-1",
                new Secret("ilk_" + "A".repeat(43)),
                new TranscriptPlace.TemporaryPlace(scratch),
                uid())) {
            byte[] bytes = output.getBytes(StandardCharsets.UTF_8);
            recording.track("output").write(bytes, bytes.length);
            Files.writeString(recording.homes().get(".claude/projects").resolve("one.jsonl"), transcript);
            recording.finish(Json.object()
                    .with("lease", "L-1")
                    .with("started", STARTED.toString())
                    .with("ended", STARTED.plusSeconds(60).toString()));
        }
        return Session.read(sessions, "L-1");
    }

    @Test
    void anAccountOfItsOwnTakesNothingsPlace() throws Exception {
        Session session = session("deleted everything\n", SAID.formatted("I read a file."));
        assertThat(session.said(10)).extracting(TranscriptEntry::text).contains("deleted everything", "I read a file.");
    }

    @Test
    void howManyLinesAreLeftOutIsSaidAndTheLastAreShown() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 1; i <= 5_000; i++) {
            lines.append(i).append('\n');
        }
        Session session = session(lines + "y".repeat(5_000) + "\nthe last", "");
        List<String> said = new ArrayList<>();
        session.said(6).forEach(one -> said.add(one.kind().word() + " " + one.text()));
        assertThat(said)
                .containsExactly(
                        "wrote 1",
                        "wrote 2",
                        "wrote 3",
                        "left out 4996 of the 5002 lines of `output` here",
                        "wrote 5000",
                        "wrote " + "y".repeat(4_096) + " … and 904 bytes more",
                        "wrote the last");
        assertThat(session.said(0))
                .extracting(TranscriptEntry::text)
                .containsExactly("5002 of the 5002 lines of `output` here");
        assertThat(session.said(5_002)).hasSize(5_002).noneMatch(one -> one.kind() == TranscriptEntry.Kind.LEFT_OUT);
    }

    /** The oldest and the largest are selected: to fake both at once is expensive. */
    @Test
    void transcriptIsNotCrowdedOut() throws Exception {
        Path record = Files.createDirectory(directory.resolve("record"));
        try (Transcripts transcripts = Transcripts.at(new TranscriptPlace.TemporaryPlace(directory), uid())) {
            Path projects = transcripts.homes().get(".claude/projects");
            Path real = Files.writeString(projects.resolve("real.jsonl"), SAID.formatted("real"));
            Files.createDirectory(projects.resolve("0"));
            for (int i = 0; i < 10_500; i++) {
                Files.writeString(projects.resolve(i % 2 == 0 ? "0/" + i + ".jsonl" : i + ".jsonl"), "x".repeat(200));
            }
            Path later = Files.writeString(projects.resolve("later.jsonl"), SAID.formatted("later".repeat(200)));
            // The owner of a file can set its time of change.
            Files.setLastModifiedTime(real, FileTime.from(Instant.now().plusSeconds(900)));
            Files.setLastModifiedTime(later, FileTime.fromMillis(0));

            Transcripts.CopiedTranscripts found =
                    transcripts.take(SessionStore.at(record), SecretForms.of("ilk_secret"));
            assertThat(found.files()).hasSize(Transcripts.MAX_FILES);
            assertThat(found.files())
                    .extracting(file -> file.text("path"))
                    .contains("real.jsonl", "later.jsonl"); // a file system's clock is too coarse to tell the first
            assertThat(found.leftOut()).isEqualTo(10_502 - Transcripts.MAX_FILES);
            assertThat(found.named()).hasSize(20).allMatch(name -> name.endsWith(".jsonl"));
        }
    }

    @Test
    void keptTranscriptsStayAndThoseOfEarlierRunsAreNotRecorded() throws Exception {
        Path record = Files.createDirectory(directory.resolve("record"));
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Instant started = Instant.now().plusSeconds(3600); // nobody can set when a file was made
        Path projects;
        try (Transcripts transcripts = Transcripts.at(new TranscriptPlace.KeptPlace(kept, started), uid())) {
            projects = transcripts.homes().get(".claude/projects");
            for (String name : List.of("earlier", "now")) {
                Files.writeString(projects.resolve(name + ".jsonl"), SAID.formatted(name));
            }
            Files.setLastModifiedTime(projects.resolve("now.jsonl"), FileTime.from(started.plusSeconds(1)));
            Transcripts.CopiedTranscripts found =
                    transcripts.take(SessionStore.at(record), SecretForms.of("ilk_secret"));
            assertThat(found.files()).extracting(file -> file.text("path")).containsExactly("now.jsonl");
            assertThat(found.leftOut()).isZero();
        }
        assertThat(projects.resolve("earlier.jsonl")).exists();
    }

    /** Otherwise an agent could keep its transcript out of the record. */
    @Test
    void transcriptThatIsDatedBackIsRecorded() throws Exception {
        Path record = Files.createDirectory(directory.resolve("record"));
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Instant started = Instant.now().minusSeconds(60);
        try (Transcripts transcripts = Transcripts.at(new TranscriptPlace.KeptPlace(kept, started), uid())) {
            Path said = transcripts.homes().get(".claude/projects").resolve("said.jsonl");
            Files.writeString(said, SAID.formatted("said"));
            Files.setLastModifiedTime(said, FileTime.fromMillis(0));
            assertThat(transcripts
                            .take(SessionStore.at(record), SecretForms.of("ilk_secret"))
                            .files())
                    .hasSize(1);
        }
    }
}
