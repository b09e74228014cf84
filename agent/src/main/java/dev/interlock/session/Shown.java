package dev.interlock.session;

import dev.interlock.action.Plain;
import java.util.Locale;
import java.util.regex.Pattern;

/** What an agent wrote, so that it can be looked at: a terminal draws all of it and obeys none. */
public final class Shown {

    /** What moves a cursor or colours a text, and is none. */
    private static final Pattern SEQUENCES = Pattern.compile(
            "\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\\\)|[()][0-9A-B]|[=>78cM])");

    private static final int C0_PICTURES = 0x2400;
    private static final int DELETE = 0x7f;
    private static final int DELETE_PICTURE = 0x2421;

    private Shown() {}

    /** {@code text} on one line, every character that a terminal obeys drawn instead. */
    public static String line(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (Plain.is(c)) {
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

    /** As {@link #line}, and no longer than {@code most} characters. */
    public static String line(String text, int most) {
        // Drawn, a character takes up to ten: what is far beyond need not be drawn to be cut off.
        String shown = line(text.length() <= most ? text : text.substring(0, most));
        if (shown.length() <= most && text.length() <= most) {
            return shown;
        }
        int end = Math.min(shown.length(), most - 1);
        return shown.substring(0, Character.isHighSurrogate(shown.charAt(end - 1)) ? end - 1 : end) + "…";
    }

    /** What a terminal was told, without what only moves its cursor or colours it. */
    static String withoutSequences(String text) {
        return SEQUENCES.matcher(text).replaceAll("");
    }

    /** {@code text} as JSON can hold it: what is half a character becomes a mark. */
    static String scalar(String text) {
        return text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
