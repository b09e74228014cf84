package dev.interlock.confine;

import dev.interlock.session.Shown;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One search of a whole workspace, {@code node_modules} and what git stores included, for {@link Snare}s that were made
 * or changed since a moment. The kernel says when: the time of the last change of a file's entry is nobody's to set.
 */
final class SnareSearch {

    /** The kernel's clock ticks, and some file systems keep whole seconds. */
    private static final Duration LEEWAY = Duration.ofSeconds(2);

    /** Of the names of directories that are still to be looked into, in characters. */
    private static final long MOST_NAMED = 32L << 20;

    /** No more does the kernel follow, and then it gives up. */
    private static final int MOST_HOPS = 40;

    /** What a path may have (PATH_MAX); links that write each other's names out come to more. */
    private static final int MOST_PATH = 4096;

    /** Names that are looked up for all links together: a few seconds' work. */
    private static final int MOST_STEPS = 1_000_000;

    /** Of files with several names that were changed; each is a hundred bytes or so. */
    private static final int MOST_SHARED = 100_000;

    /** As long a name as is told whole. */
    private static final int LONGEST = 1_000;

    private static final Path ROOT = Path.of("/");

    /** What is there inside as well, under its own name and read-only; where interpreters and their links lie. */
    private static final Path SYSTEM = Path.of("/usr");

    // Of a file's mode, inode(7).
    private static final int KIND = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int PIPE = 0010000;
    private static final int SOCKET = 0140000;
    private static final int SETUID = 04000;
    private static final int SETGID = 02000;

    /**
     * A file with several names.
     *
     * @param names how many it has
     * @param seen how many of them were met
     * @param first of these
     */
    private record Shared(int names, int seen, Path first) {

        Shared seenAgain() {
            return new Shared(names, seen + 1, first);
        }
    }

    /**
     * What was found.
     *
     * @param whole whether all could be looked at
     */
    record Result(List<Snare> snares, boolean whole) {}

    private final Path workspace;
    private final Set<Path> covered;
    private final Instant since;
    private final Map<Snare.Kind, Long> counts = new EnumMap<>(Snare.Kind.class);
    private final Map<Snare.Kind, List<Snare.Found>> found = new EnumMap<>(Snare.Kind.class);
    private final Map<Object, Shared> shared = new LinkedHashMap<>();
    private final Deque<Path> directories = new ArrayDeque<>();
    private int left;
    private int hops;
    private int steps = MOST_STEPS;
    private long named;
    private boolean whole = true;

    private SnareSearch(Path workspace, Set<Path> covered, Instant since, int most) {
        this.workspace = workspace;
        this.covered = covered;
        this.since = since;
        this.left = most;
    }

    /**
     * Looks through {@code workspace}, which has no link in it.
     *
     * @param covered what the agent did not see
     * @param began when it did
     */
    static Result since(Path workspace, Set<Path> covered, Instant began) {
        return since(workspace, covered, began, ExecutedSearch.MOST_ENTRIES);
    }

    /** As the other form, for tests: with their limit. */
    static Result since(Path workspace, Set<Path> covered, Instant began, int most) {
        return new SnareSearch(workspace, covered, began.minus(LEEWAY), most).through();
    }

    /** The nearest first: however much lies further down, what is above that is looked at. */
    private Result through() {
        directories.add(workspace);
        while (!directories.isEmpty() && left > 0) {
            through(directories.remove());
        }
        whole &= directories.isEmpty();
        // Of what was not looked at, any may be one of the names.
        Snare.Kind further = whole ? Snare.Kind.NAMES : Snare.Kind.MORE_NAMES;
        shared.values().stream()
                .filter(one -> one.seen() < one.names())
                .forEach(one -> put(further, one.first(), Optional.empty()));
        List<Snare> snares = new ArrayList<>();
        found.forEach((kind, some) -> snares.add(new Snare(kind, counts.getOrDefault(kind, 0L), some)));
        return new Result(snares, whole);
    }

