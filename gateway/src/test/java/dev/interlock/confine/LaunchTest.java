package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.admin.AdminClient;
import dev.interlock.admin.AdminRefusedException;
import dev.interlock.admin.AdminServer;
import dev.interlock.admin.Commands;
import dev.interlock.admin.Peer;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One run of an agent, over a real admin socket with a made-up gateway behind it. */
class LaunchTest {

    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");

    private TestingPlace place;
    private Optional<AdminPlaces.Signer> signer = Optional.empty();
    private AdminServer server;
    private final FakeGateway gateway = new FakeGateway();

    @BeforeEach
    void open() throws IOException {
        Readiness readiness = Confinement.check();
        assumeTrue(readiness.ready(), () -> "this machine cannot confine: " + readiness.lack());
        place = new TestingPlace();
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
        assertThat(run("test \"$INTERLOCK_LEASE\" = " + TestingPlace.TOKEN + " && exit 7"))
                .isEqualTo(7);
        assertThat(gateway.asked)
                .containsExactly(
                        "run.open {\"agent\":\"jer/cursor\",\"environments\":[\"staging\"],\"task\":\"fix-staging\"}",
                        "run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void placeIsClosedEvenIfTheSandboxCannotBeBuilt() {
        Launch.Order order =
                new Launch.Order(List.of("true"), Path.of("/etc"), Map.of(), List.of(), Set.of(), Set.of(), false);
        assertThatThrownBy(() -> launch().run(errand(), order)).isInstanceOf(UnconfinableException.class);
        assertThat(gateway.asked).last().isEqualTo("run.close {\"lease\":\"L-1\"}");
    }

    @Test
    void refusalOfTheGatewayStartsNothing() {
        gateway.refuses = true;
        assertThatThrownBy(() -> run("echo x > started"))
                .isInstanceOfSatisfying(
                        UnconfinableException.class, e -> assertThat(e.next()).isEqualTo("Ask jer."));
        assertThat(place.workspace.resolve("started")).doesNotExist();
    }

    @Test
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
        Launch.Outcome outcome = outcome("trap 'exit 9' TERM; echo up > up; while :; do sleep 0.1; done");
        assertThat(outcome).isEqualTo(new Launch.Outcome(9, Optional.of("this lease was ended by `jer` (kill)")));
    }

    @Test
    void agentThatEndedByItselfLostNothing() throws Exception {
        assertThat(outcome("exit 3")).isEqualTo(new Launch.Outcome(3, Optional.empty()));
    }

    @Test
    void whatNeedsAPersonIsOpenedUnderTheSignatureOfExactlyWhatWasPrepared() throws Exception {
        signer = Optional.of(statement -> "signed " + new String(statement, StandardCharsets.UTF_8));
        assertThat(run("exit 0")).isZero();
        assertThat(gateway.asked)
                .containsExactly(
                        "lease.prepare {\"agent\":\"jer/cursor\",\"environments\":[\"staging\"],\"task\":\"fix-staging\"}",
                        "run.open {\"signature\":\"signed {wider}\",\"statement\":\"{wider}\"}",
                        "run.close {\"lease\":\"L-1\"}");
    }

    private int run(String script) throws Exception {
        return outcome(script).exit();
    }

    private Launch.Outcome outcome(String script) throws Exception {
        Launch.Order order = new Launch.Order(
                List.of("/bin/sh", "-c", script),
                place.workspace,
                Map.of(),
                List.of(),
                Set.of(adminSocket()),
                Set.of(),
                false);
        return launch().run(errand(), order);
    }

    private Places.Errand errand() {
        return new Places.Errand(Optional.of("jer/cursor"), "fix-staging", Set.of("staging"), Set.of(), place.uid);
    }

    private Launch launch() {
        AdminPlaces places = new AdminPlaces(AdminClient.at(adminSocket()), signer, _ -> {});
        return new Launch(places, new Confinement(place.directory, Map.of()), InstantSource.fixed(NOW));
    }

    /** Opens the testing place and remembers what it was asked. */
    private static final class FakeGateway implements Commands {

        private final List<String> asked = new ArrayList<>();
        private Path socket = Path.of("/nowhere");
        private Runnable opened = () -> {};
        private boolean refuses;
        private boolean forgets;

        @Override
        public void run(Peer peer, String command, Json.Members arguments, Consumer<Json.Members> results)
                throws AdminRefusedException {
            asked.add(command + " " + arguments.canonicalText());
            if (refuses || (forgets && command.equals("run.close"))) {
                throw new AdminRefusedException("refused", "Not for this agent.", "Ask jer.");
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
            results.accept(Json.object()
                    .with("statement", "{wider}")
                    .with("lease", "L-1")
                    .with("token", TestingPlace.TOKEN)
                    .with("socket", socket.toString())
                    .with("trust", socket.resolveSibling("").toString())
                    .with("directory", socket.resolveSibling(".").toString())
                    .with("expires", NOW.plusSeconds(3_600).toString()));
        }

        @Override
        public void refused(Peer peer, String command) {
            throw new AssertionError("this process is entitled");
        }
    }
}
