package dev.interlock.confine;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The repositories whose configuration an agent writes as a copy: the workspace's, and those in its directories. */
final class AgentRepositories implements AutoCloseable {

    /** Maximum of those in directories, the nearest first. Each takes a few programs and mounts. */
    private static final int MOST = 16;

    /** How far down a repository's {@code .git} may lie. */
    private static final int DEEPEST = 5;

    private static final int MOST_ENTRIES = 100_000;

    private static final Path GIT = Path.of(".git");

    /** Fetched packages, whose repositories nobody works in. */
    private static final Path PACKAGES = Path.of("node_modules");

    private final OverlayFiles lent;
    private final int uid;
    private final AgentGitConfig.LastInRepository last;

    /** By the directory in the workspace; the workspace's own has an empty name. */
    private final Map<String, AgentGitConfig> all = new LinkedHashMap<>();

    AgentRepositories(OverlayFiles lent, int uid, AgentGitConfig.LastInRepository last) {
        this.lent = lent;
        this.uid = uid;
        this.last = last;
    }

    /**
     * Prepares those of {@code workspace}, which has no link in it.
     *
     * @param linked the repository of a linked worktree
     * @param loosened what a person lets the agent write
     */
    void prepare(Path workspace, Optional<LinkedRepository> linked, Set<Path> loosened) throws IOException {
        AgentGitConfig own = new AgentGitConfig(lent, uid, last, AgentGitConfig.INSIDE);
        all.put("", own);
        own.prepare(workspace, linked, loosened);
        for (Path directory : below(workspace)) {
            // No other agent works in or below this workspace, so each is this one's alone.
            AgentGitConfig one =
                    new AgentGitConfig(lent, uid, () -> true, Path.of(AgentGitConfig.INSIDE + "-" + all.size()));
            all.put(workspace.relativize(directory).toString(), one);
            one.prepare(directory, Optional.empty(), loosened);
        }
    }

    private static List<Path> below(Path workspace) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(workspace, Set.of(), DEEPEST, new Search(workspace, found));
        return found.stream()
                .sorted(Comparator.comparingInt(Path::getNameCount).thenComparing(Comparator.naturalOrder()))
                .limit(MOST)
                .toList();
    }

    private static final class Search extends SimpleFileVisitor<Path> {

        private final Path workspace;
        private final List<Path> found;
        private int entries;

        Search(Path workspace, List<Path> found) {
            this.workspace = workspace;
            this.found = found;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            if (directory.endsWith(GIT) || directory.endsWith(PACKAGES)) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            if (!directory.equals(workspace)
                    && Files.isDirectory(directory.resolve(GIT), LinkOption.NOFOLLOW_LINKS)
                    && Host.canName(directory)) {
                found.add(directory);
            }
            return counted();
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return counted();
        }

        private FileVisitResult counted() {
            return ++entries > MOST_ENTRIES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // the agent cannot work there either
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
            return FileVisitResult.CONTINUE;
        }
    }

    /**
     * Makes the copies, and returns {@code overlays} with them.
     *
     * @param masked the content that the agent sees of some files
     */
    OverlayMounts lend(OverlayMounts overlays, Map<Path, Bytes> masked) throws IOException {
        OverlayMounts whole = overlays;
        for (AgentGitConfig one : all.values()) {
            whole = one.lend(whole, masked);
        }
        return whole;
    }

    /** Writes the harmless settings of the agent into the repositories. Nothing inside may run any more. */
    GitConfigChanges merge() {
        GitConfigChanges changes = GitConfigChanges.NONE;
        for (Map.Entry<String, AgentGitConfig> one : all.entrySet()) {
            changes = changes.and(one.getValue().merge().in(one.getKey()));
        }
        return changes;
    }

    @Override
    public void close() throws IOException {
        for (AgentGitConfig one : all.values()) {
            one.close();
        }
    }
}
