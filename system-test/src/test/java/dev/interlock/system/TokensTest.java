package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Tests the display of the provider's own tokens, which people see and agents do not. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class TokensTest {

    private Installation installation;

    @BeforeAll
    void open() throws Exception {
        installation = Installation.open(true);
    }

    @AfterAll
    void close() throws Exception {
        installation.close();
    }

    @Test
    void aFoundTokenIsRedAndVaultTokensAreKnown() throws Exception {
        Programs.ProgramResult ended = installation.interlock(List.of("inventory", "tokens", "railway", "--json"), "");
        assertThat(ended.exit()).as(ended.err()).isEqualTo(1);
        Json.Members found = Json.readObject(ended.out().getBytes(StandardCharsets.UTF_8));
        assertThat(found.texts("not_read")).isEmpty();
        assertThat(found.objects("tokens"))
                .extracting(token -> token.text("name") + " " + token.flag("red"))
                .containsExactlyInAnyOrder(
                        "stray true", "railway-read false", "railway-staging false", "railway-destroy false");
        assertThat(found.objects("tokens").getFirst().text("name")).isEqualTo("stray");
        assertThat(found.objects("tokens").getFirst().texts("marks")).contains("unknown", "broad");
        assertThat(ended.out()).doesNotContain("rw_");

        Programs.ProgramResult people = installation.interlock(List.of("inventory", "tokens"), "");
        assertThat(people.out()).contains("✗ railway  account token `stray`").doesNotContain("rw_", "****");
        assertThat(installation
                        .interlock(List.of("inventory", "tokens", "nowhere"), "")
                        .exit())
                .isEqualTo(69);
    }

    /** The loss of the incident, shown in advance: one volume of two environments, and its backups with it. */
    @Test
    void theLossesOfOneCallAreNamed() throws Exception {
        Programs.ProgramResult ended = installation.interlock(List.of("inventory", "check", "--json"), "");
        assertThat(ended.exit()).as(ended.err()).isEqualTo(1);
        Json.Members shared =
                Json.readObject(ended.out().getBytes(StandardCharsets.UTF_8)).objects("exposures").stream()
                        .filter(exposure -> exposure.texts("concerns").contains("shared"))
                        .findFirst()
                        .orElseThrow();
        assertThat(shared.texts("environments")).contains("staging", "production");
        assertThat(shared.texts("dies_with_it")).isNotEmpty();
        String people =
                installation.interlock(List.of("inventory", "check"), "").out();
        assertThat(people).contains("✗ " + shared.text("resource"), "shared:").contains(shared.texts("dies_with_it"));
    }

    @Test
    void anAgentMayNotListTokens() throws Exception {
        long asked = installation.railway().attempted("apiTokens");
        Agent.Answer answer =
                installation.agent().ask("{ apiTokens(first: 5) { edges { node { id name displayToken } } } }");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(installation.railway().attempted("apiTokens")).isEqualTo(asked);
    }
}
