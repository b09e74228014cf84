package dev.interlock.front.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Fact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.backup.postgres.SocketRelay;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.gate.Handler;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Statements that hide a harm, and ordinary ones, by somebody who knew PostgreSQL's documentation and not the reader:
 * each harmful one does its harm on a direct connection. Behind a policy that lets pass what reads, except of the
 * passwords of users, and what only adds, and asks about all else, none may do it.
 */
@Tag("process")
class SqlCorpusTest {

    private static final String TEMPLATE = "shop";
    private static final int WORKERS = 2;
    private static final Pattern COPY_OUT =
            Pattern.compile("\\bCOPY\\b.*\\bSTDOUT\\b", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** Ordinary reads that are asked about, with the reason. */
    private static final Map<String, Set<String>> STOPPED = Map.of(
            "a function of the same name deletes", Set.of("o-051"),
            "the table's policy calls a function that deletes", Set.of("o-030"),
            "it gives a role back, which may have been the lesser one", Set.of("o-338"),
            "it sets what functions may read, as of whom rows are", Set.of("o-312"));

    /** Harm by a lock alone, which also a migration takes: it passes where what adds does. */
    private static final Set<String> LOCKING = Set.of("h-503");

    @TempDir
    private static Path directory;

    private static TestingPostgres server;
    private static SocketRelay relay;

    /** A case of the corpus. */
    private record Case(String id, List<String> texts, JsonNode tree) {}

    /** Lets reads pass, but not of {@code users.password_hash}, and what only adds, as outside production. */
    private record Policy(TestingGate gate) implements Handler {

        @Override
        public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
            if (!attempt.isDryRun()
                    && ((SqlCall) attempt.call()).actions().stream().anyMatch(Policy::readsPasswords)) {
                return new Outcome.Refused<>(
                        "R-1", Refusal.denied("No read of users.password_hash.", "Leave it out.", List.of()));
            }
            return gate.handle(attempt, upstream);
        }

        private static boolean readsPasswords(Action action) {
            return action.resources().stream().anyMatch(each -> each.toString().contains("app.users"))
                    && action.facts().stream()
                            .filter(fact -> fact.name().equals(Fact.ARGUMENT + "column"))
                            .anyMatch(fact -> Set.of("password_hash", "*").contains(fact.value()));
        }
    }

    /** One database with the fronts before it, for the two roles. */
    private static final class Worker implements AutoCloseable {

        private final String database;
        private final Map<String, PostgresFront> fronts = new TreeMap<>();
        private final List<TestingGate> gates = new ArrayList<>();
        private @Nullable Connection prober;
        private final Connection administrator = direct("postgres", "postgres", TestingPostgres.PASSWORD);

        Worker(String database) throws Exception {
            this.database = database;
            for (String role : List.of("agent", "owner")) {
                TestingGate gate = new TestingGate(role + ":secret");
                gates.add(gate);
                Seal.Upstream upstream = new Seal.Upstream(
                        "shop",
                        "pg",
                        URI.create("postgres://127.0.0.1:" + relay.port() + "/" + database),
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        Map.of(),
                        List.of());
                fronts.put(
                        role,
                        PostgresFront.listen(
                                new InetSocketAddress("127.0.0.1", 0),
                                () -> List.of(upstream),
                                new Policy(gate),
                                Optional.empty(),
                                _ -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                                InstantSource.system(),
                                new SecureRandom()));
            }
        }

        void renew() throws SQLException {
            if (prober != null) {
                prober.close();
            }
            try (Statement statement = administrator.createStatement()) {
                statement.execute("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
                statement.execute("CREATE DATABASE " + database + " TEMPLATE " + TEMPLATE + " STRATEGY file_copy");
            }
        }

        String probe(String query) throws SQLException {
            if (prober == null || prober.isClosed()) {
                prober = direct(database, "postgres", TestingPostgres.PASSWORD);
            }
            try (Statement statement = prober.createStatement();
                    ResultSet rows = statement.executeQuery(query)) {
                rows.next();
                return rows.getString(1);
            }
        }

        void beLenient(boolean isLenient) {
            gates.forEach(gate -> gate.isLenient = isLenient);
        }

        Connection through(String role) throws SQLException {
            return connect(fronts.get(role).address().getPort(), database, role, TestingGate.TOKEN);
        }

        @Override
        public void close() throws Exception {
            for (PostgresFront front : fronts.values()) {
                front.close();
            }
            administrator.close();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = new TestingPostgres(
                directory, List.of("full_page_writes=off", "max_connections=60", "statement_timeout=20s"));
        relay = new SocketRelay(server.sockets().resolve(".s.PGSQL.5432"));
        server.sql(
                TEMPLATE,
                resource("schema.sql")
                        + "ALTER ROLE agent PASSWORD 'secret'; ALTER ROLE owner PASSWORD 'secret'; ANALYZE;");
    }

    @AfterAll
    static void stop() throws IOException {
        relay.close();
        server.close();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = SqlCorpusTest.class.getResourceAsStream("/sql-corpus/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static List<Case> cases(String name) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String line : resource(name).lines().toList()) {
            JsonNode tree = new ObjectMapper().readTree(line);
            List<String> texts = new ArrayList<>();
            tree.path("sql").forEach(each -> texts.add(each.asText()));
            cases.add(new Case(tree.path("id").asText(), texts, tree));
        }
        return cases;
    }

    private static Connection direct(String database, String role, String password) throws SQLException {
        return connect(relay.port(), database, role, password);
    }

    private static Connection connect(int port, String database, String role, String password) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?sslmode=disable&preferQueryMode=simple",
                role,
                password);
    }

