package dev.interlock.identity;

import dev.interlock.action.Lease;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import dev.interlock.store.StoreUnavailableException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Every lease that is in force or ended lately, by the hash of its token. The store is the truth; all of it that still
 * matters is also in memory, so that a call is recognised without a query.
 *
 * <p>Threading: {@link #find} takes no lock. Changes take turns on this object's monitor, but a revocation shows in
 * memory before it waits for its turn.
 */
final class LeaseBook {

    static final List<Schema> SCHEMA = List.of(
            new Schema("identity", 1, """
            CREATE TABLE identity_lease (
                id TEXT PRIMARY KEY,
                token_hash TEXT NOT NULL UNIQUE,
                lease TEXT NOT NULL,
                ttl_seconds INTEGER NOT NULL,
                signed_by TEXT,
                signed_with TEXT,
                expires INTEGER NOT NULL,
                revoked TEXT
            ) STRICT""", """
            CREATE TABLE identity_request (
                nonce TEXT PRIMARY KEY,
                statement TEXT NOT NULL,
                expires INTEGER NOT NULL,
                used INTEGER NOT NULL DEFAULT 0
            ) STRICT"""),
            KillBook.SCHEMA,
            new Schema("identity", 3, "ALTER TABLE identity_lease ADD COLUMN reason TEXT"),
            new Schema("identity", 4, "ALTER TABLE identity_lease ADD COLUMN parent TEXT"),
            new Schema("identity", 5, "ALTER TABLE identity_lease ADD COLUMN users_named INTEGER"));

    /** Sub-agents have sub-agents; deeper than this, nobody can say any more who works for whom. */
    static final int MAX_GENERATIONS = 4;

    /** As many as work at once for one task of a person's. */
    static final int MAX_CHILDREN = 64;

    /** What a root lease may leave behind in memory and on disk in the day that it lives. */
    static final int MAX_CHILDREN_EVER = 1_000;

    /** For this long after its end, a lease is told that it expired rather than that nobody knows it. */
    private static final Duration DEFAULT_MEMORY = Duration.ofDays(1);

    private static final String COLUMNS =
            "SELECT token_hash, lease, ttl_seconds, signed_by, signed_with, revoked, reason, parent, users_named"
                    + " FROM identity_lease ";

    private static final System.Logger LOG = System.getLogger(LeaseBook.class.getName());

    private final Database database;
    private final Map<String, LeaseEntry> byHash = new ConcurrentHashMap<>();

    /** What the gateway's own probes carry. */
    private final Map<String, LeaseEntry> spent = new ConcurrentHashMap<>();

    /** The hash of a lease's token, by its identifier. */
    private final Map<String, String> hashes = new ConcurrentHashMap<>();

    /** The lease that each place was opened for. */
    private final Map<String, String> places = new ConcurrentHashMap<>();

    /** By the identifier of a lease: its end, where the store does not know it yet. */
    private final Map<String, LeaseEntry.End> unwritten = new ConcurrentHashMap<>();

    LeaseBook(Database database, Instant now) {
        this.database = database;
        database.read(sql -> sql.all(
                        LeaseBook::row,
                        COLUMNS + "WHERE expires > ?",
                        now.minus(DEFAULT_MEMORY).getEpochSecond()))
                .forEach(row -> put(row.hash, row.entry));
    }

    Optional<LeaseEntry> find(String tokenHash) {
        return Optional.ofNullable(byHash.get(tokenHash)).or(() -> Optional.ofNullable(spent.get(tokenHash)));
    }

    /** A lease that ended before anybody had it: in no store and no list, only known when its token is presented. */
    void addSpent(String tokenHash, LeaseEntry entry) {
        spent.put(tokenHash, entry);
    }

    Optional<LeaseEntry> byId(String id) {
        return Optional.ofNullable(hashes.get(id)).flatMap(this::find);
    }

    /** The lease that {@code place} was opened for; not those derived from it. */
    Optional<LeaseEntry> byPlace(String place) {
        return Optional.ofNullable(places.get(place)).flatMap(this::byId);
    }

    /** The leases that are remembered, the youngest first. */
    List<LeaseEntry> all() {
        List<LeaseEntry> entries = new ArrayList<>(byHash.values());
        entries.sort(
                Comparator.comparing((LeaseEntry entry) -> entry.lease().id()).reversed());
        return entries;
    }

    /** Durable before the token is in anybody's hands. */
    synchronized void add(String tokenHash, LeaseEntry entry) {
        database.write(sql -> insert(sql, tokenHash, entry));
        remember(tokenHash, entry);
    }

    /**
     * Adds a lease that a statement asked for, unless that statement was used before.
     *
     * @return whether it was added
     */
    synchronized boolean addOnce(String tokenHash, LeaseEntry entry, String nonce) {
        boolean added = database.write(
                sql -> sql.update("UPDATE identity_request SET used = 1 WHERE nonce = ? AND used = 0", nonce) == 1
                        && insert(sql, tokenHash, entry) == 1);
        if (added) {
            remember(tokenHash, entry);
        }
        return added;
    }

    /**
     * Adds a child that was derived at {@code entry.lease().issued()}. Under the monitor, so that whoever ends the
     * parent meanwhile ends the child as well, or the child is not added.
     *
     * @return why it was not added, as a whole sentence; empty if it was
     */
    synchronized Optional<String> addChild(String tokenHash, LeaseEntry entry) {
        Optional<String> objection = objection(entry);
        if (objection.isEmpty()) {
            add(tokenHash, entry);
        }
        return objection;
    }

    private Optional<String> objection(LeaseEntry child) {
        List<LeaseEntry> ancestors = ancestors(child);
        if (ancestors.isEmpty() || ancestors.stream().anyMatch(a -> a.end().isPresent())) {
            return Optional.of("The lease that it would descend from has ended.");
        }
        if (ancestors.size() > MAX_GENERATIONS) {
            return Optional.of("It would be the child of a lease that is itself derived " + MAX_GENERATIONS
                    + " times over, which is as deep as they go.");
        }
        Lease lease = child.lease();
        List<LeaseEntry> kin = byHash.values().stream()
                .filter(e -> e.parent().isPresent() && e.lease().root().equals(lease.root()))
                .toList();
        long now = kin.stream()
                .filter(e ->
                        e.end().isEmpty() && lease.issued().isBefore(e.lease().expires()))
                .count();
        if (now >= MAX_CHILDREN) {
            return Optional.of("There are " + MAX_CHILDREN + " leases derived from `" + lease.root()
                    + "` in force, which is as many as there may be at once.");
        }
        return kin.size() < MAX_CHILDREN_EVER
                ? Optional.empty()
                : Optional.of("From `" + lease.root() + "`, " + MAX_CHILDREN_EVER
                        + " leases were derived, which is as many as there may ever be.");
    }

    /** The leases that {@code entry} descends from, the nearest first. */
    List<LeaseEntry> ancestors(LeaseEntry entry) {
        List<LeaseEntry> ancestors = new ArrayList<>();
        Optional<String> id = entry.parent();
        while (id.isPresent()) {
            LeaseEntry parent = byId(id.get()).orElseThrow(); // a child never outlives it, and it is remembered longer
            ancestors.add(parent);
            id = parent.parent();
        }
        return ancestors;
    }

    /** Whether {@code entry} is the lease {@code id}, or descends from it. */
    boolean isOrDescendsFrom(LeaseEntry entry, String id) {
        Optional<LeaseEntry> at = Optional.of(entry);
        while (at.isPresent() && !at.get().lease().id().equals(id)) {
            at = at.get().parent().flatMap(this::byId);
        }
        return at.isPresent();
    }

    private void remember(String tokenHash, LeaseEntry entry) {
        Instant forgotten = entry.lease().issued().minus(DEFAULT_MEMORY);
        byHash.values().removeIf(old -> old.lease().expires().isBefore(forgotten));
        hashes.values().removeIf(hash -> !byHash.containsKey(hash));
        places.values().removeIf(id -> !hashes.containsKey(id));
        put(tokenHash, entry);
    }

    private void put(String tokenHash, LeaseEntry entry) {
        byHash.put(tokenHash, entry);
        hashes.put(entry.lease().id(), tokenHash);
        if (entry.parent().isEmpty()) {
            entry.lease()
                    .place()
                    .ifPresent(place -> places.put(place, entry.lease().id()));
        }
    }

    /** What ended, and whether a restart would still know. */
    record Ended(List<LeaseEntry> entries, boolean durable) {}

    /**
     * Ends leases in memory, whatever the store says, and in the store if it can be written; {@link #settle} tries
     * again. Returns those that were in force, and those whose end the store had not heard of before.
     */
    Ended revoke(Predicate<LeaseEntry> which, LeaseEntry.End end) {
        Set<LeaseEntry> ended = new LinkedHashSet<>();
        all().stream()
                .filter(which)
                .filter(e -> unwritten.containsKey(e.lease().id()))
                .forEach(ended::add);
        ended.addAll(forget(which, end)); // at once, whoever holds the monitor
        return revokeDurably(which, end, ended);
    }

    /** Returns those that it ended. */
    private List<LeaseEntry> forget(Predicate<LeaseEntry> which, LeaseEntry.End end) {
        List<LeaseEntry> ended = new ArrayList<>();
        for (String hash : byHash.keySet()) {
            byHash.computeIfPresent(hash, (_, entry) -> {
                if (!which.test(entry) || entry.revoked().isPresent()) {
                    return entry;
                }
                LeaseEntry revoked = entry.ended(end);
                ended.add(revoked);
                unwritten.putIfAbsent(revoked.lease().id(), end);
                return revoked;
            });
        }
        return ended;
    }

    /** Again under the monitor: a lease that was being issued meanwhile is ended too. */
    private synchronized Ended revokeDurably(Predicate<LeaseEntry> which, LeaseEntry.End end, Set<LeaseEntry> ended) {
        ended.addAll(forget(which, end));
        return new Ended(List.copyOf(ended), settle());
    }

    /** Tells the store of every end that it does not know yet. False if it cannot be written. */
    synchronized boolean settle() {
        Map<String, LeaseEntry.End> owed = Map.copyOf(unwritten);
        if (owed.isEmpty()) {
            return true;
        }
        try {
            database.write(sql -> {
                int changed = 0;
                for (Map.Entry<String, LeaseEntry.End> end : owed.entrySet()) {
                    changed += sql.update(
                            "UPDATE identity_lease SET revoked = ?, reason = ? WHERE id = ? AND revoked IS NULL",
                            end.getValue().at().toString(),
                            end.getValue().reason(),
                            end.getKey());
                }
                return changed;
            });
            unwritten.keySet().removeAll(owed.keySet());
            return true;
        } catch (StoreUnavailableException e) {
            LOG.log(System.Logger.Level.WARNING, "the end of leases could not be stored: {0}", e.getMessage());
            return false;
        }
    }

    /** Moves a lease's end, and returns it; empty if it is revoked or unknown. */
    synchronized Optional<LeaseEntry> extend(String id, Instant expires) {
        Optional<LeaseEntry> longer =
                byId(id).filter(e -> e.revoked().isEmpty()).map(e -> e.until(expires));
        longer.ifPresent(entry -> database.write(sql -> sql.update(
                "UPDATE identity_lease SET lease = ?, expires = ? WHERE id = ?",
                LeaseJson.write(entry.lease()).canonicalText(),
                expires.getEpochSecond(),
                id)));
        // A revocation may have come in between; it stays.
        longer.ifPresent(
                _ -> byHash.replaceAll((_, entry) -> entry.lease().id().equals(id) ? entry.until(expires) : entry));
        return longer;
    }

    void open(String nonce, String statement, Instant expires, Instant now) {
        database.write(sql -> {
            sql.update("DELETE FROM identity_request WHERE expires < ?", now.getEpochSecond());
            return sql.update(
                    "INSERT INTO identity_request (nonce, statement, expires) VALUES (?, ?, ?)",
                    nonce,
                    statement,
                    expires.getEpochSecond());
        });
    }

    /** Whether exactly {@code statement} was opened under {@code nonce}. */
    boolean wasOpened(String nonce, String statement) {
        return database.read(sql -> sql.one(
                        row -> row.getString(1), "SELECT statement FROM identity_request WHERE nonce = ?", nonce))
                .filter(statement::equals)
                .isPresent();
    }

    private static int insert(Sql sql, String tokenHash, LeaseEntry entry) throws SQLException {
        return sql.update(
                "INSERT INTO identity_lease (id, token_hash, lease, ttl_seconds, signed_by, signed_with, expires, parent,"
                        + " users_named) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                entry.lease().id(),
                tokenHash,
                LeaseJson.write(entry.lease()).canonicalText(),
                entry.ttl().toSeconds(),
                entry.signature().map(LeaseEntry.Signature::person).orElse(null),
                entry.signature().map(LeaseEntry.Signature::key).orElse(null),
                entry.lease().expires().getEpochSecond(),
                entry.parent().orElse(null),
                entry.signature().map(by -> by.usersNamed() ? 1 : 0).orElse(null));
    }

    private record Row(String hash, LeaseEntry entry) {}

    private static Row row(ResultSet row) throws SQLException {
        Json.Members lease = Json.readObject(row.getString(2).getBytes(StandardCharsets.UTF_8));
        String signedBy = row.getString(4);
        boolean usersNamed = row.getInt(9) == 1; // null, and so 0, in what an older version wrote
        Optional<LeaseEntry.Signature> signature = signedBy == null
                ? Optional.empty()
                : Optional.of(new LeaseEntry.Signature(signedBy, row.getString(5), usersNamed));
        String reason = Objects.requireNonNullElse(row.getString(7), "");
        Optional<LeaseEntry.End> end =
                Optional.ofNullable(row.getString(6)).map(at -> new LeaseEntry.End(Instant.parse(at), reason));
        return new Row(
                row.getString(1),
                new LeaseEntry(
                        LeaseJson.readLease(lease),
                        Duration.ofSeconds(row.getLong(3)),
                        signature,
                        end,
                        Optional.ofNullable(row.getString(8))));
    }
}
