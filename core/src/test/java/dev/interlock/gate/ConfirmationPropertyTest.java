package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Lease;
import dev.interlock.action.Secret;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests random sequences of people, keys, waiting and other agents, a wall clock that jumps both ways, and restarts.
 * Every release has the required signatures and happens once, and no signature is lost.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("random")
final class ConfirmationPropertyTest {

    private static final int STEPS = 60;
    private static final String POLICY = GateFixture.CEDAR + """

            @id("read-anywhere")
            permit (principal, action in Impact::Action::"read", resource);
            """;
    private static final HttpCall IN_PRODUCTION = GateFixture.document("query { volumeInstance(id: \"vi-1\") { id } }");

    @TempDir
    private Path directory;

    static List<Long> seeds() {
        long first = Long.getLong("interlock.seed", 20_261_121L);
        return LongStream.range(first, first + Long.getLong("interlock.seeds", CaseCount.of(4)))
                .boxed()
                .toList();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void eachConfirmedCallIsSentExactlyOnce(long seed) throws Exception {
        try (World world = new World(Files.createDirectory(directory.resolve("s" + seed)), seed)) {
            for (int step = 0; step < STEPS; step++) {
                world.step();
                world.check();
            }
            world.finish();
        }
    }

    private static final class World implements AutoCloseable {

        private final Path home;
        private final RandomGenerator random;
        private final TestingClock clock = new TestingClock();
        private final Secret token;
        private final Lease lease;
        private final List<Future<Outcome<String>>> agents = new ArrayList<>();
        private final Set<String> signedBySam = new HashSet<>();
        private final Set<String> refused = new HashSet<>();
        private ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private GateFixture house;
        private String trace;

        World(Path home, long seed) throws Exception {
            this.home = home;
            this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            this.trace = "seed " + seed + ":";
            this.house = new GateFixture(home, "", POLICY, clock);
            this.token = house.token;
            this.lease = house.lease;
        }

        void step() throws Exception {
            switch (random.nextInt(14)) {
                case 0, 1, 2 -> send(true);
                case 3 -> send(false);
                case 4, 5, 6 -> sign(house.sam, true);
                case 7 -> sign(random.nextBoolean() ? house.kim : TestingKey.software(), false);
                case 8 -> deny();
                case 9, 10 -> pass();
                case 11 -> jump();
                case 12 -> wish();
                default -> restart();
            }
        }

        private void did(String what) {
            trace += " " + what;
        }

        private HttpCall deletion() {
            return GateFixture.deletion("vol-" + (1 + random.nextInt(2)));
        }

        private void send(boolean waits) {
            HttpCall call = deletion();
            did(waits ? "wait" : "send");
            Duration waitLimit = waits ? Duration.ofMinutes(5) : Duration.ZERO;
            Attempt attempt = GateFixture.attempt(token, call, clock.instant(), false, waitLimit, Optional.empty());
            GateFixture now = house;
            Future<Outcome<String>> agent = threads.submit(() -> now.gate.handle(attempt, now.upstream));
            if (waits) {
                agents.add(agent);
            } else {
                done(agent);
            }
        }

        private static void done(Future<?> agent) {
            try {
                agent.get();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        private List<HoldSigning.HoldSummary> holds(String... states) {
            return house.people.list(house.seal).stream()
                    .filter(line -> List.of(states).contains(line.state()))
                    .toList();
        }

        private Optional<HoldTicket> any(String... states) {
            List<HoldSigning.HoldSummary> holds = holds(states);
            return holds.isEmpty()
                    ? Optional.empty()
                    : Optional.of(holds.get(random.nextInt(holds.size())).ticket());
        }

        private void sign(TestingKey key, boolean counts) {
            any("open").ifPresent(hold -> {
                did((counts ? "sign " : "stranger ") + hold.id());
                byte[] statement = house.people
                        .show(house.seal, hold.id())
                        .orElseThrow()
                        .statement()
                        .toArray();
                HoldSigning.SignatureResult signing = house.people.sign(
                        house.seal, hold.id(), key.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {});
                if (counts && signing instanceof HoldSigning.SignatureResult.AcceptedSignature) {
                    signedBySam.add(hold.id());
                }
            });
        }

        private void deny() {
            any("open", "signed").ifPresent(hold -> {
                did("deny " + hold.id());
                if (house.people.deny(house.seal, hold.id(), "sam", "no")
                        instanceof HoldSigning.DenialResult.DeniedAndEnded) {
                    refused.add(hold.id());
                }
            });
        }

        private void pass() {
            Duration time = Duration.ofMinutes(random.nextInt(1, 12));
            did("pass " + time);
            clock.pass(time);
            tend();
        }

        private void jump() {
            Duration by = Duration.ofSeconds(random.nextInt(-1_200, 1_200));
            did("jump " + by);
            clock.set(clock.instant().plus(by));
            tend();
        }

        /** Does the daemon's work of every few seconds. */
        private void tend() {
            house.confirmations.expire(house.seal);
            var _ = house.elevating.settle();
            house.gate.cutStopped();
        }

        private void wish() {
            did("wish");
            String body = "{\"environments\":[\"production\",\"staging\"],\"impacts\":[\"read\"],\"minutes\":"
                    + random.nextInt(1, 30) + ",\"reason\":\"why not\"}";
            var _ = house.elevate(new ElevationRequests.Subject.NewElevation(Bytes.utf8(body)), Duration.ZERO, token);
        }

        private void restart() throws Exception {
            did("restart");
            if (random.nextBoolean()) { // at the worst moment: used, and not in force
                house.confirmations.grant(house.seal, _ -> false);
            }
            leave();
            house = new GateFixture(home, "", POLICY, clock);
        }

        private void leave() throws Exception {
            house.gate.endWaits();
            for (Future<Outcome<String>> agent : agents) {
                agent.get();
            }
            agents.clear();
            house.close();
        }

        /** Checks everything that was ever released, by the ledger. */
        void check() throws Exception {
            Set<String> used = new HashSet<>();
            Set<String> gone = new HashSet<>();
            List<Receipt> receipts = house.receipts();
            receipts.stream()
                    .filter(receipt -> receipt.kind() == Receipt.Kind.OUTCOME)
                    .filter(receipt -> !receipt.members().text("result").equals("refused"))
                    .forEach(receipt -> gone.add(receipt.members().text("intent")));
            for (Receipt intent : receipts) {
                // A racing copy of a released call has an intent too, and is refused after it.
                if (intent.kind() != Receipt.Kind.INTENT || !gone.contains(intent.id())) {
                    continue;
                }
                Json.Members members = intent.members();
                if (members.optionalText("hold").isPresent()) {
                    String hold = members.text("hold");
                    assertThat(used.add(hold))
                            .as(trace + ": " + hold + " went twice")
                            .isTrue();
                    assertThat(signedBySam).as(trace).contains(hold);
                    assertThat(refused).as(trace).doesNotContain(hold);
                } else {
                    assertThat(members.optionalText("elevation")).as(trace).isPresent();
                    assertThat(signedBySam).as(trace).contains(members.text("elevation"));
                }
            }
            for (Receipt act : house.administered()) {
                if (act.members()
                        .optionalText("command")
                        .filter("elevation.give"::equals)
                        .isPresent()) {
                    String hold = act.members().text("hold");
                    assertThat(signedBySam).as(trace).contains(hold);
                }
            }
            lookAtProduction();
        }

        /** Requires that production may be read exactly as long as a signed elevation lasts. */
        private void lookAtProduction() {
            boolean wider = !house.leases
                    .widenings()
                    .of(lease, house.seal, house.confirmations.now())
                    .isEmpty();
            Outcome<String> outcome = house.send("railway", IN_PRODUCTION, token);
            if (outcome instanceof Outcome.Refused<String>(String _, var refusal)
                    && refusal.reason().contains("clock went backwards")) {
                return;
            }
            boolean refusedByScope = outcome instanceof Outcome.Refused<String>(String _, var refusal)
                    && refusal.elevation().isPresent();
            assertThat(!refusedByScope).as(trace + " " + outcome).isEqualTo(wider);
        }

        /**
         * Checks that nothing is lost: waiting agents are answered, and signed and unused confirmations can be used.
         */
        void finish() throws Exception {
            did("finish");
            tend();
            Set<String> signed = new HashSet<>();
            holds("signed").forEach(line -> signed.add(line.ticket().id()));
            assertThat(signedBySam).as(trace).containsAll(signed);
            leave();
            house = new GateFixture(home, "", POLICY, clock);
            tend();
            for (HoldSigning.HoldSummary line : holds("consumed")) {
                if (line.isElevation()) {
                    boolean over = !line.usable()
                            .orElseThrow()
                            .from()
                            .plus(Duration.ofMinutes(30))
                            .isAfter(house.confirmations.now());
                    assertThat(over
                                    || house.leases
                                            .widenings()
                                            .isKnown(line.ticket().id()))
                            .as(trace + ": " + line.ticket().id() + " was signed for and lost")
                            .isTrue();
                }
            }
            check();
        }

        @Override
        public void close() throws Exception {
            house.gate.endWaits();
            threads.close();
            house.close();
        }
    }
}
