package dev.interlock.confirm;

import dev.interlock.action.VisibleText;

/**
 * Escapes text so that it cannot look like other text. A character that a terminal would not draw as itself is written
 * as its code point.
 *
 * <p>Visible ASCII except the backslash stays, and so do the letters of Latin-1, which nobody confuses with ASCII.
 * Everything else is escaped, also look-alike letters of other scripts. That is hard on people with names in those
 * scripts; but resources have identifiers, not names.
 */
final class EscapedText {

    private EscapedText() {}

    /**
     * Returns {@code text} with each doubtful character replaced by a backslash, a {@code u} and the code point in
     * braces.
     */
    static String text(String text) {
        return VisibleText.unmistakable(text);
    }

    /** Returns text that {@link #text} made, unchanged. Anything that it could not have made is escaped. */
    static String escapeAgain(String text) {
        return text.codePoints().allMatch(VisibleText::isUnmistakable) ? text : text(text);
    }
}
