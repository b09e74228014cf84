package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.action.Verdict;
import dev.interlock.testing.Fixtures;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests that time replaces the second person where one person owns everything, and replaces nothing else. */
class SoleOwnerTest {

    private static final SoleOwnerRules SOLO = new SoleOwnerRules(Duration.ofMinutes(10), "phone");

    private final Policies policies = new Policies(_ -> "");

    private static Obligations quorum(int count, Duration cooldown, boolean other) {
        return new Obligations(
                Set.of(new Obligations.Quorum(count, "owners")),
                cooldown,
                Optional.of(Duration.ofHours(24)),
                OptionalLong.of(7),
                true,
                other);
    }

    private Verdict decide(String annotations, Optional<SoleOwnerRules> solo) {
        Seal seal = Fixtures.seal("@id(\"p\") " + annotations
                        + " permit (principal, action in Impact::Action::\"destroy\", resource);")
                .with(parts -> parts.approvals = ApprovalRules.USUAL.withSoleOwner(solo));
        ResolvedAttempt sensed = Fixtures.one(
                Fixtures.wide(),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "production"));
        return policies.decide(seal, sensed);
    }

    private static Obligations asked(Verdict verdict) {
        return ((Verdict.Hold) verdict).obligations();
    }

    @Test
    void aDelayStandsInForASecondPerson() {
        String two = "@confirm(\"2 of owners\") @other @type_name";
        Obligations team = asked(decide(two, Optional.empty()));
        assertThat(team.quorums()).containsExactly(new Obligations.Quorum(2, "owners"));
        assertThat(team.other()).isTrue();
        assertThat(team.cooldown()).isZero();

        Obligations alone = asked(decide(two, Optional.of(SOLO)));
        assertThat(alone.quorums()).containsExactly(new Obligations.Quorum(1, "owners"));
        assertThat(alone.other()).isFalse();
        assertThat(alone.cooldown()).isEqualTo(SOLO.delay());
        assertThat(alone.typeName()).isTrue();
    }

    @Test
    void singleSignatureCallsAreUnchanged() {
        Obligations one = asked(decide("@confirm(\"1 of owners\") @cooldown(\"1m\")", Optional.of(SOLO)));
        assertThat(one.cooldown()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void backupsRowsAndLongerWaitsStay() {
        assertThat(SOLO.soleObligations(quorum(3, Duration.ofHours(1), true)))
                .isEqualTo(quorum(1, Duration.ofHours(1), false));
        assertThat(SOLO.soleObligations(quorum(1, Duration.ZERO, true))).isEqualTo(quorum(1, SOLO.delay(), false));
        assertThat(SOLO.soleObligations(quorum(1, Duration.ZERO, false))).isEqualTo(quorum(1, Duration.ZERO, false));
    }

    @Test
    void forbiddenCallsStayForbidden() {
        assertThat(decide("@confirm(\"2 of owners\")", Optional.of(SOLO))).isInstanceOf(Verdict.Hold.class);
        Seal seal = Fixtures.seal(
                        "@id(\"p\") permit (principal, action, resource);",
                        "@id(\"f\") forbid (principal, action in Impact::Action::\"destroy\", resource);")
                .with(parts -> parts.approvals = ApprovalRules.USUAL.withSoleOwner(Optional.of(SOLO)));
        ResolvedAttempt sensed = Fixtures.one(
                Fixtures.wide(),
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "production"));
        assertThat(policies.decide(seal, sensed)).isInstanceOf(Verdict.Refuse.class);
    }
}
