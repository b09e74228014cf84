package dev.interlock.confine;

import dev.interlock.action.ExecutedNames;
import dev.interlock.action.ExecutedPaths;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One search of a workspace for {@link Executed}: what names say first, then what links stand for, then what git's
 * configuration names, and what links stand for there.
 */
final class ExecutedSearch extends SimpleFileVisitor<Path> {

    /** A workspace with more than this is a file system; what comes later is neither held nor found. */
    static final int MOST_ENTRIES = 500_000;

    /** Of all together: who links one file a thousand times has it read a thousand times. */
    private static final long MOST_READ = 1L << 30;

    private static final Path GIT = Path.of(".git");

    private static final Path HOOKS = GIT.resolve("hooks");

    /** Of a package that somebody fetched nothing runs by itself, and there are too many of them. */
    private static final Set<String> PASSED = Set.of("node_modules");

    private static final String NAMED = "git's configuration names it, to run it or to read what to run from it";

    /** In what git keeps, these hold no program; but a repository may be hidden in them, and a link lead there. */
    private static final Set<String> STORED_BY_GIT = Set.of("objects", "refs", "logs", "lfs");

    private static final int ENTERED = 1;
    private static final int OWNERS = 6;

    /**
     * A path that stands for something that runs by itself, most often a link.
     *
     * @param why who runs it
     * @param isNamed whether its own name says so, rather than the directory that it lies in
     */
    private record Link(Path path, String why, boolean isNamed) {}

    private final Path workspace;
    private final ExecutedNames paths;
    private final Set<Path> covered;
    private final int uid;
    private final Set<Path> matches = new TreeSet<>();
    private final Map<Path, Executed.State> states = new TreeMap<>();
    /** Directories around the place that is being looked at, as patterns know them; not those that git stores in. */
    private final Map<Path, Path> known = new TreeMap<>();

    /** Git's own directories, and files that lead to such. */
    private final Set<Path> repositories = new TreeSet<>();

    private final Deque<Link> links = new ArrayDeque<>();
    /** What links lead to, with those links. */
    private final Map<Path, Set<Path>> behind = new TreeMap<>();

    private final Set<Path> leadingOut = new TreeSet<>();

    private Optional<Path> around = Optional.empty();
    private Set<Path> via = Set.of();
    private String whyAround = "";
    private int entries;
    private long read;
    private boolean whole = true;

    private ExecutedSearch(Path workspace, ExecutedPaths paths, Set<Path> covered, int uid) {
        this.workspace = workspace;
        this.paths = paths.names();
        this.covered = covered;
        this.uid = uid;
    }

    /** As {@link Executed#look}. */
    static Executed through(Path workspace, ExecutedPaths paths, Set<Path> loosened, Set<Path> covered, int uid)
            throws IOException {
        ExecutedSearch search = new ExecutedSearch(workspace, paths, covered, uid);
        Files.walkFileTree(workspace, search);
        search.behindLinks();
        search.named();
        search.behindLinks();
        return search.executed(loosened);
    }

    private Executed executed(Set<Path> loosened) {
        Set<Path> held = new TreeSet<>();
        int unnamed = 0;
        for (Path match : matches) {
            boolean loose = loosened.stream().anyMatch(match::startsWith);
            boolean inner = held.stream().anyMatch(match::startsWith);
            if (!loose && !inner && !Host.canName(match)) {
                unnamed++;
            } else if (!loose && !inner) {
                held.add(match);
            }
        }
        Set<Path> nearest = new TreeSet<>(held.stream()
                .sorted(Comparator.comparingInt(Path::getNameCount))
                .limit(Executed.MOST_HELD)
                .toList());
        leadingOut.removeIf(link -> loosened.stream().anyMatch(workspace.resolve(link)::startsWith));
        return new Executed(nearest, states, leadingOut, held.size() - nearest.size() + unnamed, whole);
    }

    /** Looks at what repositories name, under whatever name that is. */
    private void named() throws IOException {
        GitNames.Named named = GitNames.look(workspace, repositories, GitNames.ofThePerson(), uid);
        whole &= named.whole();
        for (Path path : named.paths()) {
            boolean isOurs = path.startsWith(workspace)
                    && !path.equals(workspace)
                    && covered.stream().noneMatch(path::startsWith)
                    && !states.containsKey(workspace.relativize(path));
            if (isOurs && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                Path target = Executed.target(path);
                if (Files.isSymbolicLink(path)) {
                    state(path, NAMED);
                } else if (!target.equals(path)) { // a directory on the way is a link
                    put(path, new Executed.State("leads to " + target, NAMED, Set.of()));
                }
                links.add(new Link(path, NAMED, false));
            }
        }
    }

