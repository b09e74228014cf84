package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingClock;
import org.junit.jupiter.api.Test;

final class QueryBudgetTest {

    private final TestingClock clock = new TestingClock();
    private final QueryBudget budget = new QueryBudget(clock.utc());

    @Test
    void allLeasesTogetherStayWithinTheUpstreamsLimit() {
        int taken = 0;
        for (int lease = 0; lease < 100; lease++) {
            for (int i = 0; i < QueryBudget.PER_LEASE; i++) {
                taken += budget.take("railway", "L-" + lease) ? 1 : 0;
            }
        }
        assertThat(taken).isEqualTo(QueryBudget.PER_UPSTREAM);
        assertThat(budget.take("other", "L-1")).isTrue();
    }

    @Test
    void aRefusedQuestionDoesNotProlongTheRefusal() {
        for (int i = 0; i < 2 * QueryBudget.PER_LEASE; i++) {
            budget.take("railway", "L-1");
        }
        clock.pass(QueryBudget.WINDOW.plusMillis(1));
        assertThat(budget.take("railway", "L-1")).isTrue();
    }

    @Test
    void backgroundQueriesHaveOnlyTheTotalLimit() {
        for (int i = 0; i < QueryBudget.PER_UPSTREAM; i++) {
            assertThat(budget.take("railway", QueryBudget.BACKGROUND)).isTrue();
        }
        assertThat(budget.take("railway", QueryBudget.BACKGROUND)).isFalse();
    }
}
