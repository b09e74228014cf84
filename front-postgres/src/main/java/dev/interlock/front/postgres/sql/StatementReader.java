package dev.interlock.front.postgres.sql;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import dev.interlock.front.postgres.sql.ReadStatement.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads one statement's tree. It walks the whole tree, wherever a node stands, so that no form hides a statement in
 * another: what it finds is added up. A node that it does not know at the top can do anything.
 */
final class StatementReader {

    private static final String SET = "set_config";

    /** By this value pg_dump guards itself, in the one setting that knows it; to any other it means nothing. */
    private static final String DUMPS_GUARD = "view, foreign-table";

    private final Set<Name> read = new TreeSet<>();
    private final Set<Name> changed = new TreeSet<>();
    private final Set<Name> functions = new TreeSet<>();
    private final Set<String> operators = new TreeSet<>();
    private final Set<String> columns = new TreeSet<>();
    private final Set<String> common = new TreeSet<>();
    private final Set<String> types = new TreeSet<>();
    private final Set<String> tags = new TreeSet<>();
    private final Set<Name> models = new TreeSet<>();
    private final Set<String> aliases = new TreeSet<>();
    private final Set<String> bare = new TreeSet<>();
    private boolean hasWhere = true;
    private boolean locksRows;
    private boolean isNested;
    private boolean guards;
    private Effect inner = Effect.READ;
    private Session session = new Session.Nothing();

    ReadStatement read(String node, JsonNode statement) {
        Effect own = switch (node) {
            case "ExplainStmt" -> explain(statement);
            case "PrepareStmt" -> prepare(statement);
            default -> {
                walk(node, statement);
                yield inner;
            }
        };
        if (node.equals("DeallocateStmt")) {
            session = new Session.Forgets(
                    statement.path("name").isTextual() ? Optional.of(text(statement, "name")) : Optional.empty());
        } else if (node.equals("DiscardStmt")) {
            session = new Session.Forgets(Optional.empty());
        }
        if (TopLevel.changesWhatItNames(node)) {
            changed.addAll(read);
            changed.addAll(TopLevel.named(node, statement));
            changed.removeAll(models);
        }
        own = guards ? own.and(Effect.PRIVILEGE) : own;
        read.removeAll(changed);
        boolean mayRepeat = !read.isEmpty() || functions.size() > 1 || isNested;
        if (mayRepeat && functions.stream().anyMatch(name -> name.last().equals("nextval"))) {
            own = own.and(Effect.CHANGE); // it may use up all numbers
        }
        // A name that a WITH clause gives is no relation, unless it is changed: then it never is the clause's.
        read.removeIf(name -> name.parts().size() == 1 && common.contains(name.last()));
        read.addAll(models);
        if (locksRows && !changed.isEmpty()) {
            changed.addAll(read); // beside a table of the session, others wait
        }
        read.removeAll(changed);
        if (bare.stream().anyMatch(aliases::contains)) {
            columns.add("*"); // a whole row
        }
        return new ReadStatement(
                TopLevel.kind(node, statement),
                own,
                Collections.unmodifiableSet(read),
                Collections.unmodifiableSet(changed),
                Collections.unmodifiableSet(functions),
                Collections.unmodifiableSet(operators),
                Collections.unmodifiableSet(columns),
                Collections.unmodifiableSet(types),
                Collections.unmodifiableSet(tags),
                hasWhere,
                session);
    }

    /** An explained statement runs if it is analysed. Of several options the last counts; any is enough here. */
    private Effect explain(JsonNode statement) {
        ReadStatement explained = whole(statement.path("query"));
        boolean runs = false;
        for (JsonNode option : statement.path("options")) {
            JsonNode element = option.path("DefElem");
            if (text(element, "defname").equalsIgnoreCase("analyze")) {
                runs |= !TopLevel.isFalse(element.path("arg"));
            }
        }
        take(explained, runs);
        if (explained.session() instanceof Session.Executes(var name, var _)) {
            session = new Session.Executes(name, runs);
        }
        return runs ? explained.effect() : Effect.READ;
    }

    private Effect prepare(JsonNode statement) {
        Set<String> named = new TreeSet<>();
        statement
                .path("argtypes")
                .forEach(each ->
                        named.add(name(each.path("TypeName").path("names")).last()));
        session = new Session.Prepares(
                text(statement, "name"), whole(statement.path("query")).withTypes(named));
        return Effect.READ;
    }

    private void take(ReadStatement other, boolean runs) {
        read.addAll(other.read());
        (runs ? changed : read).addAll(other.changed());
        functions.addAll(other.functions());
        operators.addAll(other.operators());
        columns.addAll(other.columns());
        types.addAll(other.types());
        tags.addAll(other.tags());
        hasWhere &= other.hasWhere();
    }

    private static ReadStatement whole(JsonNode query) {
        Map.Entry<String, JsonNode> node = query.properties().iterator().next();
        return new StatementReader().read(node.getKey(), node.getValue());
    }

    private void walk(String name, JsonNode node) {
        if (node.isArray()) {
            node.forEach(each -> walk("", each));
            return;
        }
        if (!node.isObject()) {
            return;
        }
        if (name.equals("ParamRef") || (name.equals("ExecuteStmt") && node.has("params"))) {
            types.add("");
        }
        if (node.path("relname").isTextual()) {
            read.add(relation(node));
            aliases.add(text(node, "relname"));
            if (node.path("alias").has("colnames")) {
                columns.add("*"); // its columns go by other names
            }
        }
        if (node.has("alias") && !name.equals("RangeFunction")) {
            aliases.add(text(node.path("alias"), "aliasname"));
        }
        if (node.path("names").isArray()) {
            types.add(name(node.path("names")).last());
        }
        if (name.endsWith("Stmt") && Character.isUpperCase(name.charAt(0))) {
            inner = inner.and(TopLevel.effect(name, node));
            tags.addAll(TopLevel.tags(name, node));
        }
        visit(name, node);
        node.properties().stream()
                .filter(field -> !field.getKey().equals("lockedRels")) // named as the query names them
                .forEach(field -> walk(field.getKey(), field.getValue()));
    }

