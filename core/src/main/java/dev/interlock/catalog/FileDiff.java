package dev.interlock.catalog;

import dev.interlock.action.Fact;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A text with diffs of files in the unified format, as Git writes them, and what stands before and between them.
 *
 * @param parts in the order of the text
 */
record FileDiff(List<DiffPart> parts) {

    private static final String GIT = "diff --git ";
    private static final Pattern COMBINED = Pattern.compile("diff --(?:cc|combined) (.*)");
    private static final Pattern SIDE = Pattern.compile("(?:---|\\+\\+\\+) (.*)");
    private static final Pattern MOVE = Pattern.compile("(?:rename|copy) (?:from|to) (.*)");
    private static final Pattern HUNK =
            Pattern.compile("@@ -[0-9]{1,9}(?:,([0-9]{1,9}))? \\+[0-9]{1,9}(?:,([0-9]{1,9}))? @@.*");
    private static final Pattern OTHER_HUNK = Pattern.compile("@@.*|GIT binary patch");
    /** The first line of a commit, as of a mail with one. */
    private static final Pattern COMMIT = Pattern.compile("(?:From|commit) [0-9a-f]{40,64}\\b.*");

    private static final Pattern OCTAL = Pattern.compile("[0-3][0-7]{2}");

    private static final String NOWHERE = "/dev/null";

    /** Maximum ways to read a line with two names. Nearly all have one; each takes the memory of the line again. */
    private static final int MAX_WAYS = 4;

    /**
     * Lines that belong together.
     *
     * @param file the names of the file that it is about; empty for what is about none
     * @param head its lines before those of what the file holds
     * @param held the others
     */
    private record DiffPart(Set<String> file, StringBuilder head, StringBuilder held) {
        DiffPart() {
            this(new LinkedHashSet<>(), new StringBuilder(), new StringBuilder());
        }
    }

    /** Returns {@code text} as a diff; empty if it is about no file. */
    static Optional<FileDiff> find(String text) {
        List<DiffPart> parts = new DiffReader(text).read();
        return parts.stream().anyMatch(part -> !part.file().isEmpty())
                ? Optional.of(new FileDiff(parts))
                : Optional.empty();
    }

    String without(Predicate<Set<String>> isWithheld) {
        StringBuilder text = new StringBuilder();
        for (DiffPart part : parts) {
            text.append(part.head());
            if (!part.held().isEmpty() && isWithheld.test(part.file())) {
                text.append(FileTexts.WITHHELD).append('\n');
            } else {
                text.append(part.held());
            }
        }
        return text.toString();
    }

    /**
     * Reads line by line. The head of a hunk says how many lines it has, so that none of them passes for the head of
     * another file.
     */
    private static final class DiffReader {
        private final String text;
        private final List<DiffPart> parts = new ArrayList<>();
        private DiffPart part = new DiffPart();
        private long removed;
        private long added;

        DiffReader(String text) {
            this.text = text;
            parts.add(part);
        }

        List<DiffPart> read() {
            int from = 0;
            while (from < text.length()) {
                int end = text.indexOf('\n', from);
                int next = end < 0 ? text.length() : end + 1;
                String line = text.substring(from, end < 0 ? next : end);
                StringBuilder to = read(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line, next);
                to.append(text, from, next);
                from = next;
            }
            return parts;
        }

