package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.UnderstoodCall;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.stream.Stream;

/**
 * Statements that are sent together. The server runs all, or none after the first that fails.
 *
 * @param authority the server's host and port
 * @param sql the texts in SQL, as they are sent
 * @param values the parameters that are bound to them, with their formats, as they are sent
 * @param actions what they do, by the texts and by the server's catalogs
 * @param completesEarlier whether one of them commits what others have changed that were sent before
 */
record SqlCall(
        String authority,
        String database,
        List<String> sql,
        Bytes values,
        List<Action> actions,
        boolean completesEarlier)
        implements UnderstoodCall {

    static final String PROTOCOL = "postgres";

    SqlCall {
        sql = List.copyOf(sql);
        actions = List.copyOf(actions);
    }

    SqlCall(String authority, String database, List<String> sql, Bytes values, List<Action> actions) {
        this(authority, database, sql, values, actions, false);
    }

    @Override
    public String provider() {
        return ActionWriter.PROVIDER;
    }

    @Override
    public String protocol() {
        return PROTOCOL;
    }

    @Override
    public Bytes body() {
        return values;
    }

    @Override
    public Json.Members canonical(SaltedDigests digests) {
        return Json.object()
                .with("method", "SQL")
                .with("authority", authority)
                .with("database", database)
                .withTexts(
                        "statements",
                        sql.stream().map(text -> digests.salted(text).digest()))
                .with("body_digest", digests.of(values))
                .with("body_length", values.length());
    }

    @Override
    public List<String> saltedTexts() {
        return sql;
    }

    @Override
    public Stream<String> texts() {
        return sql.stream();
    }

    @Override
    public Json.Members kept() {
        return Json.object().with("database", database).withTexts("statements", sql);
    }

    @Override
    public long weight() {
        return UnderstoodCall.super.weight()
                + sql.stream().mapToLong(String::length).sum() * 2;
    }

    @Override
    public String toString() {
        return sql.size() + " statements for " + database; // never their text
    }
}
