package dev.interlock.backup.run;

import dev.interlock.linux.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the mounts of this process that paths of backups lie in. */
public final class ContainingMount {

    private ContainingMount() {}

    /** Returns whether {@code point} has another file system than its parent. An automounter mounts it first. */
    public static boolean isAt(Path point) throws IOException {
        try {
            Path at = point.toRealPath();
            haveMounted(at);
            return at.getParent() != null && !device(at).equals(device(at.getParent())) && !isYetToBeMounted(at);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        }
    }

    /**
     * Triggers an automounter. It mounts for a process that opens the directory, not for one that only reads its
     * attributes.
     */
    private static void haveMounted(Path at) throws IOException {
        try (DirectoryStream<Path> _ = Files.newDirectoryStream(at)) {
            // Nothing more is needed.
        } catch (AccessDeniedException e) {
            // It was mounted before the permissions were checked.
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw e;
        } catch (IOException e) { // for instance because the server to mount does not answer
            throw new BackupException("`" + at + "`, where a disk is mounted, cannot be opened: " + e.getMessage(), e);
        }
    }

    /** Returns whether an automounter has not mounted yet. Its own file system is visible until then. */
    private static boolean isYetToBeMounted(Path at) throws IOException {
        return of(at).filter(mount -> mount.type().equals("autofs")).isPresent();
    }

    /** Returns whether another file system is mounted between {@code directory} and {@code path}, which is below it. */
    public static boolean isBetween(Path directory, Path path) throws IOException {
        if (device(path).equals(device(directory))) {
            return false;
        }
        // Some file systems have their own device numbers for parts of one file system.
        Path real = directory.toRealPath();
        String above = MountTable.name(real);
        return of(real.resolve(directory.relativize(path)))
                .filter(mount ->
                        MountTable.isWithin(mount.at(), above) && !mount.at().equals(above))
                .isPresent();
    }

    private static Object device(Path path) throws IOException {
        return Files.getAttribute(path, "unix:dev");
    }

    /**
     * Rejects a {@code path} that is not below its configured mount point.
     *
     * @throws IllegalArgumentException if it is not
     */
    public static void requireAround(Path path, Optional<Path> mountedAt) {
        if (mountedAt
                .filter(at -> at.getParent() == null || !path.startsWith(at))
                .isPresent()) {
            throw new IllegalArgumentException(
                    "`mounted-at` must be `" + path + "` or a directory above it, not `" + mountedAt.get() + "`");
        }
    }

    /** Returns the mount that contains {@code path}: the last of the deepest ones. */
    public static Optional<MountTable.ProcessMount> of(Path path) throws IOException {
        return of(path, MountTable.of("self"));
    }

    /** Returns the mount among {@code mounts}. */
    static Optional<MountTable.ProcessMount> of(Path path, MountTable mounts) {
        String name = MountTable.name(path);
        return mounts.all().stream()
                .filter(mount -> MountTable.isWithin(name, mount.at()))
                .reduce((one, next) -> next.at().length() >= one.at().length() ? next : one);
    }

    /** Returns the device of {@code mount}, if it is a local one of a kind whose devices the kernel lists. */
    public static Optional<Path> device(MountTable.ProcessMount mount) {
        String source = new String(mount.source().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return mount.type().equals("btrfs") && source.startsWith("/dev/")
                ? Optional.of(Path.of(source)).filter(Files::exists)
                : Optional.empty();
    }
}
