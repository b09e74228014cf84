package dev.interlock.store;

import java.util.List;

/**
 * One migration step for the tables of a package. A released step is never changed; a new step follows it.
 *
 * @param owner the package that owns the tables, such as {@code identity}; table names begin with that word
 * @param version 1 for the package's first step, one more for each that follows
 * @param statements run once, in order, in one transaction
 */
public record Schema(String owner, int version, List<String> statements) {
    public Schema {
        if (version < 1) {
            throw new IllegalArgumentException("a package's first step is version 1");
        }
        statements = List.copyOf(statements);
    }

    public Schema(String owner, int version, String... statements) {
        this(owner, version, List.of(statements));
    }
}