    private void through(Path directory) {
        named -= directory.toString().length();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (left-- <= 0) {
                    whole = false;
                    return;
                }
                whole &= isSeen(entry);
            }
        } catch (NoSuchFileException e) {
            // It was removed meanwhile.
        } catch (IOException | DirectoryIteratorException e) {
            whole = false;
        }
    }

    private boolean isSeen(Path entry) {
        try {
            entry(entry);
            return true;
        } catch (NoSuchFileException e) {
            return true; // it was removed meanwhile
        } catch (IOException e) {
            return false;
        }
    }

    private void entry(Path entry) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(entry, "unix:mode,ctime,nlink,fileKey", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) attributes.getOrDefault("mode", 0);
        boolean isNew = !((FileTime) attributes.getOrDefault("ctime", FileTime.from(Instant.MAX)))
                .toInstant()
                .isBefore(since);
        if ((mode & KIND) == DIRECTORY) {
            enter(entry);
        } else if (isNew) {
            kind(entry, mode);
            names(entry, mode, attributes);
        }
    }

    private void enter(Path directory) {
        int length = directory.toString().length();
        if (covered.contains(directory)) {
            return;
        }
        if (named + length > MOST_NAMED) {
            whole = false;
        } else {
            named += length;
            directories.add(directory);
        }
    }

    private void kind(Path file, int mode) throws IOException {
        switch (mode & KIND) {
            case REGULAR -> {
                if ((mode & SETUID) != 0) {
                    put(Snare.Kind.SETUID, file, Optional.empty());
                } else if ((mode & SETGID) != 0) {
                    put(Snare.Kind.SETGID, file, Optional.empty());
                }
            }
            case LINK -> {
                Optional<Path> outside = outside(file);
                if (outside.isPresent()) {
                    put(Snare.Kind.LINK, file, Optional.of(outside.get().toString()));
                }
            }
            case PIPE -> put(Snare.Kind.PIPE, file, Optional.empty());
            case SOCKET -> put(Snare.Kind.SOCKET, file, Optional.empty());
            default -> put(Snare.Kind.DEVICE, file, Optional.empty());
        }
    }

    /** The kernel notes a change with the file, whichever name it was made by. */
    private void names(Path file, int mode, Map<String, Object> attributes) {
        int names = (Integer) attributes.getOrDefault("nlink", 1);
        Object key = attributes.getOrDefault("fileKey", file);
        if ((mode & KIND) != REGULAR || names == 1) {
            return;
        }
        if (shared.size() < MOST_SHARED || shared.containsKey(key)) {
            shared.merge(key, new Shared(names, 1, file), (known, _) -> known.seenAgain());
        } else {
            whole = false;
        }
    }

    private void put(Snare.Kind kind, Path file, Optional<String> to) {
        counts.merge(kind, 1L, Long::sum);
        List<Snare.Found> some = found.computeIfAbsent(kind, _ -> new ArrayList<>());
        if (some.size() < Snare.MOST) {
            some.add(new Snare.Found(named(workspace.relativize(file).toString()), to.map(SnareSearch::named)));
        }
    }

    private static String named(String path) {
        return path.length() <= LONGEST ? path : Shown.line(path, LONGEST);
    }

    /** Where {@code link} leads, if that is outside. What is not there yet may be made there by whoever writes. */
    private Optional<Path> outside(Path link) throws IOException {
        hops = 0;
        Path target;
        try {
            target = end(link);
        } catch (FileSystemLoopException e) {
            return Optional.of(Files.readSymbolicLink(link)); // nobody can say where, and whoever follows it would wait
        }
        boolean isInside = target.startsWith(workspace);
        boolean isSystems = target.startsWith(SYSTEM) && Files.exists(target);
        return isInside || isSystems ? Optional.empty() : Optional.of(target);
    }

    /**
     * As the kernel goes (path_resolution(7)), and on where nothing is. Links outside are not followed: what the agent
     * names there may hang (a file server that is gone), or be another for whoever looks ({@code /proc/self}).
     */
    private Path end(Path path) throws IOException {
        Path end = ROOT;
        for (Path name : path) {
            if (--steps < 0 || end.toString().length() > MOST_PATH) {
                throw new FileSystemLoopException(path.toString());
            }
            if (name.endsWith("..")) {
                end = ROOT.resolve(end.resolveSibling("")); // above the root lies the root
            } else if (!name.endsWith(".")) {
                Path next = end.resolve(name);
                end = next.startsWith(workspace) && Files.isSymbolicLink(next) && ++hops <= MOST_HOPS
                        ? end(end.resolve(Files.readSymbolicLink(next)))
                        : next;
            }
        }
        return end;
    }
}
