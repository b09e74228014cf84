package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Runs the real code through every order of what can happen to two calls of one kind, and to a third that comes when it
 * likes: they are sent, wait in hand between readiness and use, change, are shown, signed alone or with a grant of one
 * more, denied; the grant is revoked, the seal renewed, the gateway crashes. After each step it checks what has gone.
 */
final class TogetherSearchTest {

    private static final int DEPTH = 6;
    private static final Obligations ONE = ConfirmationsFixture.owners(1);
    private static final TestingWorld WORLD = new TestingWorld();
    private static final List<Seal> SEALS =
            List.of(granting(WORLD.seal()), granting(new TestingWorld(false, 2).seal()));

    private static Seal granting(Seal seal) {
        return seal.with(parts -> parts.approvals =
                parts.approvals.granting(Optional.of(new CallGrant.GrantLimit(1, Duration.ofHours(8)))));
    }

    private static ResolvedAttempt call(int number, boolean changed) {
        ResolvedAttempt sent =
                TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, "vol_1", "{" + number + "}", "staging");
        ResolvedAttempt other = TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, "vol_9", "{}", "staging");
        return !changed
                ? sent
                : new ResolvedAttempt(
                        sent.attempt(),
                        sent.lease(),
                        other.actions(),
                        other.placements(),
                        other.radius(),
                        sent.outgoing(),
                        sent.digests());
    }

    /** What was signed, as people saw it: the holds, and whether one more was granted with the first of them. */
    private record Page(List<String> holds, byte[] plain, byte[] granting) {}

    /**
     * A state of the store, and what happened before.
     *
     * @param names the hold of each call
     * @param shown the page that was drawn last
     * @param hand a call and its confirmation, between readiness and use
     * @param signed the holds that people have signed, as they saw them
     * @param over the holds that people denied, and grants that they revoked
     * @param gone how often each hold, and each grant, was used
     */
    private record Node(
            MemoryHoldStore.Snapshot store,
            Map<Integer, String> names,
            Optional<Page> shown,
            Optional<Confirmation> hand,
            Set<String> signed,
            Set<String> granted,
            Set<String> over,
            Map<String, Integer> gone,
            boolean changed,
            int seal) {

        String code() {
            Map<String, Integer> numbers = new HashMap<>();
            names.forEach((number, hold) -> numbers.put(hold, number));
            List<String> code = new ArrayList<>();
            for (Hold hold : new TreeMap<>(store.holds()).values()) {
                code.add(numbers.get(hold.id())
                        + hold.state().word()
                        + hold.signatures().size());
            }
            store.grants()
                    .forEach((hold, grant) -> code.add("g" + numbers.get(hold) + grant.used()
                            + store.ended().containsKey(hold)));
            shown.ifPresent(page ->
                    code.add("p" + page.holds().stream().map(numbers::get).toList()));
            hand.ifPresent(held -> code.add("h" + numbers.get(held.hold()) + held.isGranted() + held.grantedRequest()));
            gone.forEach((used, times) -> code.add(ids(Set.of(used), numbers) + "x" + times));
            return new TreeSet<>(code)
                    + ("" + ids(signed, numbers) + ids(granted, numbers) + ids(over, numbers) + changed + seal);
        }

        private static Set<String> ids(Set<String> holds, Map<String, Integer> numbers) {
            Set<String> ids = new TreeSet<>();
            holds.forEach(hold -> ids.add(hold.charAt(0) + "" + numbers.get("H-" + hold.substring(2))));
            return ids;
        }
    }

    private final TestingClock clock = new TestingClock();
    private final Instant until = clock.instant().plus(Duration.ofHours(2));

    /** One step: the real code on a copy of a state. Returns what is wrong with what it did; empty if nothing is. */
    private final class Step {

        private final MemoryHoldStore store;
        private final Confirmations gate;
        private final HoldSigning people;
        private final Map<Integer, String> names;
        private Optional<Page> shown;
        private Optional<Confirmation> hand;
        private final Set<String> signed;
        private final Set<String> granted;
        private final Set<String> over;
        private final Map<String, Integer> gone;
        private boolean changed;
        private int seal;
        private String wrong = "";

        Step(Node from, MemoryHoldStore.Fault fault) {
            store = new MemoryHoldStore(fault);
            store.restore(from.store());
            gate = new Confirmations(store, clock, clock::nanos, new SecureRandom(), new NoPasskeys());
            people = gate.confirmers(_ -> true);
            names = new TreeMap<>(from.names());
            shown = from.shown();
            hand = from.hand();
            signed = new HashSet<>(from.signed());
            granted = new HashSet<>(from.granted());
            over = new HashSet<>(from.over());
            gone = new HashMap<>(from.gone());
            changed = from.changed();
            seal = from.seal();
        }

        Node node() {
            return new Node(store.snapshot(), names, shown, hand, signed, granted, over, gone, changed, seal);
        }

        private Verdict.Hold verdict() {
            return new Verdict.Hold(new VerdictReasons(SEALS.get(seal).id(), List.of("p1")), ONE);
        }

        /** The call arrives: it is in hand if it may go, or else people are asked about it, once. */
        void arrives(int number) {
            ResolvedAttempt sensed = call(number, changed && number == 1);
            if (gate.ready(SEALS.get(seal), sensed, verdict(), Optional.empty())
                    instanceof HoldReadiness.ReadyHold(Confirmation held)) {
                hand = Optional.of(held);
            } else if (!names.containsKey(number)
                    && gate.open(SEALS.get(seal), sensed, verdict())
                            instanceof Confirmations.ParkResult.ParkedAttempt(HoldTicket ticket, boolean _)) {
                names.put(number, ticket.id());
            }
        }

        void goes() {
            if (hand.isEmpty()) {
                return;
            }
            Confirmation held = hand.get();
            if (gate.consume(held, "R-1").isEmpty()) {
                return;
            }
            String used = held.isGranted() ? CallGrant.name(held.hold()) : held.hold();
            if (gone.merge(used, 1, Integer::sum) > 1) {
                wrong = "used twice";
            } else if (!signed.contains(held.hold())) {
                wrong = "went without a signature";
            } else if (held.isGranted() && !granted.contains(held.hold())) {
                wrong = "went without a grant";
            } else if (over.contains(used) || over.contains(held.hold())) {
                wrong = "went after a no";
            }
        }

        void isShown() {
            names.values().stream().sorted().findFirst().ifPresent(first -> {
                String set = "S-" + first.substring(2);
                HoldSigning.SetSheet sheet = sheet(set, Optional.empty());
                shown = sheet.holds().stream()
                                .allMatch(hold -> hold.line().state().equals("open"))
                        ? Optional.of(new Page(
                                sheet.holds().stream()
                                        .map(hold -> hold.line().ticket().id())
                                        .toList(),
                                sheet.statement().toArray(),
                                sheet(set, Optional.of(new CallGrant(1, until)))
                                        .statement()
                                        .toArray()))
                        : Optional.empty();
            });
        }

        private HoldSigning.SetSheet sheet(String set, Optional<CallGrant> more) {
            return people.showSet(SEALS.get(seal), set, more).orElseThrow();
        }

        /** A person signs exactly what the page shows, whenever they come to it, and as often as they like. */
        void isSigned(boolean withGrant) {
            if (shown.isEmpty()) {
                return;
            }
            Page page = shown.get();
            byte[] bytes = withGrant ? page.granting() : page.plain();
            String made = WORLD.ann.sign(Statement.NAMESPACE, bytes);
            boolean isList = withGrant || page.holds().size() > 1;
            String id = page.holds().size() == 1
                    ? page.holds().getFirst()
                    : "S-" + page.holds().getFirst().substring(2);
            String signature = isList
                    ? new ConfirmationSignature(Optional.of(StatementList.read(bytes)), PersonSignature.parse(made))
                            .text()
                    : made;
            HoldSigning.SignatureResult result = people.sign(SEALS.get(seal), id, signature, Optional.empty(), _ -> {});
            if (result instanceof HoldSigning.SignatureResult.AcceptedSignature accepted) {
                accepted.tickets().forEach(ticket -> {
                    if (!page.holds().contains(ticket.id())) {
                        wrong = "signed what was not shown";
                    }
                    if (over.contains(ticket.id())) {
                        wrong = "signed what was denied";
                    }
                });
                if (accepted.tickets().size() != page.holds().size()) {
                    wrong = "signed in part";
                }
                signed.addAll(page.holds());
                if (withGrant) {
                    granted.add(page.holds().getFirst());
                }
            }
        }

        void isDenied(int number) {
            if (names.containsKey(number)
                    && people.deny(SEALS.get(seal), names.get(number), "bob", "no")
                            instanceof HoldSigning.DenialResult.DeniedAndEnded) {
                over.add(names.get(number));
            }
        }

        void isRevoked() {
            granted.forEach(hold -> {
                if (people.revoke(CallGrant.name(hold), "bob", "no")) {
                    over.add(CallGrant.name(hold));
                }
            });
        }
    }

    private interface Event {
        void happen(Step step);
    }

    private static final Map<String, Event> EVENTS = new TreeMap<>(Map.ofEntries(
            Map.entry("the first arrives", step -> step.arrives(0)),
            Map.entry("the second arrives", step -> step.arrives(1)),
            Map.entry("the third arrives", step -> step.arrives(2)),
            Map.entry("what is in hand goes", Step::goes),
            Map.entry("the page is drawn", Step::isShown),
            Map.entry("the page is signed", step -> step.isSigned(false)),
            Map.entry("the page is signed with a grant", step -> step.isSigned(true)),
            Map.entry("the first is denied", step -> step.isDenied(0)),
            Map.entry("the second changes", step -> step.changed = true),
            Map.entry("the grant is revoked", Step::isRevoked),
            Map.entry("another seal", step -> step.seal = 1),
            Map.entry("a crash", step -> step.hand = Optional.empty())));

    private record Found(List<String> path, String wrong) {}

    private int states;

    private Optional<Found> search(Node start, int depth, MemoryHoldStore.Fault fault) {
        Map<String, List<String>> paths = new HashMap<>(Map.of(start.code(), List.of()));
        ArrayDeque<Node> open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            Node from = open.remove();
            List<String> path = paths.get(from.code());
            if (path.size() == depth) {
                continue;
            }
            for (Map.Entry<String, Event> event : EVENTS.entrySet()) {
                Step step = new Step(from, fault);
                event.getValue().happen(step);
                List<String> longer = new ArrayList<>(path);
                longer.add(event.getKey());
                if (!step.wrong.isEmpty()) {
                    return Optional.of(new Found(longer, step.wrong));
                }
                Node next = step.node();
                if (paths.putIfAbsent(next.code(), longer) == null) {
                    open.add(next);
                }
            }
        }
        states = paths.size();
        return Optional.empty();
    }

    /** Two calls wait together, and a third has not come yet. */
    private Node waiting(MemoryHoldStore.Fault fault) {
        Node start = new Node(
                MemoryHoldStore.Snapshot.EMPTY,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Set.of(),
                Set.of(),
                Map.of(),
                false,
                0);
        Step step = new Step(start, fault);
        step.arrives(0);
        clock.pass(Duration.ofMillis(10));
        step.arrives(1);
        clock.pass(Duration.ofMillis(10));
        step.isShown();
        return step.node();
    }

    @Test
    void noOrderReleasesWhatWasNotShownOrMoreThanWasSigned() {
        Node start = waiting(MemoryHoldStore.Fault.NONE);
        assertThat(search(start, DEPTH, MemoryHoldStore.Fault.NONE)).isEmpty();
        assertThat(states).isGreaterThan(500);
    }

    /** The search finds what a store would do wrong: so the store's conditions are needed. */
    @Test
    void aStoreWithoutItsConditionsIsFound() {
        assertThat(found(MemoryHoldStore.Fault.FORGETS_USE)).isEqualTo("used twice");
        assertThat(found(MemoryHoldStore.Fault.GRANTS_ALWAYS)).isEqualTo("used twice");
    }

    private String found(MemoryHoldStore.Fault fault) {
        return search(waiting(fault), DEPTH, fault).map(Found::wrong).orElse("");
    }
}
