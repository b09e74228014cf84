package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.gate.NotSentException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Runs a batch as another role than that of the client's session, in a session that ends with it.
 *
 * @param settings those with which the client's session began
 */
record OtherRole(Dialling dialling, Map<String, String> settings) {

    /** Opens a session that is cancelled and closed with the client's. */
    @FunctionalInterface
    interface Dialling {
        ServerConnection open(ServerConnection.Role role, Map<String, String> settings) throws IOException;
    }

    private static final int MAX_ANSWER = 1 << 20;

    /** The schemas in which the client's session looks for names. Its role may see others than another role does. */
    private static final String SCHEMAS = """
            SELECT 'schema', pg_catalog.quote_ident(name::pg_catalog.text)
            FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS name""";

    /** What the client has set since its session began. */
    private static final String SETTINGS = """
            SELECT name, setting FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session'""";

    /** Returns whether {@code batch} means the same in another session, and leaves nothing that lives in one. */
    static boolean fits(Batch batch, Collection<ReadStatement> statements, List<Action> actions, ServerPump pump) {
        return batch.isWhole()
                && pump.status() == 'I'
                && statements.stream()
                        .allMatch(statement -> statement.session() instanceof ReadStatement.Session.Nothing
                                && !Set.of("COPY FROM", "COPY TO").contains(statement.kind()))
                && actions.stream()
                        .flatMap(action -> action.resources().stream())
                        .noneMatch(resource -> resource.type().equals("temporary-table"));
    }

    /** Runs {@code batch} as {@code credential}, and returns what the server answers. */
    List<Message> run(String credential, Batch batch, ServerPump pump) throws IOException {
        Map<String, String> own = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        own.putAll(settings);
        ServerConnection open;
        try {
            List<List<String>> present = rows(pump.ask(CatalogQuery.asking(SCHEMAS, SETTINGS)));
            present.stream()
                    .filter(each ->
                            StartupPacket.SETTINGS.contains(each.getFirst().toLowerCase(Locale.ROOT)))
                    .forEach(each -> own.put(each.getFirst(), each.getLast()));
            List<String> schemas = schemas(present);
            own.put("search_path", String.join(", ", schemas));
            open = dialling.open(ServerConnection.Role.read(credential), own);
            if (!schemas(rows(open.ask(CatalogQuery.asking(SCHEMAS)))).equals(schemas)) {
                open.close();
                throw new IOException("the other role may not use all schemas in which the session looks for names");
            }
        } catch (IOException e) {
            throw new NotSentException("the statement cannot run as another role: " + e.getMessage(), e);
        }
        // No session has them now: neither this one, which ends, nor the client's.
        batch.parsed().forEach(name -> batch.prepared().forget(Optional.of(name)));
        try (open) {
            for (Message message : batch.messages()) {
                open.wire().write(message);
            }
            open.wire().flush();
            return answers(open.wire());
        }
    }

    private static List<List<String>> rows(ServerPump.Asked asked) throws IOException {
        if (asked.hasFailed()) {
            throw new IOException("a session does not say where it looks for names");
        }
        return asked.rows();
    }

    private static List<String> schemas(List<List<String>> rows) {
        List<String> schemas = rows.stream()
                .filter(row -> row.getFirst().equals("schema"))
                .map(List::getLast)
                .filter(schema -> !schema.startsWith("pg_temp"))
                .toList();
        return schemas.isEmpty() ? List.of("pg_catalog") : schemas;
    }

    private static List<Message> answers(Wire wire) throws IOException {
        List<Message> answers = new ArrayList<>();
        int bytes = 0;
        while (true) {
            Message message = wire.read(MAX_ANSWER);
            bytes += message.payload().length;
            if (bytes > MAX_ANSWER || message.type() == 'G') {
                throw new ProtocolException("the answer is too long for a session of its own");
            }
            if (message.type() == 'S') {
                ServerConnection.requireMeaning(message);
            } else if (message.type() != 'A') {
                answers.add(message);
            }
            if (message.type() == 'Z') {
                return answers;
            }
        }
    }
}
