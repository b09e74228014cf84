package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Elevation;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
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
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    private static final Seal DRAFT = draft("");

    private final Policies policies = new Policies(_ -> "");

    @TempDir
    private Path directory;

    private static Seal draft(String forbids) {
        return Fixtures.seal(forbids + "@id(\"gone\") permit (principal, action, resource);")
                .with(parts -> {
                    parts.tasks = Map.of("fix-staging", task("fix-staging"), "other", task("other"));
                    parts.upstreams = Map.of("railway", upstream("railway"), "second", upstream("second"));
                });
    }

    private static Seal.TaskTemplate task(String name) {
        return new Seal.TaskTemplate(
                name, Set.of("staging"), Fixtures.ALL_IMPACTS, Set.of("jer/cursor"), Duration.ofHours(1));
    }

    private static Seal.Upstream upstream(String name) {
        return new Seal.Upstream(
                name,
                "railway",
                URI.create("https://up.example"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
    }

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
                DRAFT,
                Fixtures.CATALOGS,
                List.of(receipts),
                List.of(AttemptReconstructionTest.issue(LEASE)),
                _ -> Optional.empty());
    }

    private static Seal sealed(PolicyLearner.LearnedPolicy learned) {
        return DRAFT.with(parts -> parts.policies = List.of(new Seal.PolicyText("learned.cedar", learned.policy())));
    }

    private Verdict decide(PolicyLearner.LearnedPolicy learned, ResolvedAttempt sensed) {
        return policies.decide(sealed(learned), sensed);
    }

    /** A read stands for all reads there; nothing else does. */
    @Test
    void readsAreWidenedToTheirEnvironment() {
        ResolvedAttempt read = attempt("railway/project", Impact.READ, V1);
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", read), went("R-2", read));
        assertThat(learned.used()).isEqualTo(2);
        assertThat(learned.permits()).isEqualTo(1);
        assertThat(learned.proof().holds()).isTrue();
        assertThat(learned.policy())
                .contains(
                        "// Seen: 2 uses of 1 operation on 1 resource.",
                        "// Wider than that: every read in `staging` through `railway` (1 operation).",
                        "@id(\"learned-1-read-in-staging\")");
        for (ResolvedAttempt alike : List.of(read, attempt("railway/project", Impact.READ, V1, V2))) {
            assertThat(decide(learned, alike)).isInstanceOf(Verdict.Permit.class);
        }
        List<ResolvedAttempt> wider = new ArrayList<>(List.of(
                attempt("railway/project", Impact.READ, SHARED),
                attempt("railway/project", Impact.WRITE, V1),
                attempt("railway/volumeDelete", Impact.DESTROY, V1)));
        wider.add(Fixtures.one(lease(Optional.of("other")), "railway/project", Set.of(Impact.READ), V1));
        wider.add(Fixtures.one(lease(Optional.empty()), "railway/project", Set.of(Impact.READ), V1));
        wider.add(through("second", read));
        assertThat(wider)
                .allSatisfy(sensed -> assertThat(decide(learned, sensed)).isInstanceOf(Verdict.Refuse.class));
    }

    private static ResolvedAttempt through(String upstream, ResolvedAttempt sensed) {
        Attempt attempt = new Attempt(
                upstream,
                List.of(),
                Optional.empty(),
                (HttpCall) sensed.attempt().call(),
                sensed.attempt().at());
        return new ResolvedAttempt(
                attempt,
                sensed.lease(),
                sensed.actions(),
                sensed.placements(),
                sensed.radius(),
                sensed.outgoing(),
                sensed.digests());
    }

    /** A write of a protected environment stands for itself, as does everything but reads and writes. */
    @Test
    void otherImpactsAndProtectedWritesStandForThemselves() {
        Placement live = Fixtures.place("railway:volume/v3", "production");
        Placement other = Fixtures.place("railway:volume/v4", "production");
        PolicyLearner.LearnedPolicy learned = learn(
                went("R-1", attempt("railway/variableUpsert", Impact.WRITE, live)),
                went("R-2", attempt("railway/deploymentRedeploy", Impact.EXECUTE, V1)));
        assertThat(learned.leftOut())
                .containsOnlyKeys("Its operation is no longer in a catalog of the policy directory.");
        assertThat(decide(learned, attempt("railway/variableUpsert", Impact.WRITE, live)))
                .isInstanceOf(Verdict.Permit.class);
        for (ResolvedAttempt wider : List.of(
                attempt("railway/variableUpsert", Impact.WRITE, other),
                attempt("railway/project", Impact.WRITE, live),
                attempt("railway/variableUpsert", Impact.WRITE, V1))) {
            assertThat(decide(learned, wider)).isInstanceOf(Verdict.Refuse.class);
        }
    }

    /** Where people confirmed every use, three resources of a kind stand for all of it, outside of protection. */
    @Test
    void confirmedResourcesOfAKindStandForAllOfIt() {
        List<Json.Members> receipts = new ArrayList<>();
        for (String volume : List.of("a", "b", "c")) {
            receipts.add(confirmed("R-" + volume, deletion(volume, "staging")));
            receipts.add(confirmed("R-p" + volume, deletion("p" + volume, "production")));
        }
        PolicyLearner.LearnedPolicy two = learn(receipts.subList(0, 4).toArray(Json.Members[]::new));
        assertThat(decide(two, deletion("z", "staging"))).isInstanceOf(Verdict.Refuse.class);
        PolicyLearner.LearnedPolicy three = learn(receipts.toArray(Json.Members[]::new));
        assertThat(three.permits()).isEqualTo(2);
        assertThat(three.proof().holds()).isTrue();
        assertThat(three.policy()).contains("Wider than that: every resource with `resource.kind == \"volume\"`");
        assertThat(((Verdict.Hold) decide(three, deletion("z", "staging"))).obligations())
                .isEqualTo(OWNERS);
        assertThat(decide(three, deletion("pa", "production"))).isInstanceOf(Verdict.Hold.class);
        assertThat(decide(three, deletion("pz", "production"))).isInstanceOf(Verdict.Refuse.class);
        assertThat(decide(three, attempt("railway/project", Impact.DESTROY, V1)))
                .as("another operation")
                .isInstanceOf(Verdict.Refuse.class);
    }

    private static ResolvedAttempt deletion(String volume, String environment) {
        return attempt("railway/volumeDelete", Impact.DESTROY, Fixtures.place("railway:volume/" + volume, environment));
    }

    /** What the directory forbids now is not learned, and its forbids are part of the file. */
    @Test
    void forbidsAreKeptAndWin() {
        Seal draft = draft("@id(\"not-v2\")\nforbid (principal, action, resource == Resource::\"railway:volume/v2\");\n"
                + "@id(\"not-p\") forbid (principal, action, resource in Resource::\"railway:project/p\");\n");
        PolicyLearner.LearnedPolicy learned = learn(
                draft,
                LEASE,
                went("R-1", attempt("railway/project", Impact.READ, V1)),
                went("R-2", attempt("railway/project", Impact.READ, V2)));
        assertThat(learned.leftOut()).containsExactly(Map.entry("The policy directory forbids it now: `not-v2`.", 1L));
        assertThat(learned.untried()).containsExactly("not-p");
        assertThat(learned.proof().holds()).isTrue();
        assertThat(DraftSeals.problems(sealed(learned), Fixtures.CATALOGS)).isEmpty();
        assertThat(decide(learned, attempt("railway/project", Impact.READ, V1))).isInstanceOf(Verdict.Permit.class);
        assertThat(decide(learned, attempt("railway/project", Impact.READ, V2))).isInstanceOf(Verdict.Refuse.class);
        Placement inP = new Placement(
                Resource.parse("railway:volume/v9"),
                Set.of("staging"),
                Set.of(Resource.parse("railway:project/p")),
                Provenance.SEALED,
                true);
        assertThat(decide(learned, attempt("railway/project", Impact.READ, inP)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    /** An operation that was refused somewhere is not part of a wider permit. */
    @Test
    void refusedOperationsAreNotWidened() {
        Json.Members refused = AttemptReconstructionTest.receipt(
                        "R-9", "refused", attempt("railway/variableUpsert", Impact.WRITE, V2))
                .with("refusal", "denied");
        Json.Members write = went("R-1", attempt("railway/variableUpsert", Impact.WRITE, V1));
        Json.Members redeploy = went("R-2", attempt("railway/project", Impact.WRITE, V1));
        Seal draft =
                DRAFT.with(parts -> parts.classify = Map.of(Operation.parse("railway/project"), Set.of(Impact.WRITE)));
        PolicyLearner.LearnedPolicy learned = learn(draft, LEASE, write, redeploy, refused);
        assertThat(learned.proof().holds()).isTrue();
        assertThat(learned.policy())
                .contains(
                        "!(action in [Operation::Action::\"railway/variableUpsert\"])",
                        "// Not among them: what waited for people, or was refused, in the past.");
        assertThat(decide(learned, attempt("railway/variableUpsert", Impact.WRITE, V1)))
                .isInstanceOf(Verdict.Permit.class);
        assertThat(decide(learned, attempt("railway/variableUpsert", Impact.WRITE, V2)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    /** A team stands for its agents only if each of them did it. */
    @Test
    void aTeamStandsForItsAgentsIfAllDidIt() {
        Seal draft = DRAFT.with(parts -> parts.agents = Map.of(
                "jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of("platform")),
                "jer/claude", new Seal.Agent("jer/claude", "jer", Set.of("platform"))));
        Lease second = new Lease(
                "L-2",
                "L-2",
                "jer/claude",
                "jer",
                LeaseSigners.NOBODY,
                "fix",
                Optional.of("fix-staging"),
                LEASE.environments(),
                LEASE.impacts(),
                LEASE.resources(),
                LEASE.place(),
                LEASE.issued(),
                LEASE.expires());
        List<Json.Members> leases =
                List.of(AttemptReconstructionTest.issue(LEASE), AttemptReconstructionTest.issue(second));
        List<Json.Members> both = List.of(
                went("R-1", attempt("railway/project", Impact.READ, V1)),
                went("R-2", Fixtures.one(second, "railway/project", Set.of(Impact.READ), V1)));
        PolicyLearner.LearnedPolicy learned =
                PolicyLearner.from(draft, Fixtures.CATALOGS, both, leases, _ -> Optional.empty());
        assertThat(learned.policy())
                .contains("principal in Team::\"platform\"", "// All 2 agents of the team did so, and new ones may.");
        Seal more = draft.with(parts -> {
            parts.agents = new HashMap<>(draft.agents());
            parts.agents.put("jer/codex", new Seal.Agent("jer/codex", "jer", Set.of("platform")));
        });
        assertThat(PolicyLearner.from(more, Fixtures.CATALOGS, both, leases, _ -> Optional.empty())
                        .policy())
                .contains("[Agent::\"jer/claude\", Agent::\"jer/cursor\"].contains(principal)");
    }

    /** The file takes the place of the policies in the directory, and every tool accepts it. */
    @Test
    void aLearnedDirectoryCanBeSealed() throws IOException {
        Files.writeString(directory.resolve("interlock.yaml"), """
                organisation: acme
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  jer: {groups: [owners], keys: []}
                  ann: {groups: [owners], keys: []}
                confirm: {first-passkey: code}
                agents:
                  jer/cursor: {owner: jer, teams: [platform], users: [agent]}
                upstreams:
                  railway:
                    catalog: railway
                    address: "https://localhost:1"
                    credentials: {}
                tasks:
                  fix-staging: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                """);
        Files.writeString(
                directory.resolve("policy.cedar"),
                "@id(\"none\") forbid (principal, action in Impact::Action::\"credential\", resource);");
        List<Json.Members> receipts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Placement volume = Fixtures.place("railway:volume/v" + i, "staging");
            receipts.add(went("R-r" + i, attempt("railway/project", Impact.READ, volume)));
            receipts.add(went("R-w" + i, attempt("railway/variableUpsert", Impact.WRITE, volume)));
            receipts.add(confirmed("R-d" + i, attempt("railway/volumeDelete", Impact.DESTROY, volume)));
        }
        PolicyLearner.LearnedPolicy learned = learn(sound().draft(), LEASE, receipts.toArray(Json.Members[]::new));
        assertThat(learned.proof().holds()).isTrue();
        assertThat(learned.permits()).isEqualTo(3);
        Files.writeString(directory.resolve("policy.cedar"), learned.policy());
        sound();
        assertThat(PolicyTests.run(directory, Fixtures.CATALOGS, (_, _, _, verdict) -> verdict)
                        .problems())
                .isEmpty();
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings())
                .as("nothing but notices, and what the directory lacks")
                .noneMatch(finding -> finding.toString().contains("learned-"));
    }

    private PolicyDirectory sound() throws IOException {
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        assertThat(loaded).isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
        return ((PolicyDirectory.LoadResult.SoundDirectory) loaded).directory();
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
                DRAFT,
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
        ResolvedAttempt read = attempt(
                "railway/variableUpsert", Impact.WRITE, Fixtures.place("railway:volume/\\\" || true //", "production"));
        PolicyLearner.LearnedPolicy learned = learn(went("R-1", read));
        assertThat(DraftSeals.problems(sealed(learned), Fixtures.CATALOGS)).isEmpty();
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
        Seal others = DRAFT.with(parts -> parts.agents = Map.of());
        for (Map.Entry<String, PolicyLearner.LearnedPolicy> one : Map.of(
                        "Its agent is no longer in the policy directory.", learn(others, LEASE, went("R-1", read)),
                        "Its environment is no longer in the policy directory.",
                                learn(DRAFT, LEASE, went("R-1", moved)),
                        "Its lease was narrowed to groups of resources, which receipts do not record.",
                                learn(DRAFT, inside, went("R-1", narrowed)))
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
        assertThat(learned.policy()).contains("@id(\"learned-1-").doesNotContain("learned-0", "learned-2");
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
                DRAFT,
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
        assertThat(learned.policy()).contains("learned-2-write").contains("!(context.lease has template)");
    }
}
