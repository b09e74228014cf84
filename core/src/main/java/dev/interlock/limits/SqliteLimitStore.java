package dev.interlock.limits;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Released actions and freezes in tables. */
public final class SqliteLimitStore implements LimitStore {

    public static final List<Schema> SCHEMAS = List.of(new Schema(
            "velocity",
            1,
            """
            CREATE TABLE velocity_deed (
                id INTEGER PRIMARY KEY, attempt TEXT NOT NULL, at INTEGER NOT NULL, lease TEXT NOT NULL,
                person TEXT NOT NULL, agent TEXT NOT NULL, task TEXT NOT NULL, upstream TEXT NOT NULL,
                impacts INTEGER NOT NULL, content TEXT NOT NULL) STRICT""",
            "CREATE INDEX velocity_deed_at ON velocity_deed (at)",
            "CREATE INDEX velocity_deed_lease ON velocity_deed (lease, at)",
            "CREATE INDEX velocity_deed_person ON velocity_deed (person, at)",
            "CREATE INDEX velocity_deed_agent ON velocity_deed (agent, at)",
            "CREATE INDEX velocity_deed_attempt ON velocity_deed (attempt)",
            // The marks by which events are found.
            """
            CREATE TABLE velocity_mark (
                mark TEXT NOT NULL, deed INTEGER NOT NULL, PRIMARY KEY (mark, deed)) STRICT, WITHOUT ROWID""",
            "CREATE INDEX velocity_mark_deed ON velocity_mark (deed)",
            "CREATE TABLE velocity_clock (id INTEGER PRIMARY KEY, reached INTEGER NOT NULL) STRICT",
            """
            CREATE TABLE velocity_freeze (
                id TEXT PRIMARY KEY, intent TEXT NOT NULL, resources TEXT NOT NULL, agent TEXT NOT NULL,
                person TEXT NOT NULL, since TEXT NOT NULL, lifted TEXT, lifted_by TEXT) STRICT"""));

    /** The maximum number of marks of one kind in a query; more are compared afterwards. */
    private static final int MOST_MARKS = 2_000;

    private static final String COLUMNS = "attempt, at, lease, person, agent, task, upstream, content";
    private static final int CONTENT = 8;

    private static final String STANDING =
            "SELECT id, intent, resources, agent, person, since FROM velocity_freeze WHERE lifted IS NULL";

    /** The maximum number of events that are read for one limit: a second, while everybody else waits. */
    static final int MOST_READ = 20_000;

    /** The maximum size, in characters, of the matching events that are kept in memory. */
    private static final long MOST_KEPT = 8L << 20;

    private final Database database;

    public SqliteLimitStore(Database database) {
        this.database = database;
    }

    @Override
    public <T> T read(Function<LimitRows, T> work) {
        return database.read(sql -> work.apply(new SqliteLimitRows(sql)));
    }

    @Override
    public <T> T write(Function<LimitRows, T> work) {
        return database.write(sql -> work.apply(new SqliteLimitRows(sql)));
    }

    @Override
    public <T> T writeForLease(String lease, Function<LimitRows, T> work) {
        return database.writeForLease(lease, sql -> work.apply(new SqliteLimitRows(sql)));
    }

    /** In one trip to the database, with the end of the transaction. */
    @Override
    public StoredFreezes freezes(Set<String> known) {
        Supplier<List<Freeze>> standing = database.read(sql -> sql.later(SqliteLimitRows::freeze, STANDING));
        Set<String> missing = new TreeSet<>(known);
        standing.get().forEach(freeze -> missing.remove(freeze.id()));
        return new StoredFreezes(standing.get(), missing.isEmpty() ? Set.of() : lifted(missing));
    }

    private Set<String> lifted(Set<String> missing) {
        return database.read(sql -> Set.copyOf(sql.among(
                row -> row.getString(1), "SELECT id FROM velocity_freeze WHERE lifted IS NOT NULL AND id", missing)));
    }

    /** In one trip to the database. */
    @Override
    public List<Freeze> freeze(String lease, Freeze freeze) {
        return database.writeForLease(lease, sql -> {
                    Supplier<List<Freeze>> before = sql.later(SqliteLimitRows::freeze, STANDING);
                    new SqliteLimitRows(sql).addFreeze(freeze);
                    return before;
                })
                .get();
    }

