package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Limits;
import dev.interlock.action.Obligations;
import dev.interlock.action.Placement;
import dev.interlock.action.Sensed;
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

class ExplanationTest {

    private static final String POLICY = """
            @id("work") permit (principal in Team::"platform", action, resource in Environment::"staging")
            when { context.lease.names_environment } unless { context.reversibility == "irreversible" };
            @id("owners") @confirm("1 of owners") @cooldown("10m")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
            @id("much") forbid (principal, action, resource) when { context.radius.lost > 1 };
            """;
    private static final Lease STAGING =
            Fixtures.lease(Set.of("staging"), Set.of(Impact.READ, Impact.DESTROY), Set.of());

    private static Explanation explain(Lease lease, String operation, Impact impact, String... environments) {
        Sensed sensed =
                Fixtures.one(lease, operation, Set.of(impact), Fixtures.place("railway:volume/v1", environments));
        return Explanation.of(Fixtures.seal(POLICY), sensed);
    }

    @Test
    void saysWhatEachPolicyAndEachConditionDid() {
        Explanation explanation = explain(STAGING, "railway/volumeDelete", Impact.DESTROY, "staging");
        assertThat(explanation.verdict()).isInstanceOf(Verdict.Hold.class);
        assertThat(explanation.because()).isEqualTo("@confirm(\"1 of owners\") @cooldown(\"10m\"). By `owners`.");
        Explanation.Part part = explanation.parts().getFirst();
        assertThat(part.answer()).isEqualTo("permitted");
        assertThat(part.deciding())
                .extracting(Explanation.Matching::id, Explanation.Matching::result, Explanation.Matching::at)
                .containsExactly(
                        tuple("work", "conditions do not hold", "policy0.cedar:1"),
                        tuple("owners", "permits", "policy0.cedar:3"),
                        tuple("much", "conditions do not hold", "policy0.cedar:5"));
        assertThat(part.deciding().getFirst().clauses())
                .extracting(Explanation.Clause::result)
                .containsExactly("holds", "does not hold");
        assertThat(part.deciding().getFirst().clauses().getLast().text())
                .startsWith("unless {")
                .contains("irreversible");
    }

    /** More than a number of Cedar's can hold: it decides nothing, and so refuses. */
    @Test
    void saysWhichConditionCannotBeEvaluated() {
        Sensed sensed = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"));
        Explanation explanation = Explanation.of(Fixtures.seal(POLICY + """
                        @id("vast") forbid (principal, action, resource)
                        when { context.radius.lost + 9223372036854775807 > 1 } unless { context.protected };
                        """), sensed);
        assertThat(explanation.verdict()).isInstanceOf(Verdict.Refuse.class);
        Explanation.Part part = explanation.parts().getFirst();
        assertThat(part.answer()).isEqualTo("erred");
        Explanation.Matching vast = part.deciding().getLast();
        assertThat(vast.result()).isEqualTo("erred");
        assertThat(vast.clauses()).extracting(Explanation.Clause::result).containsExactly("errs", "holds");
    }

