package dev.interlock.backup.tool;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.SourceSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A tool with the settings of one plan. It takes backups and stores them; Interlock only wants one restored. */
public sealed interface BackupTool permits ExecTool, ResticTool {

    /** A backup that the tool has, with the time when it was begun, as the tool says. */
    record StoredBackup(String id, Instant takenAt) {}

    /** Returns a description of the store that does not depend on passwords. */
    String store();

    Optional<Path> directory();

    Map<String, String> environment();

    boolean takes();

    /** Takes a backup, with the private directory {@code own}. Returns how its moment relates to {@code snapshot}. */
    Contents.Moment takeBackup(
            String plan, SourceSnapshot snapshot, ChildProcesses children, Path own, Progress progress)
            throws IOException;

    /** Returns the backups of {@code plan}, oldest first; throws if they are unknown, which is not the same as none. */
    List<StoredBackup> listBackups(String plan) throws IOException;

    /**
     * Restores a backup into the empty directory {@code into}. Returns where the source's content is: a directory's
     * content, a single file, or a data directory.
     */
    Path restoreBackup(String plan, String id, ChildProcesses children, Path into, Path own) throws IOException;
}
