package dev.interlock.adopt;

import dev.interlock.action.Bytes;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.action.SecretFiles;
import dev.interlock.linux.FileAccess;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.shapes.LiteralFinder;
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
 * An agent's view of the files with credentials in its workspace: with decoys instead of them. The files themselves are
 * not touched.
 *
 * @param covered files with suspicious names that could not be read, because of time, size or permissions; the agent
 *     sees nothing of them
 * @param unlooked the other files that were not searched
 * @param kept files with credentials that git has as well, and would hand out anyway
 */
public record MaskedWorkspace(List<FileMask> masks, List<Path> covered, Unsearched unlooked, List<Path> kept) {

    /**
     * Files that were not searched, by the reason.
     *
     * @param late for which there was no time; all unlisted files count as one
     * @param large too long for a configuration
     * @param unreadable which could not be opened
     */
    public record Unsearched(int late, int large, int unreadable) {

        public static final Unsearched NONE = new Unsearched(0, 0, 0);

        public int all() {
            return late + large + unreadable;
        }
    }

    /** One masked file; {@code copy} is its visible content, of the same length. */
    public record FileMask(Path file, Bytes copy, List<MaskedCredential> decoys) {
        public FileMask {
            decoys = List.copyOf(decoys);
        }
    }

    /** Of a covered file: a comment in most of the syntaxes that such files have. */
    public static final Bytes COVER = Bytes.utf8(
            "# Hidden by interlock run: it could not be searched for credentials, because time ran out, it is too long, or access is denied.\n");

    private static final Duration LIKELY_TIME = Duration.ofSeconds(2);
    private static final int MOST = 500_000;
    private static final int MOST_LISTED = 1_000_000;

    /** Longer files are no configuration, unless their names say so; these are not copied. */
    private static final long LONGEST = 4 << 20;

    /** Files up to this length are read before all longer ones: most files with credentials are short. */
    private static final long SHORT = 64 << 10;

    /** The length of all files that are searched whatever the time: more than a small project has. */
    static final long ALWAYS = 2 << 20;

    /** The least length that a file counts as, because opening it takes time too. */
    private static final long LEAST = 4 << 10;

    /** Each is a mount, and each mount takes longer than the one before. */
    static final int MOST_MASKS = 1_000;

    private static final long MOST_COPIED = 64L << 20;

    /** Third-party code, and too much of it. */
    private static final String PACKAGES = "node_modules";

    /**
     * Git's own directories with compressed data, or only names. Outside of git, such directories are read like any
     * other.
     */
    private static final Set<String> PASSED_IN_GIT = Set.of("objects", "refs", "logs");

    /** For all questions to git. Git lists its files at once, but an agent can make it wait. */
    private static final Duration ASKING = Duration.ofSeconds(5);

    /** Names of files that may hold credentials, beside those that usually do. They are read first. */
    private static final Pattern LIKELY = Pattern.compile(
            "\\.env.*|.*\\.(ini|conf|cfg|properties)|\\.mcp\\.json|config(\\..*)?|.*(credential|secret|token|password|settings).*",
            Pattern.CASE_INSENSITIVE);

    private static final Set<String> GITS_CONFIGURATION = Set.of("config", "config.worktree");
    private static final Path GIT = Path.of(".git");

    public MaskedWorkspace {
        masks = List.copyOf(masks);
        covered = List.copyOf(covered);
        kept = List.copyOf(kept);
    }

    /**
     * Searches {@code workspace}: first the files that are likely to hold a credential, for at most two seconds longer
     * than {@code time}; then the rest. A small workspace is searched whole.
     *
     * @throws IOException also if there are too many files to mask
     */
    public static MaskedWorkspace of(
            Path workspace, CredentialKinds kinds, Random random, Duration time, LongSupplier nanos)
            throws IOException {
        return of(workspace, kinds, random, time, nanos, ALWAYS);
    }

    /** @param always the length of all files that are searched whatever the time */
    static MaskedWorkspace of(
            Path workspace, CredentialKinds kinds, Random random, Duration time, LongSupplier nanos, long always)
            throws IOException {
        return new WorkspaceRead(workspace, kinds, random, nanos, always).masks(nanos.getAsLong() + time.toNanos());
    }

    private record ListedFile(Path file, long size, Object inode) {

        /** An agent can create no file that is both shorter and nearer to the root than all the files of others. */
        static final Comparator<ListedFile> SOONEST = Comparator.comparing((ListedFile one) -> one.size > SHORT)
                .thenComparingInt(one -> one.file.getNameCount())
                .thenComparingLong(ListedFile::size)
                .thenComparing(ListedFile::file);
    }

    private record Copy(Bytes bytes, List<MaskedCredential> decoys, List<Secret> secrets) {}

