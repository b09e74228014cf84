package dev.interlock.velocity;

import dev.interlock.action.Plain;
import java.time.Duration;

/** How this room speaks to agents. */
final class Words {

    /** An identifier may be an agent's own words, and endless. */
    private static final int MAX_NAME = 200;

    private Words() {}

    static String of(Duration duration) {
        if (duration.toSeconds() % 3600 == 0) {
            return duration.toHours() + " h";
        }
        return duration.toSeconds() % 60 == 0 ? duration.toMinutes() + " min" : duration.toSeconds() + " s";
    }

    /** {@code name} in backticks, with nothing in it that could end them, break the line or turn it round. */
    static String quoted(String name) {
        return name.codePoints()
                        .limit(MAX_NAME)
                        .map(c -> Plain.is(c) && c != '`' ? c : 0xFFFD)
                        .collect(() -> new StringBuilder("`"), StringBuilder::appendCodePoint, StringBuilder::append)
                + "`";
    }
}
