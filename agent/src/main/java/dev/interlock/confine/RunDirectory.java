package dev.interlock.confine;

import dev.interlock.linux.FileAccess;
import dev.interlock.linux.PrivateFiles;
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

/**
 * The directory for all files of one run outside the sandbox. Others may pass through it, but not list it. A killed run
 * leaves it behind, and the next run of the same user removes it; a lock shows that a run is alive.
 *
 * <p>A process that tests its own lock again would release it. So the number of the process is in the name, and it
 * skips those.
 */
record RunDirectory(Path directory, FileChannel held) implements AutoCloseable {

    private static final String PREFIX = "interlock-run-";
    private static final String LOCK = "lock";
    private static final int WRITABLE_BY_OTHERS = 0022;

    static RunDirectory create(Path where) throws IOException {
        tidy(where);
        Optional<RunDirectory> made = make(where);
        while (made.isEmpty()) {
            made = make(where);
        }
        return made.get();
    }

    private static String own() {
        return PREFIX + ProcessHandle.current().pid() + "-";
    }

    /** Empty if another run removed it as abandoned before it was locked. */
    private static Optional<RunDirectory> make(Path where) throws IOException {
        Path directory = PrivateFiles.temporaryDirectory(where, own());
        Path lock = directory.resolve(LOCK);
        FileChannel channel;
        try {
            channel = PrivateFiles.open(lock);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (channel.tryLock() == null || !Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
            channel.close();
            return Optional.empty();
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        return Optional.of(new RunDirectory(directory, channel));
    }

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
            // Left for the next run.
        }
    }

    /** Whether no other user can replace entries of {@code where} between a check and a removal. */
    private static boolean isFirm(int own, Path where) throws IOException {
        FileAccess access = FileAccess.ofDestination(where);
        return (access.owner() == 0 || access.owner() == own) && !access.isReplaceableByOthers();
    }

    /** Whether it is a directory, not a link, that only {@code user} can have made and written to. */
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
                remove(directory); // still locked; a run that was about to lock it makes another
            }
        } catch (NoSuchFileException e) {
            removeIfEmpty(directory); // its run was killed in between, or is about to lock it
        } catch (OverlappingFileLockException e) {
            // It belongs to this process.
        } catch (IOException e) {
            // A run does not make it like this, for example with something else in place of the lock. It stays.
        }
    }

    private static void removeIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // It is not empty.
        }
    }

    /** Uses a program that follows no link of an agent's, and handles any depth. */
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
