package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import java.util.List;
import java.util.Set;

/** Actions like those of a catalog. */
final class TestActions {

    private TestActions() {}

    static List<Action> destroy(String operation, Resource... resources) {
        return List.of(action(operation, Impact.DESTROY, resources));
    }

    static List<Action> write(String operation, Resource... resources) {
        return List.of(action(operation, Impact.WRITE, resources));
    }

    static Action action(String operation, Impact impact, Resource... resources) {
        return new Action(
                new Operation("railway", operation),
                Set.of(impact),
                Reversibility.IRREVERSIBLE,
                Set.of(resources),
                List.of());
    }
}
