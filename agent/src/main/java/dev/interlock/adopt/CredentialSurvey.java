package dev.interlock.adopt;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.shapes.CredentialKind;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.shapes.LiteralFinder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The result of a search for credentials, the most dangerous first.
 *
 * @param passed what the kernel generates, and nobody stores anything in
 * @param unread what could not be read, and why; a survey with any is incomplete
 */
public record CredentialSurvey(
        SurveyCounts looked, List<FoundCredential> credentials, List<String> passed, List<String> unread) {

    public record SurveyCounts(long files, long bytes, long objects, int variables) {}

    /**
     * Where to search.
     *
     * @param home where tools store their logins; none is searched if empty
     * @param environment what an agent would inherit
     * @param excluded glob patterns below the workspace
     */
    public record SurveyScope(
            Path workspace,
            Optional<Path> home,
            Map<String, String> environment,
            List<String> excluded,
            boolean history) {
        public SurveyScope {
            environment = Collections.unmodifiableMap(new TreeMap<>(environment));
            excluded = List.copyOf(excluded);
        }
    }

    private static final Path ENVIRONMENT = Path.of("(environment)");
    private static final Path OBJECTS = Path.of(".git", "objects");
    private static final Path GIT = Path.of(".git");

    /** The directories of git's objects; other files beside them are read like any file. */
    private static final Pattern KEPT_BY_GIT = Pattern.compile("[0-9a-f]{2}|pack|info");

    public CredentialSurvey {
        credentials = List.copyOf(credentials);
        passed = List.copyOf(passed);
        unread = List.copyOf(unread);
    }

    public CredentialSurvey with(Predicate<FoundCredential> which) {
        return new CredentialSurvey(looked, credentials.stream().filter(which).toList(), passed, unread);
    }

    public static CredentialSurvey of(SurveyScope ground, CredentialKinds kinds) throws IOException {
        return new Surveyor(ground, kinds).survey();
    }

    /** Searches only what is about to be committed in {@code workspace}. */
    public static CredentialSurvey staged(Path workspace, CredentialKinds kinds) throws IOException {
        return new Surveyor(new SurveyScope(workspace, Optional.empty(), Map.of(), List.of(), false), kinds).staged();
    }

    private record SurveyFinding(CredentialPlace where, CredentialMatch sighting) {}

    private static final class Surveyor {

        private final SurveyScope ground;
        private final CredentialKinds kinds;
        private final LiteralFinder sieve;
        private final List<PathMatcher> excluded;
        private final List<SurveyFinding> found = Collections.synchronizedList(new ArrayList<>());
        private final List<String> passed = new ArrayList<>();
        private final KernelMounts mounts = new KernelMounts();
        private final List<String> unread = Collections.synchronizedList(new ArrayList<>());
        private final Set<Path> repositories = new LinkedHashSet<>();
        private final AtomicLong files = new AtomicLong();
        private final AtomicLong bytes = new AtomicLong();
        private long objects;

        Surveyor(SurveyScope ground, CredentialKinds kinds) {
            this.ground = ground;
            this.kinds = kinds;
            this.sieve = new LiteralFinder(kinds.kinds());
            this.excluded = ground.excluded().stream()
                    .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                    .toList();
        }

        CredentialSurvey survey() throws IOException {
            environment();
            files();
            if (ground.history()) {
                history();
            }
            return settled();
        }

        CredentialSurvey staged() throws IOException {
            GitRepository repository = GitRepository.find(ground.workspace())
                    .orElseThrow(() -> new IllegalArgumentException(
                            "`" + ground.workspace() + "` is not in a git repository, so nothing is staged"));
            CredentialScanner scan = scan();
            objects = repository.staged((object, path, content) -> {
                // Uses the name of the file that it was staged from: a credential has the same id in every kind of
                // survey.
                Path file = repository.root().resolve(path.orElse(Path.of(object)));
                scan.of(content, file)
                        .forEach(sighting -> found.add(new SurveyFinding(
                                new CredentialPlace.FilePlace(file, sighting.line(), sighting.offset()), sighting)));
            });
            return settled();
        }

        private CredentialScanner scan() {
            return new CredentialScanner(kinds.kinds(), sieve);
        }

        private void environment() throws IOException {
            CredentialScanner scan = scan();
            for (Map.Entry<String, String> variable : ground.environment().entrySet()) {
                String line = variable.getKey() + "=" + variable.getValue();
                scan.of(new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)), ENVIRONMENT)
                        .forEach(sighting -> found.add(
                                new SurveyFinding(new CredentialPlace.VariablePlace(variable.getKey()), sighting)));
            }
        }

        private void files() throws IOException {
            int workers = Runtime.getRuntime().availableProcessors();
            BlockingQueue<CredentialScanner> idle = new LinkedBlockingQueue<>();
            for (int i = 0; i < workers; i++) {
                idle.add(scan());
            }
            List<Future<?>> running = new ArrayList<>();
            try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
                Set<Path> all = new LinkedHashSet<>();
                Files.walkFileTree(ground.workspace(), walk(all));
                ground.home().ifPresent(home -> kinds.places().forEach(place -> logins(home, place, all)));
                all.forEach(file -> running.add(pool.submit(() -> file(file, idle))));
            }
            for (Future<?> done : running) {
                settle(done);
            }
        }

        private FileVisitor<Path> walk(Set<Path> all) {
            return new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    if (isExcluded(directory) || isKeptByGit(directory) || isKernelsOwn(directory)) {
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    noteRepository(directory);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile() && !isExcluded(file)) {
                        noteRepository(file); // the file of a submodule or worktree says where its repository is
                        all.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    unread.add("`" + CredentialPlace.visible(file.toString()) + "`: "
                            + e.getClass().getSimpleName());
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
                    // A directory that fails midway is incomplete; everything else can still be read.
                    return e == null ? FileVisitResult.CONTINUE : visitFileFailed(directory, e);
                }
            };
        }

        private boolean isKernelsOwn(Path directory) {
            Optional<String> type = mounts.kernelsOwn(directory);
            type.ifPresent(name -> passed.add("`" + CredentialPlace.visible(directory.toString()) + "`: " + name));
            return type.isPresent();
        }

        private static boolean isKeptByGit(Path directory) {
            Path parent = directory.getParent();
            return parent != null
                    && parent.endsWith(OBJECTS)
                    && KEPT_BY_GIT.matcher(directory.getFileName().toString()).matches();
        }

        /** The workspace may contain further repositories, each with its own history. */
        private void noteRepository(Path path) {
            Path parent = path.getParent();
            if (path.endsWith(GIT) && parent != null) {
                repositories.add(parent);
            }
        }

        private boolean isExcluded(Path path) {
            Path below = ground.workspace().relativize(path);
            return excluded.stream().anyMatch(glob -> glob.matches(below));
        }

        private void logins(Path home, String place, Set<Path> all) {
            PathMatcher wanted = FileSystems.getDefault().getPathMatcher("glob:" + home + "/" + place);
            int star = place.indexOf('*');
            Path from = home.resolve(star < 0 ? place : place.substring(0, place.lastIndexOf('/', star)));
            if (!Files.exists(from)) {
                return;
            }
            if (isBehindALink(home, Files.isDirectory(from) ? from : from.resolveSibling(""))) {
                unread.add("`" + CredentialPlace.visible(from.toString()) + "`: it is behind a link");
                return;
            }
            int depth = 1 + (int) place.chars().filter(c -> c == '/').count();
            try (var paths = Files.walk(from, depth)) {
                paths.filter(Files::isRegularFile).filter(wanted::matches).forEach(all::add);
            } catch (IOException | UncheckedIOException e) {
                unread.add("`" + CredentialPlace.visible(from.toString()) + "`: "
                        + e.getClass().getSimpleName());
            }
        }

        /** A home's owner could lead root anywhere by a link, and make it write there. */
        private static boolean isBehindALink(Path home, Path directory) {
            for (Path at = directory; at.startsWith(home) && !at.equals(home); at = at.resolveSibling("")) {
                if (Files.isSymbolicLink(at)) {
                    return true;
                }
            }
            return false;
        }

        private void file(Path file, BlockingQueue<CredentialScanner> idle) {
            CredentialScanner scan = Objects.requireNonNull(idle.poll()); // there are as many as workers
            try (InputStream in = Files.newInputStream(file)) {
                bytes.addAndGet(Files.size(file));
                scan.of(in, file)
                        .forEach(sighting -> found.add(new SurveyFinding(
                                new CredentialPlace.FilePlace(file, sighting.line(), sighting.offset()), sighting)));
                files.incrementAndGet();
            } catch (IOException e) {
                unread.add("`" + CredentialPlace.visible(file.toString()) + "`: "
                        + e.getClass().getSimpleName());
            } finally {
                idle.add(scan);
            }
        }

        private static void settle(Future<?> done) throws IOException {
            try {
                done.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while files were read", e);
            }
        }

        private void history() {
            GitRepository.find(ground.workspace()).ifPresent(outer -> {
                repositories.remove(outer.root());
                history(outer, "");
            });
            repositories.forEach(root -> GitRepository.find(root)
                    .ifPresent(inner -> history(inner, ground.workspace().relativize(root) + "/")));
        }

        private void history(GitRepository repository, String prefix) {
            CredentialScanner scan = scan();
            Map<String, List<CredentialMatch>> sightings = new LinkedHashMap<>();
            try {
                objects += repository.objects((object, path, content) -> {
                    List<CredentialMatch> there = scan.of(content, path.orElse(Path.of(object)));
                    if (!there.isEmpty()) {
                        sightings.put(object, there);
                    }
                });
                if (!sightings.isEmpty()) {
                    Map<String, CredentialPlace.CommitOrigin> origins = repository.origins(sightings.keySet(), prefix);
                    sightings.forEach((object, there) -> there.forEach(sighting -> found.add(new SurveyFinding(
                            new CredentialPlace.HistoryPlace(
                                    object,
                                    sighting.line(),
                                    origins.getOrDefault(object, new CredentialPlace.CommitOrigin.UnreachableObject())),
                            sighting))));
                }
            } catch (IOException e) {
                unread.add("git history" + (prefix.isEmpty() ? "" : " of `" + CredentialPlace.visible(prefix) + "`")
                        + ": " + e.getMessage());
            }
        }

        private CredentialSurvey settled() {
            Map<List<String>, List<SurveyFinding>> same = found.stream()
                    .sorted(Comparator.comparing(Surveyor::order))
                    .collect(Collectors.groupingBy(
                            one -> List.of(one.sighting().secret().<String>use(text -> text)),
                            LinkedHashMap::new,
                            Collectors.toList()));
            List<FoundCredential> credentials = same.values().stream()
                    .map(Surveyor::credential)
                    .sorted(Comparator.comparing(
                            (FoundCredential one) -> one.kind().danger()))
                    .toList();
            return new CredentialSurvey(
                    new SurveyCounts(
                            files.get(),
                            bytes.get(),
                            objects,
                            ground.environment().size()),
                    credentials,
                    passed,
                    unread);
        }

        /** Threads find in any order; the report must be the same each time. */
        private static String order(SurveyFinding one) {
            String rank = switch (one.where()) {
                case CredentialPlace.FilePlace _ -> "1";
                case CredentialPlace.VariablePlace _ -> "2";
                case CredentialPlace.HistoryPlace _ -> "3";
            };
            return rank + one.where().shown();
        }

        private static FoundCredential credential(List<SurveyFinding> seen) {
            SurveyFinding first = seen.getFirst();
            Secret secret = first.sighting().secret();
            CredentialKind kind = first.sighting().kind();
            return new FoundCredential(
                    id(kind.id() + "\0" + first.where().shown() + "\0" + offset(first.where())),
                    kind,
                    secret,
                    seen.stream().map(SurveyFinding::where).distinct().toList());
        }

        private static long offset(CredentialPlace where) {
            return where instanceof CredentialPlace.FilePlace(Path _, long _, long offset) ? offset : 0;
        }

        private static String id(String text) {
            return Bytes.utf8(text).sha256().substring(0, 12);
        }
    }
}
