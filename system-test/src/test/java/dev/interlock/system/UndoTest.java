package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a person, and an agent, put back a variable that the agent has overwritten at the simulated provider. */
@Timeout(300)
@Tag("process")
final class UndoTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String SCOPE = "projectId: \"" + TestingRailway.PROJECT + "\", environmentId: \""
            + TestingRailway.STAGING + "\", serviceId: \"" + TestingRailway.SERVICE + "\"";

    private static JsonNode sent(Installation installation, String lease, String method, String path, String... more)
            throws Exception {
        List<String> command = Stream.concat(
                        Stream.of(
                                "curl",
                                "-sS",
                                "-X",
                                method,
                                "-H",
                                "Authorization: Bearer " + lease,
                                "http://127.0.0.1:" + installation.port() + path),
                        Stream.of(more))
                .toList();
        return JSON.readTree(Programs.run(command, "").out());
    }

    private static JsonNode graphql(Installation installation, String lease, String document) throws Exception {
        return sent(
                installation,
                lease,
                "POST",
                "/railway/graphql/v2",
                "-H",
                "Content-Type: application/json",
                "-d",
                Json.object().with("query", document).canonicalText());
    }

    private static String set(String value) {
        return "mutation { variableUpsert(input: {" + SCOPE + ", name: \"ENCRYPTION_KEY\", value: \"" + value
                + "\"}) }";
    }

    /** Asks the provider itself. */
    private static String variable(Installation installation) throws Exception {
        TestingRailway railway = installation.railway();
        String query = "query { variables(" + SCOPE + ") }";
        return JSON.readTree(Programs.run(
                                List.of(
                                        "curl",
                                        "-sS",
                                        "--cacert",
                                        railway.state().resolve("ca.pem").toString(),
                                        "-H",
                                        "Authorization: Bearer "
                                                + railway.tokens().get("railway-read"),
                                        "-H",
                                        "Content-Type: application/json",
                                        "-d",
                                        Json.object().with("query", query).canonicalText(),
                                        railway.address() + "/graphql/v2"),
                                "")
                        .out())
                .path("data")
                .path("variables")
                .path("ENCRYPTION_KEY")
                .asText();
    }

    /** Returns the receipt of the last intent. */
    private static String last(Installation installation) throws Exception {
        return JSON.readTree(installation
                        .interlock(List.of("receipts", "--kind", "intent", "--limit", "1", "--json"), "")
                        .expect(0)
                        .out())
                .get(0)
                .path("id")
                .asText();
    }

    @Test
    void anEmptiedVariableComesBack() throws Exception {
        try (Installation installation = Installation.open(true)) {
            installation.seal(yaml -> yaml + "\nundo: {for: 7d, agent-for: 1h}\n");
            String lease = installation.lease();
            graphql(installation, lease, set("the-old-key"));

            assertThat(graphql(installation, lease, set(""))
                            .path("data")
                            .path("variableUpsert")
                            .asBoolean())
                    .as("nobody was asked")
                    .isTrue();
            String receipt = last(installation);
            assertThat(variable(installation)).isEmpty();

            String shown = installation
                    .interlock(List.of("undo", receipt, "--show"), "")
                    .expect(0)
                    .out();
            assertThat(shown).contains("Not as before: ENCRYPTION_KEY.").doesNotContain("the-old-key");
            assertThat(installation
                            .interlock(List.of("undo", receipt), "")
                            .expect(0)
                            .out())
                    .contains("Everything is back as it was before");
            assertThat(variable(installation)).isEqualTo("the-old-key");

            graphql(installation, lease, set("mistake"));
            String own = last(installation);
            assertThat(sent(installation, lease, "POST", "/.interlock/undo/" + own)
                            .path("restored")
                            .asBoolean())
                    .isTrue();
            assertThat(variable(installation)).isEqualTo("the-old-key");
        }
    }
}
