package dev.interlock.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.store.Database;
import dev.interlock.store.LedgerMark;
import dev.interlock.store.SqliteLedgerMarkStore;
import dev.interlock.store.StoreCopy;
import dev.interlock.store.StoreUnavailableException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wherever a move ends, nobody can serve from both sides, and it goes on when it is run again. */
final class StoreMoveTest {

    @TempDir
    Path directory;

    private Database from;
    private Database to;
    private Database places;

    @AfterEach
    void close() {
        List.of(from, to, places).forEach(Database::close);
    }

    private Database file(String name) {
        return Database.open(directory.resolve(name), TableStores.schemas(true));
    }

    private void fill() {
        from = file("from.db");
        to = file("to.db");
        places = file("places.db");
        new SqliteLedgerMarkStore(from).write(new LedgerMark("log", 3, Instant.EPOCH, "key"));
    }

    private void refuse(Database database, String what) {
        database.write(sql -> sql.update("CREATE TRIGGER no BEFORE " + what
                + " ON store_schema WHEN " + (what.equals("DELETE") ? "old" : "new")
                + ".room = 'moved' BEGIN SELECT RAISE(ABORT, 'no'); END"));
        assertThatThrownBy(() -> StoreMove.move(from, to, from, places)).isInstanceOf(StoreUnavailableException.class);
        database.write(sql -> sql.update("DROP TRIGGER no"));
    }

    private void moves() {
        StoreMove.move(from, to, from, places);
        assertThat(StoreCopy.isRetired(from)).isTrue();
        assertThat(StoreCopy.isRetired(to)).isFalse();
        assertThat(StoreCopy.isRetired(places)).isFalse();
        assertThat(new SqliteLedgerMarkStore(to).all()).containsExactly(new LedgerMark("log", 3, Instant.EPOCH, "key"));
    }

    @Test
    void theSourceIsMarkedBeforeTheTargetCounts() {
        fill();
        refuse(from, "INSERT");
        assertThat(StoreCopy.isRetired(from)).isFalse();
        assertThat(StoreCopy.isRetired(to)).as("two would serve").isTrue();
        moves();
    }

    @Test
    void itGoesOnWhereItWasInterrupted() {
        fill();
        refuse(places, "DELETE");
        refuse(to, "DELETE");
        assertThat(StoreCopy.isRetired(from)).isTrue();
        assertThat(StoreCopy.isRetired(to)).isTrue();
        moves();
    }

    /** The target has moved on since: its newer state lies elsewhere. */
    @Test
    void whatMovedAwayLongAgoIsNotMovedAgain() {
        fill();
        moves();
        StoreCopy.retire(to, 5);
        assertThatThrownBy(() -> StoreMove.move(from, to, from, places)).hasMessageContaining("moved away already");
    }
}
