package dev.interlock.connect;

/**
 * The replacement of one piece of a text by another.
 *
 * @param at where it begins, in characters
 * @param removed the old piece
 * @param inserted the new piece
 */
record TextEdit(int at, String removed, String inserted) {

    String in(String text) {
        return text.substring(0, at) + inserted + text.substring(at + removed.length());
    }

    /** Returns the reverse replacement. */
    TextEdit back() {
        return new TextEdit(at, /* removed= */ inserted, /* inserted= */ removed);
    }
}
