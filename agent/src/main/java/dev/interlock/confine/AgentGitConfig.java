package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The copy of a repository's configuration that an agent writes in place of the real one, which git would obey outside
 * at once.
 *
 * <p>Git replaces its configuration by renaming, which fails on a mounted file. So inside, the file {@code commondir}
 * names another directory, where the copy is beside links to all else that git expects there. Outside,
 * {@code commondir} says ".", which changes nothing; and because it exists, the agent can put none of its own there. A
 * linked worktree has a {@code commondir} of its own, which is the one that names the other directory inside.
 *
 * <p>Where there is a {@code commondir}, git takes that directory for the main worktree's and does not find what is
 * checked out here: it would rename or delete that branch and leave {@code HEAD} behind. So the repository itself is
 * entered among its worktrees, by a link that leads nowhere outside.
 */
final class AgentGitConfig implements AutoCloseable {

    /** Where git finds the copy of the workspace's own inside. */
    static final Path INSIDE = Path.of("/run/interlock/git");

    /** A link there leads to the repository. Outside there is nothing. */
    private static final String REPOSITORY = "repository";

    private static final String OBJECTS = "objects";

    /** That it is no main worktree: the name of a branch that nobody has. */
    private static final Bytes NO_HEAD = Bytes.utf8("ref: refs/heads/none-is-checked-out\n");

    private static final Pattern ENTERED = Pattern.compile(INSIDE + "(-[0-9]+)?/" + REPOSITORY);

    private static final String CONFIG = "config";
    private static final String COMMON = "commondir";

    /** Directories that git makes when it needs them; a link that leads nowhere would be in its way. */
    private static final List<String> MADE = List.of("hooks", "info", "logs", "lfs", "modules", "worktrees");

    /** All that git keeps once for all worktrees (gitrepository-layout(5)), except the configuration. */
    private static final List<String> SHARED = List.of(
            "branches hooks info lfs logs lost-found modules objects packed-refs refs reftable remotes rr-cache shallow svn worktrees"
                    .split(" ", -1));

    /** Of these, files that git replaces: their link may lead to none. */
    private static final Set<String> REPLACED = Set.of("packed-refs", "shallow");

    /**
     * What git's own upkeep must not do to other worktrees, which are read-only, and whose directories are not here.
     */
    private static final Bytes UPKEEP = Bytes.utf8(
            "\n[gc]\n\treflogExpire = never\n\treflogExpireUnreachable = never\n\tworktreePruneExpire = never\n");

    private static final long LONGEST = 1 << 20;

    private static final int MOST_CHANGED = 200;

    /** Runs as the agent's user, so that a link of its own leads no further than the agent could go itself. */
    private static final String PREPARE = """
        set -C
        cd "$1" || exit 1
        common=$1 entered=$2
        shift 2
        [ ! -L worktrees ] || exit 1
        if [ ! -e commondir ] && [ ! -L commondir ]; then
            printf '.\\n' >commondir || exit 1
        fi
        [ ! -L commondir ] && [ -f commondir ] && [ "$(head -c 9 commondir)" = . ] || exit 1
        for each in config.worktree "$2/config.worktree"; do
            [ "$1" = none ] || [ -e "$each" ] || [ -L "$each" ] || : >"$each" || exit 1
        done
        shift 2
        for each; do
            [ -e "$each" ] || [ -L "$each" ] || ! mkdir "$each" || printf '%s\\n' "$each"
        done
        entry=worktrees/interlock-run
        [ -e gitdir ] || [ -L gitdir ] || printf '%s\\n' "$common" >gitdir
        [ -e "$entry" ] || [ -L "$entry" ] || ln -s "$entered" "$entry"
        true
        """;

    /**
     * Also tells new worktrees the name that the repository has outside. While others work with it, what is made stays.
     * Git makes no link in the place of a worktree, so those of an agent go.
     */
    private static final String CLEAN_UP = """
        cd "$1" || exit 1
        common=$1 inside=$2 last=$3 entered=$4 entry=worktrees/interlock-run
        shift 4
        for each in worktrees worktrees/*; do
            [ ! -L "$each" ] || [ "$(readlink "$each")" = "$entered" ] || rm -f "$each"
        done
        for each in worktrees/*/gitdir; do
            [ -f "$each" ] || continue
            name=${each%/gitdir} name=${name#*/}
            read -r file <"$each"
            [ -f "$file" ] && [ "$(head -c 9999 "$file")" = "gitdir: $inside/worktrees/$name" ] &&
                printf 'gitdir: %s\\n' "$common/worktrees/$name" >"$file"
        done
        [ "$last" = true ] || exit 0
        [ -f commondir ] && [ ! -L commondir ] && [ "$(head -c 9 commondir)" = . ] && rm -f commondir
        [ "$(readlink "$entry")" = "$entered" ] && rm -f "$entry"
        [ -f gitdir ] && [ ! -L gitdir ] && [ "$(head -c 9999 gitdir)" = "$common" ] && rm -f gitdir
        for each; do rmdir "$each"; done
        true
        """;

