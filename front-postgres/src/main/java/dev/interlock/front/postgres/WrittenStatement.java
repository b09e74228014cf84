package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.front.postgres.ServerFacts.Relation;
import dev.interlock.front.postgres.ServerFacts.Routine;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.front.postgres.sql.SqlReading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** Statements that somebody wrote down, read like those that arrive. */
public final class WrittenStatement {

    /** Functions of the server that only compute; any other counts as code that nobody can read. */
    private static final List<String> COMPUTING = List.of("count", "max", "min", "sum", "now", "generate_series");

    private WrittenStatement() {}

    /**
     * Returns the call for {@code text} at a simulated server, where each name is a plain table.
     *
     * @param rows the number of rows that it changes there; empty if nobody has counted them
     * @throws IllegalArgumentException if it is not understood
     */
    public static Call read(SqlReader reader, String database, String text, OptionalLong rows) {
        if (!(reader.read(text) instanceof SqlReading.ReadText(var statements)) || statements.isEmpty()) {
            throw new IllegalArgumentException("it is no statement of PostgreSQL");
        }
        Map<String, List<Routine>> routines = new HashMap<>();
        COMPUTING.forEach(name -> routines.put(
                name, List.of(new Routine("pg_catalog", name, "", 'i', ServerFacts.Origin.BUILT_IN, false, ""))));
        Map<String, List<Relation>> tables = new HashMap<>();
        List<Action> actions = new ArrayList<>();
        for (ReadStatement statement : statements) {
            Stream.concat(statement.read().stream(), statement.changed().stream())
                    .forEach(name -> tables.put(
                            name.quoted(),
                            List.of(new Relation(
                                    name.schema().isEmpty() ? "public" : name.schema(),
                                    name.last(),
                                    "named",
                                    'r',
                                    false,
                                    false,
                                    false))));
            actions.addAll(new ActionWriter(
                            database, new ServerFacts(tables, routines, Map.of(), ServerFacts.Epoch.NONE), reader)
                    .write(statement, Set.of(text), false, false));
        }
        List<Action> counted = rows.isEmpty()
                ? actions
                : new Consequences(List.of(new Consequences.Change("delete", database, "", rows.getAsLong())))
                        .of(actions);
        return new SqlCall("upstream", database, List.of(text), Bytes.empty(), counted);
    }
}
