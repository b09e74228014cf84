package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
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
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.VerdictReasons;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests that agents cannot choose how much of their calls is cached. */
final class IntentCacheTest {

    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");
    private static final VerdictReasons GROUNDS = new VerdictReasons("5ea1", List.of("reads"));

    private final IntentCache tellings = new IntentCache();

    private static HttpCall call(int fields) {
        return new HttpCall(
                "GET", "localhost", "/x", List.of(), Collections.nCopies(fields, new Header("x", "y")), Bytes.empty());
    }

    private static Action action(int resources, String fact) {
        return new Action(
                new Operation("railway", "projectsByIds"),
                Set.of(Impact.READ),
                Reversibility.REVERSIBLE,
                IntStream.range(0, resources)
                        .mapToObj(i -> new Resource("railway", "project", "p" + i))
                        .collect(Collectors.toSet()),
                List.of(new Fact("argument.ids", fact, Provenance.CLAIMED)));
    }

    private static ResolvedAttempt sensed(HttpCall call, List<Action> actions) {
        Lease lease = new Lease(
                "L-1",
                "L-1",
                "jer/cursor",
                "jer",
                LeaseSigners.NOBODY,
                "look",
                Optional.empty(),
                Set.of("staging"),
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                NOW,
                NOW.plusSeconds(60));
        Map<Resource, Placement> placements = actions.stream()
                .flatMap(action -> action.resources().stream())
                .distinct()
                .collect(Collectors.toMap(
                        Function.identity(),
                        one -> new Placement(one, Set.of("staging"), Set.of(), Provenance.SEALED, true)));
        return new ResolvedAttempt(
                new Attempt("railway", List.of(), Optional.empty(), call, NOW),
                lease,
                actions,
                placements,
                new BlastRadius(Set.of("staging"), Set.of(), List.of(), List.of(), List.of()),
                call,
                SaltedDigests.OPEN);
    }

    private int kept(HttpCall call, List<Action> actions) {
        ResolvedAttempt sensed = sensed(call, actions);
        assertThat(tellings.of(sensed, GROUNDS)).isEqualTo(ReceiptMembers.of(sensed, GROUNDS));
        return tellings.size();
    }

    @Test
    void commonIntentsAreCached() {
        assertThat(kept(call(10), List.of(action(3, "p0 p1 p2"), action(1, "p0"))))
                .isEqualTo(1);
    }

    @Test
    void aLargeIntentIsNotCached() {
        assertThat(kept(call(10), List.of(action(100, "p0")))).isZero();
        assertThat(kept(call(10), Collections.nCopies(5, action(1, "x".repeat(1_000)))))
                .isZero();
        assertThat(kept(call(1_000), List.of(action(1, "p0")))).isZero();
    }
}
