package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.front.postgres.sql.Effect;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import dev.interlock.front.postgres.sql.SqlReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Writes what statements do as actions: by their texts, and by what the server says of their names. */
final class ActionWriter {

    static final String PROVIDER = "pg";

    /** The server's own tables and views that hold secrets, or what others have sent. */
    private static final Set<String> SECRETS = Set.of(
            "pg_authid",
            "pg_shadow",
            "pg_user_mapping",
            "pg_user_mappings",
            "pg_subscription",
            "pg_largeobject",
            "pg_hba_file_rules",
            "pg_file_settings");

    private static final Set<String> ROWS = Set.of("delete", "update", "merge", "truncate", "select", "insert");

    /** What no rollback leaves behind. */
    static final Set<Impact> UNDONE = Set.of(Impact.READ, Impact.WRITE, Impact.DESTROY);

    static final String TEMPORARY = "pg_temp";

    static final String TRUNCATE = "TRUNCATE";
    static final String DROP = "DROP TABLE";

    private static final int MAX_TEXTS = 5;
    private static final int MAX_COLUMNS = 100;

    /** Columns of the server's statistics that hold values of tables. */
    private static final Set<String> SAMPLES = Set.of(
            "*",
            "most_common_vals",
            "most_common_elems",
            "histogram_bounds",
            "range_bounds_histogram",
            "stavalues1",
            "stavalues2",
            "stavalues3",
            "stavalues4",
            "stavalues5");

    /** The names by which policies speak of statements, as the catalog lists them. */
    static final Set<String> OPERATIONS = Set.of("""
            connect read select explain declare-cursor fetch show copy-to begin start commit rollback
            savepoint release rollback-to prepare execute deallocate discard set insert update merge
            copy-from create-table create-table-as index view alter-table delete truncate drop-table
            drop-schema drop-database drop-view drop-index grant grant-role create-role alter-role do call
            create-function create-trigger rule other""".strip().split("\\s+"));

    private final String database;
    private final ServerFacts facts;
    private final SqlReader reader;
    private final Map<String, String> shown = new HashMap<>();

    ActionWriter(String database, ServerFacts facts, SqlReader reader) {
        this.database = database;
        this.reader = reader;
        this.facts = facts;
    }

    /**
     * Returns the actions of {@code statement}: what it reads, and what it does beside.
     *
     * @param isBody whether it stands in a function
     * @param isOlder whether it was prepared before a name of it came to stand for a temporary table, as far as is
     *     known
     */
    List<Action> write(ReadStatement statement, Set<String> texts, boolean isBody, boolean isOlder) {
        Set<Resource> read = new TreeSet<>();
        Set<Resource> changed = new TreeSet<>();
        boolean loses = statement.effect().reversibility() == Reversibility.IRREVERSIBLE;
        Effect effect =
                !isBody && (isOfSession(statement) || facts.keeps(statement)) ? Effect.READ : statement.effect();
        effect = effect.and(Routines.effect(facts.run(statement), reader));
        if (!facts.know(statement.functions()) || ((isBody || isOlder) && mayBeShadowed(statement))) {
            effect = effect.and(Effect.EXECUTE); // an earlier statement may have made it
        }
        for (Name name : statement.read()) {
            effect = effect.and(reach(name, read, "", false));
            if (statement.columns().stream().anyMatch(SAMPLES::contains) && isOfStatistics(name)) {
                effect = effect.and(Effect.REVEAL);
            }
        }
        for (Name name : statement.changed()) {
            effect = effect.and(reach(name, changed, statement.kind(), loses));
        }
        List<Action> actions = new ArrayList<>();
        String name = statement.kind().toLowerCase(Locale.ROOT).replace(' ', '-');
        if (effect.equals(Effect.READ)) {
            boolean isNamed = OPERATIONS.contains(name) && statement.effect().equals(Effect.READ);
            read.addAll(changed);
            actions.add(action(statement, isNamed ? name : "read", Effect.READ, read));
        } else {
            if (!read.isEmpty()) {
                actions.add(action(statement, "read", Effect.READ, read));
            }
            List<Fact> more = new ArrayList<>();
            texts.stream()
                    .limit(MAX_TEXTS)
                    .forEach(text -> more.add(argument("sql", shown.computeIfAbsent(text, reader::shown))));
            if (texts.size() > MAX_TEXTS) {
                more.add(argument("sql", "and " + (texts.size() - MAX_TEXTS) + " more"));
            }
            if (statement.effect().equals(Effect.DESTROY) && ROWS.contains(name)) {
                more.add(new Fact(Fact.DESTROYS, "rows", Provenance.SEALED));
            }
            boolean locks = changed.isEmpty() && statement.effect().equals(Effect.ADD);
            Action action =
                    action(statement, OPERATIONS.contains(name) ? name : "other", effect, locks ? read : changed);
            more.addAll(0, action.facts());
            more.add(new Fact(Consequences.COUNT, Fact.UNCOUNTED, Provenance.RESOLVED));
            actions.add(action.withFacts(more));
        }
        return actions;
    }

