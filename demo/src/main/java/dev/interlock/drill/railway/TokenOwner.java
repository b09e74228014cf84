package dev.interlock.drill.railway;

import java.util.Set;

/** The owner of a token. */
sealed interface TokenOwner {

    /** The name under which requests are counted. */
    String label();

    /** An account token. It may do everything, as at the original, whose tokens have no scopes. */
    record Account(String label) implements TokenOwner {}

    /** A project token. It may do everything that touches one environment of one project. */
    record Project(String label, String projectId, String environmentId) implements TokenOwner {}

    /** No token, or a wrong one. */
    record UnknownOwner(String label) implements TokenOwner {}

    /**
     * Returns whether something in {@code environments} is within reach. One in common is enough: that is the
     * original's vulnerability.
     */
    default boolean reachesAny(Set<String> environments) {
        return switch (this) {
            case Account _ -> true;
            case Project token -> environments.contains(token.environmentId());
            case UnknownOwner _ -> false;
        };
    }

    /** Returns whether it may read project {@code id}. */
    default boolean canSee(String id) {
        return switch (this) {
            case Account _ -> true;
            case Project token -> token.projectId().equals(id);
            case UnknownOwner _ -> false;
        };
    }

    default boolean isAccount() {
        return this instanceof Account;
    }
}
