package dev.interlock.testing;

import dev.interlock.action.BodyStream;
import dev.interlock.action.Refusal;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A long body that is in memory after all. It is known once it was received. */
public final class StoredBody implements BodyStream {

    private final byte[] bytes;
    private boolean isKnown;

    private StoredBody(String text, boolean isKnown) {
        this.bytes = text.getBytes(StandardCharsets.UTF_8);
        this.isKnown = isKnown;
    }

    public static StoredBody of(String text) {
        return new StoredBody(text, true);
    }

    /** Returns one that is still with the client. */
    public static StoredBody arriving(String text) {
        return new StoredBody(text, false);
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public boolean isKnown() {
        return isKnown;
    }

    @Override
    public Optional<Refusal> receive() {
        isKnown = true;
        return Optional.empty();
    }

    @Override
    public InputStream open() {
        return new ByteArrayInputStream(bytes);
    }
}
