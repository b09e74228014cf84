package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests a {@code run} that is killed, and a gateway that restarts during a run. */
@Timeout(300)
@Tag("process")
final class KilledRunTest {

    private static Installation shared;

    private static int number;

    /** The shared one, unless a test takes one for itself. */
    private Installation installation = shared;

    private Path workspace;

    /** How many receipts are of earlier tests, and how much the gateway had said by then. */
    private int earlier;

    private int said;

    @BeforeAll
    static void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "prlimit", "curl")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        shared = Installation.open(false);
    }

    @AfterAll
    static void closeTheShared() throws Exception {
        if (shared != null) {
            shared.close();
        }
    }

    @BeforeEach
    void begin() throws Exception {
        workspace = installation.workspace("workspace" + ++number);
        earlier = installation.receipts().size();
        said = installation.said().length();
    }

    /** The next run in a workspace ends what people are told of a killed one. */
    @AfterEach
    void close() throws Exception {
        if (installation != shared) {
            installation.close();
        } else if (!unfinished().isEmpty()) {
            installation.run(workspace, "true").expect(0);
        }
    }

    private Process start(String script) throws IOException {
        return start(workspace, script);
    }

    private Process start(Path workspace, String script) throws IOException {
        List<String> command = List.of(
                "run",
                "--config=" + installation.configuration(),
                "--agent=jer/cursor",
                "--task=fix-staging",
                "--workspace=" + workspace,
                "--",
                "/bin/sh",
                "-c",
                script);
        return installation
                .command(command)
                .redirectOutput(workspace.resolveSibling("run.out").toFile())
                .redirectError(workspace.resolveSibling("run.err").toFile())
                .start();
    }

    private void assertRefused(String token) throws Exception {
        try (Agent outside = new Agent(installation.port(), token)) {
            assertThat(outside.ask(Agent.read()).status()).isEqualTo(403);
        }
    }

    private List<Json.Members> acts(String command) throws IOException {
        List<Json.Members> all = installation.receipts(); // the newest are first
        return all.subList(0, all.size() - earlier).stream()
                .filter(receipt ->
                        receipt.optionalText("command").filter(command::equals).isPresent())
                .toList();
    }

    private String said() throws IOException {
        return installation.said().substring(said);
    }

    private List<Json> leases() throws IOException {
        return installation.admin("lease.list", Json.object()).items("leases");
    }

    private List<String> places() throws IOException {
        Path places = installation.root().resolve("run/places");
        if (!Files.exists(places)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(places)) {
            return all.map(Path::toString).toList();
        }
    }

    /** The progress of a run. */
    private enum RunProgress {
        PLACE_IS_OPEN,
        AGENT_CALLS,
        AGENT_HAS_ENDED
    }

    private boolean isReached(RunProgress moment) throws IOException {
        return switch (moment) {
            case PLACE_IS_OPEN -> !acts("run.open").isEmpty();
            case AGENT_CALLS -> Files.exists(workspace.resolve("calls"));
            case AGENT_HAS_ENDED -> Files.exists(workspace.resolve("ended"));
        };
    }

    private List<String> unfinished() throws IOException {
        Path directory = installation.sessions().resolve("unfinished");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(path -> path.getFileName().toString()).toList();
        }
    }

    private static String script(RunProgress moment) {
        String calls = "curl -sS -m 50 -o /dev/null -H \"Authorization: Bearer $INTERLOCK_LEASE\" "
                + "-H 'Content-Type: application/json' -d '"
                + Json.object().with("query", Agent.read()).canonicalText()
                + "' \"$INTERLOCK_GATEWAY/railway/graphql/v2\"";
        return "echo $INTERLOCK_LEASE > lease; echo planted > .envrc; echo x > works; " + calls + "; echo x > calls; "
                + (moment == RunProgress.AGENT_HAS_ENDED ? "echo x > ended" : "exec sleep 600");
    }

    @ParameterizedTest
    @EnumSource(RunProgress.class)
    void aKilledRunsLeaseAndPlaceEndAndItsFilesAreReported(RunProgress moment) throws Exception {
        Process run = start(script(moment));
        Programs.await("it has come so far", () -> isReached(moment) || !run.isAlive());
        run.destroyForcibly();
        run.waitFor();

        Programs.await("its lease has ended", () -> leases().isEmpty());
        Programs.await("its place is closed", () -> places().isEmpty());
        if (moment != RunProgress.PLACE_IS_OPEN) { // the agent has copied its lease out, which is useless at once
            assertRefused(Files.readString(workspace.resolve("lease")).strip());
        }
        String lease = acts("run.open").getFirst().text("lease");
        if (acts("run.close").isEmpty()) { // else it ended before it could be killed
            Programs.await("that is on record", () -> !acts("run.lost").isEmpty());
            assertThat(acts("run.lost")).singleElement().satisfies(act -> {
                assertThat(act.texts("leases")).containsExactly(lease);
                assertThat(act.text("peer")).isEqualTo(System.getProperty("user.name"));
            });
            Programs.await("people hear of it", () -> said().contains("run_lost"));
        }
        if (!unfinished().isEmpty()) {
            assertThat(installation.interlock(List.of("status"), "").out()).contains("`" + lease + "` was killed");
        }
        boolean planted =
                Files.exists(workspace.resolve(".envrc")) && !unfinished().isEmpty();
        Programs.ProgramResult shown = installation.interlock(List.of("session", "show", lease), "");
        Programs.ProgramResult next = installation.run(workspace, "true").expect(0);
        if (planted) {
            assertThat(shown.exit()).isEqualTo(1);
            assertThat(shown.out()).contains("its `run` was killed", ".envrc (new): ");
            assertThat(next.err().split("\\.envrc \\(new\\): ", -1))
                    .as("told before the agent starts, and on the page")
                    .hasSize(3);
        }
        assertThat(unfinished()).isEmpty();
        assertThat(installation.run(workspace, "true").expect(0).err()).doesNotContain("killed");
        assertThat(installation.interlock(List.of("status"), "").out()).doesNotContain("was killed");
    }

    /** The lease of a run that is killed meanwhile was copied out: it is useless from the first moment. */
    @ParameterizedTest
    @EnumSource(RunEnding.class)
    void aRunSurvivesAGatewayRestartUnlessItIsKilledMeanwhile(RunEnding ending) throws Exception {
        String call = "curl -sS -m 50 -o answer -w '%{http_code}' -H \"Authorization: Bearer $INTERLOCK_LEASE\" "
                + "-H 'Content-Type: application/json' -d '"
                + Json.object().with("query", Agent.read()).canonicalText()
                + "' \"$INTERLOCK_GATEWAY/railway/graphql/v2\"";
        Process run = start(call + " > before; echo x > works; until test -e again; do sleep 0.1; done; " + call
                + " > after; exit 7");
        Programs.await("its agent works", () -> Files.exists(workspace.resolve("works")));
        String lease = acts("run.open").getFirst().text("lease");
        Path place = Path.of(places().getFirst());
        Path other = installation.workspace("killed" + ++number);
        Process killed = start(other, "echo $INTERLOCK_LEASE > lease; exec sleep 600");
        Programs.await(
                "the other agent has written its lease",
                () -> Files.exists(other.resolve("lease")) && Files.size(other.resolve("lease")) > 40);
        if (ending == RunEnding.KILLED) {
            installation.kill();
        } else {
            installation.stop();
        }
        killed.destroyForcibly();
        killed.waitFor();
        installation.up(List.of());
        assertRefused(Files.readString(other.resolve("lease")).strip());
        assertThat(places()).containsExactly(place.toString());
        assertThat(acts("run.lost"))
                .singleElement()
                .satisfies(act -> assertThat(act.texts("leases"))
                        .containsExactly(acts("run.open").getFirst().text("lease")));
        Files.writeString(workspace.resolve("again"), "x");
        assertThat(run.waitFor())
                .as(Files.readString(workspace.resolveSibling("run.err")))
                .isEqualTo(7);
        assertThat(workspace.resolve("before")).hasContent("200");
        assertThat(workspace.resolve("after")).hasContent("200");
        assertThat(leases()).isEmpty();
        assertThat(places()).isEmpty();
        assertThat(installation
                        .interlock(List.of("session", "show", lease), "")
                        .expect(0)
                        .out())
                .contains("unaltered: receipt");
        workspace = other;
    }

    private enum RunEnding {
        KILLED,
        STOPPED
    }

    @Test
    @Tag("promise")
    void aKillOfTheAgentEndsOnlyThatRun() throws Exception {
        Process run = start("echo x > works; exec sleep 600");
        Programs.await("its agent works", () -> Files.exists(workspace.resolve("works")));
        Programs.ProgramResult killed = installation
                .interlock(List.of("kill", "--agent=jer/cursor", "--reason=look first", "--json"), "")
                .expect(0);
        assertThat(run.waitFor()).isEqualTo(75);
        assertThat(Files.readString(workspace.resolveSibling("run.err")))
                .contains("this lease was ended by `" + System.getProperty("user.name") + "` (kill)");
        assertThat(places()).isEmpty();
        assertThat(installation.run(workspace, "true").err()).contains("look first");

        String kill =
                Json.readObject(killed.out().getBytes(StandardCharsets.UTF_8)).text("kill");
        installation
                .interlock(List.of("kill", "--lift=" + kill, "--key=" + installation.key("ann")), "")
                .expect(0);
        assertThat(leases()).as("nothing comes back").isEmpty();
        installation.run(workspace, "true").expect(0);
        assertThat(acts("run.lost")).isEmpty();
    }

    /** Kills many runs at once, so that every state between two steps is hit sooner or later. */
    @Test
    void runsKilledAtAnyMomentLeaveNothing() throws Exception {
        for (int round = 0; round < 6; round++) {
            Process run = start(script(RunProgress.AGENT_CALLS));
            long begun = System.nanoTime();
            long until = round * 250_000_000L;
            Programs.await("that long", () -> System.nanoTime() - begun > until);
            run.destroyForcibly();
            run.waitFor();
        }
        List<String> lost = new ArrayList<>();
        Programs.await("nothing is left", () -> leases().isEmpty() && places().isEmpty());
        acts("run.lost").forEach(act -> lost.addAll(act.texts("leases")));
        assertThat(lost).doesNotHaveDuplicates();
        installation.run(workspace, "true").expect(0);
        assertThat(unfinished()).isEmpty();
        assertThat(said()).doesNotContain("Exception");
    }
}
