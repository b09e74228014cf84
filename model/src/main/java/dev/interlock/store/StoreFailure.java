package dev.interlock.store;

import java.nio.file.Path;
import java.sql.SQLException;

/** Says what a failure of SQLite means for the store, and what to do. */
final class StoreFailure {

    private static final int READONLY = 8;
    private static final int IOERR = 10;
    private static final int CORRUPT = 11;
    private static final int FULL = 13;
    private static final int NOTADB = 26;

    /** SQLite puts the kind of a failure into the lowest byte of its code, and the details above it. */
    private static final int KIND = 0xff;

    private StoreFailure() {}

    static StoreUnavailableException of(Path file, SQLException cause) {
        String words = switch (cause.getErrorCode() & KIND) {
            case CORRUPT, NOTADB ->
                "the store `" + file
                        + "` is damaged. Put a copy of it from a backup in its place. Or move it away, with `"
                        + file.getFileName() + "-wal` and `" + file.getFileName()
                        + "-shm` beside it, and start the gateway: then leases, open holds and passkeys are gone, and what people stopped, ended, denied or used is restored from the ledger. Nobody should delete it before the cause is known";
            case FULL -> "the store `" + file + "` cannot be written, because its disk is full: free space there";
            case READONLY -> "the store `" + file + "` cannot be written, because its disk or file is read-only";
            case IOERR -> "the disk of the store `" + file + "` fails: see the kernel's log";
            default -> "the store failed";
        };
        return new StoreUnavailableException(words + " (" + cause.getMessage() + ")", cause);
    }
}
