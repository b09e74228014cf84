package dev.interlock.connect;

/**
 * A piece of a text in the place of another.
 *
 * @param at where it begins, in characters
 * @param removed what stood there
 * @param inserted what stands there now
 */
record Splice(int at, String removed, String inserted) {

    String in(String text) {
        return text.substring(0, at) + inserted + text.substring(at + removed.length());
    }

    /** The way back. */
    Splice back() {
        return new Splice(at, /* removed= */ inserted, /* inserted= */ removed);
    }
}
