package dev.interlock.undo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.store.Database;
import dev.interlock.testing.StoreEngine;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStateStoreTest {

    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");
    private static final KeptState.LeaseScope SCOPE = new KeptState.LeaseScope(
            "L-1", "jer/cursor", "fix", Optional.empty(), Set.of("staging"), Set.of(Impact.WRITE));

    @TempDir
    Path directory;

    private Database database;
    private StateStore states;

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("store.db"), SqliteStateStore.SCHEMAS);
        states = new SqliteStateStore(database, "");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static KeptState state(String receipt, String subject, int size) {
        return new KeptState(receipt, SCOPE, "orders", subject, NOW, NOW.plusSeconds(60), Bytes.of(new byte[size]));
    }

    @Test
    void aStateIsFoundUntilItExpiresOrIsDropped() {
        KeptState kept = state("R-1", "order/o-1", 3);
        assertThat(states.keep(kept, 1, NOW)).isEqualTo(UndoStore.KeepResult.KEPT);
        assertThat(states.find("R-1", NOW)).contains(kept);
        assertThat(states.find("R-1", NOW.plusSeconds(60))).isEmpty();
        states.drop("R-1");
        assertThat(states.find("R-1", NOW)).isEmpty();
    }

    private UndoStore.KeepResult keep(String receipt, String subject, long number) {
        return states.keep(state(receipt, subject, 3), number, NOW);
    }

    @Test
    void whatAnotherCallIsChangingIsNotKeptTwice() {
        long first = states.nextReading();
        assertThat(keep("R-1", "order/o-1", first)).isEqualTo(UndoStore.KeepResult.KEPT);
        assertThat(keep("R-2", "order/o-1", first)).isEqualTo(UndoStore.KeepResult.CHANGED);
        assertThat(keep("R-3", "order/o-2", first)).isEqualTo(UndoStore.KeepResult.KEPT);
        assertThat(keep("R-4", "", first)).isEqualTo(UndoStore.KeepResult.CHANGED);
        long before = states.nextReading();
        states.end("R-1");
        assertThat(keep("R-2", "order/o-1", before)).isEqualTo(UndoStore.KeepResult.CHANGED);
        assertThat(keep("R-2", "order/o-1", states.nextReading())).isEqualTo(UndoStore.KeepResult.KEPT);
        states.endAll();
        assertThat(keep("R-5", "order/o-2", states.nextReading())).isEqualTo(UndoStore.KeepResult.KEPT);
    }

    /** A gateway that starts again has ended its own calls, and nothing is over for the others. */
    @Test
    void anotherGatewaysCallsGoOn() {
        long before = states.nextReading();
        StateStore one = new SqliteStateStore(database, "a");
        StateStore other = new SqliteStateStore(database, "b");
        one.keep(state("R-1", "order/o-1", 3), before, NOW);
        other.keep(state("R-2", "order/o-2", 3), before, NOW);
        other.endAll();
        long after = other.nextReading();
        assertThat(other.keep(state("R-3", "order/o-1", 3), after, NOW)).isEqualTo(UndoStore.KeepResult.CHANGED);
        assertThat(one.keep(state("R-4", "order/o-2", 3), before, NOW))
                .as("read while the other one's call was under way")
                .isEqualTo(UndoStore.KeepResult.CHANGED);
        assertThat(one.keep(state("R-4", "order/o-2", 3), after, NOW)).isEqualTo(UndoStore.KeepResult.KEPT);
    }

    /** A store of one gateway, which was moved: its numbers mean nothing here, and its calls are over. */
    @Test
    void whatWasMovedHereIsOver() {
        keep("R-1", "order/o-1", states.nextReading());
        StateStore shared = new SqliteStateStore(database, "a");
        shared.endAll();
        assertThat(shared.keep(state("R-2", "order/o-1", 3), 1, NOW)).isEqualTo(UndoStore.KeepResult.KEPT);
    }

    @Test
    void thereIsNoRoomBeyondAnAgentsShare() {
        int half = (int) UndoStore.MAX_AGENT / 2;
        assertThat(states.keep(state("R-1", "order/o-1", half), 1, NOW)).isEqualTo(UndoStore.KeepResult.KEPT);
        assertThat(states.keep(state("R-2", "order/o-2", half + 2), 1, NOW)).isEqualTo(UndoStore.KeepResult.FULL);
        assertThat(states.hasRoom("jer/cursor", half, NOW)).isTrue();
        assertThat(states.hasRoom("jer/cursor", half + 2, NOW)).isFalse();
        assertThat(states.hasRoom("another", half + 2, NOW)).isTrue();
        assertThat(states.hasRoom("jer/cursor", half + 2, NOW.plusSeconds(60))).isTrue();
    }
}