    /**
     * @param stored whether it looks like git's own storage, in which only the names of its configuration files count
     */
    private record ListedDirectory(Path directory, boolean stored) {}

    private static final class LateException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private static final class WorkspaceRead {

        private final class DeadlineInputStream extends FilterInputStream {

            private final long end;

            DeadlineInputStream(InputStream in, long end) {
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
        private final CredentialScanner scan;
        private final Random random;
        private final LongSupplier nanos;
        private final List<ListedFile> likely = new ArrayList<>();
        private final List<ListedFile> others = new ArrayList<>();
        private final Set<Path> repositories = new HashSet<>();
        private final Map<String, Secret> decoys = new HashMap<>();
        /** By inode: another name has the same content. */
        private final Map<Object, Optional<Copy>> looked = new HashMap<>();

        private final Map<Path, Copy> found = new TreeMap<>();
        private final Set<Path> covered = new TreeSet<>();
        private long copied;
        private long always;
        private int listed;
        private int late;
        private int large;
        private int unreadable;

        WorkspaceRead(Path workspace, CredentialKinds kinds, Random random, LongSupplier nanos, long always) {
            this.always = always;
            this.workspace = workspace;
            this.scan = new CredentialScanner(kinds.kinds(), new LiteralFinder(kinds.kinds()));
            this.random = random;
            this.nanos = nanos;
        }

        MaskedWorkspace masks(long end) throws IOException {
            list();
            likely.sort(ListedFile.SOONEST);
            others.sort(ListedFile.SOONEST);
            for (ListedFile one : likely) {
                if (!lookedAt(one, end + LIKELY_TIME.toNanos())) {
                    covered.add(one.file());
                }
            }
            for (ListedFile one : others) {
                if (!lookedAt(one, end)) {
                    late++;
                }
            }
            Set<Path> handedOut = handedOut();
            found.keySet().removeAll(handedOut);
            covered.removeAll(handedOut);
            requirePossible();
            return new MaskedWorkspace(
                    found.entrySet().stream()
                            .filter(one -> !covered.contains(one.getKey()))
                            .map(one -> new FileMask(
                                    one.getKey(),
                                    one.getValue().bytes(),
                                    one.getValue().decoys()))
                            .toList(),
                    List.copyOf(covered),
                    new Unsearched(late, large, unreadable),
                    List.copyOf(handedOut));
        }

        private void requirePossible() throws IOException {
            Set<Path> all = new TreeSet<>(found.keySet());
            all.addAll(covered);
            for (Path file : all) {
                if (!CredentialPlace.isText(file)) { // the program that mounts the masks could not be told
                    throw new IOException("the name of `" + CredentialPlace.visible(file.toString()) + "`, which "
                            + (found.containsKey(file) ? "holds a credential" : "could not be checked")
                            + ", is not valid text in this locale: rename it, or set LC_ALL=C.UTF-8");
                }
            }
            if (all.size() > MOST_MASKS) {
                throw new IOException(found.size() + " files contain likely credentials, and for "
                        + covered.size()
                        + " with such names a search was not possible in time or at all: more than the "
                        + MOST_MASKS
                        + " that can be masked. Remove those that are not needed, such as `"
                        + CredentialPlace.visible(
                                workspace.relativize(List.copyOf(all).getLast()).toString())
                        + "`, or give more time with --mask-millis");
            }
        }

        /**
         * Returns whether it was read. After the time limit, only a known result counts, or a file among the first few.
         */
        private boolean lookedAt(ListedFile one, long end) {
            if (!looked.containsKey(one.inode())) {
                always -= Math.max(one.size(), LEAST);
                if (always < 0 && nanos.getAsLong() - end >= 0) {
                    return false;
                }
            }
            look(one, end).ifPresent(copy -> {
                found.put(one.file(), copy);
                if (copy.bytes().equals(COVER)) {
                    covered.add(one.file());
                }
            });
            return true;
        }

        private Optional<Copy> look(ListedFile one, long end) {
            Optional<Copy> known = looked.get(one.inode());
            if (known != null) {
                return known;
            }
            try {
                Optional<Copy> copy = NoFollowFiles.read(
                        workspace,
                        workspace.relativize(one.file()),
                        in -> one.size() > LONGEST
                                ? cover(scan.of(new DeadlineInputStream(in, end), one.file()))
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
                return Optional.empty(); // gone, or not a file any more
            }
        }

        private static Optional<Copy> cover(List<CredentialMatch> sightings) {
            List<Secret> secrets =
                    sightings.stream().map(CredentialMatch::secret).toList();
            return sightings.isEmpty() ? Optional.empty() : Optional.of(new Copy(COVER, List.of(), secrets));
        }

        private Optional<Copy> copy(byte[] content, Path file) throws IOException {
            List<CredentialMatch> sightings = scan.of(new ByteArrayInputStream(content), file);
            copied += sightings.isEmpty() ? 0 : content.length;
            return sightings.isEmpty() || copied > MOST_COPIED
                    ? cover(sightings)
                    : Optional.of(copy(content, sightings));
        }

        private Copy copy(byte[] content, List<CredentialMatch> sightings) {
            List<Secret> secrets =
                    sightings.stream().map(CredentialMatch::secret).toList();
            List<MaskedCredential> put = new ArrayList<>();
            for (CredentialMatch sighting : sightings) {
                Secret decoy = sighting.secret()
                        .use(text -> decoys.computeIfAbsent(
                                text, _ -> DecoyGenerator.of(sighting.kind(), sighting.secret(), random)));
                byte[] bytes = decoy.use(text -> text.getBytes(StandardCharsets.ISO_8859_1)); // the charset of Scan
                System.arraycopy(bytes, 0, content, (int) sighting.offset(), bytes.length);
                put.add(new MaskedCredential(sighting.kind().id(), decoy));
            }
            return new Copy(Bytes.of(content), put, secrets);
        }

        /**
         * Git gives its content to everybody who asks. Hiding it would hide nothing, and look like a change to commit.
         */
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

        /** Compares contents, not names: otherwise an agent could add a file to git to see all of it the next time. */
        private void handedOut(Path root, long end, Set<Path> handedOut) {
            try {
                Optional<GitRepository> around =
                        wouldWait(root.resolve(GIT)) ? Optional.empty() : GitRepository.find(root);
                if (around.isEmpty()) {
                    return;
                }
                GitRepository repository =
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
                // It is no repository, or broken: then nothing of it is handed out either.
            }
        }

        /** Whether a pipe, or anything else that is no file, lies where git would open it. */
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

        /**
         * Lists the nearest directories first, so that a large subtree does not keep the ones above it from being
         * listed.
         */
        private void list() throws IOException {
            Deque<ListedDirectory> places = new ArrayDeque<>(List.of(new ListedDirectory(workspace, false)));
            while (!places.isEmpty() && listed <= MOST_LISTED) {
                ListedDirectory place = places.remove();
                Files.walkFileTree(place.directory(), Set.of(), 1, entriesOf(place, places));
            }
            late += listed > MOST_LISTED ? 1 : 0;
        }

        private SimpleFileVisitor<Path> entriesOf(ListedDirectory place, Deque<ListedDirectory> places) {
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
                                "`" + CredentialPlace.visible(place.directory().toString())
                                        + "` denies access, so it cannot be searched for credentials, but an agent could open it. Allow access (chmod u+rwx), or remove it");
                    }
                    unreadable++;
                    return FileVisitResult.CONTINUE;
                }
            };
        }

