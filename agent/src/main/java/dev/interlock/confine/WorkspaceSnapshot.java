package dev.interlock.confine;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The state of a workspace when its agent began, as lines of JSON: the run, then its files. It stays on disk until the
 * changes were reported, because a {@code run} that is killed reports nothing. A lock on it shows that the run is
 * alive.
 */
record WorkspaceSnapshot(Path file, FileChannel channel) {

    static final String TYPE = "interlock-beginning@v1";
    private static final String DIRECTORY = "unfinished";
    static final String SUFFIX = ".jsonl";
    private static final String DIRECTORY_ITSELF = "directory";

    static Path directory(Path sessions) {
        return sessions.resolve(DIRECTORY);
    }

    static WorkspaceSnapshot of(Path sessions, Json.Members about, SnapshotScope scope, ExecutedFiles before)
            throws IOException {
        Path directory = directory(sessions);
        PrivateFiles.directories(directory);
        Path file = directory.resolve(about.text("lease") + SUFFIX);
        FileChannel channel = PrivateFiles.open(file);
        WorkspaceSnapshot beginning = new WorkspaceSnapshot(file, channel);
        try {
            if (channel.tryLock() == null) {
                throw new IOException("another program has locked `" + file + "`");
            }
            write(channel, scope.told(about).with(DIRECTORY_ITSELF, itself(scope.workspace())), before);
            return beginning;
        } catch (IOException | RuntimeException e) {
            beginning.forget();
            throw e;
        }
    }

    // The writer stays open, because its channel is the lock.
    @SuppressWarnings("resource")
    private static void write(FileChannel channel, Json.Members about, ExecutedFiles before) throws IOException {
        Writer lines = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
        Json.Members first = about.with("type", TYPE)
                .with("unheld", before.unheld())
                .with("whole", before.whole())
                .with("files", before.states().size());
        lines.write(first.canonicalText() + "\n");
        for (Map.Entry<Path, ExecutedFiles.FileVersion> one : before.states().entrySet()) {
            ExecutedFiles.FileVersion state = one.getValue();
            Json.Members line = Json.object()
                    .with("path", one.getKey().toString())
                    .with("content", state.content())
                    .with("why", state.why())
                    .withTexts("via", texts(state.via()))
                    .with("held", state.held());
            lines.write(line.canonicalText() + "\n");
        }
        lines.flush();
        channel.force(true); // a power loss interrupts a run as well, and its changes must then be reported
    }

    void forget() throws IOException {
        Files.deleteIfExists(file);
        channel.close();
    }

    /**
     * The part of a workspace that was searched, and the agent's user.
     *
     * @param writable files that run by themselves and that the agent may write nevertheless
     * @param covered directories that are empty inside
     */
    record SnapshotScope(Path workspace, ExecutedPaths paths, Set<Path> writable, Set<Path> covered, int uid) {

        ExecutedFiles executedFiles() throws IOException {
            return ExecutedFiles.search(workspace, paths, writable, covered, uid);
        }

        WorkspaceFindings findings(ExecutedFiles before, Instant began) throws IOException {
            return executedFiles().changesSince(before).with(SpecialFileSearch.since(workspace, covered, began));
        }

        private Json.Members told(Json.Members about) {
            return about.with("root", workspace.toString())
                    .with("executed", paths.json())
                    .withTexts("writable", texts(writable))
                    .withTexts("covered", texts(covered))
                    .with("uid", uid);
        }

        private static SnapshotScope of(Json.Members about) {
            return new SnapshotScope(
                    Path.of(about.text("root")),
                    ExecutedPaths.read(about.objects("executed")),
                    WorkspaceSnapshot.read(about.texts("writable")),
                    WorkspaceSnapshot.read(about.texts("covered")),
                    Math.toIntExact(about.whole("uid")));
        }
    }

    /** Returns the identity of a directory, independent of its name: its file system and its file number there. */
    private static String itself(Path directory) throws IOException {
        return String.valueOf(
                Files.readAttributes(directory, BasicFileAttributes.class).fileKey());
    }

    record StoredSnapshot(Json.Members about, SnapshotScope scope, ExecutedFiles before) {

        /** Returns whether the workspace is missing now, or an empty directory in its place, as when not mounted. */
        boolean isAway() throws IOException {
            Path workspace = scope.workspace();
            if (!Files.isDirectory(workspace)) {
                return true;
            }
            if (about.optionalText(DIRECTORY_ITSELF).orElse("").equals(itself(workspace))) {
                return false;
            }
            try (Stream<Path> entries = Files.list(workspace)) {
                return entries.findAny().isEmpty();
            }
        }
    }

    /**
     * @throws MalformedException if it is no such file, or its run was killed before all of it was written; then
     *     nothing ran
     */
    static StoredSnapshot read(Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            Json.Members about = line(lines);
            if (!about.text("type").equals(TYPE)) {
                throw new MalformedException("it is no beginning of a run");
            }
            Map<Path, ExecutedFiles.FileVersion> states = new TreeMap<>();
            for (long i = about.whole("files"); i > 0; i--) {
                Json.Members one = line(lines);
                states.put(
                        Path.of(one.text("path")),
                        new ExecutedFiles.FileVersion(
                                one.text("content"),
                                one.text("why"),
                                read(one.texts("via")),
                                one.get("held").isEmpty() || one.flag("held"))); // older records lack it
            }
            int unheld = Math.toIntExact(about.whole("unheld"));
            return new StoredSnapshot(
                    about,
                    SnapshotScope.of(about),
                    new ExecutedFiles(Set.of(), states, Set.of(), unheld, about.flag("whole")));
        }
    }

    private static Json.Members line(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        if (line == null) {
            throw new MalformedException("it ends too soon");
        }
        return Json.readObject(line.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> texts(Set<Path> paths) {
        return paths.stream().map(Path::toString).sorted().toList();
    }

    private static Set<Path> read(List<String> texts) {
        return texts.stream().map(Path::of).collect(Collectors.toSet());
    }
}
