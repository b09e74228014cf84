package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.SafeRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Files that are laid over others inside, for as long as the agent runs. They hold no secret, but the text around the
 * secrets that were removed from them. So only the agent's user can read them.
 */
final class OverlayFiles implements AutoCloseable {

    private final Path directory;
    private final int uid;
    private int count;

    private OverlayFiles(Path directory, int uid) {
        this.directory = directory;
        this.uid = uid;
    }

    static OverlayFiles to(int uid, Path scratch) throws IOException {
        return new OverlayFiles(PrivateFiles.temporaryDirectory(scratch.toRealPath(), "interlock-lent-"), uid);
    }

    /** Writes the contents into files. The same content gets the same file. */
    <K extends Comparable<K>> Map<K, Path> writeAll(Map<K, Bytes> contents) throws IOException {
        IdentityHashMap<Bytes, Path> known = new IdentityHashMap<>();
        Map<K, Path> files = new TreeMap<>();
        for (Map.Entry<K, Bytes> one : contents.entrySet()) {
            if (!known.containsKey(one.getValue())) {
                known.put(one.getValue(), file(one.getValue()));
            }
            files.put(one.getKey(), known.get(one.getValue()));
        }
        return files;
    }

    /** Makes a directory that the agent may write. Nothing outside may trust what is in it. */
    Path directory(String name) throws IOException {
        Path made = PrivateFiles.directory(directory.resolve(name));
        grantToAgent(made);
        return made;
    }

    Path file(Bytes content) throws IOException {
        Path file = PrivateFiles.file(directory.resolve(Integer.toString(count++)));
        Files.write(file, content.toArray());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        grantToAgent(file);
        return file;
    }

    void grantToAgent() throws IOException {
        grantToAgent(directory);
    }

    void grantToAgent(Path path) throws IOException {
        if (Host.owner(path) != uid) {
            Files.setAttribute(path, "unix:uid", uid);
            Files.setAttribute(path, "unix:gid", uid);
        }
    }

    @Override
    public void close() throws IOException {
        SafeRemoval.of(directory);
    }
}
