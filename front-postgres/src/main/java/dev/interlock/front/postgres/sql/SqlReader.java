package dev.interlock.front.postgres.sql;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads texts in SQL. What it has read it remembers: programs send the same texts again and again. Threading: any; one
 * text is parsed and its tree read at a time, so that the memory for one tree is enough for all sessions.
 */
public final class SqlReader {

    /** A longer text is not read: its tree would not fit into the parser's memory. */
    public static final int MAX_TEXT = 1 << 20;

    /** Deeper nesting than people write; each level takes stack. */
    private static final int MAX_DEPTH = 1_000;

    /** What {@link #shown} says of a text that nobody may see, and of one that holds no tokens of SQL. */
    public static final String HIDDEN = "'...'";

    /** A number with more digits than any count or time has may be a secret. */
    private static final int MAX_NUMBER = 12;

    /** Most statements in one text, with those of the blocks in it. */
    static final int MAX_STATEMENTS = 10_000;

    /** About how many bytes the readings take that are remembered, and how many one of them does. */
    private static final int CACHED_BYTES = 8 << 20;

    private static final int STATEMENT_BYTES = 512;
    private static final int NAME_BYTES = 64;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(2 * MAX_TEXT)
                    .build())
            .build());

    private final ReentrantLock parsing = new ReentrantLock();
    private @Nullable GrammarProgram program;
    private final Cache<SqlReading> cache = new Cache<>();
    private final Cache<Optional<List<ReadStatement>>> bodies = new Cache<>();

    /** Readings by their texts. */
    private static final class Cache<V> extends LinkedHashMap<String, Cache.Weighed<V>> {

        private static final long serialVersionUID = 1;

        /** @param weight about how many bytes it and its text take */
        private record Weighed<V>(V reading, int weight) {}

        private int kept;

        private Cache() {
            super(64, 0.75f, true);
        }

        private synchronized @Nullable V find(String text) {
            Weighed<V> known = get(text);
            return known == null ? null : known.reading();
        }

        private synchronized void keep(String text, long bytes, V reading) {
            int weight = (int) Math.min(CACHED_BYTES, 2L * text.length() + bytes);
            if (weight <= CACHED_BYTES / 16 && putIfAbsent(text, new Weighed<>(reading, weight)) == null) {
                kept += weight;
                var eldest = values().iterator();
                while (kept > CACHED_BYTES) {
                    kept -= eldest.next().weight();
                    eldest.remove();
                }
            }
        }
    }

    /** Loads the grammar, which takes a second or more, before somebody waits for it. */
    public void warmUp() {
        read("SELECT 1");
        shown("SELECT 1");
    }

    /** Returns what {@code text} means. Never throws. */
    public SqlReading read(String text) {
        if (text.length() > MAX_TEXT) {
            return new SqlReading.UnreadText("it is longer than " + MAX_TEXT + " characters", 0);
        }
        if (text.indexOf('\0') >= 0) {
            return new SqlReading.UnreadText("it holds the character 0", 0);
        }
        SqlReading known = cache.find(text);
        return known == null ? ask(GrammarProgram::parse, text, answer -> parsed(text, answer)) : known;
    }

    /** Parses {@code text}, and reads the answer before another text is parsed. */
    private <R> R ask(
            BiFunction<GrammarProgram, String, GrammarProgram.Answer> question,
            String text,
            Function<GrammarProgram.Answer, R> reading) {
        parsing.lock();
        try {
            return reading.apply(answer(question, text));
        } finally {
            parsing.unlock();
        }
    }

    private GrammarProgram.Answer answer(
            BiFunction<GrammarProgram, String, GrammarProgram.Answer> question, String text) {
        try {
            GrammarProgram ready = program;
            program = null; // what fails is not used again
            if (ready == null) {
                ready = new GrammarProgram();
            }
            GrammarProgram.Answer answer = question.apply(ready, text);
            program = ready;
            return answer;
        } catch (RuntimeException | StackOverflowError _) {
            return new GrammarProgram.Answer(new byte[0], "PostgreSQL's parser cannot hold it", 0);
        }
    }

    /**
     * Returns {@code text} as people may see it: without comments, and without constants that may be secrets. A text
     * that cannot be read is not shown.
     */
    public String shown(String text) {
        return ask(GrammarProgram::scan, text, answer -> shown(text, answer));
    }

    private static String shown(String text, GrammarProgram.Answer answer) {
        if (!answer.error().isEmpty()) {
            return HIDDEN;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder shown = new StringBuilder();
        int last = 0;
        try {
            JsonNode tokens = JSON.readTree(answer.tree()).path("tokens");
            if (tokens.isMissingNode() && !text.isBlank()) {
                return HIDDEN;
            }
            for (JsonNode token : tokens) {
                int start = token.path("start").asInt();
                int end = token.path("end").asInt();
                if (start > last && !shown.isEmpty() && shown.charAt(shown.length() - 1) != ' ') {
                    shown.append(' ');
                }
                String kind = token.path("tokenName").asText();
                last = kind.endsWith("_COMMENT") ? last : end; // it parts words, as a space does
                String said = new String(bytes, start, end - start, StandardCharsets.UTF_8);
                shown.append(
                        switch (kind) {
                            case "SQL_COMMENT", "C_COMMENT" -> "";
                            case "SCONST", "USCONST", "BCONST", "XCONST" -> HIDDEN;
                            case "ICONST", "FCONST" -> said.length() > MAX_NUMBER ? HIDDEN : said;
                            default -> said;
                        });
            }
            return shown.toString().strip();
        } catch (IOException | StackOverflowError _) {
            return HIDDEN;
        }
    }

    private SqlReading parsed(String text, GrammarProgram.Answer answer) {
        SqlReading reading = reading(text, answer);
        cache.keep(text, reading instanceof SqlReading.ReadText(var read) ? bytes(read) : 0, reading);
        return reading;
    }

    private SqlReading reading(String text, GrammarProgram.Answer answer) {
        if (!answer.error().isEmpty()) {
            return new SqlReading.UnreadText(answer.error(), answer.position());
        }
        try {
            List<ReadStatement> statements = statements(text, JSON.readTree(answer.tree()));
            return statements.size() > MAX_STATEMENTS
                    ? new SqlReading.UnreadText("it holds more than " + MAX_STATEMENTS + " statements", 0)
                    : new SqlReading.ReadText(statements);
        } catch (JsonProcessingException | StackOverflowError _) {
            return new SqlReading.UnreadText("it is nested too deeply", 0);
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail to be read", e);
        }
    }

    /**
     * What a DO block holds stands in its place, if it is wholly read and names stand for the same all through it; so
     * does what a function holds that goes with the session.
     */
    private List<ReadStatement> statements(String text, JsonNode tree) {
        List<ReadStatement> statements = new ArrayList<>();
        for (JsonNode statement : tree.path("stmts")) {
            Map.Entry<String, JsonNode> node = statementOf(statement);
            ReadStatement read = new StatementReader().read(node.getKey(), node.getValue());
            if (node.getKey().equals("DoStmt") || TopLevel.makesTemporaryFunction(node.getKey(), node.getValue())) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                int start = statement.path("stmt_location").asInt();
                int length = statement.path("stmt_len").asInt(bytes.length - start);
                String block = new String(bytes, start, length, StandardCharsets.UTF_8);
                // what it prepares or forgets stands elsewhere in the session, and may never run
                Optional<List<ReadStatement>> body = BodyReader.read(this, block, node.getValue())
                        .filter(held -> held.stream()
                                .allMatch(each -> each.session() instanceof ReadStatement.Session.Nothing
                                        || each.session() instanceof ReadStatement.Session.Sets));
                body.ifPresent(statements::addAll);
                read = body.filter(held -> held.stream().allMatch(ReadStatement::keepsNames))
                                .isPresent()
                        ? read.withEffect(
                                body.get().stream().anyMatch(ReadStatement::takesNumbers)
                                        ? Effect.CHANGE // it may use up all numbers
                                        : Effect.READ)
                        : read;
            }
            statements.add(read);
        }
        return statements;
    }

    private static Map.Entry<String, JsonNode> statementOf(JsonNode statement) {
        return statement.path("stmt").properties().iterator().next();
    }

    /**
     * Returns the statements in a function's body; empty if it holds anything that cannot be read, as a statement that
     * it makes of a text.
     *
     * @param definition the {@code CREATE FUNCTION}
     */
    public Optional<List<ReadStatement>> body(String definition) {
        if (definition.length() > MAX_TEXT) {
            return Optional.empty();
        }
        Optional<List<ReadStatement>> known = bodies.find(definition);
        return known == null ? ask(GrammarProgram::parse, definition, answer -> body(definition, answer)) : known;
    }

    private Optional<List<ReadStatement>> body(String definition, GrammarProgram.Answer answer) {
        Optional<List<ReadStatement>> body = Optional.empty();
        try {
            if (answer.error().isEmpty()) {
                Map.Entry<String, JsonNode> node =
                        statementOf(JSON.readTree(answer.tree()).path("stmts").path(0));
                body = BodyReader.read(this, definition, node.getValue());
            }
        } catch (IOException | StackOverflowError _) {
            body = Optional.empty(); // nested too deeply
        }
        bodies.keep(definition, body.map(SqlReader::bytes).orElse(0L), body);
        return body;
    }

    private static long bytes(List<ReadStatement> statements) {
        return statements.stream()
                .mapToLong(each -> STATEMENT_BYTES + NAME_BYTES * (long) each.names())
                .sum();
    }

    /** Returns the tree of a body in PL/pgSQL. */
    Optional<JsonNode> program(String definition) {
        return ask(GrammarProgram::parseBody, definition, answer -> {
            try {
                return answer.error().isEmpty()
                        ? Optional.of(JSON.readTree(answer.tree()).path("plpgsql_funcs"))
                        : Optional.empty();
            } catch (IOException _) {
                return Optional.empty();
            }
        });
    }
}
