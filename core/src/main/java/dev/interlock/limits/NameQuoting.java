package dev.interlock.limits;

import dev.interlock.action.VisibleText;
import java.time.Duration;

/** Quotes names in texts for agents. */
final class NameQuoting {

    /** The maximum length of a name. An agent may choose it, of any length. */
    private static final int MAX_NAME = 200;

    private NameQuoting() {}

    static String of(Duration duration) {
        if (duration.toSeconds() % 3600 == 0) {
            return duration.toHours() + " h";
        }
        return duration.toSeconds() % 60 == 0 ? duration.toMinutes() + " min" : duration.toSeconds() + " s";
    }

    /** Without characters that end the quote, break the line or reverse its direction. */
    static String quoted(String name) {
        return name.codePoints()
                        .limit(MAX_NAME)
                        .map(c -> VisibleText.isVisible(c) && c != '`' ? c : 0xFFFD)
                        .collect(() -> new StringBuilder("`"), StringBuilder::appendCodePoint, StringBuilder::append)
                + "`";
    }
}
