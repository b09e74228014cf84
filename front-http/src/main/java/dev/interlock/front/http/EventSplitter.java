package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Optional;

/** Splits a stream of server-sent events into the data of each. */
final class EventSplitter {

    private final EventLines lines = new EventLines();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    /** Reads the next byte. Returns the data of the event that ends with it, if one does and has any. */
    Optional<Bytes> next(byte next) {
        switch (lines.read(next)) {
            case DATA -> data.write(next == '\r' ? '\n' : next);
            case END -> {
                if (data.size() > 0) {
                    Bytes whole = Bytes.of(data.toByteArray());
                    data.reset();
                    return Optional.of(whole);
                }
            }
            case OTHER -> {}
        }
        return Optional.empty();
    }
}
