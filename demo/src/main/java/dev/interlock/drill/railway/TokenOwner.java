package dev.interlock.drill.railway;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * The owner of a token. An account may do everything, as at the original, whose tokens have no scopes; a project's
 * token everything that touches one environment.
 *
 * @param label the name under which requests are counted
 * @param isKnown whether the provider accepts the token
 */
record TokenOwner(String label, boolean isKnown, Optional<ProjectScope> scope) {

    record ProjectScope(String project, String environment) {}

    TokenOwner requireAccount() {
        if (!isKnown || scope.isPresent()) {
            throw new ApiException("Not Authorized");
        }
        return this;
    }

    ProjectScope requireScope() {
        return scope.orElseThrow(() -> new ApiException("Not Authorized"));
    }

    /** Requires one of {@code environments} within reach. One is enough: that is the original's vulnerability. */
    void requireAny(Collection<String> environments) {
        if (!isKnown
                || scope.filter(own -> !environments.contains(own.environment()))
                        .isPresent()) {
            throw new ApiException("Not Authorized");
        }
    }

    void require(String environment) {
        requireAny(Set.of(environment));
    }

    void requireProject(String id) {
        if (!isKnown || scope.filter(own -> !own.project().equals(id)).isPresent()) {
            throw new ApiException("Not Authorized");
        }
    }
}
