package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that agents see references instead of secrets, if the seal says so, and cannot send them on. */
final class SecretReferencesGateTest {

    private static final String REVEALING = """
            @id("secrets-of-staging")
            permit (principal, action in Impact::Action::"credential", resource in Environment::"staging");
            """;
    private static final String PASSWORD = "npg_Sh0wn0nce";

    @TempDir
    private Path directory;

    private GateFixture house;
    private Secret token = new Secret("none yet");

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, "", GateFixture.CEDAR + REVEALING);
        token = house.signedFor(Set.of("staging"), Set.of(Impact.READ, Impact.WRITE, Impact.CREDENTIAL));
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static HttpCall neon(String path) {
        return new HttpCall(
                "GET", "console.neon.tech", "/api/v2/projects/p-1" + path, List.of(), List.of(), Bytes.empty());
    }

    private String shown(String answer) {
        ResponseRedactor veil = house.upstream.veil.orElseThrow();
        return new String(veil.over(Bytes.utf8(answer)).orElseThrow().toArray(), StandardCharsets.UTF_8);
    }

    @Test
    void anAgentSeesAReferenceInsteadOfAPassword() {
        assertThat(house.send("neon", neon("/branches/b-1/roles/r/reveal_password"), token))
                .isInstanceOf(Outcome.Forwarded.class);
        String shown = shown("{\"password\":\"" + PASSWORD + "\"}");
        assertThat(shown).contains("interlock:secret/").doesNotContain(PASSWORD);
        assertThat(shown("{\"password\":\"a guess\"}"))
                .as("the same, whether it is the password or not")
                .isEqualTo(shown);
        assertThat(house.upstream.veil.orElseThrow().over(Bytes.utf8("password: " + PASSWORD)))
                .isEmpty();
    }

    @Test
    void answersWithoutSecretsAreNotTouched() {
        assertThat(house.send("neon", neon(""), token)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.veil).isEmpty();
    }

    /** Nothing replaces the reference with the secret, so it would overwrite the secret. */
    @Test
    void aReferenceSentBackIsRefusedAnywhere() {
        HttpCall inBody = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
                + " environmentId: \"env-1\", name: \"DEBUG\", value: \"interlock:secret/5f0a\"}) }");
        assertRefused(house.send("railway", inBody, token));
        HttpCall inQuery = new HttpCall(
                "GET",
                "api.github.com",
                "/search/repositories",
                List.of(new HttpCall.Parameter("q", "interlock:secret/5f0a"), new HttpCall.Parameter("sort", "stars")),
                List.of(new Header("accept", "application/json")),
                Bytes.empty());
        assertRefused(house.send("github-asked", inQuery, token));
        assertThat(house.upstream.arrived).isEmpty();
    }

    private static void assertRefused(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        Refusal refusal = ((Outcome.Refused<String>) outcome).refusal();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.NOT_UNDERSTOOD);
        assertThat(refusal.reason()).contains("reference to a secret");
    }

    @Test
    void publicReadsCarryNoCredential() {
        HttpCall ping = new HttpCall("GET", "registry.npmjs.org", "/-/ping", List.of(), List.of(), Bytes.empty());
        assertThat(house.send("npm", ping, token)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(house.upstream.credentials).isEmpty();
        assertThat(house.upstream.veil).isEqualTo(Optional.empty());
    }
}
