package dev.interlock.backup.source;

import dev.interlock.backup.run.BackupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

public final class CopiedFile {

    private CopiedFile() {}

    /** Returns the one file in {@code into}, which must hold nothing else. */
    public static Path in(Path into) throws IOException {
        try (Stream<Path> all = Files.list(into)) {
            List<Path> found = all.toList();
            if (found.size() != 1 || !Files.isRegularFile(found.getFirst(), LinkOption.NOFOLLOW_LINKS)) {
                throw new BackupException("it was not restored as one file, but as " + found.size() + " things");
            }
            return found.getFirst();
        }
    }
}
