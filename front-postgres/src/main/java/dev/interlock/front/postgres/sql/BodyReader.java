package dev.interlock.front.postgres.sql;

import static dev.interlock.front.postgres.sql.StatementReader.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the body of a function or of a DO block, in SQL or in PL/pgSQL. A body counts as read only if every expression
 * in it is: one that makes a statement out of a text is not.
 */
final class BodyReader {

    private static final Set<String> KNOWN = Set.of("""
            PLpgSQL_function PLpgSQL_rec PLpgSQL_var PLpgSQL_row PLpgSQL_recfield PLpgSQL_type PLpgSQL_expr
            PLpgSQL_stmt_block PLpgSQL_stmt_assign PLpgSQL_stmt_if PLpgSQL_if_elsif PLpgSQL_stmt_case PLpgSQL_case_when
            PLpgSQL_stmt_loop PLpgSQL_stmt_while PLpgSQL_stmt_fori PLpgSQL_stmt_fors PLpgSQL_stmt_forc
            PLpgSQL_stmt_foreach_a PLpgSQL_stmt_exit PLpgSQL_stmt_return PLpgSQL_stmt_return_next
            PLpgSQL_stmt_return_query PLpgSQL_stmt_raise PLpgSQL_raise_option PLpgSQL_stmt_assert PLpgSQL_stmt_execsql
            PLpgSQL_stmt_call PLpgSQL_stmt_perform PLpgSQL_stmt_getdiag PLpgSQL_diag_item PLpgSQL_stmt_open
            PLpgSQL_stmt_fetch PLpgSQL_stmt_close PLpgSQL_exception_block PLpgSQL_exception PLpgSQL_condition""".strip().split("\\s+"));

    /** A variable with its fields and subscripts, and what it is set to. */
    private static final Pattern ASSIGNMENT =
            Pattern.compile("(?:[\\w.$\\[\\]\\s]++|\"[^\"]*+\")*+(?::=|=)(.*)", Pattern.DOTALL);

    /** The server cuts longer names. */
    private static final int MAX_NAME = 63;

    private static final Pattern PLAIN_TYPE = Pattern.compile("[\\w.% ]+(\\([0-9, ]*\\))?(\\[[0-9]*])*");

    /** Among types: any. */
    private static final String ANY_TYPE = "*";

    /** Each statement of a body has all types of its variables beside its own. */
    private static final int MAX_TYPES = 200_000;

    private static final int STATEMENT = 0;
    private static final int ASSIGNED = 3;

    private final SqlReader reader;
    private final List<ReadStatement> statements = new ArrayList<>();
    /** Of its parameters and variables: values are converted to them. */
    private final Set<String> types = new TreeSet<>();

    private String shown = "";
    private boolean isRead = true;

    private BodyReader(SqlReader reader) {
        this.reader = reader;
    }

    /**
     * Returns the statements in the body of {@code definition}; empty if it is not wholly read.
     *
     * @param tree that of {@code definition}: a {@code CREATE FUNCTION} or a {@code DO}
     */
    static Optional<List<ReadStatement>> read(SqlReader reader, String definition, JsonNode tree) {
        JsonNode options = tree.has("args") ? tree.path("args") : tree.path("options");
        String language = "plpgsql";
        String body = "";
        boolean changesGrammar = false;
        for (JsonNode option : options) {
            JsonNode element = option.path("DefElem");
            JsonNode value = element.path("arg");
            switch (text(element, "defname")) {
                case "language" -> language = text(value.path("String"), "sval").toLowerCase(Locale.ROOT);
                case "as" -> {
                    JsonNode first = value.path("List").path("items").path(0);
                    body = text((first.isMissingNode() ? value : first).path("String"), "sval");
                }
                case "set" -> changesGrammar |= GrammarSettings.has(text(value.path("VariableSetStmt"), "name"));
                default -> {}
            }
        }
        if (changesGrammar) {
            return Optional.empty(); // its text, and those of what it calls, may be read otherwise there
        }
        BodyReader bodies = new BodyReader(reader);
        tree.findValues("names")
                .forEach(names -> bodies.types.add(StatementReader.name(names).last()));
        if (tree.path("parameters").findValue("defexpr") != null) { // what a caller leaves out
            bodies.statements.add(new StatementReader().read("ReturnStmt", tree.path("parameters")));
        }
        if (tree.has("sql_body")) {
            bodies.statements.add(new StatementReader().read("ReturnStmt", tree.path("sql_body")));
        } else {
            switch (language) {
                case "sql" -> bodies.add(body);
                case "plpgsql" -> bodies.program(definition, body);
                default -> bodies.isRead = false;
            }
        }
        return bodies.isRead && (long) bodies.statements.size() * bodies.types.size() <= MAX_TYPES
                ? Optional.of(bodies.statements.stream()
                        .map(statement -> statement.withTypes(bodies.types))
                        .toList())
                : Optional.empty();
    }

    private void add(String text) {
        if (isRead
                && statements.size() <= SqlReader.MAX_STATEMENTS
                && reader.read(text) instanceof SqlReading.ReadText(var read)) {
            statements.addAll(read);
        } else {
            isRead = false;
        }
    }

    private void program(String definition, String body) {
        Optional<JsonNode> tree = reader.program(definition);
        shown = reader.shown(body);
        isRead &= tree.isPresent();
        tree.ifPresent(found -> walk("", found));
    }

    private void walk(String name, JsonNode node) {
        if (!isRead) {
            return;
        }
        if (node.isArray()) {
            node.forEach(each -> walk("", each));
            return;
        }
        if (name.startsWith("dyn") || (name.startsWith("PLpgSQL_") && !KNOWN.contains(name))) {
            isRead = false;
        }
        switch (name) {
            case "PLpgSQL_expr" ->
                expression(text(node, "query"), node.path("parseMode").asInt());
            case "PLpgSQL_type" -> type(text(node, "typname"));
            case "PLpgSQL_rec" -> isRead &= !node.has("datatype") || !mayBegin(text(node, "refname"));
            default -> {}
        }
        node.properties().forEach(field -> walk(field.getKey(), field.getValue()));
    }

    /** Adds each word of a type's name: it may be that of a table, or of a column. */
    private void type(String name) {
        types.addAll(PLAIN_TYPE.matcher(name).matches() ? List.of(name.split("[^\\w]+")) : List.of(ANY_TYPE));
    }

    private void expression(String query, int mode) {
        if (mode == STATEMENT) {
            add(query);
            return;
        }
        Matcher assignment = ASSIGNMENT.matcher(query);
        if (mode < ASSIGNED) {
            add("SELECT " + query);
        } else if (assignment.matches()) {
            add("SELECT " + assignment.group(1));
        } else {
            isRead = false;
        }
    }

    /** Returns whether a record may be declared with a first value, which the parser's answer leaves out. */
    private boolean mayBegin(String record) {
        return record.getBytes(StandardCharsets.UTF_8).length >= MAX_NAME
                || shown.equals(SqlReader.HIDDEN)
                || Pattern.compile("(?i)(?<![\\w.])" + Pattern.quote(record.replace("\"", "\"\""))
                                + "\"? [A-Z_\"\\x{80}-\\x{10FFFF}][^;]*?(=|\\bdefault\\b)")
                        .matcher(shown)
                        .find();
    }
}
