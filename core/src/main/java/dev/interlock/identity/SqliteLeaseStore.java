package dev.interlock.identity;

import dev.interlock.action.Elevation;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Leases and what belongs to them in tables. */
public final class SqliteLeaseStore implements LeaseStore {

    public static final List<Schema> SCHEMAS = List.of(new Schema(
            "identity",
            1,
            """
            CREATE TABLE identity_lease (
                id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, lease TEXT NOT NULL, ttl_seconds INTEGER NOT NULL,
                signed_by TEXT, signed_with TEXT, users_named INTEGER, expires INTEGER NOT NULL, parent TEXT,
                revoked TEXT, reason TEXT) STRICT""",
            """
            CREATE TABLE identity_request (
                nonce TEXT PRIMARY KEY, statement TEXT NOT NULL, expires INTEGER NOT NULL,
                used INTEGER NOT NULL DEFAULT 0) STRICT""",
            """
            CREATE TABLE identity_kill (
                id TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL,
                killed_by TEXT NOT NULL, since TEXT NOT NULL, lifted TEXT, lifted_by TEXT) STRICT""",
            """
            CREATE TABLE identity_widening (
                hold TEXT PRIMARY KEY, lease TEXT NOT NULL, seal TEXT NOT NULL, scope TEXT NOT NULL,
                until INTEGER NOT NULL, signers TEXT NOT NULL, told INTEGER NOT NULL) STRICT""",
            "CREATE INDEX identity_widening_until ON identity_widening (until)",
            """
            CREATE TABLE identity_machine (
                id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, request TEXT NOT NULL, public_key TEXT,
                added_by TEXT NOT NULL, added INTEGER NOT NULL, expires INTEGER NOT NULL,
                earlier TEXT, earlier_expires INTEGER, ended INTEGER NOT NULL DEFAULT 0) STRICT"""));

    private static final String COLUMNS =
            "SELECT token_hash, lease, ttl_seconds, signed_by, signed_with, revoked, reason, parent, users_named FROM identity_lease ";

    /** Maximum ends in one transaction that are named to other gateways one by one. */
    private static final int MOST_NAMED = 500;

    private final Database database;

    public SqliteLeaseStore(Database database) {
        this.database = database;
    }

    @Override
    public List<StoredLease> leases(Instant end) {
        return database.read(
                sql -> sql.all(SqliteLeaseStore::lease, COLUMNS + "WHERE expires > ?", end.getEpochSecond()));
    }

    @Override
    public List<StoredLease> leases(Set<String> ids) {
        return database.read(sql -> sql.among(SqliteLeaseStore::lease, COLUMNS + "WHERE id", ids));
    }

    @Override
    public Set<String> lineOf(String tokenHash) {
        return Set.copyOf(database.read(sql -> sql.all(row -> row.getString(1), """
                        WITH RECURSIVE line (id, parent) AS (
                            SELECT id, parent FROM identity_lease WHERE token_hash = ?
                            UNION ALL
                            SELECT up.id, up.parent FROM identity_lease up JOIN line ON up.id = line.parent)
                        SELECT id FROM line""", tokenHash)));
    }

    @Override
    public void add(String tokenHash, LeaseEntry entry) {
        database.write(sql -> insert(sql, tokenHash, entry));
    }

    @Override
    public boolean addOnce(String tokenHash, LeaseEntry entry, String nonce) {
        return database.write(
                sql -> sql.update("UPDATE identity_request SET used = 1 WHERE nonce = ? AND used = 0", nonce) == 1
                        && insert(sql, tokenHash, entry) == 1);
    }

    @Override
    public void end(Map<String, LeaseEntry.LeaseEnd> ends) {
        Map<LeaseEntry.LeaseEnd, List<String>> together =
                ends.keySet().stream().collect(Collectors.groupingBy(id -> Objects.requireNonNull(ends.get(id))));
        database.write(sql -> {
            int ended = 0;
            for (Map.Entry<LeaseEntry.LeaseEnd, List<String>> same : together.entrySet()) {
                ended += sql.updateAmong(
                        "UPDATE identity_lease SET revoked = ?, reason = ? WHERE revoked IS NULL AND id",
                        same.getValue(),
                        same.getKey().at().toString(),
                        same.getKey().reason());
            }
            if (ended > 0) {
                (ends.size() > MOST_NAMED ? Set.of(MANY) : ends.keySet()).forEach(id -> sql.changed(LEASE, id));
            }
            return ended;
        });
    }

