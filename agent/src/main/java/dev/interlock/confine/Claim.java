package dev.interlock.confine;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;

/**
 * A workspace while an agent works there: no other agent does, in it, around it or below it. What one agent may write
 * another one's walls are raised from.
 *
 * <p>One file, never written, in which every directory of the machine has a byte, by what it is and not by what it is
 * called. Of the workspace's it holds an exclusive lock, of those above it shared ones. The kernel lets go of them when
 * this process ends, however it does; they are this process's, so that one process claims one workspace at a time.
 */
final class Claim implements AutoCloseable {

    private final FileChannel register;

    private Claim(FileChannel register) {
        this.register = register;
    }

    /**
     * Claims {@code workspace}, which has no link in it.
     *
     * @param directory where the claims of one user lie, out of every agent's reach; it is made if it is missing
     */
    static Claim of(Path workspace, Path directory) throws IOException, UnconfinableException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Claim claim = new Claim(FileChannel.open(
                directory.resolve("workspaces.lock"),
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
        try {
            claim.take(workspace);
            return claim;
        } catch (IOException | UnconfinableException | RuntimeException e) {
            claim.close();
            throw e;
        }
    }

    private void take(Path workspace) throws IOException, UnconfinableException {
        if (!gets(workspace, false)) {
            throw taken("Another agent of yours works in `" + workspace + "`, or in a directory of it.");
        }
        for (Path above = workspace.getParent(); above != null; above = above.getParent()) {
            if (!gets(above, true)) {
                throw taken("Another agent of yours works in `" + above + "`, which `" + workspace + "` lies in.");
            }
        }
    }

    private static UnconfinableException taken(String reason) {
        return new UnconfinableException(
                reason,
                "Wait until that one has ended, or give this one a directory of its own elsewhere:"
                        + " git worktree add ../other, then --workspace ../other.");
    }

    private boolean gets(Path directory, boolean shared) throws IOException {
        try {
            return register.tryLock(byteOf(directory), 1, shared) != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static long byteOf(Path directory) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(directory, BasicFileAttributes.class);
        byte[] digest = HexFormat.of()
                .parseHex(Bytes.utf8(String.valueOf(attributes.fileKey())).sha256());
        return ByteBuffer.wrap(digest).getLong() >>> 2;
    }

    @Override
    public void close() throws IOException {
        register.close();
    }
}