    private static final class SqliteLimitRows implements LimitRows {

        private final Sql sql;

        SqliteLimitRows(Sql sql) {
            this.sql = sql;
        }

        @Override
        public List<UsageEvent> since(
                Instant from, ActionSelector selector, HistoryFilter bearing, Predicate<UsageEvent> meant)
                throws HistoryTooLongException {
            StringBuilder query = new StringBuilder(
                    "SELECT " + COLUMNS + " FROM velocity_deed WHERE at > ? AND (? = 0 OR (impacts & ?) != 0)");
            List<Object> values =
                    new ArrayList<>(List.of(from.toEpochMilli(), mask(selector.impacts()), mask(selector.impacts())));
            bearing.single().forEach((facet, value) -> {
                query.append(" AND ").append(column(facet)).append(" = ?");
                values.add(value);
            });
            List<Set<String>> marks = new ArrayList<>(bearing.marks());
            if (marks.stream().anyMatch(Set::isEmpty)) {
                return List.of();
            }
            if (!selector.operations().isEmpty()) {
                marks.add(HistoryFilter.marks("operation", selector.operations()));
            }
            if (!selector.environments().isEmpty()) {
                marks.add(HistoryFilter.marks("environment", selector.environments()));
            }
            for (Set<String> some : marks) {
                if (some.size() <= MOST_MARKS) {
                    query.append(" AND id IN (SELECT deed FROM velocity_mark WHERE mark IN (?")
                            .append(", ?".repeat(some.size() - 1))
                            .append("))");
                    values.addAll(some);
                }
            }
            query.append(" ORDER BY id LIMIT ").append(MOST_READ + 1);
            AtomicLong kept = new AtomicLong();
            List<Optional<UsageEvent>> read = sql.all(
                    row -> {
                        if (kept.get() > MOST_KEPT) {
                            return Optional.empty();
                        }
                        long length = row.getString(CONTENT).length();
                        return Optional.of(row(row))
                                .filter(found -> found.fits(selector) && meant.test(found))
                                .filter(_ -> kept.addAndGet(length) <= MOST_KEPT);
                    },
                    query.toString(),
                    values.toArray());
            if (read.size() > MOST_READ || kept.get() > MOST_KEPT) {
                throw new HistoryTooLongException();
            }
            return read.stream().flatMap(Optional::stream).toList();
        }

        private static String column(GroupingKey facet) {
            return switch (facet) {
                case LEASE, PERSON, AGENT, TASK, UPSTREAM -> facet.word();
                case ENVIRONMENT, GROUP, RESOURCE -> throw new IllegalArgumentException("a deed may have several");
            };
        }

        @Override
        public void add(List<UsageEvent> deeds) {
            for (UsageEvent deed : deeds) {
                sql.later(
                        "INSERT INTO velocity_deed (" + COLUMNS
                                + ", impacts, id) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(id), 0) + 1 FROM velocity_deed",
                        deed.attempt(),
                        deed.at().toEpochMilli(),
                        deed.lease(),
                        deed.person(),
                        deed.agent(),
                        deed.task(),
                        deed.upstream(),
                        content(deed),
                        mask(deed.impacts()));
                for (String mark : HistoryFilter.marks(deed)) { // of the newest, which this one is: writers take turns
                    sql.later("INSERT INTO velocity_mark (mark, deed) SELECT ?, max(id) FROM velocity_deed", mark);
                }
            }
        }

        @Override
        public Set<String> known(Collection<String> attempts) {
            return Set.copyOf(new TreeSet<>(
                    sql.among(row -> row.getString(1), "SELECT attempt FROM velocity_deed WHERE attempt", attempts)));
        }

        @Override
        public void remove(String attempt) {
            removeWhere("attempt = ?", attempt);
        }

        @Override
        public void forget(Instant before) {
            removeWhere("at <= ?", before.toEpochMilli());
        }

        private void removeWhere(String condition, Object value) {
            sql.later(
                    "DELETE FROM velocity_mark WHERE deed IN (SELECT id FROM velocity_deed WHERE " + condition + ")",
                    value);
            sql.later("DELETE FROM velocity_deed WHERE " + condition, value);
        }

        @Override
        public Instant keep(Instant reached) {
            int kept = sql.update(
                    "INSERT INTO velocity_clock (id, reached) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET reached = excluded.reached WHERE excluded.reached > velocity_clock.reached",
                    reached.toEpochMilli());
            return kept == 1 ? reached : reached();
        }

