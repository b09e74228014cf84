package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.CodeFreeze;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.author.HypotheticalAttempt.LeaseScope;
import dev.interlock.author.PredictedDecision.GatewayAnswer;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tests that a permit is certain only if nothing unknown could change it. */
class PredictedDecisionTest {

    private static final String WORK = """
            @id("work") permit (principal, action in Impact::Action::"write", resource in Environment::"staging");
            """;
    private static final GatewayAnswer NOT_ASKED = new GatewayAnswer.NoAnswer("It was not asked.");
    private static final Resource VOLUME = Resource.parse("railway:volume/v1");

    private static Seal seal(String policy, Optional<String> resolver) {
        return Fixtures.seal(policy).with(parts -> {
            parts.tasks = Map.of(
                    "work",
                    new Seal.TaskTemplate(
                            "work", Set.of("staging"), Set.of(Impact.WRITE), Set.of(), Duration.ofHours(1)));
            parts.upstreams = Map.of(
                    "railway",
                    new Seal.Upstream(
                            "railway",
                            "railway",
                            URI.create("https://up.example"),
                            Optional.empty(),
                            List.of(),
                            resolver,
                            Map.of(VOLUME, Fixtures.place(VOLUME.toString(), "staging")),
                            List.of()));
        });
    }

    private static final Seal SEAL = seal(WORK, Optional.of("reader"));

    private static DescribedAttempt write(String... facts) {
        Map<String, String> given = new TreeMap<>();
        for (String fact : facts) {
            given.put(fact, "x");
        }
        return new DescribedAttempt(
                "jer/cursor",
                Optional.of("work"),
                Optional.empty(),
                "railway/variableUpsert",
                Set.of(),
                Optional.empty(),
                Optional.of(VOLUME),
                Set.of(),
                new TreeMap<>(given));
    }

    private static PredictedDecision predict(Seal draft, GatewayAnswer gateway) {
        return PredictedDecision.of(draft, Fixtures.CATALOGS, write(), gateway, Fixtures.NOW);
    }

    private static GatewayAnswer answer(Seal inForce, String verdict, boolean stopped, String... environments) {
        Placement found = new Placement(
                VOLUME, Set.of(environments), Set.of(Resource.parse("railway:project/p")), Provenance.RESOLVED, true);
        ResolvedAttempt sensed = Fixtures.one(Fixtures.wide(), "railway/variableUpsert", Set.of(Impact.WRITE), found);
        return new GatewayAnswer.Answered(new GatewayDecision(
                inForce,
                Json.object()
                        .with("seal", inForce.id())
                        .with("verdict", verdict)
                        .with("because", "So it is.")
                        .withTexts("policies", List.of())
                        .withTexts("limits", List.of())
                        .with("stopped", stopped)
                        .withTexts("gaps", List.of())
                        .with("meaning", sensed.meaning())
                        .with("groups", Json.object().withTexts(VOLUME.toString(), List.of("railway:project/p")))));
    }

    @Test
    void withoutTheGatewayAPermitIsUncertain() {
        PredictedDecision predicted = predict(SEAL, NOT_ASKED);
        assertThat(predicted.explanation().word()).isEqualTo("permit");
        assertThat(predicted.word()).isEqualTo(PredictedDecision.UNCERTAIN);
        assertThat(predicted.unknown())
                .containsExactly(
                        "It was not asked.",
                        "Where the provider has the resource, and what else would be lost: only the gateway asks it.",
                        "Freezes, kills, and the use of budgets so far.");
        Json.Members json = predicted.json();
        assertThat(json.text("verdict")).isEqualTo("uncertain");
        assertThat(json.text("under_policies")).isEqualTo("permit");
        assertThat(json.flag("gateway_asked")).isFalse();
        assertThat(predict(seal(WORK, Optional.empty()), NOT_ASKED).unknown())
                .as("nobody asks a provider without a resolver")
                .hasSize(2);
    }

    /** The provider may know another environment that uses it. */
    @Test
    void thePlacesAreThoseOfTheGateway() {
        assertThat(predict(SEAL, answer(SEAL, "permit", false, "staging")).word())
                .isEqualTo("permit");
        PredictedDecision wider = predict(SEAL, answer(SEAL, "refuse", false, "staging", "production"));
        assertThat(wider.word()).isEqualTo("refuse");
        assertThat(wider.explanation().word()).isEqualTo("refuse");
        Seal group = seal(
                "@id(\"p\") permit (principal, action, resource in Resource::\"railway:project/p\");",
                Optional.of("reader"));
        assertThat(predict(group, answer(group, "permit", false, "staging")).word())
                .isEqualTo("permit");
    }

