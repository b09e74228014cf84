package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests all of {@link Lifecycle}: every interleaving keeps the promises, and the program does the same as the model.
 */
@Tag("random")
final class LifecycleTest {

    private static final int SAMPLE = CaseCount.of(300);
    private static final String LEASE = "L-1";
    private static final Duration TICK = Duration.ofMinutes(30);
    private static final Obligations TWO =
            ConfirmationsFixture.obligations(2, TICK.multipliedBy(Lifecycle.COOLDOWN), false, false);

    private static LifecycleSearch whole;

    /** One instance for all walks: creating its keys takes as long as many a walk. */
    private static final TestingWorld WORLD = new TestingWorld();

    @TempDir
    Path directory;

    private static LifecycleSearch search(int holds, Lifecycle.Fault... faults) {
        return new LifecycleSearch(new Lifecycle(holds, Set.of(faults))).run();
    }

    @BeforeAll
    static void searchAll() {
        whole = search(2);
    }

    @Test
    void noInterleavingReleasesTwiceOrUnconfirmed() {
        assertThat(whole.counterexample()).isEmpty();
        assertThat(whole.states())
                .as("what was searched includes two releases, by two confirmations")
                .anyMatch(code -> (code & 0b1111) == 0b0101);
    }

    static Stream<Arguments> needed() {
        return Stream.of(
                Arguments.of(Lifecycle.Fault.NOTHING_ASKED_ANEW, "used for what people did not sign"),
                Arguments.of(Lifecycle.Fault.MEANING_NOT_COMPARED, "used for what people did not sign"),
                Arguments.of(Lifecycle.Fault.SEAL_NOT_COMPARED, "used for what people did not sign"),
                Arguments.of(Lifecycle.Fault.USED_UNSEEN, "used after a person said no"),
                Arguments.of(Lifecycle.Fault.NO_COOLDOWN, "used before the cooldown was over"),
                Arguments.of(Lifecycle.Fault.NO_END, "used after its time"),
                Arguments.of(Lifecycle.Fault.KILL_ASKED_TOO_EARLY, "released after the kill stood"),
                Arguments.of(Lifecycle.Fault.KILL_CUTS_NOTHING, "released after the kill stood"));
    }

    @ParameterizedTest
    @MethodSource("needed")
    void eachListedCheckIsNecessary(Lifecycle.Fault without, String broken) {
        assertThat(search(1, without).counterexample().orElseThrow().getLast().wrong())
                .isEqualTo(broken);
    }

    static Stream<Arguments> doubled() {
        return Stream.of(
                Arguments.of(Lifecycle.Fault.USE_NOT_DURABLE, Lifecycle.Fault.VAULT_FORGETS, "released twice"),
                Arguments.of(
                        Lifecycle.Fault.ONE_IS_ENOUGH,
                        Lifecycle.Fault.VAULT_TRUSTS,
                        "released without everybody's signature"));
    }

    @ParameterizedTest
    @MethodSource("doubled")
    void eachOfTwoRedundantChecksSuffices(Lifecycle.Fault one, Lifecycle.Fault other, String broken) {
        assertThat(search(1, one).counterexample()).isEmpty();
        assertThat(search(1, other).counterexample()).isEmpty();
        assertThat(search(1, one, other)
                        .counterexample()
                        .orElseThrow()
                        .getLast()
                        .wrong())
                .isEqualTo(broken);
    }

    /** Random shortest paths to kinds of steps are also taken by the real code. */
    @Test
    void theProgramFollowsTheModel() throws Exception {
        long seed = Long.getLong("interlock.seed", 20_261_120L);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<Supplier<List<Lifecycle.Step>>> ways = whole.ways();
        for (int i = 0; i < SAMPLE; i++) {
            List<Lifecycle.Step> path = ways.get(random.nextInt(ways.size())).get();
            Path home = Files.createDirectory(directory.resolve("way" + i));
            try (ConfirmationsFixture room = new ConfirmationsFixture(home, WORLD)) {
                new Walk(room, "seed " + seed + ": ").take(path);
            }
        }
    }

    private static final class Walk {

        private final ConfirmationsFixture room;
        private static final List<TestingWorld> WORLDS =
                List.of(new TestingWorld(false, 1), new TestingWorld(false, 2));
        private final List<String> holds = new ArrayList<>();
        private String taken;
        private Lifecycle.State before = Lifecycle.State.START;

        Walk(ConfirmationsFixture room, String name) {
            this.room = room;
            this.taken = name;
            room.seal = WORLDS.getFirst().seal();
        }

