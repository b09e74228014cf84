package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests an agent that narrows its own lease, by curl and by the command line. */
@Timeout(300)
@Tag("process")
final class DeriveTest {

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Programs.has("curl"), "curl is not installed");
        installation = Installation.shared();
    }

    private Json.Members order() {
        return Json.object().with("agent", "jer/cursor").with("task", "fix-staging");
    }

    /** The lease is read from standard input, where no other process sees it. */
    private Json.Members curl(List<String> way, String token, String target, String body) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60"));
        command.addAll(way);
        command.addAll(List.of("-H", "@-", "-H", "Content-Type: application/json", "-d", body, target));
        String answer = Programs.run(command, "Authorization: Bearer " + token + "\n")
                .expect(0)
                .out();
        return Json.readObject(answer.getBytes(StandardCharsets.UTF_8));
    }

    private String address() {
        return "http://127.0.0.1:" + installation.port();
    }

    private Json.Members derive(String token, String body) throws Exception {
        return curl(List.of(), token, address() + "/.interlock/leases", body);
    }

    private int status(String token, String query) throws Exception {
        try (Agent agent = new Agent(installation.port(), token)) {
            return agent.ask(query).status();
        }
    }

    @Test
    void aDerivedLeaseIsNarrowerAndEndsWithItsParent() throws Exception {
        Json.Members parent = installation.admin("lease.issue", order());
        Json.Members child = derive(parent.text("token"), "{\"impacts\": [\"read\"], \"ttl\": \"10m\"}");
        Json.Members grandchild = derive(child.text("token"), "{}");
        assertThat(grandchild.texts("impacts")).containsExactly("read");
        assertThat(grandchild.text("root")).isEqualTo(parent.text("lease"));
        assertThat(status(grandchild.text("token"), Agent.read())).isEqualTo(200);
        assertThat(status(grandchild.text("token"), Agent.variable("A", "1"))).isEqualTo(403);
        assertThat(status(parent.text("token"), Agent.variable("A", "1"))).isEqualTo(200);
        assertThat(derive(child.text("token"), "{\"impacts\": [\"write\"]}").text("kind"))
                .isEqualTo("denied");

        installation
                .interlock(List.of("kill", "--lease", parent.text("lease")), "")
                .expect(0);
        assertThat(status(grandchild.text("token"), Agent.read())).isEqualTo(403);
        assertThat(derive(child.text("token"), "{}").text("kind")).isEqualTo("denied");

        String receipts = installation.receipts().toString();
        assertThat(receipts)
                .contains("lease.derive", child.text("lease"), grandchild.text("lease"))
                .doesNotContain("ilk_");
        assertThat(installation.said()).doesNotContain("ilk_");
    }

    @Test
    void aChildFromASocketWorksOnlyThere() throws Exception {
        Json.Members place = installation.place();
        List<String> way = List.of("--unix-socket", place.text("socket"));
        Json.Members child = curl(way, place.text("token"), "http://gateway/.interlock/leases", "{}");
        String query = Json.object().with("query", Agent.read()).canonicalText();
        assertThat(curl(way, child.text("token"), "http://gateway/railway/graphql/v2", query)
                        .get("data"))
                .isPresent();
        assertThat(status(child.text("token"), Agent.read())).isEqualTo(403);

        // The end of the child does not close its parent's place.
        installation.admin("lease.revoke", Json.object().with("lease", child.text("lease")));
        assertThat(curl(way, place.text("token"), "http://gateway/railway/graphql/v2", query)
                        .get("data"))
                .isPresent();
    }

    @Test
    void theCommandTakesTheOwnLeaseFromStandardInput() throws Exception {
        String token = installation.admin("lease.issue", order()).text("token");
        List<String> command = new ArrayList<>(List.of("lease", "derive", "--impact", "read", "--ttl", "10m"));
        command.addAll(List.of("--from", "file:/dev/stdin", "--gateway", address()));
        Programs.ProgramResult derived =
                installation.interlock(command, token + "\n").expect(0);
        assertThat(derived.out()).startsWith("ilk_").isNotEqualTo(token);
        assertThat(status(derived.out(), Agent.read())).isEqualTo(200);

        command.set(3, "read,credential");
        Programs.ProgramResult refused =
                installation.interlock(command, token + "\n").expect(1);
        assertThat(refused.err()).contains("does not allow `credential`").doesNotContain("ilk_");
    }
}
