package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * Restricts {@code psql} to SQL, without its own commands that run programs or connect elsewhere, for all text of
 * others. Recent versions of {@code pg_dump} begin their output in the same way.
 */
final class PsqlRestriction {

    private static final String COMMAND = "\\restrict ";
    private static final int KEY_BYTES = 16;

    private PsqlRestriction() {}

    /** Returns whether the {@code psql} of {@code programs} supports the restriction. */
    static boolean isKnown(ChildProcesses children, Path programs) throws BackupException {
        List<String> help = List.of(programs.resolve("psql").toString(), "--help=commands");
        return children.output(help, PostgresConnection.plain()).contains(COMMAND);
    }

    /** Sends the restriction to {@code psql}, before anything else. */
    static void begin(ChildProcesses.ChildProcess psql) throws BackupException {
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
