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

    /** Behind types and casts, for every statement: nothing in its text tells that they run. */
    static final String AMBIENT = "*";

    /** Extensions whose functions do as they say: what is stable or immutable there changes nothing. */
    private static final String KNOWN = """
            {pg_trgm,hstore,citext,ltree,uuid-ossp,pgcrypto,unaccent,fuzzystrmatch,btree_gin,btree_gist,intarray,cube,
            earthdistance,seg,isn,postgis,vector}""".replaceAll("\\s", "");

    /** The functions in expressions that the server has stored. */
    private static final String IN_TREE = "':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS m(number)";

    /**
     * Rows: what was asked for, its sort ({@code r}, {@code f}), schema, name, how, kind, temporary, runs code, and a
     * function's definition. What a view calls is read from its rule, since the server notes no dependence on functions
     * of its own. A column may be a function of its row.
     */
    static final String TEXT = qualified("""
            WITH RECURSIVE asked AS (
                SELECT n AS name, pg_catalog.to_regclass(n)::pg_catalog.oid AS oid
                FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n),
            reached(name, oid, how) AS (
                SELECT name, oid, 'named'::pg_catalog.text FROM asked WHERE oid IS NOT NULL
                UNION
                SELECT r.name, x.oid, x.how FROM reached r, LATERAL (
                    SELECT d.refobjid AS oid, 'view'::pg_catalog.text AS how
                    FROM pg_catalog.pg_rewrite w
                    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                        AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    WHERE w.ev_class = r.oid AND d.refobjid <> r.oid
                    UNION ALL
                    SELECT i.inhrelid, 'child' FROM pg_catalog.pg_inherits i WHERE i.inhparent = r.oid
                    UNION ALL
                    SELECT c.conrelid, 'cascade' FROM pg_catalog.pg_constraint c
                    WHERE c.confrelid = r.oid AND c.contype = 'f' AND r.how <> 'view'
                        AND (c.confdeltype = 'c' OR c.confdeltype = 'n' OR c.confdeltype = 'd'
                            OR c.confupdtype = 'c' OR c.confupdtype = 'n' OR c.confupdtype = 'd')
                    UNION ALL
                    SELECT c.conrelid, 'reference' FROM pg_catalog.pg_constraint c
                    WHERE c.confrelid = r.oid AND c.contype = 'f' AND r.how <> 'view') x),
            stored(name, how, tree) AS (
                SELECT r.name, 'view', w.ev_action::pg_catalog.text FROM reached r
                JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND r.oid >= 16384
                UNION ALL
                SELECT r.name, 'view', pg_catalog.concat(l.polqual, l.polwithcheck) FROM reached r
                JOIN pg_catalog.pg_policy l ON l.polrelid = r.oid
                UNION ALL
                SELECT r.name, 'change', pg_catalog.concat(d.adbin) FROM reached r
                JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid
                UNION ALL
                SELECT r.name, 'change', pg_catalog.concat(c.conbin) FROM reached r
                JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid AND c.conbin IS NOT NULL
                UNION ALL
                SELECT r.name, 'change', pg_catalog.concat(i.indexprs, i.indpred) FROM reached r
                JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
                UNION ALL
                SELECT r.name, 'change', pg_catalog.concat(p.partexprs) FROM reached r
                JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = r.oid
                UNION ALL
                SELECT r.name, x.how, pg_catalog.concat(t.tgqual) FROM reached r
                JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND t.tgqual IS NOT NULL AND t.tgenabled <> 'D'
                CROSS JOIN (VALUES ('change'), ('empty')) AS x(how)
                UNION ALL
                SELECT '*', 'ambient', pg_catalog.concat(c.conbin) FROM pg_catalog.pg_constraint c WHERE c.contypid <> 0
                UNION ALL
                SELECT '*', 'ambient', pg_catalog.concat(t.typdefaultbin) FROM pg_catalog.pg_type t
                WHERE t.typdefaultbin IS NOT NULL),
            called(name, how, oid) AS (
                SELECT f.n, '', p.oid FROM pg_catalog.unnest($2::pg_catalog.text[]) AS f(n)
                JOIN pg_catalog.pg_proc p ON p.proname = f.n
                UNION ALL
                SELECT o.n, '', q.oprcode::pg_catalog.oid FROM pg_catalog.unnest($3::pg_catalog.text[]) AS o(n)
                JOIN pg_catalog.pg_operator q ON q.oprname = o.n AND q.oprcode::pg_catalog.oid >= 16384
                UNION ALL
                SELECT f.n, '', p.oid FROM pg_catalog.unnest($4::pg_catalog.text[]) AS f(n)
                JOIN pg_catalog.pg_proc p ON p.proname = f.n AND p.pronargs = 1 AND p.oid >= 16384
                JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0] AND (t.typtype = 'c' OR t.typtype = 'p')
                UNION ALL
                SELECT r.name, x.how, t.tgfoid FROM reached r
                JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                JOIN (VALUES ('change', 28::pg_catalog.int2), ('empty', 32::pg_catalog.int2)) AS x(how, events)
                    ON t.tgtype OPERATOR(pg_catalog.&) x.events <> 0::pg_catalog.int2
                WHERE r.how <> 'view'
                UNION ALL
                SELECT DISTINCT s.name, s.how, m.number[1]::pg_catalog.oid FROM stored s
                CROSS JOIN LATERAL pg_catalog.regexp_matches(s.tree, #
                UNION ALL
                SELECT '*', 'ambient', a.oid FROM (
                    SELECT castfunc FROM pg_catalog.pg_cast
                    UNION ALL SELECT amproc::pg_catalog.oid FROM pg_catalog.pg_amproc
                    UNION ALL SELECT typinput::pg_catalog.oid FROM pg_catalog.pg_type
                    UNION ALL SELECT typoutput::pg_catalog.oid FROM pg_catalog.pg_type
                    UNION ALL SELECT rngcanonical::pg_catalog.oid FROM pg_catalog.pg_range
                    UNION ALL SELECT rngsubdiff::pg_catalog.oid FROM pg_catalog.pg_range) AS a(oid)
                WHERE a.oid >= 16384)
            SELECT r.name, 'r', s.nspname, c.relname, r.how, c.relkind::pg_catalog.text,
                (c.relpersistence = 't')::pg_catalog.text,
                ((c.relkind = 'f' OR c.relkind = 'v') AND r.how <> 'view'
                 OR EXISTS (SELECT FROM pg_catalog.pg_trigger t
                        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgdeferrable)
                 OR c.relkind <> 'v' AND c.relkind <> 'm'
                    AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid))::pg_catalog.text, ''
            FROM reached r
            JOIN pg_catalog.pg_class c ON c.oid = r.oid
            JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
            UNION ALL
            SELECT c.name, 'f', s.nspname, p.proname, c.how, p.provolatile::pg_catalog.text,
                CASE WHEN p.oid < 16384 THEN 'built in' WHEN EXISTS (
                    SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
                        AND e.extname = ANY ('@'::pg_catalog.name[])) THEN 'known' ELSE 'own' END,
                (p.proconfig IS NOT NULL)::pg_catalog.text,
                CASE WHEN p.oid < 16384 THEN ''
                    WHEN p.prokind = 'a' THEN (
                        SELECT pg_catalog.format('CREATE FUNCTION a() RETURNS int LANGUAGE sql AS %L', pg_catalog.concat(
                            'SELECT ', pg_catalog.string_agg(pg_catalog.format('%I.%I()', n.nspname, b.proname), ', ')))
                        FROM pg_catalog.pg_aggregate g
                        JOIN pg_catalog.pg_proc b ON b.oid = g.aggtransfn::pg_catalog.oid
                            OR b.oid = g.aggfinalfn::pg_catalog.oid OR b.oid = g.aggcombinefn::pg_catalog.oid
                            OR b.oid = g.aggserialfn::pg_catalog.oid OR b.oid = g.aggdeserialfn::pg_catalog.oid
                            OR b.oid = g.aggmtransfn::pg_catalog.oid OR b.oid = g.aggminvtransfn::pg_catalog.oid
                            OR b.oid = g.aggmfinalfn::pg_catalog.oid
                        JOIN pg_catalog.pg_namespace n ON n.oid = b.pronamespace
                        WHERE g.aggfnoid::pg_catalog.oid = p.oid)
                    WHEN p.prokind <> 'w' AND EXISTS (SELECT FROM pg_catalog.pg_language l WHERE l.oid = p.prolang
                        AND (l.lanname = 'sql' OR l.lanname = 'plpgsql')) THEN pg_catalog.pg_get_functiondef(p.oid)
                    ELSE '' END
            FROM (SELECT DISTINCT * FROM called) c
            JOIN pg_catalog.pg_proc p ON p.oid = c.oid
            JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace""").replace("#", IN_TREE).replace("@", KNOWN);

    private static String qualified(String text) {
        return text.replaceAll(" (=|<>|>=|<) ", " OPERATOR(pg_catalog.$1) ");
    }

    /** Operators that the server uses where none is written, as in {@code BETWEEN}, {@code CASE} and {@code USING}. */
    static final Set<String> IMPLICIT = Set.of("=", "<>", "<", "<=", ">", ">=");

    private static final int COLUMNS = 9;

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
        Message.Builder bind =
                Message.of('B').text(STATEMENT).text(STATEMENT).int16(0).int16(4);
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

    /** Returns the messages that run {@code commands} of the gateway's own, one after the other, up to a sync. */
    static List<Message> asking(String... commands) {
        List<Message> messages = new ArrayList<>();
        for (String command : commands) {
            messages.add(Message.of('C').int8('S').text(STATEMENT).build());
            messages.add(Message.of('P').text(STATEMENT).text(command).int16(0).build());
            messages.add(Message.of('B')
                    .text(STATEMENT)
                    .text(STATEMENT)
                    .int16(0)
                    .int16(0)
                    .int16(0)
                    .build());
            messages.add(Message.of('E').text(STATEMENT).int32(0).build());
            messages.add(Message.of('C').int8('P').text(STATEMENT).build());
        }
        messages.add(Message.of('S').build());
        return messages;
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
            List<String> fields = values(row);
            if (fields.size() != COLUMNS) {
                throw new ProtocolException("the server's catalogs answer otherwise than asked");
            }
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
                                fields.get(2),
                                fields.get(3),
                                fields.get(4),
                                fields.get(5).charAt(0),
                                ServerFacts.Origin.of(fields.get(6)),
                                fields.get(7).equals("true"),
                                fields.get(8)));
            }
        }
        return new ServerFacts(relations, routines);
    }

    /** Returns the values of a row; an empty text for null. */
    static List<String> values(Message row) throws ProtocolException {
        PayloadReader reader = row.reader();
        List<String> fields = new ArrayList<>();
        for (int left = reader.int16(); left > 0; left--) {
            int length = reader.int32();
            fields.add(length < 0 ? "" : new String(reader.bytes(length), java.nio.charset.StandardCharsets.UTF_8));
        }
        return fields;
    }
}
