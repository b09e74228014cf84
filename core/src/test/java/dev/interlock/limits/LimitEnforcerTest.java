package dev.interlock.limits;

import static dev.interlock.limits.LimitSamples.DESTROY;
import static dev.interlock.limits.LimitSamples.WRITE;
import static dev.interlock.limits.LimitSamples.any;
import static dev.interlock.limits.LimitSamples.attempt;
import static dev.interlock.limits.LimitSamples.budget;
import static dev.interlock.limits.LimitSamples.lease;
import static dev.interlock.limits.LimitSamples.only;
import static dev.interlock.limits.LimitSamples.owners;
import static dev.interlock.limits.LimitSamples.seal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.Budget;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.action.SealLimits.Sequence;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.limits.LimitEnforcer.ReleaseResult;
import dev.interlock.store.Database;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitEnforcerTest {

    private static final VerdictReasons GROUNDS = new VerdictReasons("seal", List.of("p1"));
    private static final ResolvedAttempt READ = attempt(lease("L-1", "L-1"), "volume", Set.of(Impact.READ), "a");
    private static final ResolvedAttempt DELETION = attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "a");

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private Database database;
    private LimitEnforcer limits;
    private int intents;

    @BeforeEach
    void start() {
        database = StoreEngine.open(directory.resolve("store.db"), SqliteLimitStore.SCHEMAS);
        limits = new LimitEnforcer(
                new SqliteLimitStore(database),
                clock,
                clock::nanos,
                new TestingSignatures().orders(clock),
                new Random());
    }

    @AfterEach
    void stop() {
        database.close();
    }

    /** Lifts the freezes of destructive calls; these tests are about other limits. */
    private void thaw() {
        for (Freeze freeze : limits.freezes().active()) {
            limits.freezes().liftUnexecuted(freeze, "for this test");
        }
    }

    private void restart() {
        stop();
        start();
    }

    private static ResolvedAttempt write(String id, String root) {
        return attempt(lease(id, root), "variableUpsert", WRITE, "a");
    }

    private static ResolvedAttempt write() {
        return write("L-1", "L-1");
    }

    private Verdict limited(Seal seal, ResolvedAttempt sensed) {
        return limits.limited(seal, sensed, new Verdict.Permit(GROUNDS));
    }

    private ReleaseResult release(Seal seal, ResolvedAttempt sensed) {
        return limits.release(seal, sensed, GROUNDS, "R-" + intents++);
    }

    private void assertGoes(Seal seal, ResolvedAttempt sensed) {
        assertThat(limited(seal, sensed)).isInstanceOf(Verdict.Permit.class);
        assertThat(release(seal, sensed)).isInstanceOf(ReleaseResult.GrantedRelease.class);
    }

    private Refusal refusal(Seal seal, ResolvedAttempt sensed) {
        Verdict verdict = limited(seal, sensed);
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        assertThat(release(seal, sensed)).isNotInstanceOf(ReleaseResult.GrantedRelease.class);
        return ((Verdict.Refuse) verdict).refusal();
    }

    /** A call beyond its lease's queue is refused before it is counted, and destroys nothing. */
    @Test
    void aCallBeyondItsLeasesQueueIsNotCountedOrFrozen() {
        Seal seal = seal(budget(WRITE, 1, GroupingKey.LEASE));
        for (ResolvedAttempt sensed : List.of(write(), DELETION)) {
            FutureTask<ReleaseResult> late = new FutureTask<>(() -> release(seal, sensed));
            database.writeForLease("L-1", _ -> {
                Thread thread = Thread.startVirtualThread(late);
                while (thread.getState() != Thread.State.TIMED_WAITING && thread.isAlive()) {
                    WaitLoop.pause();
                }
                thread.interrupt();
                return refused(late);
            });
        }
        assertThat(limits.freezes().active()).isEmpty();
        assertGoes(seal, write());
    }

    private static boolean refused(Future<ReleaseResult> late) {
        try {
            assertThat(late.get())
                    .isInstanceOfSatisfying(
                            ReleaseResult.RefusedRelease.class,
                            refused -> assertThat(refused.refusal().finality()).isEqualTo(Refusal.Finality.RETRYABLE));
            return true;
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    // Budgets.

    @Test
    void aCallBeyondABudgetLearnsBudgetTimeAndRemedy() {
        Seal seal = seal(budget(WRITE, 2, GroupingKey.LEASE));
        assertGoes(seal, write());
        clock.pass(Duration.ofMinutes(10));
        assertGoes(seal, write());
        Refusal refusal = refusal(seal, write());
        assertThat(refusal.reason())
                .isEqualTo("The budget `much` permits 2 within 1 h for the lease `L-1`: 2 are used, and this request"
                        + " needs 1. The budget permits this again at 2026-11-20T09:00:00Z.");
        assertThat(refusal.next()).startsWith("Wait until 2026-11-20T09:00:00Z. Do not split it");
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.RETRYABLE);
        assertThat(limited(seal, write()).grounds().limits())
                .extracting(VerdictReasons.ReachedLimit::name)
                .containsExactly("budget much");
    }

    /** The other one's machine has slept for a day, while its clock stood still. */
    @Test
    void whatAGatewayReleasesWhoseClockIsBehindCountsFully() {
        Seal seal = seal(budget(WRITE, 1, GroupingKey.AGENT));
        LimitEnforcer slept = new LimitEnforcer(
                new SqliteLimitStore(database), clock, () -> 0, new TestingSignatures().orders(clock), new Random());
        clock.pass(Duration.ofDays(1));
        limits.tidy();
        assertThat(slept.release(seal, write(), GROUNDS, "R-slept")).isInstanceOf(ReleaseResult.GrantedRelease.class);
        refusal(seal, write());
        clock.pass(Duration.ofHours(2));
        assertGoes(seal, write());
        assertThat(slept.release(seal, write(), GROUNDS, "R-again"))
                .isNotInstanceOf(ReleaseResult.GrantedRelease.class);
    }

    /** Facts are the agent's own words, which no index finds. Each must be read, and their number is limited. */
    @Test
    void tooLongAHistoryCountsAsReachedLimit() {
        ActionSelector empty = new ActionSelector(WRITE, Set.of(), Set.of(), Map.of("argument.kinds", "[]"));
        Seal seal = seal(new Budget("much", Set.of(), empty, 2, Duration.ofHours(1), Optional.empty()));
        fill(with(write(), List.of(new Fact("argument.kinds", "[1]", Provenance.CLAIMED))), SqliteLimitStore.MOST_READ);
        assertGoes(seal, write());
        Refusal refusal = refusal(seal, write());
        assertThat(refusal.reason())
                .isEqualTo(
                        "The history within 1 h is longer than the budget `much` can read, so it counts as reached.");
        assertThat(limited(seal, write()).grounds().limits())
                .extracting(VerdictReasons.ReachedLimit::name)
                .containsExactly("budget much");
        clock.pass(Duration.ofHours(2));
        assertGoes(seal, write());
    }

    /**
     * The work of one agent, or of a whole fleet, must not use up another's budget, nor stop calls that owners have
     * signed.
     */
    @Test
    void unrelatedEventsAreNotRead() {
        Budget writes =
                new Budget("writes", Set.of(GroupingKey.LEASE), any(WRITE), 300, Duration.ofHours(1), Optional.empty());
        Sequence sequence = backupsOffThenDestroy(GroupingKey.RESOURCE);
        Seal seal = seal(new SealLimits(Map.of("writes", writes), Map.of("backups-off", sequence)));
        fill(with(write("L-2", "L-2"), List.of()), SqliteLimitStore.MOST_READ + 1);
        assertGoes(seal, write());
        assertGoes(seal, DELETION);
        thaw();
        assertGoes(
                seal(budget(WRITE, 1, GroupingKey.RESOURCE)),
                attempt(lease("L-1", "L-1"), "variableUpsert", WRITE, "b"));
        refusal(
                seal(budget(WRITE, 1, GroupingKey.RESOURCE)),
                attempt(lease("L-1", "L-1"), "variableUpsert", WRITE, "b"));
        assertGoes(seal, backupsOff("b"));
        refusal(seal, attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "b"));
        limits.tidy();
        clock.pass(SealLimits.MAX_WITHIN);
        limits.tidy();
        assertThat(database.<Optional<Long>>read(
                        sql -> sql.one(row -> row.getLong(1), "SELECT count(*) FROM velocity_mark")))
                .contains(0L);
    }

    /** All others wait while the past is read. Two hundred actions in one request are one read. */
    @Test
    void theHistoryIsReadOnceForEachLimit() throws Exception {
        String[] volumes = IntStream.range(0, 200).mapToObj(i -> "v" + i).toArray(String[]::new);
        ResolvedAttempt many = attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, volumes);
        SealLimits sealed = new SealLimits(
                Map.of("much", budget(DESTROY, 1_000, GroupingKey.RESOURCE)),
                Map.of("backups-off", backupsOffThenDestroy(GroupingKey.RESOURCE)));
        UsageHistory some = UsageHistory.of(UsageEvent.of("R", clock.instant(), backupsOff("v199")));
        AtomicInteger asked = new AtomicInteger();
        UsageHistory counting = (from, selector, bearing, meant) -> {
            asked.incrementAndGet();
            return some.since(from, selector, bearing, meant);
        };
        Set<String> lost = new TreeSet<>();
        many.radius().lost().forEach(resource -> lost.add(resource.folded()));
        List<LimitOverrun> overruns = new UsageCalculator(
                        sealed,
                        UsageEvent.of("", clock.instant(), many),
                        lost,
                        clock.instant().plusSeconds(1))
                .overruns(counting);
        assertThat(overruns).extracting(LimitOverrun::name).containsExactly("sequence backups-off");
        assertThat(asked).hasValue(2);
    }

    /** Long events about the same thing must not fill the memory either. */
    @Test
    void tooManyEventsCountAsReachedLimit() {
        Seal seal = seal(budget(WRITE, 1_000, GroupingKey.RESOURCE));
        fill(with(write(), List.of(new Fact("argument", "x".repeat(1 << 20), Provenance.CLAIMED))), 9);
        assertThat(refusal(seal, write()).reason()).contains("than the budget `much` can read");
        assertGoes(seal, attempt(lease("L-1", "L-1"), "variableUpsert", WRITE, "b"));
    }

    /** Returns the one action of {@code sensed}, released just now, with other facts. */
    private UsageEvent with(ResolvedAttempt sensed, List<Fact> facts) {
        UsageEvent one = UsageEvent.of("R-before", clock.instant(), sensed).getFirst();
        return new UsageEvent(
                one.attempt(),
                one.at(),
                one.lease(),
                one.person(),
                one.agent(),
                one.task(),
                one.upstream(),
                one.operation(),
                one.impacts(),
                one.resources(),
                one.groups(),
                one.environments(),
                facts,
                one.lost());
    }

    private void fill(UsageEvent deed, int times) {
        new SqliteLimitStore(database).write(rows -> {
            rows.add(List.of(deed));
            return true;
        });
        database.write(sql -> {
            long first = sql.one(row -> row.getLong(1), "SELECT max(id) FROM velocity_deed")
                    .orElseThrow();
            // Copied within the database: one by one it would take seconds.
            String columns = "attempt, at, lease, person, agent, task, upstream, content, impacts";
            sql.update(
                    "WITH RECURSIVE copy (number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM copy WHERE number < ?)"
                            + " INSERT INTO velocity_deed (" + columns + ", id) SELECT " + columns + ", id + number - 1"
                            + " FROM velocity_deed, copy WHERE id = ?",
                    times,
                    first);
            sql.update(
                    "INSERT INTO velocity_mark (mark, deed) SELECT mark, id FROM velocity_mark, velocity_deed"
                            + " WHERE deed = ? AND id > ?",
                    first,
                    first);
            return true;
        });
    }

    @Test
    void aWindowSlides() {
        Seal seal = seal(budget(WRITE, 2));
        assertGoes(seal, write());
        clock.pass(Duration.ofMinutes(50));
        assertGoes(seal, write());
        clock.pass(Duration.ofMinutes(10));
        assertGoes(seal, write());
        assertThat(refusal(seal, write()).reason()).contains("permits this again at 2026-11-20T09:50:00Z");
    }

    @Test
    void aDerivedChildCountsAsItsRootAndAnotherLeaseOfThePersonAsThePerson() {
        Seal ofLease = seal(budget(WRITE, 1, GroupingKey.LEASE));
        assertGoes(ofLease, write());
        assertThat(refusal(ofLease, write("L-2", "L-1")).reason()).contains("`L-1`");
        assertGoes(ofLease, write("L-3", "L-3"));
        assertThat(refusal(seal(budget(WRITE, 2, GroupingKey.PERSON)), write("L-4", "L-4"))
                        .reason())
                .contains("person `jer`");
    }

    @Test
    void eachResourceCanHaveABudgetOfItsOwn() {
        Seal seal = seal(budget(WRITE, 1, GroupingKey.RESOURCE, GroupingKey.PERSON));
        assertGoes(seal, write());
        assertGoes(seal, attempt(lease("L-1", "L-1"), "variableUpsert", WRITE, "b"));
        // A call counts as the same beside others, too.
        refusal(seal, attempt(lease("L-1", "L-1"), "variableUpsert", WRITE, "c", "a"));
    }

    @Test
    void aRenamedBudgetKeepsItsCount() {
        assertGoes(seal(budget(WRITE, 1)), write());
        Budget renamed = new Budget("other", Set.of(), any(WRITE), 1, Duration.ofHours(2), Optional.empty());
        refusal(seal(renamed), write());
    }

    @Test
    void eachActionOfARequestCounts() {
        Seal seal = seal(budget(WRITE, 2));
        Refusal refusal = refusal(seal, attempt(lease("L-1", "L-1"), "variableUpsert", WRITE, "a", "b", "c"));
        assertThat(refusal.reason()).contains("this request needs 3");
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
    }

    @Test
    void aDestructionCountsForEveryLostResource() {
        Seal seal = seal(budget(DESTROY, 3));
        Resource project = new Resource("railway", "project", "p");
        Set<Resource> lost =
                Set.of(project, new Resource("railway", "volume", "a"), new Resource("railway", "volume", "b"));
        Action deletion = LimitSamples.action("projectDelete", DESTROY, Set.of(project));
        ResolvedAttempt all = LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(deletion),
                Map.of(project, LimitSamples.place(project, Set.of("staging"))),
                lost);
        assertGoes(seal, all);
        thaw();
        assertThat(refusal(seal, DELETION).reason()).contains("3 are used");
    }

    @Test
    void usageSurvivesARestart() {
        Seal seal = seal(budget(WRITE, 1));
        assertGoes(seal, write());
        restart();
        refusal(seal, write());
    }

    @Test
    void changingTheClockFreesNoBudget() {
        Seal seal = seal(budget(WRITE, 1));
        assertGoes(seal, write());
        clock.set(clock.instant().minus(Duration.ofDays(1)));
        refusal(seal, write());
        restart();
        refusal(seal, write());
        clock.pass(Duration.ofMinutes(59));
        refusal(seal, write());
        clock.set(clock.instant().plus(Duration.ofHours(30)));
        refusal(seal, write());
        clock.pass(Duration.ofMinutes(1));
        assertGoes(seal, write());
    }

    @Test
    void aCallThatWasNotSentIsNotCounted() {
        Seal seal = seal(budget(WRITE, 1));
        limits.undoRelease((ReleaseResult.GrantedRelease) release(seal, write()));
        assertGoes(seal, write());
        refusal(seal, write());
    }

    @Test
    void racingCopiesDoNotExceedTheBudget() throws Exception {
        Seal seal = seal(budget(WRITE, 3, GroupingKey.LEASE));
        int copies = 20;
        CyclicBarrier start = new CyclicBarrier(copies);
        try (ExecutorService threads = Executors.newFixedThreadPool(copies)) {
            List<Callable<ReleaseResult>> all = new ArrayList<>();
            for (int i = 0; i < copies; i++) {
                String intent = "R-" + i;
                all.add(() -> {
                    start.await();
                    return limits.release(seal, write(), GROUNDS, intent);
                });
            }
            List<ReleaseResult> releases = new ArrayList<>();
            for (Future<ReleaseResult> release : threads.invokeAll(all)) {
                releases.add(release.get());
            }
            assertThat(releases)
                    .filteredOn(ReleaseResult.GrantedRelease.class::isInstance)
                    .hasSize(3);
        }
    }

    @Test
    void withoutTheStoreOnlyLimitedCallsAreRefused() {
        Seal seal = seal(budget(WRITE, 5));
        database.close();
        Refusal refusal = refusal(seal, write());
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertGoes(seal, READ);
        assertGoes(seal, attempt(lease("L-1", "L-1"), "serviceRestart", Set.of(Impact.EXECUTE), "a"));
    }

    @Test
    void anUnreadableHistoryRefuses() {
        Seal seal = seal(budget(WRITE, 5));
        assertGoes(seal, write());
        database.write(sql -> sql.update("UPDATE velocity_deed SET content = '{}'"));
        refusal(seal, write());
    }

    // Holds.

    @Test
    void aBudgetMayAskPeopleInsteadAndAddsToWhatPolicyAsks() {
        Budget asking = new Budget("much", Set.of(), any(WRITE), 1, Duration.ofHours(1), Optional.of(owners(2)));
        Seal seal = seal(asking);
        assertGoes(seal, write());
        Verdict verdict = limits.limited(seal, write(), new Verdict.Hold(GROUNDS, owners(1)));
        assertThat(verdict).isInstanceOf(Verdict.Hold.class);
        assertThat(((Verdict.Hold) verdict).obligations()).isEqualTo(owners(1).and(owners(2)));

        // The limit was reached after the decision: nobody has confirmed that.
        assertThat(release(seal, write())).isInstanceOf(ReleaseResult.LimitedRelease.class);
        assertThat(limits.release(seal, write(), verdict.grounds(), "R-x"))
                .isInstanceOf(ReleaseResult.GrantedRelease.class);
    }

    @Test
    void aRefusedCallStaysRefused() {
        Seal seal = seal(budget(WRITE, 1));
        assertGoes(seal, write());
        Verdict refused = new Verdict.Refuse(GROUNDS, Refusal.denied("No.", "Stop.", List.of()));
        assertThat(limits.limited(seal, write(), refused)).isSameAs(refused);
    }

    // Sequences.

    private static Sequence backupsOffThenDestroy(GroupingKey... same) {
        return new Sequence(
                "backups-off",
                only("volumeInstanceBackupScheduleUpdate"),
                any(DESTROY),
                Set.of(same),
                Duration.ofHours(24),
                Optional.empty());
    }

    private static ResolvedAttempt backupsOff(String volume) {
        return attempt(lease("L-9", "L-9"), "volumeInstanceBackupScheduleUpdate", WRITE, volume);
    }

    @Test
    void aForbiddenSequenceIsRefusedWithinTheWindow() {
        Seal seal = seal(backupsOffThenDestroy(GroupingKey.RESOURCE));
        assertGoes(seal, DELETION);
        thaw();
        assertGoes(seal, backupsOff("a"));
        assertThat(refusal(seal, DELETION).reason())
                .isEqualTo("The sequence `backups-off` forbids that `railway/volumeDelete` follows"
                        + " `railway/volumeInstanceBackupScheduleUpdate` within 24 h; the earlier call was at"
                        + " 2026-11-20T08:00:00Z.");
        restart();
        refusal(seal, DELETION);
        assertGoes(seal, attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "b"));
        clock.pass(Duration.ofHours(24));
        assertGoes(seal, DELETION);
    }

    @Test
    void aResourceLostWithAnotherCountsAsTheSame() {
        Seal seal = seal(backupsOffThenDestroy(GroupingKey.RESOURCE));
        assertGoes(seal, backupsOff("a"));
        Resource service = new Resource("railway", "service", "s");
        Action deletion = LimitSamples.action("serviceDelete", DESTROY, Set.of(service));
        ResolvedAttempt taking = LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(deletion),
                Map.of(service, LimitSamples.place(service, Set.of("staging"))),
                Set.of(service, new Resource("railway", "volume", "a")));
        refusal(seal, taking);
        Resource project = new Resource("railway", "project", "p");
        ResolvedAttempt containing = LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(LimitSamples.action("projectDelete", DESTROY, Set.of(project))),
                Map.of(project, LimitSamples.place(project, Set.of("staging"))),
                Set.of());
        refusal(seal, containing);
    }

    @Test
    void aSequenceGroupsByResourceOrActor() {
        ResolvedAttempt other = attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "b");
        assertGoes(seal(backupsOffThenDestroy(GroupingKey.GROUP)), backupsOff("a"));
        refusal(seal(backupsOffThenDestroy(GroupingKey.GROUP)), other);
        refusal(seal(backupsOffThenDestroy(GroupingKey.PERSON)), other);
        refusal(seal(backupsOffThenDestroy(GroupingKey.ENVIRONMENT)), other);
        refusal(seal(backupsOffThenDestroy()), other);
        assertGoes(seal(backupsOffThenDestroy(GroupingKey.LEASE)), other);
    }

    @Test
    void bothStepsInOneRequestAreASequence() {
        Seal seal = seal(backupsOffThenDestroy(GroupingKey.RESOURCE));
        List<Action> actions = new ArrayList<>(DELETION.actions());
        actions.addAll(backupsOff("a").actions());
        for (int i = 0; i < 2; i++) {
            Collections.reverse(actions);
            ResolvedAttempt both = LimitSamples.sensed(
                    DELETION.lease(),
                    actions,
                    DELETION.placements(),
                    DELETION.radius().lost());
            assertThat(refusal(seal, both).reason()).contains("as in this request");
        }
    }

    @Test
    void eventsOutsideEveryWindowAreDeleted() {
        Seal seal = seal(budget(WRITE, 1));
        assertGoes(seal, write());
        limits.tidy();
        refusal(seal, write());
        clock.pass(SealLimits.MAX_WITHIN);
        limits.tidy();
        List<Long> left = database.read(sql -> sql.all(row -> row.getLong(1), "SELECT id FROM velocity_deed"));
        assertThat(left).isEmpty();
    }
}
