package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.ReadStatement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The question to the server's catalogs. It runs in the client's own session, so that temporary tables, uncommitted
 * definitions and {@code search_path} count as they do for the client; every name and operator in it is qualified, so
 * that they do not count for the question itself.
 */
final class CatalogQuery {

    /** Behind types and casts, for every statement: nothing in its text tells that they run. */
    static final String AMBIENT = "*";

    /** Behind what defines objects: the functions of event triggers. */
    static final String EVENTS = "event triggers";

    /** Among the types: any type may be present. */
    static final String ANY_TYPE = "*";

    /** Among the types: names stand in any schema, since a body runs under the settings of another time. */
    static final String ANY_SCHEMA = "**";

    /** Among the types: what is called runs under other settings than the session's. */
    static final String OTHER_SETTINGS = "***";

    /** Extensions whose functions do as they say: what is stable or immutable there changes nothing. */
    private static final String KNOWN = """
            {pg_trgm,hstore,citext,ltree,uuid-ossp,pgcrypto,unaccent,fuzzystrmatch,btree_gin,btree_gist,intarray,cube,
            earthdistance,seg,isn,postgis,vector}""".replaceAll("\\s", "");

    private static final String IN_TREE = "':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS m(number)";

    /** The types in them. */
    private static final String TYPE_IN_TREE = "':[a-z_]*type(?:id)? ([0-9]+)', 'g') AS m(number)";