        void take(List<Lifecycle.Step> path) {
            for (Lifecycle.Step step : path) {
                taken += step.event() + " ";
                switch (step.event()) {
                    case Lifecycle.Event.Sign(int hold, int who) -> sign(hold, who);
                    case Lifecycle.Event.Denial(int hold) -> room.people.deny(room.seal, holds.get(hold), "bob", "no");
                    // Viewing is a read; an attempt to act records the hold's state.
                    case Lifecycle.Event.SignAttempt(int hold) ->
                        room.people.sign(room.seal, holds.get(hold), "none", Optional.empty(), room.heard::add);
                    case Lifecycle.Event.CopyStep move -> move(before.copies().get(move.copy()), step.next());
                    case Lifecycle.Event.SystemEvent around -> happen(around);
                }
                compare(step.next());
                before = step.next();
            }
        }

        private void sign(int hold, int who) {
            TestingWorld world = WORLDS.get(before.holds().get(hold).seal());
            TestingKey key = who == Lifecycle.ANN ? world.ann : world.bob;
            assertThat(room.sign(holds.get(hold), key))
                    .as(taken)
                    .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        }

        private void happen(Lifecycle.Event.SystemEvent around) {
            switch (around) {
                case TIME_PASSES -> room.clock.pass(TICK);
                case SWEEP -> room.gate.expire(room.seal);
                case SEALED_ANEW -> room.seal = WORLDS.getLast().seal();
                case KILL_WRITTEN -> room.endedLeases.add(LEASE);
                case CRASH -> room.restart();
                case WORLD_CHANGES, PICTURE_REFRESHED, KILL_CUTS -> {
                    // This package does not see it.
                }
            }
        }

        private void move(Lifecycle.Copy copy, Lifecycle.State next) {
            switch (copy.phase()) {
                case IDLE -> {
                    if (before.kill() == Lifecycle.Kill.NONE) {
                        arrive(before.picture(), before.seal(), next, 1);
                    }
                }
                case RESOLVED -> arrive(copy.world(), copy.seal(), next, 0);
                case CLEARED -> {
                    Confirmation confirmation = new Confirmation(
                            holds.get(copy.hold()),
                            Bytes.utf8(""),
                            HoldPhrases.armored(real(holds.get(copy.hold()))),
                            Optional.empty(),
                            List.of());
                    assertThat(room.gate.consume(confirmation, "R-1").isPresent())
                            .as(taken)
                            .isEqualTo(underWay(next) == underWay(before));
                }
                case CHECKED, READY, INTENDED, FLYING, SPENT, OPENED -> {
                    // These are other packages' steps.
                }
            }
        }

        private void arrive(int world, int seal, Lifecycle.State next, int more) {
            ResolvedAttempt sensed = world == 0
                    ? TestingWorld.deletion("vol_1", "production")
                    : TestingWorld.deletion("vol_1", "production", "staging");
            Seal decidedUnder = WORLDS.get(seal).seal();
            Verdict.Hold verdict = new Verdict.Hold(new VerdictReasons(decidedUnder.id(), List.of("p1")), TWO);
            assertThat(
                            room.gate.ready(decidedUnder, sensed, verdict, Optional.empty())
                                    instanceof HoldReadiness.ReadyHold)
                    .as(taken)
                    .isEqualTo(underWay(next) == underWay(before) + more);
            if (next.holds().size() > holds.size()) {
                Confirmations.ParkResult parking = room.gate.open(decidedUnder, sensed, verdict);
                holds.add(((Confirmations.ParkResult.ParkedAttempt) parking)
                        .ticket()
                        .id());
            }
        }

        private static long underWay(Lifecycle.State state) {
            return state.copies().stream()
                    .filter(copy -> copy.phase() != Lifecycle.Phase.IDLE)
                    .count();
        }

        private Hold real(String id) {
            return ConfirmationsFixture.stored(room.database(), id);
        }

        private void compare(Lifecycle.State state) {
            for (int i = 0; i < holds.size(); i++) {
                String id = holds.get(i);
                Hold real = real(id);
                Lifecycle.ModelHold held = state.holds().get(i);
                assertThat(real.state()).as(taken).isEqualTo(held.state());
                if (held.state().isLive()) {
                    assertThat(real.signatures())
                            .as(taken)
                            .extracting(Hold.HoldSignature::person)
                            .containsExactlyInAnyOrderElementsOf(names(held.signers()));
                }
            }
        }

        private static List<String> names(int signers) {
            List<String> names = new ArrayList<>();
            if ((signers & Lifecycle.ANN) != 0) {
                names.add("ann");
            }
            if ((signers & Lifecycle.BOB) != 0) {
                names.add("bob");
            }
            return names;
        }
    }
}
