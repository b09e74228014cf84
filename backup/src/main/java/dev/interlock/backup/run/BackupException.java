package dev.interlock.backup.run;

import java.io.IOException;

/** A backup could not be taken, read or tested. The message is for people, and contains no secret. */
public sealed class BackupException extends IOException permits InconclusiveException {

    public BackupException(String message) {
        super(message);
    }

    public BackupException(String message, Throwable cause) {
        super(message, cause);
    }
}
