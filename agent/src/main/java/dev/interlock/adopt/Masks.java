package dev.interlock.adopt;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * What an agent is to see of the files with credentials in its workspace: the same files, with decoys in the place of
 * the credentials. The files themselves are not touched.
 *
 * @param masks of each file in which a credential was found
 * @param covered files whose names suggest credentials, and that could not be looked at, for want of time or room or
 *     because their owner has shut them: nothing of them is to be seen
 * @param unlooked how many other files there was no time for, or are too long; what is not even listed counts as one
 * @param kept files with credentials that git has as well, and would hand out anyway
 */
public record Masks(List<Mask> masks, List<Path> covered, int unlooked, List<Path> kept) {

    /**
     * One file.
     *
     * @param file as it is named in the workspace
     * @param copy what is to be seen instead; as long
     * @param decoys what stands in it
     */
    public record Mask(Path file, Bytes copy, List<Secret> decoys) {
        public Mask {
            decoys = List.copyOf(decoys);
        }
    }

    /** What is to be seen of a file that is covered: a comment in most of the forms that such files have. */
    public static final Bytes COVER = Bytes.utf8(
            "# Covered by interlock run, which had no time to look for credentials here, or may not: it is too long, or shut.\n");

    /** For files that are likely to hold some there is so much more time. */
    private static final Duration LIKELY_TIME = Duration.ofSeconds(2);

    /** Of files that nothing suggests no more are kept in mind. */
    private static final int MOST = 500_000;

    /** More is not even listed. */
    private static final int MOST_LISTED = 1_000_000;

    /** Longer files are no configuration, unless their names say so; no copy is made of these. */
    private static final long LONGEST = 4 << 20;

    /** Shorter ones are looked at before all longer ones, wherever they lie: most that hold credentials are. */
    private static final long SHORT = 64 << 10;

    /** Each is a mount, and each mount takes longer than the one before. */
    static final int MOST_MASKS = 1_000;

    /** Of all copies. */
    private static final long MOST_COPIED = 64L << 20;

    /** Code of others, and too much of it. */
    private static final String PACKAGES = "node_modules";

    /** Of what is git's own: compressed, or names alone. Elsewhere these are directories like others. */
    private static final Set<String> PASSED_IN_GIT = Set.of("objects", "refs", "logs");

    /** Git lists what it has in no time; an agent can have made it wait. All that it is asked takes no longer. */
    private static final Duration ASKING = Duration.ofSeconds(5);

    /** Names of files that are likely to hold some: these are looked at first, whatever their number. */
    private static final Pattern LIKELY = Pattern.compile(
            "\\.env.*|.*\\.env|.*\\.(pem|key|p8|tfvars|tfstate|ini|conf|cfg|properties)|"
                    + "\\.(npmrc|netrc|pypirc|pgpass|mcp\\.json|git-credentials|envrc|dockercfg)|"
                    + "config(\\..*)?|.*(credential|secret|token|password|settings).*|id_(rsa|ed25519|ecdsa)",
            Pattern.CASE_INSENSITIVE);

    /** Where git keeps a credential, in each of its directories. */
    private static final Set<String> GITS_CONFIGURATION = Set.of("config", "config.worktree");

    private static final Path GIT = Path.of(".git");

    public Masks {
        masks = List.copyOf(masks);
        covered = List.copyOf(covered);
        kept = List.copyOf(kept);
    }

    /**
     * Looks through {@code workspace}: what is likely to hold a credential first, at most two seconds longer than
     * {@code time}, then the rest.
     *
     * @param nanos a clock
     * @throws IOException also if there is more to mask than can be
     */
    public static Masks of(Path workspace, Kinds kinds, Random random, Duration time, LongSupplier nanos)
            throws IOException {
        return new Look(workspace, kinds, random, nanos).masks(nanos.getAsLong() + time.toNanos());
    }

    /**
     * A file that was listed.
     *
     * @param inode what it is, under whichever name
     */
    private record Listed(Path file, long size, Object inode) {

        /** An agent can make as many as it likes, but none that is shorter and nearer than all that others made. */
        static final Comparator<Listed> SOONEST = Comparator.comparing((Listed one) -> one.size > SHORT)
                .thenComparingInt(one -> one.file.getNameCount())
                .thenComparingLong(Listed::size)
                .thenComparing(Listed::file);
    }

