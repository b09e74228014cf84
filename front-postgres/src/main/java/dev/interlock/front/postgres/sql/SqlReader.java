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
import org.jspecify.annotations.Nullable;

/**
 * Reads texts in SQL. What it has read it remembers: programs send the same texts again and again. Threading: any; one
 * text is parsed at a time.
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

    private static final int CACHED_CHARACTERS = 4 << 20;

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

    private static final class Cache<V> extends LinkedHashMap<String, V> {

        private static final long serialVersionUID = 1;

        private int characters;

        private Cache() {
            super(64, 0.75f, true);
        }

        private void keep(String text, V reading) {
            if (text.length() <= CACHED_CHARACTERS / 64 && putIfAbsent(text, reading) == null) {
                characters += text.length();
                var eldest = entrySet().iterator();
                while (characters > CACHED_CHARACTERS) {
                    characters -= eldest.next().getKey().length();
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
        synchronized (cache) {
            SqlReading known = cache.get(text);
            if (known != null) {
                return known;
            }
        }
        SqlReading reading = parse(text);
        synchronized (cache) {
            cache.keep(text, reading);
        }
        return reading;
    }

    private GrammarProgram.Answer ask(BiFunction<GrammarProgram, String, GrammarProgram.Answer> question, String text) {
        parsing.lock();
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
        } finally {
            parsing.unlock();
        }
    }

    /**
     * Returns {@code text} as people may see it: without comments, and without constants that may be secrets. A text
     * that cannot be read is not shown.
     */
    public String shown(String text) {
        GrammarProgram.Answer answer = ask(GrammarProgram::scan, text);
        if (!answer.error().isEmpty()) {
            return HIDDEN;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder shown = new StringBuilder();
        int last = 0;
        try {
            for (JsonNode token : JSON.readTree(answer.tree()).path("tokens")) {
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

    private SqlReading parse(String text) {
        GrammarProgram.Answer answer = ask(GrammarProgram::parse, text);
        if (!answer.error().isEmpty()) {
            return new SqlReading.UnreadText(answer.error(), answer.position());
        }
        try {
            return new SqlReading.ReadText(statements(text, JSON.readTree(answer.tree())));
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
        synchronized (bodies) {
            Optional<List<ReadStatement>> known = bodies.get(definition);
            if (known != null) {
                return known;
            }
        }
        GrammarProgram.Answer answer = ask(GrammarProgram::parse, definition);
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
        synchronized (bodies) {
            bodies.keep(definition, body);
        }
        return body;
    }

    /** Returns the tree of a body in PL/pgSQL. */
    Optional<JsonNode> program(String definition) {
        GrammarProgram.Answer answer = ask(GrammarProgram::parseBody, definition);
        try {
            return answer.error().isEmpty()
                    ? Optional.of(JSON.readTree(answer.tree()).path("plpgsql_funcs"))
                    : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}