        /** Reads a line, and returns where it belongs. */
        private StringBuilder read(String line, int next) {
            if (isInHunk(line)) {
                return part.held();
            }
            removed = 0;
            added = 0;
            Matcher combined = COMBINED.matcher(line);
            Matcher side = SIDE.matcher(line);
            Matcher move = MOVE.matcher(line);
            Matcher hunk = HUNK.matcher(line);
            if (line.startsWith(GIT)) {
                begin();
                addBoth(line.substring(GIT.length()));
            } else if (combined.matches()) {
                begin();
                part.file().add(unquoted(combined.group(1)));
            } else if (COMMIT.matcher(line).matches()) {
                begin();
            } else if (side.matches() && isFirstOfTwo(line, next)) {
                if (part.file().isEmpty() || !isInHead()) {
                    begin();
                }
                addSide(side.group(1));
            } else if (side.matches() && isInHead() && !part.file().isEmpty()) {
                addSide(side.group(1));
            } else if (move.matches() && isInHead() && !part.file().isEmpty()) {
                part.file().add(unquoted(move.group(1)));
            } else if (hunk.matches() || (OTHER_HUNK.matcher(line).matches() && isInHead())) {
                removed = hunk.matches() ? count(hunk.group(1)) : 0;
                added = hunk.matches() ? count(hunk.group(2)) : 0;
                if (part.file().isEmpty()) {
                    begin();
                    part.file().add(Fact.UNNAMED);
                }
                return part.held();
            }
            return isInHead() ? part.head() : part.held();
        }

        private boolean isInHunk(String line) {
            if (removed <= 0 && added <= 0) {
                return false;
            }
            switch (line.isEmpty() ? ' ' : line.charAt(0)) {
                case ' ' -> {
                    removed--;
                    added--;
                }
                case '-' -> removed--;
                case '+' -> added--;
                default -> {
                    return !line.startsWith("diff --"); // no line of a hunk begins so
                }
            }
            return true;
        }

        private boolean isInHead() {
            return part.held().isEmpty();
        }

        private boolean isFirstOfTwo(String line, int next) {
            return line.startsWith("---") && text.startsWith("+++ ", next);
        }

        private void begin() {
            part = new DiffPart();
            parts.add(part);
        }

        private static long count(@Nullable String digits) {
            return digits == null ? 1 : Long.parseLong(digits);
        }

        private void addSide(String name) {
            String side = unquoted(name.split("\t", 2)[0]);
            if (!side.equals(NOWHERE)) {
                part.file().add(withoutPrefix(side));
            }
        }

        /** Adds both names of {@code a/x b/x}; of a name with spaces each way to read it, unless there are many. */
        private void addBoth(String names) {
            List<Integer> spaces = new ArrayList<>();
            for (int at = names.indexOf(' '); at >= 0 && spaces.size() <= MAX_WAYS; at = names.indexOf(' ', at + 1)) {
                if (names.startsWith("\"", at + 1) || names.startsWith("/", at + 2)) {
                    spaces.add(at);
                }
            }
            for (int at : spaces.size() > MAX_WAYS ? List.<Integer>of() : spaces) {
                String first = unquoted(names.substring(0, at));
                String second = unquoted(names.substring(at + 1));
                if (first.indexOf('/') == 1 && second.indexOf('/') == 1) {
                    part.file().add(withoutPrefix(first));
                    part.file().add(withoutPrefix(second));
                }
            }
            if (part.file().isEmpty()) {
                part.file().add(Fact.UNNAMED);
            }
        }

        private static String withoutPrefix(String name) {
            return name.indexOf('/') == 1 ? name.substring(2) : name;
        }

        /** Returns the name that Git has quoted because of its letters. */
        private static String unquoted(String name) {
            if (name.length() < 2 || !name.startsWith("\"") || !name.endsWith("\"")) {
                return name;
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            String quoted = name.substring(1, name.length() - 1);
            for (int i = 0; i < quoted.length(); i++) {
                char c = quoted.charAt(i);
                String octal = quoted.substring(i + 1, Math.min(quoted.length(), i + 4));
                if (c != '\\' || octal.isEmpty()) {
                    bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
                } else if (OCTAL.matcher(octal).matches()) {
                    bytes.write(Integer.parseInt(octal, 8));
                    i += 3;
                } else {
                    int known = "abtnvfr".indexOf(octal.charAt(0));
                    bytes.write(known < 0 ? octal.charAt(0) : '\007' + known);
                    i++;
                }
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