    /** A kill, a freeze or a budget refuses under any policy. Another verdict concerns the seal in force alone. */
    @Test
    void theGatewaysRefusalStandsIfThePolicyIsInForceOrDoesNotMatter() {
        assertThat(predict(SEAL, answer(SEAL, "hold", false, "staging")).word()).isEqualTo("hold");
        Seal other = Fixtures.resealed(
                seal("@id(\"none\") forbid (principal, action, resource);", Optional.of("reader")), "5ea2");
        PredictedDecision draft = predict(SEAL, answer(other, "refuse", false, "staging"));
        assertThat(draft.word()).isEqualTo("permit");
        assertThat(draft.inForce()).isFalse();
        PredictedDecision killed = predict(SEAL, answer(other, "refuse", true, "staging"));
        assertThat(killed.word()).isEqualTo("refuse");
        assertThat(killed.because()).isEqualTo("So it is.");
        assertThat(killed.explanation().word()).isEqualTo("permit");
    }

    @Test
    void aDirectoryThatPlacesOtherwiseDoesNotTakeTheGatewaysPlaces() {
        Seal other = seal(WORK, Optional.of("another-reader"));
        PredictedDecision predicted = predict(other, answer(SEAL, "refuse", false, "production"));
        assertThat(predicted.word()).isEqualTo(PredictedDecision.UNCERTAIN);
        assertThat(predicted.unknown())
                .singleElement()
                .asString()
                .contains("it places resources otherwise than the seal in force");
    }

    /** The freeze is part of the policy directory, so no gateway is needed to know it. */
    @Test
    void aCodeFreezeRefuses() {
        Seal frozen = SEAL.with(parts -> parts.codeFreezes = List.of(
                new CodeFreeze(Set.of(), Fixtures.NOW.minusSeconds(1), Fixtures.NOW.plusSeconds(60), "holidays")));
        PredictedDecision predicted = predict(frozen, NOT_ASKED);
        assertThat(predicted.word()).isEqualTo("refuse");
        assertThat(predicted.because()).contains("holidays");
    }

    /** Only a whole request shows its arguments: they may add impacts, and policies may read them. */
    @Test
    void unstatedArgumentsAreNamed() {
        CatalogFacts catalogs = Fixtures.with(
                Fixtures.CATALOGS,
                Fixtures.summary(
                        "railway",
                        "variableUpsert",
                        Set.of(Impact.WRITE),
                        Set.of(Impact.WRITE, Impact.EXECUTE),
                        Reversibility.RECOVERABLE,
                        Set.of(Fact.ARGUMENT + "name")));
        Seal reading = seal(
                WORK + "@id(\"not\") forbid (principal, action, resource)"
                        + " when { context has argument.name && context.argument.name like \"*KEY\" };",
                Optional.of("reader"));
        PredictedDecision predicted = PredictedDecision.of(
                reading, catalogs, write(), answer(reading, "permit", false, "staging"), Fixtures.NOW);
        assertThat(predicted.word()).isEqualTo(PredictedDecision.UNCERTAIN);
        assertThat(predicted.unknown())
                .containsExactly(
                        "Whether the arguments, or the fields of the answer, add `execute`: state the impacts with"
                                + " `--impact`.",
                        "The arguments `name`, which policies read: state them with `--fact`. Here they are left out.");
        DescribedAttempt stated = write(Fact.ARGUMENT + "name");
        DescribedAttempt all = new DescribedAttempt(
                stated.agent(),
                stated.task(),
                stated.cover(),
                stated.operation(),
                Set.of(Impact.WRITE),
                Optional.empty(),
                stated.resource(),
                Set.of(),
                stated.facts());
        assertThat(PredictedDecision.of(
                                reading, catalogs, all, answer(reading, "permit", false, "staging"), Fixtures.NOW)
                        .word())
                .isEqualTo("permit");
    }

    /** The command line writes the description, and the gateway reads it. */
    @Test
    void aDescriptionIsReadAsItWasWritten() {
        DescribedAttempt scoped = new DescribedAttempt(
                "jer/cursor",
                Optional.empty(),
                Optional.of(new LeaseScope(Set.of("staging", "production"), Set.of(Impact.READ), Set.of())),
                "railway/project",
                Set.of(Impact.READ, Impact.WRITE),
                Optional.of(Reversibility.RECOVERABLE),
                Optional.of(VOLUME),
                Set.of(),
                new TreeMap<>(Map.of("argument.a", "b=c")));
        for (DescribedAttempt described : List.of(scoped, write("argument.x"))) {
            Json.Members sent = Json.readObject(described.json().canonical());
            assertThat(DescribedAttempt.read(sent)).isEqualTo(described);
        }
    }
}
