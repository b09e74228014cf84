package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import dev.interlock.gate.AuditRecorder;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the last of the ledger's disk is reserved for people's commands, and not for rejected ones. */
class DiskReserveForPeopleTest {

    @TempDir
    private Path directory;

    private final AtomicLong room = new AtomicLong(Long.MAX_VALUE);

    private final DiskReserve.DiskSpaceProbe disk = new DiskReserve.DiskSpaceProbe() {
        @Override
        public Object of(Path path) {
            return "the ledger's";
        }

        @Override
        public long freeBytes(Path path) {
            return room.get();
        }
    };

    @Test
    void forbiddenCommandsUseNoDiskReserve() throws Exception {
        room.set(DiskReserve.KEPT - 1);
        try (Ledger ledger = new TestLedgers(directory).openReplicated(disk, Replicator.DEFAULT_PATIENCE)) {
            AuditRecorder records = new AuditRecorder(
                    ledger,
                    TestLedgers.ORIGIN,
                    InstantSource.system(),
                    _ -> {},
                    _ -> Optional.empty(),
                    SaltedDigests.OPEN);
            Json.Members kill = Json.object().with("command", "kill");
            assertThatThrownBy(() -> records.recordDeniedAdministration(kill)).isInstanceOf(LedgerFullException.class);
            assertThat(records.recordAdministration(kill)).startsWith("R-");
            room.set(DiskReserve.LITTLE);
            assertThat(ledger.status().size()).isEqualTo(1); // which measures the free space again
            assertThat(records.recordDeniedAdministration(kill)).startsWith("R-");
        }
    }
}
