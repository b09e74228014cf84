package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JobQueueTest {

    private static final Instant NOW = Instant.parse("2026-11-22T01:00:00Z");
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final JobQueue turns = new JobQueue(nanos::get);

    private static JobQueue.QueuedJob due(String plan, DueJob.JobKind work, Instant at) {
        return new JobQueue.QueuedJob(plan, new DueJob(work, at, Optional.empty()));
    }

    private Optional<String> begun(DueJob.JobKind work, List<JobQueue.QueuedJob> due) {
        return turns.begin(work, due, NOW).map(JobQueue.QueuedJob::plan);
    }

    /** An attacker who makes a restore test hang does not delay backups. */
    @Test
    void anEndlessRestoreTestBlocksNoBackup() {
        JobQueue.QueuedJob trial = due("a", DueJob.JobKind.VERIFY, NOW);
        JobQueue.QueuedJob take = due("b", DueJob.JobKind.TAKE, NOW);
        assertThat(turns.begin(DueJob.JobKind.VERIFY, List.of(trial, take), NOW))
                .contains(trial);
        for (int times = 0; times < 3; times++) {
            assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(trial, take), NOW))
                    .contains(take);
            assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), NOW))
                    .as("one at a time")
                    .isEmpty();
            turns.end(take);
        }
        assertThat(turns.begin(DueJob.JobKind.VERIFY, List.of(due("b", DueJob.JobKind.VERIFY, NOW)), NOW))
                .isEmpty();
        assertThat(turns.isIdle()).isFalse();
        turns.end(trial);
        assertThat(turns.isIdle()).isTrue();
    }

    @Test
    void plansTakeTurns() {
        List<JobQueue.QueuedJob> all = List.of(
                due("a", DueJob.JobKind.TAKE, Instant.EPOCH),
                due("b", DueJob.JobKind.TAKE, NOW),
                due("c", DueJob.JobKind.TAKE, NOW.plusSeconds(1)));
        for (String plan : List.of("a", "b", "a", "b")) {
            assertThat(begun(DueJob.JobKind.TAKE, all)).contains(plan);
            turns.end(due(plan, DueJob.JobKind.TAKE, NOW));
        }
    }

    /** Changes of the wall clock do not matter. */
    @Test
    void aFailedJobIsDelayedForTenMinutes() {
        JobQueue.QueuedJob take = due("a", DueJob.JobKind.TAKE, Instant.EPOCH);
        turns.hold(take);
        assertThat(begun(DueJob.JobKind.TAKE, List.of(take))).isEmpty();
        assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), NOW.plus(Duration.ofDays(400))))
                .isEmpty();
        assertThat(begun(DueJob.JobKind.TAKE, List.of(take, due("b", DueJob.JobKind.TAKE, NOW))))
                .as("another plan's goes on")
                .contains("b");
        turns.end(due("b", DueJob.JobKind.TAKE, NOW));
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), NOW.minus(Duration.ofDays(1))))
                .contains(take);
    }

    /** An unreadable one does not prevent restore tests of the plan's others. */
    @Test
    void oneFailedTestDelaysNoOtherBackup() {
        JobQueue.QueuedJob unreadable = trial("b1", Instant.MIN);
        JobQueue.QueuedJob young = trial("b2", NOW);
        assertThat(turns.begin(DueJob.JobKind.VERIFY, List.of(unreadable, young), NOW))
                .contains(unreadable);
        turns.hold(unreadable);
        turns.end(unreadable);
        assertThat(turns.begin(DueJob.JobKind.VERIFY, List.of(unreadable, young), NOW))
                .contains(young);
        turns.end(young);
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThat(turns.begin(DueJob.JobKind.VERIFY, List.of(unreadable, young), NOW))
                .contains(unreadable);
    }

    private static JobQueue.QueuedJob trial(String backup, Instant at) {
        return new JobQueue.QueuedJob("a", new DueJob(DueJob.JobKind.VERIFY, at, Optional.of(backup)));
    }

    /** An attacker who hides backups must not cause one after the other. */
    @Test
    void aSuccessfulJobIsNotRepeatedEarly() {
        JobQueue.QueuedJob take = due("a", DueJob.JobKind.TAKE, Instant.EPOCH);
        Duration day = Duration.ofDays(1);
        assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), NOW)).contains(take);
        nanos.addAndGet(Duration.ofHours(2).toNanos());
        turns.end(take, day);
        nanos.addAndGet(Duration.ofHours(22).toNanos() - 1);
        Instant back = NOW.minus(Duration.ofDays(400));
        assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), back)).isEmpty();
        nanos.addAndGet(1);
        assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), back))
                .as("a day after it began, though the clock on the wall was set back")
                .contains(take);
        turns.end(take, day);
        assertThat(turns.begin(
                        DueJob.JobKind.TAKE, List.of(take), back.plus(day).minusNanos(1)))
                .isEmpty();
        assertThat(turns.begin(DueJob.JobKind.TAKE, List.of(take), back.plus(day)))
                .as("the machine slept, and no nanosecond passed")
                .contains(take);
    }

    @Test
    void theSchedulerWakesForTheNextDueJob() {
        List<JobQueue.QueuedJob> all = List.of(
                due("a", DueJob.JobKind.TAKE, NOW.plusSeconds(20)),
                due("a", DueJob.JobKind.VERIFY, NOW.plusSeconds(10)),
                due("b", DueJob.JobKind.VERIFY, NOW));
        assertThat(turns.timeUntil(all, NOW, LONGEST)).isZero();
        assertThat(begun(DueJob.JobKind.VERIFY, all)).contains("b");
        assertThat(turns.timeUntil(all, NOW, LONGEST))
                .as("none can be tried now")
                .isEqualTo(Duration.ofSeconds(20));
        turns.hold(all.getFirst());
        assertThat(turns.timeUntil(all, NOW, LONGEST)).isEqualTo(LONGEST);
        assertThat(turns.timeUntil(List.of(), NOW, LONGEST)).isEqualTo(LONGEST);
        assertThat(new JobQueue(nanos::get)
                        .timeUntil(List.of(due("a", DueJob.JobKind.TAKE, Instant.MIN)), NOW, LONGEST))
                .as("due before all else")
                .isZero();
    }

    /** The job that is due first begins with the plan's turn. */
    @Test
    void theEarliestJobOfAPlanIsFirst() {
        JobQueue.QueuedJob usual = due("a", DueJob.JobKind.VERIFY, Instant.EPOCH);
        JobQueue.QueuedJob atOnce = due("a", DueJob.JobKind.VERIFY, Instant.MIN);
        assertThat(turns.begin(DueJob.JobKind.VERIFY, List.of(usual, atOnce), NOW))
                .contains(atOnce);
    }
}
