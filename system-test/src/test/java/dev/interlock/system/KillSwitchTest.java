package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.drill.railway.InjectedFault;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the kill switch of a real gateway with the programs that people use. */
@Timeout(300)
@Tag("process")
final class KillSwitchTest {

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        installation = Installation.open(false);
    }

    @AfterEach
    void close() throws Exception {
        installation.close();
    }

    private String kill(String... target) throws Exception {
        List<String> command = new ArrayList<>(List.of("kill", "--json"));
        command.addAll(List.of(target));
        return Json.readObject(
                        installation.interlock(command, "").expect(0).out().getBytes(StandardCharsets.UTF_8))
                .text("kill");
    }

    private Programs.ProgramResult lift(String kill, String person) throws Exception {
        return installation.interlock(
                List.of(
                        "kill",
                        "--lift",
                        kill,
                        "--key",
                        installation.key(person).toString()),
                "");
    }

    @Test
    @Tag("promise")
    void aKillSurvivesACrashAndKilledPeopleCannotLiftIt() throws Exception {
        Agent agent = installation.agent();
        assertThat(agent.ask(Agent.read()).status()).isEqualTo(200);
        String cursor = kill("--agent", "jer/cursor", "--reason", "it deletes too much");
        String sam = kill("--person", "sam");
        isKilled(agent);
        installation.kill();
        installation.up(List.of());
        isKilled(agent);
        assertThatThrownBy(() -> installation.agent()).hasMessageContaining("it deletes too much");

        assertThat(installation
                        .interlock(List.of("kill", "--list"), "")
                        .expect(0)
                        .out())
                .contains(cursor, sam, "it deletes too much");
        assertThat(installation
                        .interlock(List.of("status", "--all"), "")
                        .expect(0)
                        .out())
                .contains(cursor, "it deletes too much", "railway is read by railway");

        Programs.ProgramResult byItsOwner = lift(cursor, "jer");
        assertThat(byItsOwner.exit()).isNotZero();
        assertThat(byItsOwner.err()).contains("hardware key");
        Programs.ProgramResult byTheKilled = lift(sam, "sam");
        assertThat(byTheKilled.exit()).isNotZero();
        assertThat(byTheKilled.err()).contains("`sam` is stopped by a kill");
        isKilled(agent);

        lift(sam, "ann").expect(0);
        Programs.ProgramResult lifted = lift(cursor, "ann").expect(0);
        assertThat(lifted.err())
                .as("who killed is not who lifts")
                .containsPattern("(?m)^ *killed_by: ")
                .contains("killed_because: it deletes too much")
                .doesNotContainPattern("(?m)^ *by: ");
        assertThat(lifted.out()).endsWith(" is lifted by ann.");
        assertThat(agent.ask(Agent.read()).status()).isEqualTo(200);
        assertThat(installation.agent().ask(Agent.read()).status()).isEqualTo(200);
    }

    /**
     * Leases that a kill of everything ended stay ended. The person who lifts the kill is notified before any agent.
     */
    @Test
    void liftingAKillOfEverythingReportsThatLeasesStayEnded() throws Exception {
        Agent agent = installation.agent();
        String all = kill("--all");
        Programs.ProgramResult lifted = lift(all, "ann").expect(0);
        assertThat(lifted.err()).contains("killed_because: (empty)");
        assertThat(lifted.out())
                .contains("is lifted by ann. The leases that it ended stay ended: issue new "
                        + "ones with `interlock lease issue`");
        assertThat(agent.ask(Agent.read()).status()).isEqualTo(403);
        assertThat(installation.agent().ask(Agent.read()).status()).isEqualTo(200);
    }

    private static void isKilled(Agent agent) throws Exception {
        Agent.Answer answer = agent.ask(Agent.read());
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.kind()).isEqualTo("denied");
        assertThat(answer.body()).contains("A person has stopped", "it deletes too much", "interlock kill --lift");
    }

    @Test
    void aCallThatWaitsIsAbandonedAndStaysUnknown() throws Exception {
        Agent agent = installation.agent();
        long before = installation.railway().executed("variableUpsert");
        installation.railway().fail(InjectedFault.HANG_AFTER_APPLY, "variableUpsert");
        CompletableFuture<Agent.Answer> waiting = agent.sendAsync(agent.request(Agent.variable("DEBUG", "1")));
        Programs.await("the upstream has done it", () -> installation.railway().executed("variableUpsert") > before);
        kill("--upstream", "railway", "--reason", "it answers nobody");

        Agent.Answer answer = waiting.get();
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.kind()).isEqualTo("unknown");
        assertThat(answer.body()).contains("it answers nobody", "may or may not have happened");
        String intent = answer.receipt().orElseThrow();
        // The agent is answered before the outcome is on disk.
        Programs.await(
                "the outcome is recorded", () -> !installation.outcomes(intent).isEmpty());
        assertThat(installation.outcomes(intent)).containsExactly("unknown");
        assertThat(installation.railway().attempted("variableUpsert")).isEqualTo(before + 1);
    }
}
