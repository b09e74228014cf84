package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingClock;
import org.junit.jupiter.api.Test;

final class QueryBudgetTest {

    private final TestingClock clock = new TestingClock();
    private final QueryBudget budget = new QueryBudget(clock.utc(), QueryBudget.PER_UPSTREAM);

    @Test
    void allAgentsTogetherStayWithinTheUpstreamsLimit() {
        int taken = 0;
        for (int agent = 0; agent < 100; agent++) {
            for (int i = 0; i < QueryBudget.PER_UPSTREAM; i++) {
                taken += budget.take("railway", "jer/agent" + agent) ? 1 : 0;
            }
        }
        assertThat(taken).isEqualTo(QueryBudget.PER_UPSTREAM);
        assertThat(budget.take("other", "jer/cursor")).isTrue();
    }

    @Test
    void anAgentGetsHalfOfThem() {
        int taken = 0;
        for (int i = 0; i < QueryBudget.PER_UPSTREAM; i++) {
            taken += budget.take("railway", "jer/cursor") ? 1 : 0;
        }
        assertThat(taken).isEqualTo(QueryBudget.PER_UPSTREAM / 2);
    }

    @Test
    void aRefusedQuestionDoesNotProlongTheRefusal() {
        for (int i = 0; i < QueryBudget.PER_UPSTREAM; i++) {
            budget.take("railway", "jer/cursor");
        }
        clock.pass(QueryBudget.WINDOW.plusMillis(1));
        assertThat(budget.take("railway", "jer/cursor")).isTrue();
    }

    @Test
    void backgroundQueriesHaveOnlyTheTotalLimit() {
        for (int i = 0; i < QueryBudget.PER_UPSTREAM; i++) {
            assertThat(budget.take("railway", QueryBudget.BACKGROUND)).isTrue();
        }
        assertThat(budget.take("railway", QueryBudget.BACKGROUND)).isFalse();
    }
}
