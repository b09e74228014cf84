package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.adminapi.LeaseQuestion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests agents in a linked worktree of real git, and what is in its repository outside then. */
@Tag("process")
class LinkedWorktreeTest {

    private static final String IDENTITY = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a"
            + " GIT_COMMITTER_EMAIL=a@b GIT_CONFIG_GLOBAL=/dev/null; ";

    private static final String ATTACKS = """
        set +e
        printf '[core]\\n\\tfsmonitor = ./evil\\n' >COMMON/evil
        mv -f COMMON/evil COMMON/config
        cp COMMON/evil COMMON/config
        echo /tmp >COMMON/commondir
        rm -f COMMON/commondir
        echo x >COMMON/hooks/pre-commit
        mv COMMON/hooks COMMON/old
        echo /tmp/.git >COMMON/worktrees/workspace/gitdir
        echo /tmp >COMMON/worktrees/workspace/commondir
        mv COMMON/worktrees COMMON/others
        rm -rf COMMON/worktrees/other
        echo x >COMMON/worktrees/other/HEAD
        git worktree prune
        rm -f COMMON/evil .git
        true
        """;

    private SandboxFixture place;
    private Path main;
    private Path common;
    private int runs;

    @BeforeEach
    void open() throws Exception {
        place = SandboxFixture.orSkipped();
        main = Files.createDirectory(place.directory.resolve("main")).toRealPath();
        common = main.resolve(".git");
        giveAll();
        outside(
                "git init -q -b main . && git commit -q --allow-empty -m one && git worktree add -q -b other ../main/other"
                        + " && git remote add origin https://github.com/acme/shop"
                        + " && git worktree add -q -b side " + place.workspace);
    }

    @AfterEach
    void close() throws IOException {
        if (place != null) {
            place.close();
        }
    }

