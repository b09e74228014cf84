package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests a signed request that is sent many times at once, and the auditor's view of it. */
@Tag("process")
@Tag("promise")
final class RacingCopiesTest {

    private static final int COPIES = 20;

    @Test
    @Timeout(300)
    void racingCopiesHaveOneEffect() throws Exception {
        // The seal places the resources: otherwise one lease's questions to a provider would be used up before its
        // copies.
        try (Installation installation = Installation.open(false)) {
            Agent agent = installation.agent();
            String delete = Agent.delete(TestingRailway.disposable(0));
            String hold = agent.ask(delete).hold();
            installation.sign(hold, "sam");

            List<CompletableFuture<Agent.Answer>> copies = new ArrayList<>();
            for (int copy = 0; copy < COPIES; copy++) {
                copies.add(agent.sendAsync(agent.request(delete)));
            }
            List<Integer> statuses =
                    copies.stream().map(copy -> copy.join().status()).sorted().toList();

            assertThat(statuses.getFirst()).isEqualTo(200);
            assertThat(statuses.subList(1, COPIES)).containsOnly(403);
            assertThat(installation.railway().attempted("volumeDelete")).isOne();
            assertThat(installation.railway().executed("volumeDelete")).isOne();
            assertThat(installation.railway().requests()).isOne();
            assertThat(installation.stateOf(hold)).isEqualTo("consumed");

            installation.stop(); // every outcome is recorded by then
            Path root = installation.root();
            Programs.ProgramResult verified = installation.interlock(
                    List.of(
                            "verify",
                            installation.ledger().toString(),
                            "--vkey",
                            installation.logKey(),
                            "--seal",
                            root.resolve("data/seal.json").toString(),
                            "--seal-key",
                            installation.key("sealer") + ".pub",
                            "--json"),
                    "");
            assertThat(verified.exit()).as(verified.out() + verified.err()).isZero();
            Json.Members report = Json.readObject(verified.out().getBytes(StandardCharsets.UTF_8));
            assertThat(report.text("confirmed_actions_signed")).isEqualTo("yes");
            assertThat(report.whole("confirmed")).isOne();
        }
    }
}
