package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.ReadStatement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The question to the server's catalogs. It runs in the client's own session, so that temporary tables, uncommitted
 * definitions and {@code search_path} count as they do for the client; every name and operator in it is qualified, so
 * that they do not count for the question itself.
 */
final class CatalogQuery {

    /**
     * Rows: what was asked for, its sort ({@code r}, {@code f}), schema, name, how, kind, temporary, runs code. What
     * a view calls is read from its rule, since the server notes no dependence on functions of its own. An
     * aggregate counts as volatile: what its own functions are, it does not say. A column may be a function of its row.
     */
    static final String TEXT = """
            WITH RECURSIVE asked AS (
                SELECT n AS name, pg_catalog.to_regclass(n)::pg_catalog.oid AS oid
                FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n),
            reached(name, oid, how) AS (
                SELECT name, oid, 'named'::pg_catalog.text FROM asked WHERE oid IS NOT NULL
                UNION
                SELECT r.name, x.oid, x.how FROM reached r, LATERAL (
                    SELECT d.refobjid AS oid, 'view'::pg_catalog.text AS how
                    FROM pg_catalog.pg_rewrite w
                    JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                        AND d.objid OPERATOR(pg_catalog.=) w.oid
                        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                    WHERE w.ev_class OPERATOR(pg_catalog.=) r.oid AND d.refobjid OPERATOR(pg_catalog.<>) r.oid
                    UNION ALL
                    SELECT i.inhrelid, 'child' FROM pg_catalog.pg_inherits i
                    WHERE i.inhparent OPERATOR(pg_catalog.=) r.oid
                    UNION ALL
                    SELECT c.conrelid, 'cascade' FROM pg_catalog.pg_constraint c
                    WHERE c.confrelid OPERATOR(pg_catalog.=) r.oid AND c.contype OPERATOR(pg_catalog.=) 'f'
                        AND (c.confdeltype IN ('c', 'n', 'd') OR c.confupdtype IN ('c', 'n', 'd'))
                        AND r.how OPERATOR(pg_catalog.<>) 'view') x)
            SELECT r.name, 'r', s.nspname, c.relname, r.how, c.relkind::pg_catalog.text,
                (c.relpersistence OPERATOR(pg_catalog.=) 't')::pg_catalog.text,
                (c.relkind IN ('f', 'v') AND r.how OPERATOR(pg_catalog.<>) 'view'
                 OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid
                        AND NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D')
                 OR c.relkind OPERATOR(pg_catalog.<>) 'v' AND c.relkind OPERATOR(pg_catalog.<>) 'm'
                    AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class OPERATOR(pg_catalog.=) c.oid))::pg_catalog.text
            FROM reached r
            JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.oid
            JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) c.relnamespace
            UNION ALL
            SELECT f.n, 'f', s.nspname, p.proname, '', CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'a' AND s.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
                THEN 'v' ELSE p.provolatile::pg_catalog.text END, '', ''
            FROM pg_catalog.unnest($2::pg_catalog.text[]) AS f(n)
            JOIN pg_catalog.pg_proc p ON p.proname OPERATOR(pg_catalog.=) f.n
            JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) p.pronamespace
            UNION ALL
            SELECT o.n, 'f', s.nspname, p.proname, '', CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'a' AND s.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
                THEN 'v' ELSE p.provolatile::pg_catalog.text END, '', ''
            FROM pg_catalog.unnest($3::pg_catalog.text[]) AS o(n)
            JOIN pg_catalog.pg_operator q ON q.oprname OPERATOR(pg_catalog.=) o.n
            JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) q.oprcode::pg_catalog.oid
            JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) p.pronamespace
            WHERE s.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
            UNION ALL
            SELECT f.n, 'f', s.nspname, p.proname, '', p.provolatile::pg_catalog.text, '', ''
            FROM pg_catalog.unnest($4::pg_catalog.text[]) AS f(n)
            JOIN pg_catalog.pg_proc p ON p.proname OPERATOR(pg_catalog.=) f.n AND p.pronargs OPERATOR(pg_catalog.=) 1
            JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) p.proargtypes[0]
                AND (t.typtype OPERATOR(pg_catalog.=) 'c' OR t.typtype OPERATOR(pg_catalog.=) 'p')
            JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) p.pronamespace
            WHERE s.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
            UNION ALL
            SELECT DISTINCT r.name, 'f', s.nspname, p.proname, 'view', CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'a'
                AND s.nspname OPERATOR(pg_catalog.<>) 'pg_catalog' THEN 'v' ELSE p.provolatile::pg_catalog.text END, '', ''
            FROM reached r
            JOIN pg_catalog.pg_rewrite w ON w.ev_class OPERATOR(pg_catalog.=) r.oid
            JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.oid
            JOIN pg_catalog.pg_namespace v ON v.oid OPERATOR(pg_catalog.=) c.relnamespace
                AND v.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
                AND v.nspname OPERATOR(pg_catalog.<>) 'information_schema'
            CROSS JOIN LATERAL pg_catalog.regexp_matches(
                w.ev_action::pg_catalog.text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS m(number)
            JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) m.number[1]::pg_catalog.oid
            JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) p.pronamespace""";

