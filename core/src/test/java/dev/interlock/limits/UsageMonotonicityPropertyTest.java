package dev.interlock.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
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
import dev.interlock.store.Database;
import dev.interlock.testing.CaseCount;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that more of an attempt (an impact, a resource, an environment, an action) is never easier to release. After
 * the same past it is refused wherever less is refused, and never needs less.
 */
@Tag("random")
class UsageMonotonicityPropertyTest {

    private static final int ROUNDS = CaseCount.of(1000);
    private static final List<Impact> IMPACTS = List.of(Impact.READ, Impact.WRITE, Impact.DESTROY, Impact.EXECUTE);
    private static final List<String> OPERATIONS = List.of("one", "two", "three");
    private static final List<String> ENVIRONMENTS = List.of("staging", "production");

    private final Random random;
    private final long seed = new Random().nextLong();

    UsageMonotonicityPropertyTest() {
        this.random = new Random(seed);
    }

    /** A mutable attempt. */
    private static final class Draft {
        private final List<String> operations = new ArrayList<>();
        private final List<Set<Impact>> impacts = new ArrayList<>();
        private final List<Set<Resource>> resources = new ArrayList<>();
        private final Map<Resource, Set<String>> environments = new TreeMap<>();
        private final String lease;

        Draft(String lease) {
            this.lease = lease;
        }

        ResolvedAttempt sensed() {
            Map<Resource, Placement> places = new TreeMap<>();
            environments.forEach((resource, where) -> places.put(resource, LimitSamples.place(resource, where)));
            List<Action> actions = new ArrayList<>();
            Set<Resource> lost = new TreeSet<>();
            for (int i = 0; i < operations.size(); i++) {
                actions.add(LimitSamples.action(operations.get(i), impacts.get(i), resources.get(i)));
                if (impacts.get(i).contains(Impact.DESTROY)) {
                    lost.addAll(resources.get(i));
                }
            }
            return LimitSamples.sensed(LimitSamples.lease(lease, lease), actions, places, lost);
        }
    }

    @Test
    void moreUsageNeverPermitsMore() {
        int stopped = 0;
        for (int round = 0; round < ROUNDS || stopped == 0; round++) { // until it was about something
            Seal seal = LimitSamples.seal(limits());
            List<ResolvedAttempt> past = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                past.add(draft().sensed());
            }
            Draft draft = draft();
            Verdict less = verdict(seal, past, draft.sensed());
            grow(draft);
            Verdict more = verdict(seal, past, draft.sensed());
            assertThat(rank(more)).as("seed %d, round %d", seed, round).isGreaterThanOrEqualTo(rank(less));
            if (less instanceof Verdict.Hold held && more instanceof Verdict.Hold still) {
                Obligations both = held.obligations().and(still.obligations());
                assertThat(both).as("seed %d, round %d", seed, round).isEqualTo(still.obligations());
            }
            stopped += rank(less);
        }
    }

    /** The index only saves work: it finds every event that a limit is about. */
    @Test
    void theIndexFindsTheSameEventsAsAFullScan(@TempDir Path directory) throws Exception {
        int reached = 0;
        Instant now = Instant.EPOCH.plus(SealLimits.MAX_WITHIN);
        try (Database database = Database.open(directory.resolve("store.db"), SqliteLimitStore.SCHEMAS)) {
            for (int round = 0; round < ROUNDS || reached == 0; round++) { // until it was about something
                List<UsageEvent> past = new ArrayList<>();
                for (int i = random.nextInt(6); i > 0; i--) {
                    past.addAll(UsageEvent.of("R-" + i, now, draft().sensed()));
                }
                ResolvedAttempt sensed = draft().sensed();
                Set<String> lost = new TreeSet<>();
                sensed.radius().lost().forEach(resource -> lost.add(resource.folded()));
                UsageCalculator reckoning = new UsageCalculator(limits(), UsageEvent.of("", now, sensed), lost, now);
                LimitStore store = new SqliteLimitStore(database);
                store.write(rows -> {
                    rows.add(past);
                    return true;
                });
                List<LimitOverrun> found = store.write(rows -> {
                    List<LimitOverrun> overruns = reckoning.overruns(rows);
                    rows.forget(now);
                    return overruns;
                });
                assertThat(found)
                        .as("seed %d, round %d", seed, round)
                        .isEqualTo(reckoning.overruns(UsageHistory.of(past)));
                reached += found.size();
            }
        }
    }

    private static Verdict verdict(Seal seal, List<ResolvedAttempt> past, ResolvedAttempt sensed) {
        return LimitEnforcer.limitedInRehearsal(
                seal, past, sensed, new Verdict.Permit(new VerdictReasons(seal.id(), List.of("p1"))));
    }

    private static int rank(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Permit _ -> 0;
            case Verdict.Hold _ -> 1;
            case Verdict.Refuse _ -> 2;
        };
    }

    private SealLimits limits() {
        Map<String, Budget> budgets = new HashMap<>();
        Map<String, Sequence> sequences = new HashMap<>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            Optional<Obligations> hold = random.nextBoolean() ? Optional.empty() : Optional.of(LimitSamples.owners(i));
            if (random.nextBoolean()) {
                budgets.put(
                        "b" + i,
                        new Budget("b" + i, facets(), selector(), 1 + random.nextInt(6), Duration.ofHours(1), hold));
            } else {
                sequences.put(
                        "s" + i, new Sequence("s" + i, selector(), selector(), facets(), Duration.ofHours(1), hold));
            }
        }
        return new SealLimits(budgets, sequences);
    }

    private Set<GroupingKey> facets() {
        return new HashSet<>(some(List.of(GroupingKey.values()), 2));
    }

    private ActionSelector selector() {
        Set<Operation> operations = new HashSet<>();
        some(OPERATIONS, 2).forEach(name -> operations.add(new Operation("railway", name)));
        return new ActionSelector(
                new HashSet<>(some(IMPACTS, 2)), operations, new HashSet<>(some(ENVIRONMENTS, 1)), Map.of());
    }

    private <T> List<T> some(List<T> all, int most) {
        List<T> some = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            some.add(all.get(random.nextInt(all.size())));
        }
        return some;
    }

    private Draft draft() {
        Draft draft = new Draft("L-" + random.nextInt(2));
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            action(draft);
        }
        return draft;
    }

    private void action(Draft draft) {
        draft.operations.add(OPERATIONS.get(random.nextInt(OPERATIONS.size())));
        draft.impacts.add(EnumSet.of(IMPACTS.get(random.nextInt(IMPACTS.size()))));
        draft.resources.add(new TreeSet<>(Set.of(resource(draft))));
    }

    private Resource resource(Draft draft) {
        Resource resource =
                new Resource("railway", random.nextBoolean() ? "volume" : "service", "r" + random.nextInt(3));
        draft.environments
                .computeIfAbsent(resource, _ -> new TreeSet<>())
                .add(ENVIRONMENTS.get(random.nextInt(ENVIRONMENTS.size())));
        return resource;
    }

    private void grow(Draft draft) {
        int action = random.nextInt(draft.operations.size());
        switch (random.nextInt(4)) {
            case 0 -> draft.impacts.get(action).add(IMPACTS.get(random.nextInt(IMPACTS.size())));
            case 1 -> draft.resources.get(action).add(resource(draft));
            case 2 -> draft.environments.values().iterator().next().addAll(ENVIRONMENTS);
            default -> action(draft);
        }
    }
}
