package dev.interlock.vault;

import java.io.IOException;
import java.nio.file.Path;

/** A file of the vault can be reached by somebody who is not its owner: what it protected may have been copied. */
final class ExposedFileException extends IOException {

    ExposedFileException(Path path, String permissions) {
        super("`" + path + "` is open to others (`" + permissions + "`): replace the secrets behind it");
    }
}
