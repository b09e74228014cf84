package dev.interlock.snapshot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Removes snapshots that are too old, and the oldest if all together are too large. */
public record SnapshotExpiry(Duration age, long most) {

    /** What is kept of a user's workspaces. */
    public static final SnapshotExpiry USUAL = new SnapshotExpiry(Duration.ofDays(7), 10L << 30);

    private record StoredList(Path file, Instant taken, Set<String> packs) {}

    /** Removes those in {@code root}, but for those of a workspace where an {@code interlock} works with them now. */
    public void removeExpired(Path root, Instant now) throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        List<Path> stores;
        try (Stream<Path> all = Files.list(root)) {
            stores = all.filter(store -> Files.exists(store.resolve("lock"))).toList();
        }
        List<StoredList> lists = new ArrayList<>();
        for (Path store : stores) {
            for (Path file : files(store, Snapshot.SUFFIX)) {
                Snapshot head = Snapshot.readHead(file);
                lists.add(new StoredList(file, head.taken(), head.packs().keySet()));
            }
        }
        lists.sort(Comparator.comparing(StoredList::taken));
        Instant oldest = now.minus(age);
        for (Path store : stores) {
            clean(
                    store,
                    lists.stream().filter(one -> one.taken().isBefore(oldest)).toList());
        }
        lists.removeIf(one -> one.taken().isBefore(oldest));
        for (int i = 0; i < lists.size() - 1 && size(stores) > most; i++) {
            clean(lists.get(i).file().resolveSibling(""), List.of(lists.get(i)));
        }
    }

    /** Removes {@code gone}, and what no other list there needs. */
    private static void clean(Path store, List<StoredList> gone) throws IOException {
        try (FileChannel lock = SnapshotStore.openLock(store)) {
            if (lock.tryLock() == null) {
                return;
            }
            for (StoredList one : gone) {
                if (one.file().startsWith(store)) {
                    Files.deleteIfExists(one.file());
                }
            }
            Set<String> needed = new HashSet<>();
            for (Path file : files(store, Snapshot.SUFFIX)) {
                needed.addAll(Snapshot.readHead(file).packs().keySet());
            }
            for (Path pack : files(store, SnapshotPack.SUFFIX)) {
                if (!needed.contains(String.valueOf(pack.getFileName()))) {
                    Files.deleteIfExists(pack);
                }
            }
        } catch (OverlappingFileLockException e) {
            // This process uses it.
        }
    }

    private static List<Path> files(Path store, String suffix) throws IOException {
        try (Stream<Path> all = Files.list(store)) {
            return all.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }

    private static long size(List<Path> stores) throws IOException {
        long size = 0;
        for (Path store : stores) {
            for (String suffix : List.of(Snapshot.SUFFIX, SnapshotPack.SUFFIX)) {
                for (Path file : files(store, suffix)) {
                    size += Files.size(file);
                }
            }
        }
        return size;
    }
}
