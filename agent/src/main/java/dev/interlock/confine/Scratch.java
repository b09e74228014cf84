package dev.interlock.confine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that one run lays down outside: a directory of the caller's, which others pass through and cannot list. What lies
 * in it is the caller's or the agent's alone.
 *
 * <p>A run that is killed leaves it behind, and the next one of the same user takes it away. That a run still lives is
 * told by a lock that its process holds, which ends with the process however that ends; a number of a process would be
 * somebody else's one day. It is in the name all the same: a process that looked at a lock of its own again would let
 * go of it, and does not look at what may be its own.
 */
final class Scratch implements AutoCloseable {

    private static final String PREFIX = "interlock-run-";
    private static final String LOCK = "lock";

    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int STICKY = 01000;

    private final Path directory;
    private final FileChannel held;

    private Scratch(Path directory, FileChannel held) {
        this.directory = directory;
        this.held = held;
    }

    /** One below {@code where}, once what nobody holds any more is gone from there. */
    static Scratch in(Path where) throws IOException {
        tidy(where);
        Optional<Scratch> made = make(where);
        while (made.isEmpty()) {
            made = make(where);
        }
        return made.get();
    }

    Path directory() {
        return directory;
    }

    private static String own() {
        return PREFIX + ProcessHandle.current().pid() + "-";
    }

    /** Empty if another run took it for left behind before it was locked. */
    private static Optional<Scratch> make(Path where) throws IOException {
        Path directory = Files.createTempDirectory(
                where, own(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path lock = directory.resolve(LOCK);
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    lock,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (channel.tryLock() == null || !Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
            channel.close();
            return Optional.empty();
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        return Optional.of(new Scratch(directory, channel));
    }

    /** What cannot be taken away now is taken away another time: nothing in it is of use to anybody. */
    private static void tidy(Path where) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(where, PREFIX + "*")) {
            int own = Host.uid();
            boolean firm = isFirm(own, where);
            for (Path one : found) {
                if (firm && !one.getFileName().toString().startsWith(own()) && isOf(own, one)) {
                    removeUnlessHeld(one);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Said above.
        }
    }

    /** Whether nobody else can exchange what lies in {@code where} between a look and a removal. */
    private static boolean isFirm(int own, Path where) throws IOException {
        int mode = (Integer) Files.getAttribute(where, "unix:mode");
        int owner = Host.owner(where);
        return (owner == 0 || owner == own) && ((mode & WRITABLE_BY_OTHERS) == 0 || (mode & STICKY) != 0);
    }

    /** A directory that only {@code user} can have made and written to; no link. */
    private static boolean isOf(int user, Path path) throws IOException {
        try {
            Map<String, Object> attributes =
                    Files.readAttributes(path, "unix:mode,uid,isDirectory", LinkOption.NOFOLLOW_LINKS);
            return Boolean.TRUE.equals(attributes.get("isDirectory"))
                    && Integer.valueOf(user).equals(attributes.get("uid"))
                    && attributes.get("mode") instanceof Integer mode
                    && (mode & WRITABLE_BY_OTHERS) == 0;
        } catch (NoSuchFileException e) {
            return false; // its run has just ended
        }
    }

    private static void removeUnlessHeld(Path directory) {
        try (FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() != null) {
                remove(directory); // still locked: who is about to hold it makes another
            }
        } catch (NoSuchFileException e) {
            removeIfEmpty(directory); // killed in between, or about to lock it
        } catch (OverlappingFileLockException e) {
            // This process's own.
        } catch (IOException e) {
            // Not as a run makes it, such as with something else for a lock: it stays.
        }
    }

    private static void removeIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // There is something in it.
        }
    }

    /** By a program that follows no link, whatever an agent has laid there, and is not stopped by how deep it goes. */
    private static void remove(Path directory) throws IOException {
        var _ = Host.run(List.of("/bin/rm", "-rf", "--one-file-system", "--", directory.toString()));
    }

    @Override
    public void close() throws IOException {
        try (held) {
            remove(directory);
        }
    }
}