        @Override
        public Instant reached() {
            return sql.one(row -> Instant.ofEpochMilli(row.getLong(1)), "SELECT reached FROM velocity_clock")
                    .orElse(Instant.EPOCH);
        }

        /** Maps the impacts to bits. A new impact takes the next bit. */
        private static long mask(Set<Impact> impacts) {
            return impacts.stream().mapToLong(SqliteLimitRows::bit).sum();
        }

        private static long bit(Impact impact) {
            return switch (impact) {
                case READ -> 1;
                case WRITE -> 2;
                case DESTROY -> 4;
                case CREDENTIAL -> 8;
                case PRIVILEGE -> 16;
                case EXECUTE -> 32;
                case UNKNOWN -> 64;
            };
        }

        private static String content(UsageEvent deed) {
            return Json.object()
                    .with("provider", deed.operation().provider())
                    .with("operation", deed.operation().name())
                    .withTexts("impacts", deed.impacts().stream().map(Impact::word))
                    .withTexts("resources", deed.resources())
                    .withTexts("groups", deed.groups())
                    .withTexts("environments", deed.environments())
                    .withItems(
                            "facts",
                            deed.facts().stream()
                                    .map(fact -> Json.object()
                                            .with("name", fact.name())
                                            .with("value", fact.value())
                                            .with(
                                                    "provenance",
                                                    fact.provenance().name())))
                    .with("lost", deed.lost())
                    .canonicalText();
        }

        private static UsageEvent row(ResultSet row) throws SQLException {
            Json.Members content = Json.readObject(row.getString(CONTENT).getBytes(StandardCharsets.UTF_8));
            Set<Impact> impacts = EnumSet.noneOf(Impact.class);
            content.texts("impacts").forEach(word -> impacts.add(Impact.of(word)));
            return new UsageEvent(
                    row.getString(1),
                    Instant.ofEpochMilli(row.getLong(2)),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5),
                    row.getString(6),
                    row.getString(7),
                    new Operation(content.text("provider"), content.text("operation")),
                    impacts,
                    new TreeSet<>(content.texts("resources")),
                    new TreeSet<>(content.texts("groups")),
                    new TreeSet<>(content.texts("environments")),
                    content.objects("facts").stream()
                            .map(fact -> new Fact(
                                    fact.text("name"), fact.text("value"), Provenance.valueOf(fact.text("provenance"))))
                            .toList(),
                    content.whole("lost"));
        }

        @Override
        public Supplier<List<Freeze>> freezes() {
            return sql.later(SqliteLimitRows::freeze, STANDING);
        }

        @Override
        public void addFreeze(Freeze freeze) {
            sql.changed(FREEZE, freeze.id() + ADDED);
            sql.later(
                    "INSERT INTO velocity_freeze (id, intent, resources, agent, person, since) VALUES (?, ?, ?, ?, ?, ?)",
                    freeze.id(),
                    freeze.intent(),
                    Json.object()
                            .withTexts("resources", freeze.resources().stream().map(Resource::toString))
                            .canonicalText(),
                    freeze.agent(),
                    freeze.person(),
                    freeze.since().toString());
        }

        @Override
        public void liftFreeze(Freeze freeze, String by, Instant at) {
            sql.changed(FREEZE, freeze.id());
            sql.later(
                    "UPDATE velocity_freeze SET lifted = ?, lifted_by = ? WHERE id = ?",
                    at.toString(),
                    by,
                    freeze.id());
        }

        @Override
        public boolean hasFrozen(String intent) {
            return sql.one(row -> row.getString(1), "SELECT id FROM velocity_freeze WHERE intent = ?", intent)
                    .isPresent();
        }

        private static Freeze freeze(ResultSet row) throws SQLException {
            Json.Members content = Json.readObject(row.getString(3).getBytes(StandardCharsets.UTF_8));
            Set<Resource> resources = new TreeSet<>();
            content.texts("resources").forEach(text -> resources.add(Resource.parse(text)));
            return new Freeze(
                    row.getString(1),
                    row.getString(2),
                    resources,
                    row.getString(4),
                    row.getString(5),
                    Instant.parse(row.getString(6)));
        }
    }
}
