package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Tests that no plan is overlooked by what is known of earlier calls. */
final class HoldPlansTest {

    private static final TestingWorld WORLD = new TestingWorld();
    private static final Verdict PERMIT =
            new Verdict.Permit(new VerdictReasons(WORLD.seal().id(), List.of("p1")));

    private final PausingStore store = new PausingStore();
    private final TestingClock clock = new TestingClock();
    private final Confirmations gate =
            new Confirmations(store, clock, clock::nanos, new SecureRandom(), new NoPasskeys());

    private static ResolvedAttempt call(String body) {
        return TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, "vol_1", body, "staging");
    }

    private void open() {
        assertThat(gate.plans()
                        .open(WORLD.seal(), List.of(call("{}"), call("{\"n\":1}")), ConfirmationsFixture.owners(1)))
                .isInstanceOf(HoldPlans.PlanResult.AskedPlan.class);
    }

    @Test
    void aLeaseWithoutAPlanIsReadOnce() {
        for (int i = 0; i < 3; i++) {
            assertThat(gate.plans().planned(call("{}"), PERMIT)).isEqualTo(PERMIT);
        }
        assertThat(store.reads).isEqualTo(2); // the first is of the clock
        open();
        assertThat(gate.plans().planned(call("{}"), PERMIT)).isInstanceOf(Verdict.Hold.class);
    }

    @Test
    void aPlanThatIsOpenedBehindAReadIsFoundByTheNextCall() {
        store.afterRead = this::open;
        assertThat(gate.plans().planned(call("{}"), PERMIT)).isEqualTo(PERMIT);
        assertThat(gate.plans().planned(call("{}"), PERMIT)).isInstanceOf(Verdict.Hold.class);
    }

    @Test
    void aPlanThatIsNotYetWrittenWhenItIsReadIsFoundByTheNextCall() {
        store.beforeWrite =
                () -> assertThat(gate.plans().planned(call("{}"), PERMIT)).isEqualTo(PERMIT);
        open();
        assertThat(gate.plans().planned(call("{}"), PERMIT)).isInstanceOf(Verdict.Hold.class);
    }

    /** Lets something else happen behind a read, or before a write. */
    private static final class PausingStore implements HoldStore {

        private final HoldStore store = new MemoryHoldStore(MemoryHoldStore.Fault.NONE);
        private int reads;
        private Runnable afterRead = () -> {};
        private Runnable beforeWrite = () -> {};

        @Override
        public void begin(Predicate<String> counts, Consumer<String> changed) {
            store.begin(counts, changed);
        }

        @Override
        public <T> T read(Function<HoldRows, T> work) {
            reads++;
            T read = store.read(work);
            Runnable then = afterRead;
            afterRead = () -> {};
            then.run();
            return read;
        }

        @Override
        public List<Hold> recent(String lease, Instant now) {
            return store.recent(lease, now);
        }

        @Override
        public Optional<List<Hold>> use(Hold signed, Hold used, Instant now) {
            return store.use(signed, used, now);
        }

        @Override
        public <T> T write(Function<HoldRows, T> work) {
            return store.write(work);
        }

        @Override
        public <T> T writeForLease(String lease, Function<HoldRows, T> work) {
            Runnable first = beforeWrite;
            beforeWrite = () -> {};
            first.run();
            return store.writeForLease(lease, work);
        }
    }
}
