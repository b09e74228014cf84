package dev.interlock.confirm;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The confirmation's life cycle as a model small enough to be searched completely. It has two copies of one request at
 * every step of the gate's path, two people, the hold's state machine and the vault's own check. The state of the
 * world, the seal and a kill may change during the path, and there are crashes. One transaction of the program is one
 * step here.
 *
 * <p>A tick is half an hour, and so is the cooldown. A signed hold is usable at the end of its cooldown, and no more a
 * tick later. The time to sign is two ticks.
 */
final class Lifecycle {

    static final int TIME_TO_SIGN = 2;
    static final int STATEMENT_LIFE = 4;
    static final int COOLDOWN = 1;
    static final int USABLE_UNTIL = 2;

    static final int ANN = 1;
    static final int BOB = 2;
    private static final int BOTH = ANN | BOB;

    /** A check that is left out, to show that it is needed. */
    enum Fault {
        /** Nothing is resolved anew before the call acts. */
        NOTHING_ASKED_ANEW,
        /** A hold is used for the current meaning, even if it was about another. */
        MEANING_NOT_COMPARED,
        /** A hold outlives the seal that it was opened under. */
        SEAL_NOT_COMPARED,
        /** Using a confirmation does not check its state since it was found ready. */
        USED_UNSEEN,
        USE_NOT_DURABLE,
        VAULT_FORGETS,
        /** One person's signature makes a hold complete. */
        ONE_IS_ENOUGH,
        /** The vault does not count the signatures itself. */
        VAULT_TRUSTS,
        /** A complete hold may be used at once. */
        NO_COOLDOWN,
        /** A complete hold may be used for ever. */
        NO_END,
        /** The kill is checked before the call is registered, so that a kill could not find the call. */
        KILL_ASKED_TOO_EARLY,
        /** A kill does not cut off calls in flight. */
        KILL_CUTS_NOTHING
    }

    /** The position of one copy of the request on the gate's path. */
    enum Phase {
        IDLE,
        /** Ready by the cached resolution. */
        CHECKED,
        RESOLVED,
        READY,
        /** The intent is durable. */
        INTENDED,
        /** A kill would find it. */
        FLYING,
        CLEARED,
        /** The confirmation is used. */
        SPENT,
        OPENED
    }

    /**
     * One hold.
     *
     * @param signers the signers, as bits
     * @param age ticks since it was opened, as far as they matter
     * @param since ticks since it was complete, as far as they matter
     * @param world the meaning that it is about
     * @param seal the seal under which it was opened
     */
    record ModelHold(HoldState state, int signers, int age, int since, int world, int seal) {

        int code() {
            return state.ordinal() << 9 | signers << 7 | age << 4 | since << 2 | world << 1 | seal;
        }

        boolean isOverdue(Set<Fault> faults) {
            return switch (state) {
                case OPEN -> age >= TIME_TO_SIGN;
                case SIGNED -> since >= USABLE_UNTIL && !faults.contains(Fault.NO_END);
                case CONSUMED, DENIED, CANCELLED, VOID, EXPIRED -> false;
            };
        }

        boolean isUsable(Set<Fault> faults) {
            return state == HoldState.SIGNED
                    && !isOverdue(faults)
                    && (since >= COOLDOWN || faults.contains(Fault.NO_COOLDOWN));
        }

        ModelHold as(HoldState next) {
            // The history of these states does not matter any more.
            return next == HoldState.VOID || next == HoldState.EXPIRED
                    ? new ModelHold(next, 0, STATEMENT_LIFE, 0, 0, 0)
                    : new ModelHold(next, signers, age, since, world, seal);
        }

        ModelHold timely(Set<Fault> faults) {
            return isOverdue(faults) ? as(HoldState.EXPIRED) : this;
        }

        ModelHold older() {
            int later = state == HoldState.SIGNED ? Math.min(since + 1, USABLE_UNTIL) : since;
            return new ModelHold(state, signers, Math.min(age + 1, STATEMENT_LIFE), later, world, seal);
        }
    }

    /**
     * One copy of the request.
     *
     * @param begunIn the world and the seal when it arrived, as {@code world * 2 + seal}
     * @param world its resolved meaning
     * @param seal the seal under which it was decided
     * @param hold the confirmation that it uses; -1 if none
     * @param asked whether the last check for a kill has been made
     * @param cut whether a kill found it
     */
    record Copy(Phase phase, int begunIn, int world, int seal, int hold, boolean asked, boolean cut) {

        static final Copy NONE = new Copy(Phase.IDLE, 0, 0, 0, -1, false, false);

        int code() {
            int flags = (asked ? 2 : 0) + (cut ? 1 : 0);
            return (((phase.ordinal() * 4 + begunIn) * 4 + world * 2 + seal) * 4 + hold + 1) * 4 + flags;
        }

