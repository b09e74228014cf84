package dev.interlock.confirm;

import dev.interlock.evidence.SealedTexts;
import dev.interlock.store.Database;
import dev.interlock.store.Sql;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The texts that a store keeps of what has ended: statements of holds, leases, elevations, and the reasons of kills.
 * Names of agents, people and machines stay. Calls that limits count go within 30 days: earlier, an agent could exceed
 * its limits. States for an undo are encrypted, and go soon; of these only the task is searched.
 */
public record SqliteStoredTexts(Database database, InstantSource clock) {

    /** A denial counts until its hold expires, and one step of a plan waits for others of its lease. */
    private static final String ENDED_HOLD =
            "(state NOT IN ('open', 'signed') AND (state <> 'denied' OR expires <= ?) AND lease NOT IN (SELECT lease FROM confirm_hold WHERE state IN ('open', 'signed')) AND id NOT IN (SELECT hold FROM confirm_grant WHERE ended = '' AND until > ?))";

    private static final String ENDED_LEASE =
            "(revoked IS NOT NULL OR expires <= ?) AND id NOT IN (SELECT parent FROM identity_lease WHERE parent IS NOT NULL AND revoked IS NULL AND expires > ?)";

    private static final String HOLDS =
            "SELECT id, CAST(statement AS TEXT) || ending || classes || coalesce((SELECT texts FROM confirm_text WHERE hold = id), '') || coalesce((SELECT spans FROM confirm_body WHERE hold = id), '') FROM confirm_hold WHERE ";

    private static final String LEASES = "SELECT id, lease || coalesce(reason, '') FROM identity_lease WHERE ";

    private static final String ELEVATIONS = "SELECT hold, scope FROM identity_widening WHERE ";

    /** Returns the names of what has not ended and names {@code subject}. */
    public List<String> standing(String subject) {
        long now = clock.millis();
        return database.read(sql -> {
            String freezes = "SELECT id, resources FROM velocity_freeze WHERE lifted IS NULL";
            String undos = "SELECT 'the undo of ' || receipt, scope FROM undo_state WHERE until > ?";
            return Stream.of(
                            named(sql, subject, HOLDS + "NOT (" + ENDED_HOLD + ")", now, now),
                            named(sql, subject, LEASES + "NOT (" + ENDED_LEASE + ")", now / 1000, now / 1000),
                            named(sql, subject, freezes),
                            named(sql, subject, ELEVATIONS + "until > ?", now),
                            named(sql, subject, undos, now))
                    .flatMap(List::stream)
                    .toList();
        });
    }

    /** Erases what has ended. */
    public void erase(String subject) {
        long now = clock.millis();
        database.write(sql -> {
            List<String> holds = named(sql, subject, HOLDS + ENDED_HOLD, now, now);
            for (String table : List.of("signature", "body", "text", "escalation", "look", "grant")) {
                sql.updateAmong("DELETE FROM confirm_" + table + " WHERE hold", holds);
            }
            sql.updateAmong("DELETE FROM confirm_hold WHERE id", holds);
            sql.updateAmong( // while its hold is there, that would elevate once more
                    "DELETE FROM identity_widening WHERE hold NOT IN (SELECT id FROM confirm_hold) AND hold",
                    named(sql, subject, ELEVATIONS + "until <= ?", now));
            sql.updateAmong(
                    "DELETE FROM identity_lease WHERE id",
                    named(sql, subject, LEASES + ENDED_LEASE, now / 1000, now / 1000));
            sql.updateAmong(
                    "DELETE FROM identity_request WHERE nonce",
                    named(sql, subject, "SELECT nonce, statement FROM identity_request"));
            sql.updateAmong(
                    "UPDATE identity_kill SET reason = '(erased)' WHERE id",
                    named(sql, subject, "SELECT id, reason FROM identity_kill"));
            sql.update("DELETE FROM undo_state WHERE until <= ?", now);
            return sql.updateAmong(
                    "DELETE FROM velocity_freeze WHERE id",
                    named(sql, subject, "SELECT id, resources FROM velocity_freeze WHERE lifted IS NOT NULL"));
        });
        database.compact();
    }

    private static List<String> named(Sql sql, String subject, String query, Object... values) {
        Predicate<String> names = SealedTexts.namedIn(subject);
        return sql.all(row -> new String[] {row.getString(1), row.getString(2)}, query, values).stream()
                .filter(row -> names.test(row[1]))
                .map(row -> row[0])
                .toList();
    }
}
