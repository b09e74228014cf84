package dev.interlock.evidence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The keys of sealed texts: a file with {@value #LENGTH} random bytes for each number, or zeros once these are erased.
 */
public record TextKeys(Optional<FileChannel> file) {

    public static final int LENGTH = 16;

    static final TextKeys NONE = new TextKeys(Optional.empty());

    static TextKeys read(Path file) throws IOException {
        return new TextKeys(Optional.of(FileChannel.open(file)));
    }

    /** Returns the key of the receipt {@code id}, whose texts are sealed under {@code number}, if it is known. */
    Optional<byte[]> of(long number, String id) {
        byte[] secret = secrets(number, LENGTH);
        return Arrays.equals(secret, new byte[LENGTH])
                ? Optional.empty()
                : Optional.of(Sha256.of(secret, id.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns {@code length} bytes of the file from those of {@code number} on; zeros where it has none. */
    public byte[] secrets(long number, int length) {
        ByteBuffer secrets = ByteBuffer.allocate(length);
        try {
            while (file.isPresent()
                    && secrets.hasRemaining()
                    && file.get().read(secrets, number * LENGTH + secrets.position()) >= 0) {}
            return secrets.array();
        } catch (IOException e) {
            throw new UncheckedIOException("the text keys cannot be read", e);
        }
    }
}
