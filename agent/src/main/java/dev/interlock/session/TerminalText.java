package dev.interlock.session;

import dev.interlock.action.VisibleText;

/** Makes text of an agent safe to display: a terminal draws every character and obeys none. */
public final class TerminalText {

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
                shown.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return shown.toString();
    }

    /** Returns {@link #line} cut to {@code most} characters. */
    public static String line(String text, int most) {
        // A character takes up to ten when drawn. Text far beyond the limit would be cut anyway and need not be drawn.
        String shown = line(text.length() <= most ? text : text.substring(0, most));
        return shown.length() <= most && text.length() <= most ? shown : VisibleText.cut(shown, most - 1) + "…";
    }
}
