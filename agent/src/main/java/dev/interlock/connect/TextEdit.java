package dev.interlock.connect;

/** The replacement of one piece of a text, at a character, by another. */
record TextEdit(int at, String removed, String inserted) {

    String in(String text) {
        return text.substring(0, at) + inserted + text.substring(at + removed.length());
    }

    TextEdit back() {
        return new TextEdit(at, /* removed= */ inserted, /* inserted= */ removed);
    }
}
