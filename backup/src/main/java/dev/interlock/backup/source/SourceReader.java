package dev.interlock.backup.source;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

public interface SourceReader {

    /** Returns a description of the source that does not depend on passwords. */
    String origin();

    /** Counts the source now, and holds that state for a copy as far as its kind can, in the private {@code own}. */
    SourceSnapshot open(Path own, Progress progress) throws IOException;

    /**
     * Counts a copy that a tool restored in {@code into}, in a sandbox, because its authors could attack whoever opens
     * it. A fault of the copy is a {@link BackupException} that is not inconclusive.
     */
    Contents restored(Path into, Path own, Progress progress) throws IOException;

    /** Returns the one file in {@code into}, which must hold nothing else. */
    static Path oneFile(Path into) throws IOException {
        try (Stream<Path> all = Files.list(into)) {
            List<Path> found = all.toList();
            if (found.size() != 1 || !Files.isRegularFile(found.getFirst(), LinkOption.NOFOLLOW_LINKS)) {
                throw new BackupException("it was not restored as one file, but as " + found.size() + " things");
            }
            return found.getFirst();
        }
    }

    /** Returns its separation from {@code store}, a directory of this machine, as far as visible. */
    Separation separationFrom(Path store, Path own) throws IOException;
}
