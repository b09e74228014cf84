package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.gate.NotSentException;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Runs a batch as another role than that of the client's session, in a session that ends with it.
 *
 * @param settings those with which the client's session began
 */
record OtherRole(ServerAddress server, Map<String, String> settings, SecureRandom random) {

    private static final int MAX_ANSWER = 1 << 20;

    /** The schemas in which the client's session looks for names. Its role may see others than another role does. */
    private static final String SCHEMAS = """
            SELECT pg_catalog.quote_ident(name::pg_catalog.text)
            FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS name""";

    /** Returns whether {@code batch} means the same in another session, and leaves nothing that lives in one. */
    static boolean fits(Batch batch, Collection<ReadStatement> statements, List<Action> actions, ServerPump pump) {
        return batch.isWhole()
                && pump.status() == 'I'
                && statements.stream()
                        .allMatch(statement -> statement.session() instanceof ReadStatement.Session.Nothing
                                && !statement.kind().startsWith("COPY"))
                && actions.stream()
                        .flatMap(action -> action.resources().stream())
                        .noneMatch(resource -> resource.type().equals("temporary-table"));
    }

    /** Runs {@code batch} as {@code credential}, and returns what the server answers. */
    List<Message> run(String credential, Batch batch, ServerPump pump) throws IOException {
        Map<String, String> own = new TreeMap<>(settings);
        ServerConnection open;
        try {
            own.put("search_path", schemas(pump));
            open = ServerConnection.open(server, ServerConnection.Role.read(credential), own, random);
        } catch (IOException e) {
            throw new NotSentException("the database cannot be reached: " + e.getMessage(), e);
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

    private static String schemas(ServerPump pump) throws IOException {
        ServerPump.Asked asked = pump.ask(CatalogQuery.asking(SCHEMAS));
        if (asked.hasFailed()) {
            throw new IOException("it does not say where the session looks for names");
        }
        return asked.rows().stream()
                .map(List::getFirst)
                .filter(schema -> !schema.startsWith("pg_temp"))
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(", "), path -> path.isEmpty() ? "pg_catalog" : path));
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
            if (message.type() != 'S' && message.type() != 'A') { // settings of a session that ends
                answers.add(message);
            }
            if (message.type() == 'Z') {
                return answers;
            }
        }
    }
}
