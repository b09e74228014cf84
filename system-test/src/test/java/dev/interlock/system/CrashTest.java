package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.drill.railway.InjectedFault;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests a gateway that dies at the worst moment: the outcome of its call stays unknown, and the call is never retried.
 */
@Timeout(300)
@Tag("process")
final class CrashTest {

    private static Installation installation;

    @BeforeAll
    static void open() throws Exception {
        // Without a resolver the first thing that goes upstream is the forwarded call.
        installation = Installation.openWithProviderApart(false);
    }

    @AfterAll
    static void close() throws Exception {
        installation.close();
    }

    @Test
    @Tag("promise")
    void aCrashBeforeForwardingNeverSends() throws Exception {
        // A new gateway has no connection yet: on an open connection the bytes would already be sent.
        installation.stop();
        installation.up(List.of());
        long before = installation.railway().attempted("volumeDelete");
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(0));
        String hold = signed(agent, delete);

        // A stopped upstream accepts the connection and answers no handshake: the confirmation is used, nothing is
        // sent.
        installation.railway().signal("STOP");
        CompletableFuture<Agent.Answer> answer = agent.sendAsync(agent.request(delete));
        Programs.await(
                "the confirmation is used", () -> installation.stateOf(hold).equals("consumed"));
        String intent = newestIntent();
        assertThat(installation.outcomes(intent)).isEmpty();
        installation.kill();
        installation.railway().signal("CONT");
        assertThat(answer.handle((_, e) -> e != null).join()).isTrue();

        isUnknownAfterRestart(intent);
        staysAsItIs(agent, delete, hold);
        assertThat(installation.railway().attempted("volumeDelete")).isEqualTo(before);
        assertThat(installation.railway().exists(TestingRailway.disposable(0))).isTrue();
    }

    @Test
    void aCrashBeforeTheAnswerNeverResends() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(1));
        String hold = signed(agent, delete);
        long before = installation.railway().executed("volumeDelete");

        installation.railway().fail(InjectedFault.HANG_AFTER_APPLY, "volumeDelete");
        CompletableFuture<Agent.Answer> answer = agent.sendAsync(agent.request(delete));
        Programs.await("the upstream has done it", () -> installation.railway().executed("volumeDelete") == before + 1);
        String intent = newestIntent();
        installation.kill();
        assertThat(answer.handle((_, e) -> e != null).join()).isTrue();

        isUnknownAfterRestart(intent);
        staysAsItIs(agent, delete, hold);
        assertThat(installation.railway().attempted("volumeDelete")).isEqualTo(before + 1);
    }

    private static String signed(Agent agent, String delete) throws Exception {
        String hold = agent.ask(delete).hold();
        installation.sign(hold, "sam");
        assertThat(installation.stateOf(hold)).isEqualTo("signed");
        return hold;
    }

    private static String newestIntent() throws Exception {
        return installation.receipts().stream()
                .filter(receipt -> receipt.text("kind").equals("intent"))
                .findFirst()
                .orElseThrow()
                .text("id");
    }

    private static void isUnknownAfterRestart(String intent) throws Exception {
        int alerts = installation.said().length();
        installation.up(List.of());
        assertThat(installation.outcomes(intent)).containsExactly("unknown");
        assertThat(installation.said().substring(alerts))
                .contains("unknown_outcome")
                .contains(intent);
    }

    private static void staysAsItIs(Agent agent, String delete, String used) throws Exception {
        Agent.Answer again = agent.ask(delete);
        assertThat(again.status()).isEqualTo(403);
        assertThat(again.kind()).isEqualTo("denied");
        // It may have been destroyed: a person must check first.
        assertThat(again.body()).contains("read-only until a person lifts that");
        assertThat(installation.stateOf(used)).isEqualTo("consumed");
        // The gateway goes on serving other calls, and sends none of the lost call with them.
        assertThat(agent.ask(Agent.read()).status()).isEqualTo(200);
    }
}
