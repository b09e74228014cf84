package dev.interlock.snapshot;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The snapshots of one workspace, in a directory that only their owner can read. They contain what the files contain,
 * also secrets. Unchanged files are stored once.
 */
public final class SnapshotStore implements AutoCloseable {

    /** The most bytes that one snapshot adds. */
    private static final long MOST_ADDED = 1L << 30;

    /** A part of the free disk that stays free. */
    private static final int FREE_SHARE = 10;

    /** A pack of which less than half is in use is not used again, so that it goes with the older snapshots. */
    private static final long SMALL_PACK = 16 << 20;

    /** A file that changed shortly before it was listed may have changed again with the same times. */
    private static final long GRANULE = 1_000_000_000L;

    private static final int NAME_LENGTH = 32;
    private static final String LOCK = "lock";

    private final Path root;
    private final Path workspace;
    private final Path directory;
    private final FileChannel lock;

    private SnapshotStore(Path root, Path workspace, Path directory, FileChannel lock) {
        this.root = root;
        this.workspace = workspace;
        this.directory = directory;
        this.lock = lock;
    }

    /** Opens that of {@code workspace}, which has no link in it, among all in {@code root}. */
    public static SnapshotStore open(Path root, Path workspace) throws IOException {
        Path directory = PrivateFiles.directories(root.resolve(nameOf(workspace)));
        FileChannel lock = openLock(directory);
        try {
            lock.lock(); // held for long only by a restoration
            return new SnapshotStore(root, workspace, directory, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    static FileChannel openLock(Path directory) throws IOException {
        return FileChannel.open(
                directory.resolve(LOCK),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PrivateFiles.AS_FILE);
    }

    private static String nameOf(Path workspace) {
        return Bytes.utf8(workspace.toString()).sha256().substring(0, NAME_LENGTH);
    }

    /** Returns the directory of all snapshots of a user, beside the records of {@code sessions}. */
    public static Path beside(Path sessions) {
        return sessions.resolveSibling("snapshots");
    }

    /** Returns the snapshot called {@code id}, of whichever workspace in {@code root}. */
    public static Optional<Snapshot> find(Path root, String id) throws IOException {
        if (!Snapshot.isId(id) || !Files.isDirectory(root)) {
            return Optional.empty();
        }
        try (Stream<Path> stores = Files.list(root)) {
            Optional<Path> file = stores.map(store -> store.resolve(id + Snapshot.SUFFIX))
                    .filter(Files::exists)
                    .findFirst();
            return file.isPresent() ? Optional.of(Snapshot.read(file.get())) : Optional.empty();
        }
    }

    /** Keeps the workspace as it is now, as {@code id}. Files that have no room are missed. */
    public Snapshot take(String id, Instant now) throws IOException {
        return take(id, now, _ -> false);
    }

    /** @param needed whether a directory must be kept although it may be build output */
    Snapshot take(String id, Instant now, Predicate<String> needed) throws IOException {
        CompletableFuture<Optional<Snapshot>> reading = CompletableFuture.supplyAsync(this::last);
        WorkspaceScan scan = WorkspaceScan.of(workspace, git(), needed);
        Optional<Snapshot> last = reading.join();
        Map<String, SnapshotEntry> before = new HashMap<>();
        last.ifPresent(known -> usable(known).forEach(entry -> before.put(entry.path(), entry)));
        long surely =
                last.map(known -> known.taken().toEpochMilli() * 1_000_000L).orElse(0L) - GRANULE;
        List<SnapshotEntry> kept = new ArrayList<>();
        List<SnapshotEntry> fresh = new ArrayList<>();
        for (SnapshotEntry entry : scan.entries) {
            SnapshotEntry old = before.get(entry.path());
            if (entry.kind() != SnapshotEntry.Kind.FILE) {
                kept.add(entry);
            } else if (old != null
                    && old.kind() == entry.kind()
                    && old.stamp().equals(entry.stamp())
                    && entry.stamp().changed() < surely) {
                kept.add(entry.withContent(old.stamp().size(), old.content(), old.pack(), old.offset()));
            } else {
                fresh.add(entry);
            }
        }
        List<String> missed = new ArrayList<>(scan.missed);
        add(id, fresh, before, kept, missed);
        Map<String, Long> packs = new TreeMap<>();
        for (SnapshotEntry entry : kept) {
            if (!entry.pack().isEmpty()) {
                packs.merge(entry.pack(), entry.stamp().size(), Long::sum);
            }
        }
        Snapshot snapshot = new Snapshot(id, workspace, now, packs, scan.leftOut, missed, kept);
        snapshot.write(directory);
        return snapshot;
    }

    /** Adds the contents of {@code fresh}, the small ones first, as far as there is room. */
    private void add(
            String id,
            List<SnapshotEntry> fresh,
            Map<String, SnapshotEntry> before,
            List<SnapshotEntry> kept,
            List<String> missed)
            throws IOException {
        Map<String, SnapshotEntry> known = new HashMap<>();
        if (!fresh.isEmpty()) {
            before.values().forEach(entry -> known.put(entry.content(), entry));
        }
        fresh.sort(Comparator.comparingLong(entry -> entry.stamp().size()));
        Path file = directory.resolve(id + SnapshotPack.SUFFIX);
        long room =
                Math.min(MOST_ADDED, Files.getFileStore(directory).getUsableSpace() / FREE_SHARE * (FREE_SHARE - 1));
        try (SnapshotPack pack = new SnapshotPack(file)) {
            for (SnapshotEntry entry : fresh) {
                if (entry.stamp().size() > room) {
                    missed.add(entry.path());
                    continue;
                }
                try {
                    SnapshotEntry whole = pack.add(entry, workspace.resolve(entry.path()), known);
                    if (known.putIfAbsent(whole.content(), whole) == null) {
                        room -= whole.stamp().size();
                    }
                    kept.add(whole);
                } catch (FileSystemException e) {
                    missed.add(entry.path()); // it cannot be opened, or has just gone
                }
            }
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private List<SnapshotEntry> usable(Snapshot last) {
        Set<String> packs = new HashSet<>();
        last.packs().forEach((name, used) -> {
            try {
                long size = Files.size(directory.resolve(name));
                if (used * 2 >= size || size < SMALL_PACK) {
                    packs.add(name);
                }
            } catch (IOException e) {
                // It is lost, and its contents are stored again.
            }
        });
        return last.entries().stream()
                .filter(entry -> entry.kind() == SnapshotEntry.Kind.FILE && packs.contains(entry.pack()))
                .toList();
    }

    private Optional<Snapshot> last() {
        try (Stream<Path> files = Files.list(directory)) {
            Optional<Path> newest = files.filter(file -> file.toString().endsWith(Snapshot.SUFFIX))
                    .max(Comparator.comparingLong(file -> file.toFile().lastModified()));
            return newest.isPresent() ? Optional.of(Snapshot.read(newest.get())) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // everything is stored again
        }
    }

    IsolatedGit git() {
        return new IsolatedGit(root.resolve("git"));
    }

    Path workspace() {
        return workspace;
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
