package dev.interlock.linux;

import java.util.List;
import java.util.stream.Collectors;

/** Words of a shell's command. */
public final class ShellWords {

    private static final String PLAIN = "[A-Za-z0-9_./@%+-][A-Za-z0-9_./:@%,+=-]*";

    private ShellWords() {}

    /** Returns {@code text} so that a shell reads it back as one word. A plain word stays as it is. */
    public static String quoted(Object text) {
        String word = text.toString();
        // Within single quotes only the closing quote has a meaning.
        return word.matches(PLAIN) ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    public static String line(List<String> words) {
        return words.stream().map(ShellWords::quoted).collect(Collectors.joining(" "));
    }
}