    /**
     * Rows: what was asked for, its sort ({@code r}, {@code f}, {@code c} for a column behind a view, {@code u} for the
     * role), schema, name, how, kind, temporary, runs code, and a function's definition. What a view calls is read from
     * its rule, since the server notes no dependence on functions of its own. A column may be a function of its row.
     * What stands behind types counts only if a value of the type may be {@code present}: by a column, a function's
     * signature, an implicit cast or a name in the text. An operator between types of which none is present is not
     * meant where the server has one of that name. In a transaction a session looks names and texts up as it knows
     * them, until it locks a relation anew: it locks one here that no client's statement keeps locked.
     */
    static final String TEXT = qualified("""
            WITH RECURSIVE given AS MATERIALIZED (SELECT GIVEN, pg_catalog.pg_relation_size((
                SELECT c.reltoastrelid FROM pg_catalog.pg_class c
                WHERE c.oid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass)) AS fresh),
            asked AS (
                SELECT n AS name, pg_catalog.to_regclass(n)::pg_catalog.oid AS oid
                FROM pg_catalog.unnest((SELECT g.a1 FROM given g)::pg_catalog.text[]) AS n),
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
                SELECT r.name, CASE WHEN r.how = 'cascade' OR r.how = 'reference' THEN 'change' ELSE 'view' END,
                    pg_catalog.concat(l.polqual, l.polwithcheck) FROM reached r
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
                ),
            functions(name, oid) AS (
                SELECT f.n, p.oid FROM ROWS FROM (
                    pg_catalog.unnest((SELECT g.a2 FROM given g)::pg_catalog.text[]), pg_catalog.unnest((SELECT g.a6 FROM given g)::pg_catalog.text[])) AS f(n, s)
                JOIN pg_catalog.pg_proc p ON p.proname = f.n
                JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace
                WHERE '**' = ANY ((SELECT g.a5 FROM given g)::pg_catalog.text[]) OR f.s = 'pg_temp' OR CASE WHEN f.s = ''
                    THEN s.nspname = ANY (pg_catalog.current_schemas(true)) ELSE s.nspname = f.s END),
            operators(name, oid, code, lefts, rights, result) AS (
                SELECT o.n, q.oid, q.oprcode::pg_catalog.oid, q.oprleft, q.oprright, q.oprresult
                FROM (SELECT x AS n, pg_catalog.regexp_replace(x, '.*[.]', '') AS last,
                    pg_catalog.substring(x, '(.*)[.]') AS schema
                    FROM pg_catalog.unnest((SELECT g.a3 FROM given g)::pg_catalog.text[]) AS a(x)) o
                JOIN pg_catalog.pg_operator q ON q.oprname = o.last AND q.oid >= 16384
                JOIN pg_catalog.pg_namespace s ON s.oid = q.oprnamespace
                WHERE '**' = ANY ((SELECT g.a5 FROM given g)::pg_catalog.text[]) OR o.schema = 'pg_temp' OR o.n = ANY ('{=,<>,<,<=,>,>=}'::pg_catalog.text[])
                    OR CASE WHEN o.schema IS NULL
                        THEN s.nspname = ANY (pg_catalog.current_schemas(true)) ELSE s.nspname = o.schema END),
            present(oid) AS (
                SELECT a.oid FROM pg_catalog.unnest(ARRAY(SELECT b.oid FROM (
                    SELECT a.atttypid AS oid FROM reached r CROSS JOIN LATERAL (
                        SELECT x.atttypid FROM pg_catalog.pg_attribute x WHERE x.attrelid = r.oid OFFSET 0) a
                    UNION ALL SELECT c.reltype FROM reached r JOIN pg_catalog.pg_class c ON c.oid = r.oid
                    UNION ALL SELECT m.number[1]::pg_catalog.oid FROM stored s
                        CROSS JOIN LATERAL pg_catalog.regexp_matches(s.tree, ~
                    UNION ALL SELECT t.oid FROM pg_catalog.pg_type t
                        WHERE t.typname = ANY ((SELECT g.a5 FROM given g)::pg_catalog.text[]) OR t.typname = ANY ((SELECT g.a2 FROM given g)::pg_catalog.text[])
                    UNION ALL SELECT x.oid FROM functions f JOIN pg_catalog.pg_proc p ON p.oid = f.oid,
                        LATERAL (SELECT p.prorettype AS oid
                            UNION ALL SELECT pg_catalog.unnest(p.proargtypes::pg_catalog.oid[])
                            UNION ALL SELECT pg_catalog.unnest(p.proallargtypes)) x
                    UNION ALL SELECT o.result FROM operators o WHERE o.lefts < 16384 AND o.rights < 16384
                    UNION ALL SELECT c.casttarget FROM pg_catalog.pg_cast c
                        WHERE c.castcontext = 'i' AND c.castsource < 16384) b
                WHERE b.oid >= 16384)) AS a(oid) WHERE a.oid >= 16384 AND a.oid < 4294967295::pg_catalog.oid
                UNION
                SELECT x.oid FROM present p, LATERAL pg_catalog.unnest(ARRAY(
                    SELECT pg_catalog.unnest(ARRAY[t.typelem, t.typbasetype, t.typarray]) AS oid
                    FROM pg_catalog.pg_type t WHERE t.oid = p.oid
                    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_type t
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid WHERE t.oid = p.oid AND t.typrelid <> 0::pg_catalog.oid
                    UNION ALL SELECT pg_catalog.unnest(ARRAY[g.rngsubtype, g.rngtypid, g.rngmultitypid])
                        FROM pg_catalog.pg_range g WHERE g.rngtypid = p.oid OR g.rngmultitypid = p.oid
                    UNION ALL SELECT o.result FROM operators o WHERE o.lefts = p.oid OR o.rights = p.oid
                    UNION ALL SELECT c.casttarget FROM pg_catalog.pg_cast c
                        WHERE c.castcontext = 'i' AND c.castsource = p.oid
                    UNION ALL SELECT m.number[1]::pg_catalog.oid FROM pg_catalog.pg_constraint c
                        CROSS JOIN LATERAL pg_catalog.regexp_matches(c.conbin::pg_catalog.text, ~
                        WHERE c.contypid = p.oid)) AS x(oid)
                WHERE x.oid >= 16384 AND x.oid < 4294967295::pg_catalog.oid),
            types(oid) AS (
                SELECT pg_catalog.unnest(ARRAY(
                    SELECT t.oid FROM pg_catalog.pg_type t
                    WHERE t.oid >= 16384 AND '*' = ANY ((SELECT g.a5 FROM given g)::pg_catalog.text[])
                    UNION SELECT p.oid FROM present p))),
            checked(tree) AS (
                SELECT c.conbin::pg_catalog.text FROM pg_catalog.pg_constraint c
                JOIN types t ON t.oid = c.contypid
                UNION ALL
                SELECT d.typdefaultbin::pg_catalog.text FROM pg_catalog.pg_type d
                JOIN types t ON t.oid = d.oid WHERE d.typdefaultbin IS NOT NULL),
            called(name, how, oid) AS (
                SELECT f.name, '', f.oid FROM functions f
                UNION ALL
                SELECT DISTINCT '*', 'ambient', m.number[1]::pg_catalog.oid FROM checked s
                CROSS JOIN LATERAL pg_catalog.regexp_matches(s.tree, #
                UNION ALL
                SELECT o.name, '', o.code FROM operators o
                WHERE o.code >= 16384 AND (o.lefts <> 0::pg_catalog.oid AND (o.lefts < 16384 OR ^o.lefts)
                    OR o.rights < 16384 OR ^o.rights OR NOT EXISTS (
                    SELECT FROM pg_catalog.pg_operator q JOIN pg_catalog.pg_operator w ON w.oprname = q.oprname
                    WHERE w.oid = o.oid AND q.oid < 16384))
                UNION ALL
                SELECT f.n, '', p.oid FROM pg_catalog.unnest((SELECT g.a4 FROM given g)::pg_catalog.text[]) AS f(n)
                JOIN pg_catalog.pg_proc p ON p.proname = f.n AND p.pronargs = 1 AND p.oid >= 16384
                JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0] AND (t.typtype = 'c' OR t.typtype = 'p')
                UNION ALL
                SELECT r.name, x.how, t.tgfoid FROM reached r
                JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                JOIN (VALUES ('change', 28::pg_catalog.int2), ('empty', 32::pg_catalog.int2)) AS x(how, events)
                    ON t.tgtype OPERATOR(pg_catalog.&) x.events <> 0::pg_catalog.int2
                WHERE r.how <> 'view'
                UNION ALL
                SELECT 'event triggers', CASE WHEN e.evttags IS NULL THEN '*' ELSE t.tag END, e.evtfoid
                FROM pg_catalog.pg_event_trigger e LEFT JOIN LATERAL pg_catalog.unnest(e.evttags) AS t(tag) ON true
                WHERE e.evtenabled <> 'D' AND e.evtevent <> 'login'
                UNION ALL
                SELECT DISTINCT s.name, s.how, m.number[1]::pg_catalog.oid FROM stored s
                CROSS JOIN LATERAL pg_catalog.regexp_matches(s.tree, #
                UNION ALL
                SELECT '*', 'ambient', a.oid FROM (
                    SELECT c.castfunc FROM pg_catalog.pg_cast c WHERE c.castfunc >= 16384
                        AND (c.castsource < 16384 OR ^c.castsource) AND (c.casttarget < 16384 OR ^c.casttarget)
                    UNION ALL SELECT p.amproc::pg_catalog.oid FROM pg_catalog.pg_amproc p
                        WHERE p.amproc::pg_catalog.oid >= 16384 AND (p.amproclefttype < 16384 OR ^p.amproclefttype
                            OR p.amprocrighttype < 16384 OR ^p.amprocrighttype)
                    UNION ALL SELECT pg_catalog.unnest(ARRAY[y.typinput::pg_catalog.oid, y.typoutput::pg_catalog.oid])
                        FROM pg_catalog.pg_type y JOIN types t ON t.oid = y.oid
                    UNION ALL SELECT pg_catalog.unnest(ARRAY[g.rngcanonical::pg_catalog.oid, g.rngsubdiff::pg_catalog.oid])
                        FROM pg_catalog.pg_range g JOIN types t ON t.oid = g.rngtypid) AS a(oid)
                WHERE a.oid >= 16384)
            SELECT r.name, 'r', s.nspname, c.relname, r.how, c.relkind::pg_catalog.text,
                (c.relnamespace = pg_catalog.pg_my_temp_schema())::pg_catalog.text,
                ((c.relkind = 'f' OR c.relkind = 'v') AND r.how <> 'view'
                 OR EXISTS (SELECT FROM pg_catalog.pg_trigger t
                        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgdeferrable)
                 OR c.relkind <> 'v' AND c.relkind <> 'm'
                    AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid))::pg_catalog.text,
                EXISTS (SELECT FROM pg_catalog.pg_class h JOIN pg_catalog.pg_namespace n ON n.oid = h.relnamespace
                    WHERE h.relname = c.relname AND h.oid <> c.oid
                        AND n.nspname = ANY (pg_catalog.current_schemas(true)))::pg_catalog.text
            FROM reached r
            JOIN pg_catalog.pg_class c ON c.oid = r.oid
            JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
            UNION ALL
            SELECT DISTINCT r.name, 'c', '', a.attname, '', '', '', '', '' FROM reached r
            JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.ev_class >= 16384
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND d.refobjid <> r.oid AND d.refobjsubid > 0
            JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum::pg_catalog.int4 = d.refobjsubid
            UNION ALL
            SELECT '', 'u', '', CURRENT_USER::pg_catalog.text, pg_catalog.pg_current_snapshot()::pg_catalog.text,
                pg_catalog.current_schemas(true)::pg_catalog.text, pg_catalog.current_schema()::pg_catalog.text,
                pg_catalog.current_setting('transaction_isolation'),
                pg_catalog.set_config('jit', pg_catalog.current_setting('interlock.jit'), true)
            UNION ALL
            SELECT c.name, 'f', s.nspname, p.proname, c.how, p.provolatile::pg_catalog.text,
                CASE WHEN p.oid < 16384 THEN 'BUILT_IN' WHEN EXISTS (
                    SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
                        AND e.extname = ANY ('@'::pg_catalog.name[])) THEN 'KNOWN' ELSE 'OWN' END,
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
            CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_proc x WHERE x.oid = c.oid OFFSET 0) p
            JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace""")
            .replace(
                    "GIVEN",
                    of(each -> "pg_catalog.current_setting('interlock.a" + each + "')::pg_catalog.text[] AS a" + each))
            .replace("#", IN_TREE)
            .replace("~", TYPE_IN_TREE)
            .replace("@", KNOWN)
            .replaceAll("\\^([a-z.]+)", "$1 OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT t.oid FROM types t))");

