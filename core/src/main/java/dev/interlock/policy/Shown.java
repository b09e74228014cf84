package dev.interlock.policy;

import dev.interlock.action.Plain;

/** Makes text that somebody else chose safe to stand in a sentence: nothing invisible, nothing endless. */
public final class Shown {

    /** Identifiers are shorter; a sentence that holds a longer one is not read. */
    private static final int MAX_SHOWN = 200;

    private Shown() {}

    /** A message of Cedar's, on one line. */
    public static String message(String text) {
        return of(text.replace('`', '\'').replaceAll("\\s+", " "));
    }

    /** One name. */
    public static String of(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().limit(MAX_SHOWN).forEach(c -> append(shown, c));
        return text.codePointCount(0, text.length()) > MAX_SHOWN ? shown + "…" : shown.toString();
    }

    private static void append(StringBuilder shown, int codePoint) {
        if (Plain.is(codePoint) && codePoint != '`') {
            shown.appendCodePoint(codePoint);
        } else {
            shown.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
        }
    }
}
