package dev.interlock.backup.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A line of {@code /proc/self/mountinfo}, proc(5).
 *
 * @param at the mount point
 * @param type the file system, such as {@code btrfs}
 * @param source the mounted device, as stated in the mount command
 */
public record MountInfoLine(Path at, String type, String source) {

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

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
        return of(real.resolve(directory.relativize(path)))
                .filter(mount -> mount.at.startsWith(real) && !mount.at.equals(real))
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
                    "`mounted-at` is `" + path + "` or a directory that it lies in, and not `" + mountedAt.get() + "`");
        }
    }

    /** Returns the mount that contains {@code path}: the last of the deepest ones. */
    public static Optional<MountInfoLine> of(Path path) throws IOException {
        return of(path, List.of(new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8).split("\n")));
    }

    /** Returns the mount among the given {@code lines}. */
    static Optional<MountInfoLine> of(Path path, List<String> lines) {
        return lines.stream()
                .flatMap(line -> read(line).stream())
                .filter(mount -> path.startsWith(mount.at))
                .reduce((one, next) -> next.at.getNameCount() >= one.at.getNameCount() ? next : one);
    }

    private static Optional<MountInfoLine> read(String line) {
        List<String> fields = Arrays.asList(line.split(" ", -1));
        int end = fields.indexOf("-"); // a variable number of fields comes before it
        if (end < 5 || fields.size() < end + 3) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new MountInfoLine(Path.of(plain(fields.get(4))), fields.get(end + 1), plain(fields.get(end + 2))));
        } catch (InvalidPathException e) {
            return Optional.empty(); // this process's locale cannot represent that path, so no path of ours is there
        }
    }

    /** Decodes a field, in which blanks and backslashes are in octal. */
    private static String plain(String field) {
        return field.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }

    /** Returns the mounted device, if it is a local one of a kind whose devices the kernel lists. */
    public Optional<Path> device() {
        Path named = Path.of(source);
        return type.equals("btrfs") && source.startsWith("/dev/") && Files.exists(named)
                ? Optional.of(named)
                : Optional.empty();
    }
}
