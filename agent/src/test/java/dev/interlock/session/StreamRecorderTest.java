package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.SecretForms;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamRecorderTest {

    private static final String TOKEN = "ilk_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK";

    @TempDir
    Path directory;

    private long nanos;

    private StreamRecorder track(long most, long mostTiming) throws Exception {
        return StreamRecorder.in(
                SessionStore.at(directory), "output", SecretForms.of(TOKEN), () -> nanos, most, mostTiming);
    }

    private void write(StreamRecorder track, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        track.write(bytes, bytes.length);
    }

    private String output() throws Exception {
        return Files.readString(directory.resolve("output"), StandardCharsets.ISO_8859_1);
    }

    private String timing() throws Exception {
        return Files.readString(directory.resolve("output.timing"));
    }

    @Test
    void momentsAreKeptAsScriptreplayReadsThem() throws Exception {
        try (StreamRecorder track = track(1_000, 1_000)) {
            write(track, "ab");
            nanos += Duration.ofMillis(5).toNanos();
            write(track, "c");
            nanos += Duration.ofMillis(1_500).toNanos();
            write(track, "\u00ff\n");
        }
        assertThat(output()).isEqualTo("abc\u00ff\n");
        assertThat(timing()).isEqualTo("0.000000 3\n1.505000 2\n");
    }

    @Test
    void leaseIsNowhereHoweverItIsCutUp() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            text.append("x".repeat(random.nextInt(5))).append(TOKEN);
        }
        try (StreamRecorder track = track(1 << 20, 1 << 20)) {
            for (int at = 0; at < text.length(); ) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(60));
                write(track, text.substring(at, end));
                at = end;
            }
        }
        assertThat(output()).as("seed %d", seed).isEqualTo(text.toString().replace(TOKEN, "*".repeat(TOKEN.length())));
    }

    @Test
    void whatDoesNotFitIsCountedAndWhoeverWritesIsNotStopped() throws Exception {
        StreamRecorder track = track(10, 1_000);
        for (int i = 0; i < 100; i++) {
            write(track, "1234567");
        }
        track.close();
        write(track, "late");
        assertThat(output()).isEqualTo("1234567123");
        assertThat(track.manifestEntries().getFirst().flag("cut")).isTrue();
        assertThat(track.manifestEntries().getFirst().whole("written")).isEqualTo(704);
    }

    @Test
    void momentsHaveAnEndAsWell() throws Exception {
        try (StreamRecorder track = track(1 << 20, 40)) {
            for (int i = 0; i < 100; i++) {
                write(track, "x");
                nanos += Duration.ofSeconds(1).toNanos();
            }
            assertThat(track.manifestEntries().getFirst().flag("cut")).isTrue();
        }
        assertThat(timing().length()).isLessThan(80);
    }

    @Test
    void whatIsPlayedAgainIsWhatWasWritten() throws Exception {
        try (StreamRecorder track = track(1_000, 1_000)) {
            write(track, "one\r\n\u001b[31mtwo\u001b[0m\n");
            nanos += Duration.ofHours(1).toNanos();
            write(track, "three");
        }
        StreamReplay replay =
                new StreamReplay("output", directory.resolve("output"), directory.resolve("output.timing"));
        ByteArrayOutputStream played = new ByteArrayOutputStream();
        List<Duration> pauses = new ArrayList<>();
        replay.play((after, piece) -> {
            pauses.add(after);
            played.write(piece);
        });
        assertThat(played.toString(StandardCharsets.ISO_8859_1)).isEqualTo(output());
        assertThat(pauses).containsExactly(Duration.ZERO, Duration.ofSeconds(1));
        List<String> lines = new ArrayList<>();
        replay.lines(java.time.Instant.EPOCH, 10, saying -> lines.add(saying.at() + " " + saying.text()));
        assertThat(lines)
                .containsExactly("1970-01-01T00:00:00Z one", "1970-01-01T00:00:00Z two", "1970-01-01T01:00:00Z three");
    }

    @Test
    void timingThatWasAlteredPlaysTheRestAtOnce() throws Exception {
        Files.writeString(directory.resolve("a"), "abcdef");
        Files.writeString(directory.resolve("t"), "0.000000 2\nrm -rf /\n");
        ByteArrayOutputStream played = new ByteArrayOutputStream();
        new StreamReplay("a", directory.resolve("a"), directory.resolve("t")).play((_, piece) -> played.write(piece));
        assertThat(played.toString(StandardCharsets.US_ASCII)).isEqualTo("abcdef");
    }
}
