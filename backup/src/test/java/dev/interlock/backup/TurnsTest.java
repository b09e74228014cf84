package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T01:00:00Z");
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final Turns turns = new Turns(nanos::get);

    private static Turns.Turn due(String plan, Due.Work work, Instant at) {
        return new Turns.Turn(plan, new Due(work, at, Optional.empty()));
    }

    private Optional<String> begun(Due.Work work, List<Turns.Turn> due) {
        return turns.begin(work, due, NOW).map(Turns.Turn::plan);
    }

    /** Whoever can hang a trial hangs no taking. */
    @Test
    void aTrialWithoutAnEndHoldsUpNoTaking() {
        Turns.Turn trial = due("a", Due.Work.VERIFY, NOW);
        Turns.Turn take = due("b", Due.Work.TAKE, NOW);
        assertThat(turns.begin(Due.Work.VERIFY, List.of(trial, take), NOW)).contains(trial);
        for (int times = 0; times < 3; times++) {
            assertThat(turns.begin(Due.Work.TAKE, List.of(trial, take), NOW)).contains(take);
            assertThat(turns.begin(Due.Work.TAKE, List.of(take), NOW))
                    .as("one at a time")
                    .isEmpty();
            turns.end(take);
        }
        assertThat(turns.begin(Due.Work.VERIFY, List.of(due("b", Due.Work.VERIFY, NOW)), NOW))
                .isEmpty();
        assertThat(turns.isIdle()).isFalse();
        turns.end(trial);
        assertThat(turns.isIdle()).isTrue();
    }

    @Test
    void plansHaveTheirTurns() {
        List<Turns.Turn> all = List.of(
                due("a", Due.Work.TAKE, Instant.EPOCH),
                due("b", Due.Work.TAKE, NOW),
                due("c", Due.Work.TAKE, NOW.plusSeconds(1)));
        for (String plan : List.of("a", "b", "a", "b")) {
            assertThat(begun(Due.Work.TAKE, all)).contains(plan);
            turns.end(due(plan, Due.Work.TAKE, NOW));
        }
    }

    /** However the clock on the wall is set meanwhile. */
    @Test
    void whatFailedIsHeldForTenMinutes() {
        Turns.Turn take = due("a", Due.Work.TAKE, Instant.EPOCH);
        turns.hold(take);
        assertThat(begun(Due.Work.TAKE, List.of(take))).isEmpty();
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), NOW.plus(Duration.ofDays(400))))
                .isEmpty();
        assertThat(begun(Due.Work.TAKE, List.of(take, due("b", Due.Work.TAKE, NOW))))
                .as("another plan's goes on")
                .contains("b");
        turns.end(due("b", Due.Work.TAKE, NOW));
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), NOW.minus(Duration.ofDays(1))))
                .contains(take);
    }

    /** One that cannot be read keeps no other of its plan from being tried. */
    @Test
    void thatOneBackupFailedHoldsNoOther() {
        Turns.Turn unreadable = trial("b1", Instant.MIN);
        Turns.Turn young = trial("b2", NOW);
        assertThat(turns.begin(Due.Work.VERIFY, List.of(unreadable, young), NOW))
                .contains(unreadable);
        turns.hold(unreadable);
        turns.end(unreadable);
        assertThat(turns.begin(Due.Work.VERIFY, List.of(unreadable, young), NOW))
                .contains(young);
        turns.end(young);
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(turns.begin(Due.Work.VERIFY, List.of(unreadable, young), NOW))
                .contains(unreadable);
    }

    private static Turns.Turn trial(String backup, Instant at) {
        return new Turns.Turn("a", new Due(Due.Work.VERIFY, at, Optional.of(backup)));
    }

    /** Whoever hides what was taken has nobody take one after the other. */
    @Test
    void whatWentWellIsNotDoneAgainBeforeItsTime() {
        Turns.Turn take = due("a", Due.Work.TAKE, Instant.EPOCH);
        Duration day = Duration.ofDays(1);
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), NOW)).contains(take);
        nanos.addAndGet(Duration.ofHours(2).toNanos());
        turns.end(take, day);
        nanos.addAndGet(Duration.ofHours(22).toNanos() - 1);
        Instant back = NOW.minus(Duration.ofDays(400));
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), back)).isEmpty();
        nanos.addAndGet(1);
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), back))
                .as("a day after it began, though the clock on the wall was set back")
                .contains(take);
        turns.end(take, day);
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), back.plus(day).minusNanos(1)))
                .isEmpty();
        assertThat(turns.begin(Due.Work.TAKE, List.of(take), back.plus(day)))
                .as("the machine slept, and no nanosecond passed")
                .contains(take);
    }

    @Test
    void nobodySleepsBeyondWhatIsDue() {
        List<Turns.Turn> all = List.of(
                due("a", Due.Work.TAKE, NOW.plusSeconds(20)),
                due("a", Due.Work.VERIFY, NOW.plusSeconds(10)),
                due("b", Due.Work.VERIFY, NOW));
        assertThat(turns.rest(all, NOW, LONGEST)).isZero();
        assertThat(begun(Due.Work.VERIFY, all)).contains("b");
        assertThat(turns.rest(all, NOW, LONGEST)).as("none can be tried now").isEqualTo(Duration.ofSeconds(20));
        turns.hold(all.getFirst());
        assertThat(turns.rest(all, NOW, LONGEST)).isEqualTo(LONGEST);
        assertThat(turns.rest(List.of(), NOW, LONGEST)).isEqualTo(LONGEST);
        assertThat(new Turns(nanos::get).rest(List.of(due("a", Due.Work.TAKE, Instant.MIN)), NOW, LONGEST))
                .as("due before all else")
                .isZero();
    }

    /** What is due before all else begins with the plan's turn. */
    @Test
    void ofOnePlanTheEarliestIsFirst() {
        Turns.Turn usual = due("a", Due.Work.VERIFY, Instant.EPOCH);
        Turns.Turn atOnce = due("a", Due.Work.VERIFY, Instant.MIN);
        assertThat(turns.begin(Due.Work.VERIFY, List.of(usual, atOnce), NOW)).contains(atOnce);
    }
}
