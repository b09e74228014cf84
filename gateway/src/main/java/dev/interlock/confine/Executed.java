package dev.interlock.confine;

import dev.interlock.action.ExecutedPaths;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The files of a workspace that run by themselves later, as they are at one moment. No link is followed, but from such
 * a path to what it stands for within the workspace, which is as such a path then. What is read is only compared:
 * whoever exchanges a directory on the way for a link meanwhile learns nothing by it.
 *
 * @param held what is to be read-only inside: files and directories that are there, none in another
 * @param states what each file is, by its path seen from the workspace
 * @param leadingOut links that stand where such a directory would, and lead to none inside the workspace; not those
 *     that a person lets the agent write
 * @param unheld how many more would be to hold than can be
 * @param whole whether all of the workspace was looked through
 */
record Executed(Set<Path> held, Map<Path, State> states, Set<Path> leadingOut, int unheld, boolean whole) {

    /**
     * One file, or link.
     *
     * @param content a digest of all that counts
     * @param why who runs it
     * @param via the link by which it is such a file, if it is none by its own name
     */
    record State(String content, String why, Optional<Path> via) {}

    /**
     * A path that stands for something that runs by itself, most often a link.
     *
     * @param why who runs it
     * @param isNamed whether its own name says so, rather than the directory that it lies in
     */
    private record Link(Path path, String why, boolean isNamed) {}

    /** A workspace with more than this is a file system; what comes later is neither held nor found. */
    static final int MOST_ENTRIES = 500_000;

    /** Each is a mount, and every mount makes the next one slower. */
    static final int MOST_HELD = 256;

    /** Of longer ones it counts whether they are the same file and when the kernel last saw a change. */
    private static final long LONGEST = 16 << 20;

    /** Of all together: who links one file a thousand times has it read a thousand times. */
    private static final long MOST_READ = 1L << 30;

    private static final Path GIT = Path.of(".git");

    private static final Path HOOKS = GIT.resolve("hooks");

    /** Of a package that somebody fetched nothing runs by itself, and there are too many of them. */
    private static final Set<String> PASSED = Set.of("node_modules");

    /** Each is asked for what its configuration names, which takes some milliseconds. */
    private static final int MOST_ASKED = 64;

    private static final String NAMED = "git's configuration names it, to run it or to read what to run from it";

    /** In what git keeps, these hold no program; but a repository may be hidden in them, and a link lead there. */
    private static final Set<String> STORED_BY_GIT = Set.of("objects", "refs", "logs", "lfs");

    private static final int EXECUTABLE = 0111;
    private static final int ENTERED = 1;
    private static final int OWNERS = 6;

    Executed {
        held = Collections.unmodifiableSet(new TreeSet<>(held));
        states = Collections.unmodifiableMap(new TreeMap<>(states));
        leadingOut = Collections.unmodifiableSet(new TreeSet<>(leadingOut));
    }

    /**
     * Looks through {@code workspace}, which has no link in it.
     *
     * @param paths which are meant
     * @param loosened files and directories that a person lets the agent write all the same
     * @param covered what is not seen inside
     * @param uid the agent's user: where it cannot go, nothing has to be held
     */
    static Executed look(Path workspace, ExecutedPaths paths, Set<Path> loosened, Set<Path> covered, int uid)
            throws IOException {
        Look look = new Look(workspace, paths, covered, uid);
        Files.walkFileTree(workspace, look);
        look.behindLinks();
        look.named();
        look.behindLinks();
        return look.executed(loosened);
    }

    /** What is there now and was not there {@code before} as it is. */
    Leavings since(Executed before) {
        List<Leavings.File> files = new ArrayList<>();
        states.forEach((path, state) -> {
            State old = before.states.get(path);
            if (state.via().filter(link -> !before.states.containsKey(link)).isPresent()) {
                return; // of a link that is new it is enough to tell that one
            }
            if (old == null || !old.content().equals(state.content())) {
                files.add(new Leavings.File(path.toString(), old == null, state.why()));
            }
        });
        return new Leavings(files, before.unheld, whole && before.whole);
    }

    private static final class Look extends SimpleFileVisitor<Path> {

        private final Path workspace;
        private final ExecutedPaths paths;
        private final Set<Path> covered;
        private final int uid;
        private final Set<Path> matches = new TreeSet<>();
        private final Map<Path, State> states = new TreeMap<>();
        /**
         * Directories around the place that is being looked at, as patterns know them; not those that git stores in.
         */
        private final Map<Path, Path> known = new TreeMap<>();

