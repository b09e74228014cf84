package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Runs the real code through every order of what can happen to a plan of three steps, of which the first would pass
 * alone: they are sent, wait in hand, are used, succeed or fail, change, race, are signed or denied; another call does
 * the same as one; the seal is renewed, the gateway crashes and recovers. After each step it checks what has gone.
 */
final class PlanSearchTest {

    private static final int DEPTH = 12;
    private static final int STEPS = 3;
    private static final Obligations ONE = ConfirmationsFixture.owners(1);
    private static final TestingWorld WORLD = new TestingWorld();
    private static final List<Seal> SEALS = List.of(WORLD.seal(), new TestingWorld(false, 2).seal());

    private static ResolvedAttempt call(int step, String body, boolean changed) {
        String volume = "vol_" + step;
        ResolvedAttempt sent = TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, volume, body, "staging");
        ResolvedAttempt other = TestingWorld.resolved("L-1", "volumeDelete", Impact.DESTROY, volume, body, "staging");
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

    /**
     * A state of the store, and what happened before.
     *
     * @param hand a step whose confirmation is between readiness and use
     * @param flying the steps that are used and have not ended
     * @param done the steps that succeeded
     * @param over whether a step failed or was denied, or another call did the same
     */
    private record Node(
            MemoryHoldStore.Snapshot store,
            Map<Integer, Confirmation> hand,
            Set<Integer> flying,
            Set<Integer> done,
            boolean signed,
            boolean over,
            boolean changed,
            int seal) {

        String code() {
            List<String> code = new ArrayList<>();
            for (Hold hold : new TreeMap<>(store.holds()).values()) {
                code.add(hold.state().word() + store.done().contains(hold.id()));
            }
            return code + "" + hand.keySet() + flying + done + signed + over + changed + seal;
        }
    }

    private final TestingClock clock = new TestingClock();
    private List<String> holds = List.of();

    /** One step: the real code on a copy of a state. */
    private final class Step {

        private final MemoryHoldStore store;
        private final Confirmations gate;
        private final HoldSigning people;
        private final Map<Integer, Confirmation> hand;
        private final Set<Integer> flying;
        private final Set<Integer> done;
        private boolean signed;
        private boolean over;
        private boolean changed;
        private int seal;
        private String wrong = "";

        Step(Node from, MemoryHoldStore.Fault fault) {
            store = new MemoryHoldStore(fault);
            store.restore(from.store());
            gate = new Confirmations(store, clock, clock::nanos, new SecureRandom(), new NoPasskeys());
            people = gate.confirmers(_ -> true);
            hand = new TreeMap<>(from.hand());
            flying = new TreeSet<>(from.flying());
            done = new TreeSet<>(from.done());
            signed = from.signed();
            over = from.over();
            changed = from.changed();
            seal = from.seal();
        }

        Node node() {
            return new Node(store.snapshot(), hand, flying, done, signed, over, changed, seal);
        }

        private Verdict verdict(int step) {
            VerdictReasons grounds = new VerdictReasons(SEALS.get(seal).id(), List.of("p1"));
            return step == 0 ? new Verdict.Permit(grounds) : new Verdict.Hold(grounds, ONE);
        }

        /** A step arrives as the gate takes it: it is in hand if it may go. */
        void arrives(int step) {
            ResolvedAttempt sensed = call(step, "{}", changed && step == 1);
            if (gate.plans().planned(sensed, verdict(step)) instanceof Verdict.Hold hold
                    && gate.ready(SEALS.get(seal), sensed, hold, Optional.empty())
                            instanceof HoldReadiness.ReadyHold(Confirmation held)) {
                hand.put(step, held);
            }
        }

        void goes(int step) {
            Confirmation held = hand.get(step);
            if (held == null || gate.consume(held, "R-" + step).isEmpty()) {
                return;
            }
            if (flying.contains(step) || done.contains(step)) {
                wrong = "used twice";
            } else if (!signed) {
                wrong = "went without a signature";
            } else if (over) {
                wrong = "went after the plan was over";
            } else if (step > 0 && !done.contains(step - 1)) {
                wrong = "went before its turn";
            }
            flying.add(step);
        }

        void ends(int step, boolean well) {
            if (flying.remove(step)) {
                gate.plans().ended(holds.get(step), "R-" + step, well);
                over |= !well;
                if (well) {
                    done.add(step);
                }
            }
        }

        /** A crash: nobody knows of what is in flight. The recovery asks for each open intent. */
        void crashes() {
            hand.clear();
            for (int step : Set.copyOf(flying)) {
                if (gate.isCertainlyUnused(holds.get(step), "R-" + step)) {
                    wrong = "a used step counts as unused";
                }
                over = true;
            }
            flying.clear();
        }

