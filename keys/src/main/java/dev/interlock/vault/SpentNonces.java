package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Records every statement that was ever used here, in one file each, created exclusively, so that one of several racing
 * openers wins, across processes and restarts. The files stay for good, so no clock can revive one.
 */
record SpentNonces(Path directory) {

    static SpentNonces at(Path root) throws IOException {
        Path directory = root.resolve("spent");
        VaultFiles.directory(directory);
        return new SpentNonces(directory);
    }

    /** Records the use and returns whether it is the first; durable when it returns. */
    boolean spend(String nonce, String hold) throws IOException {
        try {
            byte[] content = (hold + "\n").getBytes(StandardCharsets.UTF_8);
            PrivateFiles.write(directory.resolve(Bytes.utf8(nonce).sha256()), content);
            return true;
        } catch (FileAlreadyExistsException _) {
            return false;
        }
    }

    /** Returns whether the statement with this {@link dev.interlock.evidence.PlanStep#mark} was used here. */
    boolean isSpent(String mark) {
        return Files.exists(directory.resolve(mark));
    }
}
