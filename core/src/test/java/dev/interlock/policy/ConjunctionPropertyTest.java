package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.Fixtures;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests that touching more never helps: no further impact, resource or environment turns a refusal into a permission.
 */
@Tag("random")
class ConjunctionPropertyTest {

    private static final int ROUNDS = CaseCount.of(400);
    private static final List<String> ENVIRONMENTS = List.of("staging", "production");
    private static final List<Impact> IMPACTS = List.of(Impact.values());

    private final Policies policies = new Policies(_ -> "");

    @Test
    void aWiderAttemptIsNeverPermittedIfANarrowerIsRefused() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            Seal seal = Fixtures.seal(policy(random));
            Lease lease = Fixtures.lease(some(random, ENVIRONMENTS), someImpacts(random), Set.of());
            List<Placement> places = places(random);
            Set<Impact> impacts = someImpacts(random);
            // A seal that only observes keeps the promise as well.
            Seal maybe = random.nextBoolean() ? seal : ObservingTest.observing(seal, Fixtures.NOW.plusSeconds(1));
            Verdict less = policies.decideOrObserve(maybe, sensed(lease, impacts, places), Fixtures.NOW);
            Verdict more = policies.decideOrObserve(maybe, grown(random, lease, impacts, places), Fixtures.NOW);
            assertThat(rank(more)).as("seed %d, round %d", seed, round).isGreaterThanOrEqualTo(rank(less));
            if (less instanceof Verdict.Hold held && more instanceof Verdict.Hold still) {
                Obligations both = held.obligations().and(still.obligations());
                assertThat(both).as("seed %d, round %d", seed, round).isEqualTo(still.obligations());
            }
        }
    }

    private static int rank(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Permit _ -> 0;
            case Verdict.Hold _ -> 1;
            case Verdict.Refuse _ -> 2;
        };
    }

    private static ResolvedAttempt grown(Random random, Lease lease, Set<Impact> impacts, List<Placement> places) {
        List<Placement> grownPlaces = new ArrayList<>(places);
        Set<Impact> grownImpacts = EnumSet.copyOf(impacts);
        switch (random.nextInt(3)) {
            case 0 -> grownImpacts.add(IMPACTS.get(random.nextInt(IMPACTS.size())));
            case 1 -> grownPlaces.add(Fixtures.place("railway:volume/more", one(random, ENVIRONMENTS)));
            default ->
                grownPlaces.set(
                        0,
                        Fixtures.place(
                                grownPlaces.getFirst().resource().toString(), ENVIRONMENTS.toArray(String[]::new)));
        }
        return sensed(lease, grownImpacts, grownPlaces);
    }

    private static ResolvedAttempt sensed(Lease lease, Set<Impact> impacts, List<Placement> places) {
        Placement[] all = places.toArray(Placement[]::new);
        Action action = Fixtures.action("railway/volumeDelete", impacts, all);
        return Fixtures.resolved(lease, List.of(action), all);
    }

    private static List<Placement> places(Random random) {
        List<Placement> places = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(2); i++) {
            places.add(Fixtures.place(
                    "railway:volume/v" + i, some(random, ENVIRONMENTS).toArray(String[]::new)));
        }
        return places;
    }

    /** Returns random policies of each kind that pass validation. */
    private static String policy(Random random) {
        StringBuilder cedar = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            boolean permit = random.nextInt(5) > 0;
            cedar.append("@id(\"p").append(i).append("\")");
            if (permit && random.nextInt(3) == 0) {
                cedar.append(" @confirm(\"")
                        .append(1 + random.nextInt(2))
                        .append(" of owners\") @cooldown(\"")
                        .append(1 + random.nextInt(9))
                        .append("m\")");
            }
            cedar.append(permit ? " permit" : " forbid")
                    .append(" (principal, ")
                    .append(scope(random))
                    .append(")");
            if (!permit) {
                cedar.append(" when { context.radius.lost > ")
                        .append(random.nextInt(2))
                        .append(" || context.radius.environments.contains(\"production\") }");
            }
            cedar.append(";\n");
        }
        return cedar.toString();
    }

    private static String scope(Random random) {
        Impact impact = IMPACTS.get(random.nextInt(IMPACTS.size() - 1));
        String action = random.nextInt(3) == 0 ? "action" : "action in Impact::Action::\"" + impact.word() + "\"";
        String resource =
                random.nextInt(3) == 0 ? "resource" : "resource in Environment::\"" + one(random, ENVIRONMENTS) + "\"";
        return action + ", " + resource;
    }

    private static Set<Impact> someImpacts(Random random) {
        return some(random, IMPACTS.subList(0, 3));
    }

    private static <T> Set<T> some(Random random, List<T> all) {
        Set<T> some = new HashSet<>();
        some.add(one(random, all));
        if (random.nextBoolean()) {
            some.add(one(random, all));
        }
        return some;
    }

    private static <T> T one(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
