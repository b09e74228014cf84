package dev.interlock.vault;

import java.io.IOException;
import java.nio.file.Path;

/** Reports that somebody other than the owner can access a file of the vault: the secret may have been copied. */
final class ExposedFileException extends IOException {

    ExposedFileException(Path path, String permissions) {
        super("`" + path + "` is open to others (`" + permissions + "`): replace the secrets behind it");
    }
}