    /** Whether nobody else works with the repository, which then stays so until this is closed. */
    @FunctionalInterface
    interface LastInRepository {
        boolean isLast() throws IOException;
    }

    private final OverlayFiles lent;
    private final int uid;
    private final LastInRepository last;
    private final Path inside;
    private Optional<Path> common = Optional.empty();
    private Path own = Path.of(".");
    private Optional<Path> copies = Optional.empty();
    private List<String> made = List.of();
    private GitSettings before = GitSettings.NONE;

    /** @param inside where git finds the copy inside */
    AgentGitConfig(OverlayFiles lent, int uid, LastInRepository last, Path inside) {
        this.lent = lent;
        this.uid = uid;
        this.last = last;
        this.inside = inside;
    }

    /**
     * Prepares the repository of {@code workspace}, which has no link in it, if the agent can write there. Otherwise
     * its configuration stays read-only.
     *
     * @param linked the repository of a linked worktree
     * @param loosened what a person lets the agent write
     */
    void prepare(Path workspace, Optional<LinkedRepository> linked, Set<Path> loosened) throws IOException {
        Path repository = linked.map(LinkedRepository::common).orElse(workspace.resolve(".git"));
        Path config = repository.resolve(CONFIG);
        if (!Files.isDirectory(repository, LinkOption.NOFOLLOW_LINKS)
                || !Files.isRegularFile(config, LinkOption.NOFOLLOW_LINKS)
                || loosened.stream().anyMatch(config::startsWith)) {
            return;
        }
        Optional<GitSettings> settings = GitSettings.read(config, uid);
        // Where there is a commondir, git does not read these two (git-worktree(1)).
        if (settings.isEmpty()
                || settings.get().is("core.bare")
                || settings.get().of("core.worktree").isPresent()) {
            return;
        }
        List<String> arguments = new ArrayList<>(List.of(
                repository.toString(),
                inside.resolve(REPOSITORY).toString(),
                settings.get().is("extensions.worktreeconfig") ? "config.worktree" : "none",
                linked.map(one -> one.own().toString()).orElse(".")));
        arguments.addAll(MADE);
        Host.CommandResult prepared = asAgent(PREPARE, arguments);
        if (prepared.well()) {
            common = Optional.of(repository);
            own = linked.map(LinkedRepository::own).orElse(repository);
            made = prepared.text().lines().toList();
        }
    }

    private Host.CommandResult asAgent(String script, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(Privileges.dropping(uid));
        command.addAll(List.of("/bin/sh", "-c", "exec 2>/dev/null\n" + script, "sh"));
        command.addAll(arguments);
        return Host.run(command);
    }