    @Override
    public boolean extend(LeaseEntry entry) {
        return database.writeRow(
                LEASE,
                entry.lease().id(),
                "UPDATE identity_lease SET lease = ?, expires = ? WHERE id = ? AND revoked IS NULL",
                LeaseJson.write(entry.lease()).canonicalText(),
                entry.lease().expires().getEpochSecond(),
                entry.lease().id());
    }

    @Override
    public void open(String nonce, String statement, Instant expires, Instant now) {
        database.write(sql -> {
            sql.update("DELETE FROM identity_request WHERE expires < ?", now.getEpochSecond());
            return sql.update(
                    "INSERT INTO identity_request (nonce, statement, expires) VALUES (?, ?, ?)",
                    nonce,
                    statement,
                    expires.getEpochSecond());
        });
    }

    @Override
    public Optional<String> opened(String nonce) {
        return database.read(sql ->
                sql.one(row -> row.getString(1), "SELECT statement FROM identity_request WHERE nonce = ?", nonce));
    }

    private static int insert(Sql sql, String tokenHash, LeaseEntry entry) {
        sql.changed(LEASE, entry.lease().id());
        return sql.update(
                "INSERT INTO identity_lease (id, token_hash, lease, ttl_seconds, signed_by, signed_with, expires, parent, users_named) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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

    private static StoredLease lease(ResultSet row) throws SQLException {
        Json.Members lease = Json.readObject(row.getString(2).getBytes(StandardCharsets.UTF_8));
        String signedBy = row.getString(4);
        boolean usersNamed = row.getInt(9) == 1;
        Optional<LeaseEntry.Signature> signature = signedBy == null
                ? Optional.empty()
                : Optional.of(new LeaseEntry.Signature(signedBy, row.getString(5), usersNamed));
        String reason = Objects.requireNonNullElse(row.getString(7), "");
        Optional<LeaseEntry.LeaseEnd> end =
                Optional.ofNullable(row.getString(6)).map(at -> new LeaseEntry.LeaseEnd(Instant.parse(at), reason));
        return new StoredLease(
                row.getString(1),
                new LeaseEntry(
                        LeaseJson.readLease(lease),
                        Duration.ofSeconds(row.getLong(3)),
                        signature,
                        end,
                        Optional.ofNullable(row.getString(8))));
    }

    @Override
    public List<LeaseElevation> elevations(Instant since) {
        return database.read(sql -> sql.all(
                SqliteLeaseStore::elevation,
                "SELECT hold, lease, seal, scope, until, signers, told FROM identity_widening WHERE until > ?",
                since.toEpochMilli()));
    }

    @Override
    public boolean addElevation(LeaseElevation widening) {
        return database.writeRow(
                ELEVATION,
                widening.hold(),
                "INSERT INTO identity_widening (hold, lease, seal, scope, until, signers, told) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hold) DO NOTHING",
                widening.hold(),
                widening.lease(),
                widening.seal(),
                widening.elevation().json().canonicalText(),
                widening.until().toEpochMilli(),
                written(widening.signers()),
                widening.receiptUntil().toEpochMilli());
    }

    @Override
    public void endElevation(String hold) {
        database.writeRow(ELEVATION, hold, "UPDATE identity_widening SET told = 0 WHERE hold = ?", hold);
    }

    /** Encodes the signers as members; each person signs once. */
    private static String written(List<LeaseElevation.ElevationSigner> signers) {
        Json.Members keys = Json.object();
        for (LeaseElevation.ElevationSigner signer : signers) {
            keys = keys.with(signer.person(), signer.key());
        }
        return keys.canonicalText();
    }

    private static List<LeaseElevation.ElevationSigner> signers(Json.Members keys) {
        return keys.members().keySet().stream()
                .map(person -> new LeaseElevation.ElevationSigner(person, keys.text(person)))
                .toList();
    }

    private static Json.Members json(ResultSet row, int column) throws SQLException {
        return Json.readObject(row.getString(column).getBytes(StandardCharsets.UTF_8));
    }

    private static LeaseElevation elevation(ResultSet row) throws SQLException {
        return new LeaseElevation(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                Elevation.of(json(row, 4)),
                Instant.ofEpochMilli(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(7)),
                signers(json(row, 6)));
    }

    @Override
    public List<Kill> kills() {
        return database.read(
                sql -> sql.all(
                        SqliteLeaseStore::kill,
                        "SELECT id, scope, name, reason, killed_by, since FROM identity_kill WHERE lifted IS NULL ORDER BY id"));
    }

    @Override
    public void addKills(List<Kill> kills) {
        database.write(sql -> {
            int added = 0;
            for (Kill kill : kills) {
                sql.changed(KILL, kill.id());
                replace(sql, kill);
                added += sql.update(
                        "INSERT INTO identity_kill (id, scope, name, reason, killed_by, since) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET lifted = NULL, lifted_by = NULL",
                        kill.id(),
                        kill.target().scope().word(),
                        kill.target().name(),
                        kill.reason(),
                        kill.by(),
                        kill.since().toString());
            }
            return added;
        });
    }

    private static void replace(Sql sql, Kill by) {
        sql.update(
                "UPDATE identity_kill SET lifted = ?, lifted_by = ? WHERE scope = ? AND name = ? AND id <> ? AND lifted IS NULL",
                by.since().toString(),
                by.id(),
                by.target().scope().word(),
                by.target().name(),
                by.id());
    }

    @Override
    public Set<String> lifted(Set<String> kills) {
        return Set.copyOf(database.read(sql -> sql.among(
                row -> row.getString(1), "SELECT id FROM identity_kill WHERE lifted IS NOT NULL AND id", kills)));
    }

    @Override
    public boolean liftKill(Kill kill, String by, Instant at) {
        return database.writeRow(
                KILL,
                kill.id(),
                "UPDATE identity_kill SET lifted = ?, lifted_by = ? WHERE id = ? AND lifted IS NULL",
                at.toString(),
                by,
                kill.id());
    }

    private static Kill kill(ResultSet row) throws SQLException {
        return new Kill(
                row.getString(1),
                new Kill.KillTarget(Kill.KillScope.of(row.getString(2)), row.getString(3)),
                row.getString(4),
                row.getString(5),
                Instant.parse(row.getString(6)));
    }

    @Override
    public List<RemoteMachine> machines(Instant now) {
        return database.read(sql -> sql.all(
                SqliteLeaseStore::machine,
                "SELECT id, fingerprint, request, added_by, added, expires, public_key, earlier, earlier_expires FROM identity_machine WHERE ended = 0 AND expires > ?",
                now.getEpochSecond()));
    }

    @Override
    public void addMachine(RemoteMachine machine) {
        database.writeRow(
                MACHINE,
                machine.id(),
                "INSERT INTO identity_machine (id, fingerprint, request, added_by, added, expires, public_key) VALUES (?, ?, ?, ?, ?, ?, ?)",
                machine.id(),
                machine.fingerprint(),
                LeaseJson.write(machine.request()).canonicalText(),
                machine.addedBy(),
                machine.added().getEpochSecond(),
                machine.expires().getEpochSecond(),
                machine.publicKey().orElse(null));
    }

    @Override
    public boolean renewMachine(RemoteMachine renewed) {
        RemoteMachine.EarlierCertificate earlier = renewed.earlier().orElseThrow();
        return database.writeRow(
                MACHINE,
                renewed.id(),
                "UPDATE identity_machine SET fingerprint = ?, added_by = ?, added = ?, expires = ?, earlier = ?, earlier_expires = ? WHERE id = ? AND fingerprint = ? AND ended = 0",
                renewed.fingerprint(),
                renewed.addedBy(),
                renewed.added().getEpochSecond(),
                renewed.expires().getEpochSecond(),
                earlier.fingerprint(),
                earlier.expires().getEpochSecond(),
                renewed.id(),
                earlier.fingerprint());
    }

    @Override
    public void endMachine(String id) {
        database.writeRow(MACHINE, id, "UPDATE identity_machine SET ended = 1 WHERE id = ?", id);
    }

    private static RemoteMachine machine(ResultSet row) throws SQLException {
        return new RemoteMachine(
                row.getString(1),
                row.getString(2),
                LeaseJson.readRequest(Json.readObject(row.getString(3).getBytes(StandardCharsets.UTF_8))),
                row.getString(4),
                Instant.ofEpochSecond(row.getLong(5)),
                Instant.ofEpochSecond(row.getLong(6)),
                Optional.ofNullable(row.getString(7)),
                earlier(row.getString(8), row.getLong(9)));
    }

    private static Optional<RemoteMachine.EarlierCertificate> earlier(@Nullable String fingerprint, long expires) {
        return Optional.ofNullable(fingerprint)
                .map(print -> new RemoteMachine.EarlierCertificate(print, Instant.ofEpochSecond(expires)));
    }
}
