package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.adminapi.LeaseQuestion;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the escape attempts in real sandboxes: they fail, and succeed where a wall is left out. */
@Tag("process")
class SandboxExaminationTest {

    private SandboxFixture place;

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

    @Test
    void everyEscapeRouteIsClosed() throws Exception {
        List<SandboxExamination.EscapeResult> checks = examine(UnaryOperator.identity());
        assertThat(checks).filteredOn(check -> !check.blocked()).isEmpty();
        assertThat(checks)
                .extracting(SandboxExamination.EscapeResult::name)
                .contains(
                        "tcp 127.0.0.1",
                        "udp 127.0.0.1",
                        "names",
                        "doh 1.1.1.1",
                        "metadata 169.254.169.254",
                        "raw-socket",
                        "vsock",
                        "unix-socket",
                        "abstract-socket",
                        "docker-socket",
                        "processes",
                        "ptrace",
                        "signal",
                        "own-environment",
                        "vault",
                        "login .ssh",
                        "shadow",
                        "other-files",
                        "write-system",
                        "devices",
                        "keyrings",
                        "io-uring",
                        "bpf",
                        "mount",
                        "setuid",
                        "capabilities",
                        "user-namespaces");
        assertThat(place.connections).hasValue(1); // only the gateway's, which shows that connections work at all
    }

    /** A check that stays green without its wall proves nothing. */
    @ParameterizedTest
    @CsvSource({
        "own network, tcp 127.0.0.1 | udp 127.0.0.1 | abstract-socket",
        "system calls, vsock | keyrings | bpf | kernel-sockets | new-namespaces | new-mounts | file-handles",
        "own users + system calls, user-namespaces",
        "kernel's own files, kernels-own-files",
        "root read-only, write-system",
    })
    void withoutARestrictionItsEscapeRouteIsOpen(String wall, String ways) throws Exception {
        List<SandboxExamination.EscapeResult> checks = examine(without(wall));
        Set<String> open = new TreeSet<>();
        checks.stream().filter(check -> !check.blocked()).forEach(check -> open.add(check.name()));
        assertThat(open).containsAll(List.of(ways.split(" \\| ", -1)));
        assertThat(checks)
                .filteredOn(check -> !check.blocked())
                .allMatch(check -> !check.close().isEmpty());
    }

