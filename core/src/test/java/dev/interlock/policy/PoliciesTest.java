package dev.interlock.policy;

import static dev.interlock.testing.Fixtures.ALL_IMPACTS;
import static dev.interlock.testing.Fixtures.action;
import static dev.interlock.testing.Fixtures.lease;
import static dev.interlock.testing.Fixtures.one;
import static dev.interlock.testing.Fixtures.place;
import static dev.interlock.testing.Fixtures.resolved;
import static dev.interlock.testing.Fixtures.seal;
import static dev.interlock.testing.Fixtures.wide;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.policy.PolicySet;
import dev.interlock.action.Action;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.CodeFreeze;
import dev.interlock.action.Elevation;
import dev.interlock.action.ExemptOperation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.testing.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PoliciesTest {

    private static final String READ =
            "@id(\"read\") permit (principal, action in Impact::Action::\"read\", resource);";
    private static final String WRITE =
            "@id(\"write\") permit (principal, action in Impact::Action::\"write\", resource);";
    private static final String DESTROY_STAGING = """
            @id("destroy-staging")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");""";
    private static final String ANYTHING = "@id(\"anything\") permit (principal, action, resource);";

    private static final Placement SHARED = place("railway:volume/shared", "staging", "production");
    private static final Placement DISPOSABLE = place("railway:volume/disposable", "staging");

    private final Policies policies = new Policies(_ -> "All 3 backups live on it.");

    /** Decides, and checks that the shorter question has the same answer. */
    private Verdict decided(Seal seal, ResolvedAttempt sensed) {
        Verdict verdict = policies.decide(seal, sensed);
        assertThat(policies.refuses(seal, sensed)).isEqualTo(verdict instanceof Verdict.Refuse);
        return verdict;
    }

    private Refusal refusal(Seal seal, ResolvedAttempt sensed) {
        return ((Verdict.Refuse) decided(seal, sensed)).refusal();
    }

    @Test
    void aCodeFreezeStopsChangesInItsEnvironmentsForItsTime() {
        Instant now = Fixtures.NOW;
        for (Instant from : List.of(now, now.minusSeconds(60))) {
            Seal frozen = frozen(from, now.plusSeconds(1), "production");
            assertThat(refusal(frozen, one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), SHARED))
                            .reason())
                    .contains("code freeze", "holidays", "production");
            assertThat(decided(frozen, one(wide(), "railway/project", Set.of(Impact.READ), SHARED)))
                    .isInstanceOf(Verdict.Permit.class);
            assertThat(decided(frozen, one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), DISPOSABLE)))
                    .isInstanceOf(Verdict.Permit.class);
        }
        for (Seal other : List.of(
                frozen(now.plusSeconds(1), now.plusSeconds(2), "production"),
                frozen(now.minusSeconds(2), now, "production"))) {
            assertThat(decided(other, one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), SHARED)))
                    .isInstanceOf(Verdict.Permit.class);
        }
        assertThat(decided(
                        frozen(now, now.plusSeconds(1)),
                        one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), DISPOSABLE)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    /** To parse policies takes long, and other calls of the loop must not wait for it. */
    @Test
    void policiesAreReadBesideTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        Callable<String> asking = () -> {
            policies.distinguishes(seal(ANYTHING), new Operation("railway", "volumeDelete"));
            return Thread.currentThread().toString();
        };
        FutureTask<String> first = new FutureTask<>(asking);
        FutureTask<String> second = new FutureTask<>(asking);
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            LoopThreads.unstarted(loop, first).start();
            assertThat(first.get()).doesNotContain("loop");
            LoopThreads.unstarted(loop, second).start();
            assertThat(second.get()).contains("loop");
        }
    }

    private static Seal frozen(Instant from, Instant until, String... environments) {
        return seal(ANYTHING).with(parts -> {
            parts.codeFreezes = List.of(new CodeFreeze(Set.of(environments), from, until, "holidays"));
        });
    }

    @Test
    void permitDestroyInStagingPermitsOnlyStagingResources() {
        Verdict verdict =
                decided(seal(DESTROY_STAGING), one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), DISPOSABLE));
        assertThat(verdict).isInstanceOf(Verdict.Permit.class);
        assertThat(verdict.grounds().policies()).containsExactly("destroy-staging");
    }

    @Test
    void permitDestroyInStagingRefusesTheSharedVolume() {
        Refusal refusal =
                refusal(seal(DESTROY_STAGING), one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), SHARED));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason())
                .isEqualTo("No policy permits `destroy` on `railway:volume/shared` in `production`.");
    }

    @Test
    void aRefusalNamesSomeResourcesAndCountsTheRest() {
        Placement[] many = IntStream.range(0, 1_000)
                .mapToObj(i -> place("railway:volume/v" + i, "production"))
                .toArray(Placement[]::new);
        Lease staging = lease(Set.of("staging"), ALL_IMPACTS, Set.of());
        Refusal refusal = refusal(seal(ANYTHING), one(staging, "railway/x", Set.of(Impact.WRITE), many));
        assertThat(refusal.reason())
                .contains("`railway:volume/v0` is in `production`.", "The same holds for 980" + " more.");
        assertThat(refusal.toString()).hasSizeLessThan(5_000);
    }

    /** Whoever writes a broad permit thinks of what can be changed back. */
    @Test
    void whatCannotBeUndoneNeedsAnApprovalWhateverPermitsIt() {
        ResolvedAttempt irreversible = irreversible(Set.of(Impact.WRITE));
        assertThat(refusal(seal(ANYTHING), irreversible).reason())
                .isEqualTo("`railway/x` cannot be undone, and no policy asks a person to approve it.");
        assertThat(decided(seal("@confirm(\"1 of owners\") " + WRITE), irreversible))
                .isInstanceOf(Verdict.Hold.class);
        assertThat(decided(seal(ANYTHING), one(wide(), "railway/x", Set.of(Impact.WRITE), DISPOSABLE)))
                .isInstanceOf(Verdict.Permit.class);
        assertThat(decided(seal(ANYTHING), irreversible(Set.of(Impact.READ)))).isInstanceOf(Verdict.Permit.class);
    }

    private static final String ASKED = """
            @id("asked") @confirm("2 of owners") @cooldown("10m")
            permit (principal, action, resource);
            """;

    @Test
    void aNarrowerPermitRelaxesAWiderOneWhereBothMatch() {
        Seal nobody = seal(ASKED + "@relaxes(\"asked\") " + WRITE);
        Seal one = seal(ASKED + "@relaxes(\"asked\") @confirm(\"1 of owners\") " + WRITE);
        ResolvedAttempt write = one(wide(), "railway/x", Set.of(Impact.WRITE), DISPOSABLE);
        assertThat(decided(seal(ASKED + WRITE), write)).isInstanceOf(Verdict.Hold.class);
        assertThat(decided(nobody, write)).isInstanceOf(Verdict.Permit.class);
        assertThat(decided(one, write))
                .isInstanceOfSatisfying(
                        Verdict.Hold.class,
                        hold -> assertThat(Annotations.write(hold.obligations()))
                                .isEqualTo("@confirm(\"1 of owners\")"));
        ResolvedAttempt both = one(wide(), "railway/x", Set.of(Impact.READ, Impact.WRITE), DISPOSABLE);
        assertThat(decided(nobody, both)).as("the other impact").isInstanceOf(Verdict.Hold.class);
    }

    @Test
    void noPermitRelaxesWhatNobodyMayDoUnasked() {
        Seal nobody = seal(ASKED + "@relaxes(\"asked\") " + ANYTHING);
        for (ResolvedAttempt grave : List.of(
                irreversible(Set.of(Impact.WRITE)),
                one(wide(), "railway/x", Set.of(Impact.DESTROY), DISPOSABLE),
                one(wide(), "railway/x", Set.of(Impact.EXECUTE), DISPOSABLE))) {
            assertThat(decided(nobody, grave))
                    .isInstanceOfSatisfying(
                            Verdict.Hold.class,
                            hold -> assertThat(Annotations.write(hold.obligations()))
                                    .isEqualTo("@confirm(\"2 of owners\") @cooldown(\"10m\")"));
        }
    }

    @Test
    void aLineOfTheSealReplacesTheApprovalOfOneOperation() {
        ResolvedAttempt irreversible = irreversible(Set.of(Impact.WRITE));
        Set<String> there = irreversible.environments();
        assertThat(decided(withoutApproval("railway/x", there), irreversible)).isInstanceOf(Verdict.Permit.class);
        assertThat(decided(withoutApproval("railway/y", there), irreversible)).isInstanceOf(Verdict.Refuse.class);
        Set<String> elsewhere = new TreeSet<>(seal(ANYTHING).environments().keySet());
        elsewhere.removeAll(there);
        assertThat(elsewhere).isNotEmpty();
        assertThat(decided(withoutApproval("railway/x", elsewhere), irreversible))
                .isInstanceOf(Verdict.Refuse.class);
    }

    /** A call in two environments is exempt if its operation is in both. */
    @Test
    void aLineOfTheSealIsAboutOneEnvironment() {
        Action action = irreversible(Set.of(Impact.WRITE)).actions().getFirst();
        Seal seal = withoutApproval("railway/x", Set.of("staging"));
        assertThat(seal.needsApproval(action, Set.of("staging"))).isFalse();
        assertThat(seal.needsApproval(action, Set.of("staging", "production"))).isTrue();
        assertThat(seal.needsApproval(action, Set.of())).isTrue();
    }

    private static Seal withoutApproval(String operation, Set<String> environments) {
        return seal(ANYTHING)
                .with(parts -> parts.approvals = new ApprovalRules(
                        parts.approvals.ladder(),
                        parts.approvals.signaturesPerHour(),
                        parts.approvals.minimumReadTime(),
                        parts.approvals.solo(),
                        environments.stream()
                                .map(name -> new ExemptOperation(Operation.parse(operation), name))
                                .collect(Collectors.toSet()),
                        parts.approvals.grants()));
    }

    private static ResolvedAttempt irreversible(Set<Impact> impacts) {
        return Fixtures.irreversible(one(wide(), "railway/x", impacts, DISPOSABLE));
    }

    @Test
    void permitReadRefusesAnUnknownMutationByName() {
        Refusal refusal = refusal(seal(READ), one(wide(), "railway/fooDelete", Set.of(Impact.UNKNOWN), DISPOSABLE));
        assertThat(refusal.reason()).contains("`railway/fooDelete` is in no catalog");
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
    }

    @Test
    void evenPermitEverythingRefusesAnUnknownMutation() {
        assertThat(refusal(seal(ANYTHING), one(wide(), "railway/fooDelete", Set.of(Impact.UNKNOWN), DISPOSABLE))
                        .kind())
                .isEqualTo(Refusal.Kind.DENIED);
    }

    @Test
    void anUnknownMutationHasTheSealsClassification() {
        Seal seal = seal(
                List.of(new Seal.PolicyText("p.cedar", WRITE)),
                Map.of(new Operation("railway", "newThing"), Set.of(Impact.WRITE)));
        assertThat(decided(seal, one(wide(), "railway/newThing", Set.of(Impact.UNKNOWN), DISPOSABLE)))
                .isInstanceOf(Verdict.Permit.class);
        assertThat(decided(seal, one(wide(), "railway/newThing", Set.of(Impact.UNKNOWN, Impact.DESTROY), DISPOSABLE)))
                .isInstanceOf(Verdict.Refuse.class);
        assertThat(decided(seal, one(wide(), "railway/otherThing", Set.of(Impact.UNKNOWN), DISPOSABLE)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void anOperationOfTwoImpactsNeedsBoth() {
        Set<Impact> both = Set.of(Impact.READ, Impact.WRITE);
        ResolvedAttempt sensed = one(wide(), "railway/variableUpsert", both, DISPOSABLE);
        assertThat(refusal(seal(READ), sensed).reason()).contains("`write`");
        assertThat(refusal(seal(WRITE), sensed).reason()).contains("`read`");
        assertThat(decided(seal(READ, WRITE), sensed)).isInstanceOf(Verdict.Permit.class);
    }

    @Test
    void anErringPolicyRefusesDespiteAPermit() {
        String erring = "@id(\"erring\") permit (principal, action, resource) when { context.nothing == 1 };";
        Refusal refusal =
                refusal(seal(ANYTHING, erring), one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason()).contains("`erring` could not be evaluated");
    }

    @Test
    void anErringForbidRefuses() {
        String erring = "@id(\"erring\") forbid (principal, action, resource) when { context.nothing > 1 };";
        assertThat(decided(seal(ANYTHING, erring), one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void aForbidWinsAndIsNamed() {
        String forbid = "@id(\"never\") forbid (principal, action, resource in Environment::\"production\");";
        ResolvedAttempt sensed = one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), SHARED);
        assertThat(refusal(seal(ANYTHING, forbid), sensed).reason())
                .isEqualTo("The policy `never` forbids `destroy` on `railway:volume/shared` in `production`.");
    }

    @Test
    void obligationsOfEveryPermitAreUnitedTheStrictestWinning() {
        String one = """
                @id("one") @confirm("1 of owners") @cooldown("10m") permit (principal, action, resource);""";
        String two = """
                @id("two") @confirm("2 of owners") @cooldown("1m") @type_name @other
                permit (principal, action, resource in Environment::"production");""";
        Verdict verdict =
                decided(seal(ANYTHING, one, two), one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), SHARED));
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Hold.class, hold -> {
            assertThat(hold.obligations().quorums()).hasToString("[1 of owners, 2 of owners]");
            assertThat(hold.obligations().cooldown()).isEqualTo(Duration.ofMinutes(10));
            assertThat(hold.obligations().typeName()).isTrue();
            assertThat(hold.obligations().other()).isTrue();
            assertThat(hold.grounds().policies()).containsExactly("anything", "one", "two");
        });
    }

    @Test
    void aCallOutsideTheLeaseIsDeniedWithItsLossesAndNeverHeld() {
        String held = "@id(\"held\") @confirm(\"1 of owners\") permit (principal, action, resource);";
        ResolvedAttempt sensed = one(
                lease(Set.of("staging"), ALL_IMPACTS, Set.of()),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                SHARED);
        Refusal refusal = refusal(seal(held), sensed);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.APPROVABLE);
        assertThat(refusal.reason())
                .isEqualTo("`railway:volume/shared` is in `production` and `staging`. The lease `L-1` does not name"
                        + " `production`. All 3 backups live on it.");
        assertThat(refusal.elevation())
                .contains("interlock elevate --lease L-1 --environment production --impact destroy --key KEY");
        assertThat(refusal.covers()).containsExactly("destroy in production");
    }

    @Test
    void aReadableEnvironmentIsReadUnderAnyLease() {
        Lease narrow = lease(Set.of("staging"), ALL_IMPACTS, Set.of());
        Seal readable = seal(ANYTHING)
                .with(parts -> parts.environments = Map.of(
                        "staging", new Seal.Environment("staging", false, false),
                        "production", new Seal.Environment("production", true, true)));
        ResolvedAttempt read = one(narrow, "railway/project", Set.of(Impact.READ), SHARED);
        assertThat(decided(readable, read)).isInstanceOf(Verdict.Permit.class);
        assertThat(decided(seal(ANYTHING), read)).isInstanceOf(Verdict.Refuse.class);
        for (Impact impact : EnumSet.complementOf(EnumSet.of(Impact.READ))) {
            assertThat(refusal(readable, one(narrow, "railway/x", Set.of(Impact.READ, impact), SHARED)))
                    .as(impact.word())
                    .isNotNull();
        }
        List<Action> both = List.of(
                action("railway/project", Set.of(Impact.READ), SHARED),
                action("railway/x", Set.of(Impact.WRITE), DISPOSABLE));
        assertThat(refusal(readable, resolved(narrow, both, SHARED, DISPOSABLE)).reason())
                .contains("does not name `production`");
        Lease small = lease(Set.of("staging"), ALL_IMPACTS, Set.of(DISPOSABLE.resource()));
        assertThat(refusal(readable, one(small, "railway/project", Set.of(Impact.READ), SHARED))
                        .reason())
                .contains("does not cover the resource");
    }

    /** A policy decides what may be read; the environment only says which leases may. */
    @Test
    void aReadableEnvironmentStillNeedsAPermit() {
        Seal readable = seal(DESTROY_STAGING)
                .with(parts -> parts.environments = Map.of(
                        "staging", new Seal.Environment("staging", false, true),
                        "production", new Seal.Environment("production", true, true)));
        assertThat(refusal(readable, one(wide(), "railway/project", Set.of(Impact.READ), SHARED))
                        .reason())
                .startsWith("No policy permits");
    }

    @Test
    void anAgentLearnsHowToRequestAnElevation() {
        Lease narrow = lease(Set.of("staging"), Set.of(Impact.READ), Set.of());
        Lease placed = new Lease(
                narrow.id(),
                narrow.root(),
                narrow.agent(),
                narrow.person(),
                LeaseSigners.NOBODY,
                narrow.task(),
                narrow.template(),
                narrow.environments(),
                narrow.impacts(),
                narrow.resources(),
                Optional.of("0b5a"),
                narrow.issued(),
                narrow.expires());
        Refusal refusal = refusal(seal(ANYTHING), one(placed, "railway/volumeDelete", Set.of(Impact.DESTROY), SHARED));
        // A bound lease gets an elevation, which is a scope of its own: it must cover all of the call.
        String command = "interlock elevate --lease L-1 --environment production --environment staging --impact"
                + " destroy --key KEY";
        assertThat(refusal.elevation()).contains(command);
        assertThat(refusal.next())
                .contains("`POST /.interlock/elevations` with `{\"environments\":[\"production\",\"staging\"],"
                        + "\"impacts\":[\"destroy\"],\"reason\":\"…\"}`")
                .endsWith("they can run: " + command);
    }

    private static final String NO_SECRETS = """
            @id("agents-meet-no-secrets") forbid (principal, action in Impact::Action::"credential", resource);""";

    /** A person would sign for nothing. */
    @Test
    void noElevationIsOfferedForWhatAPolicyForbidsAllTheSame() {
        Lease narrow = lease(Set.of("staging"), Set.of(Impact.READ), Set.of());
        ResolvedAttempt secrets = one(narrow, "railway/variables", Set.of(Impact.CREDENTIAL), SHARED);
        Verdict verdict = decided(seal(ANYTHING, NO_SECRETS), secrets);
        Refusal refusal = ((Verdict.Refuse) verdict).refusal();
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.elevation()).isEmpty();
        assertThat(refusal.reason())
                .isEqualTo("`railway:volume/shared` is in `production` and `staging`. The lease `L-1` does not name"
                        + " `production`. The lease `L-1` does not allow `credential`. An elevation would not change"
                        + " that. The policy `agents-meet-no-secrets` forbids `credential` on `railway:volume/shared`"
                        + " in `production`. All 3 backups live on it.");
        assertThat(refusal.next()).doesNotContain("elevat").contains("only a new seal can permit it");
        assertThat(refusal.covers()).containsExactly("credential in production", "credential in staging");
        assertThat(verdict.grounds().policies()).containsExactly("agents-meet-no-secrets");
        assertThat(refusal(seal(ANYTHING), secrets).finality()).isEqualTo(Refusal.Finality.APPROVABLE);
    }

    @Test
    void noElevationIsOfferedForWhatNoPolicyPermitsOrApproves() {
        Lease narrow = lease(Set.of("staging"), Set.of(Impact.READ), Set.of());
        ResolvedAttempt write = one(narrow, "railway/x", Set.of(Impact.WRITE), DISPOSABLE);
        assertThat(refusal(seal(READ), write).reason()).contains("No policy permits `write`");
        assertThat(refusal(seal(READ), write).elevation()).isEmpty();
        Refusal unapproved = refusal(seal(ANYTHING), Fixtures.irreversible(write));
        assertThat(unapproved.reason()).contains("does not allow `write`", "no policy asks a person to approve it");
        assertThat(unapproved.elevation()).isEmpty();
    }

    private static final String LOGS = """
            @id("logs-need-a-lease-that-names-it")
            forbid (principal, action == Operation::Action::"railway/logs", resource in Environment::"production")
            unless { context.lease.names_environment };""";

    /** The environment is readable, so the lease need not name it; the policy wants a lease that does. */
    @Test
    void aForbidThatALeaseNamingTheEnvironmentWouldLiftOffersTheElevation() {
        Seal readable = seal(ANYTHING, LOGS)
                .with(parts -> parts.environments = Map.of(
                        "staging", new Seal.Environment("staging", false, false),
                        "production", new Seal.Environment("production", true, true)));
        Lease narrow = lease(Set.of("staging"), ALL_IMPACTS, Set.of());
        ResolvedAttempt logs =
                one(narrow, "railway/logs", Set.of(Impact.READ), place("railway:service/web", "production"));
        Refusal refusal = refusal(readable, logs);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.APPROVABLE);
        assertThat(refusal.reason())
                .isEqualTo("The policy `logs-need-a-lease-that-names-it` forbids `read` on `railway:service/web` in"
                        + " `production`. Under a lease that names `production` it would not be refused.");
        assertThat(refusal.elevation())
                .contains("interlock elevate --lease L-1 --environment production --impact read --key KEY");
        assertThat(refusal.covers()).containsExactly("read in production");
        assertThat(decided(readable, logs.under(lease(Set.of("production"), Set.of(Impact.READ), Set.of()))))
                .isInstanceOf(Verdict.Permit.class);
        assertThat(refusal(readable, logs.under(lease(Set.of("staging"), ALL_IMPACTS, Set.of(SHARED.resource()))))
                        .reason())
                .contains("does not cover the resource");
        String never = "@id(\"never\") forbid (principal, action == Operation::Action::\"railway/logs\", resource);";
        Seal closed = readable.with(
                parts -> parts.policies = seal(ANYTHING, LOGS, never).policies());
        assertThat(refusal(closed, logs).elevation()).isEmpty();
        assertThat(refusal(closed, logs).finality()).isEqualTo(Refusal.Finality.FINAL);
    }

    @Test
    void theElevationThatIsOfferedNamesResourcesWhereAPolicyAsksForThem() {
        String narrowed = "@id(\"one\") permit (principal, action, resource) when { context.lease.narrowed };";
        Lease narrow = lease(Set.of("staging"), ALL_IMPACTS, Set.of());
        ResolvedAttempt write =
                one(narrow, "railway/x", Set.of(Impact.WRITE), place("railway:service/web", "production"));
        Refusal refusal = refusal(seal(narrowed), write);
        assertThat(refusal.elevation())
                .contains("interlock elevate --lease L-1 --environment production --impact write --resource"
                        + " railway:service/web --key KEY");
        assertThat(refusal.next()).contains("\"resources\":[\"railway:service/web\"]");
    }

    /** An elevation is a scope of its own: one that named only the missing resource would not cover the call. */
    @Test
    void theElevationThatIsOfferedCoversTheWholeCall() {
        Lease narrow = lease(Set.of("staging"), ALL_IMPACTS, Set.of(DISPOSABLE.resource()));
        Refusal refusal = refusal(
                seal(ANYTHING),
                one(narrow, "railway/x", Set.of(Impact.WRITE), DISPOSABLE, place("railway:volume/z", "staging")));
        assertThat(refusal.next()).contains("\"resources\":[\"railway:volume/disposable\",\"railway:volume/z\"]");
    }

    /** What is asked about an elevated lease only says what could help. */
    @Test
    void anEngineThatAnswersLateNeverPermitsWhatTheLeaseDoesNotCover() {
        for (int failures = 0; failures < 5; failures++) {
            var left = new java.util.concurrent.atomic.AtomicInteger(failures);
            EngineAnswer answerer = () -> {
                if (left.getAndDecrement() > 0) {
                    throw new IllegalStateException("boom");
                }
                return allowed("anything");
            };
            ResolvedAttempt outside =
                    one(lease(Set.of("staging"), ALL_IMPACTS, Set.of()), "railway/x", Set.of(Impact.WRITE), SHARED);
            assertThat(new Policies(_ -> "", new OddEngine(answerer)).decide(seal(ANYTHING), outside))
                    .as("after %d failures", failures)
                    .isInstanceOf(Verdict.Refuse.class);
        }
    }

    @Test
    void anImpactOutsideTheLeaseIsDenied() {
        ResolvedAttempt sensed = one(
                lease(Set.of("staging"), Set.of(Impact.READ), Set.of()),
                "railway/variableUpsert",
                Set.of(Impact.WRITE),
                DISPOSABLE);
        assertThat(refusal(seal(ANYTHING), sensed).elevation())
                .contains("interlock elevate --lease L-1 --environment staging --impact write --key KEY");
    }

    @Test
    void aNarrowedLeaseCoversNamedResourcesAndTheirParts() {
        Resource project = Resource.parse("railway:project/p1");
        Placement inside =
                new Placement(DISPOSABLE.resource(), Set.of("staging"), Set.of(project), Provenance.SEALED, true);
        Set<Impact> read = Set.of(Impact.READ);
        Seal seal = seal(READ);
        assertThat(decided(seal, one(lease(Set.of("staging"), read, Set.of(project)), "railway/project", read, inside)))
                .isInstanceOf(Verdict.Permit.class);
        assertThat(decided(
                        seal,
                        one(
                                lease(Set.of("staging"), read, Set.of(DISPOSABLE.resource())),
                                "railway/project",
                                read,
                                inside)))
                .isInstanceOf(Verdict.Permit.class);
        ResolvedAttempt outside =
                one(lease(Set.of("staging"), read, Set.of(project)), "railway/project", read, DISPOSABLE);
        assertThat(refusal(seal, outside).reason()).contains("does not cover the resource");
        ResolvedAttempt half = one(
                lease(Set.of("staging"), read, Set.of(project)),
                "railway/project",
                read,
                inside,
                place("railway:volume/other", "staging"));
        assertThat(decided(seal, half)).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void policiesMatchTeamsOwnersGroupsAndTheLease() {
        Resource project = Resource.parse("railway:project/p1");
        Placement inside =
                new Placement(DISPOSABLE.resource(), Set.of("staging"), Set.of(project), Provenance.SEALED, true);
        String cedar = """
                @id("all-of-it")
                permit (principal in Team::"platform", action == Operation::Action::"railway/project",
                        resource in Resource::"railway:project/p1")
                when { principal.owner == "jer" && resource.kind == "volume" && context.lease.template == "fix-staging"
                       && context.lease.names_environment && !context.protected && context.upstream == "railway"
                       && context.lease.environments.contains("staging") };""";
        assertThat(decided(seal(cedar), one(wide(), "railway/project", Set.of(Impact.READ), inside)))
                .isInstanceOf(Verdict.Permit.class);
        assertThat(decided(seal(cedar), one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void anUnplacedResourceIsReported() {
        Placement unplaced = new Placement(
                Resource.parse("railway:volume/x"), Set.of("production"), Set.of(), Provenance.CLAIMED, false);
        ResolvedAttempt sensed = one(
                lease(Set.of("staging"), ALL_IMPACTS, Set.of()),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                unplaced);
        Refusal refusal = refusal(seal(ANYTHING), sensed);
        assertThat(refusal.reason()).contains("The environment of `railway:volume/x` is not known");
        String place = "they can place it under `resources` in `interlock.yaml` and seal again; or, if they agree,";
        assertThat(refusal.next()).contains(place).endsWith(" --impact destroy --key KEY");
        ResolvedAttempt elsewhere = one(
                lease(Set.of("staging"), ALL_IMPACTS, Set.of()),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                place("railway:volume/x", "production"));
        assertThat(refusal(seal(ANYTHING), elsewhere).next()).doesNotContain("seal again");
    }

    @Test
    void anIdentifierCannotPretendToBeAnything() {
        for (String id : List.of("x\" in Environment::\"staging", "a'b; rm -rf ~ #", "x\u202ey\n`z`", "__entity")) {
            Placement odd = place("railway:volume/" + id, "production");
            ResolvedAttempt sensed = one(wide(), "railway/volumeDelete", Set.of(Impact.DESTROY), odd);
            assertThat(decided(seal(DESTROY_STAGING), sensed)).isInstanceOf(Verdict.Refuse.class);
            assertThat(decided(seal(ANYTHING), sensed)).isInstanceOf(Verdict.Permit.class);
            ResolvedAttempt narrowed = one(
                    lease(Set.of("production"), ALL_IMPACTS, Set.of(DISPOSABLE.resource())),
                    "railway/volumeDelete",
                    Set.of(Impact.DESTROY),
                    odd);
            Refusal refusal = refusal(seal(ANYTHING), narrowed);
            assertThat(refusal.reason() + refusal.elevation()).doesNotContain("\u202e", "\n", "`z`");
        }
    }

    @Test
    @Tag("process")
    void theElevationCommandIsOneShellWordPerArgument() throws Exception {
        Placement odd = place("railway:volume/a'b; touch /tmp/x #", "staging");
        ResolvedAttempt sensed = one(
                lease(Set.of("staging"), ALL_IMPACTS, Set.of(DISPOSABLE.resource())),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                odd);
        String command = refusal(seal(ANYTHING), sensed).elevation().orElseThrow();
        Process shell =
                new ProcessBuilder("/bin/sh", "-c", command.replace("interlock elevate", "printf '%s\\n'")).start();
        String words = new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(words.lines()).contains("railway:volume/a'b; touch /tmp/x #");
    }

    @Test
    void tooManyResourcesAreRefused() {
        Placement[] many = IntStream.rangeClosed(0, Policies.MAX_QUESTIONS)
                .mapToObj(i -> place("railway:volume/v" + i, "staging"))
                .toArray(Placement[]::new);
        assertThat(refusal(seal(ANYTHING), one(wide(), "railway/project", Set.of(Impact.READ), many))
                        .reason())
                .contains("more resources");
    }

    @Test
    void anExpiredSealRefusesEverything() {
        Seal seal = seal(ANYTHING);
        ResolvedAttempt now = one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE);
        ResolvedAttempt late = new ResolvedAttempt(
                new dev.interlock.action.Attempt(
                        "railway", List.of(), Optional.empty(), now.outgoing(), seal.expires()),
                now.lease(),
                now.actions(),
                now.placements(),
                now.radius(),
                now.outgoing(),
                SaltedDigests.OPEN);
        assertThat(decided(seal, now)).isInstanceOf(Verdict.Permit.class);
        assertThat(refusal(seal, late).reason()).contains("expired");
    }

    @Test
    void withoutPoliciesNothingIsPermitted() {
        assertThat(decided(seal(), one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void unclearPoliciesAreUnavailable() {
        for (String broken : List.of(
                "permit (principal, action, resource);", // no @id
                "@id(\"x\") permit (principal == ?principal, action, resource);",
                "@id(\"x\") @sudo permit (principal, action, resource);",
                "@id(\"x\") permit (principal, action",
                ANYTHING + ANYTHING)) {
            Refusal refusal = refusal(seal(broken), one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE));
            assertThat(refusal.kind()).as(broken).isEqualTo(Refusal.Kind.UNAVAILABLE);
        }
    }

    @Test
    void aNewSealDecidesAtOnce() {
        ResolvedAttempt sensed = one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE);
        assertThat(decided(seal(READ), sensed)).isInstanceOf(Verdict.Permit.class);
        assertThat(decided(seal(WRITE), sensed)).isInstanceOf(Verdict.Refuse.class);
        assertThat(decided(seal(READ), sensed)).isInstanceOf(Verdict.Permit.class);
    }

    @Test
    void anEngineThatFailsOrAnswersOddlyRefuses() {
        ResolvedAttempt sensed = one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE);
        List<EngineAnswer> odd = List.of(
                () -> {
                    throw new com.cedarpolicy.model.exception.InternalException(new String[] {"policy set not found"});
                },
                () -> {
                    throw new IllegalStateException("boom");
                },
                () -> {
                    throw new UnsatisfiedLinkError("no library");
                },
                () -> new AuthorizationResponse(
                        AuthorizationResponse.SuccessOrFailure.Failure,
                        Optional.empty(),
                        Optional.of(new ArrayList<>()),
                        new ArrayList<>()),
                () -> allowed("a-policy-that-was-never-sealed"),
                () -> allowed());
        for (EngineAnswer answerer : odd) {
            Verdict verdict = new Policies(_ -> "", new OddEngine(answerer)).decide(seal(ANYTHING), sensed);
            assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        }
    }

    private static AuthorizationResponse allowed(String... policies) {
        var diagnostics =
                new com.cedarpolicy.model.AuthorizationSuccessResponse.Diagnostics(Set.of(policies), new ArrayList<>());
        return new AuthorizationResponse(
                AuthorizationResponse.SuccessOrFailure.Success,
                Optional.of(new com.cedarpolicy.model.AuthorizationSuccessResponse(
                        com.cedarpolicy.model.AuthorizationSuccessResponse.Decision.Allow, diagnostics)),
                Optional.empty(),
                new ArrayList<>());
    }

    private interface EngineAnswer {
        AuthorizationResponse answer() throws com.cedarpolicy.model.exception.AuthException;
    }

    /** Cedar with faults. */
    private static final class OddEngine extends RestrictedEngine {
        private final EngineAnswer answerer;

        private OddEngine(EngineAnswer answerer) {
            this.answerer = answerer;
        }

        @Override
        public AuthorizationResponse isAuthorized(AuthorizationRequest request, PolicySet set, Set<Entity> entities)
                throws com.cedarpolicy.model.exception.AuthException {
            return answerer.answer();
        }

        @Override
        public AuthorizationResponse isAuthorized(
                AuthorizationRequest request, PolicySet set, com.cedarpolicy.model.entity.Entities entities) {
            try {
                return answerer.answer();
            } catch (com.cedarpolicy.model.exception.AuthException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void anAgentThatTheSealDoesNotKnowIsRefused() {
        Seal without = seal(ANYTHING).with(parts -> parts.agents = Map.of());
        assertThat(refusal(without, one(wide(), "railway/project", Set.of(Impact.READ), DISPOSABLE))
                        .reason())
                .startsWith("The seal in force does not know this agent.");
    }

    @Test
    void theLargestDecidableAttemptIsDecided() {
        Placement[] most = IntStream.range(0, Policies.MAX_QUESTIONS)
                .mapToObj(i -> place("railway:volume/v" + i, "staging"))
                .toArray(Placement[]::new);
        ResolvedAttempt sensed = one(wide(), "railway/project", Set.of(Impact.READ), most);
        assertThat(decided(seal(ANYTHING), sensed)).isInstanceOf(Verdict.Permit.class);
    }

    /** The agent learns that no other call will help. */
    @Test
    void aResourceOutsideTheLeaseIsRefusedWhateverTheCall() {
        Lease narrow = lease(Set.of("staging"), ALL_IMPACTS, Set.of(SHARED.resource()));
        assertThat(refusal(seal(ANYTHING), one(narrow, "railway/project", Set.of(Impact.READ), DISPOSABLE))
                        .covers())
                .contains("any call on railway:volume/disposable");
    }

    private boolean wantsOthers(Impact impact, String environment, String... texts) {
        return policies.wantsOthers(
                seal(texts), new Elevation(Set.of(environment), Set.of(impact), Set.of(), Duration.ofMinutes(10)));
    }

    @Test
    void anotherPersonIsRequiredIfAMatchingPolicySaysSo() {
        String other = "@id(\"other\") @confirm(\"1 of owners\") @other " + "permit (principal,"
                + " action in Impact::Action::\"destroy\", resource in Environment::\"production\");";
        assertThat(wantsOthers(Impact.DESTROY, "production", READ, other)).isTrue();
        assertThat(wantsOthers(Impact.DESTROY, "staging", READ, other)).isFalse();
        assertThat(wantsOthers(Impact.READ, "production", READ, other)).isFalse();
        assertThat(wantsOthers(Impact.DESTROY, "production", READ)).isFalse();
    }

    @Test
    void anUnreadablePolicyRequiresAnotherPerson() {
        assertThat(wantsOthers(Impact.READ, "staging", READ, "permit (principal"))
                .isTrue();
    }
}
