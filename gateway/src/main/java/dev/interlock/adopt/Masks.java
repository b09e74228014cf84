package dev.interlock.adopt;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * What an agent is to see of the files with credentials in its workspace: the same files, with decoys in the place of
 * the credentials. The files themselves are not touched.
 *
 * @param masks of each file in which a credential was found
 * @param unlooked how many files there was no time for, or are too long; what is not even listed counts as one
 * @param kept files with credentials that git has as well, and would hand out anyway
 */
public record Masks(List<Mask> masks, int unlooked, List<Path> kept) {

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

    /** For files that are likely to hold some there is so much more time. */
    private static final Duration LIKELY_TIME = Duration.ofSeconds(2);

    /** More is not even listed. */
    private static final int MOST = 500_000;

    /** Longer files are no configuration. */
    private static final long LONGEST = 4 << 20;

    /** Code of others, and too much of it. */
    private static final String PACKAGES = "node_modules";

    /** Of what is git's own: compressed, or names alone. Elsewhere these are directories like others. */
    private static final Set<String> PASSED_IN_GIT = Set.of("objects", "refs", "logs");

    /** Git lists what it has in no time; an agent can have made it wait. */
    private static final Duration ASKING = Duration.ofSeconds(5);

    /** Names of files that are likely to hold some: these are looked at first, whatever their number. */
    private static final Pattern LIKELY = Pattern.compile(
            "\\.env.*|.*\\.env|.*\\.(pem|key|p8|tfvars|tfstate|ini|conf|cfg|properties)|"
                    + "\\.(npmrc|netrc|pypirc|pgpass|mcp\\.json|git-credentials|envrc|dockercfg)|"
                    + "config(\\..*)?|.*(credential|secret|token|password|settings).*|id_(rsa|ed25519|ecdsa)",
            Pattern.CASE_INSENSITIVE);

    private static final Path GIT = Path.of(".git");

    public Masks {
        masks = List.copyOf(masks);
        kept = List.copyOf(kept);
    }

    /**
     * Looks through {@code workspace}: what is likely to hold a credential first, at most two seconds longer than
     * {@code time}, then the rest.
     *
     * @param nanos a clock
     */
    public static Masks of(Path workspace, Kinds kinds, Random random, Duration time, LongSupplier nanos)
            throws IOException {
        return new Look(workspace, kinds, random).masks(nanos, nanos.getAsLong() + time.toNanos());
    }

    private static final class Look {

        private final Path workspace;
        private final Scan scan;
        private final Random random;
        private final List<Path> likely = new ArrayList<>();
        private final List<Path> others = new ArrayList<>();
        private final Set<Path> repositories = new HashSet<>();
        private final Map<String, Secret> decoys = new HashMap<>();
        /** What was found where. */
        private final Map<Path, List<Secret>> found = new HashMap<>();

        private int tooLong;
        private int unlisted;

        Look(Path workspace, Kinds kinds, Random random) {
            this.workspace = workspace;
            this.scan = new Scan(kinds.kinds(), new Sieve(kinds.kinds()));
            this.random = random;
        }

        Masks masks(LongSupplier nanos, long end) throws IOException {
            Files.walkFileTree(workspace, walk());
            others.sort(Comparator.comparingInt(Path::getNameCount));
            List<Path> all = new ArrayList<>(likely);
            all.addAll(others);
            List<Mask> masks = new ArrayList<>();
            int looked = 0;
            for (Path file : all) {
                long over = looked < likely.size() ? end + LIKELY_TIME.toNanos() : end;
                if (nanos.getAsLong() - over >= 0) {
                    break;
                }
                looked++;
                Optional<Mask> mask = mask(file);
                if (mask.isPresent() && !canBeNamed(file)) {
                    throw new IOException("the name of `" + file
                            + "`, which holds a credential, is no text here: rename it, or set LC_ALL=C.UTF-8");
                }
                mask.ifPresent(masks::add);
            }
            return apart(masks, all.size() - looked + tooLong + unlisted);
        }

        /** What git has it gives to whoever asks: hiding it would hide nothing, and look like a change to commit. */
        private Masks apart(List<Mask> masks, int unlooked) {
            Set<Path> handedOut = new HashSet<>();
            if (!masks.isEmpty()) {
                repositories.forEach(root -> handedOut(root, handedOut));
            }
            return new Masks(
                    masks.stream()
                            .filter(mask -> !handedOut.contains(mask.file()))
                            .toList(),
                    unlooked,
                    masks.stream().map(Mask::file).filter(handedOut::contains).toList());
        }

        /** Not by name: an agent that may add a file to git would see all of it the next time. */
        private void handedOut(Path root, Set<Path> handedOut) {
            Optional<Repository> around = Repository.around(root);
            if (around.isEmpty()) {
                return;
            }
            Repository repository = around.get().within(ASKING);
            try {
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
                            .filter(file -> found.getOrDefault(file, List.of()).stream()
                                    .allMatch(secret -> secret.<Boolean>use(text::contains)))
                            .forEach(handedOut::add);
                });
            } catch (IOException e) {
                // It is none, or broken: then nothing of it is handed out either.
            }
        }

        private SimpleFileVisitor<Path> walk() {
            return new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    note(directory);
                    return !directory.equals(workspace) && isPassed(directory)
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (likely.size() + others.size() >= MOST) {
                        unlisted = 1;
                        return FileVisitResult.TERMINATE;
                    }
                    note(file);
                    if (attributes.isRegularFile() && attributes.size() > LONGEST) {
                        tooLong++;
                    } else if (attributes.isRegularFile()) {
                        (LIKELY.matcher(name(file)).matches() ? likely : others).add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    tooLong++;
                    return FileVisitResult.CONTINUE;
                }
            };
        }

        private void note(Path path) {
            if (path.endsWith(GIT)) {
                repositories.add(path.resolveSibling(""));
            }
        }

        /** By names alone that cannot be given to a directory later in which something is masked. */
        private boolean isPassed(Path directory) {
            if (name(directory).equals(PACKAGES)) {
                return true;
            }
            boolean inGit = false;
            for (Path part : workspace.relativize(directory)) {
                inGit |= part.equals(GIT);
            }
            return inGit && PASSED_IN_GIT.contains(name(directory));
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

        private Optional<Mask> mask(Path file) {
            try {
                byte[] content = Unlinked.read(workspace, workspace.relativize(file), (int) LONGEST);
                List<Sighting> sightings = scan.of(new ByteArrayInputStream(content), file);
                return sightings.isEmpty() ? Optional.empty() : Optional.of(masked(file, content, sightings));
            } catch (IOException e) {
                return Optional.empty(); // gone, or not to be read by whoever starts the agent
            }
        }

        private Mask masked(Path file, byte[] content, List<Sighting> sightings) {
            found.put(file, sightings.stream().map(Sighting::secret).toList());
            List<Secret> put = new ArrayList<>();
            for (Sighting sighting : sightings) {
                Secret decoy = sighting.secret()
                        .use(text -> decoys.computeIfAbsent(
                                text, _ -> Decoy.of(sighting.kind(), sighting.secret(), random)));
                byte[] bytes = decoy.use(text -> text.getBytes(StandardCharsets.ISO_8859_1)); // as Scan reads
                System.arraycopy(bytes, 0, content, (int) sighting.offset(), bytes.length);
                put.add(decoy);
            }
            return new Mask(file, Bytes.of(content), put);
        }
    }
}
