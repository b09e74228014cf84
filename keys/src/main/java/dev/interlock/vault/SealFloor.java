package dev.interlock.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Stores the highest sequence of a seal that the vault has accepted, so that an older one cannot return. */
final class SealFloor {

    private final Path file;

    SealFloor(Path root) {
        this.file = root.resolve("seal.floor");
    }

    long sequence() throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        try {
            return Long.parseLong(new String(VaultFiles.read(file), StandardCharsets.US_ASCII).strip());
        } catch (NumberFormatException e) {
            throw new IOException("`" + file + "` contains no sequence", e);
        }
    }

    void raiseTo(long sequence) throws IOException {
        if (sequence > sequence()) {
            VaultFiles.write(file, (sequence + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }
}
