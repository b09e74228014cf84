package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.admin.AdminServer;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminapi.SampleAnswers;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.session.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests one run of an agent, over a real admin socket with a fake gateway behind it. */
@Tag("process")
class AgentLaunchTest {

    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");

    private static final String RUNNER = RunProcess.current().orElseThrow().text();

    private static final String NOTHING = "nothing is there";

    private SandboxFixture place;
    private Optional<GatewayPlaces.Signer> signer = Optional.empty();
    private volatile AdminServer server;
    private final FakeGateway gateway = new FakeGateway();
    private final List<UnfinishedRun.UnfinishedRunReport> warned = new ArrayList<>();
    private final List<String> unkept = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        place = SandboxFixture.orSkipped();
        gateway.socket = place.socket;
        server = AdminServer.start(adminSocket(), Set.of(Files.getOwner(Path.of("/proc/self"))), gateway);
    }

    @AfterEach
    void close() throws IOException {
        if (place != null) {
            server.close();
            place.close();
        }
    }

    private Path adminSocket() {
        return place.directory.resolve("admin.sock");
    }

    @Test
    void placeIsOpenedForTheAgentsUserAndClosedWhenItHasEnded() throws Exception {
        assertThat(run("test \"$INTERLOCK_LEASE\" = " + SandboxFixture.TOKEN + " && exit 7"))
                .isEqualTo(7);
        assertThat(gateway.asked)
                .containsExactly(
                        "run.open {\"agent\":\"jer/cursor\",\"environments\":[\"staging\"],\"runner\":\"" + RUNNER
                                + "\",\"task\":\"fix-staging\",\"user\":" + place.uid + "}",
                        "run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void placeIsClosedEvenIfTheSandboxCannotBeBuilt() {
        AgentLaunch.RunOrder order = order(Path.of("/etc"), List.of(), AgentLaunch.WorkspaceGuard.USUAL, "true");
        assertThatThrownBy(() -> launch().run(errand(), order)).isInstanceOf(SandboxException.class);
        assertThat(gateway.asked).last().isEqualTo("run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void placeIsClosedEvenIfItIsNotUnderstood() {
        Json.Members outside = Json.object().with("path", "../x").with("content", "");
        gateway.answer = members -> members.with("planted", new Json.Array(List.of(outside)));
        assertThatThrownBy(() -> run("echo x > started")).isInstanceOf(MalformedException.class);
        assertThat(place.workspace.resolve("started")).doesNotExist();
        assertThat(gateway.asked).last().isEqualTo("run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void refusalOfTheGatewayStartsNothing() {
        gateway.refuses = true;
        assertThatThrownBy(() -> run("echo x > started"))
                .isInstanceOfSatisfying(
                        SandboxException.class, e -> assertThat(e.next()).isEqualTo("Ask jer."));
        assertThat(place.workspace.resolve("started")).doesNotExist();
    }

    @Test
    @Tag("promise")
    void adminSocketDoesNotExistInside() throws Exception {
        assertThat(run("test -e " + adminSocket())).isEqualTo(1);
    }

    @Test
    void leaseThatIsGoneAlreadyIsNoFailure() throws Exception {
        gateway.forgets = true;
        assertThat(run("exit 0")).isZero();
    }

    @Test
    void agentWhoseLeaseWasEndedIsAskedToEndAndItIsSaidByWhom() throws Exception {
        gateway.opened = place::shut;
        AgentLaunch.RunOutcome outcome = outcome("trap 'exit 9' TERM; echo up > up; while :; do sleep 0.1; done");
        assertThat(outcome)
                .isEqualTo(new AgentLaunch.RunOutcome(
                        9,
                        Optional.of("this lease was ended by `jer` (kill)"),
                        WorkspaceFindings.NONE,
                        Optional.empty()));
    }

    @Test
    void agentThatEndedByItselfLostNothing() throws Exception {
        assertThat(outcome("exit 3"))
                .isEqualTo(new AgentLaunch.RunOutcome(3, Optional.empty(), WorkspaceFindings.NONE, Optional.empty()));
    }

    @Test
    void whatNeedsAPersonIsOpenedUnderTheSignatureOfExactlyWhatWasPrepared() throws Exception {
        signer = Optional.of(statement -> "signed " + new String(statement, StandardCharsets.UTF_8));
        assertThat(run("exit 0")).isZero();
        assertThat(gateway.asked)
                .containsExactly(
                        "lease.prepare"
                                + " {\"agent\":\"jer/cursor\",\"environments\":[\"staging\"],\"task\":\"fix-staging\"}",
                        "run.open {\"runner\":\"" + RUNNER
                                + "\",\"signature\":\"signed {wider}\",\"statement\":\"{wider}\",\"user\":" + place.uid
                                + "}",
                        "run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void whatCannotBeProvenIsSaidAndChangesNothingOfHowTheAgentEnded() throws Exception {
        gateway.proves = false;
        List<AgentLaunch.RunOutcome> told = new ArrayList<>();
        AgentLaunch.RunOutcome outcome = recorded(told).run(errand(), order("exit 7"));
        assertThat(outcome.exit()).isEqualTo(7);
        assertThat(told).containsExactly(outcome);
        assertThat(outcome.recorded().orElseThrow().receipt()).isEmpty();
        assertThat(outcome.recorded().orElseThrow().troubles())
                .singleElement()
                .asString()
                .contains("the record is not proven", "Not for this agent.");
        assertThat(sessions().resolve("L-1/manifest.json")).exists();
    }

    @Test
    void answerThatIsNotUnderstoodChangesNothingOfHowTheAgentEnded() throws Exception {
        gateway.answer = members -> members.without(Set.of("receipt"));
        List<AgentLaunch.RunOutcome> told = new ArrayList<>();
        AgentLaunch.RunOutcome outcome = recorded(told).run(errand(), order("exit 7"));
        assertThat(outcome.exit()).isEqualTo(7);
        assertThat(told).containsExactly(outcome);
        assertThat(outcome.recorded().orElseThrow().troubles())
                .singleElement()
                .asString()
                .contains("the record is not proven");
    }

    @Test
    void whatWasRecordedIsToldToTheGatewayOnceThePlaceIsClosed() throws Exception {
        AgentLaunch.RunOutcome outcome = recorded(new ArrayList<>()).run(errand(), order("exit 7"));
        assertThat(outcome.recorded().orElseThrow().receipt()).contains("R-1");
        assertThat(gateway.asked).element(1).isEqualTo("run.close {\"lease\":\"L-1\"}");
        assertThat(gateway.asked).last().asString().matches("session.record .*\"manifest_sha256\":\"[0-9a-f]{64}\"}");
    }

    @Test
    void harmlessGitSettingsComeBackAtTheEnd() throws Exception {
        sealStandardFiles();
        List<String> init = new ArrayList<>(Privileges.dropping(place.uid));
        init.addAll(List.of("git", "init", "-q", place.workspace.toString()));
        assertThat(new ProcessBuilder(init).start().waitFor()).isZero();
        AgentLaunch.RunOutcome outcome = recorded(new ArrayList<>())
                .run(errand(), order("git config user.name Zed && git config core.fsmonitor evil"));
        assertThat(outcome.exit()).isZero();
        assertThat(outcome.findings().settings())
                .isEqualTo(new GitConfigChanges(List.of("user.name"), List.of("core.fsmonitor"), true));
        assertThat(place.workspace.resolve(".git/config"))
                .content()
                .contains("name = Zed")
                .doesNotContain("evil");
    }

    @Test
    void anAgentThatCannotBeRecordedDoesNotStart() throws Exception {
        Files.writeString(place.directory.resolve("state"), "a file");
        assertThatThrownBy(() -> recorded(new ArrayList<>()).run(errand(), order("echo x > started")))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("cannot be recorded");
        assertThat(place.workspace.resolve("started")).doesNotExist();
        assertThat(gateway.asked).isEmpty();
    }

    @Test
    void aRunThatNeverStartedLeavesNoRecord() {
        AgentLaunch.RunOrder order = order(Path.of("/etc"), List.of(), AgentLaunch.WorkspaceGuard.USUAL, "true");
        assertThatThrownBy(() -> recorded(new ArrayList<>()).run(errand(), order))
                .isInstanceOf(SandboxException.class);
        assertThat(sessions()).isEmptyDirectory();
    }

    @Test
    void aLinkOutOfTheWorkspaceToWhatRunsByItselfStartsNothing() throws Exception {
        Path outside = Files.createDirectory(place.directory.resolve("outside"));
        Files.createSymbolicLink(place.workspace.resolve(".github"), outside);
        assertThatThrownBy(() -> run("echo x > started")).isInstanceOfSatisfying(SandboxException.class, e -> {
            assertThat(e).hasMessageContaining("`.github`").hasMessageContaining("`" + outside + "`");
            assertThat(e.next()).contains("--writable .github");
            assertThat(e.fault()).isEqualTo(SandboxException.SandboxFault.MACHINE);
        });
        assertThat(place.workspace.resolve("started")).doesNotExist();
        assertThat(gateway.asked).last().isEqualTo("run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void aRunRemovesItsTemporaryFiles() throws Exception {
        recorded(new ArrayList<>()).run(errand(), order("exit 7"));
        try (Stream<Path> left = Files.list(place.directory)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("interlock-"));
        }
    }

    @Test
    void whatIsWrongWithAnOrderIsTheCallersToMend() {
        AgentLaunch.RunOrder order = order(Path.of("/nowhere"), List.of(), AgentLaunch.WorkspaceGuard.USUAL, "true");
        assertThatThrownBy(() -> launch().run(errand(), order))
                .isInstanceOfSatisfying(
                        SandboxException.class,
                        e -> assertThat(e.fault()).isEqualTo(SandboxException.SandboxFault.ORDER));
        gateway.refusal = AdminRefusedException.WRONG_ARGUMENT;
        gateway.refuses = true;
        assertThatThrownBy(() -> run("true"))
                .isInstanceOfSatisfying(
                        SandboxException.class,
                        e -> assertThat(e.fault()).isEqualTo(SandboxException.SandboxFault.ORDER));
    }

    @Test
    void writableIsOnlyWhatLiesInTheWorkspace() {
        AgentLaunch.WorkspaceGuard guard = new AgentLaunch.WorkspaceGuard(
                Masking.NONE, Set.of(Path.of("../elsewhere")), ProcessLimits.USUAL, _ -> {});
        AgentLaunch.RunOrder order = order(place.workspace, List.of(), guard, "true");
        assertThatThrownBy(() -> launch().run(errand(), order))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("`../elsewhere` is not in the workspace");
    }

    @Test
    void aCommandThatDoesNotExistInsideIsNamed() throws Exception {
        AgentLaunch.RunOrder order =
                order(place.workspace, List.of(), AgentLaunch.WorkspaceGuard.USUAL, "no-such-agent");
        assertThat(recorded(new ArrayList<>()).run(errand(), order).exit()).isEqualTo(127);
        assertThat(Files.readString(sessions().resolve("L-1/session.cast")))
                .contains("`no-such-agent` is not to be found inside")
                .contains("--read");
    }

    @Test
    @Tag("promise")
    void recordsInTheWorkspaceAreRefusedBeforeAnythingIsOpened() throws Exception {
        for (Path sessions : List.of(
                place.workspace.resolve("state/sessions"), Files.createDirectories(place.workspace.resolve("there")))) {
            assertThatThrownBy(() -> recorded(sessions, new ArrayList<>()).run(errand(), order("echo x > started")))
                    .isInstanceOfSatisfying(SandboxException.class, e -> {
                        assertThat(e.next()).contains("$XDG_STATE_HOME");
                        assertThat(e.fault()).isEqualTo(SandboxException.SandboxFault.ORDER);
                    })
                    .hasMessageContaining("where agents' sessions are recorded");
        }
        assertThat(place.workspace.resolve("started")).doesNotExist();
        assertThat(gateway.asked).isEmpty();
    }

    @Test
    void recordsAreEmptyToAnAgentThatMayReadAroundThem() throws Exception {
        Path sessions = Files.createDirectories(place.directory.resolve("shown/state/sessions"));
        Path snapshots = sessions.resolveSibling("snapshots");
        AgentLaunch.RunOrder order = showing(
                place.directory.resolve("shown"),
                "cd " + sessions + " && cd " + snapshots + " && test -z \"$(ls " + sessions + " " + snapshots
                        + " | grep -v '^/' | tr -d '\\n')\"");
        AgentLaunch.RunOutcome outcome = recorded(sessions, new ArrayList<>()).run(errand(), order);
        assertThat(outcome.exit()).isZero();
        assertThat(sessions.resolve("L-1/manifest.json")).exists();
        assertThat(snapshots).isNotEmptyDirectory();
    }

    @Test
    void secondAgentInAWorkspaceDoesNotStart() throws Exception {
        try (WorkspaceLock claim = WorkspaceLock.of(
                place.workspace.toRealPath(), Optional.empty(), sessions().resolveSibling(""))) {
            assertThatThrownBy(() -> recorded(new ArrayList<>()).run(errand(), order("echo x > started")))
                    .isInstanceOfSatisfying(
                            SandboxException.class, e -> assertThat(e.next()).contains("git worktree add"))
                    .hasMessageContaining("Another agent of yours works in");
            assertThat(gateway.asked).isEmpty();
            assertThat(place.workspace.resolve("started")).doesNotExist();
            assertThat(claim).isNotNull();
        }
        assertThat(recorded(new ArrayList<>()).run(errand(), order("exit 7")).exit())
                .isEqualTo(7);
    }

    @Test
    void homeOfTheCallerIsNoWorkspace() {
        AgentLaunch launch = new AgentLaunch(
                new GatewayPlaces(AdminClient.at(adminSocket()), signer, _ -> {}),
                new SandboxLauncher(place.directory, Map.of("HOME", place.workspace.toString())),
                InstantSource.fixed(NOW),
                Optional.empty());
        assertThatThrownBy(() -> launch.run(errand(), order("echo x > started")))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("is or contains a home directory");
        assertThat(place.workspace.resolve("started")).doesNotExist();
    }

    /**
     * Leaves the record of a run that was killed, as far as this process can tell: the files are there without a lock.
     */
    private void killed(String lease, WorkspaceSnapshot.SnapshotScope scope) throws IOException {
        Json.Members about = Json.object()
                .with("lease", lease)
                .with("task", "fix-staging")
                .with("workspace", scope.workspace().toString())
                .with("started", NOW.toString())
                .withTexts("command", List.of("agent"));
        Path kept = sessions().resolve("unfinished").resolve(lease + ".jsonl");
        Path copy = place.directory.resolve("copy");
        WorkspaceSnapshot beginning = WorkspaceSnapshot.of(sessions(), about, scope, scope.executedFiles());
        Files.copy(kept, copy);
        beginning.forget();
        Files.move(copy, kept);
    }

    private WorkspaceSnapshot.SnapshotScope scope() throws IOException {
        return new WorkspaceSnapshot.SnapshotScope(
                place.workspace.toRealPath(), ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), place.uid);
    }

    @Test
    void whatAKilledRunLeftIsToldByTheNextAndOnce() throws Exception {
        Files.writeString(place.workspace.resolve("package.json"), "{}");
        Files.writeString(place.workspace.resolve("tasks"), "x");
        killed("L-9", scope());
        Files.writeString(place.workspace.resolve(".envrc"), "planted");
        Files.writeString(place.workspace.resolve("package.json"), "{\"scripts\": {}}");
        AgentLaunch.RunOutcome outcome = recorded(new ArrayList<>()).run(errand(), order("echo x > AGENTS.md"));
        assertThat(outcome.findings().files())
                .extracting(WorkspaceFindings.ExecutedFile::path)
                .containsExactly("AGENTS.md");
        assertThat(outcome.recorded().orElseThrow().killed())
                .isEqualTo(warned)
                .singleElement()
                .satisfies(told -> {
                    assertThat(told.run().lease()).isEqualTo("L-9");
                    assertThat(told.findings().files())
                            .extracting(WorkspaceFindings.ExecutedFile::path, WorkspaceFindings.ExecutedFile::fresh)
                            .containsExactly(tuple(".envrc", true), tuple("package.json", false));
                });
        gateway.lease = "L-2";
        assertThat(recorded(new ArrayList<>())
                        .run(errand(), order("true"))
                        .recorded()
                        .orElseThrow()
                        .killed())
                .isEmpty();
    }

    @Test
    void specialFilesAreReported() throws Exception {
        AgentLaunch.RunOutcome outcome = recorded(sessions(), new ArrayList<>(), InstantSource.system())
                .run(
                        errand(),
                        order("mkfifo pipe; mkdir -p node_modules/x; ln -s /etc/passwd node_modules/x/notes;"
                                + " ln -s /usr/bin/env env; cp /bin/true true; chmod u+s true; exit 7"));
        assertThat(outcome.exit()).isEqualTo(7);
        assertThat(outcome.findings().specialFiles())
                .containsExactly(
                        new SpecialFiles(
                                SpecialFiles.SpecialFileKind.SETUID,
                                1,
                                List.of(new SpecialFiles.SpecialFile("true", Optional.empty()))),
                        new SpecialFiles(
                                SpecialFiles.SpecialFileKind.LINK,
                                1,
                                List.of(new SpecialFiles.SpecialFile(
                                        "node_modules/x/notes", Optional.of("/etc/passwd")))),
                        new SpecialFiles(
                                SpecialFiles.SpecialFileKind.PIPE,
                                1,
                                List.of(new SpecialFiles.SpecialFile("pipe", Optional.empty()))));
        assertThat(Files.readString(sessions().resolve("L-1/manifest.json"))).contains("\"kind\":\"setuid\"");
    }

    /** A manifest has 4 MiB at most; a longer one could not be read again. */
    @Test
    void howeverMuchWasLeftTheRecordIsReadAgain() throws Exception {
        AgentLaunch.RunOutcome outcome = recorded(new ArrayList<>())
                .run(errand(), order("mkdir .vscode; cd .vscode; seq 45000 | xargs touch; cd ..; echo x > .envrc"));
        assertThat(outcome.findings().files()).hasSize(45_001);
        assertThat(Session.read(sessions(), "L-1").manifest().object("left")).satisfies(left -> {
            assertThat(left.whole("more")).isEqualTo(44_950);
            assertThat(WorkspaceFindings.read(left).files())
                    .extracting(WorkspaceFindings.ExecutedFile::path)
                    .contains(".envrc");
        });
    }

    @Test
    void whatAKilledRunLeftElsewhereIsNotToldHere() throws Exception {
        Path other = Files.createDirectory(place.directory.resolve("other"));
        killed(
                "L-8",
                new WorkspaceSnapshot.SnapshotScope(
                        other.toRealPath(), ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), place.uid));
        Files.writeString(other.resolve(".envrc"), "planted");
        recorded(new ArrayList<>()).run(errand(), order("true"));
        assertThat(warned).isEmpty();
        assertThat(UnfinishedRun.in(sessions())).singleElement().satisfies(one -> {
            assertThat(one.isAlive()).isFalse();
            assertThat(one.report().orElseThrow().findings().files())
                    .extracting(WorkspaceFindings.ExecutedFile::path)
                    .containsExactly(".envrc");
        });
    }

    @Test
    void aRunThatDidNotStartOrHasEndedLeavesNothingToBeTold() throws Exception {
        recorded(new ArrayList<>()).run(errand(), order("exit 7"));
        assertThat(UnfinishedRun.in(sessions())).isEmpty();
        gateway.lease = "L-2";
        AgentLaunch.WorkspaceGuard guard = new AgentLaunch.WorkspaceGuard(
                Masking.NONE, Set.of(), ProcessLimits.USUAL.with(Map.of("open-files", "3")), _ -> {});
        AgentLaunch.RunOrder order = order(place.workspace, List.of(), guard, "true");
        try {
            recorded(new ArrayList<>()).run(errand(), order);
        } catch (SandboxException e) {
            // It cannot be built.
        }
        assertThat(UnfinishedRun.in(sessions())).isEmpty();
    }

    @Test
    void whatWasNotWrittenDownWholeIsOfARunThatNeverBegan() throws Exception {
        killed("L-7", scope());
        Files.writeString(place.workspace.resolve(".envrc"), "planted");
        Path kept = sessions().resolve("unfinished/L-7.jsonl");
        String first = Files.readAllLines(kept).getFirst();
        Files.writeString(kept, first.replace("\"files\":0", "\"files\":1"));
        recorded(new ArrayList<>()).run(errand(), order("true"));
        assertThat(warned).isEmpty();
        assertThat(kept).doesNotExist();
    }

    @Test
    void agentGoesOnWhileTheGatewayIsStartedAgain() throws Exception {
        gateway.opened = () -> new Thread(this::restart, "restart").start();
        gateway.held = () -> make(place.workspace.resolve("held"));
        assertThat(outcome("until test -e held; do sleep 0.1; done; exit 6"))
                .isEqualTo(new AgentLaunch.RunOutcome(6, Optional.empty(), WorkspaceFindings.NONE, Optional.empty()));
        assertThat(gateway.asked).contains("run.reattach {\"lease\":\"L-1\"}");
    }

    @Test
    void agentWhosePlaceAGatewayDoesNotKnowAnyMoreIsAskedToEnd() throws Exception {
        gateway.opened = () -> new Thread(this::restart, "restart").start();
        gateway.holds = false;
        assertThat(outcome("trap 'exit 9' TERM; while :; do sleep 0.1; done").exit())
                .isEqualTo(9);
    }

    /** A service of the host whose socket is in the agent's view. */
    private static final class Service implements AutoCloseable {

        private final ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);

        Service(Path socket) throws IOException {
            Files.createDirectories(socket.resolveSibling(""));
            listener.bind(UnixDomainSocketAddress.of(socket));
            listener.configureBlocking(false);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
        }

        boolean wasReached() throws IOException {
            try (SocketChannel reached = listener.accept()) {
                return reached != null;
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    /** Agents replace their settings, so these must be no mounts. */
    @Test
    void theFilesOfAHomeAreTheAgentsOwn() throws Exception {
        Path settings = Path.of(".agent/settings.json");
        String script = "cat ~/.agent/settings.json >seen && echo mine >~/.agent/new"
                + " && mv -f ~/.agent/new ~/.agent/settings.json && cat ~/.agent/settings.json >>seen";
        AgentLaunch.RunOrder order =
                order(script, new AgentLaunch.RunHome(Optional.empty(), Map.of(settings, Bytes.utf8("ours\n"))));
        assertThat(launch().run(errand(), order).exit()).isZero();
        assertThat(place.workspace.resolve("seen")).hasContent("ours\nmine\n");
    }

    private AgentLaunch.RunOrder showing(Path shown, String script) {
        return order(place.workspace, List.of(shown), AgentLaunch.WorkspaceGuard.USUAL, "/bin/sh", "-c", script);
    }

    private AgentLaunch.RunOrder order(
            Path workspace, List<Path> readable, AgentLaunch.WorkspaceGuard guard, String... command) {
        return new AgentLaunch.RunOrder(
                List.of(command),
                workspace,
                Map.of(),
                readable,
                Set.of(adminSocket()),
                Set.of(),
                false,
                guard,
                AgentLaunch.RunHome.EMPTY,
                AgentLaunch.RunPorts.NONE);
    }

    /** Not every port: an agent could stand in for what is not started yet, such as a database. */
    @Test
    @Tag("promise")
    void usualPortsArePublishedWhileTheAgentListensThere() throws Exception {
        sealStandardFiles();
        int usual = freeUsualPort();
        String serve = ",bind=127.0.0.1,reuseaddr,fork SYSTEM:'echo pong' & ";
        List<String> told = new CopyOnWriteArrayList<>();
        Thread agent = serving(
                "echo \"$INTERLOCK_PUBLISHED\" >names; socat TCP4-LISTEN:15432" + serve + "socat TCP4-LISTEN:" + usual
                        + serve
                        + "until [ -e end ]; do sleep 0.1; done; kill $!; until [ -e done ]; do sleep 0.1; done",
                told);
        await(() -> answer(usual).equals("pong"));
        assertThat(answer(15_432)).isEqualTo(NOTHING);
        assertThat(Files.readString(place.workspace.resolve("names")).split("\\s+"))
                .contains(Integer.toString(usual));
        Files.writeString(place.workspace.resolve("end"), "x");
        await(() -> answer(usual).equals(NOTHING));
        Files.writeString(place.workspace.resolve("done"), "x");
        agent.join();
        assertThat(told).singleElement().asString().contains(Integer.toString(usual), "while the agent has a server");
    }

    @Test
    void strictFilesPublishNothingByItself() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        serving("echo \"x$INTERLOCK_PUBLISHED\" >names", told).join();
        assertThat(place.workspace.resolve("names")).hasContent("x");
        assertThat(told).isEmpty();
    }

    private Thread serving(String script, List<String> told) {
        AgentLaunch.RunPorts ports = new AgentLaunch.RunPorts(List.of(), List.of(), true, told::addAll);
        return Thread.ofPlatform().start(() -> {
            try {
                launch().run(errand(), order(script, AgentLaunch.RunHome.EMPTY, ports));
            } catch (IOException | SandboxException | InterruptedException e) {
                told.add(e.toString());
            }
        });
    }

    private static int freeUsualPort() {
        return PublishedPort.USUAL.stream()
                .map(PublishedPort::inside)
                .filter(port -> answer(port).equals(NOTHING))
                .findFirst()
                .orElseThrow();
    }

    /** Returns what a server at {@code port} of this machine says. */
    private static String answer(int port) {
        try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return NOTHING;
        }
    }

    private static void await(BooleanSupplier condition) {
        for (int looks = 0; looks < 3_000; looks++) {
            if (condition.getAsBoolean()) {
                return;
            }
            LockSupport.parkNanos(20_000_000);
        }
        throw new AssertionError("it does not come about");
    }

    /** No network is involved: connect(2) finds it by its file, even on a read-only file system. */
    @Test
    @Tag("promise")
    void noServiceIsReachedAtASocketInWhatTheAgentIsShown() throws Exception {
        Path shown = Files.createDirectory(place.directory.resolve("shown"));
        Path inner = place.workspace.resolve("node_modules/x/db.sock");
        try (Service first = new Service(inner);
                Service second = new Service(shown.resolve("db.sock"))) {
            Files.setAttribute(place.workspace.resolve("node_modules"), "unix:uid", place.uid);
            String script = "for s in node_modules/x/db.sock moved/x/db.sock " + shown + "/db.sock; do socat -u"
                    + " OPEN:/dev/null UNIX-CONNECT:$s && echo reached $s; mv node_modules moved; done 2>/dev/null";
            List<String> outside = new ArrayList<>(Privileges.dropping(place.uid));
            outside.addAll(List.of("/bin/sh", "-c", "cd " + place.workspace + "; " + script));
            assertThat(Host.run(outside).text().lines()).as("without a sandbox").hasSize(3);
            assertThat(first.wasReached() && second.wasReached()).isTrue();
            while (first.wasReached() || second.wasReached()) {
                // All input has been read.
            }
            Files.move(place.workspace.resolve("moved"), place.workspace.resolve("node_modules"));
            recorded(new ArrayList<>()).run(errand(), showing(shown, script));
            assertThat(Files.readAllLines(sessions().resolve("L-1/session.cast")))
                    .as("no output")
                    .hasSize(1);
            assertThat(inner).as("it lies where it lay").exists();
            assertThat(first.wasReached()).as("in the workspace").isFalse();
            assertThat(second.wasReached()).as("in what it may read").isFalse();
        }
    }

    @Test
    void temporaryGatewayFailuresAreRetried() throws Exception {
        GatewayPlaces places = new GatewayPlaces(AdminClient.at(adminSocket()), signer, _ -> {});
        PlaceProvider.AgentPlace open = places.open(errand());
        GatewayPlaces away = new GatewayPlaces(AdminClient.at(adminSocket()), signer, _ -> {}); // it holds nothing
        gateway.refuses = true;
        assertThat(places.renew(open)).isEmpty();
        assertThat(away.checkState(open)).isEqualTo(PlaceProvider.PlaceState.ENDED);
        gateway.refusal = "unavailable";
        assertThatThrownBy(() -> places.renew(open))
                .isInstanceOf(IOException.class)
                .hasMessage("Not for this agent.");
        assertThat(away.checkState(open)).isEqualTo(PlaceProvider.PlaceState.AWAY);
        gateway.refuses = false;
        assertThat(places.renew(open)).isPresent();
        places.close(open);
    }

    private static void make(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void restart() {
        try {
            server.close();
            server = AdminServer.start(adminSocket(), Set.of(Files.getOwner(Path.of("/proc/self"))), gateway);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void sealStandardFiles() {
        gateway.answer = members -> members.get("executed").isPresent()
                ? members.without(Set.of("executed"))
                        .with("executed", ExecutedPaths.usual().json())
                : members;
    }

    private Path sessions() {
        return place.directory.resolve("state").resolve("sessions");
    }

    private AgentLaunch recorded(List<AgentLaunch.RunOutcome> told) {
        return recorded(sessions(), told);
    }

    private AgentLaunch recorded(Path sessions, List<AgentLaunch.RunOutcome> told) {
        return recorded(sessions, told, InstantSource.fixed(NOW));
    }

    private AgentLaunch recorded(Path sessions, List<AgentLaunch.RunOutcome> told, InstantSource clock) {
        return new AgentLaunch(
                new GatewayPlaces(AdminClient.at(adminSocket()), signer, _ -> {}),
                new SandboxLauncher(place.directory, Map.of()),
                clock,
                new AgentLaunch.RunRecording(sessions, warned::addAll, unkept::add, told::add));
    }

    private AgentLaunch.RunOrder order(String script) {
        return order(script, AgentLaunch.RunHome.EMPTY);
    }

    private AgentLaunch.RunOrder order(String script, AgentLaunch.RunHome home) {
        return order(script, home, AgentLaunch.RunPorts.NONE);
    }

    private AgentLaunch.RunOrder order(String script, AgentLaunch.RunHome home, AgentLaunch.RunPorts ports) {
        return new AgentLaunch.RunOrder(
                List.of("/bin/sh", "-c", script),
                place.workspace,
                Map.of(),
                List.of(),
                Set.of(adminSocket()),
                Set.of(),
                false,
                AgentLaunch.WorkspaceGuard.USUAL,
                home,
                ports);
    }

    private int run(String script) throws Exception {
        return outcome(script).exit();
    }

    private AgentLaunch.RunOutcome outcome(String script) throws Exception {
        return launch().run(errand(), order(script));
    }

    private PlaceProvider.PlaceRequest errand() {
        return new PlaceProvider.PlaceRequest(
                Optional.of("jer/cursor"), "fix-staging", Set.of("staging"), Set.of(), place.uid);
    }

    private AgentLaunch launch() {
        GatewayPlaces places = new GatewayPlaces(AdminClient.at(adminSocket()), signer, _ -> {});
        return new AgentLaunch(
                places, new SandboxLauncher(place.directory, Map.of()), InstantSource.fixed(NOW), Optional.empty());
    }

    /** A fake gateway that opens the test's place, and records its calls. */
    private static final class FakeGateway implements CommandRunner {

        private final List<String> asked = new CopyOnWriteArrayList<>();
        private Path socket = Path.of("/nowhere");
        private Runnable opened = () -> {};
        private volatile Runnable held = () -> {};
        private boolean refuses;
        private String refusal = "refused";
        private boolean forgets;
        private boolean proves = true;
        private volatile boolean holds = true;
        private String lease = "L-1";
        private UnaryOperator<Json.Members> answer = UnaryOperator.identity();

        @Override
        public void run(Peer peer, String command, Json.Members arguments, ResultSink results)
                throws AdminRefusedException {
            asked.add(command + " " + arguments.canonicalText());
            boolean unproven = !proves && command.equals("session.record");
            boolean unheld = !holds && command.equals("run.reattach");
            if (refuses || unproven || unheld || (forgets && command.equals("run.close"))) {
                throw new AdminRefusedException(refusal, "Not for this agent.", "Ask jer.");
            }
            if (command.equals("receipts")) {
                Json.Members other = Json.object().withTexts("leases", List.of("L-2"));
                Json.Members kill = Json.object().with("command", "kill").with("peer", "jer");
                results.accept(Json.object()
                        .with("receipts", new Json.Array(List.of(other, kill.withTexts("leases", List.of("L-1"))))));
                return;
            }
            if (command.equals("run.open")) {
                opened.run();
            }
            if (command.equals("run.reattach")) {
                held.run();
            }
            results.accept(answer.apply(SampleAnswers.complete(
                    command,
                    Json.object()
                            .with("statement", "{wider}")
                            .with("receipt", "R-1")
                            .with("lease", lease)
                            .with("token", SandboxFixture.TOKEN)
                            .with("socket", socket.toString())
                            .with("trust", socket.resolveSibling("").toString())
                            .with("directory", socket.resolveSibling(".").toString())
                            .with("expires", NOW.plusSeconds(3_600).toString())
                            .with("agent", "jer/cursor")
                            .with("executed", ExecutedPaths.usual().allHeld().json()))));
        }

        @Override
        public void refused(Peer peer, String command) {
            throw new AssertionError("this process is entitled");
        }
    }
}
