package dev.interlock.backup.tool;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.backup.source.SourceSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Any tool, by commands that take, list and restore ({@code docs/backups.md}), each an absolute path and arguments
 * without secrets. {@code take} is empty if something else takes backups, at its own times; {@code restore} restores
 * into the directory that {@code INTERLOCK_INTO} names; {@code environment} names files with secrets.
 */
public record ExecTool(
        List<String> take, List<String> list, String format, List<String> restore, Map<String, String> environment)
        implements BackupTool {

    public static final String USUAL_FORMAT = "lines";
    private static final String PLAN = "INTERLOCK_PLAN";

    /** @throws IllegalArgumentException if they could not be run */
    public ExecTool {
        take = List.copyOf(take);
        list = List.copyOf(list);
        restore = List.copyOf(restore);
        environment = Map.copyOf(environment);
        ToolListing.Format.of(format);
        if (!take.isEmpty()) {
            program("take", take, environment);
        }
        program("list", list, environment);
        program("restore", restore, environment);
    }

    private static UserProgram program(String what, List<String> command, Map<String, String> environment) {
        try {
            return new UserProgram(command, environment);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("`" + what + "`: " + e.getMessage(), e);
        }
    }

    @Override
    public String store() {
        return "exec " + String.join(" ", restore);
    }

    @Override
    public Optional<Path> directory() {
        return Optional.empty();
    }

    @Override
    public boolean takes() {
        return !take.isEmpty();
    }

    @Override
    public Contents.Moment takeBackup(
            String plan, SourceSnapshot snapshot, ChildProcesses children, Path own, Progress progress)
            throws IOException {
        progress.at("taking", 0);
        Map<String, String> told = new LinkedHashMap<>(snapshot.environment());
        told.put(PLAN, plan);
        told.put("INTERLOCK_SCRATCH", own.toString());
        new UserProgram(take, environment).run(children, told);
        return Contents.Moment.BETWEEN;
    }

    @Override
    public List<StoredBackup> listBackups(String plan) throws IOException {
        return ToolListing.read(new UserProgram(list, environment), ToolListing.Format.of(format), Map.of(PLAN, plan));
    }

    @Override
    public Path restoreBackup(String plan, String id, ChildProcesses children, Path into, Path own) throws IOException {
        Map<String, String> told = new LinkedHashMap<>();
        told.put(PLAN, plan);
        told.put("INTERLOCK_BACKUP", id);
        told.put("INTERLOCK_INTO", into.toString());
        told.put("INTERLOCK_SCRATCH", own.toString());
        new UserProgram(restore, environment).run(children, told);
        return into;
    }
}
