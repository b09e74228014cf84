package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
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
                byte[] whole = data.toByteArray();
                data.reset();
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
