package dev.interlock.confirm;

import dev.interlock.evidence.SealedTexts;
import dev.interlock.store.Database;
import dev.interlock.store.Sql;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The texts that a store keeps of what has ended: statements of holds, leases, and the reasons of kills. */
public record SqliteStoredTexts(Database database, InstantSource clock) {

    /** A denial counts until its hold expires, and one step of a plan waits for others of its lease. */
    private static final String ENDED_HOLD =
            "(state NOT IN ('open', 'signed') AND (state <> 'denied' OR expires <= %1$d) AND lease NOT IN (SELECT lease FROM confirm_hold WHERE state IN ('open', 'signed')) AND id NOT IN (SELECT hold FROM confirm_grant WHERE ended = '' AND until > %1$d))";

    private static final String ENDED_LEASE =
            "(revoked IS NOT NULL OR expires <= %2$d) AND id NOT IN (SELECT parent FROM identity_lease WHERE parent IS NOT NULL AND revoked IS NULL AND expires > %2$d)";

    private static final String HOLDS =
            "SELECT id, CAST(statement AS TEXT) || ending || classes || coalesce((SELECT texts FROM confirm_text WHERE hold = id), '') || coalesce((SELECT spans FROM confirm_body WHERE hold = id), '') FROM confirm_hold WHERE ";

    private static final String LEASES = "SELECT id, lease || coalesce(reason, '') FROM identity_lease WHERE ";

    /** Returns the names of what has not ended and names {@code subject}. */
    public List<String> standing(String subject) {
        return database.read(sql -> {
            List<String> standing = new ArrayList<>(named(sql, subject, HOLDS + "NOT (" + ENDED_HOLD + ")"));
            standing.addAll(named(sql, subject, LEASES + "NOT (" + ENDED_LEASE + ")"));
            standing.addAll(named(sql, subject, "SELECT id, resources FROM velocity_freeze WHERE lifted IS NULL"));
            return standing;
        });
    }

    /** Erases what has ended. */
    public void erase(String subject) {
        database.write(sql -> {
            List<String> holds = named(sql, subject, HOLDS + ENDED_HOLD);
            for (String table : List.of("signature", "body", "text", "escalation", "look", "grant")) {
                sql.updateAmong("DELETE FROM confirm_" + table + " WHERE hold", holds);
            }
            sql.updateAmong("DELETE FROM confirm_hold WHERE id", holds);
            sql.updateAmong("DELETE FROM identity_lease WHERE id", named(sql, subject, LEASES + ENDED_LEASE));
            sql.updateAmong(
                    "DELETE FROM identity_request WHERE nonce",
                    named(sql, subject, "SELECT nonce, statement FROM identity_request"));
            sql.updateAmong(
                    "UPDATE identity_kill SET reason = '(erased)' WHERE id",
                    named(sql, subject, "SELECT id, reason FROM identity_kill"));
            return sql.updateAmong(
                    "DELETE FROM velocity_freeze WHERE id",
                    named(sql, subject, "SELECT id, resources FROM velocity_freeze WHERE lifted IS NOT NULL"));
        });
        database.compact();
    }

    private List<String> named(Sql sql, String subject, String query) {
        Predicate<String> names = SealedTexts.namedIn(subject);
        long now = clock.millis();
        return sql
                .all(
                        row -> new String[] {row.getString(1), row.getString(2)},
                        query.replace("%1$d", String.valueOf(now)).replace("%2$d", String.valueOf(now / 1000)))
                .stream()
                .filter(row -> names.test(row[1]))
                .map(row -> row[0])
                .toList();
    }
}