    /** What is to be seen of an inode with credentials. */
    private record Copy(Bytes bytes, List<Secret> decoys, List<Secret> secrets) {}

    /**
     * A directory that is to be listed.
     *
     * @param stored whether it looks like what git stores, of which only names as of its configuration count
     */
    private record Place(Path directory, boolean stored) {}

    /** There is no time left for what is being read. */
    private static final class LateException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private static final class Look {

        /** A file of any length, as far as there is time. */
        private final class Until extends FilterInputStream {

            private final long end;

            Until(InputStream in, long end) {
                super(in);
                this.end = end;
            }

            @Override
            public int read(byte[] piece, int from, int length) throws IOException {
                if (nanos.getAsLong() - end >= 0) {
                    throw new LateException();
                }
                return super.read(piece, from, length);
            }
        }

        private final Path workspace;
        private final Scan scan;
        private final Random random;
        private final LongSupplier nanos;
        private final List<Listed> likely = new ArrayList<>();
        private final List<Listed> others = new ArrayList<>();
        private final Set<Path> repositories = new HashSet<>();
        private final Map<String, Secret> decoys = new HashMap<>();
        /** What was looked at: under another name it is the same. */
        private final Map<Object, Optional<Copy>> looked = new HashMap<>();
        /** What was found where. */
        private final Map<Path, Copy> found = new TreeMap<>();

        private final Set<Path> covered = new TreeSet<>();
        private long copied;
        private int listed;
        private int unlooked;

        Look(Path workspace, Kinds kinds, Random random, LongSupplier nanos) {
            this.workspace = workspace;
            this.scan = new Scan(kinds.kinds(), new Sieve(kinds.kinds()));
            this.random = random;
            this.nanos = nanos;
        }

        Masks masks(long end) throws IOException {
            list();
            likely.sort(Listed.SOONEST);
            others.sort(Listed.SOONEST);
            for (Listed one : likely) {
                if (!lookedAt(one, end + LIKELY_TIME.toNanos())) {
                    covered.add(one.file());
                }
            }
            for (Listed one : others) {
                if (!lookedAt(one, end)) {
                    unlooked++;
                }
            }
            Set<Path> handedOut = handedOut();
            found.keySet().removeAll(handedOut);
            covered.removeAll(handedOut);
            requirePossible();
            return new Masks(
                    found.entrySet().stream()
                            .filter(one -> !covered.contains(one.getKey()))
                            .map(one -> new Mask(
                                    one.getKey(),
                                    one.getValue().bytes(),
                                    one.getValue().decoys()))
                            .toList(),
                    List.copyOf(covered),
                    unlooked,
                    List.copyOf(handedOut));
        }

        private void requirePossible() throws IOException {
            Set<Path> all = new TreeSet<>(found.keySet());
            all.addAll(covered);
            for (Path file : all) {
                if (!canBeNamed(file)) {
                    throw new IOException("the name of `" + Where.visible(file.toString()) + "`, which "
                            + (found.containsKey(file) ? "holds a credential" : "could not be looked at")
                            + ", is no text here: rename it, or set LC_ALL=C.UTF-8");
                }
            }
            if (all.size() > MOST_MASKS) {
                throw new IOException(found.size() + " files hold what looks like a credential, and for "
                        + covered.size() + " with such names there was no time or no way to look: more than the "
                        + MOST_MASKS
                        + " that can be masked. Take away those that are not needed, such as `"
                        + Where.visible(
                                workspace.relativize(List.copyOf(all).getLast()).toString())
                        + "`, or give more time with --mask-millis");
            }
        }

        /** Whether it was; without time, only if it is known already. */
        private boolean lookedAt(Listed one, long end) {
            if (nanos.getAsLong() - end >= 0 && !looked.containsKey(one.inode())) {
                return false;
            }
            look(one, end).ifPresent(copy -> {
                found.put(one.file(), copy);
                if (copy.bytes().equals(COVER)) {
                    covered.add(one.file());
                }
            });
            return true;
        }

