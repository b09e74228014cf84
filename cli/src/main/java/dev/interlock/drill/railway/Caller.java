package dev.interlock.drill.railway;

import java.util.Set;

/** Who a token stands for. */
sealed interface Caller {

    /** The name under which requests are counted. */
    String label();

    /** May do everything, as at the original: its tokens know no operations. */
    record Account(String label) implements Caller {}

    /** May do everything that touches one environment of one project. */
    record Project(String label, String projectId, String environmentId) implements Caller {}

    /** No token, or a wrong one. */
    record Nobody(String label) implements Caller {}

    /**
     * Whether something in {@code environments} is within reach. One in common is enough: that is the original's hole.
     */
    default boolean reachesAny(Set<String> environments) {
        return switch (this) {
            case Account _ -> true;
            case Project token -> environments.contains(token.environmentId());
            case Nobody _ -> false;
        };
    }

    /** Whether project {@code id} is within reach of a look. */
    default boolean sees(String id) {
        return switch (this) {
            case Account _ -> true;
            case Project token -> token.projectId().equals(id);
            case Nobody _ -> false;
        };
    }

    default boolean isAccount() {
        return this instanceof Account;
    }
}
