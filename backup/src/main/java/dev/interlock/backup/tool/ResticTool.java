package dev.interlock.backup.tool;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.backup.source.SourceSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** restic, in any {@code repository} that {@code restic -r} takes. Each plan's snapshots have a tag of their own. */
public record ResticTool(Path program, String repository, Map<String, String> environment) implements BackupTool {

    private static final String PASSWORD_FILE = "RESTIC_PASSWORD_FILE";
    public static final Path USUAL = Path.of("/usr/bin/restic");

    public static ResticTool of(Path program, String repository, Path passwordFile, Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment);
        all.put(PASSWORD_FILE, passwordFile.toString());
        return new ResticTool(program, repository, all);
    }

    public ResticTool {
        Map<String, String> all = new HashMap<>(environment);
        all.put("RESTIC_REPOSITORY", repository); // not an argument: its address may have a password
        environment = Map.copyOf(all);
        var _ = new UserProgram(List.of(program.toString()), environment);
    }

    private UserProgram restic(String command, List<String> arguments) {
        List<String> all = new ArrayList<>(List.of(program.toString(), "--no-cache", command));
        all.addAll(arguments);
        return new UserProgram(all, environment);
    }

    public Path passwordFile() {
        return Path.of(Objects.requireNonNull(environment.get(PASSWORD_FILE), "it is always there"));
    }

    private static String tag(String plan) {
        return "interlock-" + plan;
    }

    @Override
    public String store() {
        return "restic " + repository;
    }

    @Override
    public Optional<Path> directory() {
        String path = repository.startsWith("local:") ? repository.substring("local:".length()) : repository;
        return path.startsWith("/") ? Optional.of(Path.of(path)) : Optional.empty();
    }

    @Override
    public boolean takes() {
        return true;
    }

    @Override
    public Contents.Moment takeBackup(
            String plan, SourceSnapshot snapshot, ChildProcesses children, Path own, Progress progress)
            throws IOException {
        progress.at("taking", 0);
        List<String> arguments = new ArrayList<>(List.of("--quiet", "--tag", tag(plan)));
        switch (snapshot.material()) {
            case SourceSnapshot.Material.Tree(Path path) -> {
                arguments.add(".");
                // From inside, so that a restore has the directory's content and not its path.
                List<String> command = new ArrayList<>(List.of("/usr/bin/env", "--chdir=" + path, "--"));
                command.addAll(restic("backup", arguments).command());
                new UserProgram(command, environment).run(children, Map.of());
                return Contents.Moment.BETWEEN;
            }
            case SourceSnapshot.Material.Stream stream -> {
                arguments.addAll(List.of("--stdin", "--stdin-filename", plan));
                try (ChildProcesses.ChildProcess child =
                        restic("backup", arguments).start(children, Map.of())) {
                    child.silence();
                    feed(stream, child);
                    child.requireSuccess();
                }
                return Contents.Moment.EXACT;
            }
        }
    }

    /** Feeds the stream. If it fails, restic is killed before it could store a part as if it were all. */
    private static void feed(SourceSnapshot.Material.Stream stream, ChildProcesses.ChildProcess child)
            throws IOException {
        OutputStream in = child.process().getOutputStream();
        try {
            stream.writeTo(in);
        } catch (BackupException e) {
            throw e;
        } catch (IOException e) {
            throw child.failure(e);
        }
        try {
            in.close();
        } catch (IOException e) {
            throw child.failure(e);
        }
    }

    @Override
    public List<StoredBackup> listBackups(String plan) throws IOException {
        return ToolListing.read(
                restic("snapshots", List.of("--json", "--no-lock", "--tag", tag(plan))),
                ToolListing.Format.RESTIC,
                Map.of());
    }

    @Override
    public Path restoreBackup(String plan, String id, ChildProcesses children, Path into, Path own) throws IOException {
        restic("restore", List.of("--target", into.toString(), id)).run(children, Map.of());
        return into;
    }
}
