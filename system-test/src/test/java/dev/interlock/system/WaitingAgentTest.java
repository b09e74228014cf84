package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that an agent that prefers to wait gets its answer from its one request. */
@Timeout(300)
@Tag("process")
final class WaitingAgentTest {

    @Test
    void aWaitingAgentIsAnsweredAfterTheDecision() throws Exception {
        Installation installation = Installation.shared();
        Set<String> before = installation.openHolds();
        long destroyed = installation.railway().executed("volumeDelete");
        Agent agent = installation.agent();
        CompletableFuture<Agent.Answer> signed = agent.sendAsync(
                agent.request(Agent.delete(TestingRailway.disposable(2))).header("Prefer", "wait=100"));
        String hold = installation.awaitHold(before);
        installation.sign(hold, "sam");
        assertThat(signed.get().status()).isEqualTo(200);
        assertThat(installation.railway().executed("volumeDelete")).isEqualTo(destroyed + 1);
        assertThat(installation.stateOf(hold)).isEqualTo("consumed");

        List<String> curl = List.of(
                "curl",
                "-sS",
                "--http2-prior-knowledge",
                "-H",
                "Authorization: Bearer " + installation.lease(),
                "-H",
                "Content-Type: application/json",
                "-H",
                "Prefer: wait=100",
                "-d",
                Json.object()
                        .with("query", Agent.delete(TestingRailway.disposable(3)))
                        .canonicalText(),
                "http://127.0.0.1:" + installation.port() + "/railway/graphql/v2");
        CompletableFuture<Programs.ProgramResult> denied = CompletableFuture.supplyAsync(() -> {
            try {
                return Programs.run(curl, "");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        installation.admin(
                "hold.deny",
                Json.object().with("hold", installation.awaitHold(before)).with("reason", "not this one"));
        assertThat(denied.get().out()).contains("not this one", "\"kind\":\"denied\"");
        assertThat(installation.railway().executed("volumeDelete")).isEqualTo(destroyed + 1);
    }
}
