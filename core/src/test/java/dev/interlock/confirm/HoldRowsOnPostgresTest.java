package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.OnPostgres;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The statements about holds that no other test over PostgreSQL reaches. */
@OnPostgres
class HoldRowsOnPostgresTest {

    @TempDir
    Path directory;

    @Test
    void everyStatementIsUnderstood() {
        try (ConfirmationsFixture room = new ConfirmationsFixture(directory, new TestingWorld())) {
            String id = room.park(TestingWorld.deletion("vol_1", "production"), ConfirmationsFixture.owners(1))
                    .id();
            Instant now = room.clock.instant();
            HoldStore store = new SqliteHoldStore(room.database());
            Hold hold = ConfirmationsFixture.stored(room.database(), id);
            store.write(rows -> {
                rows.recordView(id, "ann", now);
                rows.recordView(id, "ann", now.plusSeconds(1));
                rows.recordView("H-none", "ann", now);
                assertThat(rows.firstView(id, "ann")).contains(now);
                rows.replace(hold, hold);
                assertThat(rows.firstView(id, "ann")).isEmpty();
                rows.keep(id, Set.of());
                rows.forgetTextsBefore(id + "x");
                rows.finish(hold);
                assertThat(rows.isDone(id)).as("it was not used").isFalse();
                assertThat(rows.livePlanned(hold.statement().lease())).isEmpty();
                assertThat(rows.plan(hold)).isEmpty();
                assertThat(rows.consumedSince(now)).isEmpty();
                assertThat(rows.ofAgent("jer/cursor", now)).extracting(Hold::id).containsExactly(id);
                assertThat(rows.liveHeads()).hasSize(1);
                return true;
            });
        }
    }

    /** PostgreSQL knows no NUL, and an agent may write one. */
    @Test
    void aCallWithANulIsAskedAboutAsWell() {
        try (ConfirmationsFixture room = new ConfirmationsFixture(directory, new TestingWorld())) {
            String id = room.park(TestingWorld.deletion("vol\0", "production"), ConfirmationsFixture.owners(1))
                    .id();
            HoldStore store = new SqliteHoldStore(room.database());
            Instant now = room.clock.instant();
            assertThat(store.<List<Hold>>read(rows -> rows.ofAgent("jer/cursor", now)))
                    .extracting(Hold::id)
                    .containsExactly(id);
        }
    }
}
