package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a record whose file names others can change. */
@Tag("process")
@Tag("promise")
class SessionRecorderTest {

    private static final Secret TOKEN = new Secret("ilk_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK");

    @TempDir
    Path directory;

    private SessionRecorder begin() throws Exception {
        return begin("L-1");
    }

    private SessionRecorder begin(String lease) throws Exception {
        int uid = (Integer) Files.getAttribute(directory, "unix:uid");
        return SessionRecorder.begin(
                directory.resolve("sessions"), lease, TOKEN, new TranscriptPlace.TemporaryPlace(directory), uid);
    }

    private static void write(StreamRecorder track, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        track.write(bytes, bytes.length);
    }

    private static Json.Members about() {
        return Json.object()
                .with("lease", "L-1")
                .with("started", "2026-11-20T08:00:00Z")
                .with("ended", "2026-11-20T08:00:01Z");
    }

    @Test
    void recordIsProvenAsItWasWritten() throws Exception {
        String manifest;
        try (SessionRecorder recording = begin()) {
            write(recording.track("output"), "I deleted everything\n");
            manifest = recording.finish(about());
        }
        Session session = Session.read(directory.resolve("sessions"), "L-1");
        assertThat(session.altered()).isEmpty();
        assertThat(session.digest()).isEqualTo(manifest);
    }

    /** An attacker could move the directories around it, and put others in their places. */
    @Test
    void whatIsPlantedUnderTheNamesOfARecordIsNotProven() throws Exception {
        Path sessions = directory.resolve("sessions");
        Path planted = sessions.resolve("L-1");
        String manifest;
        try (SessionRecorder recording = begin()) {
            write(recording.track("output"), "I deleted ");
            Files.move(sessions, directory.resolve("moved"));
            Files.createDirectories(planted);
            Files.writeString(planted.resolve("output"), "I only read the README.\n");
            Files.writeString(planted.resolve("output.timing"), "0.1 24\n");
            write(recording.track("errors"), "everything\n");
            manifest = recording.finish(about());
        }
        assertThat(planted.resolve("manifest.json")).doesNotExist();
        assertThat(planted.resolve("errors")).doesNotExist();
        Session session = Session.read(directory.resolve("moved"), "L-1");
        assertThat(session.altered()).isEmpty();
        assertThat(session.digest()).isEqualTo(manifest);
        assertThat(directory.resolve("moved/L-1/output")).hasContent("I deleted ");
    }

    @Test
    void whatIsExchangedWithinARecordIsSeen() throws Exception {
        Path record = directory.resolve("sessions/L-1");
        try (SessionRecorder recording = begin()) {
            write(recording.track("output"), "I deleted everything\n");
            Files.delete(record.resolve("output"));
            Files.writeString(record.resolve("output"), "I only read the README.\n");
            recording.finish(about());
        }
        assertThat(Session.read(directory.resolve("sessions"), "L-1").altered()).containsExactly("output");
    }

    @Test
    void recordOfWhatNeverStartedIsForgotten() throws Exception {
        try (SessionRecorder recording = begin()) {
            write(recording.track("output"), "");
            recording.forget();
        }
        assertThat(directory.resolve("sessions")).isEmptyDirectory();
    }

    /** The random part of an identifier does not decide. */
    @Test
    void sessionsOfOneSecondAreListedInTheOrderInWhichTheyBegan() throws Exception {
        List<String> ids =
                List.of("L-01M7XXW94GZZZZZZZZZZZZZZZZ", "L-01M7XXW94G5555555555555555", "L-01M7XXW94G9999999999999999");
        for (int i = 0; i < ids.size(); i++) {
            try (SessionRecorder recording = begin(ids.get(i))) {
                recording.finish(about().with("lease", ids.get(i)).with("started", "2026-11-20T08:00:00." + i + "Z"));
            }
        }
        Path unfinished = Files.createDirectory(directory.resolve("sessions/L-01M7XXW94H0000000000000000"));
        assertThat(Session.list(directory.resolve("sessions")))
                .extracting(Session.SessionEntry::id)
                .containsExactly(unfinished.getFileName().toString(), ids.get(2), ids.get(1), ids.get(0));
    }
}
