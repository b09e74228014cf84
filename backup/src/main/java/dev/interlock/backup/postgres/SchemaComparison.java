package dev.interlock.backup.postgres;

import dev.interlock.action.Bytes;
import dev.interlock.backup.kept.BackupFileReader;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Distinguishes an altered schema from one that PostgreSQL only describes differently than at the source. PostgreSQL
 * does not always repeat what it has read. For {@code CHECK (v IN ('a'))} on a {@code varchar} it stores one expression
 * as typed, and another one as dumped. So if the descriptions differ, the source's description is executed too, in its
 * own database. Then both schemas have been written and read once each, and must be the same.
 */
final class SchemaComparison {

    private final BackupRepository repository;
    private final BackupManifest manifest;
    private final PostgresDump dump;
    private final Progress progress;

    SchemaComparison(BackupRepository repository, BackupManifest manifest, PostgresDump dump, Progress progress) {
        this.repository = repository;
        this.manifest = manifest;
        this.dump = dump;
        this.progress = progress;
    }

    /** The place in which the source's description is executed. */
    @FunctionalInterface
    interface ComparisonDatabase {

        /** Returns clients for an empty database like the one that was restored into. */
        SandboxedClients begin() throws IOException;

        /**
         * Requires that a failure there is the backup's fault.
         *
         * @throws InconclusiveException if it is not
         */
        default void requireUndisturbed(BackupException noticed) throws InconclusiveException {}
    }

    /**
     * Requires that the stored description is unaltered, even if nobody needs it now.
     *
     * @throws BackupException if it is altered
     */
    void requireWhole() throws IOException {
        if (manifest.files().containsKey(Archive.WORDS)) {
            try (BackupFileReader words = new BackupFileReader(repository, manifest, Archive.WORDS)) {
                words.requireWhole();
            }
        }
    }

    /**
     * Returns the content {@code found} in the restored database. It gets the source's schema digest if both schemas
     * are the same.
     */
    DatabaseContents judged(DatabaseContents found, ComparisonDatabase elsewhere) throws IOException {
        String source = dump.contents().schema();
        if (found.schema().equals(source) || !manifest.files().containsKey(Archive.WORDS)) {
            return found;
        }
        progress.at("describing the restored schema", 0);
        try {
            return executed(elsewhere.begin()).equals(found.schema())
                    ? new DatabaseContents(source, found.tables(), found.largeObjects())
                    : found;
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            elsewhere.requireUndisturbed(e);
            return found;
        }
    }

    /** Returns the digest of the schema that the source's description makes. */
    private String executed(SandboxedClients clients) throws IOException {
        MessageDigest digest = Bytes.newSha256();
        try (BackupFileReader words = new BackupFileReader(repository, manifest, Archive.WORDS);
                ChildProcesses.ChildProcess psql = clients.executing()) {
            DumpRestore.copy(new DigestInputStream(words.in(), digest), psql, _ -> {});
            words.requireWhole();
        }
        if (!HexFormat.of().formatHex(digest.digest()).equals(dump.contents().schema())) {
            throw new BackupException("its " + Archive.WORDS + " describes a schema that differs from the source");
        }
        return clients.schema();
    }
}