    /** Runs a message, and returns its last rows. */
    private static String run(Connection connection, String text) throws SQLException, IOException {
        if (COPY_OUT.matcher(text).find()) {
            StringWriter copied = new StringWriter();
            connection.unwrap(PGConnection.class).getCopyAPI().copyOut(text, copied);
            return copied.toString();
        }
        StringBuilder answer = new StringBuilder();
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            boolean hasRows = statement.execute(text);
            while (hasRows || statement.getUpdateCount() >= 0) {
                if (hasRows) {
                    answer.setLength(0);
                    rows(statement.getResultSet(), answer);
                }
                hasRows = statement.getMoreResults();
            }
        }
        return answer.toString();
    }

    private static void rows(ResultSet rows, StringBuilder answer) throws SQLException {
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            for (int i = 1; i <= columns; i++) {
                answer.append(rows.getString(i)).append('|');
            }
            answer.append('\n');
        }
    }

    /** What came of a case's messages. */
    private record Ran(List<String> answers, List<String> errors) {}

    private static Ran run(Connection connection, List<String> texts) throws IOException, SQLException {
        List<String> answers = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        try (connection) {
            for (String text : texts) {
                try {
                    answers.add(run(connection, text));
                } catch (SQLException e) {
                    answers.add("error");
                    errors.add(said(e));
                    if (connection.isClosed()) {
                        break;
                    }
                }
            }
        }
        return new Ran(answers, errors);
    }

    private static String said(SQLException error) {
        ServerErrorMessage said = error instanceof PSQLException e ? e.getServerErrorMessage() : null;
        return said == null
                ? error.getMessage()
                : said.getSQLState() + " " + said.getMessage() + " "
                        + (said.getDetail() == null ? "" : said.getDetail());
    }

    /** Judges one case; returns what is wrong with it. */
    private interface Judge {
        Optional<String> judge(Worker worker, Case each) throws Exception;
    }

    private static Map<String, String> all(List<Case> cases, Judge judge) throws Exception {
        Queue<Case> waiting = new ConcurrentLinkedQueue<>(cases);
        Map<String, String> wrong = new TreeMap<>();
        try (ExecutorService workers = Executors.newFixedThreadPool(WORKERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                String database = "shop" + i;
                running.add(workers.submit(() -> {
                    try (Worker worker = new Worker(database)) {
                        worker.renew();
                        for (Case each = waiting.poll(); each != null; each = waiting.poll()) {
                            Optional<String> found = judge.judge(worker, each);
                            if (found.isPresent()) {
                                synchronized (wrong) {
                                    wrong.put(each.id(), found.get());
                                }
                            }
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        }
        return wrong;
    }

    @Test
    void noHarmIsDone() throws Exception {
        Map<String, String> through = all(cases("harmful.jsonl"), (worker, each) -> {
            String probe = each.tree().path("probe").asText("");
            worker.beLenient(!LOCKING.contains(each.id()));
            String probed = each.tree().path("probe").isTextual() ? probe : "SELECT ''";
            String before = worker.probe(probed);
            Ran ran = run(worker.through(each.tree().path("role").asText()), each.texts());
            boolean isChanged = !worker.probe(probed).equals(before);
            if (!isChanged && !ran.errors().isEmpty()) {
                return Optional.empty();
            }
            worker.renew();
            return Optional.of((isChanged ? "CHANGED " : "nothing refused ")
                    + each.tree().path("why").asText() + " " + each.texts() + " " + ran.errors());
        });
        System.out.println("harmful through: " + through.size());
        through.forEach((id, why) -> System.out.println("  " + id + " " + why));
        assertThat(through).isEmpty();
    }

    @Test
    void ordinaryStatementsAnswerAsTheServerDoes() throws Exception {
        Map<String, String> stopped = all(cases("ordinary.jsonl"), (worker, each) -> {
            boolean isWrite = each.tree().path("kind").asText().equals("small-write");
            worker.beLenient(!isWrite);
            Ran ran = run(worker.through("agent"), each.texts());
            if (isWrite) {
                return ran.errors().stream()
                        .filter(error -> !error.startsWith("IL001"))
                        .findFirst();
            }
            if (!ran.errors().isEmpty()) {
                return Optional.of(ran.errors().getFirst() + " " + each.texts());
            }
            Ran direct = run(direct(worker.database, "agent", "secret"), each.texts());
            return each.tree().path("answer").asBoolean() && !ran.equals(direct)
                    ? Optional.of("OTHER ROWS " + each.texts() + ran + direct)
                    : Optional.empty();
        });
        System.out.println("ordinary stopped: " + stopped.size());
        stopped.forEach((id, why) -> System.out.println("  " + id + " " + why));
        Set<String> known = new TreeSet<>();
        STOPPED.values().forEach(known::addAll);
        assertThat(stopped.keySet()).isSubsetOf(known);
    }
}
