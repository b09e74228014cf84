package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.confine.SandboxFixture.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests real git in real sandboxes, and what is in the repository outside then. */
@Tag("process")
class AgentGitConfigTest {

    private static final String IDENTITY = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a"
            + " GIT_COMMITTER_EMAIL=a@b GIT_CONFIG_GLOBAL=/dev/null HOME=/nonexistent; set -e; ";

    private SandboxFixture place;
    private GitConfigChanges changes = GitConfigChanges.NONE;

    @BeforeEach
    void open() throws Exception {
        place = SandboxFixture.orSkipped();
        outside("git init -q -b main . && git commit -q --allow-empty -m one && git init -q --bare up.git"
                + " && git remote add origin https://github.com/acme/shop");
    }

    @AfterEach
    void close() throws IOException {
        if (place != null) {
            place.close();
        }
    }

    private String outside(String script) throws Exception {
        List<String> command = new ArrayList<>(Privileges.dropping(place.uid)); // git obeys no repository of others
        command.addAll(List.of("/bin/sh", "-c", IDENTITY + script));
        Process process = new ProcessBuilder(command)
                .directory(place.workspace.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private void giveAll() throws IOException {
        if (Host.uid() == 0) {
            try (Stream<Path> all = Files.walk(place.workspace)) {
                for (Path path : all.toList()) {
                    Files.setAttribute(path, "unix:uid", place.uid, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }

    /** The repository's configuration outside. */
    private String config() throws IOException {
        return Files.readString(place.workspace.resolve(".git/config"));
    }

    private Result inside(String script) throws Exception {
        giveAll();
        try (OverlayFiles lent = OverlayFiles.to(place.uid, place.directory);
                AgentRepositories git = new AgentRepositories(lent, place.uid, () -> true)) {
            git.prepare(place.workspace, Optional.empty(), Set.of());
            ExecutedFiles held =
                    ExecutedFiles.search(place.workspace, ExecutedPaths.usual(), Set.of(), Set.of(), place.uid);
            lent.grantToAgent();
            OverlayMounts overlays = git.lend(new OverlayMounts(held.held(), Map.of(), Map.of()), Map.of());
            Result result =
                    place.run(place.cell("/bin/sh", "-c", IDENTITY + script).with(overlays), UnaryOperator.identity());
            changes = git.merge();
            return result;
        }
    }

    @Test
    void everydayCommandsWriteTheConfiguration() throws Exception {
        Result result = inside("git config user.name Zed; git remote add fork git@github.com:ann/shop.git;"
                + " git switch -q -c feat; git commit -q --allow-empty -m two; git config branch.feat.remote origin;"
                + " git push -q -u \"$PWD/up.git\" feat; git branch -m feature; git pack-refs --all; git gc -q;"
                + " git switch -q main; git merge -q feature; git log --oneline | wc -l");
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        assertThat(result.out()).isEqualTo("2");
        assertThat(config()).contains("name = Zed", "url = git@github.com:ann/shop.git");
        assertThat(outside("git log --format=%s main | head -1; git status --porcelain -uno"))
                .isEqualTo("two");
    }

    @Test
    void newWorktreeIsOneOutsideToo() throws Exception {
        Result result = inside("git worktree add -q -b side side && cat side/.git");
        assertThat(result.err()).isEmpty();
        assertThat(outside("git -C side status --porcelain -b")).isEqualTo("## side");
    }

    /** Git renames what is checked out together with {@code HEAD}, and takes it away from nobody. */
    @Test
    void gitKnowsWhichBranchIsCheckedOut() throws Exception {
        Result result = inside(
                "git branch -m new; git status -sb -uno; git symbolic-ref HEAD; git commit -q --allow-empty -m two;"
                        + " ! git branch -D new 2>/dev/null; ! git branch -f new HEAD~1 2>/dev/null;"
                        + " ! git fetch -q . HEAD~1:new 2>/dev/null; ! git worktree add -q side new 2>/dev/null;"
                        + " git worktree prune; git gc -q; ! git worktree remove --force . 2>/dev/null; git checkout -q -B new;"
                        + " git switch -q -C next; git branch -q -D new; git worktree add -q -b side side; git branch -m last;"
                        + " git worktree list --porcelain | grep -c last; git fsck 2>&1 | grep -c error");
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("## new\nrefs/heads/new\n1\n0");
        assertThat(outside("git status -sb -uno; git log --format=%s; git branch; git worktree list | wc -l; git fsck"))
                .isEqualTo("## last\ntwo\none\n* last\n+ side\n2");
    }

    @Test
    @Tag("promise")
    void linksOfTheAgentAmongWorktreesAreRemoved() throws Exception {
        Path elsewhere = Files.createDirectories(place.directory.resolve("home/elsewhere"));
        Files.setAttribute(elsewhere, "unix:uid", place.uid);
        for (String script : List.of(
                "ln -s " + elsewhere + " .git/worktrees/x",
                "mv .git/worktrees .git/w; ln -s " + elsewhere + " .git/worktrees")) {
            inside(script);
            assertThat(outside("find .git -name worktrees -type l; find .git/ -path '*/worktrees/*' -type l"))
                    .as(script)
                    .isEmpty();
            assertThat(elsewhere).isDirectory();
        }
    }

    @Test
    void repositoryIsCloned() throws Exception {
        assertThat(inside("git clone -q . copy && git -C copy log --format=%s")).isEqualTo(new Result(0, "one", ""));
    }

    @Test
    @Tag("promise")
    void repositoryInADirectoryIsWorkedInAsWell() throws Exception {
        outside("git init -q -b main libs/a && git -C libs/a commit -q --allow-empty -m one");
        Result result = inside("cd libs/a; git remote add up https://github.com/acme/a; git switch -q -c feat;"
                + " git config branch.feat.remote up; git push -q ../../up.git feat; git config core.fsmonitor ./evil;"
                + " git branch -m new; git commit -q --allow-empty -m two;"
                + " set +e; rm -f .git/config; mv ../a ../b; mv .git x; echo x >.git/hooks/pre-commit; git status -sb");
        assertThat(result.out()).startsWith("## new");
        assertThat(changes.taken()).contains("remote.up.url in libs/a", "branch.new.remote in libs/a");
        assertThat(changes.heldBack()).contains("core.fsmonitor in libs/a");
        assertThat(
                        outside(
                                "cd libs/a; git log --format=%s new; git remote -v | wc -l; git config core.fsmonitor || true;"
                                        + " ls .git .git/worktrees .git/hooks 2>/dev/null | grep -c 'gitdir\\|commondir\\|interlock\\|pre-commit$' || true"))
                .isEqualTo("two\none\n2\n0");
    }

    /** Its configuration could be replaced while the agent works, and lead elsewhere what is merged in the end. */
    @Test
    @Tag("promise")
    void configurationThatIsNotHeldIsNotMerged() throws Exception {
        String before = config();
        try (OverlayFiles lent = OverlayFiles.to(place.uid, place.directory);
                AgentRepositories git = new AgentRepositories(lent, place.uid, () -> true)) {
            giveAll();
            git.prepare(place.workspace, Optional.empty(), Set.of());
            assertThat(git.lend(OverlayMounts.NONE, Map.of())).isEqualTo(OverlayMounts.NONE);
            assertThat(git.merge()).isEqualTo(GitConfigChanges.NONE);
        }
        assertThat(config()).isEqualTo(before);
    }

    @Test
    @Tag("promise")
    void noProgramOfTheAgentGetsIntoTheConfiguration() throws Exception {
        String before = config();
        Result result = inside("git config core.fsmonitor ./evil; git config core.hooksPath evil;"
                + " git config alias.st '!evil'; git config remote.x.url 'ext::evil'; git config core.fsmonitor");
        assertThat(result.out()).isEqualTo("./evil");
        assertThat(config()).isEqualTo(before);
        assertThat(changes.heldBack()).containsExactly("alias.st", "core.fsmonitor", "core.hookspath", "remote.x.url");
    }

    /** Outside, git obeys the configuration at once, and not first when the agent has ended. */
    @Test
    @Tag("promise")
    void theRealConfigurationCannotBeReplacedInside() throws Exception {
        String before = config();
        inside("set +e; printf '[core]\\n"
                + "\\tfsmonitor = ./evil\\n"
                + "' >.git/evil; mv -f .git/evil .git/config; ln -f .git/evil .git/config; cp .git/evil .git/config; rm -f"
                + " .git/config; mv .git old; mv .git/commondir .git/x; rm -f .git/commondir; echo evil >.git/commondir;"
                + " mkdir -p evil && mv .git/hooks evil; ln .git/commondir hard; true");
        assertThat(config()).isEqualTo(before);
        assertThat(place.workspace.resolve("old")).doesNotExist();
        assertThat(place.workspace.resolve("hard")).doesNotExist();
    }

    @Test
    @Tag("promise")
    void linkInPlaceOfTheCopyIsNotFollowed() throws Exception {
        Path secret = Files.writeString(place.directory.resolve("secret"), "[user]\n\tname = secret\n");
        inside("ln -sf " + secret + " /run/interlock/git/config");
        assertThat(changes).isEqualTo(GitConfigChanges.UNREADABLE);
        assertThat(config()).doesNotContain("secret");
    }

    @Test
    void repositoryIsLeftAsItWas() throws Exception {
        outside("rm -rf .git/hooks .git/info");
        List<Path> before = entries();
        inside("git rev-parse HEAD");
        assertThat(entries()).isEqualTo(before);
        assertThat(changes).isEqualTo(GitConfigChanges.NONE);
    }

    /** A repository without hooks would let the agent add the directory, and the next commit outside run them. */
    @Test
    @Tag("promise")
    void hooksThatAreMissingCannotBeAdded() throws Exception {
        outside("rm -rf .git/hooks");
        inside("set +e; mkdir -p .git/hooks; echo x >.git/hooks/pre-commit; true");
        assertThat(place.workspace.resolve(".git/hooks")).doesNotExist();
    }

    @Test
    void repositoryThatWasLeftPreparedIsPreparedAgain() throws Exception {
        Files.writeString(place.workspace.resolve(".git/commondir"), ".\n");
        assertThat(inside("git config user.name Zed").exit()).isZero();
        assertThat(config()).contains("name = Zed");
        assertThat(place.workspace.resolve(".git/commondir")).doesNotExist();
    }

    @Test
    void foreignCommonDirectoryIsNotTouched() throws Exception {
        Files.createDirectory(place.workspace.resolve("evil"));
        Files.writeString(place.workspace.resolve(".git/commondir"), "../evil\n");
        inside("true");
        assertThat(Files.readString(place.workspace.resolve(".git/commondir"))).isEqualTo("../evil\n");
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> all = Files.list(place.workspace.resolve(".git"))) {
            return all.sorted().toList();
        }
    }
}
