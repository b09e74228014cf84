package dev.interlock.policy;

import dev.interlock.action.VisibleText;

/** Makes text from others safe to use in a sentence: it removes invisible characters and limits the length. */
public final class FormattedText {

    /** Maximum characters shown. Identifiers are shorter, and nobody reads a sentence with a longer one. */
    private static final int MAX_SHOWN = 200;

    private FormattedText() {}

    public static String message(String text) {
        return of(text.replace('`', '\'').replaceAll("\\s+", " "));
    }

    /** Returns one name in a safe form. */
    public static String of(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().limit(MAX_SHOWN).forEach(c -> append(shown, c));
        return text.codePointCount(0, text.length()) > MAX_SHOWN ? shown + "…" : shown.toString();
    }

    private static void append(StringBuilder shown, int codePoint) {
        if (VisibleText.isVisible(codePoint) && codePoint != '`') {
            shown.appendCodePoint(codePoint);
        } else {
            shown.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
        }
    }
}