    /** Returns the columns that {@code statement} names, and those that the views behind it name; too many are all. */
    private List<String> columns(ReadStatement statement) {
        Set<String> all = new TreeSet<>(statement.columns());
        statement.read().forEach(name -> all.addAll(facts.columns().getOrDefault(name.quoted(), Set.of())));
        return all.size() > MAX_COLUMNS ? List.of("*") : List.copyOf(all);
    }

    private Action action(ReadStatement statement, String name, Effect effect, Set<Resource> resources) {
        Set<Resource> all = resources.isEmpty() ? Set.of(new Resource(PROVIDER, "database", database)) : resources;
        List<Fact> said = new ArrayList<>();
        said.add(argument("statement", statement.kind()));
        if (effect.impacts().contains(Impact.WRITE) || effect.impacts().contains(Impact.DESTROY)) {
            said.add(argument("where", statement.hasWhere() ? "yes" : "no"));
        }
        columns(statement).forEach(column -> said.add(argument("column", column)));
        return new Action(new Operation(PROVIDER, name), effect.impacts(), effect.reversibility(), all, said);
    }

    private static Fact argument(String name, String value) {
        return new Fact(Fact.ARGUMENT + name, Fact.shortened(value), Provenance.CLAIMED);
    }

    private boolean isOfStatistics(Name name) {
        return facts.relation(name.quoted()).orElse(List.of()).stream()
                .anyMatch(each -> isSystem(each) && each.name().matches("pg_stats(_.*)?|pg_statistic.*"));
    }

    /** Returns whether the server may still mean another table than the temporary one that has the name by now. */
    private boolean mayBeShadowed(ReadStatement statement) {
        return Stream.of(statement.read(), statement.changed())
                .flatMap(Set::stream)
                .filter(name -> name.schema().isEmpty())
                .flatMap(name -> facts.relation(name.quoted()).orElse(List.of()).stream())
                .anyMatch(each -> each.how().equals("named") && each.hides());
    }

    /** Returns whether all that it changes goes with the session, where only the session sees it. */
    private boolean isOfSession(ReadStatement statement) {
        boolean isMild = UNDONE.containsAll(statement.effect().impacts())
                && !Set.of("RENAME", "ALTER OBJECT SCHEMA").contains(statement.kind());
        boolean isView = ServerFacts.isDropped(statement.kind());
        return isMild
                && statement.functions().stream().noneMatch(name -> Routines.outlastsRollback(name.last()))
                && !statement.changed().isEmpty()
                && statement.changed().stream()
                        .allMatch(name -> facts.relation(name.quoted())
                                .map(found -> found.stream()
                                        .filter(each -> !isView || each.how().equals("named"))
                                        .allMatch(ServerFacts.Relation::isTemporary))
                                .orElse(name.schema().equals(TEMPORARY)));
    }

    /** Without CASCADE the server refuses to empty a table that others refer to. */
    static boolean isReached(ServerFacts.Relation relation, boolean loses, boolean truncates) {
        return switch (relation.how()) {
            case "cascade" -> loses;
            case "reference" -> truncates;
            default -> true;
        };
    }

    private Effect reach(Name name, Set<Resource> resources, String change, boolean loses) {
        List<ServerFacts.Relation> found = facts.relation(name.quoted()).orElse(List.of());
        if (found.isEmpty()) {
            String text = String.join(".", name.parts());
            resources.add(new Resource(
                    PROVIDER,
                    name.schema().equals(TEMPORARY) ? "temporary-table" : "table",
                    database + "." + (name.parts().size() > 1 ? "" : facts.schema(change) + ".") + text));
            return Effect.READ;
        }
        Effect effect = Effect.READ;
        boolean runsRules = !change.isEmpty() && !ServerFacts.isDropped(change);
        boolean isSystem = found.stream().anyMatch(each -> each.how().equals("named") && isSystem(each));
        for (ServerFacts.Relation relation : found) {
            if (!isReached(relation, loses, change.equals(TRUNCATE))) {
                continue;
            }
            resources.add(resource(relation));
            if (runsRules && relation.runsCode()) {
                effect = effect.and(Effect.EXECUTE);
            }
            if (SECRETS.contains(relation.name())
                    && isSystem(relation)
                    && (!isSystem || relation.how().equals("named"))) {
                effect = effect.and(Effect.REVEAL);
            }
        }
        return effect;
    }

    /**
     * The server's own tables stand for the database: nobody places them one by one. The number of a session's
     * temporary schema differs from one session to the next, and a confirmation must not.
     */
    private Resource resource(ServerFacts.Relation relation) {
        return isSystem(relation)
                ? new Resource(PROVIDER, "database", database)
                : new Resource(
                        PROVIDER,
                        relation.isTemporary() ? "temporary-table" : "table",
                        database + "." + (relation.isTemporary() ? TEMPORARY : relation.schema()) + "."
                                + relation.name());
    }

    static boolean isSystem(ServerFacts.Relation relation) {
        return Set.of("pg_catalog", "information_schema", "pg_toast").contains(relation.schema());
    }
}