    /** Operators that the server uses where none is written, as in {@code BETWEEN}, {@code CASE} and {@code USING}. */
    static final Set<String> IMPLICIT = Set.of("=", "<>", "<", "<=", ">", ">=");

    /** How often the question closes something: at its beginning and at its end. */
    static final int CLOSES = 2;

    private static final String STATEMENT = "interlock catalogs";

    private CatalogQuery() {}

    /** Returns the messages that ask about {@code statements}, without the one that ends them. */
    static List<Message> ask(Collection<ReadStatement> statements) {
        Set<String> relations = new TreeSet<>();
        Set<String> functions = new TreeSet<>();
        Set<String> operators = new TreeSet<>(IMPLICIT);
        Set<String> columns = new TreeSet<>();
        for (ReadStatement statement : statements) {
            statement.read().forEach(name -> relations.add(name.quoted()));
            statement.changed().forEach(name -> relations.add(name.quoted()));
            statement.functions().forEach(name -> functions.add(name.last()));
            operators.addAll(statement.operators());
            columns.addAll(statement.columns());
        }
        Message.Builder bind = Message.of('B').text(STATEMENT).text(STATEMENT).int16(0).int16(4);
        for (Set<String> names : List.of(relations, functions, operators, columns)) {
            byte[] array = array(names).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            bind.int32(array.length).bytes(array);
        }
        return List.of(
                Message.of('C').int8('S').text(STATEMENT).build(),
                Message.of('P').text(STATEMENT).text(TEXT).int16(0).build(),
                bind.int16(0).build(),
                Message.of('E').text(STATEMENT).int32(0).build(),
                Message.of('C').int8('P').text(STATEMENT).build());
    }

    /** Returns whether {@code name} is the gateway's own in a client's session. */
    static boolean isOwn(String name) {
        return name.equals(STATEMENT);
    }

    private static String array(Set<String> names) {
        List<String> quoted = new ArrayList<>();
        for (String name : names) {
            quoted.add('"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
        }
        return "{" + String.join(",", quoted) + "}";
    }

    /** Reads the server's rows. */
    static ServerFacts read(List<Message> rows) throws ProtocolException {
        Map<String, List<ServerFacts.Relation>> relations = new TreeMap<>();
        Map<String, List<ServerFacts.Routine>> routines = new TreeMap<>();
        for (Message row : rows) {
            List<String> fields = fields(row);
            if (fields.get(1).equals("r")) {
                relations
                        .computeIfAbsent(fields.get(0), _ -> new ArrayList<>())
                        .add(new ServerFacts.Relation(
                                fields.get(2),
                                fields.get(3),
                                fields.get(4),
                                fields.get(5).charAt(0),
                                fields.get(6).equals("true"),
                                fields.get(7).equals("true")));
            } else {
                routines.computeIfAbsent(fields.get(0), _ -> new ArrayList<>())
                        .add(new ServerFacts.Routine(
                                fields.get(2), fields.get(3), fields.get(5).charAt(0)));
            }
        }
        return new ServerFacts(relations, routines);
    }

    private static List<String> fields(Message row) throws ProtocolException {
        PayloadReader reader = row.reader();
        List<String> fields = new ArrayList<>();
        for (int left = reader.int16(); left > 0; left--) {
            int length = reader.int32();
            fields.add(
                    length < 0 ? "" : new String(reader.bytes(length), java.nio.charset.StandardCharsets.UTF_8));
        }
        if (fields.size() != 8) {
            throw new ProtocolException("the server's catalogs answer otherwise than asked");
        }
        return fields;
    }
}