    static String qualified(String text) {
        return text.replaceAll(" (=|<>|>=|<) ", " OPERATOR(pg_catalog.$1) ");
    }

    /** Operators that the server uses where none is written, as in {@code BETWEEN}, {@code CASE} and {@code USING}. */
    static final Set<String> IMPLICIT = Set.of("=", "<>", "<", "<=", ">", ">=");

    private static final int COLUMNS = 9;

    /**
     * Hands over what the question is about: without parameters of its own, the server plans it once. It would compile
     * it for half a second each time, so the question itself sets back what hinders that.
     */
    private static final String NAMES =
            """
            SELECT pg_catalog.set_config('interlock.jit', pg_catalog.current_setting('jit'), true),
                pg_catalog.set_config('jit', 'off', true), GIVEN""".replace("GIVEN", of(each -> "pg_catalog.set_config('interlock.a" + each + "', $" + each + ", true)"));

    private static final String EPOCH = """
            SELECT CURRENT_USER::pg_catalog.text, pg_catalog.pg_current_snapshot()::pg_catalog.text,
                pg_catalog.current_schemas(true)::pg_catalog.text, pg_catalog.current_schema()::pg_catalog.text,
                pg_catalog.current_setting('transaction_isolation')""";

    /** Fails unless the session is still at an epoch: then the server runs nothing of what follows, up to a sync. */
    private static final String GUARD = qualified("""
            SELECT CASE WHEN CURRENT_USER::pg_catalog.text = $1 AND pg_catalog.pg_current_snapshot()::pg_catalog.text = $2
                AND pg_catalog.current_schemas(true)::pg_catalog.text = $3
                AND COALESCE(pg_catalog.current_schema()::pg_catalog.text, '') = $4
                AND pg_catalog.current_setting('transaction_isolation') = $5 THEN 0
                ELSE pg_catalog.concat('Interlock asks the catalogs anew since ', $2)::pg_catalog.int4 END""");

