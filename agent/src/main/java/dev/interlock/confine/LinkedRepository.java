package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The repository of a workspace that is a linked worktree (git-worktree(1)). It lies outside of the workspace, and an
 * agent that works with git writes into it.
 *
 * <p>A file in the workspace names it, and a file in a repository can be anybody's. So the repository must name the
 * workspace as well: only git, or somebody who can write there, makes it do so.
 *
 * @param common what all worktrees share
 * @param own what this one has for itself: {@code worktrees/NAME} of it
 */
record LinkedRepository(Path common, Path own) {

    private static final String PREFIX = "gitdir:";
    private static final long LONGEST = 8192;

    /**
     * Returns that of {@code workspace}, which has no link in it; empty if it is none that git would find there.
     *
     * @throws SandboxException if a repository is named that does not name the workspace
     */
    static Optional<LinkedRepository> of(Path workspace) throws IOException, SandboxException {
        Path file = workspace.resolve(".git");
        Optional<Path> own = line(file)
                .filter(line -> line.startsWith(PREFIX))
                .flatMap(line -> path(workspace, line.substring(PREFIX.length()).strip()))
                .filter(LinkedRepository::isPlainDirectory);
        Optional<Path> common = own.flatMap(
                        one -> line(one.resolve("commondir")).flatMap(line -> path(one, line)))
                .filter(LinkedRepository::isPlainDirectory)
                .filter(one -> own.get().resolveSibling("").equals(one.resolve("worktrees")));
        if (common.isEmpty()
                || !isPlainDirectory(common.get().resolve("objects"))
                || !Files.isRegularFile(common.get().resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)
                || common.get().startsWith(workspace)
                || workspace.startsWith(common.get())) {
            return Optional.empty();
        }
        Optional<Path> back = line(own.get().resolve("gitdir")).flatMap(line -> path(own.get(), line));
        if (!back.equals(Optional.of(file))) {
            throw new SandboxException(
                    "`" + file + "` says that this is a worktree of `" + common.get()
                            + "`, which does not know it, so the agent would change a repository of others.",
                    "If you moved the worktree: git worktree repair. Otherwise remove that file.");
        }
        return Optional.of(new LinkedRepository(common.get(), own.get()));
    }

    private static Optional<String> line(Path file) {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= LONGEST
                    ? Optional.of(Files.readString(file).strip())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // git does not read it either, or its name is none in this locale
        }
    }

    private static Optional<Path> path(Path from, String text) {
        try {
            return Optional.of(from.resolve(text).normalize());
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** A link on the way would lead elsewhere inside, or not at all. */
    private static boolean isPlainDirectory(Path path) {
        try {
            return Files.isDirectory(path) && path.toRealPath().equals(path);
        } catch (IOException e) {
            return false;
        }
    }
}