    /** What Cedar would refuse as an entity is matched with every policy, so that none is said to be about others. */
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
            Sensed sensed = Fixtures.one(STAGING, "railway/volumeDelete", Set.of(Impact.DESTROY), place);
            Explanation explanation = Explanation.of(Fixtures.seal(policy), sensed);
            assertThat(explanation.parts().getFirst().others()).isEqualTo(place == itself ? 1 : 0);
        }
    }

    /** Each change is tried by the real decision: what it says must come out when it is made. */
    @Test
    void namesTheNearestChange() {
        List<Explanation.Change> changes = explain(STAGING, "railway/volumeDelete", Impact.DESTROY, "staging")
                .changes();
        assertThat(changes)
                .extracting(Explanation.Change::word, Explanation.Change::words)
                .contains(
                        tuple("refuse", "if all of it were in `production` alone"),
                        tuple("refuse", "if it were also in `production`"));
        assertThat(changes)
                .extracting(Explanation.Change::words)
                .doesNotContain("if it were `reversible`"); // still held
    }

    @Test
    void aRefusalByTheLeaseNamesTheLeaseThatWouldDo() {
        Explanation explanation = explain(
                Fixtures.lease(Set.of("staging"), Set.of(Impact.READ), Set.of()),
                "railway/volumeDelete",
                Impact.DESTROY,
                "staging");
        assertThat(explanation.word()).isEqualTo("refuse");
        assertThat(explanation.because()).contains("does not allow `destroy`");
        assertThat(explanation.parts().getFirst().answer()).isEqualTo("permitted");
        assertThat(explanation.changes())
                .extracting(Explanation.Change::word, Explanation.Change::words)
                .containsExactly(tuple("hold", "if the lease also allowed `destroy`"));
    }

    @Test
    void aTeamThatDecidesIsNamed() {
        Sensed sensed = Fixtures.one(
                Fixtures.wide(),
                "railway/project",
                Set.of(Impact.READ),
                Fixtures.place("railway:volume/v1", "staging"));
        Explanation explanation = Explanation.of(
                Fixtures.seal("@id(\"team\") permit (principal in Team::\"platform\", action, resource);"), sensed);
        assertThat(explanation.word()).isEqualTo("permit");
        assertThat(explanation.changes())
                .extracting(Explanation.Change::word, Explanation.Change::words)
                .contains(tuple("refuse", "if the agent were not in the team `platform`"));
    }

    @Test
    void namesTheLimitsThatItCountsTowards() {
        Limits limits = new Limits(
                Map.of(
                        "deletions",
                        new Limits.Budget(
                                "deletions",
                                Set.of(Limits.Facet.PERSON),
                                new Limits.Selector(Set.of(Impact.DESTROY), Set.of(), Set.of(), Map.of()),
                                5,
                                Duration.ofHours(1),
                                Optional.empty()),
                        "reads-in-production",
                        new Limits.Budget(
                                "reads-in-production",
                                Set.of(),
                                new Limits.Selector(Set.of(Impact.READ), Set.of(), Set.of("production"), Map.of()),
                                5,
                                Duration.ofHours(1),
                                Optional.empty())),
                Map.of());
        Sensed sensed = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"));
        assertThat(Explanation.of(Fixtures.limited(Fixtures.seal(POLICY), limits), sensed)
                        .limits())
                .containsExactly("budget `deletions` counts it: 5 within 1h for each person, beyond that refuse");
    }

    @Test
    void namesTheSequencesThatItBeginsOrEnds() {
        Limits.Selector destroys = new Limits.Selector(Set.of(Impact.DESTROY), Set.of(), Set.of("staging"), Map.of());
        Limits.Selector reads = new Limits.Selector(Set.of(Impact.READ), Set.of(), Set.of(), Map.of());
        Obligations owners = new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                Duration.ofMinutes(10),
                Optional.of(Duration.ofDays(1)),
                OptionalLong.of(1000),
                true,
                true);
        Limits limits = new Limits(
                Map.of("all", new Limits.Budget("all", Set.of(), destroys, 5, Duration.ofDays(1), Optional.of(owners))),
                Map.of(
                        "begins",
                        new Limits.Sequence(
                                "begins",
                                destroys,
                                reads,
                                Set.of(Limits.Facet.LEASE, Limits.Facet.GROUP),
                                Duration.ofMinutes(90),
                                Optional.empty()),
                        "ends",
                        new Limits.Sequence(
                                "ends", reads, destroys, Set.of(), Duration.ofSeconds(90), Optional.of(owners))));
        Sensed sensed = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"));
        String hold = "hold @confirm(\"1 of owners\") @cooldown(\"10m\") @backup(\"1d\") @rows(\"1000\")"
                + " @type_name @other";
        assertThat(LimitWords.about(Fixtures.limited(Fixtures.seal(POLICY), limits), sensed))
                .containsExactlyInAnyOrder(
                        "budget `all` counts it: 5 within 1d of all together, beyond that " + hold,
                        "sequence `begins` begins with it: within 90m and for the same lease and group, what must not"
                                + " follow: refuse",
                        "sequence `ends` is about it: after what it must not follow, within 90s: " + hold);
    }

    @Test
    void programsAreToldWhatPeopleAreTold() {
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
        assertThat(json.objects("changes"))
                .contains(Json.object()
                        .with("kind", "environment")
                        .with("change", "if all of it were in `production` alone")
                        .with("verdict", "refuse"));
        Json.Members refused = explain(STAGING, "railway/volumeDelete", Impact.DESTROY, "production")
                .json();
        assertThat(refused.text("verdict")).isEqualTo("refuse");
        assertThat(refused.get("finality")).isPresent();
    }

    @Test
    void whatIsForbiddenOrPermittedByNobodyIsSaidOfEachQuestion() {
        assertThat(explain(STAGING, "railway/project", Impact.READ, "production")
                        .parts())
                .extracting(Explanation.Part::answer)
                .containsExactly("permitted by nobody");
        Sensed two = Fixtures.one(
                STAGING,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging"),
                Fixtures.place("railway:volume/v2", "staging"));
        assertThat(Explanation.of(Fixtures.seal(POLICY), two).parts())
                .extracting(Explanation.Part::answer)
                .containsExactly("forbidden", "forbidden");
    }

    @Test
    void aLongConditionIsShortened() {
        String longest = "context.upstream == \"" + "x".repeat(2000) + "\"";
        Sensed sensed = Fixtures.one(
                STAGING, "railway/project", Set.of(Impact.READ), Fixtures.place("railway:volume/v1", "staging"));
        String policy = "@id(\"a\") permit (principal, action, resource) when { " + longest + " };";
        assertThat(Explanation.of(Fixtures.seal(policy), sensed)
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
