package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SealLimits;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecisionExplanationTest {

    private static final String POLICY = """
            @id("work") permit (principal in Team::"platform", action, resource in Environment::"staging")
            when { context.lease.names_environment } unless { context.reversibility == "irreversible" };
            @id("owners") @confirm("1 of owners") @cooldown("10m")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
            @id("much") forbid (principal, action, resource) when { context.radius.lost > 1 };
            """;
    private static final Lease STAGING =
            Fixtures.lease(Set.of("staging"), Set.of(Impact.READ, Impact.DESTROY), Set.of());

    private static DecisionExplanation explain(Lease lease, String operation, Impact impact, String... environments) {
        ResolvedAttempt sensed = Fixtures.irreversible(
                Fixtures.one(lease, operation, Set.of(impact), Fixtures.place("railway:volume/v1", environments)));
        return DecisionExplanation.of(Fixtures.seal(POLICY), sensed);
    }

    @Test
    void explainsEachPolicyAndCondition() {
        DecisionExplanation explanation = explain(STAGING, "railway/volumeDelete", Impact.DESTROY, "staging");
        assertThat(explanation.verdict()).isInstanceOf(Verdict.Hold.class);
        assertThat(explanation.verdictDetails())
                .isEqualTo("@confirm(\"1 of owners\") @cooldown(\"10m\"). By `owners`.");
        DecisionExplanation.ExplainedQuestion part = explanation.parts().getFirst();
        assertThat(part.answer()).isEqualTo("permitted");
        assertThat(part.deciding())
                .extracting(
                        DecisionExplanation.ExplainedPolicy::id,
                        DecisionExplanation.ExplainedPolicy::result,
                        DecisionExplanation.ExplainedPolicy::at)
                .containsExactly(
                        tuple("work", "conditions do not hold", "policy0.cedar:1"),
                        tuple("owners", "permits", "policy0.cedar:3"),
                        tuple("much", "conditions do not hold", "policy0.cedar:5"));
        assertThat(part.deciding().getFirst().clauses())
                .extracting(DecisionExplanation.ExplainedCondition::result)
                .containsExactly("holds", "does not hold");
        assertThat(part.deciding().getFirst().clauses().getLast().text())
                .startsWith("unless {")
                .contains("irreversible");
    }

    /** The number exceeds Cedar's range, so the condition decides nothing, and the call is refused. */
    @Test
    void saysWhichConditionCannotBeEvaluated() {
        ResolvedAttempt sensed = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"));
        DecisionExplanation explanation = DecisionExplanation.of(Fixtures.seal(POLICY + """
                        @id("vast") forbid (principal, action, resource)
                        when { context.radius.lost + 9223372036854775807 > 1 } unless { context.protected };
                        """), sensed);
        assertThat(explanation.verdict()).isInstanceOf(Verdict.Refuse.class);
        DecisionExplanation.ExplainedQuestion part = explanation.parts().getFirst();
        assertThat(part.answer()).isEqualTo("erred");
        DecisionExplanation.ExplainedPolicy vast = part.deciding().getLast();
        assertThat(vast.result()).isEqualTo("erred");
        assertThat(vast.clauses())
                .extracting(DecisionExplanation.ExplainedCondition::result)
                .containsExactly("errs", "holds");
    }

    /** Cedar would reject such an entity. Every policy is matched with it, so that none is called irrelevant. */
    @Test
    void sparesNoPolicyWhereAResourceLiesInItself() {
        Placement itself = Fixtures.place("railway:volume/v1", "staging");
        Placement within = new Placement(
                itself.resource(),
                itself.environments(),
                Set.of(itself.resource()),
                itself.provenance(),
                itself.known());
        String policy = POLICY + "@id(\"other\") permit (principal == Agent::\"jer/other\", action, resource);";
        for (Placement place : List.of(itself, within)) {
            ResolvedAttempt sensed = Fixtures.one(STAGING, "railway/volumeDelete", Set.of(Impact.DESTROY), place);
            DecisionExplanation explanation = DecisionExplanation.of(Fixtures.seal(policy), sensed);
            assertThat(explanation.parts().getFirst().others()).isEqualTo(place == itself ? 1 : 0);
        }
    }

    @Test
    void aRefusalByTheLeaseStillShowsThePolicies() {
        DecisionExplanation explanation = explain(
                Fixtures.lease(Set.of("staging"), Set.of(Impact.READ), Set.of()),
                "railway/volumeDelete",
                Impact.DESTROY,
                "staging");
        assertThat(explanation.word()).isEqualTo("refuse");
        assertThat(explanation.verdictDetails()).contains("does not allow `destroy`");
        assertThat(explanation.parts().getFirst().answer()).isEqualTo("permitted");
    }

    @Test
    void namesTheLimitsThatItCountsTowards() {
        SealLimits limits = new SealLimits(
                Map.of(
                        "deletions",
                        new SealLimits.Budget(
                                "deletions",
                                Set.of(SealLimits.GroupingKey.PERSON),
                                new SealLimits.ActionSelector(Set.of(Impact.DESTROY), Set.of(), Set.of(), Map.of()),
                                5,
                                Duration.ofHours(1),
                                Optional.empty()),
                        "reads-in-production",
                        new SealLimits.Budget(
                                "reads-in-production",
                                Set.of(),
                                new SealLimits.ActionSelector(
                                        Set.of(Impact.READ), Set.of(), Set.of("production"), Map.of()),
                                5,
                                Duration.ofHours(1),
                                Optional.empty())),
                Map.of());
        ResolvedAttempt sensed = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"));
        assertThat(DecisionExplanation.of(Fixtures.limited(Fixtures.seal(POLICY), limits), sensed)
                        .limits())
                .containsExactly(
                        "budget `deletions` counts it: at most 5 within 1h for each person, above that" + " refuse");
    }

    @Test
    void namesTheSequencesThatItBeginsOrEnds() {
        SealLimits.ActionSelector destroys =
                new SealLimits.ActionSelector(Set.of(Impact.DESTROY), Set.of(), Set.of("staging"), Map.of());
        SealLimits.ActionSelector reads =
                new SealLimits.ActionSelector(Set.of(Impact.READ), Set.of(), Set.of(), Map.of());
        Obligations owners = new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                Duration.ofMinutes(10),
                Optional.of(Duration.ofDays(1)),
                OptionalLong.of(1000),
                true,
                true);
        SealLimits limits = new SealLimits(
                Map.of(
                        "all",
                        new SealLimits.Budget("all", Set.of(), destroys, 5, Duration.ofDays(1), Optional.of(owners))),
                Map.of(
                        "begins",
                        new SealLimits.Sequence(
                                "begins",
                                destroys,
                                reads,
                                Set.of(SealLimits.GroupingKey.LEASE, SealLimits.GroupingKey.GROUP),
                                Duration.ofMinutes(90),
                                Optional.empty()),
                        "ends",
                        new SealLimits.Sequence(
                                "ends", reads, destroys, Set.of(), Duration.ofSeconds(90), Optional.of(owners))));
        ResolvedAttempt sensed = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"));
        String hold = "hold @confirm(\"1 of owners\") @cooldown(\"10m\") @backup(\"1d\") @rows(\"1000\")"
                + " @type_name @other";
        assertThat(LimitDescription.about(Fixtures.limited(Fixtures.seal(POLICY), limits), sensed))
                .containsExactlyInAnyOrder(
                        "budget `all` counts it: at most 5 within 1d in total, above that " + hold,
                        "sequence `begins` starts with it: the second step within 90m and for the same lease and"
                                + " group: refuse",
                        "sequence `ends` ends with it: after the first step, within 90s: " + hold);
    }

    @Test
    void jsonAndTextReportTheSame() {
        Json.Members json = explain(STAGING, "railway/volumeDelete", Impact.DESTROY, "staging")
                .json();
        assertThat(json.text("verdict")).isEqualTo("hold");
        assertThat(json.object("obligations").texts("confirm")).containsExactly("1 of owners");
        Json.Members part = json.objects("questions").getFirst();
        assertThat(part.text("answer")).isEqualTo("permitted");
        assertThat(part.whole("not_matching")).isZero();
        Json.Members work = part.objects("policies").getFirst();
        assertThat(work.text("id")).isEqualTo("work");
        assertThat(work.text("result")).isEqualTo("conditions do not hold");
        assertThat(work.objects("conditions").getFirst().text("text"))
                .isEqualTo("when { (context.lease).names_environment }");
        assertThat(work.objects("conditions").getLast().text("result")).isEqualTo("does not hold");
        Json.Members refused = explain(STAGING, "railway/volumeDelete", Impact.DESTROY, "production")
                .json();
        assertThat(refused.text("verdict")).isEqualTo("refuse");
        assertThat(refused.get("finality")).isPresent();
    }

    @Test
    void forbiddenAndUnpermittedQuestionsAreReported() {
        assertThat(explain(STAGING, "railway/project", Impact.READ, "production")
                        .parts())
                .extracting(DecisionExplanation.ExplainedQuestion::answer)
                .containsExactly("permitted by nobody");
        ResolvedAttempt two = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"),
                Fixtures.place("railway:volume/v2", "staging"));
        assertThat(DecisionExplanation.of(Fixtures.seal(POLICY), two).parts())
                .extracting(DecisionExplanation.ExplainedQuestion::answer)
                .containsExactly("forbidden", "forbidden");
    }

    @Test
    void aLongConditionIsShortened() {
        String longest = "context.upstream == \"" + "x".repeat(2000) + "\"";
        ResolvedAttempt sensed = Fixtures.one(
                STAGING, "railway/project", Set.of(Impact.READ), Fixtures.place("railway:volume/v1", "staging"));
        String policy = "@id(\"a\") permit (principal, action, resource) when { " + longest + " };";
        assertThat(DecisionExplanation.of(Fixtures.seal(policy), sensed)
                        .parts()
                        .getFirst()
                        .deciding()
                        .getFirst()
                        .clauses()
                        .getFirst()
                        .text())
                .startsWith("when { ")
                .endsWith("x…")
                .hasSizeLessThan(400);
    }
}
