package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;

/** Reads a stream of server-sent events byte by byte, and says which bytes are data. */
final class EventLines {

    enum Part {
        /** Part of the data of an event, or the end of one of its lines. */
        DATA,
        /** The end of an event. */
        END,
        /** Anything else. */
        OTHER
    }

    private static final String DATA = "data";
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    /** The bytes of the field's name so far, as long as they are those of {@link #DATA}; -1 if they are not. */
    private int name;

    private boolean empty = true;
    private boolean inValue;
    private boolean isFirst;
    private boolean afterReturn;
    private int mark;

    /** Reads the next byte. A byte order mark at the beginning of the stream is no part of it. */
    Part read(byte next) {
        if (mark < BYTE_ORDER_MARK.length) {
            if (next == BYTE_ORDER_MARK[mark]) {
                mark++;
                return Part.OTHER;
            }
            mark = BYTE_ORDER_MARK.length;
        }
        boolean isSecondOfTwo = afterReturn && next == '\n';
        afterReturn = next == '\r';
        if (isSecondOfTwo) {
            return Part.OTHER;
        }
        return next == '\n' || next == '\r' ? lineEnd() : inLine(next);
    }

    private Part lineEnd() {
        Part part = empty ? Part.END : inValue || name == DATA.length() ? Part.DATA : Part.OTHER;
        name = 0;
        empty = true;
        inValue = false;
        return part;
    }

    private Part inLine(byte next) {
        empty = false;
        if (inValue) {
            boolean isBlank = isFirst && next == ' ';
            isFirst = false;
            return isBlank ? Part.OTHER : Part.DATA;
        }
        if (name == DATA.length() && next == ':') {
            inValue = true;
            isFirst = true;
        } else {
            name = name >= 0 && name < DATA.length() && next == DATA.charAt(name) ? name + 1 : -1;
        }
        return Part.OTHER;
    }

    /** Splits a stream of server-sent events into the data of each. */
    static final class EventSplitter {

        private final EventLines lines = new EventLines();
        private ByteArrayOutputStream data = new ByteArrayOutputStream();
        private boolean isBetween = true;

        /** Returns whether the last byte ended an event. */
        boolean isBetween() {
            return isBetween;
        }

        /** Reads the next byte. Returns the data of the event that ends with it, if one does and has any. */
        Optional<Bytes> next(byte next) {
            Part part = lines.read(next);
            isBetween = part == Part.END;
            switch (part) {
                case DATA -> data.write(next == '\r' ? '\n' : next);
                case END -> {
                    byte[] whole = data.toByteArray();
                    data = new ByteArrayOutputStream(); // a long event's room is given back
                    // Each line of data has an end. The first event of a stream that can be resumed has only that.
                    return whole.length > 1
                            ? Optional.of(Bytes.of(Arrays.copyOf(whole, whole.length - 1)))
                            : Optional.empty();
                }
                case OTHER -> {}
            }
            return Optional.empty();
        }
    }
}
