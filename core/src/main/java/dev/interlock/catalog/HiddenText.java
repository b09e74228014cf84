package dev.interlock.catalog;

import dev.interlock.action.VisibleText;

/** Finds characters that a model reads and a person does not see: directions, zero widths, tags and variations. */
final class HiddenText {

    private HiddenText() {}

    /** Returns whether {@code text} has such a character. Line ends and tabs are seen, and so are emoji in colour. */
    static boolean isIn(String text) {
        return text.codePoints().anyMatch(c -> c != '\n' && c != '\r' && c != '\t' && isHidden(c));
    }

    private static boolean isHidden(int c) {
        return !VisibleText.isVisible(c)
                || c == 0x34f // a joiner without a form
                || (c >= 0x115f && c <= 0x1160) // fillers of Hangul
                || c == 0x3164
                || c == 0xffa0
                || (c >= 0x17b4 && c <= 0x17b5) // vowels of Khmer that are not drawn
                || (c >= 0x180b && c <= 0x180f)
                || (c >= 0xfe00 && c <= 0xfe0e) // variations; the sixteenth is that of emoji
                || (c >= 0xe0000 && c <= 0xe0fff);
    }
}
