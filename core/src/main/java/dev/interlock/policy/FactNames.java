package dev.interlock.policy;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Operation;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** Checks the names of facts. An operation can only have those that its catalog gives it. */
public final class FactNames {

    private FactNames() {}

    /** Returns what is wrong with {@code name} as a fact of {@code operation}; empty if it can have it. */
    public static Optional<String> objection(CatalogFacts catalogs, Operation operation, String name) {
        Set<String> known = catalogs.facts(operation).orElse(Set.of());
        return known.contains(name)
                ? Optional.empty()
                : Optional.of("`" + FormattedText.of(operation.toString()) + "` has no fact `" + FormattedText.of(name)
                        + "`; it can have " + listed(known));
    }

    static String listed(Collection<String> names) {
        return names.isEmpty() ? "none" : "`" + String.join("`, `", names) + "`";
    }
}
