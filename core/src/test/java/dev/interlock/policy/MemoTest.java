package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoTest {

    private static final Answer PERMITTED = new Answer.Permitted(Set.of("p"));

    private final Memo memo = new Memo();

    @Test
    void answersAreKeptAndErrorsAreNot() {
        memo.keep("permitted", PERMITTED);
        memo.keep("denied", new Answer.Denied(Set.of()));
        memo.keep("erred", new Answer.Erred(Set.of("p")));
        memo.keep("none", new Answer.None());
        assertThat(memo.find("permitted")).contains(PERMITTED);
        assertThat(memo.find("denied")).contains(new Answer.Denied(Set.of()));
        assertThat(memo.find("erred")).isEmpty();
        assertThat(memo.find("none")).isEmpty();
    }

    @Test
    void whatIsNotAskedAgainIsForgottenAndWhatIsStays() {
        memo.keep("often", PERMITTED);
        memo.keep("once", PERMITTED);
        String long1 = "x".repeat(4000);
        long entries = 3 * Memo.GENERATION / 8000;
        for (int i = 0; i < entries; i++) {
            memo.keep(long1 + i, PERMITTED);
            assertThat(memo.find("often")).isPresent();
        }
        assertThat(memo.find("once")).isEmpty();
        assertThat(memo.find(long1 + 0)).isEmpty();
        assertThat(memo.find(long1 + (entries - 1))).isPresent();
    }

    @Test
    void aKeyTooLargeIsNotKept() {
        String large = "x".repeat((int) Memo.LARGEST);
        memo.keep(large, PERMITTED);
        assertThat(memo.find(large)).isEmpty();
    }
}
