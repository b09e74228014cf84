package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("promise")
class SessionRecorderTest {

    private static final String TOKEN = "ilk_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK";

    @TempDir
    Path directory;

    private long nanos;

    private Path sessions() {
        return directory.resolve("sessions");
    }

    private Path cast() {
        return sessions().resolve("L-1/session.cast");
    }

    private SessionRecorder begin(String lease, long most) throws Exception {
        return SessionRecorder.begin(
                sessions(),
                lease,
                new Secret(TOKEN),
                Instant.ofEpochSecond(7),
                new SessionRecorder.TerminalSize(97, 31),
                () -> nanos,
                most);
    }

    private static void write(SessionRecorder.RecordedStream stream, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        stream.write(bytes, bytes.length);
    }

    private static Json.Members about(String lease) {
        return Json.object()
                .with("lease", lease)
                .with("started", "2026-11-20T08:00:00Z")
                .with("ended", "2026-11-20T08:00:01Z");
    }

    /** Returns all output, as a player would show it. */
    private String played() throws Exception {
        return Files.readAllLines(cast()).stream()
                .skip(1)
                .map(line -> Json.readObject(("{\"x\":" + line.replaceFirst("\\[[0-9.]+, \"o\", ", "[") + "}")
                                .getBytes(StandardCharsets.UTF_8))
                        .texts("x")
                        .getLast())
                .collect(Collectors.joining());
    }

    @Test
    void theOutputIsAnAsciicast() throws Exception {
        try (SessionRecorder recorder = begin("L-1", 1_000)) {
            SessionRecorder.RecordedStream terminal = recorder.stream(true);
            write(terminal, "\u001b[31mred\r\n");
            nanos += 1_500_000_000L;
            write(terminal, "\u00e2\u0082"); // a part of a character, and then the rest
            nanos += 1_000_000L;
            write(terminal, "\u00ac");
            write(recorder.stream(false), "one\ntwo\u00ff");
            terminal.end();
        }
        assertThat(cast()).hasContent("""
                        {"height":31,"timestamp":7,"title":"L-1","version":2,"width":97}
                        [0.000000, "o", "\\u001b[31mred\\r\\n"]
                        [1.501000, "o", "€"]
                        [1.501000, "o", "one\\r\\ntwo\ufffd"]
                        """);
    }

    @Test
    void leaseIsNowhereHoweverItIsCutUp() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            text.append("x".repeat(random.nextInt(5))).append(TOKEN);
        }
        try (SessionRecorder recorder = begin("L-1", 1 << 20)) {
            SessionRecorder.RecordedStream stream = recorder.stream(true);
            for (int at = 0; at < text.length(); ) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(60));
                write(stream, text.substring(at, end));
                at = end;
            }
            stream.end();
        }
        assertThat(played()).as("seed %d", seed).isEqualTo(text.toString().replace(TOKEN, "*".repeat(TOKEN.length())));
    }

    @Test
    void whatIsHeldBackIsWrittenWhenTheRecordIsFinished() throws Exception {
        try (SessionRecorder recorder = begin("L-1", 1_000)) {
            SessionRecorder.RecordedStream stream = recorder.stream(true);
            write(stream, "a" + TOKEN.substring(0, 5));
            recorder.finish(about("L-1"));
            write(stream, "late");
            stream.end();
        }
        assertThat(played()).isEqualTo("a" + TOKEN.substring(0, 5));
        assertThat(Session.read(sessions(), "L-1").isAltered()).isFalse();
    }

    @Test
    void whatDoesNotFitIsLeftOutAndWhoeverWritesIsNotStopped() throws Exception {
        try (SessionRecorder recorder = begin("L-1", 150)) {
            SessionRecorder.RecordedStream stream = recorder.stream(true);
            for (int i = 0; i < 100; i++) {
                write(stream, "1234567");
            }
            recorder.finish(about("L-1"));
        }
        Session session = Session.read(sessions(), "L-1");
        assertThat(session.isAltered()).isFalse();
        assertThat(session.manifest().object("cast").flag("cut")).isTrue();
        assertThat(Files.size(cast()))
                .isEqualTo(session.manifest().object("cast").whole("bytes"))
                .isBetween(100L, 150L);
    }

    @Test
    void recordIsProvenAsItWasWrittenAndAChangeIsSeen() throws Exception {
        String manifest;
        try (SessionRecorder recorder = begin("L-1", 1_000)) {
            write(recorder.stream(false), "I deleted everything\n");
            manifest = recorder.finish(about("L-1"));
        }
        Session session = Session.read(sessions(), "L-1");
        assertThat(session.isAltered()).isFalse();
        assertThat(session.digest()).isEqualTo(manifest);
        Path aside = Files.move(cast(), directory.resolve("aside"));
        assertThat(session.isAltered()).as("missing").isTrue();
        Files.createSymbolicLink(cast(), aside);
        assertThat(session.isAltered()).as("a link").isTrue();
    }

    /** The agent cannot reach it, but the user who starts the run can. */
    @Test
    void whatIsExchangedWhileItRunsIsSeen() throws Exception {
        try (SessionRecorder recorder = begin("L-1", 1_000)) {
            write(recorder.stream(false), "I deleted everything\n");
            Files.delete(cast());
            Files.writeString(cast(), "I only read the README.\n");
            recorder.finish(about("L-1"));
        }
        assertThat(Session.read(sessions(), "L-1").isAltered()).isTrue();
    }

    @Test
    void recordOfWhatNeverStartedIsForgotten() throws Exception {
        try (SessionRecorder recorder = begin("L-1", 1_000)) {
            write(recorder.stream(false), "");
            recorder.forget();
        }
        assertThat(sessions()).isEmptyDirectory();
    }

    @Test
    void theNewestSessionsAreListedFirstAndOthersAreNone() throws Exception {
        for (String id : List.of("L-1", "L-2")) {
            try (SessionRecorder recorder = begin(id, 1_000)) {
                recorder.finish(about(id));
            }
        }
        Files.createDirectory(sessions().resolve("L-3"));
        Files.createDirectory(sessions().resolve("unfinished"));
        assertThat(Session.list(sessions()))
                .extracting(Session.SessionEntry::id)
                .containsExactly("L-3", "L-2", "L-1");
        assertThat(Session.list(sessions()).getFirst().session()).isEmpty();
        assertThatThrownBy(() -> Session.read(sessions(), "../L-1")).isInstanceOf(MalformedException.class);
    }

    @Test
    void terminalControlsAreShownAsText() {
        assertThat(TerminalText.line("a\u001b[2Jb\n\u007f\u202e\u009b")).isEqualTo("a␛[2Jb␊␡\\u{202e}\\u{9b}");
        assertThat(TerminalText.line("x".repeat(50), 10)).hasSize(10).endsWith("…");
        assertThat(TerminalText.line("\ud83d\ude00".repeat(9), 4))
                .doesNotContain("?")
                .endsWith("…");
    }
}
