package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * Keeps {@code psql} from what is no SQL: commands of its own that run programs or connect elsewhere. What others wrote
 * or answered goes through it, and a {@code pg_dump} of late begins what it prints in the same way.
 */
final class Restriction {

    private static final String COMMAND = "\\restrict ";
    private static final int KEY_BYTES = 16;

    private Restriction() {}

    /** Whether the {@code psql} of {@code programs} can be kept from it. */
    static boolean isKnown(Children children, Path programs) throws BackupException {
        List<String> help = List.of(programs.resolve("psql").toString(), "--help=commands");
        return children.output(help, Postgres.plain()).contains(COMMAND);
    }

    /** To be said to {@code psql} before anything else. */
    static void begin(Children.Child psql) throws BackupException {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        String line = COMMAND + HexFormat.of().formatHex(key) + "\n";
        try {
            psql.process().getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw psql.failure(e);
        }
    }
}