        /** Git's own directories. */
        private final Set<Path> repositories = new TreeSet<>();

        private final Deque<Link> links = new ArrayDeque<>();
        private final Set<Path> behind = new TreeSet<>();
        private final Set<Path> leadingOut = new TreeSet<>();

        private Optional<Path> around = Optional.empty();
        private Optional<Path> via = Optional.empty();
        private String whyAround = "";
        private int entries;
        private long read;
        private boolean whole = true;

        Look(Path workspace, ExecutedPaths paths, Set<Path> covered, int uid) {
            this.workspace = workspace;
            this.paths = paths;
            this.covered = covered;
            this.uid = uid;
        }

        Executed executed(Set<Path> loosened) {
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
                    .limit(MOST_HELD)
                    .toList());
            leadingOut.removeIf(link -> loosened.stream().anyMatch(workspace.resolve(link)::startsWith));
            return new Executed(nearest, states, leadingOut, held.size() - nearest.size() + unnamed, whole);
        }

        /** Looks at what repositories name, under whatever name that is. */
        void named() throws IOException {
            whole &= repositories.size() <= MOST_ASKED;
            Set<Path> named = new TreeSet<>();
            for (Path repository : repositories.stream().limit(MOST_ASKED).toList()) {
                named.addAll(GitNames.in(repository, uid));
            }
            for (Path path : named) {
                boolean isOurs = path.startsWith(workspace)
                        && !path.equals(workspace)
                        && covered.stream().noneMatch(path::startsWith)
                        && !states.containsKey(workspace.relativize(path));
                if (isOurs && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    if (Files.isSymbolicLink(path)) {
                        state(path, NAMED);
                    }
                    links.add(new Link(path, NAMED, false));
                }
            }
        }

        private void state(Path file, String why) throws IOException {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            states.putIfAbsent(workspace.relativize(file), new State(seen(file, attributes), why, via));
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
        void behindLinks() throws IOException {
            while (!links.isEmpty()) {
                Link link = links.remove();
                boolean isLink = Files.isSymbolicLink(link.path());
                Optional<Path> real = standsFor(link.path());
                // A repository's parts are looked after under its own name: all of it could not be worked in.
                if (real.isPresent() && !(isLink && isGits(real.get())) && behind.add(real.get())) {
                    via = Optional.of(workspace.relativize(link.path())).filter(_ -> isLink);
                    through(real.get(), link.why());
                    via = Optional.empty();
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
            Optional<ExecutedPaths.Entry> entry = shape.flatMap(paths::of);
            if (entry.isEmpty() && attributes.isSymbolicLink()) {
                // Whoever follows it finds what it leads to under such a path.
                entry = shape.flatMap(paths::below);
            }
            if ((around.isPresent() || entry.isPresent())
                    && shape.filter(Look::isSample).isEmpty()) {
                String why = entry.map(ExecutedPaths.Entry::why).orElse(whyAround);
                states.putIfAbsent(workspace.relativize(file), new State(seen(file, attributes), why, via));
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
            return shape.toString().endsWith(".sample")
                    && shape.resolveSibling("").endsWith(HOOKS);
        }

        private String seen(Path file, BasicFileAttributes attributes) {
            read += attributes.size();
            try {
                return content(file, attributes, read < MOST_READ);
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
            return Files.isDirectory(link) && covered.stream().noneMatch(target(link)::startsWith);
        }
    }

    /** Where {@code link} leads in the end; to itself, if that is nowhere. */
    static Path target(Path link) {
        try {
            return link.toRealPath();
        } catch (IOException e) {
            return link;
        }
    }

    private static String content(Path file, BasicFileAttributes attributes, boolean reading) throws IOException {
        if (attributes.isSymbolicLink()) {
            // With where it leads in the end: another link may be on the way.
            return "link " + Files.readSymbolicLink(file) + " to " + target(file);
        }
        int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & EXECUTABLE;
        if (!attributes.isRegularFile()) {
            return "special";
        }
        // The time of the last change of content is whatever its owner says.
        String text = reading && attributes.size() <= LONGEST
                ? digest(file)
                : attributes.size() + " " + attributes.fileKey() + " "
                        + Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
        return mode + " " + text;
    }

    private static String digest(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
                DigestInputStream digesting = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digesting.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
