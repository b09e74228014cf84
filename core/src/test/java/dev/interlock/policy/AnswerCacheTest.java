package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class AnswerCacheTest {

    private static final CedarAnswer PERMITTED = new CedarAnswer.CedarPermitted(Set.of("p"));

    private final CompiledPolicies.AnswerCache memo = new CompiledPolicies.AnswerCache();

    @Test
    void answersAreCachedAndErrorsAreNot() {
        memo.keep("permitted", PERMITTED);
        memo.keep("denied", new CedarAnswer.CedarDenied(Set.of()));
        memo.keep("erred", new CedarAnswer.CedarError(Set.of("p")));
        memo.keep("none", new CedarAnswer.NoCedarAnswer());
        assertThat(memo.find("permitted")).contains(PERMITTED);
        assertThat(memo.find("denied")).contains(new CedarAnswer.CedarDenied(Set.of()));
        assertThat(memo.find("erred")).isEmpty();
        assertThat(memo.find("none")).isEmpty();
    }

    @Test
    void unusedAnswersAreEvicted() {
        memo.keep("often", PERMITTED);
        memo.keep("once", PERMITTED);
        String long1 = "x".repeat(4000);
        long entries = 3 * CompiledPolicies.AnswerCache.GENERATION / 8000;
        for (int i = 0; i < entries; i++) {
            memo.keep(long1 + i, PERMITTED);
            assertThat(memo.find("often")).isPresent();
        }
        assertThat(memo.find("once")).isEmpty();
        assertThat(memo.find(long1 + 0)).isEmpty();
        assertThat(memo.find(long1 + (entries - 1))).isPresent();
    }

    @Test
    void aLargeKeyIsNotCached() {
        String large = "x".repeat((int) CompiledPolicies.AnswerCache.LARGEST);
        memo.keep(large, PERMITTED);
        assertThat(memo.find(large)).isEmpty();
    }
}
