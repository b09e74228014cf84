package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.Refusal;
import dev.interlock.catalog.CallReader;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Undo;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** Says what calls in SQL mean. The front has read that already: names mean what the client's own session says. */
public final class SqlCallReader implements CallReader {

    /** Returns {@code others} with this one for the upstreams that are databases. */
    public static CallReader.Registry beside(CallReader.Registry others) {
        SqlCallReader own = new SqlCallReader();
        return (seal, upstream) -> upstream.catalog().equals(ActionWriter.PROVIDER)
                ? Optional.of(own)
                : others.find(seal, upstream);
    }

    @Override
    public CallReading read(Call call) {
        return call instanceof SqlCall sql
                ? new CallReading.CallMeaning(
                        sql.actions(), sql, Optional.empty(), Optional.empty(), Optional.empty())
                : new CallReading.CallRejection(
                        "This upstream is a database that speaks PostgreSQL's protocol.",
                        "Connect to it with a client of PostgreSQL.",
                        Refusal.Finality.FINAL);
    }

    @Override
    public List<Action> attempted(Call call) {
        return call instanceof SqlCall sql ? sql.actions() : List.of();
    }

    @Override
    public Optional<Undo> undo(Json.Members kept) {
        return Optional.empty();
    }
}
