package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a signature holds for one request, in one state of the world, once. */
@Timeout(300)
@Tag("process")
final class SignatureBindingTest {

    private static final String DELETE = "volumeDelete";

    private static Installation installation;
    private static TestingRailway railway;

    @BeforeAll
    static void open() throws Exception {
        installation = Installation.open(true);
        railway = installation.railway();
    }

    @AfterAll
    static void close() throws Exception {
        installation.close();
    }

    @Test
    void aSignatureForOneRequestReleasesNoOther() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(0));
        String hold = signed(agent, agent.request(delete));
        long before = railway.attempted(DELETE);

        for (Map.Entry<String, HttpRequest.Builder> variant :
                variants(agent, delete).entrySet()) {
            Agent.Answer answer = agent.send(variant.getValue());
            assertThat(answer.status()).as(variant.getKey()).isEqualTo(403);
            assertThat(answer.body()).as(variant.getKey()).doesNotContain(hold);
            assertThat(railway.attempted(DELETE)).as(variant.getKey()).isEqualTo(before);
            assertThat(installation.stateOf(hold)).as(variant.getKey()).isEqualTo("signed");
        }
        // It was valid all the time, for its own request only.
        assertThat(agent.ask(delete).status()).isEqualTo(200);
        assertThat(railway.executed(DELETE)).isEqualTo(before + 1);
        assertThat(railway.exists(TestingRailway.disposable(0))).isFalse();
    }

    /** Returns requests that look like the signed one to every catalog: the same operation on the same volume. */
    private static Map<String, HttpRequest.Builder> variants(Agent agent, String delete) {
        Json.Members query = Json.object().with("query", delete);
        String aliased = delete.replace("volumeDelete", "gone: volumeDelete");
        String named = delete.replace("mutation {", "mutation Other {");
        Map<String, HttpRequest.Builder> variants = new LinkedHashMap<>();
        variants.put("header", agent.request(delete).header("Accept", "application/graphql-response+json"));
        variants.put("header that nobody forwards", agent.request(delete).header("X-Force", "true"));
        variants.put("query parameter", agent.request(delete, "force=true"));
        variants.put("JSON member", agent.request(query.with("force", true)));
        variants.put(
                "extension",
                agent.request(query.with("extensions", Json.object().with("force", true))));
        variants.put(
                "unused variable",
                agent.request(query.with("variables", Json.object().with("force", true))));
        variants.put("alias", agent.request(aliased));
        variants.put("operation name", agent.request(named));
        return variants;
    }

    @Test
    void aSignatureForAVariantDoesNotReleaseThePlainRequest() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(1));
        signed(agent, agent.request(delete).header("X-Force", "false"));
        long before = railway.attempted(DELETE);
        assertThat(agent.ask(delete).kind()).isEqualTo("confirmation_required");
        HttpRequest.Builder other = agent.request(delete).header("X-Force", "true");
        assertThat(agent.send(other).kind()).isEqualTo("confirmation_required");
        assertThat(railway.attempted(DELETE)).isEqualTo(before);
    }

    @Test
    void anotherLeaseCannotUseASignature() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(3));
        signed(agent, agent.request(delete));
        long before = railway.attempted(DELETE);
        assertThat(installation.agent().ask(delete).kind()).isEqualTo("confirmation_required");
        assertThat(railway.attempted(DELETE)).isEqualTo(before);
    }

    @Test
    void aMovedMountVoidsASignature() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(2));
        String hold = signed(agent, agent.request(delete));
        long before = railway.attempted(DELETE);

        move(TestingRailway.PRODUCTION);
        assertThat(agent.ask(delete).kind()).isEqualTo("denied");
        move(TestingRailway.STAGING);
        assertThat(railway.attempted(DELETE)).isEqualTo(before);

        // Still staging's alone, but another effect than the signed one: one more environment would lose it.
        String mount = "1e57a9ce-0003-4000-8000-57a61a9e2000";
        railway.order(Map.of(
                "do",
                "mount",
                "id",
                mount,
                "volume",
                TestingRailway.disposable(2),
                "environment",
                TestingRailway.STAGING));
        Agent.Answer moved = agent.ask(delete);
        assertThat(moved.kind()).as(moved.body()).isEqualTo("confirmation_required");
        assertThat(moved.hold()).isNotEqualTo(hold);
        assertThat(installation.stateOf(hold)).isEqualTo("void");
        railway.order(Map.of("do", "unmount", "instance", mount));
        assertThat(agent.ask(delete).hold()).isNotIn(hold, moved.hold());
        assertThat(railway.attempted(DELETE)).isEqualTo(before);
        assertThat(railway.exists(TestingRailway.disposable(2))).isTrue();
    }

    private void move(String environment) throws Exception {
        railway.order(Map.of("do", "move", "instance", TestingRailway.mountOf(2), "environment", environment));
    }

    private String signed(Agent agent, HttpRequest.Builder request) throws Exception {
        String hold = agent.send(request).hold();
        installation.sign(hold, "ann");
        assertThat(installation.stateOf(hold)).isEqualTo("signed");
        return hold;
    }
}
