package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a plan from the command line, signed in a terminal, with a running gateway. */
@Tag("process")
final class PlanTest {

    @TempDir
    private Path directory;

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        installation = Installation.openWithConsole();
    }

    @AfterEach
    void close() throws IOException {
        if (installation != null) {
            installation.close();
        }
    }

    private static String delete(int volume) {
        return Agent.delete(TestingRailway.disposable(volume));
    }

    private String planned(String lease, int... volumes) throws Exception {
        Path plan = directory.resolve("plan.json");
        String url = "http://127.0.0.1:" + installation.port() + "/railway/graphql/v2";
        Json.Members steps = Json.object()
                .withItems(
                        "steps",
                        IntStream.of(volumes)
                                .mapToObj(volume -> Json.object()
                                        .with("method", "POST")
                                        .with("url", url)
                                        .with("body", Json.object().with("query", delete(volume)))));
        Files.writeString(plan, steps.canonicalText());
        Path token = Files.writeString(directory.resolve("lease"), lease);
        return terminal("plan", plan.toString(), "--from=file:" + token);
    }

    private String terminal(String... arguments) throws Exception {
        return installation.interlock(List.of(arguments), "").expect(0).out();
    }

    @Test
    void aPlanIsSignedOnceAndGoesInItsOrder() throws Exception {
        String lease = installation.lease();
        String told = planned(lease, 0, 1);
        assertThat(told).contains("A plan of 2 steps, with 2 deletions: ", "  1 hold  ", "  2 hold  ", " waits until ");
        assertThat(installation.railway().exists(TestingRailway.disposable(0))).isTrue();
        String plan = told.replaceFirst("(?s).*Plan (S-[0-9A-Z]+) waits.*", "$1");

        assertThat(terminal(
                        "hold", "sign", plan, "--key", installation.key("sam").toString()))
                .contains("sam has signed");
        try (Agent agent = new Agent(installation.port(), lease)) {
            assertThat(sent(agent, 1).status()).as("not before the first step").isNotEqualTo(200);
            for (int volume = 0; volume < 2; volume++) {
                Agent.Answer answer = sent(agent, volume);
                assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            }
            assertThat(sent(agent, 1).status()).as("each once").isNotEqualTo(200);
        }
    }

    /** Clients add such headers by themselves, and none of them is signed. */
    private static Agent.Answer sent(Agent agent, int volume) throws Exception {
        return agent.send(agent.request(delete(volume))
                .header("X-Client-Version", "1." + volume)
                .header("Accept", volume == 0 ? "*/*" : "application/json, text/plain;q=0.9"));
    }
}
