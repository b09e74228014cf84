package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Json;
import dev.interlock.testing.CaseCount;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that the cache saves work and changes nothing: each cached body equals a new one. */
@Tag("random")
class IntentCachePropertyTest {

    private static final int ASKED = CaseCount.of(30_000);
    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");

    /**
     * Attempts of a small world. Each mostly differs from the last one in one thing, and a key must distinguish such
     * pairs.
     */
    private static final class World {
        private final Random random;
        private final List<Runnable> rolls = List.of(
                () -> this.lease = one("L-1", "L-2"),
                () -> this.root = one("L-1", "L-0"),
                () -> this.agent = one("jer/cursor", "ann/bot"),
                () -> this.person = one("jer", "ann"),
                () -> this.task = one("fix", "look"),
                () -> this.upstream = one("railway", "other"),
                () -> this.body = one("", "a", "b"),
                () -> this.path = one("/a", "/b"),
                () -> this.header = one("x", "y"),
                () -> this.withheld = one("", "x", "y"),
                () -> this.operation = one("railway/project", "railway/environment"),
                () -> this.reversibility = one(Reversibility.values()),
                () -> this.impact = one(Impact.READ, Impact.READ, Impact.READ, Impact.WRITE),
                () -> this.resource = one("railway:project/p", "railway:project/q"),
                () -> this.fact = one("", "a", "b"),
                () -> this.factOf = one(Provenance.values()),
                () -> this.environment = one("staging", "production"),
                () -> this.provenance = one(Provenance.values()),
                () -> this.known = one(true, false),
                () -> this.reached = one("staging", "production"),
                () -> this.lost = one("", "railway:volume/v", "railway:volume/w"),
                () -> this.note = one("", "a", "b"),
                () -> this.saved = one("", "railway:volume/v", "railway:volume/w"),
                () -> this.seal = one("5ea1", "5ea2"),
                () -> this.policy = one("p", "q"),
                () -> this.limit = one("", "budget a", "budget b"),
                () -> this.observed = one("", "a", "b"));
        private String lease = "";
        private String root = "";
        private String agent = "";
        private String person = "";
        private String task = "";
        private String upstream = "";
        private String body = "";
        private String path = "";
        private String header = "";
        private String withheld = "";
        private String operation = "";
        private Reversibility reversibility = Reversibility.REVERSIBLE;
        private Impact impact = Impact.READ;
        private String resource = "";
        private String fact = "";
        private Provenance factOf = Provenance.SEALED;
        private String environment = "";
        private Provenance provenance = Provenance.SEALED;
        private boolean known;
        private String reached = "";
        private String lost = "";
        private String note = "";
        private String saved = "";
        private String seal = "";
        private String policy = "";
        private String limit = "";
        private String observed = "";

        World(Random random) {
            this.random = random;
            rolls.forEach(Runnable::run);
        }

        void turn() {
            rolls.get(random.nextInt(rolls.size())).run();
        }

        @SafeVarargs
        private <T> T one(T... all) {
            return all[random.nextInt(all.length)];
        }

        private static <T> List<T> unlessEmpty(String text, T value) {
            return text.isEmpty() ? List.of() : List.of(value);
        }

        ResolvedAttempt sensed(Instant at) {
            Lease of = new Lease(
                    lease,
                    root,
                    agent,
                    person,
                    LeaseSigners.NOBODY,
                    task,
                    Optional.empty(),
                    Set.of("staging"),
                    Set.of(Impact.READ),
                    Set.of(),
                    Optional.empty(),
                    NOW,
                    NOW.plusSeconds(60));
            HttpCall outgoing = new HttpCall(
                    "POST",
                    "localhost",
                    path,
                    List.of(),
                    List.of(new Header("accept", header)),
                    Bytes.utf8(body),
                    Optional.empty(),
                    unlessEmpty(withheld, new Header("x", withheld)));
            Resource touched = Resource.parse(resource);
            String[] named = operation.split("/");
            Action action = new Action(
                    new Operation(named[0], named[1]),
                    Set.of(impact),
                    reversibility,
                    Set.of(touched),
                    unlessEmpty(fact, new Fact("fact", fact, factOf)));
            BlastRadius radius = new BlastRadius(
                    Set.of(reached),
                    lost.isEmpty() ? Set.of() : Set.of(Resource.parse(lost)),
                    List.of(),
                    saved.isEmpty()
                            ? List.of()
                            : List.of(new Backup(
                                    "b",
                                    Resource.parse(saved),
                                    Instant.EPOCH,
                                    "elsewhere",
                                    Provenance.SEALED,
                                    Optional.empty())),
                    unlessEmpty(note, note));
            return new ResolvedAttempt(
                    new Attempt(upstream, List.of(), Optional.empty(), outgoing, at),
                    of,
                    List.of(action),
                    Map.of(touched, new Placement(touched, Set.of(environment), Set.of(), provenance, known)),
                    radius,
                    outgoing,
                    SaltedDigests.OPEN);
        }

        VerdictReasons grounds() {
            VerdictReasons plain = new VerdictReasons(seal, List.of(policy))
                    .limitedBy(unlessEmpty(limit, new VerdictReasons.ReachedLimit(limit, "It is reached.")));
            return observed.isEmpty()
                    ? plain
                    : plain.observing(Refusal.denied(observed, "Wait.", List.of("every call")));
        }
    }

    @Test
    void aCachedIntentEqualsANewOne() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        World world = new World(random);
        IntentCache tellings = new IntentCache();
        int again = 0;
        for (int i = 0; i < ASKED; i++) {
            ResolvedAttempt sensed = world.sensed(NOW.plusSeconds(i));
            VerdictReasons grounds = world.grounds();
            Json.Members told = tellings.of(sensed, grounds);
            assertThat(told).as("seed %d: %s", seed, sensed).isEqualTo(ReceiptMembers.of(sensed, grounds));
            // The same attempt in another second: it is cached if it only reads, and built anew otherwise.
            Json.Members second = tellings.of(world.sensed(NOW.plusSeconds(i + 1)), world.grounds());
            assertThat(second).isEqualTo(told);
            assertThat(second == told).isEqualTo(sensed.isPureRead());
            again += second == told ? 1 : 0;
            world.turn();
        }
        assertThat(again).isBetween(ASKED / 4, ASKED - ASKED / 20); // otherwise nothing was tried
        if (CaseCount.includeRare()) {
            assertThat(tellings.size()).isBetween(IntentCache.MAX_KEPT / 2, IntentCache.MAX_KEPT);
        }
    }
}