    @Test
    void socketsInWhatTheAgentSeesAreTried() throws Exception {
        Path shown = Files.createDirectory(place.directory.resolve("shown"));
        Path socket = shown.resolve("db.sock");
        AgentLaunch.RunOrder order = new AgentLaunch.RunOrder(
                List.of("x"), place.workspace, Map.of(), List.of(shown), Set.of(), Set.of(), false);
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertThat(open(examine(order, Map.of(), UnaryOperator.identity()))).isEmpty();
            assertThat(open(examine(order, Map.of(), without("services")))).containsExactly("workspace-sockets");
        }
    }

    private static List<String> open(List<SandboxExamination.EscapeResult> checks) {
        return checks.stream()
                .filter(check -> !check.blocked())
                .map(SandboxExamination.EscapeResult::name)
                .toList();
    }

    /** A protection of the sandbox is missing without one: the advice to upgrade bubblewrap would not help. */
    @ParameterizedTest
    @CsvSource({
        "vsock, RestrictAddressFamilies",
        "raw-socket, CAP_NET_RAW",
        "abstract-sockets, RestrictAddressFamilies",
        "tcp 127.0.0.1, docs/agents.md",
        "login .ssh, read permission",
        "capabilities, no-new-privs",
        "admin-socket, admins",
    })
    void withoutASandboxNobodyIsToldToMendIt(String way, String advice) {
        assertThat(SandboxExamination.close(way, true))
                .contains(advice)
                .doesNotContain("bubblewrap", "--read", "start `run`");
        assertThat(SandboxExamination.close(way, false)).doesNotContain(advice);
    }

    @Test
    void whatIsShownToTheAgentIsFound() throws Exception {
        Path shown = Files.createDirectory(place.directory.resolve("shown"));
        Files.writeString(shown.resolve("key"), "nothing of worth\n");
        AgentLaunch.RunOrder order = new AgentLaunch.RunOrder(
                List.of("x"), place.workspace, Map.of(), List.of(shown), Set.of(), Set.of(), false);
        assertThat(examine(order, Map.of("vault", shown), UnaryOperator.identity()))
                .filteredOn(check -> !check.blocked())
                .extracting(SandboxExamination.EscapeResult::name)
                .containsExactly("vault");
    }

    @Test
    void whereNotEvenTheGatewayAnswersNothingIsProved() {
        place.shut();
        assertThatThrownBy(() -> examine(UnaryOperator.identity()))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("nothing is proved");
    }

    /** A killed run would leave it for ever: the next one removes only the contents of a run's own directory. */
    @Test
    void allThatIsLaidOutLiesWhereTheNextRunTidies() throws Exception {
        Set<String> laid = new TreeSet<>();
        Set<String> before =
                Set.of(Objects.requireNonNull(place.directory.toFile().list()));
        examine(walls -> {
            laid.addAll(List.of(Objects.requireNonNull(place.directory.toFile().list())));
            return walls;
        });
        laid.removeAll(before);
        assertThat(laid).contains("vault").allMatch(name -> name.equals("vault") || name.startsWith("interlock-run-"));
        assertThat(place.directory.toFile().list())
                .doesNotContainAnyElementsOf(
                        laid.stream().filter(name -> !name.equals("vault")).toList());
    }

    private List<SandboxExamination.EscapeResult> examine(UnaryOperator<List<BubblewrapArgs.SandboxWall>> walls)
            throws Exception {
        AgentLaunch.RunOrder order =
                new AgentLaunch.RunOrder(List.of("x"), place.workspace, Map.of(), List.of(), Set.of(), Set.of(), false);
        Path vault = Files.createDirectories(place.directory.resolve("vault"));
        Files.writeString(vault.resolve("slot"), "nothing of worth\n");
        return examine(order, Map.of("vault", vault), walls);
    }

    private List<SandboxExamination.EscapeResult> examine(
            AgentLaunch.RunOrder order, Map<String, Path> own, UnaryOperator<List<BubblewrapArgs.SandboxWall>> walls)
            throws Exception {
        PlaceProvider.PlaceRequest errand =
                new PlaceProvider.PlaceRequest(Optional.empty(), "doctor", Set.of(), Set.of(), place.uid);
        return new SandboxExamination(place.directory, Map.of())
                .examineSandbox(
                        new OnePlace(),
                        errand,
                        order,
                        own,
                        Map.of("admin-socket", place.directory.resolve("admin.sock")),
                        walls,
                        SandboxFixture.freePort());
    }

    private static UnaryOperator<List<BubblewrapArgs.SandboxWall>> without(String names) {
        return walls -> SandboxFixture.leavingOut(Set.of(names.split(" \\+ ", -1)), walls);
    }

    /** Provides the test's place like a gateway. */
    private final class OnePlace implements PlaceProvider {

        @Override
        public AgentPlace open(PlaceRequest errand) {
            return new AgentPlace(
                    "L-1",
                    Optional.empty(),
                    Optional.empty(),
                    new Secret(SandboxFixture.TOKEN),
                    place.socket,
                    place.directory,
                    Instant.now().plusSeconds(900),
                    ExecutedPaths.usual().allHeld(),
                    Map.of(),
                    List.of());
        }

        @Override
        public void registerDecoys(AgentPlace armed, List<MaskedCredential> decoys) {}

        @Override
        public Optional<Instant> renew(AgentPlace open) {
            return Optional.of(open.expires());
        }

        @Override
        public PlaceState checkState(AgentPlace open) {
            return PlaceState.OPEN;
        }

        @Override
        public String end(AgentPlace ended) {
            return "it ended";
        }

        @Override
        public String record(AgentPlace open, String manifest) {
            throw new AssertionError("an examination is not recorded");
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
        public void close(AgentPlace open) {
            // The test closes it.
        }
    }
}
