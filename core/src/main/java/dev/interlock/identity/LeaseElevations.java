package dev.interlock.identity;

import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Holds the temporary elevations of leases. The store is authoritative; those that have not expired are also in memory.
 *
 * <p>Threading: any.
 */
public final class LeaseElevations {

    static final List<Schema> SCHEMA = List.of(
            new Schema(
                    "identity_widening", 1, """
            CREATE TABLE identity_widening (
                hold TEXT PRIMARY KEY,
                lease TEXT NOT NULL,
                seal TEXT NOT NULL,
                scope TEXT NOT NULL,
                until INTEGER NOT NULL
            ) STRICT""", "CREATE INDEX identity_widening_until ON identity_widening (until)"),
            new Schema("identity_widening", 2, """
            ALTER TABLE identity_widening ADD COLUMN signers TEXT NOT NULL DEFAULT '{}'"""),
            new Schema("identity_widening", 3, """
            ALTER TABLE identity_widening ADD COLUMN told INTEGER"""));

    private final Database database;
    private final InstantSource wall;
    private final Map<String, LeaseElevation> byHold = new ConcurrentHashMap<>();

    LeaseElevations(Database database, InstantSource wall) {
        this.database = database;
        this.wall = wall;
        database.read(sql -> sql.all(
                        LeaseElevations::row,
                        "SELECT hold, lease, seal, scope, until, signers, coalesce(told, until) FROM identity_widening WHERE until > ?",
                        wall.instant().minus(Elevation.MAX_TIME).toEpochMilli()))
                .forEach(widening -> byHold.put(widening.hold(), widening));
    }

    /** Returns whether hold {@code id} has elevated a lease already. */
    public boolean isKnown(String id) {
        return byHold.containsKey(id);
    }

    /** Elevates a lease, durably; does nothing if that hold has done so before. */
    public void add(LeaseElevation widening) {
        int added = database.write(sql -> sql.update(
                "INSERT INTO identity_widening (hold, lease, seal, scope, until, signers, told) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hold) DO NOTHING",
                widening.hold(),
                widening.lease(),
                widening.seal(),
                widening.elevation().json().canonicalText(),
                widening.until().toEpochMilli(),
                written(widening.signers()),
                widening.receiptUntil().toEpochMilli()));
        if (added == 1) {
            byHold.values().removeIf(old -> old.until().plus(Elevation.MAX_TIME).isBefore(widening.until()));
            byHold.put(widening.hold(), widening);
        }
    }

    /**
     * Returns the elevations of {@code lease} around {@code now}, under {@code seal}, from any signer. It leaves out
     * those that have expired by the wall clock: {@code now} does not show how long the gateway was stopped while it
     * was ahead.
     */
    public List<LeaseElevation> of(Lease lease, Seal seal, Instant now) {
        if (byHold.isEmpty()) { // the usual case, and every refusal asks
            return List.of();
        }
        Instant onTheWall = wall.instant();
        return byHold.values().stream()
                .filter(widening -> widening.lease().equals(lease.id())
                        && widening.seal().equals(seal.id())
                        && now.isBefore(widening.until())
                        && onTheWall.isBefore(widening.receiptUntil()))
                .toList();
    }

    /** Returns the elevation by {@code hold}, until some time after its expiry. */
    public Optional<LeaseElevation> by(String hold) {
        return Optional.ofNullable(byHold.get(hold));
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

    private static LeaseElevation row(ResultSet row) throws SQLException {
        return new LeaseElevation(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                Elevation.of(json(row, 4)),
                Instant.ofEpochMilli(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(7)),
                signers(json(row, 6)));
    }

    /**
     * Returns why no signature could grant {@code elevation} to {@code lease} under {@code seal}, as a whole sentence;
     * empty if one could.
     */
    static Optional<String> impossible(Seal seal, Lease lease, Elevation elevation) {
        if (!lease.root().equals(lease.id())) {
            return Optional.of("A derived lease cannot be elevated: request the elevation with the lease that it derives from.");
        }
        if (elevation.isNothingTo(lease)) {
            return Optional.of("Your lease permits all of that already.");
        }
        if (ChildLeaseScope.isTooMuch(elevation.resources())) { // a statement for people to sign has no room for it
            return Optional.of("The request names more or longer resources than a lease may.");
        }
        return elevation.environments().stream()
                .filter(name -> !seal.environments().containsKey(name))
                .findFirst()
                .map(_ -> "One of these environments is not in the seal; the seal has: "
                        + String.join(", ", seal.environments().keySet()) + ".");
    }
}