    /** Makes another session look for names as one does with such a role and such schemas, until its next sync. */
    private static final String LIKE = """
            SELECT pg_catalog.set_config('role', $1, true), pg_catalog.set_config('search_path', (
                SELECT pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ')
                FROM pg_catalog.unnest($2::pg_catalog.text[]) AS name
                WHERE NOT pg_catalog.starts_with(name, 'pg_temp')), true)""";

    /** With which the names of the gateway's own statements begin. */
    private static final String OWN = "interlock ";

    /** What a statement may wait for locks and take at most: others wait for its own. */
    static final String LIMITS = OWN + "limits";

    /** The view of all settings would take ten times as long. */
    private static final String LIMITS_TEXT = """
            SELECT name, setting, pg_catalog.set_config(name, CASE
                WHEN setting OPERATOR(pg_catalog.=) '0'
                    OR setting::pg_catalog.interval OPERATOR(pg_catalog.>) most::pg_catalog.interval THEN most
                ELSE setting END, true)
            FROM (SELECT name, most, pg_catalog.current_setting(name) AS setting
                FROM (VALUES ('lock_timeout', '2s'), ('statement_timeout', '10s')) AS l(name, most)) AS limits""";

    /** Asks how many rows of each table the transaction has changed so far. */
    static final String COUNTS = OWN + "counts";