        private Optional<Copy> look(Listed one, long end) {
            Optional<Copy> known = looked.get(one.inode());
            if (known != null) {
                return known;
            }
            try {
                Optional<Copy> copy = Unlinked.read(
                        workspace,
                        workspace.relativize(one.file()),
                        in -> one.size() > LONGEST
                                ? cover(scan.of(new Until(in, end), one.file()))
                                : copy(in.readNBytes((int) LONGEST), one.file()));
                looked.put(one.inode(), copy);
                return copy;
            } catch (LateException e) {
                covered.add(one.file());
                return Optional.empty();
            } catch (AccessDeniedException e) {
                if (canBeOpened(one.file())) {
                    covered.add(one.file());
                }
                return Optional.empty();
            } catch (IOException e) {
                return Optional.empty(); // gone, or no file any more
            }
        }

        private static Optional<Copy> cover(List<Sighting> sightings) {
            List<Secret> secrets = sightings.stream().map(Sighting::secret).toList();
            return sightings.isEmpty() ? Optional.empty() : Optional.of(new Copy(COVER, List.of(), secrets));
        }

        private Optional<Copy> copy(byte[] content, Path file) throws IOException {
            List<Sighting> sightings = scan.of(new ByteArrayInputStream(content), file);
            copied += sightings.isEmpty() ? 0 : content.length;
            return sightings.isEmpty() || copied > MOST_COPIED
                    ? cover(sightings)
                    : Optional.of(copy(content, sightings));
        }

        private Copy copy(byte[] content, List<Sighting> sightings) {
            List<Secret> secrets = sightings.stream().map(Sighting::secret).toList();
            List<Secret> put = new ArrayList<>();
            for (Sighting sighting : sightings) {
                Secret decoy = sighting.secret()
                        .use(text -> decoys.computeIfAbsent(
                                text, _ -> Decoy.of(sighting.kind(), sighting.secret(), random)));
                byte[] bytes = decoy.use(text -> text.getBytes(StandardCharsets.ISO_8859_1)); // as Scan reads
                System.arraycopy(bytes, 0, content, (int) sighting.offset(), bytes.length);
                put.add(decoy);
            }
            return new Copy(Bytes.of(content), put, secrets);
        }

        /** What git has it gives to whoever asks: hiding it would hide nothing, and look like a change to commit. */
        private Set<Path> handedOut() {
            Set<Path> handedOut = new TreeSet<>();
            if (!found.isEmpty()) {
                long end = nanos.getAsLong() + ASKING.toNanos();
                repositories.stream()
                        .sorted(Comparator.comparingInt(Path::getNameCount).thenComparing(Comparator.naturalOrder()))
                        .takeWhile(_ -> nanos.getAsLong() - end < 0)
                        .forEach(root -> handedOut(root, end, handedOut));
            }
            return handedOut;
        }

        /** Not by name: an agent that may add a file to git would see all of it the next time. */
        private void handedOut(Path root, long end, Set<Path> handedOut) {
            try {
                Optional<Repository> around = wouldWait(root.resolve(GIT)) ? Optional.empty() : Repository.around(root);
                if (around.isEmpty()) {
                    return;
                }
                Repository repository =
                        around.get().within(() -> Duration.ofNanos(Math.max(0, end - nanos.getAsLong())));
                Map<String, List<Path>> files = new LinkedHashMap<>();
                repository.index().forEach((path, object) -> {
                    Path file = root.resolve(path);
                    if (found.containsKey(file)) {
                        files.computeIfAbsent(object, _ -> new ArrayList<>()).add(file);
                    }
                });
                repository.read(List.copyOf(files.keySet()), (object, _, content) -> {
                    String text = new String(content.readNBytes((int) LONGEST), StandardCharsets.ISO_8859_1);
                    files.getOrDefault(object, List.of()).stream()
                            .filter(found::containsKey)
                            .filter(file -> Optional.ofNullable(found.get(file)).stream()
                                    .flatMap(copy -> copy.secrets().stream())
                                    .allMatch(secret -> secret.<Boolean>use(text::contains)))
                            .forEach(handedOut::add);
                });
            } catch (IOException | DirectoryIteratorException e) {
                // It is none, or broken: then nothing of it is handed out either.
            }
        }

