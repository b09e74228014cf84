package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminapi.SampleAnswers;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.cli.ModelUpstream.ModelUpstreamStatus;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the advice to an agent about the upstream that its model needs. */
final class ModelUpstreamTest {

    private static final ModelUpstream MODELS = new ModelUpstream("models", "anthropic");

    private static StatusQuestion.SealStatus status(String upstream, String catalog) {
        return SampleAnswers.of(
                StatusQuestion.SealStatus.class,
                Json.object()
                        .with("upstreams", Json.object().with(upstream, "https://api.anthropic.com"))
                        .with("catalogs", Json.object().with(upstream, catalog)));
    }

    @Test
    void anUpstreamOfThatCatalogIsReady() {
        assertThat(MODELS.standing(status("models", "anthropic"))).isEqualTo(new ModelUpstreamStatus.ReadyUpstream());
    }

    @Test
    void anUnnamedUpstreamIsMissing() {
        assertThat(MODELS.standing(status("anthropic", "anthropic")))
                .isInstanceOfSatisfying(
                        ModelUpstreamStatus.MissingUpstream.class,
                        lacking -> assertThat(lacking.why()).contains("no upstream `models`"));
    }

    @Test
    void anUpstreamOfAnotherCatalogIsMissing() {
        assertThat(MODELS.standing(status("models", "railway")))
                .isInstanceOfSatisfying(
                        ModelUpstreamStatus.MissingUpstream.class,
                        lacking -> assertThat(lacking.why()).contains("`railway`, not `anthropic`"));
    }

    @Test
    void withoutAQueryTheStatusIsUnknown() {
        assertThat(MODELS.standing(Optional.empty())).isInstanceOf(ModelUpstreamStatus.UnknownStatus.class);
    }

    private static StatusQuestion.SealStatus status(String catalog, String address, String... headers) {
        return SampleAnswers.of(
                StatusQuestion.SealStatus.class,
                Json.object()
                        .with("upstreams", Json.object().with("model", address))
                        .with("catalogs", Json.object().with("model", catalog))
                        .with("credential_headers", Json.object().withTexts("model", Stream.of(headers))));
    }

    @Test
    void aBearerTokenForAnthropicsOwnAddressIsOfASubscription() {
        String own = "https://api.anthropic.com";
        assertThat(ModelUpstream.hasSubscription(status("anthropic", own, "authorization"), "anthropic"))
                .isTrue();
        assertThat(List.of(
                        status("anthropic", own, "x-api-key"),
                        status("anthropic", own, "authorization", "x-api-key"),
                        status("anthropic", own),
                        status("anthropic", "https://proxy.example.com", "authorization"),
                        status("openai", own, "authorization")))
                .noneMatch(status -> ModelUpstream.hasSubscription(status, "anthropic"));
        assertThat(ModelUpstream.hasSubscription(status("openai", "https://api.openai.com", "authorization"), "openai"))
                .as("an API key is sent so too")
                .isFalse();
        assertThat(ModelUpstream.hasSubscription(status("openai", "https://chatgpt.com", "authorization"), "openai"))
                .as("models are asked there by subscribers alone")
                .isTrue();
    }

    /** The lines to add equal those in the documentation; another test seals those. */
    @ParameterizedTest
    @ValueSource(strings = {"anthropic", "openai", "gemini"})
    void whatIsToBeAddedStandsInThePage(String provider) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "agents.md"));
        for (String line : new ModelUpstream(provider, provider).lines()) {
            assertThat(page).contains(line + "\n");
        }
        assertThat(new ModelUpstream("", "").lines()).isEmpty();
    }

    /** Then every run would start, and its first question be refused. */
    @Test
    void anAgentWhoseModelIsNotAtItsMakersAddressIsNotProtected() {
        assertThat(ModelUpstream.unreachable(
                        status("anthropic", "https://models.example.com", "x-api-key"), "anthropic", "claude"))
                .hasValueSatisfying(why -> assertThat(why)
                        .isEqualTo("claude calls its model at `api.anthropic.com`, and the policy has it at"
                                + " `models.example.com`"));
        assertThat(ModelUpstream.unreachable(
                        status("anthropic", "https://api.anthropic.com", "x-api-key"), "anthropic", "claude"))
                .isEmpty();
        assertThat(ModelUpstream.unreachable(
                        status("openai", "https://chatgpt.com", "authorization"), "openai", "codex"))
                .isEmpty();
    }
}
