package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests the memory budget for bodies: nobody gets all of it, and none of it leaks. */
final class BodyBudgetTest {

    private static final int PIECE = 2 * BodyBudget.UNCOUNTED;
    private static final int ALL = 16 * PIECE;

    private final BodyBudget budget = new BodyBudget(ALL);

    /** Fills the budget, each body on a connection of its own, and returns the number of bodies that it admitted. */
    private static int fill(BodyBudget.ListenerBudget door) {
        int held = 0;
        while (door.share().hold(PIECE)) {
            held++;
        }
        return held;
    }

    @Test
    void eachListenerMayUseHalfOfTheRemainingBudget() {
        assertThat(fill(budget.listenerBudget())).isEqualTo(8);
        assertThat(fill(budget.listenerBudget())).isEqualTo(4);
        assertThat(fill(budget.listenerBudget())).isEqualTo(2);
        assertThat(budget.listenerBudget().share().hold(PIECE)).isTrue();
    }

    @Test
    void smallBodiesAreNeverRefused() {
        BodyBudget.ListenerBudget door = budget.listenerBudget();
        fill(door);
        assertThat(door.share().hold(PIECE)).isFalse();
        assertThat(door.share().hold(BodyBudget.UNCOUNTED)).isTrue();
    }

    @Test
    void releasedBudgetIsAvailableToAll() {
        BodyBudget.ListenerBudget door = budget.listenerBudget();
        BodyBudget.Share one = door.share();
        assertThat(one.hold(ALL / 2)).isTrue();
        assertThat(one.hold(ALL / 2 + 1)).isFalse();
        assertThat(budget.left()).isEqualTo(ALL / 2);
        assertThat(one.hold(PIECE)).isTrue();
        assertThat(budget.left()).isEqualTo(ALL - PIECE);
        one.release();
        assertThat(budget.left()).isEqualTo(ALL);
        assertThat(fill(door)).isEqualTo(8);
    }

    @Test
    void streamsUseTheBudgetOfTheirListener() {
        BodyBudget.ListenerBudget door = budget.listenerBudget();
        BodyBudget.ConnectionBudget connection = door.connection();
        int held = 0;
        while (connection.share().hold(PIECE)) {
            held++;
        }
        assertThat(held).isEqualTo(8);
        assertThat(door.share().hold(PIECE)).isFalse();
        assertThat(budget.listenerBudget().share().hold(PIECE)).isTrue();
    }
}