        /** Whether a pipe, or whatever else is no file, lies where git would open it. */
        private static boolean wouldWait(Path git) throws IOException {
            if (!Files.isDirectory(git)) {
                return !Files.isRegularFile(git);
            }
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(git)) {
                for (Path entry : entries) {
                    if (Files.exists(entry) && !Files.isRegularFile(entry) && !Files.isDirectory(entry)) {
                        return true;
                    }
                }
                return false;
            }
        }

        /** The nearest first: however much lies further down, what lies above it is listed. */
        private void list() throws IOException {
            Deque<Place> places = new ArrayDeque<>(List.of(new Place(workspace, false)));
            while (!places.isEmpty() && listed <= MOST_LISTED) {
                Place place = places.remove();
                Files.walkFileTree(place.directory(), Set.of(), 1, entriesOf(place, places));
            }
            unlooked += listed > MOST_LISTED ? 1 : 0;
        }

        private SimpleFileVisitor<Path> entriesOf(Place place, Deque<Place> places) {
            return new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                    if (++listed > MOST_LISTED) {
                        return FileVisitResult.TERMINATE;
                    }
                    if (path.endsWith(GIT)) {
                        repositories.add(path.resolveSibling(""));
                    }
                    if (attributes.isDirectory()) {
                        inner(place, path).ifPresent(places::add);
                    } else if (attributes.isRegularFile()
                            && (!place.stored() || GITS_CONFIGURATION.contains(name(path)))) {
                        note(path, attributes);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
                    if (e instanceof AccessDeniedException && canBeOpened(place.directory())) {
                        throw new IOException(
                                "`" + Where.visible(place.directory().toString())
                                        + "` is shut, so that nobody can look for credentials in it, and an agent could open it."
                                        + " Open it (chmod u+rwx), or take it away");
                    }
                    unlooked++;
                    return FileVisitResult.CONTINUE;
                }
            };
        }

        /**
         * Whether an agent might open what this process may not: an agent of the same user, or, as root is only refused
         * what lies on another machine, of whichever.
         */
        private static boolean canBeOpened(Path path) {
            try {
                Object own = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
                return own.equals(0) || own.equals(Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS));
            } catch (IOException e) {
                return false; // it is gone
            }
        }

        private void note(Path file, BasicFileAttributes attributes) {
            Listed one = new Listed(file, attributes.size(), Objects.requireNonNullElse(attributes.fileKey(), file));
            if (LIKELY.matcher(name(file)).matches()) {
                likely.add(one);
            } else if (attributes.size() > LONGEST) {
                unlooked++;
            } else if (others.size() < MOST) {
                others.add(one);
            } else {
                unlooked++;
            }
        }

        /**
         * How {@code directory} is looked through, if it is: by names alone that cannot be given to a directory later
         * in which something is masked. A submodule may be called {@code logs}, and what lies beside it can be made to
         * look like git's own: then its configuration is looked at all the same.
         */
        private Optional<Place> inner(Place place, Path directory) {
            boolean inGit = false;
            for (Path part : workspace.relativize(place.directory())) {
                inGit |= part.equals(GIT);
            }
            if (!inGit) {
                return name(directory).equals(PACKAGES) ? Optional.empty() : Optional.of(new Place(directory, false));
            }
            if (!PASSED_IN_GIT.contains(name(directory))) {
                return Optional.of(new Place(directory, place.stored()));
            }
            return place.directory().endsWith(GIT)
                    ? Optional.empty()
                    : Optional.of(new Place(directory, place.stored() || isGits(place.directory())));
        }

        private static boolean isGits(Path directory) {
            return Files.isRegularFile(directory.resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)
                    && Files.isDirectory(directory.resolve("objects"), LinkOption.NOFOLLOW_LINKS);
        }

        /** A name of bytes that are no text cannot be said to what lays masks over it. */
        private static boolean canBeNamed(Path file) {
            try {
                return Path.of(file.toString()).equals(file);
            } catch (InvalidPathException e) {
                return false;
            }
        }

        private static String name(Path path) {
            return path.getFileName().toString();
        }
    }
}