        Copy cutOff() {
            return new Copy(phase, begunIn, world, seal, hold, asked, true);
        }

        Copy at(Phase next) {
            return new Copy(next, begunIn, world, seal, hold, asked, cut);
        }
    }

    enum Kill {
        NONE,
        WRITTEN,
        /** The person who killed was told that the kill is in force. */
        SAID
    }

    /**
     * The whole state.
     *
     * @param world the current meaning of the request
     * @param picture the gateway's cached meaning
     * @param known the statements that the vault has seen, as bits
     * @param released how often each hold's call went out, two bits each
     */
    record State(
            List<ModelHold> holds,
            int world,
            int picture,
            int seal,
            Kill kill,
            List<Copy> copies,
            int known,
            int released) {

        static final State START = new State(List.of(), 0, 0, 0, Kill.NONE, List.of(Copy.NONE, Copy.NONE), 0, 0);

        State with(int copy, Copy now) {
            Copy other = copies.get(1 - copy);
            // The copies are interchangeable, so their order does not matter.
            List<Copy> both = now.code() <= other.code() ? List.of(now, other) : List.of(other, now);
            return new State(holds, world, picture, seal, kill, both, known, released);
        }

        State with(List<Copy> both) {
            return new State(holds, world, picture, seal, kill, both, known, released);
        }

        State withHold(int index, ModelHold now) {
            List<ModelHold> all = new ArrayList<>(holds);
            all.set(index, now);
            return withHolds(all);
        }

        State withHolds(List<ModelHold> all) {
            return new State(List.copyOf(all), world, picture, seal, kill, copies, known, released);
        }

        State in(int newWorld, int newPicture, int newSeal, Kill newKill) {
            return new State(holds, newWorld, newPicture, newSeal, newKill, copies, known, released);
        }

        State knowing(int hold) {
            return new State(holds, world, picture, seal, kill, copies, known | 1 << hold, released);
        }

        State releasing(int hold) {
            return new State(holds, world, picture, seal, kill, copies, known, released + (1 << 2 * hold));
        }

        /** Returns a number that identifies the state. */
        long code() {
            long code = holdsCode();
            for (Copy copy : copies) {
                code = code << 12 | copy.code();
            }
            return code << 11 | world << 10 | picture << 9 | seal << 8 | kill.ordinal() << 6 | known << 4 | released;
        }

        /** Returns a number that identifies the state of the holds. */
        long holdsCode() {
            long code = holds.size();
            for (ModelHold held : holds) {
                code = code << 12 | held.code();
            }
            return code;
        }

        int released(int hold) {
            return released >> 2 * hold & 3;
        }
    }

    sealed interface Event {

        record Sign(int hold, int who) implements Event {}

        record Denial(int hold) implements Event {}

        /** A person wants to sign a hold that has ended. */
        record SignAttempt(int hold) implements Event {}

        record CopyStep(int copy, Phase phase) implements Event {}

        enum SystemEvent implements Event {
            TIME_PASSES,
            SWEEP,
            WORLD_CHANGES,
            PICTURE_REFRESHED,
            SEALED_ANEW,
            KILL_WRITTEN,
            KILL_CUTS,
            CRASH
        }
    }

    /** One event and its next state. {@code wrong} names the broken promise, and is empty if there is none. */
    record Step(Event event, State next, String wrong) {
        Step(Event event, State next) {
            this(event, next, "");
        }
    }

    private final int mostHolds;
    private final Set<Fault> faults;

    /** Creates a model in which at most {@code mostHolds} holds are opened one after another, one or two. */
    Lifecycle(int mostHolds, Set<Fault> faults) {
        this.mostHolds = mostHolds;
        this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
    }

    List<Step> steps(State state) {
        List<Step> steps = new ArrayList<>();
        people(state, steps);
        surroundings(state, steps);
        for (int copy = 0; copy < state.copies().size(); copy++) {
            steps.add(move(state, copy));
        }
        return steps;
    }

    private void people(State state, List<Step> steps) {
        for (int i = 0; i < state.holds().size(); i++) {
            if (!state.holds().get(i).state().isLive()) {
                continue;
            }
            // Any access to a hold settles its state first.
            ModelHold held = settled(state, state.holds().get(i));
            State looked = state.withHold(i, held);
            if (held.state() == HoldState.OPEN) {
                sign(looked, i, held, ANN, steps);
                sign(looked, i, held, BOB, steps);
            }
            if (held.state().isLive()) {
                HoldState as = held.state() == HoldState.OPEN ? HoldState.DENIED : HoldState.CANCELLED;
                steps.add(new Step(new Event.Denial(i), state.withHold(i, held.as(as))));
            } else {
                steps.add(new Step(new Event.SignAttempt(i), looked));
            }
        }
    }

