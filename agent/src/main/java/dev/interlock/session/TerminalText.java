package dev.interlock.session;

import dev.interlock.action.VisibleText;
import java.util.Locale;
import java.util.regex.Pattern;

/** Makes text of an agent safe to display: a terminal draws every character and obeys none. */
public final class TerminalText {

    /** Escape sequences that move a cursor or set colours and contain no text. */
    private static final Pattern SEQUENCES = Pattern.compile(
            "\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\\\)|[()][0-9A-B]|[=>78cM])");

    private static final int C0_PICTURES = 0x2400;
    private static final int DELETE = 0x7f;
    private static final int DELETE_PICTURE = 0x2421;

    private TerminalText() {}

    /** Returns {@code text} on one line. A visible symbol replaces every control character. */
    public static String line(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (VisibleText.isVisible(c)) {
                shown.appendCodePoint(c);
            } else if (c < ' ') {
                shown.appendCodePoint(C0_PICTURES + c);
            } else if (c == DELETE) {
                shown.appendCodePoint(DELETE_PICTURE);
            } else {
                shown.append(String.format(Locale.ROOT, "\\u{%x}", c));
            }
        });
        return shown.toString();
    }

    /** Returns {@link #line} cut to {@code most} characters. */
    public static String line(String text, int most) {
        // A character takes up to ten when drawn. Text far beyond the limit would be cut anyway and need not be drawn.
        String shown = line(text.length() <= most ? text : text.substring(0, most));
        if (shown.length() <= most && text.length() <= most) {
            return shown;
        }
        return VisibleText.cut(shown, most - 1) + "…";
    }

    /** Returns terminal output without the sequences that only move the cursor or set colours. */
    static String withoutSequences(String text) {
        return SEQUENCES.matcher(text).replaceAll("");
    }

    /** Returns {@code text} in a form that JSON can hold: a replacement character replaces each unpaired surrogate. */
    static String scalar(String text) {
        return text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
