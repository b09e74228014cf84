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

    /** Returns the actions of {@code statement}: what it reads, and what it does beside. */
    List<Action> write(ReadStatement statement, Set<String> texts) {
        Set<Resource> read = new TreeSet<>();
        Set<Resource> changed = new TreeSet<>();
        Effect effect = statement.effect();
        boolean loses = effect.reversibility() == Reversibility.IRREVERSIBLE;
        for (Name name : statement.functions()) {
            effect = effect.and(routines(name.last()));
        }
        for (Set<String> names : List.of(statement.operators(), CatalogQuery.IMPLICIT, statement.columns())) {
            for (String name : names) {
                effect = effect.and(found(name, true));
            }
        }
        if (runs(statement)) {
            effect = effect.and(found(CatalogQuery.AMBIENT, true));
        }
        for (Name name : statement.read()) {
            effect = effect.and(reach(name, read, false, false, false));
            if (statement.columns().stream().anyMatch(SAMPLES::contains) && isOfStatistics(name)) {
                effect = effect.and(Effect.REVEAL);
            }
        }
        for (Name name : statement.changed()) {
            effect = effect.and(
                    reach(name, changed, true, loses, statement.kind().equals(TRUNCATE)));
        }
        List<Action> actions = new ArrayList<>();
        boolean onlyReads = effect.equals(Effect.READ);
        String name = statement.kind().toLowerCase(Locale.ROOT).replace(' ', '-');
        if (onlyReads) {
            actions.add(action(statement, OPERATIONS.contains(name) ? name : "read", Effect.READ, read));
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

    /** A function that the server does not know may have been made by an earlier statement. */
    private Effect routines(String name) {
        List<ServerFacts.Routine> known = facts.routines().getOrDefault(name, List.of());
        return known.isEmpty()
                ? Effect.EXECUTE
                : Routines.effect(
                        known.stream().filter(each -> !Routines.isSetting(each)).toList(), reader);
    }

    /** Returns what the functions do that the server has found for {@code name}. */
    private Effect found(String name, boolean changes) {
        return Routines.effect(
                facts.routines().getOrDefault(name, List.of()).stream()
                        .filter(each -> changes || !ServerFacts.isOfChange(each))
                        .toList(),
                reader);
    }

    private boolean isOfStatistics(Name name) {
        return facts.relation(name.quoted()).orElse(List.of()).stream()
                .anyMatch(each -> isSystem(each) && each.name().matches("pg_stats(_.*)?|pg_statistic.*"));
    }

    private static boolean runs(ReadStatement statement) {
        return Batch.hasNames(statement) || !statement.columns().isEmpty();
    }

    /**
     * Returns which functions behind a table run, as {@link ServerFacts.Routine#how}; those of a dropped one do not.
     */
    static String change(String kind) {
        return switch (kind) {
            case TRUNCATE -> "empty";
            case DROP -> "drop";
            default -> "change";
        };
    }

    /** Without CASCADE the server refuses to empty a table that others refer to. */
    static boolean isReached(ServerFacts.Relation relation, boolean loses, boolean truncates) {
        return switch (relation.how()) {
            case "cascade" -> loses;
            case "reference" -> truncates;
            default -> true;
        };
    }

    private Effect reach(Name name, Set<Resource> resources, boolean changes, boolean loses, boolean truncates) {
        List<ServerFacts.Relation> found = facts.relation(name.quoted()).orElse(List.of());
        if (found.isEmpty()) {
            String text = String.join(".", name.parts());
            resources.add(new Resource(
                    PROVIDER, "table", database + "." + (name.parts().size() > 1 ? "" : "?.") + text));
            return Effect.READ;
        }
        Effect effect = found(name.quoted(), changes);
        boolean isSystem = found.stream().anyMatch(each -> each.how().equals("named") && isSystem(each));
        for (ServerFacts.Relation relation : found) {
            if (!isReached(relation, loses, truncates)) {
                continue;
            }
            resources.add(resource(relation));
            if (changes && relation.runsCode()) {
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

    /** The server's own tables stand for the database: nobody places them one by one. */
    private Resource resource(ServerFacts.Relation relation) {
        return isSystem(relation)
                ? new Resource(PROVIDER, "database", database)
                : new Resource(
                        PROVIDER,
                        relation.isTemporary() ? "temporary-table" : "table",
                        database + "." + relation.schema() + "." + relation.name());
    }

    static boolean isSystem(ServerFacts.Relation relation) {
        return Set.of("pg_catalog", "information_schema", "pg_toast").contains(relation.schema());
    }
}
