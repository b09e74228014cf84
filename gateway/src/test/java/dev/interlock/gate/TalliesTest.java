package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TalliesTest {

    private static final int BURST = 20;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-04-24T12:00:00Z"));
    private final Tallies peers = new Tallies(now::get, BURST);

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
        knock(BURST);
        assertThat(peers.admit("agent")).isEmpty();
        assertThat(peers.admit("agent")).isEmpty();
        now.set(now.get().plus(Tallies.DEFAULT_WINDOW));
        assertThat(peers.admit("agent")).hasValue(2);
    }

    @Test
    void aFloodThatEndsIsCountedWhenItsWindowIsOverAndOnce() {
        knock(BURST + 2);
        assertThat(peers.takeOverdue()).isEmpty();
        now.set(now.get().plus(Tallies.DEFAULT_WINDOW));
        assertThat(peers.takeOverdue()).containsExactly(Map.entry("agent", 2L));
        assertThat(peers.takeOverdue()).isEmpty();
        peers.putBack("agent", 2);
        assertThat(peers.takeOverdue()).containsExactly(Map.entry("agent", 2L));
        assertThat(peers.admit("agent")).hasValue(0);
    }

    @Test
    void oneUsersFloodHidesNobodyElses() {
        knock(BURST + 5);
        assertThat(peers.admit("other")).hasValue(0);
    }

    @Test
    void aClockThatJumpsBackOpensAWindowRatherThanNone() {
        knock(BURST + 1);
        now.set(now.get().minus(Duration.ofHours(1)));
        assertThat(peers.admit("agent")).hasValue(1);
    }

    private void fill() {
        for (int i = 1; i < Tallies.MAX_CALLERS; i++) {
            peers.admit("caller " + i);
        }
    }

    @Test
    void theFirstThatFindsNoRoomStillHasAnIdleOnesAfterTheirTime() {
        Tallies single = new Tallies(now::get, 1);
        for (int i = 0; i < Tallies.MAX_CALLERS; i++) {
            single.admit("caller " + i);
        }
        now.set(now.get().plus(Tallies.DEFAULT_WINDOW));
        assertThat(single.admit("one more")).hasValue(0);
        assertThat(single.admit("one more")).isEmpty();
    }

    @Test
    void aFloodIsNotForgottenForOthersBeforeItIsWritten() {
        knock(BURST + 3);
        fill();
        now.set(now.get().plus(Tallies.DEFAULT_WINDOW));
        peers.admit("one more");
        assertThat(peers.takeOverdue()).containsExactly(Map.entry("agent", 3L));
    }

    @Test
    void nobodyKnocksAnewBecauseOthersCome() {
        knock(BURST);
        fill();
        peers.admit("one more");
        assertThat(peers.admit("agent")).isEmpty();
    }

    @Test
    void moreCallersThanAnybodyHasShareOneTallyUntilTheirTimeIsOver() {
        for (int i = 0; i < Tallies.MAX_CALLERS + BURST; i++) {
            assertThat(peers.admit("caller " + i)).hasValue(0);
        }
        assertThat(peers.admit("one more")).isEmpty();
        now.set(now.get().plus(Tallies.DEFAULT_WINDOW));
        assertThat(peers.admit("one more")).hasValue(0);
    }
}
