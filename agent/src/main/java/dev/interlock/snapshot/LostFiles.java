package dev.interlock.snapshot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files that are gone since a snapshot and that no commit has.
 *
 * @param path a file, or the outermost directory that is gone with it
 * @param files how many
 */
public record LostFiles(String path, int files) {

    private static final String GIT = ".git";
    private static final int LONGEST_REFERENCE = 1 << 20;

    /** Returns those of the workspace of {@code store} since {@code then}. Moved files are not gone. */
    public static List<LostFiles> since(SnapshotStore store, Snapshot then) throws IOException {
        Map<String, SnapshotEntry> before = then.byPath();
        WorkspaceScan now = WorkspaceScan.of(store.workspace(), store.git(), before::containsKey);
        Set<String> present = new HashSet<>(now.missed);
        Set<List<Long>> moved = new HashSet<>();
        for (SnapshotEntry entry : now.entries) {
            present.add(entry.path());
            if (!before.containsKey(entry.path())) {
                moved.add(identity(entry));
            }
        }
        List<SnapshotEntry> gone = new ArrayList<>();
        for (SnapshotEntry entry : then.entries()) {
            if (entry.kind() != SnapshotEntry.Kind.DIRECTORY
                    && !present.contains(entry.path())
                    && !moved.contains(identity(entry))
                    && !isUpkeep(entry.path(), present)) {
                gone.add(entry);
            }
        }
        if (gone.isEmpty()) {
            return List.of();
        }
        Map<String, String> committed = commit(store, before)
                .map(commit -> store.git().filesOf(commit, store.workspace()))
                .orElse(Map.of());
        Map<String, Integer> counted = new TreeMap<>();
        for (SnapshotEntry entry : gone) {
            String object = committed.get(entry.path());
            if (object == null || !object.equals(blob(store, entry))) {
                counted.merge(outermost(entry.path(), present), 1, Integer::sum);
            }
        }
        return counted.entrySet().stream()
                .map(one -> new LostFiles(one.getKey(), one.getValue()))
                .toList();
    }

    /** A new file may get the number of one that is gone, but not its time. */
    private static List<Long> identity(SnapshotEntry entry) {
        return List.of(
                entry.stamp().inode(), entry.stamp().size(), entry.stamp().modified());
    }

    /** In a repository that is still there, files come and go with git's own upkeep. */
    private static boolean isUpkeep(String path, Set<String> present) {
        String[] names = path.split("/", -1);
        StringBuilder directory = new StringBuilder();
        for (String name : names) {
            directory.append(name);
            if (name.equals(GIT)) {
                return present.contains(directory + "/HEAD")
                        && present.contains(directory + "/objects")
                        && present.contains(directory + "/refs");
            }
            directory.append('/');
        }
        return false;
    }

    private static String outermost(String path, Set<String> present) {
        for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
            String directory = path.substring(0, slash);
            if (!present.contains(directory) || directory.equals(GIT) || directory.endsWith("/" + GIT)) {
                return directory;
            }
        }
        return path;
    }

    /** Returns the commit that was checked out then. */
    private static Optional<String> commit(SnapshotStore store, Map<String, SnapshotEntry> before) throws IOException {
        String head = text(store, before.get(GIT + "/HEAD"));
        if (!head.startsWith("ref: ")) {
            return Optional.of(head).filter(LostFiles::isObject);
        }
        String branch = head.substring("ref: ".length());
        String direct = text(store, before.get(GIT + "/" + branch));
        return isObject(direct)
                ? Optional.of(direct)
                : text(store, before.get(GIT + "/packed-refs"))
                        .lines()
                        .filter(line -> line.endsWith(" " + branch))
                        .map(line -> line.substring(0, line.indexOf(' ')))
                        .filter(LostFiles::isObject)
                        .findFirst();
    }

    private static boolean isObject(String text) {
        return text.matches("[0-9a-f]{40}");
    }

    private static String text(SnapshotStore store, @Nullable SnapshotEntry entry) throws IOException {
        if (entry == null
                || entry.kind() != SnapshotEntry.Kind.FILE
                || entry.stamp().size() > LONGEST_REFERENCE) {
            return "";
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SnapshotPack.copy(store.directory(), entry, out);
        return out.toString(StandardCharsets.UTF_8).strip();
    }

    /** Returns what git calls the content. */
    private static String blob(SnapshotStore store, SnapshotEntry entry) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
                boolean link = entry.kind() == SnapshotEntry.Kind.LINK;
                byte[] target = link ? entry.content().getBytes(StandardCharsets.UTF_8) : new byte[0];
                long size = link ? target.length : entry.stamp().size();
                out.write(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
                out.write(target);
                if (!link) {
                    SnapshotPack.copy(store.directory(), entry, out);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
