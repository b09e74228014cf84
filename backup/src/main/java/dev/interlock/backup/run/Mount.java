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
 * @param at where it is
 * @param type as {@code btrfs}
 * @param source what is mounted there, as whoever mounted it said
 */
public record Mount(Path at, String type, String source) {

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

    /**
     * Whether another file system is mounted at {@code point} than around it; whoever mounts on demand does so then.
     */
    public static boolean isAt(Path point) throws IOException {
        try {
            Path at = point.toRealPath();
            haveMounted(at);
            return at.getParent() != null && !device(at).equals(device(at.getParent())) && !isYetToBeMounted(at);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        }
    }

    /** Whoever mounts on demand does so for who opens it, and for nobody who only asks what it is. */
    private static void haveMounted(Path at) throws IOException {
        try (DirectoryStream<Path> _ = Files.newDirectoryStream(at)) {
            // That is all.
        } catch (AccessDeniedException e) {
            // It was mounted before anybody was asked who may read it.
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw e;
        } catch (IOException e) { // such as that the server which is to be mounted does not answer
            throw new BackupException("`" + at + "`, where a disk is mounted, cannot be opened: " + e.getMessage(), e);
        }
    }

    /** Whoever mounts on demand has a file system of its own there, which lies bare while nothing is mounted on it. */
    private static boolean isYetToBeMounted(Path at) throws IOException {
        return of(at).filter(mount -> mount.type().equals("autofs")).isPresent();
    }

    /** Whether another file system is mounted in {@code directory} where {@code path} lies, which is in it. */
    public static boolean isBetween(Path directory, Path path) throws IOException {
        if (device(path).equals(device(directory))) {
            return false;
        }
        // Some file systems have devices of their own for parts of one.
        Path real = directory.toRealPath();
        return of(real.resolve(directory.relativize(path)))
                .filter(mount -> mount.at.startsWith(real) && !mount.at.equals(real))
                .isPresent();
    }

    private static Object device(Path path) throws IOException {
        return Files.getAttribute(path, "unix:dev");
    }

    /**
     * Refuses a {@code path} that something is said to be mounted for, and not around.
     *
     * @throws IllegalArgumentException if it does not lie where that is mounted
     */
    public static void requireAround(Path path, Optional<Path> mountedAt) {
        if (mountedAt
                .filter(at -> at.getParent() == null || !path.startsWith(at))
                .isPresent()) {
            throw new IllegalArgumentException(
                    "`mounted-at` is `" + path + "` or a directory that it lies in, and not `" + mountedAt.get() + "`");
        }
    }

    /** That of {@code path}: the last of those that lie deepest. */
    public static Optional<Mount> of(Path path) throws IOException {
        return of(path, List.of(new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8).split("\n")));
    }

    /** The same, where these lines are all. */
    static Optional<Mount> of(Path path, List<String> lines) {
        return lines.stream()
                .flatMap(line -> read(line).stream())
                .filter(mount -> path.startsWith(mount.at))
                .reduce((one, next) -> next.at.getNameCount() >= one.at.getNameCount() ? next : one);
    }

    private static Optional<Mount> read(String line) {
        List<String> fields = Arrays.asList(line.split(" ", -1));
        int end = fields.indexOf("-"); // before it stand fields in no fixed number
        if (end < 5 || fields.size() < end + 3) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Mount(Path.of(plain(fields.get(4))), fields.get(end + 1), plain(fields.get(end + 2))));
        } catch (InvalidPathException e) {
            return Optional.empty(); // no path of this process, whose locale has no such letters, lies there
        }
    }

    /** Blanks and backslashes are written in octal. */
    private static String plain(String field) {
        return field.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }

    /** The device that it says, if it is one of this machine, and of a kind whose devices the kernel lists. */
    public Optional<Path> device() {
        Path named = Path.of(source);
        return type.equals("btrfs") && source.startsWith("/dev/") && Files.exists(named)
                ? Optional.of(named)
                : Optional.empty();
    }
}
