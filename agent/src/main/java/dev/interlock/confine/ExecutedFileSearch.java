package dev.interlock.confine;

import dev.interlock.action.ExecutedPathMatcher;
import dev.interlock.action.ExecutedPaths;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One search of a workspace for {@link ExecutedFiles}: by name, behind links, by what git's configuration names. */
final class ExecutedFileSearch {

    /** A workspace with more entries is a whole file system. Files further down are neither held nor found. */
    static final int MOST_ENTRIES = 500_000;

    /** Characters of all names in memory, of which a command has 256 MiB; each entry counts for some more. */
    private static final int MOST_NAMED = 32 << 20;

    private static final int BESIDES = 200;

    /** Maximum bytes read in total. A file with a thousand links to it is read a thousand times. */
    private static final long MOST_READ = 1L << 30;

    private static final Path GIT = Path.of(".git");
    private static final Path HOOKS = GIT.resolve("hooks");

    /** Directories of fetched packages. Nothing in them runs by itself, and there are too many of them. */
    private static final Set<String> PASSED = Set.of("node_modules");

    private static final String NAMED = "the git configuration names it, as a program or as a file that names programs";
    private static final String SHUT = "access is denied, so its content could not be checked";

    /** Parts of git's own directory without programs. A link may still lead to a repository that is hidden in them. */
    private static final Set<String> STORED_BY_GIT = Set.of("objects", "refs", "logs", "lfs");

    /** Further from the top than any path with a name of its own. */
    private static final int FAR = Integer.MAX_VALUE;

    /**
     * A path that runs by itself because of another file, most often a link.
     *
     * @param isNamed whether its own name makes it one, not the directory that it lies in
     * @param nearness of its target
     * @param held whether an agent may not write it
     */
    private record Link(Path path, String why, boolean isNamed, int nearness, boolean held) {}

    /**
     * A directory to search.
     *
     * @param shape its path as patterns see it, relative to the workspace; empty within git's storage and behind links
     * @param why who runs the files in it, if somebody does
     * @param turn its order among directories of the same depth: names that a pattern gives in full, which are few;
     *     then those that a pattern leads through, those that a star or another shape matches, and all others
     * @param held whether an agent may not write the files in it
     */
    private record Place(Path directory, Optional<Path> shape, Optional<String> why, int turn, boolean held) {}

    private final Path workspace;
    private final ExecutedPathMatcher paths;
    private final Set<Path> covered;
    private final int uid;
    private final int most;

    private final Map<Path, Integer> matches = new TreeMap<>();

    private final Map<Path, ExecutedFiles.FileVersion> states = new TreeMap<>();

    private final Set<Path> repositories = new TreeSet<>();

    private final Deque<Link> links = new ArrayDeque<>();

    private final Map<Path, Set<Path>> behind = new TreeMap<>();

    /** Those of them that a held link leads to. */
    private final Set<Path> heldBehind = new HashSet<>();

    /** Targets of links in directories that the search passes over: those still to be searched, and all of them. */
    private final Deque<Place> passed = new ArrayDeque<>();

    private final Set<Path> knownPassed = new TreeSet<>();
    private final Set<Path> leadingOut = new TreeSet<>();

    /** The file keys of files that run by themselves and have further names (hard links). */
    private final Set<Object> shared = new HashSet<>();

    private Set<Path> loosened = Set.of();
    private Set<Path> via = Set.of();
    private int entries;
    private long named;
    private long read;
    private boolean whole = true;

    ExecutedFileSearch(Path workspace, ExecutedPaths paths, Set<Path> covered, int uid, int most) {
        this.most = most;
        this.workspace = workspace;
        this.paths = paths.names();
        this.covered = covered;
        this.uid = uid;
    }

    ExecutedFiles through(Set<Path> writable) throws IOException {
        loosened = writable;
        all();
        behindPassed();
        behindLinks();
        named();
        behindLinks();
        otherNames();
        return executed();
    }

