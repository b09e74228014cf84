package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ExecutedPaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the paths in git's configuration with real git, and with repositories that it makes. */
class GitConfigPathsTest {

    private static final String PLAIN = "[core]\nrepositoryformatversion = 0\nbare = false\n";

    @TempDir
    private Path directory;

    private Path workspace;

    @BeforeEach
    void open() throws IOException {
        directory = directory.toRealPath();
        workspace = Files.createDirectory(directory.resolve("workspace"));
    }

    private void write(String path, String content) throws IOException {
        Path file = workspace.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void configure(String settings) throws IOException {
        write(".git/config", PLAIN + settings);
    }

    private static String git(Path from, String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("git", "-c", "protocol.file.allow=always", "-c", "safe.directory=*"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(from.toFile()).redirectErrorStream(true);
        for (String role : List.of("AUTHOR", "COMMITTER")) {
            builder.environment().put("GIT_" + role + "_NAME", "a");
            builder.environment().put("GIT_" + role + "_EMAIL", "a@b");
        }
        builder.environment().putAll(Map.of("GIT_CONFIG_NOSYSTEM", "1", "HOME", "/nonexistent", "GIT_PAGER", "cat"));
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    private GitConfigPaths.NamedPaths look(Path... besides) throws IOException {
        Set<Path> repositories = new TreeSet<>();
        try (Stream<Path> all = Files.walk(workspace)) {
            all.filter(path -> path.endsWith(".git") || Files.exists(path.resolve("HEAD")))
                    .forEach(repositories::add);
        }
        return GitConfigPaths.search(workspace, repositories, List.of(besides), Host.uid());
    }

    private List<String> named(Path... besides) throws IOException {
        return look(besides).paths().keySet().stream()
                .map(path -> workspace.relativize(path).toString())
                .toList();
    }

    @Test
    @Tag("process")
    void whatGitStartsIsAsItWasWhenThePersonRunsGit() throws Exception {
        try (SandboxFixture place = SandboxFixture.orSkipped()) {
            workspace = place.workspace;
            git(workspace, "init", "-q");
            write("file", "1\n");
            write(".gitattributes", "*.c filter=tidy\n*.d diff=words merge=ours\n");
            write("a.d", "1\n");
            git(workspace, "add", ".");
            git(workspace, "commit", "-qm", "one");
            List<String> scripts =
                    List.of("watch", "clean", "words", "edit", "all", "askpass", "hooks/post-index-change");
            for (String script : scripts) {
                write("scripts/" + script, "#!/bin/sh\ncat \"$1\" 2>/dev/null\n");
                Files.setAttribute(workspace.resolve("scripts/" + script), "unix:mode", 0755);
            }
            Map.of(
                            "core.fsmonitor", "scripts/watch",
                            "filter.tidy.clean", "sh scripts/clean",
                            "diff.words.textconv", "./scripts/words",
                            "core.editor", "\"$(git rev-parse --show-toplevel)/scripts/edit\"",
                            "alias.all", "!sh -c 'scripts/all'",
                            "core.hooksPath", "scripts/hooks")
                    .forEach((key, value) -> {
                        try {
                            git(workspace, "config", key, value);
                        } catch (Exception e) {
                            throw new AssertionError(e);
                        }
                    });
            give(place);
            ExecutedFiles before =
                    ExecutedFiles.search(workspace, ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), place.uid);
            OverlayMounts furnishing = new OverlayMounts(before.held(), Map.of(), Map.of());
            String evil = "for f in scripts/* scripts/hooks/*; do printf '#!/bin/sh\ntouch ran\n' > $f;"
                    + " printf '#!/bin/sh\ntouch ran\n' > n && chmod 755 n && mv -f n $f; done 2>/dev/null;"
                    + " mv scripts s && cp -r s scripts; echo 2 > a.d; echo 2 > b.c; echo tried";
            assertThat(place.run(place.cell("/bin/sh", "-c", evil).with(furnishing), UnaryOperator.identity())
                            .out())
                    .isEqualTo("tried");
            List<String> commands = List.of("status", "diff", "add .", "all", "commit --amend");
            for (String command : commands) {
                assertThat(git(workspace, command.split(" ", -1))).doesNotContain("fatal");
            }
            assertThat(workspace.resolve("ran")).doesNotExist();
            assertThat(workspace.resolve("a.d")).as("work goes on").hasContent("2");
            place.run(place.cell("/bin/sh", "-c", evil), UnaryOperator.identity());
            for (String command : commands) {
                write("a.d", command);
                write("b.c", command);
                Files.deleteIfExists(workspace.resolve("ran"));
                git(workspace, command.split(" ", -1));
                assertThat(workspace.resolve("ran"))
                        .as("`git %s` without the walls", command)
                        .exists();
            }
            assertThat(ExecutedFiles.search(workspace, ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), place.uid)
                            .changesSince(before)
                            .files())
                    .extracting(WorkspaceFindings.ExecutedFile::path)
                    .as("and then it is at least told")
                    .contains("scripts/watch", "scripts/clean", "scripts/words", "scripts/edit", "scripts/all");
        }
    }

    private static void give(SandboxFixture place) throws IOException {
        try (Stream<Path> all = Files.walk(place.workspace)) {
            for (Path path : Host.uid() == 0 ? all.toList() : List.<Path>of()) {
                Files.setAttribute(path, "unix:uid", place.uid, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }

    /** A key that a later git adds therefore counts until somebody has checked it. */
    @Test
    @Tag("process")
    void everyKeyThatGitKnowsCountsButForThoseOfData() throws Exception {
        List<String> keys = Arrays.stream(git(directory, "help", "--config").split("\n", -1))
                .filter(key -> key.matches("[A-Za-z0-9]+\\.[^_ ]+"))
                .map(key -> key.replaceAll("<[^>]*>|\\*", "x"))
                .toList();
        assertThat(keys).hasSizeGreaterThan(400);
        StringBuilder settings = new StringBuilder(PLAIN);
        for (int i = 0; i < keys.size(); i++) {
            String key = keys.get(i);
            int first = key.indexOf('.');
            int last = key.lastIndexOf('.');
            String section = first == last
                    ? "[" + key.substring(0, first) + "]"
                    : "[" + key.substring(0, first) + " \"" + key.substring(first + 1, last) + "\"]";
            settings.append(section)
                    .append('\n')
                    .append(key.substring(last + 1))
                    .append(" = run p")
                    .append(i);
            settings.append('\n');
            write("p" + i, "x");
        }
        write(".git/config", settings.toString());
        assertThat(look().whole()).isTrue();
        List<String> named = named();
        assertThat(keys.stream().filter(key -> !named.contains("p" + keys.indexOf(key))))
                .as("are no commands")
                .isSubsetOf(
                        "author.email",
                        "author.name",
                        "blame.ignoreRevsFile",
                        "branch.x.description",
                        "branch.x.merge",
                        "branch.x.mergeOptions",
                        "branch.x.pushRemote",
                        "branch.x.rebase",
                        "branch.x.remote",
                        "branch.autoSetupMerge",
                        "branch.autoSetupRebase",
                        "branch.sort",
                        "commit.template",
                        "committer.email",
                        "committer.name",
                        "core.excludesFile",
                        "core.worktree",
                        "extensions.objectFormat",
                        "extensions.worktreeConfig",
                        "format.outputDirectory",
                        "include.path",
                        "includeIf.x.path",
                        "init.defaultBranch",
                        "mailmap.blob",
                        "mailmap.file",
                        "remote.pushDefault",
                        "remote.x.fetch",
                        "remote.x.partialclonefilter",
                        "remote.x.push",
                        "remote.x.pushurl",
                        "remote.x.url",
                        "safe.bareRepository",
                        "safe.directory",
                        "submodule.active",
                        "submodule.x.branch",
                        "submodule.x.url",
                        "url.x.insteadOf",
                        "url.x.pushInsteadOf",
                        "user.email",
                        "user.name",
                        "user.signingKey",
                        "user.useConfigOnly");
        assertThat(named).contains("p" + keys.indexOf("core.pager"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "scripts/x",
                "./scripts/x --fast %f",
                "!sh scripts/x",
                "!f() { scripts/x \\\"$1\\\"; }; f",
                "sh -c 'exec scripts/x' -",
                "cat | scripts/x",
                "VAR=scripts/x other",
                "other --program=scripts/x",
                "other -Pscripts/x",
                "!cd sub/.. && ./scripts/x",
                "!cd scripts && ./x",
                "make -Cscripts x",
                "\\\"$(git rev-parse --show-toplevel)/scripts/x\\\"",
                "\\\"$(git rev-parse --show-toplevel)\\\"/scripts/x",
                "`pwd`/scripts/x",
                "$HOME/projects/shop/scripts/x",
                "${HOME}/projects/shop/scripts/x",
                "~/projects/shop/scripts/x",
                "~me/shop/scripts/x",
                "sub/../scripts/x",
                "link/x",
            })
    @Tag("process")
    void aFileCountsHoweverACommandNamesIt(String command) throws IOException {
        workspace = Files.createDirectories(directory.resolve("projects/shop"));
        write("scripts/x", "x");
        write("sub/y", "x");
        Files.createSymbolicLink(workspace.resolve("link"), Path.of("scripts"));
        configure("[alias]\nx = \"" + command + "\"\n");
        assertThat(named()).contains("scripts/x");
    }

    @Test
    void aPersonsConfigurationIsLookedForWhereTheEnvironmentSays() {
        assertThat(GitConfigPaths.ofThePerson(
                        Path.of("/home/anna"),
                        Map.of(
                                "XDG_CONFIG_HOME", "/home/anna/settings",
                                "GIT_CONFIG_GLOBAL", "/home/anna/own",
                                "GIT_CONFIG_SYSTEM", "")))
                .containsExactly(
                        Path.of("/etc/gitconfig"),
                        Path.of("/home/anna/.gitconfig"),
                        Path.of("/home/anna/.config/git/config"),
                        Path.of("/home/anna/settings/git/config"),
                        Path.of("/home/anna/own"));
    }

    @Test
    @Tag("process")
    void namesWithBlanksAndWholePathsCountToo() throws IOException {
        write("my tools/a b", "x");
        write("my tools/c", "x");
        write("abs", "x");
        Path alias = Files.createSymbolicLink(directory.resolve("alias"), workspace);
        configure("[filter \"x\"]\nclean = 'my tools/a b' %f\nsmudge = my\\\\ tools/c\nprocess = " + alias
                + "/abs\n[remote \"x\"]\nurl = ext::sh -c abs%S\n");
        assertThat(named()).containsExactly("abs", "my tools/a b", "my tools/c");
    }

    @Test
    @Tag("process")
    void whatIncludedFilesNameCountsAndSoDoThey() throws Exception {
        write(".gitconfig", "[include]\npath = conf/more\n[core]\npager = scripts/page\n");
        write("conf/more", "[core]\nhooksPath = tools/hooks\n[includeIf \"onbranch:other\"]\npath = again\n");
        write("conf/again", "[include]\npath = again\n[sequence]\neditor = scripts/edit\n");
        for (String script : List.of("tools/hooks/pre-commit", "scripts/page", "scripts/edit", "scripts/worktree")) {
            write(script, "x");
        }
        write("outside-names", "x");
        Path outside = Files.writeString(directory.resolve("outside.cfg"), "[core]\neditor = outside-names\n");
        configure("[include]\npath = ../.gitconfig\npath = " + outside + "\n");
        write(".git/config.worktree", "[core]\npager = scripts/worktree\n");
        assertThat(named())
                .containsExactly(
                        ".gitconfig",
                        "conf/again",
                        "conf/more",
                        "outside-names",
                        "scripts/edit",
                        "scripts/page",
                        "scripts/worktree",
                        "tools/hooks");
        assertThat(look().whole()).isTrue();
    }

    @Test
    @Tag("process")
    void namesCountForTheRepositoryAroundAWorktreeASubmoduleAndThePerson() throws Exception {
        Path outer = directory.resolve("workspace");
        git(outer, "init", "-q");
        git(directory, "init", "-q", "library");
        for (Path repository : List.of(outer, directory.resolve("library"))) {
            git(repository, "commit", "-q", "--allow-empty", "-m", "x");
        }
        git(outer, "submodule", "add", "-q", directory.resolve("library").toString(), "part/lib");
        git(outer.resolve("part/lib"), "config", "core.pager", "run/p");
        git(outer, "worktree", "add", "-q", "tree");
        git(outer, "config", "core.fsmonitor", "part/watch");
        git(outer, "config", "core.sshCommand", "only-in-tree");
        write("part/watch", "x");
        write("part/lib/run/p", "x");
        write("part/hooks/x", "x");
        write("tree/only-in-tree", "x");
        Path persons = Files.writeString(directory.resolve("persons"), "[core]\nhooksPath = part/hooks\n");
        assertThat(named(persons)).containsExactly("part/hooks", "part/lib/run/p", "part/watch", "tree/only-in-tree");
        workspace = outer.resolve("part");
        assertThat(named(persons)).as("from a part of it").containsExactly("hooks", "lib/run/p", "watch");
        workspace = outer.resolve("tree");
        assertThat(named()).as("from a worktree").containsExactly("only-in-tree");
    }

    @Test
    @Tag("process")
    void whatIsNoCommandKeepsNobodyFromWorking() throws Exception {
        git(workspace, "init", "-q");
        for (String file : List.of("web/src/x", "local/x", "docs/x", "lib/x", "feature/x", "true", "Ann", "data/x")) {
            write(file, "x");
        }
        git(workspace, "add", ".");
        git(workspace, "commit", "-qm", "x");
        for (String setting : List.of(
                "alias.last=log -1 HEAD",
                "alias.peek=!cat .git/HEAD .git/index",
                "alias.web=!cd web && npm start",
                "log.date=local",
                "branch.docs.merge=refs/heads/docs",
                "remote.origin.url=./lib",
                "submodule.lib.url=./lib",
                "gitflow.prefix.feature=feature/",
                "core.untrackedCache=true",
                "core.worktree=..",
                "lfs.storage=./data",
                "user.name=Ann")) {
            git(workspace, "config", setting.replaceAll("=.*", ""), setting.replaceAll("^[^=]*=", ""));
        }
        assertThat(named()).isEmpty();
        assertThat(look().whole()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"[core\n", "[core]\nhooksPath = ./\n", "[core]\nhooksPath = .git\n", "[a]\nb = \"\n", "long"})
    @Tag("process")
    void whatCannotBeUnderstoodOrHeldIsToldOf(String settings) throws IOException {
        write(".git/HEAD", "x");
        configure(settings.equals("long") ? "# " + "x".repeat(1 << 20) : settings);
        assertThat(look().whole()).isFalse();
        configure("[core]\nhooksPath = /elsewhere\n");
        assertThat(look().whole()).isTrue();
    }

    @Test
    @Tag("process")
    void moreWordsThanCanBeTriedAreToldOf() throws IOException {
        StringBuilder words = new StringBuilder("[alias]\nx = !");
        for (int i = 0; i < 60_000; i++) {
            words.append('w').append(i).append(' ');
        }
        configure(words.append('\n').toString());
        assertThat(words.length()).as("though it is read").isLessThan(1 << 20);
        assertThat(look().whole()).isFalse();
    }
}
