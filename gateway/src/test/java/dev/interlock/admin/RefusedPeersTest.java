package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RefusedPeersTest {

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-04-24T12:00:00Z"));
    private final RefusedPeers peers = new RefusedPeers(now::get);

    private void knock(int times) {
        for (int i = 0; i < times; i++) {
            peers.admit("agent");
        }
    }

    @Test
    void theFirstKnocksAreWrittenOneByOne() {
        assertThat(peers.admit("agent")).hasValue(0);
        assertThat(peers.admit("agent")).hasValue(0);
    }

    @Test
    void aFloodIsCountedAndWrittenWithTheNextWindowsFirst() {
        knock(RefusedPeers.DEFAULT_BURST);
        assertThat(peers.admit("agent")).isEmpty();
        assertThat(peers.admit("agent")).isEmpty();
        now.set(now.get().plus(RefusedPeers.DEFAULT_WINDOW));
        assertThat(peers.admit("agent")).hasValue(2);
    }

    @Test
    void oneUsersFloodHidesNobodyElses() {
        knock(RefusedPeers.DEFAULT_BURST + 5);
        assertThat(peers.admit("other")).hasValue(0);
    }

    @Test
    void aClockThatJumpsBackOpensAWindowRatherThanNone() {
        knock(RefusedPeers.DEFAULT_BURST + 1);
        now.set(now.get().minus(Duration.ofHours(1)));
        assertThat(peers.admit("agent")).hasValue(1);
    }
}