    private ExecutedFiles executed() {
        Set<Path> held = new TreeSet<>();
        int unnamed = 0;
        for (Path match : matches.keySet()) {
            boolean loose = loosened.stream().anyMatch(match::startsWith);
            boolean inner = held.stream().anyMatch(match::startsWith);
            if (!loose && !inner && !Host.canName(match)) {
                unnamed++;
            } else if (!loose && !inner) {
                held.add(match);
            }
        }
        Set<Path> nearest = new TreeSet<>(held.stream()
                .sorted(Comparator.<Path>comparingInt(path -> matches.getOrDefault(path, FAR))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(ExecutedFiles.MOST_HELD)
                .toList());
        leadingOut.removeIf(link -> loosened.stream().anyMatch(workspace.resolve(link)::startsWith));
        return new ExecutedFiles(nearest, states, leadingOut, held.size() - nearest.size() + unnamed, whole);
    }

    /**
     * The distance from the top of a path whose last {@code names} names match a pattern. A path with its own name
     * comes before one that a star or another shape matches, of which there can be any number.
     */
    private int nearness(Path path, int names, boolean byItsName) {
        return 2 * Math.max(0, workspace.relativize(path).getNameCount() - names) + (byItsName ? 0 : 1);
    }

    private void match(Path path, int nearness) {
        matches.merge(path, nearness, Math::min);
    }

    private void match(Path path, Path shape, ExecutedPaths.ExecutedPattern entry) {
        Path pattern = Path.of(entry.pattern());
        match(path, nearness(path, pattern.getNameCount(), shape.endsWith(pattern) && path.endsWith(pattern)));
    }

    private void named() throws IOException {
        GitConfigPaths.NamedPaths named =
                GitConfigPaths.search(workspace, repositories, GitConfigPaths.ofThePerson(), uid);
        whole &= named.whole();
        for (Map.Entry<Path, Integer> one : named.paths().entrySet()) {
            Path path = one.getKey();
            boolean isOurs = path.startsWith(workspace)
                    && !path.equals(workspace)
                    && covered.stream().noneMatch(path::startsWith)
                    && !states.containsKey(workspace.relativize(path));
            if (isOurs && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                Path target = ExecutedFiles.target(path);
                if (Files.isSymbolicLink(path)) {
                    state(path, NAMED, true);
                } else if (!target.equals(path)) { // a directory on the way is a link
                    put(path, new ExecutedFiles.FileVersion("leads to " + target, NAMED, Set.of(), true));
                }
                links.add(new Link(path, NAMED, false, 2 * one.getValue(), true));
            }
        }
    }

    private void state(Path file, String why, boolean held) throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        put(file, new ExecutedFiles.FileVersion(seen(file, attributes), why, via, held));
        if (held) {
            noteNames(file, attributes);
        }
    }

