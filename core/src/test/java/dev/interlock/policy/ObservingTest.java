package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.testing.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that an observing seal lets through only calls that no policy permits and that can be undone. */
class ObservingTest {

    private static final String CEDAR = """
            @id("read-v1") permit (principal, action, resource == Resource::"railway:volume/v1")
            when { action in Impact::Action::"read" };
            @id("never-deploy")
            forbid (principal, action == Operation::Action::"railway/deploymentRedeploy", resource);
            """;
    private static final Instant UNTIL = Fixtures.NOW.plus(Duration.ofHours(2));
    private static final Placement STAGED = Fixtures.place("railway:volume/v2", "staging");

    private final Policies policies = new Policies(_ -> "");

    static Seal observing(Seal seal, Instant until) {
        return seal.with(parts -> parts.observeUntil = Optional.of(until));
    }

    private Verdict decide(ResolvedAttempt sensed, Instant now) {
        return policies.decideOrObserve(observing(Fixtures.seal(CEDAR), UNTIL), sensed, now);
    }

    private Verdict decide(ResolvedAttempt sensed) {
        return decide(sensed, Fixtures.NOW);
    }

    private static ResolvedAttempt attempt(Impact impact, Placement... places) {
        return Fixtures.one(Fixtures.wide(), "railway/project", Set.of(impact), places);
    }

    @ParameterizedTest
    @EnumSource(
            value = Impact.class,
            names = {"READ", "WRITE"})
    void unpermittedCallsGoMarkedAsObserved(Impact impact) {
        Verdict verdict = decide(attempt(impact, STAGED));
        assertThat(verdict).isInstanceOf(Verdict.Permit.class);
        assertThat(verdict.grounds().observed().map(Refusal::reason).orElseThrow())
                .startsWith("No policy permits `" + impact.word() + "`");
        assertThat(decide(attempt(Impact.READ, Fixtures.place("railway:volume/v1", "staging")))
                        .grounds()
                        .observed())
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Impact.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"READ", "WRITE"})
    void observeModePermitsNothingElse(Impact impact) {
        assertThat(decide(attempt(impact, STAGED))).isInstanceOf(Verdict.Refuse.class);
        assertThat(decide(Fixtures.one(
                        Fixtures.wide(), "railway/project", Set.of(Impact.READ, Impact.WRITE, impact), STAGED)))
                .isInstanceOf(Verdict.Refuse.class);
        ResolvedAttempt both = Fixtures.resolved(
                Fixtures.wide(),
                List.of(
                        Fixtures.action("railway/project", Set.of(Impact.READ), STAGED),
                        Fixtures.action("railway/volumeDelete", Set.of(impact), STAGED)),
                STAGED);
        assertThat(decide(both)).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void observeModeWritesToNoProtectedOrUnplacedResource() {
        Placement shared = Fixtures.place("railway:volume/v3", "staging", "production");
        Placement unknown = new Placement(
                Resource.parse("railway:volume/v4"), Set.of("staging"), Set.of(), Provenance.SEALED, false);
        assertThat(decide(attempt(Impact.WRITE, shared))).isInstanceOf(Verdict.Refuse.class);
        assertThat(decide(attempt(Impact.WRITE, STAGED, unknown))).isInstanceOf(Verdict.Refuse.class);
        assertThat(decide(attempt(Impact.READ, shared))).isInstanceOf(Verdict.Permit.class);
    }

    @Test
    void whatCannotBeUndoneIsNotObserved() {
        assertThat(decide(attempt(Impact.WRITE, STAGED))).isInstanceOf(Verdict.Permit.class);
        assertThat(decide(Fixtures.irreversible(attempt(Impact.WRITE, STAGED)))).isInstanceOf(Verdict.Refuse.class);
        assertThat(decide(Fixtures.irreversible(attempt(Impact.READ, STAGED)))).isInstanceOf(Verdict.Permit.class);
    }

    @Test
    void callsOutsideTheLeaseStayRefused() {
        Lease narrow = Fixtures.lease(Set.of("staging"), Set.of(Impact.READ), Set.of());
        Action write = Fixtures.action("railway/project", Set.of(Impact.WRITE), STAGED);
        assertThat(decide(Fixtures.resolved(narrow, List.of(write), STAGED))).isInstanceOf(Verdict.Refuse.class);
        Placement outside = Fixtures.place("railway:volume/v3", "production");
        assertThat(decide(Fixtures.one(narrow, "railway/project", Set.of(Impact.READ), outside)))
                .isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void aForbidStillDenies() {
        ResolvedAttempt deploy =
                Fixtures.one(Fixtures.wide(), "railway/deploymentRedeploy", Set.of(Impact.WRITE), STAGED);
        assertThat(decide(deploy)).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void observeModeExpires() {
        ResolvedAttempt write = attempt(Impact.WRITE, STAGED);
        assertThat(decide(write, UNTIL.minusMillis(1))).isInstanceOf(Verdict.Permit.class);
        assertThat(decide(write, UNTIL)).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void policyToolsIgnoreObserveMode() {
        Seal seal = observing(Fixtures.seal(CEDAR), UNTIL);
        assertThat(policies.decide(seal, attempt(Impact.WRITE, STAGED))).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void theLengthOfObserveModeIsLimited() {
        Seal seal = Fixtures.seal(CEDAR);
        Instant week = seal.sealedAt().plus(Seal.MAX_OBSERVING);
        assertThat(SealRules.check(observing(seal, week), Fixtures.CATALOGS)).isEmpty();
        assertThat(SealRules.check(observing(seal, week.plusSeconds(1)), Fixtures.CATALOGS))
                .singleElement()
                .asString()
                .contains("a seal may observe for at most 7 days");
    }
}
