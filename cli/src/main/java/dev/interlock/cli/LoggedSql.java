package dev.interlock.cli;

import dev.interlock.evidence.StatementReader;
import dev.interlock.front.postgres.sql.Effect;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.ReadStatement.Session;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.front.postgres.sql.SqlReading;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the texts of PostgreSQL's log by the grammar by which the gateway read them. */
public final class LoggedSql implements StatementReader {

    /** Kinds that change only the tables that they name: what else they do is of functions and locks. */
    private static final Set<String> READING = Set.of("SELECT", "EXPLAIN", "DECLARE CURSOR", "LOCK");

    /** Kinds that may seem to read because what they hold stands beside them. */
    private static final Set<String> HOLDING = Set.of("DO", "CREATE FUNCTION", "DROP FUNCTION");

    private static final Set<String> RUNNING = Set.of("EXECUTE", "EXPLAIN");

    private final SqlReader reader = new SqlReader();

    @Override
    public Optional<List<LoggedStatement>> read(String sql) {
        return reader.read(sql) instanceof SqlReading.ReadText(var statements)
                ? Optional.of(statements.stream().map(LoggedSql::logged).toList())
                : Optional.empty();
    }

    @Override
    public boolean isNone(String sql) {
        String text = sql.strip();
        return reader.read(text) instanceof SqlReading.UnreadText(var _, int position)
                && (position == 1 || reader.shown(text).equals(SqlReader.HIDDEN));
    }

    private static LoggedStatement logged(ReadStatement statement) {
        Set<String> names = statement.changed().stream().map(LoggedSql::name).collect(Collectors.toSet());
        return switch (statement.session()) {
            case Session.Controls(var savepoint) ->
                new LoggedStatement(statement.kind(), Role.CONTROLS, Set.of(savepoint), List.of());
            case Session.Prepares(var _, var inner) ->
                new LoggedStatement(statement.kind(), Role.PREPARES, Set.of(), List.of(logged(inner)));
            case Session.Nothing _,
                    Session.Sets _,
                    Session.Executes _,
                    Session.Opens _,
                    Session.Fetches _,
                    Session.Forgets _ -> new LoggedStatement(statement.kind(), role(statement), names, List.of());
        };
    }

    /** Each session has a schema of its own by the name of that for temporary tables. */
    private static String name(ReadStatement.Name name) {
        boolean isPlaced = !name.schema().isEmpty() && !name.schema().startsWith("pg_temp");
        return isPlaced ? name.schema() + "." + name.last() : name.last();
    }

    private static Role role(ReadStatement statement) {
        String kind = statement.kind();
        boolean isRead = statement.effect().equals(Effect.READ) && !HOLDING.contains(kind);
        boolean changesNone = READING.contains(kind) && statement.changed().isEmpty();
        if (statement.session() instanceof Session.Executes(var _, var isRun) && isRun && RUNNING.contains(kind)) {
            return Role.EXECUTES; // a CREATE TABLE AS may hold an EXECUTE too
        }
        boolean setsRole = statement.session() instanceof Session.Sets(var role) && !role.isEmpty();
        return isRead || changesNone || (setsRole && kind.equals("SET")) ? Role.READS : Role.CHANGES;
    }
}