    private void noteNames(Path file, BasicFileAttributes attributes) {
        try {
            if (attributes.isRegularFile()
                    && loosened.stream().noneMatch(file::startsWith)
                    && (Integer) Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS) > 1) {
                shared.add(Objects.requireNonNullElse(attributes.fileKey(), file));
            }
        } catch (IOException e) {
            whole &= e instanceof NoSuchFileException;
        }
    }

    /**
     * Finds the further names (hard links) of these files, also in {@code node_modules} and in git's storage: a mount
     * protects only one of them.
     */
    private void otherNames() throws IOException {
        if (!shared.isEmpty()) {
            Files.walkFileTree(workspace, new OtherNames());
        }
    }

    private final class OtherNames extends SimpleFileVisitor<Path> {

        private int looked;

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return covered.contains(directory) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (shared.contains(attributes.fileKey())) {
                hold(file);
            }
            whole &= ++looked <= ServiceSockets.MOST_ENTRIES;
            return looked <= ServiceSockets.MOST_ENTRIES ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
        }

        /**
         * Nothing can be mounted in a closed directory, but the directory itself can be a mount, and then stays closed.
         */
        private void hold(Path file) throws IOException {
            Path directory = file.resolveSibling("");
            switch (DirectoryAccess.along(workspace, directory, uid)) {
                case NOW -> match(file, nearness(file, 1, false));
                case AFTER_CHMOD -> {
                    if (!directory.equals(workspace)) {
                        match(directory, FAR);
                    }
                }
                case NONE -> {}
            }
        }

        @Override
        public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            whole &= e instanceof NoSuchFileException
                    || DirectoryAccess.along(workspace, path.resolveSibling(""), uid) == DirectoryAccess.NONE
                    || DirectoryAccess.along(workspace, path, uid) == DirectoryAccess.NONE;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
            whole &= e == null;
            return FileVisitResult.CONTINUE;
        }
    }

    private void put(Path file, ExecutedFiles.FileVersion state) {
        ExecutedFiles.FileVersion known = states.putIfAbsent(workspace.relativize(file), state);
        if (known != null) {
            also(known.via(), state.via());
        }
    }

    /** A file that counts by itself needs no link; otherwise all links to it are stored. */
    private static void also(Set<Path> known, Set<Path> via) {
        if (!known.isEmpty() && via.isEmpty()) {
            known.clear();
        } else if (!known.isEmpty()) {
            known.addAll(via);
        }
    }

    private void through(Path real, Link link) throws IOException {
        if (!Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS)) {
            if (link.held()) {
                match(real, link.nearness());
            }
            state(real, link.why(), link.held());
        } else if (DirectoryAccess.of(List.of(real), uid).get(real) != DirectoryAccess.NONE) {
            if (link.held()) {
                match(real, link.nearness());
            }
            Optional<Path> shape = isGits(real) ? Optional.of(GIT) : Optional.empty();
            shape.ifPresent(_ -> repositories.add(real));
            walk(new Place(real, shape, Optional.of(link.why()), 0, link.held()));
        }
    }

    /** After all else: a link's target may also be found under its own name. */
    private void behindLinks() throws IOException {
        while (!links.isEmpty()) {
            Link link = links.remove();
            boolean isLink = Files.isSymbolicLink(link.path());
            Optional<Path> real = standsFor(link.path());
            // The parts of a repository are checked under its own name. If all of it were read-only, nobody could work
            // in it.
            if (real.isPresent() && !(isLink && isGits(real.get()))) {
                Set<Path> by = new TreeSet<>(isLink ? Set.of(workspace.relativize(link.path())) : Set.of());
                Set<Path> known = behind.putIfAbsent(real.get(), by);
                if ((link.held() && heldBehind.add(real.get())) || known == null) {
                    via = by;
                    through(real.get(), link);
                    via = Set.of();
                } else {
                    also(known, by);
                }
            } else if (real.isEmpty() && link.isNamed() && link.held() && leadsOut(link.path())) {
                leadingOut.add(workspace.relativize(link.path()));
            }
        }
    }

    /** A directory that the search passes over under its own name is searched under a link's. */
    private void notePassed(Path link, Path shape) {
        standsFor(link)
                .filter(real -> Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS) && isPassed(real))
                .filter(knownPassed::add)
                .ifPresent(real -> passed.add(new Place(real, Optional.of(shape), Optional.empty(), 0, false)));
    }

    private boolean isPassed(Path real) {
        for (Path at = real; !at.equals(workspace); at = at.resolveSibling("")) {
            if (PASSED.contains(name(at)) || (STORED_BY_GIT.contains(name(at)) && isGits(at.resolveSibling("")))) {
                return true;
            }
        }
        return false;
    }

    private void behindPassed() throws IOException {
        while (!passed.isEmpty()) {
            Place place = passed.remove();
            DirectoryAccess access = DirectoryAccess.of(List.of(place.directory()), uid)
                    .getOrDefault(place.directory(), DirectoryAccess.NONE);
            if (access != DirectoryAccess.NONE) {
                walk(entered(place, access));
            }
        }
    }

    /** Git also takes the workspace itself for a repository if it finds no other. */
    private void all() throws IOException {
        boolean gits = isGits(workspace);
        if (gits) {
            repositories.add(workspace);
        }
        walk(new Place(workspace, Optional.of(gits ? GIT : Path.of("")), Optional.empty(), 0, false));
    }

    /** Searches level by level, the nearest first. So files that an agent puts further down cannot hide those above. */
    private void walk(Place first) throws IOException {
        List<Place> level = List.of(first);
        while (!level.isEmpty() && entries <= most) {
            List<Place> found = new ArrayList<>();
            for (Place place : level) {
                Files.walkFileTree(place.directory(), Set.of(), 1, entriesOf(place, found));
            }
            level = entered(found);
        }
    }

    private SimpleFileVisitor<Path> entriesOf(Place place, List<Place> found) {
        return new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                if (++entries > most) {
                    whole = false;
                    return FileVisitResult.TERMINATE;
                }
                if (!attributes.isDirectory()) {
                    file(path, attributes, place);
                } else if (isKept(path)) {
                    found.add(new Place(path, place.shape(), place.why(), 0, place.held()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) {
                whole = false; // in any case, it was not searched
                if (path.equals(place.directory()) && !path.equals(workspace)) {
                    put(path, new ExecutedFiles.FileVersion("shut", SHUT, Set.of(), true));
                    match(path, FAR); // its owner could open it, but not a mount over it
                }
                return FileVisitResult.CONTINUE;
            }
        };
    }

    private boolean isKept(Path path) {
        named += path.toString().length() + BESIDES;
        whole &= named <= MOST_NAMED;
        return named <= MOST_NAMED;
    }

    private List<Place> entered(List<Place> found) throws IOException {
        List<Path> asked = found.stream()
                .map(Place::directory)
                .filter(path -> !covered.contains(path) && !PASSED.contains(name(path)))
                .toList();
        Map<Path, DirectoryAccess> access = DirectoryAccess.of(asked, uid);
        List<Place> entered = new ArrayList<>();
        for (Place one : found) {
            DirectoryAccess how = access.getOrDefault(one.directory(), DirectoryAccess.NONE);
            if (how != DirectoryAccess.NONE) {
                entered.add(entered(one, how));
            }
        }
        entered.sort(Comparator.comparingInt(Place::turn));
        return entered;
    }

    private Place entered(Place found, DirectoryAccess access) {
        Path directory = found.directory();
        boolean stored = found.shape().filter(path -> path.endsWith(GIT)).isPresent()
                && STORED_BY_GIT.contains(name(directory))
                && !directory.resolveSibling("").equals(workspace)
                && isGits(directory.resolveSibling(""));
        boolean gits = isGits(directory);
        Optional<Path> shape = gits
                ? Optional.of(found.shape().orElse(Path.of("")).resolve(GIT))
                : found.shape().filter(_ -> !stored).map(path -> path.resolve(name(directory)));
        if (gits) {
            repositories.add(directory);
        }
        if (access == DirectoryAccess.AFTER_CHMOD) {
            match(directory, FAR); // nothing can be mounted in it, but it can be a mount itself, and then stays closed
        }
        Optional<ExecutedPaths.ExecutedPattern> entry =
                shape.filter(path -> !path.endsWith(GIT)).flatMap(paths::of);
        boolean held = entry.filter(ExecutedPaths.ExecutedPattern::held).isPresent();
        if (!found.held() && held) {
            match(directory, shape.orElseThrow(), entry.get());
        }
        boolean byItsName = shape.filter(path -> path.endsWith(name(directory))).isPresent();
        int turn =
                entry.filter(one -> byItsName && !one.pattern().contains("*")).isPresent()
                        ? 0
                        : byItsName && shape.flatMap(paths::below).isPresent() ? 1 : entry.isPresent() || gits ? 2 : 3;
        Optional<String> own = entry.map(ExecutedPaths.ExecutedPattern::why);
        Optional<String> why = !found.held() && held ? own : found.why().or(() -> own);
        return new Place(directory, shape, why, turn, found.held() || held);
    }

    private void file(Path file, BasicFileAttributes attributes, Place place) {
        Optional<Path> shape = place.shape().map(parent -> parent.resolve(name(file)));
        if (file.endsWith(GIT)) {
            repositories.add(file);
        }
        Optional<ExecutedPaths.ExecutedPattern> entry = shape.flatMap(paths::of);
        int names = entry.map(one -> Path.of(one.pattern()).getNameCount()).orElse(1);
        if (entry.isEmpty() && attributes.isSymbolicLink()) {
            // Somebody who follows the link finds its target under such a path.
            entry = shape.flatMap(paths::below);
        }
        if (attributes.isSymbolicLink() && place.why().isEmpty() && entry.isEmpty()) {
            shape.ifPresent(its -> notePassed(file, its));
        }
        if ((place.why().isPresent() || entry.isPresent())
                && shape.filter(ExecutedFileSearch::isSample).isEmpty()
                && isKept(file)) {
            String why =
                    entry.map(ExecutedPaths.ExecutedPattern::why).or(place::why).orElseThrow();
            boolean held = place.held()
                    || entry.filter(ExecutedPaths.ExecutedPattern::held).isPresent();
            put(file, new ExecutedFiles.FileVersion(seen(file, attributes), why, via, held));
            if (held) {
                noteNames(file, attributes);
            }
            if (attributes.isRegularFile() && held && !place.held()) {
                match(file, shape.orElseThrow(), entry.orElseThrow());
            }
            if (attributes.isSymbolicLink()) {
                boolean isNamed = entry.isPresent();
                links.add(new Link(file, why, isNamed, nearness(file, names, isNamed), held));
            }
        }
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    /** Git puts a dozen sample hooks into each repository and runs none. They would hide the one that it runs. */
    private static boolean isSample(Path shape) {
        return shape.toString().endsWith(".sample") && shape.resolveSibling("").endsWith(HOOKS);
    }

    private String seen(Path file, BasicFileAttributes attributes) {
        read += attributes.size();
        try {
            return FileFingerprint.of(file, attributes, read < MOST_READ);
        } catch (IOException e) {
            whole = false;
            return "not read";
        }
    }

    /** Whether git takes {@code directory} for a repository: these files suffice, and its HEAD may be a link. */
    private static boolean isGits(Path directory) {
        return directory.endsWith(GIT)
                || (Files.exists(directory.resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)
                        && (Files.exists(directory.resolve("objects"), LinkOption.NOFOLLOW_LINKS)
                                || Files.exists(directory.resolve("commondir"), LinkOption.NOFOLLOW_LINKS)));
    }

    /** Returns the target of a link within the workspace, if that is within the workspace, too. */
    private Optional<Path> standsFor(Path link) {
        try {
            Path real = link.toRealPath();
            boolean inside = real.startsWith(workspace)
                    && !real.equals(workspace)
                    && covered.stream().noneMatch(real::startsWith);
            return inside && (Files.isRegularFile(real) || Files.isDirectory(real))
                    ? Optional.of(real)
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // it leads nowhere
        }
    }

    private boolean leadsOut(Path link) {
        return Files.isDirectory(link) && covered.stream().noneMatch(ExecutedFiles.target(link)::startsWith);
    }
}