    private ModelHold settled(State state, ModelHold held) {
        ModelHold timely = held.timely(faults);
        boolean stale = timely.seal() != state.seal() && !faults.contains(Fault.SEAL_NOT_COMPARED);
        return timely.state().isLive() && (stale || state.kill() != Kill.NONE) ? timely.as(HoldState.VOID) : timely;
    }

    private void sign(State state, int index, ModelHold held, int who, List<Step> steps) {
        if ((held.signers() & who) == 0) {
            int signers = held.signers() | who;
            boolean complete = signers == BOTH || faults.contains(Fault.ONE_IS_ENOUGH);
            HoldState next = complete ? HoldState.SIGNED : HoldState.OPEN;
            ModelHold signed = new ModelHold(next, signers, held.age(), 0, held.world(), held.seal());
            steps.add(new Step(new Event.Sign(index, who), state.withHold(index, signed)));
        }
    }

    private void surroundings(State state, List<Step> steps) {
        steps.add(new Step(
                Event.SystemEvent.TIME_PASSES,
                state.withHolds(state.holds().stream().map(ModelHold::older).toList())));
        steps.add(new Step(
                Event.SystemEvent.SWEEP,
                state.withHolds(
                        state.holds().stream().map(held -> held.timely(faults)).toList())));
        steps.add(new Step(Event.SystemEvent.WORLD_CHANGES, state.in(1, state.picture(), state.seal(), state.kill())));
        steps.add(new Step(
                Event.SystemEvent.PICTURE_REFRESHED,
                state.in(state.world(), state.world(), state.seal(), state.kill())));
        steps.add(new Step(Event.SystemEvent.SEALED_ANEW, state.in(state.world(), state.picture(), 1, state.kill())));
        if (state.kill() == Kill.NONE) {
            steps.add(new Step(
                    Event.SystemEvent.KILL_WRITTEN,
                    state.in(state.world(), state.picture(), state.seal(), Kill.WRITTEN)));
        }
        if (state.kill() == Kill.WRITTEN) {
            steps.add(new Step(Event.SystemEvent.KILL_CUTS, cut(state)));
        }
        steps.add(new Step(Event.SystemEvent.CRASH, crash(state)));
    }

    private State cut(State state) {
        State next = state.in(state.world(), state.picture(), state.seal(), Kill.SAID);
        return faults.contains(Fault.KILL_CUTS_NOTHING)
                ? next
                : next.with(state.copies().stream()
                        .map(copy -> copy.phase().compareTo(Phase.FLYING) >= 0 ? copy.cutOff() : copy)
                        .toList());
    }

    private State crash(State state) {
        State next = state.with(List.of(Copy.NONE, Copy.NONE));
        if (!faults.contains(Fault.USE_NOT_DURABLE)) {
            return next;
        }
        return next.withHolds(state.holds().stream()
                .map(held -> held.state() == HoldState.CONSUMED ? held.as(HoldState.SIGNED) : held)
                .toList());
    }

    private Step move(State state, int who) {
        Copy copy = state.copies().get(who);
        Event event = new Event.CopyStep(who, copy.phase());
        return switch (copy.phase()) {
            case IDLE -> new Step(event, arrive(state, who));
            case CHECKED -> new Step(event, state.with(who, resolved(state, copy)));
            case RESOLVED -> new Step(event, ready(state, who, copy, Phase.READY));
            case READY -> new Step(event, state.with(who, copy.at(Phase.INTENDED)));
            case INTENDED -> new Step(event, begin(state, who, copy));
            case FLYING -> new Step(event, clear(state, who, copy));
            case CLEARED -> use(event, state, who, copy);
            case SPENT -> new Step(event, open(state, who, copy));
            case OPENED -> forward(event, state, who, copy);
        };
    }

    private State arrive(State state, int who) {
        if (state.kill() != Kill.NONE) {
            return state;
        }
        Copy copy =
                new Copy(Phase.IDLE, state.world() * 2 + state.seal(), state.picture(), state.seal(), -1, false, false);
        return ready(state, who, copy, faults.contains(Fault.NOTHING_ASKED_ANEW) ? Phase.READY : Phase.CHECKED);
    }

    private static Copy resolved(State state, Copy copy) {
        return state.kill() == Kill.NONE
                ? new Copy(Phase.RESOLVED, copy.begunIn(), state.world(), state.seal(), copy.hold(), false, false)
                : Copy.NONE;
    }

