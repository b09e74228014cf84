package dev.interlock.front.http;

import java.util.Arrays;

/** Replaces what may end a line in Unicode by a line feed: some clients find events where the standard has none. */
final class UnicodeLines {

    private static final byte[] NONE = {};
    private static final byte[] LINE_FEED = {'\n'};

    /** The first bytes of what may become an end of a line: NEL, or one of the two separators. */
    private static final byte NEL = (byte) 0xc2;

    private static final byte SEPARATOR = (byte) 0xe2;
    private static final byte SEPARATOR_NEXT = (byte) 0x80;

    private byte[] held = NONE;

    byte[] next(byte next) {
        if (held.length == 0 && next >= ' ') {
            return new byte[] {next}; // most are such
        }
        byte[] whole = appended(held, next);
        held = NONE;
        if (isEnd(whole)) {
            return LINE_FEED;
        }
        if (isBeginning(whole)) {
            held = whole;
            return NONE;
        }
        if (whole.length == 1) {
            return whole;
        }
        byte[] before = Arrays.copyOf(whole, whole.length - 1);
        byte[] last = next(next); // it may end a line by itself, or begin an end
        return last.length == 0 ? before : appended(before, last[0]);
    }

    private static boolean isBeginning(byte[] bytes) {
        return bytes.length == 1
                ? bytes[0] == NEL || bytes[0] == SEPARATOR
                : bytes.length == 2 && bytes[0] == SEPARATOR && bytes[1] == SEPARATOR_NEXT;
    }

    private static boolean isEnd(byte[] bytes) {
        return switch (bytes.length) {
            case 1 -> bytes[0] == 0x0b || bytes[0] == 0x0c || (bytes[0] >= 0x1c && bytes[0] <= 0x1e);
            case 2 -> bytes[0] == NEL && bytes[1] == (byte) 0x85;
            default -> bytes[0] == SEPARATOR && (bytes[2] == (byte) 0xa8 || bytes[2] == (byte) 0xa9);
        };
    }

    private static byte[] appended(byte[] bytes, byte next) {
        byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
        more[bytes.length] = next;
        return more;
    }
}
