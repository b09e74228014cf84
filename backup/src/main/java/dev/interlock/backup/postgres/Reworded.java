package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.Contents;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.kept.StoredReading;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Digests;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Tells a schema that was altered from one that PostgreSQL only describes in other words than it did at the source. It
 * does not always say again what it has read: of {@code CHECK (v IN ('a'))} on a {@code varchar} it keeps one
 * expression as it was typed, and another one as it was dumped. So where the words differ, those of the source are
 * executed as well, in a database of their own: what was restored and what comes of that have been written and read
 * once each, and must be the same.
 */
final class Reworded {

    private final Shelf shelf;
    private final Manifest manifest;
    private final PostgresDump dump;
    private final Progress progress;

    Reworded(Shelf shelf, Manifest manifest, PostgresDump dump, Progress progress) {
        this.shelf = shelf;
        this.manifest = manifest;
        this.dump = dump;
        this.progress = progress;
    }

    /** Where the words of the source are executed. */
    @FunctionalInterface
    interface Elsewhere {

        /** What speaks to an empty database, like the one that was restored into. */
        Clients begin() throws IOException;

        /**
         * Requires that what failed there is the backup's fault.
         *
         * @throws DisturbedException if it is not
         */
        default void requireUndisturbed(BackupException noticed) throws DisturbedException {}
    }

    /**
     * Requires that the source's words are still what was written, also where nobody needs them now.
     *
     * @throws BackupException if they are not
     */
    void requireWhole() throws IOException {
        if (manifest.files().containsKey(Archive.WORDS)) {
            try (StoredReading words = new StoredReading(shelf, manifest, Archive.WORDS)) {
                words.requireWhole();
            }
        }
    }

    /** What was {@code found} in the restored database; with the source's schema, if it is that one. */
    Contents judged(Contents found, Elsewhere elsewhere) throws IOException {
        String source = dump.contents().schema();
        if (found.schema().equals(source) || !manifest.files().containsKey(Archive.WORDS)) {
            return found;
        }
        progress.at("describing the schema anew", 0);
        try {
            return executed(elsewhere.begin()).equals(found.schema())
                    ? new Contents(source, found.tables(), found.largeObjects())
                    : found;
        } catch (DisturbedException e) {
            throw e;
        } catch (BackupException e) {
            elsewhere.requireUndisturbed(e);
            return found;
        }
    }

    /** How the schema is described that the source's words make. */
    private String executed(Clients clients) throws IOException {
        MessageDigest digest = Digests.sha256();
        try (StoredReading words = new StoredReading(shelf, manifest, Archive.WORDS);
                Children.Child psql = clients.executing()) {
            Restoring.pour(new DigestInputStream(words.in(), digest), psql, _ -> {});
            words.requireWhole();
        }
        if (!HexFormat.of().formatHex(digest.digest()).equals(dump.contents().schema())) {
            throw new BackupException("its " + Archive.WORDS + " describes another schema than the source had");
        }
        return clients.schema();
    }
}
