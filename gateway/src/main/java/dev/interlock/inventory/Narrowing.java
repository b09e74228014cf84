package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Resource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When an operation on a service or project acts in one environment only.
 *
 * <p>A closed list: an argument that merely names an environment does not keep an operation inside it, and an agent
 * could add one to look harmless. Of these operations the provider's schema says that they act there alone.
 */
final class Narrowing {

    private static final Set<String> IN_ONE_ENVIRONMENT = Set.of(
            "deployments",
            "domains",
            "environment",
            "serviceInstance",
            "serviceInstanceDeploy",
            "serviceInstanceDeployV2",
            "serviceInstanceRedeploy",
            "serviceInstanceUpdate",
            "variableCollectionUpsert",
            "variableDelete",
            "variableUpsert",
            "variables",
            "variablesForServiceDeployment");

    private Narrowing() {}

    /** The one environment that {@code action} keeps to when it touches {@code resource}. */
    static Optional<Resource> of(Action action, Resource resource) {
        Kind kind = Kind.of(resource);
        if ((kind != Kind.SERVICE && kind != Kind.PROJECT)
                || !action.operation().provider().equals(resource.provider())
                || !IN_ONE_ENVIRONMENT.contains(action.operation().name())) {
            return Optional.empty();
        }
        List<Resource> environments = action.resources().stream()
                .filter(other -> Kind.of(other) == Kind.ENVIRONMENT)
                .toList();
        return environments.size() == 1 ? Optional.of(environments.getFirst()) : Optional.empty();
    }
}
