package dev.interlock.front.git;

import dev.interlock.action.Fact;
import dev.interlock.action.VisibleText;
import dev.interlock.gate.PushReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.eclipse.jgit.diff.DiffFormatter;
import org.eclipse.jgit.diff.HistogramDiff;
import org.eclipse.jgit.diff.RawText;
import org.eclipse.jgit.diff.RawTextComparator;
import org.eclipse.jgit.lib.FileMode;

/**
 * The diff of those files of one push that machines run, in lines for people. What people must not see or cannot read
 * is named instead. A line of a file begins with a sign, so none passes for a line of ours.
 */
final class RunningDiff {

    /** The most lines of all refs of a push. */
    static final int MAX_LINES = 200;
    /** The most characters of all refs of a push. */
    static final int MAX_TEXT = 16 * 1024;
    /** The longest file that is compared, in bytes. */
    static final int MAX_FILE = 128 * 1024;

    private static final int MAX_LINE = 300;

    /** The diff's own. Other ends of lines are content. */
    private static final Pattern LINE_END = Pattern.compile("\n");

    private final Predicate<String> runs;
    private final PushReader.SecretSearch secrets;
    private final StringBuilder text = new StringBuilder();
    private int lines;
    private int length;
    private int unshownLines;
    private int unshownFiles;

    /** @param runs whether machines run a file of this name */
    RunningDiff(Predicate<String> runs, PushReader.SecretSearch secrets) {
        this.runs = runs;
        this.secrets = secrets;
    }

    /** A file before or after; {@code content} is empty if it could not be read, or is too long. */
    record FileState(FileMode mode, Optional<byte[]> content) {

        private boolean isMissing() {
            return mode.equals(FileMode.MISSING);
        }

        private boolean isFile() {
            return isMissing() || mode.equals(FileMode.REGULAR_FILE) || mode.equals(FileMode.EXECUTABLE_FILE);
        }

        private RawText raw() {
            return new RawText(content.orElseGet(() -> new byte[0]));
        }
    }

    boolean isOf(String path) {
        return runs.test(path);
    }

    /** Returns whether another file has room. One that has not is counted. */
    boolean hasRoom() {
        boolean hasRoom = lines < MAX_LINES && length < MAX_TEXT;
        unshownFiles += hasRoom ? 0 : 1;
        return hasRoom;
    }

    void add(String path, FileState before, FileState after) throws IOException {
        write(Fact.DIFF_FILE + path + change(before, after));
        Optional<String> obstacle = obstacle(before, after);
        if (obstacle.isPresent()) {
            write("(" + obstacle.get() + ")");
            return;
        }
        RawText old = before.raw();
        RawText now = after.raw();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DiffFormatter formatter = new DiffFormatter(out)) {
            formatter.format(new HistogramDiff().diff(RawTextComparator.DEFAULT, old, now), old, now);
        }
        LINE_END.splitAsStream(out.toString(StandardCharsets.UTF_8)).forEach(this::write);
    }

    private static String change(FileState before, FileState after) {
        if (before.isMissing()) {
            return ", which is new";
        }
        if (after.isMissing()) {
            return ", which is deleted";
        }
        return before.mode().equals(after.mode())
                ? ""
                : after.mode().equals(FileMode.EXECUTABLE_FILE)
                        ? ", which becomes executable"
                        : ", of which the mode changes";
    }

    private Optional<String> obstacle(FileState before, FileState after) throws IOException {
        for (FileState state : List.of(before, after)) {
            if (!state.isFile()) {
                return Optional.of("not shown: a link, or another repository");
            }
            if (state.content().isEmpty()) {
                return Optional.of("not shown: it is longer than " + MAX_FILE / 1024
                        + " KiB, or the server does not say what it held");
            }
            byte[] content = state.content().get();
            if (RawText.isBinary(content, content.length, true)) {
                return Optional.of("not shown: it is no text");
            }
            if (secrets.isIn(content)) {
                return Optional.of("not shown: it holds, or held, what has the form of a secret");
            }
        }
        return Optional.empty();
    }

    private void write(String line) {
        String visible = VisibleText.lines(line);
        String shown = visible.length() <= MAX_LINE
                ? visible
                : VisibleText.cut(visible, MAX_LINE) + "... (" + visible.length() + " characters)";
        if (lines >= MAX_LINES || length + shown.length() > MAX_TEXT) {
            unshownLines++;
            length = MAX_TEXT; // no later line is shown: people see where it ends
            return;
        }
        lines++;
        length += shown.length();
        text.append(shown).append('\n');
    }

    private void writeUnshown(int count, String what) {
        if (count > 0) {
            text.append("(not shown: ")
                    .append(count)
                    .append(" more ")
                    .append(what)
                    .append(count == 1 ? ")\n" : "s)\n");
        }
    }

    /** Returns the lines since the last time; empty if there are none. */
    String takeText() {
        writeUnshown(unshownLines, "line");
        writeUnshown(unshownFiles, "file");
        String taken = text.toString();
        text.setLength(0);
        unshownLines = 0;
        unshownFiles = 0;
        return taken;
    }
}
