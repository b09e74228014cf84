package dev.interlock.confirm;

import dev.interlock.action.Plain;

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
        return Plain.unmistakable(text);
    }

    /** Text that {@link #text} made, as it is; and whatever it could not have made, made visible. */
    static String again(String text) {
        return text.codePoints().allMatch(Plain::isUnmistakable) ? text : text(text);
    }
}
