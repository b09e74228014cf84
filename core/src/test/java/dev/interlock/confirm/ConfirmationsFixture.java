package dev.interlock.confirm;

import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The confirmations on a real database, which can be closed and opened again like in a restart. */
final class ConfirmationsFixture implements AutoCloseable {

    final TestingWorld world;
    final TestingClock clock = new TestingClock();
    final List<HoldSigning.SignatureResult> heard = new ArrayList<>();
    final Set<String> endedLeases = new HashSet<>();
    private final Path file;
    private Database database;
    Confirmations gate;
    HoldSigning people;
    Seal seal;

    ConfirmationsFixture(Path directory, TestingWorld world) {
        this.file = directory.resolve("state.db");
        this.world = world;
        this.seal = world.seal();
        start();
    }

    private void start() {
        database = StoreEngine.open(file, SqliteHoldStore.SCHEMAS);
        gate = new Confirmations(
                new SqliteHoldStore(database), clock, clock::nanos, new SecureRandom(), new NoPasskeys());
        people = gate.confirmers(lease -> !endedLeases.contains(lease));
    }

    void restart() {
        close();
        start();
    }

    @Override
    public void close() {
        database.close();
    }

    Database database() {
        return database;
    }

    static Obligations owners(int count) {
        return obligations(count, Duration.ZERO, false, false);
    }

    static Obligations obligations(int count, Duration cooldown, boolean typeName, boolean other) {
        return new Obligations(
                Set.of(new Obligations.Quorum(count, "owners")),
                cooldown,
                Optional.empty(),
                OptionalLong.empty(),
                typeName,
                other);
    }

    Verdict.Hold verdict(Obligations obligations) {
        return new Verdict.Hold(new VerdictReasons(seal.id(), List.of("p1")), obligations);
    }

    HoldReadiness ready(ResolvedAttempt sensed, Obligations obligations) {
        return gate.ready(seal, sensed, verdict(obligations), Optional.empty());
    }

    Confirmations.ParkResult open(ResolvedAttempt sensed, Obligations obligations) {
        return gate.open(seal, sensed, verdict(obligations));
    }

    HoldTicket park(ResolvedAttempt sensed, Obligations obligations) {
        return ((Confirmations.ParkResult.ParkedAttempt) open(sensed, obligations)).ticket();
    }

    byte[] statement(String hold) {
        return people.show(seal, hold).orElseThrow().statement().toArray();
    }

    HoldSigning.SignatureResult sign(String hold, TestingKey key) {
        return sign(hold, key, Optional.empty());
    }

    HoldSigning.SignatureResult sign(String hold, TestingKey key, Optional<String> typed) {
        return people.sign(seal, hold, key.sign(Statement.NAMESPACE, statement(hold)), typed, heard::add);
    }

    Confirmation confirmation(ResolvedAttempt sensed, Obligations obligations) {
        return ((HoldReadiness.ReadyHold) ready(sensed, obligations)).confirmation();
    }

    static Hold stored(Database database, String id) {
        HoldStore store = new SqliteHoldStore(database);
        store.begin(new NoPasskeys()::counts, _ -> {});
        return store.read(rows -> rows.find(id)).orElseThrow();
    }
}
