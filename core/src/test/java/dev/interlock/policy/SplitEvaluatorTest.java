package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.testing.Fixtures;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitEvaluatorTest {

    private static final String PERMITS = """
            @id("all") permit (principal, action, resource);
            @id("read") permit (principal, action in Impact::Action::"read", resource);
            @id("write") permit (principal, action in Impact::Action::"write", resource);
            """;
    private static final String FORBID =
            "@id(\"staging\") forbid (principal, action, resource in Environment::\"staging\");";

    private static List<SplitEvaluator.MatchingPolicies> about(String cedar, Impact... impacts) {
        ResolvedAttempt sensed = Fixtures.one(
                Fixtures.wide(), "railway/project", Set.of(impacts), Fixtures.place("railway:volume/v1", "staging"));
        return PolicyAnalysis.of(Fixtures.seal(cedar)).apart().about(sensed);
    }

    @Test
    void aForbidHidesNoPermit() {
        assertThat(about(PERMITS + FORBID, Impact.READ)).singleElement().satisfies(matched -> {
            assertThat(matched.permitting()).containsExactlyInAnyOrder("all", "read");
            assertThat(matched.forbidding()).containsExactly("staging");
        });
        assertThat(about(FORBID, Impact.READ))
                .singleElement()
                .satisfies(matched -> assertThat(matched.permitting()).isEmpty());
        assertThat(about(PERMITS, Impact.READ))
                .singleElement()
                .satisfies(matched -> assertThat(matched.forbidding()).isEmpty());
    }

    @Test
    void anUnevaluableConditionMatchesNothing() {
        String errs = "@id(\"errs\") permit (principal, action, resource)"
                + " when { context.radius.lost - 9223372036854775807 - 2 < 0 };";
        assertThat(about(errs + FORBID, Impact.READ)).singleElement().satisfies(matched -> {
            assertThat(matched.permitting()).isEmpty();
            assertThat(matched.forbidding()).containsExactly("staging");
        });
    }

    /** It is refused before any policy is evaluated: an agent must not learn that one would permit it. */
    @Test
    void unknownEntitiesAreNotEvaluated() {
        assertThat(about(PERMITS, Impact.READ, Impact.UNKNOWN))
                .extracting(matched -> matched.question().impact())
                .containsExactly(Impact.READ);
    }
}
