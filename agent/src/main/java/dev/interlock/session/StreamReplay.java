package dev.interlock.session;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One recorded stream, for playback.
 *
 * @param name the stream's name
 * @param bytes the file with the recorded bytes
 * @param timing the file with their times
 */
public record StreamReplay(String name, Path bytes, Path timing) {

    /** Maximum length of a displayed line. Longer ones are cut. */
    private static final int MAX_LINE = 4_096;

    /** Maximum pause during playback. Nobody wants to watch an idle screen for longer. */
    private static final Duration MAX_PAUSE = Duration.ofSeconds(1);

    /** Receives one moment of a stream. */
    @FunctionalInterface
    public interface Screen {

        /** Shows {@code piece}, at the time {@code after} the previous piece. */
        void show(Duration after, byte[] piece) throws IOException;
    }

    /**
     * Plays the whole stream, with pauses of at most a second. The bytes are the agent's own, not made safe.
     *
     * @throws IOException if it cannot be read or shown
     */
    public void play(Screen screen) throws IOException {
        moments((after, piece) -> screen.show(after.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : after, piece));
    }

    private void moments(Screen screen) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(bytes, LinkOption.NOFOLLOW_LINKS));
                BufferedReader lines = new BufferedReader(new InputStreamReader(
                        Files.newInputStream(timing, LinkOption.NOFOLLOW_LINKS), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Optional<ReplayStep> moment = ReplayStep.read(line);
                if (moment.isEmpty()) {
                    break; // the file was altered: the rest is shown at once
                }
                screen.show(moment.get().after(), in.readNBytes(moment.get().bytes()));
            }
            byte[] rest = in.readNBytes((int) StreamRecorder.MAX_BYTES);
            if (rest.length > 0) {
                screen.show(Duration.ZERO, rest);
            }
        }
    }

    private record ReplayStep(Duration after, int bytes) {
        static Optional<ReplayStep> read(String line) {
            String[] parts = line.split(" ", -1);
            if (parts.length != 2 || !parts[0].matches("[0-9]{1,9}\\.[0-9]{6}") || !parts[1].matches("[0-9]{1,8}")) {
                return Optional.empty();
            }
            long micros = Long.parseLong(parts[0].replace(".", ""));
            int bytes = Math.min(Integer.parseInt(parts[1]), (int) StreamRecorder.MAX_BYTES);
            return Optional.of(new ReplayStep(Duration.ofNanos(micros * 1_000), bytes));
        }
    }

    /**
     * Passes on its lines, each with the time of its end and without cursor sequences. If there are more than
     * {@code most} lines, it passes half from the beginning and half from the end. Between them it reports how many are
     * missing.
     */
    void lines(Instant started, int most, Consumer<TranscriptEntry> each) throws IOException {
        Lines lines = new Lines(started, most, each);
        moments(lines::add);
        lines.finish();
    }

    private final class Lines {
        private final int beginning;
        private final int end;
        private final Consumer<TranscriptEntry> each;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final Deque<TranscriptEntry> latest = new ArrayDeque<>();
        private Instant at;
        private Instant leftSince;
        private int passed;
        private long left;
        private long beyond;

        private Lines(Instant started, int most, Consumer<TranscriptEntry> each) {
            this.beginning = most - most / 2;
            this.end = most / 2;
            this.each = each;
            this.at = started;
            this.leftSince = started;
        }

        private void add(Duration after, byte[] piece) {
            at = at.plus(after);
            for (byte b : piece) {
                if (b == '\n') {
                    line();
                } else if (line.size() < MAX_LINE) {
                    line.write(b);
                } else {
                    beyond++;
                }
            }
        }

        private void line() {
            String text = TerminalText.withoutSequences(line.toString(StandardCharsets.UTF_8))
                    .strip();
            String cut = beyond == 0 ? "" : " … and " + beyond + " bytes more";
            line.reset();
            beyond = 0;
            if (!text.isEmpty() || !cut.isEmpty()) {
                line(new TranscriptEntry(at, TranscriptEntry.Kind.WROTE, text + cut));
            }
        }

        private void line(TranscriptEntry one) {
            if (passed < beginning) {
                passed++;
                each.accept(one);
                return;
            }
            latest.add(one);
            if (latest.size() > end) {
                TranscriptEntry first = latest.remove();
                leftSince = left == 0 ? first.at() : leftSince;
                left++;
            }
        }

        private void finish() {
            line();
            if (left > 0) {
                each.accept(new TranscriptEntry(
                        leftSince,
                        TranscriptEntry.Kind.LEFT_OUT,
                        left + " of the " + (left + passed + latest.size()) + " lines of `" + name + "` here"));
            }
            latest.forEach(each);
        }
    }
}