    private void giveAll() throws IOException {
        if (Host.uid() == 0) {
            try (Stream<Path> all = Files.walk(main)) {
                for (Path path : all.toList()) {
                    Files.setAttribute(path, "unix:uid", place.uid, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }

    private String outside(String script) throws Exception {
        List<String> command = new ArrayList<>(Privileges.dropping(place.uid));
        command.addAll(List.of("/bin/sh", "-c", IDENTITY + "set -e; " + script));
        Process process = new ProcessBuilder(command)
                .directory(main.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** Runs {@code script} in the worktree, as an agent whose run is recorded; returns what it wrote to {@code out}. */
    private String inside(String script) throws Exception {
        run(script);
        return Files.readString(place.workspace.resolve("out")).strip();
    }

    private AgentLaunch.RunOutcome run(String script) throws Exception {
        AgentLaunch launch = new AgentLaunch(
                new Places(),
                new SandboxLauncher(place.directory, Map.of()),
                InstantSource.system(),
                Optional.of(new AgentLaunch.RunRecording(
                        place.directory.resolve("state/sessions"), _ -> {}, _ -> {}, _ -> {})));
        return launch.run(
                new PlaceProvider.PlaceRequest(Optional.empty(), "work", Set.of(), Set.of(), place.uid),
                new AgentLaunch.RunOrder(
                        List.of("/bin/sh", "-c", IDENTITY + "exec >out 2>&1; " + script),
                        place.workspace,
                        Map.of(),
                        List.of(),
                        Set.of(),
                        Set.of(),
                        false));
    }

    private final class Places implements PlaceProvider {

        @Override
        public AgentPlace open(PlaceRequest errand) {
            return new AgentPlace(
                    "L-" + ++runs,
                    Optional.empty(),
                    Optional.empty(),
                    new Secret(SandboxFixture.TOKEN),
                    place.socket,
                    place.directory,
                    Instant.now().plusSeconds(3600),
                    ExecutedPaths.usual(),
                    Map.of(),
                    List.of());
        }

        @Override
        public void registerDecoys(AgentPlace opened, List<MaskedCredential> decoys) {}

        @Override
        public Optional<Instant> renew(AgentPlace opened) {
            return Optional.of(Instant.now().plusSeconds(3600));
        }

        @Override
        public PlaceState checkState(AgentPlace opened) {
            return PlaceState.OPEN;
        }

        @Override
        public String end(AgentPlace opened) {
            return "";
        }

        @Override
        public String record(AgentPlace opened, String manifest) {
            return "R-1";
        }

        @Override
        public String openService(AgentPlace opened, LocalService service) {
            throw new AssertionError("there are no services");
        }

        @Override
        public boolean permitsService(AgentPlace opened, LocalService service) {
            return true;
        }

        @Override
        public void closeService(LeaseQuestion.ClosedConnection connection) {
            throw new AssertionError("there are no services");
        }

        @Override
        public void close(AgentPlace opened) {}
    }

    @Test
    void gitWorksAsInAnyDirectory() throws Exception {
        String said =
                inside("git commit -q --allow-empty -m two && git switch -q -c feature && git commit -q --allow-empty"
                        + " -m three && git branch -D side && git config branch.feature.remote origin && git pack-refs --all"
                        + " && git gc -q && git stash list && git status -sb -uno");

        assertThat(said).endsWith("## feature");
        assertThat(
                        outside(
                                "git log --format=%s feature | head -1; git branch --list side; git config branch.feature.remote"))
                .isEqualTo("three\norigin");
        assertThat(
                        outside(
                                "git worktree list | wc -l; git fsck --no-progress 2>&1; ls .git/commondir 2>/dev/null || true"))
                .isEqualTo("3");
    }

    @Test
    @Tag("promise")
    void nothingThatRunsProgramsCanBeChanged() throws Exception {
        String before = state();

        inside(ATTACKS.replace("COMMON", common.toString()));

        assertThat(state()).isEqualTo(before);
    }

    private String state() throws Exception {
        return outside("cat .git/config; ls .git/hooks; cat .git/worktrees/*/gitdir .git/worktrees/*/commondir"
                + " .git/worktrees/other/HEAD; cat " + place.workspace.resolve(".git") + "; git status -sb");
    }

    @Test
    @Tag("promise")
    void settingsThatRunProgramsAreHeldBack() throws Exception {
        AgentLaunch.RunOutcome outcome =
                run("git config core.fsmonitor ./evil; git config user.name Zed; git config core.fsmonitor");

        assertThat(outcome.findings().settings().heldBack()).containsExactly("core.fsmonitor");
        assertThat(outside("git config user.name; git config core.fsmonitor || true"))
                .isEqualTo("Zed");
    }

    @Test
    @Tag("promise")
    void repositoryThatDoesNotKnowTheWorktreeIsNotShown() throws Exception {
        Files.writeString(common.resolve("worktrees/workspace/gitdir"), "/elsewhere/.git\n");

        assertThatThrownBy(() -> run("true"))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("does not know it");
    }

    @Test
    void filesOfTheMainWorktreeStayAway() throws Exception {
        Files.writeString(main.resolve("secret"), "x");

        assertThat(inside("ls -A " + main)).isEqualTo(".git");
    }

    @Test
    void whatIsMadeForTheRunIsNotReportedAndDoesNotStay() throws Exception {
        AgentLaunch.RunOutcome outcome = run("git branch -m renamed");

        assertThat(outcome.findings().specialFiles()).isEmpty();
        assertThat(outside("git worktree list | grep -c renamed; ls .git/worktrees; ls .git | grep -cw gitdir || true"))
                .isEqualTo("1\nother\nworkspace\n0");
    }

    /** While one of them works, the other must not take away what keeps the repository's settings where they are. */
    @Test
    void agentThatEndsFirstLeavesTheRepositoryPrepared() throws Exception {
        Path register = place.directory.resolve("state");
        try (WorkspaceLock other = WorkspaceLock.of(main.resolve("other"), Optional.of(common), register)) {
            Files.writeString(common.resolve("commondir"), ".\n");
            assertThat(other.isLastInRepository()).isTrue();
        }
        Files.delete(common.resolve("commondir"));
        Process other = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        main.resolve("other").toString(),
                        common.toString(),
                        register.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('h');
            run("git status");
            assertThat(common.resolve("commondir")).hasContent(".");
        } finally {
            other.destroyForcibly().waitFor();
        }
        run("git status");
        assertThat(common.resolve("commondir")).doesNotExist();
    }

    /** Another agent's process, which holds its lock until its input ends. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            try (WorkspaceLock _ = WorkspaceLock.of(
                    Path.of(arguments[0]), Optional.of(Path.of(arguments[1])), Path.of(arguments[2]))) {
                System.out.println("held");
                assertThat(System.in.read()).isNegative();
            }
        }
    }
}
