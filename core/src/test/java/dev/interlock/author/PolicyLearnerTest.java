package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Obligations;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.Json;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.Policies;
import dev.interlock.testing.Fixtures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyLearnerTest {

    private static final Lease LEASE = Fixtures.wide();
    private static final Placement V1 = Fixtures.place("railway:volume/v1", "staging");
    private static final Placement V2 = Fixtures.place("railway:volume/v2", "staging");
    private static final Placement SHARED = Fixtures.place("railway:volume/v1", "staging", "production");
    private static final Obligations OWNERS = new Obligations(
            Set.of(new Obligations.Quorum(2, "owners")),
            Duration.ofMinutes(10),
            Optional.empty(),
            OptionalLong.empty(),
            true,
            false);

    private final Policies policies = new Policies(_ -> "");

    private static ResolvedAttempt attempt(String operation, Impact impact, Placement... places) {
        return Fixtures.one(LEASE, operation, Set.of(impact), places);
    }

    private static Json.Members went(String id, ResolvedAttempt sensed) {
        return AttemptReconstructionTest.receipt(id, "intent", sensed);
    }

    private static Json.Members confirmed(String id, ResolvedAttempt sensed) {
        return went(id, sensed)
                .with(
                        "confirmation",
                        Json.object().with("statement", Json.object().with("obligations", OWNERS.canonical())));
    }

    private static PolicyLearner.LearnedPolicy learn(Json.Members... receipts) {
        return PolicyLearner.from(
                Fixtures.seal("@id(\"none\") forbid (principal, action, resource);"),
                Fixtures.CATALOGS,
                List.of(receipts),
                List.of(AttemptReconstructionTest.issue(LEASE)),
                _ -> Optional.empty());
    }

    private Verdict decide(PolicyLearner.LearnedPolicy learned, ResolvedAttempt sensed) {
        return policies.decide(Fixtures.seal(learned.policy()), sensed);
    }

    @Test
    void onlyUsedOperationsArePermitted() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", read), went("R-2", read));
        assertThat(learned.used()).isEqualTo(2);
        assertThat(learned.permits()).isEqualTo(1);
        assertThat(learned.proof().holds()).isTrue();
        assertThat(decide(learned, read)).isInstanceOf(Verdict.Permit.class);
        List<ResolvedAttempt> wider = new ArrayList<>(List.of(
                attempt("railway/project", Impact.READ, V2),
                attempt("railway/project", Impact.READ, SHARED),
                attempt("railway/project", Impact.READ, V1, V2),
                attempt("railway/project", Impact.WRITE, V1),
                attempt("railway/volumeDelete", Impact.READ, V1)));
        wider.add(Fixtures.one(lease(Optional.of("other")), "railway/project", Set.of(Impact.READ), V1));
        wider.add(Fixtures.one(lease(Optional.empty()), "railway/project", Set.of(Impact.READ), V1));
        assertThat(wider)
                .allSatisfy(sensed -> assertThat(decide(learned, sensed)).isInstanceOf(Verdict.Refuse.class));
    }

    /** A resource that lies in a used one was not used itself. */
    @Test
    void aResourceIsPermittedWithoutItsParts() {
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", attempt("railway/project", Impact.READ, V1)));
        Placement within = new Placement(
                Resource.parse("railway:backup/b"), Set.of("staging"), Set.of(V1.resource()), Provenance.SEALED, true);
        assertThat(decide(learned, attempt("railway/project", Impact.READ, within)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    private static Lease lease(Optional<String> template) {
        return new Lease(
                "L-7",
                "L-7",
                LEASE.agent(),
                LEASE.person(),
                LeaseSigners.NOBODY,
                LEASE.task(),
                template,
                LEASE.environments(),
                LEASE.impacts(),
                LEASE.resources(),
                LEASE.place(),
                LEASE.issued(),
                LEASE.expires());
    }

    @Test
    void destructionsArePermittedOnlyWithTheMetObligations() {
        ResolvedAttempt deletion = attempt("railway/volumeDelete", Impact.DESTROY, V1);
        PolicyLearner.LearnedPolicy learned = learn(confirmed("R-1", deletion));
        assertThat(learned.policy()).contains("@confirm(\"2 of owners\") @cooldown(\"10m\") @type_name");
        assertThat(learned.proof().holds()).isTrue();
        assertThat(((Verdict.Hold) decide(learned, deletion)).obligations()).isEqualTo(OWNERS);

        PolicyLearner.LearnedPolicy unconfirmed = learn(went("R-1", deletion));
        assertThat(unconfirmed.permits()).isZero();
        assertThat(unconfirmed.leftOut()).containsOnlyKeys("It destroyed something without a confirmation.");
    }

    /** People sign for a whole request; that does not make its harmless parts need them. */
    @Test
    void unconfirmedCallsElsewhereNeedNoObligations() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        ResolvedAttempt both = Fixtures.resolved(
                LEASE,
                List.of(
                        Fixtures.action("railway/project", Set.of(Impact.READ), V1),
                        Fixtures.action("railway/volumeDelete", Set.of(Impact.DESTROY), V1)),
                V1);
        PolicyLearner.LearnedPolicy learned = learn(confirmed("R-1", both), went("R-2", read));
        assertThat(learned.proof().holds()).isTrue();
        assertThat(decide(learned, read)).isInstanceOf(Verdict.Permit.class);
        assertThat(decide(learned, both)).isInstanceOf(Verdict.Hold.class);
    }

    @Test
    void refusedCallsStayRefused() {
        Json.Members refused = AttemptReconstructionTest.receipt(
                        "R-2", "refused", attempt("railway/project", Impact.READ, V2))
                .with("refusal", "denied");
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", attempt("railway/project", Impact.READ, V1)), refused);
        assertThat(learned.proof().holds()).isTrue();
        assertThat(learned.proof().others().replayed()).isEqualTo(1);
    }

    /** The same call was refused before the policy changed. To permit it would permit the refused one too. */
    @Test
    void laterUsedRefusalsAreNotShown() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        Json.Members refused =
                AttemptReconstructionTest.receipt("R-2", "refused", read).with("refusal", "denied");
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", read), refused);
        assertThat(learned.proof().holds()).isFalse();
        assertThat(learned.json().object("proof").items("against")).hasSize(1);
    }

    @Test
    void unavailableAndObservedCallsAreNamedAndNotLearned() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        PolicyLearner.LearnedPolicy learned = learn(
                went("R-1", read).with("lease", "L-9"),
                went("R-2", read).with("observed", Json.object().with("verdict", "refuse")),
                went("R-3", read).withTexts("limits", List.of("budget reads")),
                went("R-4", attempt("railway/unheardOf", Impact.READ, V1)),
                went("R-5", read).with("elevation", "H-1"));
        assertThat(learned.permits()).isZero();
        assertThat(learned.leftOut().values()).containsExactly(1L, 1L, 1L, 1L, 1L);
    }

    /** An elevation of minutes is no reason for a permanent permit. */
    @Test
    void elevatedCallsAreNotLearned() {
        Elevation more = new Elevation(Set.of("staging"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(15));
        Json.Members given = more.json()
                .with("kind", "admin")
                .with("id", "R-8")
                .with("command", "elevation.give")
                .with("hold", "H-1")
                .with("until", Fixtures.NOW.plus(Duration.ofMinutes(15)).toString());
        PolicyLearner.LearnedPolicy learned = PolicyLearner.from(
                Fixtures.seal("@id(\"none\") forbid (principal, action, resource);"),
                Fixtures.CATALOGS,
                List.of(went("R-1", attempt("railway/project", Impact.READ, V1)).with("elevation", "H-1")),
                List.of(AttemptReconstructionTest.issue(LEASE), given),
                _ -> Optional.empty());
        assertThat(learned.permits()).isZero();
        assertThat(learned.leftOut()).containsOnlyKeys("People had elevated its lease beyond its task.");
    }

    @Test
    void aTaskTemplateIsSuggested() {
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", attempt("railway/project", Impact.READ, V1)));
        assertThat(learned.tasks()).isEqualTo("""
                tasks:
                  fix-staging:
                    environments: [staging]
                    impacts: [read]
                    agents: [jer/cursor]
                    ttl: 1h
                """);
    }

    @Test
    void learnedPoliciesEscapeProviderNames() {
        ResolvedAttempt read =
                attempt("railway/project", Impact.READ, Fixtures.place("railway:volume/\\\" || true //", "staging"));
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", read));
        assertThat(DraftSeals.problems(Fixtures.seal(learned.policy()), Fixtures.CATALOGS))
                .isEmpty();
        assertThat(decide(learned, read)).isInstanceOf(Verdict.Permit.class);
        assertThat(learned.proof().holds()).isTrue();

        Placement turned = Fixtures.place("railway:volume/\u202e", "staging");
        assertThat(learn(went("R-1", attempt("railway/project", Impact.READ, turned)))
                        .leftOut())
                .containsOnlyKeys("A resource's name contains characters that a policy should not contain.");
    }

    /**
     * Receipts of people who left, or of agents that were moved or narrowed, cannot be replayed. They are named, and
     * nothing is permitted for them.
     */
    @Test
    void unknownNamesAreLeftOutAndReported() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        ResolvedAttempt moved = attempt("railway/project", Impact.READ, Fixtures.place("railway:volume/v1", "moon"));
        Lease inside =
                Fixtures.lease(Set.of("staging"), Fixtures.ALL_IMPACTS, Set.of(Resource.parse("railway:project/p1")));
        ResolvedAttempt narrowed = Fixtures.one(inside, "railway/project", Set.of(Impact.READ), V1);
        Seal others = Fixtures.seal().with(parts -> parts.agents = Map.of());
        for (Map.Entry<String, PolicyLearner.LearnedPolicy> one : Map.of(
                        "Its agent is no longer in the policy directory.", learn(others, LEASE, went("R-1", read)),
                        "Its environment is no longer in the policy directory.",
                                learn(Fixtures.seal(), LEASE, went("R-1", moved)),
                        "Its lease was narrowed to groups of resources, which receipts do not record.",
                                learn(Fixtures.seal(), inside, went("R-1", narrowed)))
                .entrySet()) {
            assertThat(one.getValue().leftOut()).containsExactly(Map.entry(one.getKey(), 1L));
            assertThat(one.getValue().permits()).isZero();
            assertThat(one.getValue().used()).isZero();
        }
    }

    private static PolicyLearner.LearnedPolicy learn(Seal draft, Lease lease, Json.Members... receipts) {
        return PolicyLearner.from(
                draft,
                Fixtures.CATALOGS,
                List.of(receipts),
                List.of(AttemptReconstructionTest.issue(lease)),
                _ -> Optional.empty());
    }

    /** The proof distinguishes used receipts from omitted ones: only the used ones must pass again. */
    @Test
    void theProofReplaysTheLearnedCalls() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        Json.Members refused = AttemptReconstructionTest.receipt(
                        "R-3", "refused", attempt("railway/project", Impact.READ, V2))
                .with("refusal", "denied");
        PolicyLearner.LearnedPolicy learned = learn(
                went("R-1", read),
                went("R-2", attempt("railway/variableUpsert", Impact.WRITE, V1))
                        .with("observed", Json.object().with("verdict", "refuse")),
                refused);
        assertThat(learned.proof().used().replayed()).isEqualTo(1);
        assertThat(learned.proof().others().replayed()).isEqualTo(1);
        assertThat(learned.json().object("proof").whole("replayed")).isEqualTo(2);
        assertThat(learned.policy()).contains("@id(\"learned-1\")").doesNotContain("learned-0", "learned-2");
    }

    /** Each call belongs to the task template of its lease; a call under no task needs none. */
    @Test
    void aTaskPermitsOnlyItsOwnCalls() {
        Lease other = lease(Optional.of("other"));
        Lease none = new Lease(
                "L-8",
                "L-8",
                LEASE.agent(),
                LEASE.person(),
                LeaseSigners.NOBODY,
                LEASE.task(),
                Optional.empty(),
                LEASE.environments(),
                LEASE.impacts(),
                LEASE.resources(),
                LEASE.place(),
                LEASE.issued(),
                LEASE.expires());
        PolicyLearner.LearnedPolicy learned = PolicyLearner.from(
                Fixtures.seal(),
                Fixtures.CATALOGS,
                List.of(
                        went("R-1", attempt("railway/project", Impact.READ, V1)),
                        went("R-2", Fixtures.one(other, "railway/variableUpsert", Set.of(Impact.WRITE), V2)),
                        went("R-3", Fixtures.one(none, "railway/project", Set.of(Impact.READ), V2))),
                List.of(
                        AttemptReconstructionTest.issue(LEASE),
                        AttemptReconstructionTest.issue(other),
                        AttemptReconstructionTest.issue(none)),
                _ -> Optional.empty());
        assertThat(learned.tasks()).isEqualTo("""
                tasks:
                  fix-staging:
                    environments: [staging]
                    impacts: [read]
                    agents: [jer/cursor]
                    ttl: 1h
                  other:
                    environments: [staging]
                    impacts: [write]
                    agents: [jer/cursor]
                    ttl: 1h
                """);
        assertThat(learned.policy()).contains("learned-3").contains("!(context.lease has template)");
    }
}