    private void state(Path file, String why) throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        put(file, new Executed.State(seen(file, attributes), why, via));
    }

    private void put(Path file, Executed.State state) {
        Executed.State known = states.putIfAbsent(workspace.relativize(file), state);
        if (known != null) {
            also(known.via(), state.via());
        }
    }

    /** What counts by itself once needs no link any more, and what several links lead to is there by each. */
    private static void also(Set<Path> known, Set<Path> via) {
        if (!known.isEmpty() && via.isEmpty()) {
            known.clear();
        } else if (!known.isEmpty()) {
            known.addAll(via);
        }
    }

    /** Takes {@code real} and all that lies in it for such paths. */
    private void through(Path real, String why) throws IOException {
        boolean isDirectory = Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS);
        if (isDirectory && access(real) == Access.NONE) {
            return;
        }
        matches.add(real);
        if (isDirectory) {
            around = Optional.of(real);
            whyAround = why;
            Files.walkFileTree(real, this);
            around = Optional.empty();
        } else {
            state(real, why);
        }
    }

    /** Once all else was looked at: what lies behind a link may be found under its own name, too. */
    private void behindLinks() throws IOException {
        while (!links.isEmpty()) {
            Link link = links.remove();
            boolean isLink = Files.isSymbolicLink(link.path());
            Optional<Path> real = standsFor(link.path());
            // A repository's parts are looked after under its own name: all of it could not be worked in.
            if (real.isPresent() && !(isLink && isGits(real.get()))) {
                Set<Path> by = new TreeSet<>(isLink ? Set.of(workspace.relativize(link.path())) : Set.of());
                Set<Path> known = behind.putIfAbsent(real.get(), by);
                if (known == null) {
                    via = by;
                    through(real.get(), link.why());
                    via = Set.of();
                } else {
                    also(known, by);
                }
            } else if (real.isEmpty() && link.isNamed() && leadsOut(link.path())) {
                leadingOut.add(workspace.relativize(link.path()));
            }
        }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
        if (++entries > MOST_ENTRIES) {
            whole = false;
            return FileVisitResult.TERMINATE;
        }
        if (directory.equals(workspace)) {
            known.put(directory, Path.of(""));
            return FileVisitResult.CONTINUE;
        }
        Optional<Path> parent = shapeAround(directory);
        String name = directory.getFileName().toString();
        Access access = access(directory);
        if (covered.contains(directory) || PASSED.contains(name) || access == Access.NONE) {
            return FileVisitResult.SKIP_SUBTREE;
        }
        boolean stored = parent.filter(path -> path.endsWith(GIT)).isPresent()
                && STORED_BY_GIT.contains(name)
                && isGits(directory.resolveSibling(""));
        boolean gits = isGits(directory);
        Optional<Path> shape = gits
                ? Optional.of(parent.orElse(Path.of("")).resolve(GIT))
                : parent.filter(_ -> !stored).map(path -> path.resolve(name));
        shape.ifPresent(known -> this.known.put(directory, known));
        if (gits) {
            repositories.add(directory);
        }
        if (access == Access.AFTER_CHMOD) {
            matches.add(directory); // nothing can be mounted in it, but it can be itself, and then stays shut
        }
        Optional<ExecutedPaths.Entry> entry =
                shape.filter(path -> !path.endsWith(GIT)).flatMap(paths::of);
        if (around.isEmpty() && entry.isPresent()) {
            matches.add(directory);
            around = Optional.of(directory);
            whyAround = entry.get().why();
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        if (++entries > MOST_ENTRIES) {
            whole = false;
            return FileVisitResult.TERMINATE;
        }
        Optional<Path> shape = shapeAround(file)
                .map(parent -> parent.resolve(file.getFileName().toString()));
        if (file.endsWith(GIT)) {
            repositories.add(file);
        }
        Optional<ExecutedPaths.Entry> entry = shape.flatMap(paths::of);
        if (entry.isEmpty() && attributes.isSymbolicLink()) {
            // Whoever follows it finds what it leads to under such a path.
            entry = shape.flatMap(paths::below);
        }
        if ((around.isPresent() || entry.isPresent())
                && shape.filter(ExecutedSearch::isSample).isEmpty()) {
            String why = entry.map(ExecutedPaths.Entry::why).orElse(whyAround);
            put(file, new Executed.State(seen(file, attributes), why, via));
            if (attributes.isRegularFile() && around.isEmpty()) {
                matches.add(file);
            }
            if (attributes.isSymbolicLink()) {
                links.add(new Link(file, why, entry.isPresent()));
            }
        }
        return FileVisitResult.CONTINUE;
    }

    /** Git lays a dozen into each new repository and runs none: they would hide the one that it runs. */
    private static boolean isSample(Path shape) {
        return shape.toString().endsWith(".sample") && shape.resolveSibling("").endsWith(HOOKS);
    }

    private String seen(Path file, BasicFileAttributes attributes) {
        read += attributes.size();
        try {
            return Fingerprint.of(file, attributes, read < MOST_READ);
        } catch (IOException e) {
            whole = false;
            return "not read";
        }
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
        whole = false; // whatever it is, it was not looked at
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
        known.remove(directory);
        if (around.filter(directory::equals).isPresent()) {
            around = Optional.empty();
        }
        return FileVisitResult.CONTINUE;
    }

    private Optional<Path> shapeAround(Path path) {
        return Optional.ofNullable(known.get(path.resolveSibling("")));
    }

    /** Git takes for a repository what has these, whatever it is called; its head may be a link. */
    private static boolean isGits(Path directory) {
        return directory.endsWith(GIT)
                || (Files.exists(directory.resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)
                        && (Files.exists(directory.resolve("objects"), LinkOption.NOFOLLOW_LINKS)
                                || Files.exists(directory.resolve("commondir"), LinkOption.NOFOLLOW_LINKS)));
    }

    /** Whether the agent's user gets into a directory. What is its own and shut, it can open. */
    private enum Access {
        NOW,
        AFTER_CHMOD,
        NONE
    }

    private Access access(Path directory) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(directory, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) attributes.getOrDefault("mode", 0);
        if (attributes.get("uid") instanceof Integer owner && owner == uid) {
            return ((mode >> OWNERS) & ENTERED) != 0 ? Access.NOW : Access.AFTER_CHMOD;
        }
        int shift = attributes.get("gid") instanceof Integer group && group == uid ? 3 : 0;
        return ((mode >> shift) & ENTERED) != 0 ? Access.NOW : Access.NONE;
    }

    /** What a link within the workspace leads to, if that is within the workspace, too. */
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
        return Files.isDirectory(link) && covered.stream().noneMatch(Executed.target(link)::startsWith);
    }
}
