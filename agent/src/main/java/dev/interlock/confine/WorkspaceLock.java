package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * A lock on a workspace while an agent works there. No other agent may work in it, around it or below it: its sandbox
 * must not be built from directories that another can write.
 *
 * <p>Each directory has a byte in the one lock file, chosen by its file number. The workspace's is locked exclusively,
 * those of the directories above it are shared. The kernel releases them when this process ends; one process claims one
 * workspace at a time. The repository's byte is shared by the agents in its worktrees.
 */
final class WorkspaceLock implements AutoCloseable {

    private final FileChannel register;
    private Optional<SharedRepository> repository = Optional.empty();

    private record SharedRepository(Path path, FileLock lock) {}

    private WorkspaceLock(FileChannel register) {
        this.register = register;
    }

    /**
     * Claims {@code workspace}, which has no link in it. {@code directory} has the claims of one user, out of every
     * agent's reach.
     *
     * @param repository git's own directory, if there is one
     */
    static WorkspaceLock of(Path workspace, Optional<Path> repository, Path directory)
            throws IOException, SandboxException {
        PrivateFiles.directories(directory);
        WorkspaceLock claim = new WorkspaceLock(FileChannel.open(
                directory.resolve("workspaces.lock"),
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PrivateFiles.AS_FILE));
        try {
            claim.take(workspace);
            if (repository.isPresent()) {
                claim.share(repository.get());
            }
            return claim;
        } catch (IOException | SandboxException | RuntimeException e) {
            claim.close();
            throw e;
        }
    }

    private void take(Path workspace) throws IOException, SandboxException {
        if (!gets(workspace, false)) {
            throw taken("Another agent of yours works in `" + workspace + "`, or in a directory of it.");
        }
        for (Path above = workspace.getParent(); above != null; above = above.getParent()) {
            if (!gets(above, true)) {
                throw taken("Another agent of yours works in `" + above + "`, which contains `" + workspace + "`.");
            }
        }
    }

    private void share(Path common) throws IOException, SandboxException {
        FileLock lock = register.tryLock(byteOf(common), 1, true);
        if (lock == null) {
            throw taken("Another agent of yours has just worked in `" + common + "`.");
        }
        repository = Optional.of(new SharedRepository(common, lock));
    }

    /** Returns whether no other agent works with the repository. Then none can start before this lock is closed. */
    boolean isLastInRepository() throws IOException {
        if (repository.isEmpty()) {
            return true;
        }
        repository.get().lock().release();
        return gets(repository.get().path(), false);
    }

    private static SandboxException taken(String reason) {
        return new SandboxException(
                reason,
                "Wait until that one has ended, or give this one its own directory elsewhere: git worktree add ../other, then --workspace ../other.");
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
