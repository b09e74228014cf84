package dev.interlock.backup.source;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.nio.file.Path;

/** Counts one kind of source, where it is and in a restored copy. */
public interface SourceReader {

    /** Returns a description of the source that does not depend on passwords. */
    String origin();

    /**
     * Counts the source as it is now, and holds that state for a copy as far as its kind can.
     *
     * @param own a private directory, for as long as the snapshot is open
     * @throws dev.interlock.backup.run.BackupException if it cannot be read
     */
    SourceSnapshot open(Path own, Progress progress) throws IOException;

    /**
     * Counts a restored copy. It is opened in a sandbox, because its authors could attack whoever opens it.
     *
     * @param into the directory into which a tool restored it
     * @param own a private directory
     * @throws dev.interlock.backup.run.InconclusiveException if this says nothing about the copy
     * @throws dev.interlock.backup.run.BackupException if the copy is faulty; the message says how
     */
    Contents restored(Path into, Path own, Progress progress) throws IOException;

    /**
     * Returns the separation of the source from {@code store}, a directory of this machine, as far as visible.
     *
     * @param own a private directory
     */
    Separation separationFrom(Path store, Path own) throws IOException;
}
