package dev.interlock.snapshot;

import dev.interlock.linux.PrivateFiles;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The state of a workspace at a time. The contents of its files are in packs.
 *
 * @param id the run that it was kept for, or {@code S-} and a number if it was kept before an undo
 * @param packs how many bytes of each pack it uses
 * @param leftOut build output that git ignores
 * @param missed what could not be kept, or is no plain file
 * @param entries all else, in no order
 */
public record Snapshot(
        String id,
        Path workspace,
        Instant taken,
        Map<String, Long> packs,
        List<String> leftOut,
        List<String> missed,
        List<SnapshotEntry> entries) {

    private static final String TYPE = "interlock-snapshot@v1";
    private static final Pattern ID = Pattern.compile("[LS]-[0-9A-Z]{1,40}");
    static final String SUFFIX = ".list";
    private static final int MOST = 2_000_000;

    public Snapshot {
        packs = Map.copyOf(packs);
        leftOut = List.copyOf(leftOut);
        missed = List.copyOf(missed);
        entries = List.copyOf(entries);
    }

    /** Whether {@code text} names a run or a snapshot, and no receipt. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** Whether {@code path} was in the workspace, or is the workspace itself. */
    public boolean has(String path) {
        return path.isEmpty() || entries.stream().anyMatch(entry -> entry.path().equals(path));
    }

    Map<String, SnapshotEntry> byPath() {
        Map<String, SnapshotEntry> all = new TreeMap<>();
        entries.forEach(entry -> all.put(entry.path(), entry));
        return all;
    }

    static boolean isWithin(String path, String directory) {
        return directory.isEmpty()
                || (path.startsWith(directory)
                        && (path.length() == directory.length() || path.charAt(directory.length()) == '/'));
    }

    void write(Path directory) throws IOException {
        Path fresh = directory.resolve(id + ".new");
        Files.deleteIfExists(fresh);
        try (DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(Channels.newOutputStream(PrivateFiles.open(fresh)), 1 << 16))) {
            out.writeUTF(TYPE);
            out.writeUTF(id);
            out.writeUTF(workspace.toString());
            out.writeLong(taken.toEpochMilli());
            out.writeInt(packs.size());
            for (Map.Entry<String, Long> pack : packs.entrySet()) {
                out.writeUTF(pack.getKey());
                out.writeLong(pack.getValue());
            }
            for (List<String> paths : List.of(leftOut, missed)) {
                out.writeInt(paths.size());
                for (String path : paths) {
                    out.writeUTF(path);
                }
            }
            out.writeInt(entries.size());
            for (SnapshotEntry entry : entries) {
                entry.write(out);
            }
        }
        Files.move(
                fresh,
                directory.resolve(id + SUFFIX),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    static Snapshot read(Path file) throws IOException {
        return read(file, true);
    }

    /** Reads all but the entries. */
    static Snapshot readHead(Path file) throws IOException {
        return read(file, false);
    }

    private static Snapshot read(Path file, boolean whole) throws IOException {
        try (DataInputStream in = new DataInputStream(
                new BufferedInputStream(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), 1 << 16))) {
            if (!in.readUTF().equals(TYPE)) {
                throw new IOException("`" + file + "` is no snapshot of this version");
            }
            String id = in.readUTF();
            Path workspace = Path.of(in.readUTF());
            Instant taken = Instant.ofEpochMilli(in.readLong());
            Map<String, Long> packs = new TreeMap<>();
            for (int left = count(in); left > 0; left--) {
                packs.put(in.readUTF(), in.readLong());
            }
            List<String> leftOut = paths(in);
            List<String> missed = paths(in);
            List<SnapshotEntry> entries = new ArrayList<>();
            for (int left = whole ? count(in) : 0; left > 0; left--) {
                entries.add(SnapshotEntry.read(in));
            }
            return new Snapshot(id, workspace, taken, packs, leftOut, missed, entries);
        } catch (RuntimeException e) {
            throw new IOException("`" + file + "` is damaged", e);
        }
    }

    private static List<String> paths(DataInputStream in) throws IOException {
        List<String> paths = new ArrayList<>();
        for (int left = count(in); left > 0; left--) {
            paths.add(in.readUTF());
        }
        return paths;
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MOST) {
            throw new IOException("the snapshot is damaged");
        }
        return count;
    }
}
