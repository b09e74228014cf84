package dev.interlock.confine;

import dev.interlock.snapshot.LostFiles;
import dev.interlock.snapshot.Restoration;
import dev.interlock.snapshot.Snapshot;
import dev.interlock.snapshot.SnapshotExpiry;
import dev.interlock.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A workspace that was kept before its agent came, as far as that was possible.
 *
 * @param root all snapshots of its person
 * @param id of this one
 * @param unkept what was not kept, as a sentence
 */
public record KeptWorkspace(Path root, Optional<String> id, Optional<String> unkept) {

    private static final int MOST_NAMED = 3;

    /** Keeps {@code workspace} for the run that has {@code lease}. That this fails ends no run. */
    static KeptWorkspace keep(Path sessions, Path workspace, String lease, Instant at) {
        Path root = SnapshotStore.beside(sessions);
        try {
            SnapshotExpiry.USUAL.removeExpired(root, at);
            try (SnapshotStore store = SnapshotStore.open(root, workspace.toRealPath())) {
                Snapshot snapshot = store.take(lease, at);
                return new KeptWorkspace(root, Optional.of(lease), missed(snapshot.missed()));
            }
        } catch (IOException | RuntimeException e) {
            return new KeptWorkspace(
                    root,
                    Optional.empty(),
                    Optional.of("The workspace could not be kept (" + e.getMessage()
                            + "), so `interlock undo` cannot put back what this run changes."));
        }
    }

    /**
     * Puts a workspace back as {@code then}; see {@link Restoration}.
     *
     * @throws SandboxException if an agent works there
     */
    public static Restoration.RestorationResult restore(
            Path sessions, Snapshot then, Collection<String> within, Instant at, boolean onlyShow)
            throws IOException, SandboxException {
        Path workspace = then.workspace();
        if (!Files.isDirectory(workspace) || !workspace.toRealPath().equals(workspace)) {
            throw new IOException("`" + workspace + "` is no directory now: make it, and try again");
        }
        Optional<Path> repository = Optional.of(workspace.resolve(".git")).filter(Files::isDirectory);
        try (WorkspaceLock lock = WorkspaceLock.of(workspace, repository, sessions.resolveSibling(""));
                SnapshotStore store = SnapshotStore.open(SnapshotStore.beside(sessions), workspace)) {
            if (!lock.isLastInRepository()) {
                throw new IOException("another agent of yours works in a worktree of its repository: wait for its end");
            }
            String id =
                    "S-" + Long.toString(at.toEpochMilli(), Character.MAX_RADIX).toUpperCase(Locale.ROOT);
            return Restoration.restore(store, then, within, id, at, onlyShow);
        }
    }

    private static Optional<String> missed(List<String> paths) {
        return paths.isEmpty()
                ? Optional.empty()
                : Optional.of("Not kept, so `interlock undo` cannot put it back (too large or not readable): "
                        + String.join(", ", paths.subList(0, Math.min(MOST_NAMED, paths.size())))
                        + (paths.size() > MOST_NAMED ? " and " + (paths.size() - MOST_NAMED) + " more" : ""));
    }

    /** Reads the snapshot again, because a run is long and its memory small. */
    List<LostFiles> lostFiles() throws IOException {
        if (id.isEmpty()) {
            return List.of();
        }
        Snapshot snapshot = SnapshotStore.find(root, id.get())
                .orElseThrow(() -> new IOException("its copy is gone, as one that is too old or too large"));
        try (SnapshotStore store = SnapshotStore.open(root, snapshot.workspace())) {
            return LostFiles.since(store, snapshot);
        }
    }
}