    static final String COUNTS_TEXT = """
            SELECT 'counts', schemaname, relname, n_tup_del::pg_catalog.text, n_tup_upd::pg_catalog.text,
                n_tup_ins::pg_catalog.text, pg_catalog.current_setting('track_counts')
            FROM pg_catalog.pg_stat_xact_user_tables
            WHERE n_tup_del OPERATOR(pg_catalog.>) 0 OR n_tup_upd OPERATOR(pg_catalog.>) 0
                OR n_tup_ins OPERATOR(pg_catalog.>) 0
            UNION ALL SELECT 'counted', '', '', '', '', '', pg_catalog.current_setting('track_counts')""";

    private static final Map<String, String> PREPARED = Map.of(
            OWN + "names",
            NAMES,
            OWN + "catalogs",
            TEXT,
            OWN + "epoch",
            EPOCH,
            OWN + "guard",
            GUARD,
            OWN + "like",
            LIKE,
            LIMITS,
            LIMITS_TEXT,
            COUNTS,
            COUNTS_TEXT);

    private CatalogQuery() {}

    private static String of(IntFunction<String> parameter) {
        return IntStream.rangeClosed(1, 6).mapToObj(parameter).collect(Collectors.joining(", "));
    }

    /** Returns the message that says what a question about {@code statements} is about. */
    static Message names(Collection<ReadStatement> statements, boolean areBodies) {
        Set<String> relations = new TreeSet<>();
        Set<ReadStatement.Name> functions = new TreeSet<>();
        Set<String> operators = new TreeSet<>(IMPLICIT);
        Set<String> columns = new TreeSet<>();
        Set<String> types = new TreeSet<>();
        if (areBodies) {
            types.add(ANY_SCHEMA);
        }
        for (ReadStatement statement : statements) {
            statement.read().forEach(name -> relations.add(name.quoted()));
            statement.changed().forEach(name -> relations.add(name.quoted()));
            functions.addAll(statement.functions());
            types.addAll(statement.types());
            operators.addAll(statement.operators());
            columns.addAll(statement.columns());
        }
        List<String> called = functions.stream().map(ReadStatement.Name::last).toList();
        List<String> schemas =
                functions.stream().map(ReadStatement.Name::schema).toList();
        return bind(
                OWN + "names",
                Stream.of(relations, called, operators, columns, types, schemas)
                        .map(each -> array(each.stream().map(Optional::of).toList()))
                        .toList());
    }

    /** Returns the messages that prepare what the others name. */
    static List<Message> prepare() {
        List<Message> messages = new ArrayList<>();
        PREPARED.forEach((name, text) -> {
            messages.add(Message.of('C').int8('S').text(name).build());
            messages.add(Message.of('P').text(name).text(text).int16(0).build());
        });
        return messages;
    }

    /** Returns the messages that ask about {@code names}, without the one that ends them. */
    static List<Message> ask(Message names) {
        List<Message> messages = new ArrayList<>(run(names));
        messages.addAll(run(bind(OWN + "catalogs", List.of())));
        return messages;
    }

    /** Returns the messages that ask for the epoch alone. */
    static List<Message> askEpoch() {
        return run(bind(OWN + "epoch", List.of()));
    }

    /** Returns the messages after which nothing runs unless the session is still at {@code epoch}. */
    static List<Message> guard(ServerFacts.Epoch epoch) {
        return run(bind(
                OWN + "guard",
                List.of(epoch.role(), epoch.snapshot(), epoch.path(), epoch.schema(), epoch.isolation())));
    }

