package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Resource;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the schedule of several plans, with scripted targets and a scripted gateway. */
@Timeout(300)
class BackupSchedulerTest {

    private static final Instant NOW = Instant.parse("2026-11-22T01:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final ScriptedWorker hands = new ScriptedWorker();

    /** Records its calls. */
    private static final class ScriptedWorker implements BackupScheduler.BackupWorker {
        private final Map<String, BackupScheduler.TargetState> looks = new ConcurrentHashMap<>();
        private final Map<String, Runnable> before = new ConcurrentHashMap<>();
        private final List<String> done = Collections.synchronizedList(new ArrayList<>());
        private final List<String> waits = Collections.synchronizedList(new ArrayList<>());
        private final List<String> failed = Collections.synchronizedList(new ArrayList<>());
        private final List<Duration> limits = Collections.synchronizedList(new ArrayList<>());
        private final Set<String> owed = ConcurrentHashMap.newKeySet();
        private final List<Boolean> known = Collections.synchronizedList(new ArrayList<>());

        private void does(String what) {
            before.getOrDefault(what, () -> {}).run();
        }

        @Override
        public BackupScheduler.TargetState check(BackupPlanConfig plan, ListingCache remembered) throws IOException {
            does("look " + plan.name());
            BackupScheduler.TargetState look = looks.get(plan.name());
            if (look == null) {
                throw new IOException("it does not answer");
            }
            look.listing().entries().forEach(entry -> {
                known.add(remembered.of(entry.id()).isPresent());
                remembered.keep(entry);
            });
            return look;
        }

        @Override
        public boolean hasUnreportedFailure(BackupPlanConfig plan) {
            return owed.contains(plan.name());
        }

        @Override
        public int take(BackupPlanConfig plan, Duration limit) {
            return did("take " + plan.name(), limit);
        }

        @Override
        public int verify(BackupPlanConfig plan, String backup, Duration limit) {
            return did("verify " + plan.name() + "/" + backup, limit);
        }

        private int did(String what, Duration limit) {
            done.add(what);
            limits.add(limit);
            does(what);
            return 0;
        }

        @Override
        public void waits(JobQueue.QueuedJob next, Instant at) {
            waits.add(next.due().work() + " " + next.plan() + " " + at);
            does("wait");
        }

        @Override
        public int failed(BackupPlanConfig plan, Throwable why) {
            failed.add(plan.name() + ": " + why.getMessage());
            return 69;
        }
    }

    private static BackupPlanConfig plan(String name, Duration every) {
        return new BackupPlanConfig(
                name,
                Resource.parse("railway:volume/v1"),
                new BackupSource.Directory(Path.of("/srv"), Optional.empty()),
                new BackupTarget.Directory(Path.of("/mnt/offsite"), Optional.empty()),
                every,
                Retention.USUAL,
                Optional.empty());
    }

    private BackupScheduler rounds(String... plans) {
        return new BackupScheduler(
                List.of(plans).stream().map(name -> plan(name, DAY)).toList(),
                hands,
                nanos::get,
                Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private int round(BackupScheduler rounds) throws InterruptedException {
        return rounds.run(true, () -> {});
    }

    /** Runs the scheduler in a thread of its own. */
    private static Thread running(BackupScheduler rounds) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                rounds.run(false, () -> {});
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static BackupListing.ListedBackup untried(String id, Instant takenAt) {
        return new BackupListing.ListedBackup(id, takenAt, 1000, Optional.empty(), Optional.empty());
    }

    private static BackupListing.ListedBackup tried(String id, Duration took) {
        BackupAttestation found = new BackupAttestation(Json.object()
                .with("backup", id)
                .with("tried_at", NOW.toString())
                .with("took_seconds", took.toSeconds())
                .with("restored", true));
        return new BackupListing.ListedBackup(id, NOW, 1000, Optional.of(found), Optional.empty());
    }

    private static BackupListing.ListedBackup unreadable(String id) {
        return new BackupListing.ListedBackup(id, Instant.EPOCH, 0, Optional.empty(), Optional.of("it cannot be read"));
    }

    private void shows(String plan, BackupStatus standing, BackupListing.ListedBackup... entries) {
        hands.looks.put(plan, new BackupScheduler.TargetState(new BackupListing(List.of(entries)), standing, 0));
    }

    private static void fails(RuntimeException e) {
        throw e;
    }

    private static void fails(Error e) {
        throw e;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The gateway counts on one that cannot be read or tested: the youngest is tested nevertheless. */
    @Test
    void anUntestableBackupBlocksNoOther() throws InterruptedException {
        shows(
                "a",
                new BackupStatus(Optional.of("b1"), Set.of(), Map.of()),
                unreadable("b1"),
                untried("b2", NOW.minusSeconds(60)));
        hands.before.put("verify a/b1", () -> fails(new IllegalStateException("it cannot be read")));
        hands.before.put(
                "verify a/b2",
                () -> shows(
                        "a",
                        new BackupStatus(Optional.of("b1"), Set.of(), Map.of()),
                        unreadable("b1"),
                        tried("b2", Duration.ZERO)));
        BackupScheduler rounds = rounds("a");
        assertThat(round(rounds)).isEqualTo(69);
        assertThat(hands.done).containsExactly("verify a/b1", "verify a/b2");
        assertThat(hands.failed).containsExactly("a: it cannot be read");
        nanos.addAndGet(JobQueue.AGAIN.toNanos());
        round(rounds);
        assertThat(hands.done).endsWith("verify a/b1").hasSize(3);
    }

    private List<Integer> minutesOfLooks(int minutes, String... owed) throws InterruptedException {
        hands.failed.clear();
        hands.owed.clear();
        hands.owed.addAll(List.of(owed));
        BackupScheduler rounds = rounds("a");
        List<Integer> looks = new ArrayList<>();
        for (int minute = 0; minute < minutes; minute++) {
            int before = hands.failed.size();
            round(rounds);
            if (hands.failed.size() > before) {
                looks.add(minute);
            }
            nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        }
        return looks;
    }

    /** The gateway was just restarting, or delayed. */
    @Test
    void whatTheGatewayHasNotHeardIsToldAgainWithinAMinute() throws InterruptedException {
        assertThat(minutesOfLooks(12)).containsExactly(0, 1, 11);
        assertThat(minutesOfLooks(5, "a")).containsExactly(0, 1, 2, 3, 4);
    }

    /** A database's answer may exceed the memory. */
    @Test
    void anErrorInOneJobEndsNoOther() throws InterruptedException {
        shows("a", BackupStatus.UNKNOWN, untried("b1", NOW));
        shows("b", BackupStatus.UNKNOWN);
        hands.before.put("verify a/b1", () -> fails(new OutOfMemoryError("Java heap space")));
        hands.before.put("look c", () -> fails(new StackOverflowError("look")));
        hands.before.put("take b", () -> shows("b", BackupStatus.UNKNOWN, tried("b1", Duration.ZERO)));
        assertThat(round(rounds("a", "b", "c"))).isEqualTo(69);
        assertThat(hands.done).containsExactlyInAnyOrder("verify a/b1", "take b");
        assertThat(hands.failed).containsExactlyInAnyOrder("a: Java heap space", "c: look");
    }

    /** The process has as many threads as the machine allows. It goes on when one is free again. */
    @Test
    void whatFindsNoThreadEndsNoOther() throws InterruptedException {
        shows("a", BackupStatus.UNKNOWN);
        hands.before.put("take a", () -> shows("a", BackupStatus.UNKNOWN, tried("b1", Duration.ZERO)));
        AtomicInteger asked = new AtomicInteger();
        BackupScheduler rounds = new BackupScheduler(
                List.of(plan("a", DAY)), hands, nanos::get, Clock.fixed(NOW, ZoneOffset.UTC), work -> {
                    if (asked.incrementAndGet() == 1) {
                        throw new InternalError("unable to create a native thread");
                    }
                    Thread.startVirtualThread(work);
                });
        assertThat(round(rounds)).isEqualTo(69);
        assertThat(hands.failed).containsExactly("a: unable to create a native thread");
        assertThat(hands.done).isEmpty();
        nanos.addAndGet(JobQueue.AGAIN.toNanos());
        round(rounds);
        assertThat(hands.done).containsExactly("take a");
    }

    /** A target that hangs affects its own plan only. */
    @Test
    void aHangingTargetCheckBlocksNoOtherPlan() throws InterruptedException {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch taken = new CountDownLatch(1);
        shows("a", BackupStatus.UNKNOWN);
        shows("b", BackupStatus.UNKNOWN);
        hands.before.put("look a", () -> await(hangs));
        hands.before.put("take b", taken::countDown);
        BackupScheduler rounds = rounds("a", "b");
        Thread running = running(rounds);
        taken.await();
        assertThat(hands.done).containsExactly("take b");
        rounds.end();
        hangs.countDown();
        running.join();
    }

    /** Starts threads, and goes on when one has ended or hangs. */
    private static Executor startingEach(CompletableFuture<Thread> hanging) {
        return work -> CompletableFuture.anyOf(
                        CompletableFuture.runAsync(
                                work, task -> Thread.ofPlatform().daemon().start(task)),
                        hanging)
                .join();
    }

    /** The job waits for a file that a process holds, and no limit ends that. */
    @Test
    void anEndlessJobBlocksOnlyItsPlan() throws InterruptedException {
        CompletableFuture<Thread> hanging = new CompletableFuture<>();
        CountDownLatch held = new CountDownLatch(1);
        shows("a", BackupStatus.UNKNOWN);
        shows("b", BackupStatus.UNKNOWN);
        hands.before.put("take a", () -> {
            nanos.addAndGet(Duration.ofHours(25).toNanos());
            hanging.complete(Thread.currentThread());
            await(held);
        });
        BackupScheduler rounds = new BackupScheduler(
                List.of(plan("a", DAY), plan("b", DAY)),
                hands,
                nanos::get,
                Clock.fixed(NOW, ZoneOffset.UTC),
                startingEach(hanging));
        assertThat(round(rounds)).isEqualTo(69);
        assertThat(hands.done).containsExactly("take a", "take b");
        assertThat(hands.failed).singleElement().asString().contains("a: it did not finish within 24 h");
        nanos.addAndGet(JobQueue.AGAIN.toNanos());
        round(rounds);
        assertThat(hands.done).as("a second one would hang too").hasSize(2);

        hands.before.remove("take a");
        held.countDown();
        hanging.join().join();
        nanos.addAndGet(JobQueue.AGAIN.toNanos());
        round(rounds);
        assertThat(hands.done).containsExactly("take a", "take b", "take a");
        assertThat(hands.failed).hasSize(1);
    }

    /** An attacker hides each backup at once. */
    @Test
    void whatDoesNotShowIsNotTakenOneAfterTheOther() throws InterruptedException {
        shows("a", BackupStatus.UNKNOWN);
        BackupScheduler rounds = rounds("a");
        round(rounds);
        nanos.addAndGet(Duration.ofHours(23).toNanos());
        round(rounds);
        assertThat(hands.done).containsExactly("take a");
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        round(rounds);
        assertThat(hands.done).containsExactly("take a", "take a");
    }

    /** The gateway rejects the reports. */
    @Test
    void whatIsDueAtOnceIsNotDoneInCircles() throws InterruptedException {
        shows(
                "a",
                new BackupStatus(Optional.of("b1"), Set.of(), Map.of()),
                unreadable("b1"),
                tried("b2", Duration.ZERO));
        assertThat(round(rounds("a"))).isZero();
        assertThat(hands.done).containsExactly("verify a/b1");
    }

    /** A note was written beside it. */
    @Test
    void whatWasTriedIsReadAnew() throws InterruptedException {
        shows("a", BackupStatus.UNKNOWN, untried("b1", NOW));
        hands.before.put("verify a/b1", () -> shows("a", BackupStatus.UNKNOWN, tried("b1", Duration.ZERO)));
        BackupScheduler rounds = rounds("a");
        round(rounds);
        assertThat(hands.known).containsExactly(false, false);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        round(rounds);
        assertThat(hands.known).containsExactly(false, false, true);
    }

    /** A check that began before a restore test ended knows nothing of it, so the next check does not wait. */
    @Test
    void whatWasSeenBeforeIsLookedAtAgain() throws InterruptedException {
        CountDownLatch looking = new CountDownLatch(1);
        CountDownLatch tried = new CountDownLatch(1);
        shows("a", BackupStatus.UNKNOWN, untried("b1", NOW.minus(DAY)));
        hands.before.put(
                "take a",
                () -> hands.before.put("look a", () -> {
                    hands.before.remove("look a");
                    looking.countDown();
                    await(tried);
                }));
        hands.before.put("verify a/b1", () -> {
            await(looking);
            tried.countDown();
        });
        round(rounds("a"));
        assertThat(hands.done).containsExactlyInAnyOrder("take a", "verify a/b1");
        assertThat(hands.known).as("looks").hasSize(3);
    }

    /** No limit is so long that other plans would wait for weeks. */
    @Test
    void aJobHasALimit() throws InterruptedException {
        for (Map.Entry<Duration, Duration> longest : Map.of(
                        Duration.ZERO,
                        DAY,
                        Duration.ofHours(2),
                        DAY,
                        Duration.ofHours(5),
                        Duration.ofHours(50),
                        Duration.ofDays(30),
                        Duration.ofDays(7))
                .entrySet()) {
            hands.limits.clear();
            shows("a", BackupStatus.UNKNOWN, tried("b1", longest.getKey()), untried("b2", NOW.plusSeconds(1)));
            round(new BackupScheduler(
                    List.of(plan("a", DAY)),
                    hands,
                    nanos::get,
                    Clock.fixed(NOW.plus(DAY.multipliedBy(2)), ZoneOffset.UTC)));
            assertThat(hands.limits).isNotEmpty().containsOnly(longest.getValue());
        }
        BackupListing none = new BackupListing(List.of());
        assertThat(BackupScheduler.limit(plan("a", Duration.ofDays(3)), none)).isEqualTo(Duration.ofDays(3));
        assertThat(BackupScheduler.limit(plan("a", Duration.ofDays(30)), none)).isEqualTo(Duration.ofDays(7));
    }

    /** A person sees that it waits, and until when; the journal is not filled with it. */
    @Test
    void theNextJobIsReportedOnceUntilItChanges() throws InterruptedException {
        shows("a", BackupStatus.UNKNOWN, tried("a1", Duration.ZERO));
        BackupScheduler rounds = rounds("a");
        AtomicInteger times = new AtomicInteger();
        hands.before.put("look a", () -> {
            switch (times.incrementAndGet()) {
                case 3 -> shows("a", BackupStatus.UNKNOWN, tried("a2", Duration.ZERO));
                case 5 -> rounds.end();
                default -> {}
            }
        });
        AtomicInteger round = new AtomicInteger();
        int exit = rounds.run(
                false,
                () -> nanos.addAndGet(Duration.ofMillis(round.incrementAndGet() % 2 == 0 ? 59_999 : 120_000)
                        .toNanos()));
        assertThat(exit).isZero();
        assertThat(hands.waits)
                .as("the second is of another backup")
                .hasSize(2)
                .allMatch(said -> said.equals("TAKE a " + NOW.plus(DAY)) || said.equals("VERIFY a " + NOW.plus(DAY)));
    }
}
