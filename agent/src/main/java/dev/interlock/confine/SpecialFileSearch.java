package dev.interlock.confine;

import dev.interlock.session.TerminalText;
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
 * One search of a whole workspace, {@code node_modules} and git's storage included, for {@link SpecialFiles}s made or
 * changed since a moment. The kernel's change time decides, because nobody can set it.
 */
final class SpecialFileSearch {

    /** Tolerance for the kernel's clock ticks and for file systems that keep whole seconds. */
    private static final Duration LEEWAY = Duration.ofSeconds(2);

    private static final long MOST_NAMED = 32L << 20;

    private static final int MOST_HOPS = 40;

    /** Maximum length of a path (PATH_MAX). Links that spell out each other's names can exceed it. */
    private static final int MOST_PATH = 4096;

    /** Maximum names resolved for all links together: a few seconds' work. */
    private static final int MOST_STEPS = 1_000_000;

    private static final int MOST_SHARED = 100_000;

    /** Maximum length of a name that is reported in full. */
    private static final int LONGEST = 1_000;

    private static final Path ROOT = Path.of("/");

    /** The agent sees it as well, under the same name and read-only. Interpreters and their links lie there. */
    private static final Path SYSTEM = Path.of("/usr");

    // Bits of a file's mode, inode(7).
    private static final int KIND = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int PIPE = 0010000;
    private static final int SOCKET = 0140000;
    private static final int SETUID = 04000;
    private static final int SETGID = 02000;

    private record SharedFile(int names, int seen, Path first) {

        SharedFile seenAgain() {
            return new SharedFile(names, seen + 1, first);
        }
    }

    record Result(List<SpecialFiles> specialFiles, boolean whole) {}

    private final Path workspace;
    private final Set<Path> covered;
    private final Instant since;
    private final Map<SpecialFiles.SpecialFileKind, Long> counts = new EnumMap<>(SpecialFiles.SpecialFileKind.class);
    private final Map<SpecialFiles.SpecialFileKind, List<SpecialFiles.SpecialFile>> found =
            new EnumMap<>(SpecialFiles.SpecialFileKind.class);
    private final Map<Object, SharedFile> shared = new LinkedHashMap<>();
    private final Deque<Path> directories = new ArrayDeque<>();
    private int left;
    private int hops;
    private int steps = MOST_STEPS;
    private long named;
    private boolean whole = true;

    private SpecialFileSearch(Path workspace, Set<Path> covered, Instant since, int most) {
        this.workspace = workspace;
        this.covered = covered;
        this.since = since;
        this.left = most;
    }

    /** @param covered directories that the agent did not see */
    static Result since(Path workspace, Set<Path> covered, Instant began) {
        return since(workspace, covered, began, ExecutedFileSearch.MOST_ENTRIES);
    }

    static Result since(Path workspace, Set<Path> covered, Instant began, int most) {
        return new SpecialFileSearch(workspace, covered, began.minus(LEEWAY), most).through();
    }

    /** Searches the nearest directories first. So files further down cannot hide those above. */
    private Result through() {
        directories.add(workspace);
        while (!directories.isEmpty() && left > 0) {
            through(directories.remove());
        }
        whole &= directories.isEmpty();
        // The missing names may lie in the part that was not searched.
        SpecialFiles.SpecialFileKind further =
                whole ? SpecialFiles.SpecialFileKind.NAMES : SpecialFiles.SpecialFileKind.MORE_NAMES;
        shared.values().stream()
                .filter(one -> one.seen() < one.names())
                .forEach(one -> put(further, one.first(), Optional.empty()));
        List<SpecialFiles> result = new ArrayList<>();
        found.forEach((kind, some) -> result.add(new SpecialFiles(kind, counts.getOrDefault(kind, 0L), some)));
        return new Result(result, whole);
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
                    put(SpecialFiles.SpecialFileKind.SETUID, file, Optional.empty());
                } else if ((mode & SETGID) != 0) {
                    put(SpecialFiles.SpecialFileKind.SETGID, file, Optional.empty());
                }
            }
            case LINK -> {
                Optional<Path> outside = outside(file);
                if (outside.isPresent()) {
                    put(
                            SpecialFiles.SpecialFileKind.LINK,
                            file,
                            Optional.of(outside.get().toString()));
                }
            }
            case PIPE -> put(SpecialFiles.SpecialFileKind.PIPE, file, Optional.empty());
            case SOCKET -> put(SpecialFiles.SpecialFileKind.SOCKET, file, Optional.empty());
            default -> put(SpecialFiles.SpecialFileKind.DEVICE, file, Optional.empty());
        }
    }

    /** The kernel notes a change with the file, whichever name was used. */
    private void names(Path file, int mode, Map<String, Object> attributes) {
        int names = (Integer) attributes.getOrDefault("nlink", 1);
        Object key = attributes.getOrDefault("fileKey", file);
        if ((mode & KIND) != REGULAR || names == 1) {
            return;
        }
        if (shared.size() < MOST_SHARED || shared.containsKey(key)) {
            shared.merge(key, new SharedFile(names, 1, file), (known, _) -> known.seenAgain());
        } else {
            whole = false;
        }
    }

    private void put(SpecialFiles.SpecialFileKind kind, Path file, Optional<String> to) {
        counts.merge(kind, 1L, Long::sum);
        List<SpecialFiles.SpecialFile> some = found.computeIfAbsent(kind, _ -> new ArrayList<>());
        if (some.size() < SpecialFiles.MOST) {
            some.add(new SpecialFiles.SpecialFile(
                    named(workspace.relativize(file).toString()), to.map(SpecialFileSearch::named)));
        }
    }

    private static String named(String path) {
        return path.length() <= LONGEST ? path : TerminalText.line(path, LONGEST);
    }

    /** A missing target counts too: a writer to the link may create it. */
    private Optional<Path> outside(Path link) throws IOException {
        hops = 0;
        Path target;
        try {
            target = end(link);
        } catch (FileSystemLoopException e) {
            return Optional.of(Files.readSymbolicLink(link)); // its target is unknown, and a reader would block
        }
        boolean isInside = target.startsWith(workspace);
        boolean isSystems = target.startsWith(SYSTEM) && Files.exists(target);
        boolean isInterlocks = AgentGitConfig.isEntered(target); // which is nothing outside
        return isInside || isSystems || isInterlocks ? Optional.empty() : Optional.of(target);
    }

    /**
     * Resolves a path as the kernel does (path_resolution(7)), and continues past missing names. Links outside are not
     * followed. Targets that the agent names there may hang (a file server that is gone), or differ by reader
     * ({@code /proc/self}).
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
