package dev.interlock.backup;

import java.io.IOException;

/** A backup could not be taken, read or tried. The message is for people, and holds no secret. */
public final class BackupException extends IOException {

    private static final long serialVersionUID = 1L;

    BackupException(String message) {
        super(message);
    }

    BackupException(String message, Throwable cause) {
        super(message, cause);
    }
}
