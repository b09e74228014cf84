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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What people have given leases for a while. The store is the truth; what is not over is also in memory.
 *
 * <p>Threading: any.
 */
public final class Widenings {

    static final Schema SCHEMA = new Schema(
            "identity_widening", 1, """
            CREATE TABLE identity_widening (
                hold TEXT PRIMARY KEY,
                lease TEXT NOT NULL,
                seal TEXT NOT NULL,
                scope TEXT NOT NULL,
                until INTEGER NOT NULL
            ) STRICT""", "CREATE INDEX identity_widening_until ON identity_widening (until)");

    private final Database database;
    private final Map<String, Widening> byHold = new ConcurrentHashMap<>();

    Widenings(Database database, Instant now) {
        this.database = database;
        database.read(sql -> sql.all(
                        Widenings::row,
                        "SELECT hold, lease, seal, scope, until FROM identity_widening WHERE until > ?",
                        now.minus(Elevation.MAX_TIME).toEpochMilli()))
                .forEach(widening -> byHold.put(widening.hold(), widening));
    }

    /** Whether hold {@code id} has widened a lease already. */
    public boolean isKnown(String id) {
        return byHold.containsKey(id);
    }

    /** Widens a lease, durably; nothing if that hold has done so before. */
    public void add(Widening widening) {
        int added = database.write(sql -> sql.update(
                "INSERT INTO identity_widening (hold, lease, seal, scope, until) VALUES (?, ?, ?, ?, ?)"
                        + " ON CONFLICT (hold) DO NOTHING",
                widening.hold(),
                widening.lease(),
                widening.seal(),
                widening.elevation().json().canonicalText(),
                widening.until().toEpochMilli()));
        if (added == 1) {
            byHold.values().removeIf(old -> old.until().plus(Elevation.MAX_TIME).isBefore(widening.until()));
            byHold.put(widening.hold(), widening);
        }
    }

    /** What {@code lease} may besides at {@code now}, under {@code seal}. */
    public List<Widening> of(Lease lease, Seal seal, Instant now) {
        if (byHold.isEmpty()) { // as nearly always: every refusal asks
            return List.of();
        }
        return byHold.values().stream()
                .filter(widening -> widening.lease().equals(lease.id())
                        && widening.seal().equals(seal.id())
                        && now.isBefore(widening.until()))
                .toList();
    }

    private static Widening row(ResultSet row) throws SQLException {
        Json.Members scope = Json.readObject(row.getString(4).getBytes(StandardCharsets.UTF_8));
        return new Widening(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                Elevation.of(scope),
                Instant.ofEpochMilli(row.getLong(5)));
    }

    /** Why no signature could give {@code lease} this under {@code seal}, as a whole sentence; empty if one could. */
    static Optional<String> impossible(Seal seal, Lease lease, Elevation elevation) {
        if (!lease.root().equals(lease.id())) {
            return Optional.of("A derived lease is never more than what it was derived from: ask with that one.");
        }
        if (elevation.isNothingTo(lease)) {
            return Optional.of("Your lease may all of that already.");
        }
        return elevation.environments().stream()
                .filter(name -> !seal.environments().containsKey(name))
                .findFirst()
                .map(_ -> "One of these environments is in no seal; there are: "
                        + String.join(", ", seal.environments().keySet()) + ".");
    }
}