        /**
         * Whether an agent might be able to open a file that this process may not: one of the same user, or any if this
         * is root, which is only refused files on another machine.
         */
        private static boolean canBeOpened(Path path) {
            try {
                int own = FileAccess.self();
                return own == 0 || own == FileAccess.of(path).owner();
            } catch (IOException e) {
                return false; // it is gone
            }
        }

        private void note(Path file, BasicFileAttributes attributes) {
            ListedFile one =
                    new ListedFile(file, attributes.size(), Objects.requireNonNullElse(attributes.fileKey(), file));
            if (LIKELY.matcher(name(file)).matches() || SecretFiles.contains(file.toString())) {
                likely.add(one);
            } else if (attributes.size() > LONGEST) {
                large++;
            } else if (others.size() < MOST) {
                others.add(one);
            } else {
                late++;
            }
        }

        /**
         * Directories are skipped only by names that nobody can later give to a directory in which something is masked.
         * A submodule may be called {@code logs}, and files beside it can make it look like git's own: its
         * configuration is read all the same.
         */
        private Optional<ListedDirectory> inner(ListedDirectory place, Path directory) {
            boolean inGit = false;
            for (Path part : workspace.relativize(place.directory())) {
                inGit |= part.equals(GIT);
            }
            if (!inGit) {
                return name(directory).equals(PACKAGES)
                        ? Optional.empty()
                        : Optional.of(new ListedDirectory(directory, false));
            }
            if (!PASSED_IN_GIT.contains(name(directory))) {
                return Optional.of(new ListedDirectory(directory, place.stored()));
            }
            return place.directory().endsWith(GIT)
                    ? Optional.empty()
                    : Optional.of(new ListedDirectory(directory, place.stored() || isGits(place.directory())));
        }

        private static boolean isGits(Path directory) {
            return Files.isRegularFile(directory.resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)
                    && Files.isDirectory(directory.resolve("objects"), LinkOption.NOFOLLOW_LINKS);
        }

        private static String name(Path path) {
            return path.getFileName().toString();
        }
    }
}