    /** Finds the hold of a copy, like {@code HoldMatcher}, and parks the copy if it may not go. */
    private State ready(State state, int who, Copy copy, Phase next) {
        List<ModelHold> holds = new ArrayList<>(
                state.holds().stream().map(held -> held.timely(faults)).toList());
        State settled = state.withHolds(holds);
        boolean denied = holds.stream().anyMatch(held -> held.state().isDenial() && held.age() < STATEMENT_LIFE);
        int last = holds.size() - 1;
        if (denied) {
            return settled.with(who, Copy.NONE);
        }
        if (last >= 0 && holds.get(last).state().isLive()) {
            ModelHold held = holds.get(last);
            if (isStale(held, copy)) {
                holds.set(last, held.as(HoldState.VOID));
                // It is parked anew at once: the request gets a hold about its current meaning.
                return asked(state.withHolds(holds), copy).with(who, Copy.NONE);
            }
            Copy going = new Copy(next, copy.begunIn(), copy.world(), copy.seal(), last, false, false);
            return settled.with(who, held.isUsable(faults) ? going : Copy.NONE);
        }
        return asked(settled, copy).with(who, Copy.NONE);
    }

    private boolean isStale(ModelHold held, Copy copy) {
        return (held.seal() != copy.seal() && !faults.contains(Fault.SEAL_NOT_COMPARED))
                || (held.world() != copy.world() && !faults.contains(Fault.MEANING_NOT_COMPARED));
    }

    private State asked(State state, Copy copy) {
        if (state.holds().size() == mostHolds) {
            return state;
        }
        List<ModelHold> holds = new ArrayList<>(state.holds());
        holds.add(new ModelHold(HoldState.OPEN, 0, 0, 0, copy.world(), copy.seal()));
        return state.withHolds(holds);
    }

    private State begin(State state, int who, Copy copy) {
        boolean early = faults.contains(Fault.KILL_ASKED_TOO_EARLY);
        if (early && !copy.asked()) {
            return state.kill() == Kill.NONE ? state.with(who, asked(copy)) : state.with(who, Copy.NONE);
        }
        return state.with(who, copy.at(Phase.FLYING));
    }

    private static Copy asked(Copy copy) {
        return new Copy(copy.phase(), copy.begunIn(), copy.world(), copy.seal(), copy.hold(), true, copy.cut());
    }

    private State clear(State state, int who, Copy copy) {
        boolean stopped = state.kill() != Kill.NONE && !copy.asked();
        return state.with(who, stopped ? Copy.NONE : copy.at(Phase.CLEARED));
    }

    private Step use(Event event, State state, int who, Copy copy) {
        ModelHold held = state.holds().get(copy.hold());
        if (!held.isUsable(faults) && !faults.contains(Fault.USED_UNSEEN)) {
            return new Step(event, state.with(who, Copy.NONE));
        }
        State used = state.withHold(copy.hold(), held.as(HoldState.CONSUMED)).with(who, copy.at(Phase.SPENT));
        return new Step(event, used, wrongUse(held, copy));
    }

    // Checks the promises, independently of how the program keeps them.
    private static String wrongUse(ModelHold held, Copy copy) {
        if (held.state().isDenial()) {
            return "used after a person said no";
        }
        if (held.state() == HoldState.SIGNED && held.since() < COOLDOWN) {
            return "used before the cooldown was over";
        }
        if (held.state() == HoldState.SIGNED && held.since() >= USABLE_UNTIL) {
            return "used after its time";
        }
        if (held.world() * 2 + held.seal() < copy.begunIn() && differs(held, copy)) {
            return "used for what people did not sign";
        }
        return "";
    }

    // World and seal change once, from 0 to 1. People must have signed for those at the copy's arrival.
    private static boolean differs(ModelHold held, Copy copy) {
        return held.world() < copy.begunIn() / 2 || held.seal() < copy.begunIn() % 2;
    }

    private State open(State state, int who, Copy copy) {
        ModelHold held = state.holds().get(copy.hold());
        boolean counted = held.signers() == BOTH || faults.contains(Fault.VAULT_TRUSTS);
        boolean first = (state.known() & 1 << copy.hold()) == 0 || faults.contains(Fault.VAULT_FORGETS);
        return counted && first
                ? state.knowing(copy.hold()).with(who, copy.at(Phase.OPENED))
                : state.with(who, Copy.NONE);
    }

    private static Step forward(Event event, State state, int who, Copy copy) {
        if (copy.cut()) {
            return new Step(event, state.with(who, Copy.NONE));
        }
        return new Step(event, state.releasing(copy.hold()).with(who, Copy.NONE), wrongRelease(state, copy));
    }

    private static String wrongRelease(State state, Copy copy) {
        if (state.released(copy.hold()) > 0) {
            return "released twice";
        }
        if (state.holds().get(copy.hold()).signers() != BOTH) {
            return "released without everybody's signature";
        }
        return state.kill() == Kill.SAID ? "released after the kill stood" : "";
    }
}
