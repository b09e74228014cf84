package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.TestingWorld;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests the state machine in {@code docs/design/lifecycle.md}, and every path through it. */
final class HoldTest {

    private static final Instant START = TestingWorld.START;
    private static final Duration COOLDOWN = Duration.ofMinutes(10);

    private static Hold open(OptionalLong rows) {
        ResolvedAttempt sensed = TestingWorld.deletion("vol_1", "production");
        Obligations obligations = new Obligations(
                Set.of(new Obligations.Quorum(2, "owners")), COOLDOWN, Optional.empty(), rows, false, false);
        Statement statement = new Statement(
                "H-01",
                "0".repeat(64),
                "L-1",
                "jer/cursor",
                "jer",
                Set.of(),
                "fix-staging",
                "railway",
                sensed.meaning(),
                sensed.request(),
                "Delete it.",
                Optional.empty(),
                obligations.canonical(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[32]),
                START,
                Hold.expiry(START, COOLDOWN),
                Optional.empty());
        return Hold.open(statement, ActionClass.of(sensed), START.plus(Hold.DEFAULT_LIFE));
    }

    @Test
    void onlyTheListedTransitionsExist() {
        Map<HoldState, Set<HoldState>> drawn = Map.of(
                HoldState.OPEN, EnumSet.of(HoldState.SIGNED, HoldState.DENIED, HoldState.VOID, HoldState.EXPIRED),
                HoldState.SIGNED,
                        EnumSet.of(HoldState.CONSUMED, HoldState.CANCELLED, HoldState.VOID, HoldState.EXPIRED));
        for (HoldState from : HoldState.values()) {
            Set<HoldState> out =
                    Arrays.stream(HoldState.values()).filter(from::may).collect(Collectors.toSet());
            assertThat(out).as(from.word()).isEqualTo(drawn.getOrDefault(from, Set.of()));
            assertThat(from.isLive()).as(from.word()).isEqualTo(!out.isEmpty());
        }
    }

    /** A state of the small model: the hold, the time, and the events so far. */
    private record HoldModel(Hold hold, int minute, Set<String> signed, boolean no, int uses) {
        Instant now() {
            return START.plus(Duration.ofMinutes(minute));
        }
    }

    /**
     * Tries every interleaving of two people's signatures, a denial, a changed meaning, expiry, use and the passing of
     * time, until no new state is reached.
     */
    @Test
    void inEveryInterleavingOnlyAConfirmedHoldIsUsedAndOnlyOnce() {
        Set<HoldModel> seen = new HashSet<>();
        Deque<HoldModel> frontier =
                new ArrayDeque<>(List.of(new HoldModel(open(OptionalLong.empty()), 0, Set.of(), false, 0)));
        while (!frontier.isEmpty()) {
            HoldModel world = frontier.pop();
            if (seen.add(world)) {
                check(world);
                frontier.addAll(successors(world));
            }
        }
        assertThat(seen).hasSizeGreaterThan(300);
        assertThat(seen.stream().map(world -> world.hold().state()).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(HoldState.values());
    }

    private static void check(HoldModel world) {
        assertThat(world.uses()).isLessThanOrEqualTo(1);
        if (world.hold().isUsable(world.now())) {
            assertThat(world.signed()).containsExactlyInAnyOrder("ann", "bob");
            assertThat(world.no()).isFalse();
            assertThat(world.uses()).isZero();
            Instant last = world.hold().signedAt().orElseThrow();
            assertThat(world.now())
                    .isBetween(last.plus(COOLDOWN), last.plus(COOLDOWN).plus(Hold.USABLE));
            assertThat(world.now()).isBefore(world.hold().statement().expires());
        }
    }

    private static List<HoldModel> successors(HoldModel world) {
        List<HoldModel> next = new ArrayList<>();
        Hold hold = world.hold();
        boolean due = hold.isOverdue(world.now());
        if (world.minute() < 100) {
            next.add(new HoldModel(hold, world.minute() + 5, world.signed(), world.no(), world.uses()));
        }
        for (String person : List.of("ann", "bob")) {
            if (hold.state() == HoldState.OPEN && !due && !world.signed().contains(person)) {
                Set<String> all = new HashSet<>(world.signed());
                all.add(person);
                Hold.HoldSignature signed = new Hold.HoldSignature(person, KeyClass.HARDWARE, "", "", "", world.now());
                next.add(new HoldModel(
                        hold.signed(signed, all.size() == 2), world.minute(), all, world.no(), world.uses()));
            }
        }
        for (HoldState end : EnumSet.of(HoldState.DENIED, HoldState.CANCELLED, HoldState.VOID)) {
            if (hold.state().may(end)) {
                next.add(new HoldModel(hold.ended(end, "no"), world.minute(), world.signed(), true, world.uses()));
            }
        }
        if (due) {
            next.add(new HoldModel(
                    hold.ended(HoldState.EXPIRED, ""), world.minute(), world.signed(), true, world.uses()));
        }
        if (hold.isUsable(world.now())) {
            Hold used = hold.ended(HoldState.CONSUMED, "R-1");
            next.add(new HoldModel(used, world.minute(), world.signed(), world.no(), world.uses() + 1));
        }
        return next;
    }

    @Test
    void anUnprovableHoldNeverBecomesUsable() {
        Hold.HoldSignature signed = new Hold.HoldSignature("ann", KeyClass.HARDWARE, "", "", "", START);
        Hold hold = open(OptionalLong.of(9)).signed(signed, true);
        assertThat(hold.state()).isEqualTo(HoldState.OPEN);
        assertThat(hold.unprovable()).hasSize(1);
    }

    @Test
    void anUnlistedTransitionThrows() {
        Hold denied = open(OptionalLong.empty()).ended(HoldState.DENIED, "no");
        assertThatThrownBy(() -> denied.ended(HoldState.CONSUMED, "R-1")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> open(OptionalLong.empty()).ended(HoldState.CONSUMED, "R-1"))
                .isInstanceOf(IllegalStateException.class);
        Hold.HoldSignature last = new Hold.HoldSignature("ann", KeyClass.HARDWARE, "", "", "", START);
        assertThatThrownBy(() -> denied.signed(last, true)).isInstanceOf(IllegalStateException.class);
    }
}