    private void visit(String name, JsonNode node) {
        switch (name) {
            case "CommonTableExpr" -> common.add(text(node, "ctename"));
            case "FuncCall" -> call(name(node.path("funcname")), node);
            case "TableLikeClause" -> models.add(relation(node.path("relation")));
            case "VariableSetStmt" ->
                session = TopLevel.keepsNames(node) ? session : new Session.Sets(TopLevel.role(node));
            case "A_Expr" -> operator(node.path("name"));
            case "SubLink" -> operator(node.path("operName"));
            case "RangeSubselect" -> isNested = true;
            case "SelectStmt" -> locksRows |= node.has("lockingClause");
            case "DeclareCursorStmt" ->
                session = new Session.Opens(
                        text(node, "portalname"), (node.path("options").asInt() & TopLevel.HELD) != 0);
            case "FetchStmt" -> session = new Session.Fetches(text(node, "portalname"));
            case "JoinExpr" -> {
                node.path("usingClause").forEach(each -> columns.add(text(each.path("String"), "sval")));
                if (node.path("isNatural").asBoolean()) {
                    columns.add("*");
                }
            }
            case "SortBy" -> operator(node.path("useOp"));
            case "A_Indirection" ->
                node.path("indirection").forEach(each -> {
                    if (each.has("String")) {
                        columns.add(text(each.path("String"), "sval"));
                    }
                });
            case "ColumnRef" -> column(node.path("fields"));
            case "intoClause", "into" -> {
                changed.add(relation(node.path("rel")));
                inner = inner.and(Effect.ADD);
            }
            case "view" -> changed.add(relation(node));
            case "CopyStmt" -> {
                node.path("attlist").forEach(each -> columns.add(text(each.path("String"), "sval")));
                if (node.has("relation") && !node.has("attlist")) {
                    columns.add("*");
                }
                if (node.path("is_from").asBoolean()) {
                    changed.add(relation(node.path("relation")));
                }
            }
            case "TransactionStmt" -> session = new Session.Controls(text(node, "savepoint_name"));
            case "ExecuteStmt" -> session = new Session.Executes(text(node, "name"), true);
            case "InsertStmt" -> {
                changes(node, node.has("onConflictClause") && overwrites(node) ? Effect.CHANGE : Effect.ADD);
                targets(node.path("cols"));
            }
            case "UpdateStmt" -> {
                boolean limited = node.has("whereClause");
                hasWhere &= limited;
                changes(node, limited ? Effect.CHANGE : Effect.DESTROY);
                targets(node.path("targetList"));
            }
            case "DeleteStmt" -> {
                hasWhere &= node.has("whereClause");
                changes(node, Effect.DESTROY);
            }
            case "MergeStmt" -> {
                boolean deletes = node.path("mergeWhenClauses").toString().contains("\"CMD_DELETE\"");
                changes(node, deletes ? Effect.DESTROY : Effect.CHANGE);
            }
            default -> {}
        }
    }

    /** {@code set_config} is a SET; of which setting is known only if that is written out. */
    private void call(Name function, JsonNode node) {
        functions.add(function);
        if (function.last().equals(SET)) {
            session = session instanceof Session.Nothing ? new Session.Sets("") : session;
            guards |= !TopLevel.isHarmless(constant(node, 0))
                    && !constant(node, 1).equals(DUMPS_GUARD);
        }
    }

    private static String constant(JsonNode call, int argument) {
        return text(call.path("args").path(argument).path("A_Const").path("sval"), "sval");
    }

    private static boolean overwrites(JsonNode insert) {
        return !text(insert.path("onConflictClause"), "action").equals("ONCONFLICT_NOTHING");
    }

    private void changes(JsonNode node, Effect effect) {
        changed.add(relation(node.path("relation")));
        inner = inner.and(effect);
    }

    private void targets(JsonNode list) {
        list.forEach(each -> columns.add(text(each.path("ResTarget"), "name")));
        columns.remove("");
    }

    private void operator(JsonNode list) {
        if (!list.isEmpty()) {
            Name name = name(list);
            operators.add(name.schema().isEmpty() ? name.last() : name.schema() + "." + name.last());
        }
    }

    private void column(JsonNode fields) {
        JsonNode last = fields.path(fields.size() - 1);
        columns.add(last.has("String") ? text(last.path("String"), "sval") : "*");
        if (fields.size() == 1 && last.has("String")) {
            bare.add(text(last.path("String"), "sval"));
        }
    }

    private static Name relation(JsonNode range) {
        List<String> parts = new ArrayList<>();
        if (text(range, "relpersistence").equals("t")) {
            parts.add("pg_temp"); // whatever else has that name is meant no longer
        }
        for (String part : List.of("catalogname", "schemaname", "relname")) {
            if (range.path(part).isTextual()) {
                parts.add(text(range, part));
            }
        }
        return new Name(parts);
    }

    /** Returns the name that a list of strings spells. */
    static Name name(JsonNode list) {
        List<String> parts = new ArrayList<>();
        list.forEach(each -> parts.add(text(each.path("String"), "sval")));
        return new Name(parts);
    }

    static String text(JsonNode node, String field) {
        return node.path(field).asText("");
    }
}