        void isSigned() {
            Optional<HoldSigning.SetSheet> sheet =
                    people.showSet(SEALS.get(seal), "S-" + holds.getFirst().substring(2), Optional.empty());
            byte[] bytes = sheet.orElseThrow().statement().toArray();
            if (sheet.get().holds().size() < 2) {
                return;
            }
            String signature = new ConfirmationSignature(
                            Optional.of(StatementList.read(bytes)),
                            PersonSignature.parse(WORLD.ann.sign(Statement.NAMESPACE, bytes)))
                    .text();
            if (people.sign(SEALS.get(seal), sheet.get().name().id(), signature, Optional.empty(), _ -> {})
                    instanceof HoldSigning.SignatureResult.AcceptedSignature accepted) {
                if (accepted.tickets().size() != STEPS) {
                    wrong = "signed in part";
                }
                signed = true;
            }
        }

        void isSignedAlone(int step) {
            HoldSigning.HoldSheet sheet =
                    people.show(SEALS.get(seal), holds.get(step)).orElseThrow();
            String signature =
                    WORLD.ann.sign(Statement.NAMESPACE, sheet.statement().toArray());
            if (people.sign(SEALS.get(seal), holds.get(step), signature, Optional.empty(), _ -> {})
                    instanceof HoldSigning.SignatureResult.AcceptedSignature) {
                wrong = "signed alone";
            }
        }

        void isDenied(int step) {
            over |= people.deny(SEALS.get(seal), holds.get(step), "bob", "no")
                    instanceof HoldSigning.DenialResult.DeniedAndEnded;
        }

        void anotherDoesTheSame() {
            var _ = gate.plans().planned(call(0, "{\"other\":1}", false), verdict(0));
            over = true;
        }
    }

    private interface Event {
        void happen(Step step);
    }

    private static final Map<String, Event> EVENTS = new TreeMap<>(Map.ofEntries(
            Map.entry("the first arrives", step -> step.arrives(0)),
            Map.entry("the second arrives", step -> step.arrives(1)),
            Map.entry("the third arrives", step -> step.arrives(2)),
            Map.entry("the first goes", step -> step.goes(0)),
            Map.entry("the second goes", step -> step.goes(1)),
            Map.entry("the third goes", step -> step.goes(2)),
            Map.entry("the first succeeds", step -> step.ends(0, true)),
            Map.entry("the first fails", step -> step.ends(0, false)),
            Map.entry("the second succeeds", step -> step.ends(1, true)),
            Map.entry("the second fails", step -> step.ends(1, false)),
            Map.entry("the plan is signed", Step::isSigned),
            Map.entry("the second is signed alone", step -> step.isSignedAlone(1)),
            Map.entry("the second is denied", step -> step.isDenied(1)),
            Map.entry("the second changes", step -> step.changed = true),
            Map.entry("another call does the same", Step::anotherDoesTheSame),
            Map.entry("another seal", step -> step.seal = 1),
            Map.entry("a crash", Step::crashes)));

    private int states;

    private Optional<String> search(Node start, int depth, MemoryHoldStore.Fault fault) {
        Map<String, List<String>> paths = new HashMap<>(Map.of(start.code(), List.of()));
        ArrayDeque<Node> open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            Node from = open.remove();
            List<String> path = paths.getOrDefault(from.code(), List.of());
            if (path.size() == depth) {
                continue;
            }
            for (Map.Entry<String, Event> event : EVENTS.entrySet()) {
                Step step = new Step(from, fault);
                event.getValue().happen(step);
                List<String> longer = new ArrayList<>(path);
                longer.add(event.getKey());
                if (!step.wrong.isEmpty()) {
                    return Optional.of(step.wrong + ": " + longer);
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

    private Node asked(MemoryHoldStore.Fault fault) {
        Node nothing = new Node(MemoryHoldStore.Snapshot.EMPTY, Map.of(), Set.of(), Set.of(), false, false, false, 0);
        Step step = new Step(nothing, fault);
        List<ResolvedAttempt> calls = List.of(call(0, "{}", false), call(1, "{}", false), call(2, "{}", false));
        HoldPlans.PlanResult.AskedPlan plan =
                (HoldPlans.PlanResult.AskedPlan) step.gate.plans().open(SEALS.getFirst(), calls, ONE);
        holds = plan.tickets().stream().map(HoldTicket::id).toList();
        return step.node();
    }

    @Test
    void noOrderLetsAStepGoBeforeItsTurnOrAfterTheEnd() {
        Node start = asked(MemoryHoldStore.Fault.NONE);
        assertThat(search(start, DEPTH, MemoryHoldStore.Fault.NONE)).isEmpty();
        assertThat(states).isGreaterThan(170);
    }

    /** The search finds what a store would do wrong: so its conditions are needed. */
    @Test
    void aStoreWithoutItsConditionsIsFound() {
        for (Map.Entry<MemoryHoldStore.Fault, String> fault : Map.of(
                        MemoryHoldStore.Fault.FORGETS_USE, "used twice",
                        MemoryHoldStore.Fault.FORGETS_ORDER, "went before its turn",
                        MemoryHoldStore.Fault.KEEPS_REST, "went after the plan was over")
                .entrySet()) {
            Node start = asked(fault.getKey());
            assertThat(search(start, DEPTH, fault.getKey()).orElse("nothing"))
                    .as(fault.getKey().name())
                    .startsWith(fault.getValue());
        }
    }
}
