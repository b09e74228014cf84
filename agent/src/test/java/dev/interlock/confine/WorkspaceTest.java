package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.confine.SandboxFixture.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the mounts over a workspace with real sandboxes, and an agent's shell that tries to circumvent them. */
@Tag("process")
class WorkspaceTest {

    private static final Set<String> WALLS = Set.of("executed", "masks", "planted");

    private SandboxFixture place;
    private ExecutedFiles before;

    @BeforeEach
    void open() throws IOException {
        place = SandboxFixture.orSkipped();
    }

    @AfterEach
    void close() throws IOException {
        if (place != null) {
            place.close();
        }
    }

    private void write(String path, String content) throws IOException {
        Path file = place.workspace.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void repository(String path) throws Exception {
        Path directory = Files.createDirectories(place.workspace.resolve(path));
        assertThat(new ProcessBuilder("git", "init", "-q", directory.toString())
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Gives all files to the agent, so that no permission of the host helps. */
    private void giveAll() throws IOException {
        if (Host.uid() == 0) {
            try (Stream<Path> all = Files.walk(place.workspace)) {
                for (Path path : all.toList()) {
                    Files.setAttribute(path, "unix:uid", place.uid, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }

    private ExecutedFiles look(Set<Path> loosened) throws IOException {
        return ExecutedFiles.search(place.workspace, ExecutedPaths.usual().allHeld(), loosened, Set.of(), place.uid);
    }

    private Result held(String script) throws Exception {
        return held(script, Set.of(), UnaryOperator.identity());
    }

    private Result held(String script, Set<Path> loosened, UnaryOperator<List<BubblewrapArgs.SandboxWall>> walls)
            throws Exception {
        giveAll();
        before = look(loosened);
        OverlayMounts furnishing = new OverlayMounts(before.held(), Map.of(), Map.of());
        return place.run(place.cell("/bin/sh", "-c", script).with(furnishing), walls);
    }

    private List<String> left() throws IOException {
        return look(Set.of()).changesSince(before).files().stream()
                .map(file -> (file.fresh() ? "+" : "~") + file.path())
                .toList();
    }

    private static List<BubblewrapArgs.SandboxWall> bare(List<BubblewrapArgs.SandboxWall> walls) {
        return walls.stream().filter(wall -> !WALLS.contains(wall.name())).toList();
    }

    private static List<BubblewrapArgs.SandboxWall> unpinned(List<BubblewrapArgs.SandboxWall> walls) {
        return walls.stream()
                .map(wall -> wall.name().equals("executed")
                        ? new BubblewrapArgs.SandboxWall(wall.name(), withoutPins(wall.arguments()))
                        : wall)
                .toList();
    }

    private static List<String> withoutPins(List<String> arguments) {
        return Stream.iterate(0, at -> at < arguments.size(), at -> at + 3)
                .filter(at -> arguments.get(at).equals("--ro-bind"))
                .flatMap(at -> arguments.subList(at, at + 3).stream())
                .toList();
    }

    // What a person or CI starts

    private Result standard(String script) throws Exception {
        giveAll();
        before = ExecutedFiles.search(place.workspace, ExecutedPaths.usual(), Set.of(), Set.of(), place.uid);
        OverlayMounts furnishing = new OverlayMounts(before.held(), Map.of(), Map.of());
        return place.run(place.cell("/bin/sh", "-c", script).with(furnishing), UnaryOperator.identity());
    }

    private List<String> leftByStandard() throws IOException {
        return ExecutedFiles.search(place.workspace, ExecutedPaths.usual().withBuilds(), Set.of(), Set.of(), place.uid)
                .changesSince(before)
                .files()
                .stream()
                .map(file -> (file.held() ? "!" : "") + (file.fresh() ? "+" : "~") + file.path())
                .toList();
    }

    @Test
    void whatAPersonOrCiStartsIsWritableAndReported() throws Exception {
        write("package.json", "{}");
        write(".github/workflows/ci.yml", "on: push");
        write(".npmrc", "x");
        write("CLAUDE.md", "x");
        write(".vscode/tasks.json", "{}");
        Result result = standard("for file in package.json .github/workflows/ci.yml .npmrc CLAUDE.md; do"
                + " echo new >new && mv new $file || exit 1; done; echo x >pom.xml; echo evil >.vscode/tasks.json");
        assertThat(result.err()).contains("Read-only file system").doesNotContain("package");
        assertThat(leftByStandard())
                .containsExactlyInAnyOrder(
                        "~package.json", "~.github/workflows/ci.yml", "~.npmrc", "~CLAUDE.md", "+pom.xml");
    }

    @Test
    @Tag("promise")
    void whatRunsUnknownIsReadOnlyInAWritableDirectoryToo() throws Exception {
        repository(".github/workflows/nested");
        List<String> files = List.of(
                ".envrc",
                ".github/workflows/.envrc",
                ".github/workflows/nested/.git/config",
                ".github/workflows/nested/.git/hooks/pre-commit",
                ".husky/pre-commit",
                ".pre-commit-config.yaml",
                ".idea/workspace.xml",
                ".claude/settings.local.json",
                ".codex/config.toml",
                ".gemini/settings.json",
                ".cursor/mcp.json",
                ".mcp.json");
        for (String file : files) {
            write(file, "x");
        }
        standard("for file in " + String.join(" ", files) + "; do echo evil >$file; rm -f $file; done; true");
        for (String file : files) {
            assertThat(place.workspace.resolve(file)).content().isEqualTo("x");
        }
    }

    /** A target that a writable name leads to as well stays held. */
    @Test
    @Tag("promise")
    void targetOfAHeldLinkStaysHeld() throws Exception {
        write("tool/run.sh", "x");
        Files.createSymbolicLink(place.workspace.resolve("CLAUDE.md"), Path.of("tool/run.sh"));
        write("later/README", "found after the other link");
        Files.createSymbolicLink(place.workspace.resolve("later/.envrc"), Path.of("../tool/run.sh"));
        standard("echo evil >tool/run.sh");
        assertThat(place.workspace.resolve("tool/run.sh")).content().isEqualTo("x");
    }

    // Files that run by themselves

    @Test
    @Tag("promise")
    void everyFileThatRunsByItselfIsReadOnlyInside() throws Exception {
        repository("");
        List<String> files = List.of(
                ".git/hooks/pre-commit",
                ".git/config",
                ".github/workflows/ci.yml",
                ".gitlab-ci.yml",
                ".circleci/config.yml",
                ".envrc",
                "package.json",
                "packages/web/package.json",
                ".vscode/tasks.json",
                ".idea/workspace.xml",
                ".cursor/mcp.json",
                ".claude/settings.json",
                ".mcp.json",
                ".devcontainer/devcontainer.json",
                ".husky/pre-push",
                ".pre-commit-config.yaml",
                "CLAUDE.md",
                "docs/AGENTS.md");
        for (String file : files) {
            write(file, "as it was\n");
        }
        write("src/main.js", "1\n");
        String script = "for f in " + String.join(" ", files)
                + "; do echo planted > $f; rm -f $f; mv $f $f.old; ln -f src/main.js $f; cp src/main.js $f; chmod 777"
                + " $f; done 2>/dev/null; echo 2 > src/main.js; echo 3 > README.md; cat src/main.js README.md";
        assertThat(held(script).out()).isEqualTo("2\n3");
        for (String file : files) {
            assertThat(place.workspace.resolve(file)).as(file).hasContent("as it was");
        }
        assertThat(left()).isEmpty();
        held(script, Set.of(), WorkspaceTest::bare);
        assertThat(place.workspace.resolve(".envrc")).as("without the wall").hasContent("2");
    }

    /** A mount covers a name, and not the file: through another name the file could be written. */
    @Test
    void furtherNamesOfWhatRunsByItselfAreReadOnlyAsWell() throws Exception {
        for (String file : List.of("package.json", ".husky/pre-push", "loose/.envrc", "plain")) {
            write(file, "as it was\n");
        }
        List<String> names = List.of("notes", "node_modules/x/notes", "of-husky", "of-loose", "of-plain");
        Files.createDirectories(place.workspace.resolve("node_modules/x"));
        for (String[] link : new String[][] {
            {"notes", "package.json"},
            {"node_modules/x/notes", "package.json"},
            {"of-husky", ".husky/pre-push"},
            {"of-loose", "loose/.envrc"},
            {"of-plain", "plain"}
        }) {
            Files.createLink(place.workspace.resolve(link[0]), place.workspace.resolve(link[1]));
        }
        String script = "for f in " + String.join(" ", names) + "; do echo planted > $f && echo $f; done 2>/dev/null;"
                + " mv node_modules/x node_modules/y 2>/dev/null && echo moved; true";
        Set<Path> loosened = Set.of(place.workspace.resolve("loose"));
        assertThat(held(script, loosened, UnaryOperator.identity()).out()).isEqualTo("of-loose\nof-plain");
        assertThat(place.workspace.resolve("package.json")).hasContent("as it was");
        assertThat(place.workspace.resolve(".husky/pre-push")).hasContent("as it was");
        held(script, Set.of(), WorkspaceTest::bare);
        assertThat(place.workspace.resolve("package.json"))
                .as("without the wall")
                .hasContent("planted");
    }

    @Test
    @Tag("promise")
    void directoriesAroundThemCannotBeSwapped() throws Exception {
        repository("");
        repository("lib/inner");
        write(".git/hooks/pre-commit", "as it was\n");
        write("lib/inner/.git/hooks/pre-commit", "as it was\n");
        write("packages/web/package.json", "as it was\n");
        String script = "for d in .git lib lib/inner lib/inner/.git packages packages/web; do"
                + " mv $d $d.old && cp -r $d.old $d && echo swapped $d; done 2>/dev/null;"
                + " for f in .git/hooks/pre-commit lib/inner/.git/hooks/pre-commit packages/web/package.json; do"
                + " echo evil > $f; done 2>/dev/null; rm -rf lib packages 2>/dev/null; mkdir -p new/.git; true";
        assertThat(held(script).out()).isEmpty();
        assertThat(place.workspace.resolve("lib/inner/.git/hooks/pre-commit")).hasContent("as it was");
        assertThat(place.workspace.resolve("packages/web/package.json")).hasContent("as it was");
        assertThat(place.workspace.resolve(".git/hooks/pre-commit")).hasContent("as it was");
        assertThat(left()).isEmpty();
        assertThat(held(script, Set.of(), WorkspaceTest::unpinned).out())
                .as("without the mounts around them")
                .contains("swapped .git", "swapped packages");
        assertThat(left()).as("and then it is at least found").isNotEmpty();
    }

    @Test
    void committingWorksAndGitsConfigurationStaysAsItIs() throws Exception {
        repository("");
        write("file", "1\n");
        String script = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b;"
                + " git add file && git commit -qm one && echo 2 > file && git commit -qam two && git checkout -q -b other"
                + " && git stash list && git gc -q && git log --oneline | wc -l; for c in core.hooksPath=evil"
                + " core.fsmonitor=evil core.sshCommand=evil alias.st=!evil filter.x.clean=evil; do git config ${c%%=*}"
                + " \"${c#*=}\" 2>/dev/null && echo set; done; true";
        assertThat(held(script).out()).isEqualTo("2");
        assertThat(left()).isEmpty();
    }

    @Test
    void whatIsNewAndRunsByItselfIsFoundAtAnyDepthWithItsReason() throws Exception {
        repository("");
        write("a/kept.txt", "x");
        String script = "echo ../a > .git/commondir; mkdir -p .github/workflows a/b .vscode a/node_modules/x;"
                + " echo on > .github/workflows/new.yml; echo x > a/b/.envrc; echo {} > .vscode/tasks.json;"
                + " echo {} > a/node_modules/x/package.json; ln -s ../a a/.husky;"
                + " printf 'gitdir: ../a\\n' > a/.git; git init -q --bare a/bare; echo x > a/bare/hooks/post-update;"
                + " echo x > Makefile";
        held(script);
        assertThat(left())
                .contains(
                        "+.git/commondir",
                        "+.github/workflows/new.yml",
                        "+.vscode/tasks.json",
                        "+a/.git",
                        "+a/.husky",
                        "+a/b/.envrc",
                        "+a/bare/config",
                        "+a/bare/hooks/post-update")
                .noneMatch(path -> path.contains("node_modules") || path.contains("Makefile"));
        WorkspaceFindings leavings = look(Set.of()).changesSince(before);
        assertThat(leavings.whole()).isTrue();
        assertThat(leavings.files())
                .filteredOn(file -> file.path().endsWith("new.yml"))
                .singleElement()
                .satisfies(file -> assertThat(file.why()).contains("CI"));
    }

    @Test
    void changeOfContentOrOfTheRightToRunIsFoundWhereAPersonLoosenedIt() throws Exception {
        write("package.json", "{}\n");
        write(".husky/pre-push", "x\n");
        Set<Path> loosened = Set.of(place.workspace.resolve("package.json"), place.workspace.resolve(".husky"));
        held("echo '{\"scripts\":{}}' > package.json; chmod +x .husky/pre-push", loosened, UnaryOperator.identity());
        assertThat(left()).containsExactly("~.husky/pre-push", "~package.json");
    }

    @Test
    void whatALinkStandsForInTheWorkspaceIsReadOnlyToo() throws Exception {
        repository("");
        write("tools/hooks/pre-commit", "as it was\n");
        Path hooks = place.workspace.resolve(".git/hooks");
        try (Stream<Path> samples = Files.walk(hooks)) {
            for (Path path : samples.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        Files.createSymbolicLink(hooks, Path.of("../tools/hooks"));
        held("echo evil > tools/hooks/pre-commit; mv tools t; rm .git/hooks; mkdir .git/hooks; echo x >"
                + " .git/hooks/new");
        assertThat(place.workspace.resolve("tools/hooks/pre-commit")).hasContent("as it was");
        assertThat(left()).as("the link itself can be replaced").containsExactly("+.git/hooks/new");
    }

    @Test
    void whatLiesBehindALinkedDirectoryIsLookedAfterAsIfItLayThere() throws Exception {
        write("ci/github/workflows/ci.yml", "as it was\n");
        write("ci/github/deep/er/notes", "as it was\n");
        write("shared/hooks/pre-push", "as it was\n");
        Files.createSymbolicLink(place.workspace.resolve(".github"), Path.of("ci/github"));
        Files.createSymbolicLink(place.workspace.resolve("ci/github/more"), Path.of("../../shared"));
        String script = "for f in ci/github/workflows/ci.yml .github/workflows/ci.yml ci/github/deep/er/notes"
                + " shared/hooks/pre-push .github/more/hooks/pre-push; do echo evil > $f; rm -f $f; done;"
                + " echo evil > .github/workflows/new.yml; mkdir ci/github/actions; mv ci c; mv ci/github c;"
                + " rm -rf ci shared; true";
        assertThat(held(script).exit()).isZero();
        for (String file : List.of("ci/github/workflows/ci.yml", "ci/github/deep/er/notes", "shared/hooks/pre-push")) {
            assertThat(place.workspace.resolve(file)).as(file).hasContent("as it was");
        }
        assertThat(left()).isEmpty();
    }

    @Test
    void whatIsChangedBehindALinkIsToldWhoeverHeldIt() throws Exception {
        write("ci/github/workflows/ci.yml", "as it was\n");
        write("ci/github/other", "as it was\n");
        write("envs/work", "as it was\n");
        Files.createSymbolicLink(place.workspace.resolve(".github"), Path.of("ci/github"));
        Files.createSymbolicLink(place.workspace.resolve(".envrc"), Path.of("envs/work"));
        Files.createSymbolicLink(place.workspace.resolve(".husky"), Path.of("later/hooks"));
        Set<Path> loosened = Set.of(place.workspace.resolve("ci"), place.workspace.resolve("envs"));
        held(
                "echo evil > ci/github/workflows/ci.yml; echo evil > ci/github/workflows/new.yml; echo evil >"
                        + " envs/work; mkdir -p later/hooks; echo evil > later/hooks/pre-push",
                loosened,
                UnaryOperator.identity());
        assertThat(left())
                .containsExactly(
                        "~.husky",
                        "~ci/github/workflows/ci.yml",
                        "+ci/github/workflows/new.yml",
                        "~envs/work",
                        "+later/hooks/pre-push");
    }

    @Test
    void aLinkOnTheWayToWhatALinkStandsForIsNoWayRound() throws Exception {
        write("one/hooks/pre-push", "as it was\n");
        write("two/hooks/pre-push", "evil\n");
        Files.createSymbolicLink(place.workspace.resolve("current"), Path.of("one"));
        Files.createSymbolicLink(place.workspace.resolve(".husky"), Path.of("current/hooks"));
        held("ln -sfn two current");
        assertThat(left()).contains("~.husky");
    }

    /** Fetched packages and git's storage are not searched, but a link makes them part of the project. */
    @Test
    void aLinkIntoWhatIsPassedByMakesItLookedAt() throws Exception {
        repository("");
        write("node_modules/q/readme", "as it was\n");
        held("mkdir -p node_modules/q/objects node_modules/q/refs .git/objects/zz/.vscode;"
                + " echo 'ref: refs/heads/main' > node_modules/q/HEAD;"
                + " printf '[core]\\n\\tfsmonitor = touch x\\n' > node_modules/q/config;"
                + " echo evil > node_modules/q/.envrc; echo '{}' > .git/objects/zz/.vscode/tasks.json;"
                + " ln -s node_modules/q app; ln -s .git/objects/zz web; ln -s app again; ln -s again ring; true");
        assertThat(left())
                .contains("+node_modules/q/.envrc", "+node_modules/q/config", "+.git/objects/zz/.vscode/tasks.json");
        held("echo worse > app/.envrc; echo worse > app/config; echo worse > web/.vscode/tasks.json");
        assertThat(place.workspace.resolve("node_modules/q/.envrc")).hasContent("evil");
        assertThat(place.workspace.resolve("node_modules/q/config")).content().contains("fsmonitor");
        assertThat(place.workspace.resolve(".git/objects/zz/.vscode/tasks.json"))
                .hasContent("{}");
    }

    @Test
    void aNewLinkHidesNothingOfWhatAnotherLedToBefore() throws Exception {
        write("ci/workflows/ci.yml", "as it was\n");
        Files.createSymbolicLink(place.workspace.resolve(".github"), Path.of("ci"));
        Set<Path> loosened = Set.of(place.workspace.resolve("ci"));
        for (String link : List.of(".a.code-workspace", ".claude", ".zed", "a/.claude", "z/.vscode")) {
            held(
                    "mkdir -p a z; ln -s $PWD/ci " + link
                            + "; echo on > ci/workflows/new.yml; echo evil > ci/workflows/ci.yml",
                    loosened,
                    UnaryOperator.identity());
            assertThat(left()).contains("+" + link, "+ci/workflows/new.yml", "~ci/workflows/ci.yml");
            Files.delete(place.workspace.resolve("ci/workflows/new.yml"));
            Files.delete(place.workspace.resolve(link));
            write("ci/workflows/ci.yml", "as it was\n");
        }
    }

    @Test
    void aLinkedDirectoryOnTheWayToWhatGitRunsIsNoWayRound() throws Exception {
        repository("");
        write("one/watch", "as it was\n");
        write(".vscode/watch", "another\n");
        write(".git/config", "[core]\nrepositoryformatversion = 0\nfsmonitor = current/watch\n");
        Files.createSymbolicLink(place.workspace.resolve("current"), Path.of("one"));
        held("echo evil > one/watch; echo evil > current/watch; ln -sfn .vscode current");
        assertThat(place.workspace.resolve("one/watch")).hasContent("as it was");
        assertThat(left()).containsExactly("~current/watch");
    }

    @Test
    void whatDidNotExistWhereALinkLedIsToldWhenItDoes() throws Exception {
        Files.createDirectories(place.workspace.resolve(".github"));
        Files.createSymbolicLink(place.workspace.resolve(".github/workflows"), Path.of("../ci-later"));
        Files.createSymbolicLink(place.workspace.resolve(".envrc"), Path.of("cur/envrc"));
        Files.createSymbolicLink(place.workspace.resolve("cur"), Path.of("nowhere"));
        held("mkdir ci-later nowhere; echo on > ci-later/release.yml; echo evil > nowhere/envrc");
        assertThat(left()).contains("+ci-later/release.yml", "+nowhere/envrc");
    }

    @Test
    void linksInARingAndToThemselvesAreNoHindrance() throws Exception {
        write(".claude/settings.json", "{}");
        Files.createSymbolicLink(place.workspace.resolve(".claude/again"), Path.of("."));
        Files.createSymbolicLink(place.workspace.resolve(".claude/up"), Path.of(".."));
        Files.createSymbolicLink(place.workspace.resolve(".husky"), Path.of(".husky"));
        ExecutedFiles executed = look(Set.of());
        assertThat(executed.whole()).isTrue();
        assertThat(executed.leadingOut()).isEmpty();
        assertThat(executed.held()).containsExactly(place.workspace.resolve(".claude"));
    }

    @Test
    void directoryThatALinkFindsOutsideIsNamedUnlessAPersonLoosenedIt() throws Exception {
        Path outside = Files.createDirectories(place.directory.resolve("elsewhere/github"));
        Path link = Files.createSymbolicLink(place.workspace.resolve(".github"), outside);
        Files.createSymbolicLink(place.workspace.resolve(".husky"), place.workspace);
        Files.createSymbolicLink(place.workspace.resolve(".envrc"), Path.of("/etc/hostname"));
        Files.createSymbolicLink(place.workspace.resolve("src"), outside);
        write(".claude/settings.json", "{}");
        Files.createSymbolicLink(place.workspace.resolve(".claude/skills"), outside);
        assertThat(look(Set.of()).leadingOut()).containsExactly(Path.of(".github"), Path.of(".husky"));
        assertThat(look(Set.of(link)).leadingOut()).containsExactly(Path.of(".husky"));
    }

    @Test
    void repositoryBehindALinkIsWorkedInAndItsConfigurationStays() throws Exception {
        repository("store");
        Files.move(place.workspace.resolve("store/.git"), place.workspace.resolve("kept"));
        Files.delete(place.workspace.resolve("store"));
        Files.createSymbolicLink(place.workspace.resolve(".git"), Path.of("kept"));
        String script = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b;"
                + " echo 1 > file; git add file && git commit -qm one && git log --oneline | wc -l;"
                + " git config core.hooksPath evil 2>/dev/null && echo set; true";
        assertThat(held(script).out()).isEqualTo("1");
        assertThat(left()).isEmpty();
    }

    @Test
    void whereTheAgentCannotGoNothingIsMountedAndItStarts() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        write("closed/.git/config", "x");
        write(".envrc", "x");
        giveAll();
        Path closed = place.workspace.resolve("closed");
        Files.setAttribute(closed, "unix:uid", 0);
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        ExecutedFiles executed = look(Set.of());
        assertThat(executed.held()).containsExactly(place.workspace.resolve(".envrc"));
        OverlayMounts furnishing = new OverlayMounts(executed.held(), Map.of(), Map.of());
        assertThat(place.run(place.cell("true").with(furnishing), UnaryOperator.identity())
                        .exit())
                .isZero();
    }

    @Test
    void nothingIsHiddenByShuttingADirectoryOrByTheFormOfARepository() throws Exception {
        repository("");
        String script = "mkdir -p .github/workflows && echo on > .github/workflows/x.yml && chmod 0677 .github;"
                + " git init -q --bare linked && cd linked && mv HEAD refs/h && ln -s refs/h HEAD && cd ..;"
                + " git init -q --bare .git/objects/inner; mkdir y && echo x > y/agents.md && ln -s ../y .git/x;"
                + " ln -s y .gitea";
        held(script);
        assertThat(left())
                .contains("+.github/workflows/x.yml", "+linked/config", "+.git/objects/inner/config", "+.gitea")
                .noneMatch(path -> path.endsWith(".sample"));
        assertThat(look(Set.of()).changesSince(before).whole()).isTrue();
    }

    @Test
    void namesInWhatGitStoresAreNoPaths() throws Exception {
        repository("");
        held("mkdir -p .git/refs/heads/.vscode .git/logs/x; echo x > .git/refs/heads/package.json;"
                + " echo x > .git/refs/heads/.vscode/y; echo x > .git/logs/x/CLAUDE.md");
        assertThat(left()).isEmpty();
    }

    @Test
    void whatGitsConfigurationNamesIsHeldAndToldUnderAnyName() throws Exception {
        repository("");
        repository("inner");
        write("tools/hooks/pre-commit", "as it was\n");
        write("inner/more.cfg", "[core]\n");
        write(
                ".git/config",
                "[core]\nrepositoryformatversion = 0\nhooksPath = tools/hooks\n[include]\npath = ../later/extra.cfg\n");
        write(
                "inner/.git/config",
                "[core]\nrepositoryformatversion = 0\n[includeIf \"gitdir:/\"]\npath = ../more.cfg\n");
        Result result = held("echo evil > tools/hooks/pre-commit; echo evil > tools/hooks/post-commit;"
                + " mv tools t; echo evil > inner/more.cfg; mkdir later && echo new > later/extra.cfg; echo done");
        assertThat(result.out()).isEqualTo("done");
        assertThat(place.workspace.resolve("tools/hooks/pre-commit")).hasContent("as it was");
        assertThat(place.workspace.resolve("inner/more.cfg")).hasContent("[core]");
        assertThat(left()).containsExactly("+later/extra.cfg");
    }

    @Test
    void whatARebaseWouldRunIsTold() throws Exception {
        repository("");
        held("mkdir .git/rebase-merge; echo 'exec evil' > .git/rebase-merge/git-rebase-todo");
        assertThat(left()).containsExactly("+.git/rebase-merge/git-rebase-todo");
    }

    @Test
    void whatIsShutIsHeldShutAndTheAgentStarts() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        write("shut/.envrc", "as it was\n");
        giveAll();
        Files.setPosixFilePermissions(place.workspace.resolve("shut"), PosixFilePermissions.fromString("rw-rwxrwx"));
        Result result = held("chmod 755 shut; echo evil > shut/.envrc; mv shut s; echo done");
        assertThat(result.out()).isEqualTo("done");
        assertThat(place.workspace.resolve("shut/.envrc")).hasContent("as it was");
    }

    @Test
    void nameThatIsNoTextKeepsNoAgentFromStarting() throws Exception {
        assertThat(new ProcessBuilder(
                                "/bin/sh",
                                "-c",
                                "d=$(printf 'a\\377'); mkdir $d && echo x > $d/.envrc && echo x > $d/.env && echo x >"
                                        + " .envrc")
                        .directory(place.workspace.toFile())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(held("echo ran; echo evil > .envrc").out()).isEqualTo("ran");
        assertThat(before.unheld()).isEqualTo(1);
        assertThat(place.workspace.resolve(".envrc")).hasContent("x");
    }

    @Test
    void longFileIsKnownByMoreThanItsSizeAndTime() throws Exception {
        write("package.json", "{}" + " ".repeat(17 << 20));
        Set<Path> loosened = Set.of(place.workspace.resolve("package.json"));
        held(
                "touch -r package.json t; printf '[]' | dd of=package.json conv=notrunc 2>/dev/null; touch -r t"
                        + " package.json",
                loosened,
                UnaryOperator.identity());
        assertThat(left()).containsExactly("~package.json");
    }

    @Test
    void moreThanCanBeHeldIsHeldFromTheTopAndCounted() throws Exception {
        for (int i = 0; i < ExecutedFiles.MOST_HELD + 5; i++) {
            write("deep/er/p" + i + "/package.json", "{}");
        }
        write("package.json", "{}");
        ExecutedFiles executed = look(Set.of());
        assertThat(executed.held()).hasSize(ExecutedFiles.MOST_HELD).contains(place.workspace.resolve("package.json"));
        assertThat(executed.unheld()).isEqualTo(6);
        giveAll();
        OverlayMounts furnishing = new OverlayMounts(executed.held(), Map.of(), Map.of());
        assertThat(place.run(place.cell("true").with(furnishing), UnaryOperator.identity())
                        .exit())
                .isZero();
    }

    @Test
    void whatLiesNearTheTopIsHeldHoweverMuchLiesFurtherDown() throws Exception {
        for (int i = 0; i < 30; i++) {
            for (int j = 0; j < 30; j++) {
                write(i + "/" + j, "x");
                write(".autoenv" + i + "/" + j, "x");
            }
        }
        write(".vscode/tasks.json", "{}");
        ExecutedFiles executed = ExecutedFiles.search(
                place.workspace, ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), place.uid, 70);
        assertThat(executed.held()).contains(place.workspace.resolve(".vscode"));
        assertThat(executed.states()).containsKey(Path.of(".vscode/tasks.json"));
        assertThat(executed.whole()).isFalse();
    }

    /** A command that runs out of memory would report nothing. */
    @Test
    void longNamesOfThousandsAreTakenForTooMany() throws Exception {
        Path deep =
                Files.createDirectories(place.workspace.resolve(".vscode").resolve(("d".repeat(200) + "/").repeat(16)));
        for (int i = 0; i < 12_000; i++) {
            Files.createFile(deep.resolve("n" + i));
        }
        write(".envrc", "x");
        ExecutedFiles executed = look(Set.of());
        assertThat(executed.whole()).isFalse();
        assertThat(executed.states()).hasSizeLessThan(12_000).containsKey(Path.of(".envrc"));
    }

    /** Otherwise an agent makes so many of them that the next agent can write what it wants. */
    @Test
    void whatCountsCannotBeCrowdedOut() throws Exception {
        repository("");
        repository(".git/modules/web");
        write(".git/config", "[core]\nrepositoryformatversion = 0\nhooksPath = tools/hooks\n");
        write("tools/hooks/pre-commit", "x");
        write(".envrc", "x");
        write(".vscode/tasks.json", "{}");
        write(".config/mise.toml", "");
        for (int i = 0; i < 2 * ExecutedFiles.MOST_HELD; i++) {
            write(".0" + i + ".code-workspace", "{}");
            write(".0" + i + "/.envrc", "x");
            write(".0" + i + "/.git/config", "[core]\nhooksPath = ../h\n");
            write(".1" + i + "/HEAD", "x");
            write(".1" + i + "/config", "[core]\n");
            Files.createDirectories(place.workspace.resolve(".1" + i + "/objects"));
        }
        assertThat(look(Set.of()).held())
                .hasSize(ExecutedFiles.MOST_HELD)
                .contains(
                        Stream.of(".git/config", ".git/hooks", "tools/hooks", ".envrc", ".vscode", ".config/mise.toml")
                                .map(place.workspace::resolve)
                                .toArray(Path[]::new));
    }

    @Test
    void whereAListOfAccessLetsTheAgentInItIsLookedAfter() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        repository("");
        write(".vscode/tasks.json", "as it was\n");
        try (Stream<Path> all = Files.walk(place.workspace)) {
            for (Path path : all.toList()) {
                Files.setAttribute(path, "unix:uid", 0);
                assumeTrue(DirectoryAccessTest.lets(path, place.uid), "this file system has no lists of access");
            }
        }
        before = look(Set.of());
        OverlayMounts furnishing = new OverlayMounts(before.held(), Map.of(), Map.of());
        Result result = place.run(
                place.cell(
                                "/bin/sh",
                                "-c",
                                "echo x > .vscode/tasks.json; echo x > .git/hooks/pre-commit; echo x > .envrc")
                        .with(furnishing),
                UnaryOperator.identity());
        assertThat(result.err()).contains(".vscode/tasks.json: Read-only", ".git/hooks/pre-commit: Read-only");
        assertThat(left()).containsExactly("+.envrc");
    }

    /** It has no other repository, which `git status` would find first. */
    @Test
    void workspaceThatGitItselfTakesForARepositoryIsLookedAfter() throws Exception {
        held("git init -q --bare x && mv x/HEAD x/objects x/refs x/config . && echo '[core] fsmonitor = evil' >>"
                + " config");
        assertThat(left()).contains("+config");
        Result result = held("echo x >> config; echo done");
        assertThat(result.err()).contains("config: Read-only");
        assertThat(left()).isEmpty();
    }

    /** Searches the given workspace as the agent's own user. */
    static final class WorkspaceSearch {
        private WorkspaceSearch() {}

        @SuppressWarnings("SystemOut") // the test reads it
        public static void main(String[] arguments) throws IOException {
            Path workspace = Path.of(arguments[0]);
            ExecutedFiles executed =
                    ExecutedFiles.search(workspace, ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), Host.uid());
            System.out.println(executed.held() + " " + executed.states().keySet() + " " + executed.whole());
        }
    }

    /** The user who starts the agent can read no more than the agent, which can reopen what it has closed. */
    @Test
    void whatAnAgentOfTheSameUserShutIsHeldShutAndNamed() throws Exception {
        write("shut/.envrc", "x");
        giveAll();
        Path shut = place.workspace.resolve("shut");
        Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("-wx------"));
        List<String> command = new ArrayList<>(Privileges.dropping(place.uid));
        command.addAll(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                WorkspaceSearch.class.getName(),
                place.workspace.toRealPath().toString()));
        Process looker = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(looker.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assumeTrue(!said.contains("ClassNotFound"), "the agent's user cannot read the program here");
        assertThat(said).isEqualTo("[" + shut.toRealPath() + "] [shut] false");
    }

    // Masks and decoys

    @Test
    void maskIsSeenInThePlaceOfTheFileAndCannotBeWrittenOrRemoved() throws Exception {
        write(".env", "TOKEN=secret-as-it-is\n");
        write("sub/.env", "TOKEN=secret-below-it\n");
        giveAll();
        Path first = place.workspace.resolve(".env");
        Path second = place.workspace.resolve("sub/.env");
        try (OverlayFiles lent = OverlayFiles.to(place.uid, place.directory)) {
            Map<Path, Path> masks =
                    lent.writeAll(Map.of(first, Bytes.utf8("TOKEN=decoy\n"), second, Bytes.utf8("TOKEN=decoy\n")));
            lent.grantToAgent();
            OverlayMounts furnishing = new OverlayMounts(Set.of(), masks, Map.of());
            // Files must not go where the next search does not find them.
            String script =
                    "cat .env sub/.env; chmod u+w .env && echo written; echo x > .env; rm -f .env; mv .env e; mv sub"
                            + " node_modules && echo moved; ln sub/.env hard; cat hard; cp .env copy; cat copy; grep -r"
                            + " secret- . ; true";
            Result result = place.run(place.cell("/bin/sh", "-c", script).with(furnishing), UnaryOperator.identity());
            assertThat(result.out()).contains("TOKEN=decoy").doesNotContain("secret-", "moved", "written");
            assertThat(first).hasContent("TOKEN=secret-as-it-is");
            assertThat(second).hasContent("TOKEN=secret-below-it");
            assertThat(place.run(place.cell("/bin/sh", "-c", "cat .env").with(furnishing), WorkspaceTest::bare)
                            .out())
                    .as("without the wall")
                    .contains("secret-as-it-is");
        }
        try (Stream<Path> files = Files.list(place.directory)) {
            assertThat(files.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith("interlock-lent-"));
        }
    }

    @Test
    void decoysLieInTheAgentsHome() throws Exception {
        try (OverlayFiles lent = OverlayFiles.to(place.uid, place.directory)) {
            Map<Path, Path> planted =
                    lent.writeAll(Map.of(Path.of(".aws/credentials"), Bytes.utf8("aws_secret_access_key = decoy\n")));
            lent.grantToAgent();
            String script = "cat ~/.aws/credentials; touch ~/new ~/.aws/new && echo ok;"
                    + " chmod u+w ~/.aws/credentials && echo written; true";
            SandboxSpec cell = place.cell("/bin/sh", "-c", script).with(new OverlayMounts(Set.of(), Map.of(), planted));
            assertThat(place.run(cell, UnaryOperator.identity()).out()).isEqualTo("aws_secret_access_key = decoy\nok");
            assertThat(place.run(cell, WorkspaceTest::bare).out()).doesNotContain("decoy");
        }
    }

    @Test
    void whatIsLentIsTheAgentsAlone() throws Exception {
        try (OverlayFiles lent = OverlayFiles.to(place.uid, place.directory)) {
            Path file = lent.writeAll(Map.of("x", Bytes.utf8("y"))).get("x");
            lent.grantToAgent();
            for (Path path : List.of(file, file.getParent())) {
                assertThat(Host.owner(path)).isEqualTo(place.uid);
                assertThat(Files.getPosixFilePermissions(path).toString())
                        .doesNotContain("GROUP")
                        .doesNotContain("OTHERS");
            }
        }
    }

    // Limits

    /** Runs the script as a user of its own: processes are counted per user, and other sandboxes may run. */
    private Result limited(Map<String, String> limits, String script) throws Exception {
        return limited(70_000, limits, script);
    }

    private Result limited(int from, Map<String, String> limits, String script) throws Exception {
        assumeTrue(Host.uid() == 0, "needs a user of its own");
        int uid = from + (int) (ProcessHandle.current().pid() % 100_000);
        Files.setAttribute(place.workspace, "unix:uid", uid);
        SandboxSpec cell = place.cell("/bin/sh", "-c", script);
        SandboxSpec other = new SandboxSpec(
                cell.command(),
                cell.workspace(),
                cell.socket(),
                cell.lease(),
                cell.trust(),
                uid,
                Map.of(),
                List.of(),
                Set.of(),
                Set.of(),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
        return place.run(other.with(ProcessLimits.USUAL.with(limits)), UnaryOperator.identity());
    }

    @Test
    @Tag("promise")
    void bombOfProcessesEndsAtItsLimit() throws Exception {
        String bomb = "i=0; while [ $i -lt 200 ]; do sleep 5 & i=$((i+1)); done; echo all started";
        assertThat(limited(Map.of("processes", "40"), bomb).out()).doesNotContain("all started");
        assertThat(limited(Map.of("processes", "1000"), bomb + "; kill $(jobs -p)")
                        .out())
                .contains("all started");
    }

    @Test
    void tooFewProcessesForASandboxAreRefusedInOurWords() throws Exception {
        assertThatThrownBy(() -> limited(170_000, Map.of("processes", "8"), "true"))
                .isInstanceOfSatisfying(SandboxException.class, e -> {
                    assertThat(e.fault()).isEqualTo(SandboxException.SandboxFault.ORDER);
                    assertThat(e).hasMessageContaining("`--limit processes=8` is too low", "has 0 processes");
                    assertThat(e.next()).contains("--limit processes=18");
                });
        assertThat(limited(270_000, Map.of("processes", "9"), "echo up")).isEqualTo(new Result(0, "up", ""));
    }

    @Test
    @Tag("promise")
    void filesMemoryOpenFilesAndTimeEndAtTheirLimits() throws Exception {
        assertThat(limited(Map.of("file-size", "1M"), "head -c 3M /dev/zero > big; wc -c < big")
                        .out())
                .isEqualTo("1048576");
        assertThat(limited(Map.of("memory", "64M"), "head -c 300M /dev/zero | sort -S 250M | wc -c")
                        .err())
                .isNotEmpty();
        assertThat(limited(
                                Map.of("open-files", "50", "cpu", "7"),
                                "ulimit -Hn; ulimit -t; ulimit -c; ulimit -n 60 || true")
                        .out())
                .isEqualTo("50\n7\n0");
    }

    @Test
    void limitThatIsNoneIsRefused() {
        assertThatThrownBy(() -> ProcessLimits.USUAL.with(Map.of("disk", "1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("processes, open-files, file-size, memory, cpu");
        for (String number : List.of("", "0", "-1", "x", "1T", "G", "99999999999G", "1.5G")) {
            assertThatThrownBy(() -> ProcessLimits.USUAL.with(Map.of("memory", number)))
                    .as(number)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(ProcessLimits.USUAL.with(Map.of("memory", "2G")).most())
                .containsEntry(ProcessLimits.LimitedResource.MEMORY, 2L << 30);
    }
}