    /** Returns the messages that have another session look for names as the one with {@code epoch} does. */
    static List<Message> like(ServerFacts.Epoch epoch) {
        return run(bind(OWN + "like", List.of(epoch.role(), epoch.path())));
    }

    private static Message bind(String statement, List<String> values) {
        Message.Builder bind =
                Message.of('B').text(OWN).text(statement).int16(0).int16(values.size());
        for (String each : values) {
            byte[] value = each.getBytes(StandardCharsets.UTF_8);
            bind.int32(value.length).bytes(value);
        }
        return bind.int16(0).build();
    }

    private static List<Message> run(Message bind) {
        return List.of(
                bind,
                Message.of('E').text(OWN).int32(0).build(),
                Message.of('C').int8('P').text(OWN).build());
    }

    /**
     * A command of the gateway's own.
     *
     * @param values arrays of texts that are bound to it: so none of them stands in the server's log if it fails
     */
    record Command(String text, List<List<Optional<String>>> values) {
        Command(String text) {
            this(text, List.of());
        }
    }

    /** Returns the messages that run {@code commands}, texts or names of what is prepared, up to a sync. */
    static List<Message> asking(String... commands) {
        return asking(Stream.of(commands).map(Command::new).toList());
    }

    static List<Message> asking(List<Command> commands) {
        List<Message> messages = new ArrayList<>();
        messages.add(Message.of('C').int8('P').text(OWN).build()); // what has failed is still there
        for (Command command : commands) {
            boolean isPrepared = PREPARED.containsKey(command.text());
            if (!isPrepared) {
                messages.add(Message.of('C').int8('S').text(OWN).build());
                messages.add(
                        Message.of('P').text(OWN).text(command.text()).int16(0).build());
            }
            messages.addAll(run(bind(
                    isPrepared ? command.text() : OWN,
                    command.values().stream().map(CatalogQuery::array).toList())));
        }
        messages.add(Message.of('S').build());
        return messages;
    }

    /** Returns whether {@code name} is the gateway's own in a client's session. */
    static boolean isOwn(String name) {
        return name.startsWith(OWN);
    }

    private static String array(List<Optional<String>> texts) {
        return texts.stream()
                .map(text -> text.map(given -> '"' + given.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                        .orElse("NULL"))
                .collect(Collectors.joining(",", "{", "}"));
    }

    static ServerFacts read(List<Message> rows) throws ProtocolException {
        Map<String, List<ServerFacts.Relation>> relations = new TreeMap<>();
        Map<String, List<ServerFacts.Routine>> routines = new TreeMap<>();
        Map<String, Set<String>> columns = new TreeMap<>();
        ServerFacts.Epoch epoch = ServerFacts.Epoch.NONE;
        for (Message row : rows.subList(1, rows.size())) { // the first says the names again
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
                                fields.get(8).equals("true"),
                                fields.get(7).equals("true")));
            } else if (fields.get(1).equals("u")) {
                epoch = ServerFacts.Epoch.of(fields.subList(3, 8));
            } else if (fields.get(1).equals("c")) {
                columns.computeIfAbsent(fields.get(0), _ -> new TreeSet<>()).add(fields.get(3));
            } else {
                routines.computeIfAbsent(fields.get(0), _ -> new ArrayList<>())
                        .add(new ServerFacts.Routine(
                                fields.get(2),
                                fields.get(3),
                                fields.get(4),
                                fields.get(5).charAt(0),
                                ServerFacts.Origin.valueOf(fields.get(6)),
                                fields.get(7).equals("true"),
                                fields.get(8)));
            }
        }
        return new ServerFacts(relations, routines, columns, epoch);
    }

    /** Returns the values of a row; an empty text for null. */
    static List<String> values(Message row) throws ProtocolException {
        PayloadReader reader = row.reader();
        List<String> fields = new ArrayList<>();
        for (int left = reader.int16(); left > 0; left--) {
            int length = reader.int32();
            fields.add(length < 0 ? "" : new String(reader.bytes(length), StandardCharsets.UTF_8));
        }
        return fields;
    }
}
