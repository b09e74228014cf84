package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import java.util.HashSet;
import java.util.Set;

/**
 * One use of an operation on a resource, as policies are asked about it.
 *
 * @param task the template of the lease; empty for none
 */
record ObservedUse(
        String agent,
        String task,
        String upstream,
        Impact impact,
        String environment,
        Operation operation,
        Resource resource) {

    /** The use of a lease without a task template. */
    static final String NO_TASK = "";

    /** An operation with one of its impacts, in one environment. */
    record PlacedOperation(Impact impact, String environment, Operation operation) {}

    PlacedOperation placed() {
        return new PlacedOperation(impact, environment, operation);
    }

    /** Returns the uses that {@code sensed} consists of. */
    static Set<ObservedUse> of(ResolvedAttempt sensed) {
        Set<ObservedUse> uses = new HashSet<>();
        for (Action action : sensed.actions()) {
            for (Resource resource : action.resources()) {
                for (String environment : sensed.placement(resource).environments()) {
                    for (Impact impact : action.impacts()) {
                        uses.add(new ObservedUse(
                                sensed.lease().agent(),
                                sensed.lease().template().orElse(NO_TASK),
                                sensed.attempt().upstream(),
                                impact,
                                environment,
                                action.operation(),
                                resource));
                    }
                }
            }
        }
        return uses;
    }
}
