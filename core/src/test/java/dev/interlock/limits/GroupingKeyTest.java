package dev.interlock.limits;

import static dev.interlock.limits.LimitSamples.any;
import static dev.interlock.limits.LimitSamples.budget;
import static dev.interlock.limits.LimitSamples.only;
import static dev.interlock.limits.LimitSamples.seal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.Budget;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.action.SealLimits.Sequence;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.limits.LimitEnforcer.ReleaseResult;
import dev.interlock.store.Database;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that each common trait of attempts is counted separately, and by itself alone. */
class GroupingKeyTest {

    private static final VerdictReasons GROUNDS = new VerdictReasons("seal", List.of("p1"));
    private static final Set<GroupingKey> NOTHING = Set.of();
    private static final String EARLIER = "serviceRestart";
    private static final String LATER = "variableUpsert";

    @TempDir
    private Path directory;

    private Database database;
    private LimitEnforcer limits;
    private int attempts;

    @BeforeEach
    void start() {
        TestingClock clock = new TestingClock();
        database = StoreEngine.open(directory.resolve("store.db"), SqliteLimitStore.SCHEMAS);
        limits = new LimitEnforcer(
                new SqliteLimitStore(database),
                clock,
                clock::nanos,
                new TestingSignatures().orders(clock),
                new Random());
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private static ResolvedAttempt write(String operation, Set<GroupingKey> other) {
        return attempt(operation, Impact.WRITE, other, "a");
    }

    /** Returns an attempt that shares all traits with the others, except {@code other}. */
    private static ResolvedAttempt attempt(String operation, Impact impact, Set<GroupingKey> other, String volume) {
        Resource resource = new Resource("railway", "volume", other.contains(GroupingKey.RESOURCE) ? "b" : volume);
        Placement place = new Placement(
                resource,
                Set.of(other.contains(GroupingKey.ENVIRONMENT) ? "production" : "staging"),
                Set.of(new Resource("railway", "project", other.contains(GroupingKey.GROUP) ? "q" : "p")),
                Provenance.RESOLVED,
                true);
        Action action = LimitSamples.action(operation, Set.of(impact), Set.of(resource));
        ResolvedAttempt some = TestingWorld.deletion("any", "staging");
        Attempt arrived = some.attempt();
        Attempt attempt = new Attempt(
                other.contains(GroupingKey.UPSTREAM) ? "twin" : "railway",
                arrived.presented(),
                arrived.place(),
                arrived.call(),
                arrived.at());
        BlastRadius radius = new BlastRadius(place.environments(), Set.of(), List.of(), List.of(), List.of());
        return new ResolvedAttempt(
                attempt,
                lease(other),
                List.of(action),
                Map.of(resource, place),
                radius,
                some.outgoing(),
                SaltedDigests.OPEN);
    }

    private static Lease lease(Set<GroupingKey> other) {
        Lease lease = TestingWorld.lease(other.contains(GroupingKey.LEASE) ? "L-2" : "L-1");
        return new Lease(
                "L-child",
                lease.root(),
                other.contains(GroupingKey.AGENT) ? "jer/claude" : "jer/cursor",
                other.contains(GroupingKey.PERSON) ? "ann" : "jer",
                LeaseSigners.NOBODY,
                other.contains(GroupingKey.TASK) ? "release" : "fix-staging",
                lease.template(),
                lease.environments(),
                lease.impacts(),
                lease.resources(),
                lease.place(),
                lease.issued(),
                lease.expires());
    }

    /** Returns the traits that must change with {@code facet}: a resource in another group is another resource. */
    private static Set<GroupingKey> another(GroupingKey facet) {
        return facet == GroupingKey.GROUP ? EnumSet.of(GroupingKey.GROUP, GroupingKey.RESOURCE) : EnumSet.of(facet);
    }

    private static Set<GroupingKey> allBut(GroupingKey facet) {
        return EnumSet.complementOf(EnumSet.of(facet));
    }

    private ReleaseResult release(Seal seal, ResolvedAttempt sensed) {
        return limits.release(seal, sensed, GROUNDS, "R-" + attempts++);
    }

    private void assertGoes(Seal seal, ResolvedAttempt sensed) {
        assertThat(limits.limited(seal, sensed, new Verdict.Permit(GROUNDS))).isInstanceOf(Verdict.Permit.class);
        assertThat(release(seal, sensed)).isInstanceOf(ReleaseResult.GrantedRelease.class);
    }

    /** Returns the refusal's reason, which is the same at the decision and at the release. */
    private String refused(Seal seal, ResolvedAttempt sensed, String limit) {
        Verdict verdict = limits.limited(seal, sensed, new Verdict.Permit(GROUNDS));
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        ReleaseResult release = release(seal, sensed);
        assertThat(release).isInstanceOf(ReleaseResult.LimitedRelease.class);
        assertThat(((ReleaseResult.LimitedRelease) release).name()).isEqualTo(limit);
        return ((Verdict.Refuse) verdict).refusal().reason();
    }

    @ParameterizedTest
    @EnumSource(GroupingKey.class)
    void eachKeyOfABudgetCountsSeparately(GroupingKey facet) {
        Seal seal = seal(budget(Set.of(Impact.WRITE), 1, facet));
        assertGoes(seal, write(LATER, NOTHING));
        assertThat(refused(seal, write(LATER, allBut(facet)), "budget much"))
                .contains("for the " + facet.word() + " `");
        assertGoes(seal, write(LATER, another(facet)));
        refused(seal, write(LATER, another(facet)), "budget much");
        refused(seal, write(LATER, NOTHING), "budget much");
    }

    @ParameterizedTest
    @EnumSource(GroupingKey.class)
    void aSequenceComparesEachKey(GroupingKey facet) {
        Seal seal = seal(new Sequence(
                "one-by-one", only(EARLIER), only(LATER), Set.of(facet), Duration.ofHours(1), Optional.empty()));
        assertGoes(seal, write(LATER, NOTHING));
        assertGoes(seal, write(EARLIER, NOTHING));
        refused(seal, write(LATER, allBut(facet)), "sequence one-by-one");
        assertGoes(seal, write(LATER, another(facet)));
        refused(seal, write(LATER, NOTHING), "sequence one-by-one");
    }

    @Test
    void eachImpactHasABudgetOfItsOwn() {
        Map<String, Budget> budgets = new TreeMap<>();
        for (Impact impact : Impact.values()) {
            budgets.put(impact.word(), of(impact));
        }
        Seal seal = seal(new SealLimits(budgets, Map.of()));
        for (Impact impact : Impact.values()) {
            assertGoes(seal, attempt(LATER, impact, NOTHING, "first-" + impact.word()));
        }
        for (Impact impact : Impact.values()) {
            refused(seal, attempt(LATER, impact, NOTHING, "second-" + impact.word()), "budget " + impact.word());
        }
    }

    private static Budget of(Impact impact) {
        return new Budget(impact.word(), Set.of(), any(Set.of(impact)), 1, Duration.ofHours(1), Optional.empty());
    }
}
