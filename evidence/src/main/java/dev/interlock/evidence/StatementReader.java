package dev.interlock.evidence;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the texts of a database's log as the gateway reads those of its clients. The jar alone has no grammar of SQL.
 */
public interface StatementReader {

    /** What a statement does, as its text alone tells. */
    enum Role {
        READS,
        CHANGES,
        /** Begins or ends a transaction, or a part of one. */
        CONTROLS,
        PREPARES,
        EXECUTES
    }

    /**
     * One statement.
     *
     * @param kind as receipts name it
     * @param names those of the tables that it changes, with their schemas if it names these; if it controls, that of
     *     the savepoint
     * @param prepared what it prepares
     */
    record LoggedStatement(String kind, Role role, Set<String> names, List<LoggedStatement> prepared) {
        public LoggedStatement {
            names = Set.copyOf(names);
            prepared = List.copyOf(prepared);
        }
    }

    /** Returns the statements of {@code sql}; empty if it cannot be read. */
    Optional<List<LoggedStatement>> read(String sql);

    /** Returns whether {@code sql} is for certain no SQL: nothing begins like it, or a quotation in it does not end. */
    boolean isNone(String sql);
}