    /**
     * Makes the copy, and returns {@code overlays} with it.
     *
     * @param masked the content that the agent sees of some files
     */
    OverlayMounts lend(OverlayMounts overlays, Map<Path, Bytes> masked) throws IOException {
        Path config = common.orElse(Path.of("")).resolve(CONFIG);
        // Otherwise the agent could lead what is merged in the end elsewhere.
        if (common.isEmpty() || overlays.held().stream().noneMatch(config::startsWith)) {
            return overlays;
        }
        Bytes seen = masked.containsKey(config) ? masked.get(config) : Bytes.of(content(config));
        Path directory = lent.directory(inside.getFileName().toString());
        Map<Path, Path> mounts = new TreeMap<>(Map.of(inside, directory));
        if (mayShowObjects(overlays)) {
            lent.grantToAgent(Files.createDirectory(directory.resolve(OBJECTS)));
            mounts.put(inside.resolve(OBJECTS), common.get().resolve(OBJECTS));
        }
        for (String name : SHARED) {
            Path shared = common.get().resolve(name);
            if (mounts.containsKey(inside.resolve(name))) {
                continue;
            }
            if (REPLACED.contains(name) || Files.exists(shared, LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(directory.resolve(name), shared);
            }
        }
        Files.createSymbolicLink(directory.resolve(REPOSITORY), common.get());
        Path head = PrivateFiles.file(directory.resolve("HEAD"));
        Files.write(head, NO_HEAD.toArray());
        lent.grantToAgent(head);
        Path copy = PrivateFiles.file(directory.resolve(CONFIG));
        Files.write(copy, seen.toArray());
        if (!own.equals(common.get())) {
            Files.write(copy, UPKEEP.toArray(), StandardOpenOption.APPEND);
        }
        lent.grantToAgent(copy);
        before = GitSettings.read(copy, uid).orElse(GitSettings.NONE);
        copies = Optional.of(directory);
        return overlays.withGit(lent.writeAll(Map.of(own.resolve(COMMON), Bytes.utf8(inside + "\n"))), mounts);
    }

    /**
     * Whether the objects can be mounted beside the copy: git clones no repository whose objects are a link. A second
     * mount would bypass what is laid over them, and a path to other objects can be relative to theirs.
     */
    private boolean mayShowObjects(OverlayMounts overlays) {
        Path objects = common.orElseThrow().resolve(OBJECTS);
        return Files.isDirectory(objects, LinkOption.NOFOLLOW_LINKS)
                && !Files.exists(objects.resolve("info/alternates"), LinkOption.NOFOLLOW_LINKS)
                && Stream.of(overlays.held(), overlays.masks().keySet(), overlays.services())
                        .flatMap(Set::stream)
                        .noneMatch(path -> path.startsWith(objects));
    }

    /** Whether {@code target} is what a link in a repository leads to for the time of a run. */
    static boolean isEntered(Path target) {
        return ENTERED.matcher(target.toString()).matches();
    }

    /** Whether a file of a repository may hold settings. All else in it is git's own. */
    static boolean isConfiguration(Path file) {
        return file.endsWith(CONFIG) || file.endsWith("config.worktree");
    }

    private static byte[] content(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("`" + file + "` is not a file");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] content = in.readNBytes((int) LONGEST + 1);
            if (content.length > LONGEST) {
                throw new IOException("`" + file + "` is too long");
            }
            return content;
        }
    }

    /** Writes the harmless settings of the agent into the repository. Nothing inside may run any more. */
    GitConfigChanges merge() {
        if (copies.isEmpty()) {
            return GitConfigChanges.NONE;
        }
        Path config = common.orElseThrow().resolve(CONFIG);
        try {
            // A copy that the agent can no longer replace; it may have put a link in the place of its own.
            Path left = lent.file(Bytes.of(content(copies.get().resolve(CONFIG))));
            Optional<GitSettings> after = GitSettings.read(left, uid);
            Optional<GitSettings> now = GitSettings.read(config, uid);
            if (after.isEmpty() || now.isEmpty()) {
                return GitConfigChanges.UNREADABLE;
            }
            GitSettingsMerge.MergedSettings merged = GitSettingsMerge.merge(before, after.get(), now.get());
            return write(merged, now.get(), config);
        } catch (IOException e) {
            return GitConfigChanges.UNREADABLE;
        }
    }

    private GitConfigChanges write(GitSettingsMerge.MergedSettings merged, GitSettings now, Path config)
            throws IOException {
        List<String> taken = new ArrayList<>();
        Set<String> heldBack = new TreeSet<>(merged.heldBack());
        for (Map.Entry<String, List<String>> one : merged.taken().entrySet()) {
            boolean isWritten = taken.size() < MOST_CHANGED && write(one.getKey(), one.getValue(), now, config);
            if (isWritten) {
                taken.add(one.getKey());
            } else {
                heldBack.add(one.getKey());
            }
        }
        return new GitConfigChanges(taken, List.copyOf(heldBack), true);
    }

    private boolean write(String key, List<String> values, GitSettings now, Path config) throws IOException {
        List<String> file = List.of("--file", config.toString());
        boolean isWritten = now.all(key).isEmpty() || git(file, List.of("--unset-all", key));
        for (String value : values) {
            isWritten = isWritten && git(file, List.of("--add", key, value));
        }
        return isWritten;
    }

    private boolean git(List<String> file, List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>(file);
        all.addAll(arguments);
        return GitSettings.git(uid, all).well();
    }

    /** Leaves the repository as it was found, but for the agent's work. */
    @Override
    public void close() throws IOException {
        if (common.isPresent()) {
            List<String> arguments = new ArrayList<>(List.of(
                    common.get().toString(),
                    inside.toString(),
                    Boolean.toString(last.isLast()),
                    inside.resolve(REPOSITORY).toString()));
            arguments.addAll(made);
            asAgent(CLEAN_UP, arguments);
        }
    }
}
