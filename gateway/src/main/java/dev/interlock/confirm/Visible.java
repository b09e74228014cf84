package dev.interlock.confirm;

/**
 * Text that cannot pretend to be another: what a terminal would not draw as itself is written as its code point.
 *
 * <p>Drawn as they are: visible ASCII but the backslash, and the letters of Latin-1, which no keyboard confuses with
 * ASCII. Everything else is escaped, look-alike letters of other scripts among them: that is hard on people whose names
 * are in those scripts, and resources have identifiers, not names.
 */
final class Visible {

    private Visible() {}

    /** {@code text}, with a backslash, a {@code u} and the code point in braces for each doubtful character. */
    static String text(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        text.codePoints().forEach(c -> append(visible, c));
        return visible.toString();
    }

    /** Text that {@link #text} made, as it is; and whatever it could not have made, made visible. */
    static String again(String text) {
        return text.codePoints().allMatch(Visible::isPlain) ? text : text(text);
    }

    private static void append(StringBuilder visible, int c) {
        if (c == '\\') {
            visible.append("\\\\"); // or the text could spell an escape itself
        } else if (isPlain(c)) {
            visible.appendCodePoint(c);
        } else {
            visible.append("\\u{").append(Integer.toHexString(c)).append('}');
        }
    }

    private static boolean isPlain(int c) {
        boolean ascii = c >= 0x20 && c < 0x7f;
        boolean latin1Letter = c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7;
        return ascii || latin1Letter;
    }
}
