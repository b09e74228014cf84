package dev.interlock.backup.source;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.nio.file.Path;

public interface SourceReader {

    /** Returns a description of the source that does not depend on passwords. */
    String origin();

    /**
     * Counts the source now, and holds that state for a copy as far as its kind can, with the private directory
     * {@code own}.
     */
    SourceSnapshot open(Path own, Progress progress) throws IOException;

    /**
     * Counts a copy that a tool restored in {@code into}, in a sandbox, because its authors could attack whoever opens
     * it. A fault of the copy is a {@link dev.interlock.backup.run.BackupException} that is not inconclusive.
     */
    Contents restored(Path into, Path own, Progress progress) throws IOException;

    /** Returns its separation from {@code store}, a directory of this machine, as far as visible. */
    Separation separationFrom(Path store, Path own) throws IOException;
}
