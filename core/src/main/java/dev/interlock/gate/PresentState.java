package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Placement;
import dev.interlock.action.UndoRules;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.ProviderAnswers;
import dev.interlock.catalog.ProviderQuestion;
import dev.interlock.catalog.PushRules;
import dev.interlock.catalog.StateCheck;
import dev.interlock.catalog.Undo;
import dev.interlock.catalog.UndoState;
import dev.interlock.identity.Identity;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Asks the provider for the state that a call's meaning depends on, or that the call is about to change. It is never
 * asked about what the lease does not cover: that is refused either way, and the verdict must not reveal the state.
 */
final class PresentState {

    /** Maximum questions of one call. One that has more counts as the worst that it can be. */
    static final int MAX_QUESTIONS = 10;

    private final Identity identity;
    private final Inventory inventory;

    PresentState(Identity identity, Inventory inventory) {
        this.identity = identity;
        this.inventory = inventory;
    }

    /**
     * Compares with the current state, each time anew: when it is decided, and when a confirmation is about to be used.
     */
    Action compared(AttemptResolver.ReadCall call, StateCheck standing) {
        LoopThreads.leave(); // a provider is asked
        Action worst = standing.worstCase("the lease does not cover it");
        if (!isCovered(call, standing.harmlessAction().impacts(), worst)) {
            return worst;
        }
        try {
            return standing.compareWith(inventory.ask(
                    call.seal(),
                    call.attempt().upstream(),
                    call.lease().agent(),
                    standing.question(),
                    call.freshness()));
        } catch (IOException e) {
            return standing.worstCase(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Asks the questions of {@code strict}. What is not answered, or is asked beyond the lease, leaves the worst case.
     *
     * @param mildest the actions in the order of {@code strict}, if the provider said the best of everything
     */
    ProviderAnswers answers(AttemptResolver.ReadCall call, CallReading.CallMeaning strict, List<Action> mildest) {
        List<Action> worst = strict.actions();
        Freshness freshness =
                worst.stream().anyMatch(action -> action.has(Impact.DESTROY)) ? Freshness.FRESH : call.freshness();
        String upstream = call.upstream().name();
        boolean isKnown = freshness == Freshness.CACHED
                && inventory.isPlacedBySeal(call.seal(), upstream, worst)
                && strict.questions().stream()
                        .allMatch(asked -> inventory
                                .knownWord(call.seal(), upstream, asked.name(), asked.about())
                                .isPresent());
        if (!isKnown) {
            LoopThreads.leave(); // a provider is asked
        }
        Map<ProviderQuestion, String> answers = new LinkedHashMap<>();
        boolean isCovered = strict.questions().size() <= MAX_QUESTIONS
                && mildest.size() == worst.size()
                && IntStream.range(0, worst.size())
                        .allMatch(i -> isCovered(call, mildest.get(i).impacts(), worst.get(i)));
        if (isCovered) {
            strict.questions()
                    .forEach(asked -> inventory
                            .word(
                                    call.seal(),
                                    upstream,
                                    call.lease().agent(),
                                    asked.name(),
                                    asked.about(),
                                    freshness,
                                    (thing, host) -> call.reader().inquiry(asked, thing, host))
                            .ifPresent(word -> answers.put(asked, word)));
        }
        return ProviderAnswers.of(answers);
    }

    /** Reads the state that the call changes. If that cannot be, the call counts as one that cannot be undone. */
    Optional<PriorState> prior(
            AttemptResolver.ReadCall call,
            CallReading.CallMeaning meaning,
            Call outgoing,
            BooleanSupplier hasRoom,
            LongSupplier reading) {
        if (call.seal().undo().isEmpty()
                || call.upstream().resolver().isEmpty()
                || call.attempt().isProbe()
                || !outgoing.isWhole()
                || outgoing.longBody().isPresent() // it is not kept
                || meaning.undo().isEmpty()) {
            return Optional.empty();
        }
        LoopThreads.leave(); // a provider is asked
        Undo undo = meaning.undo().get();
        UndoRules rules = call.seal().undo().get();
        if (!isCovered(call, undo.action()) || !hasRoom.getAsBoolean()) {
            return Optional.empty();
        }
        long number = reading.getAsLong();
        Call kept = call.attempt().session().within(outgoing).orElse(outgoing);
        return shown(call, undo)
                .map(before -> PriorState.of(kept, undo, before, rules, number))
                .filter(PriorState::isShort);
    }

    Optional<PriorState> prior(
            AttemptResolver.ReadCall call, PushRules rules, PushReader.PushReading.ReadPush read, long number) {
        if (call.seal().undo().isEmpty()
                || read.refs().isEmpty()
                || call.attempt().isProbe()) {
            return Optional.empty();
        }
        UndoRules kept = call.seal().undo().get();
        List<Action> actions = rules.judgeKept(read.refs(), Durations.write(kept.time()));
        return actions.stream().allMatch(action -> isCovered(call, action))
                ? read.prior()
                        .state(kept.maxBytes())
                        .map(state -> PriorState.ofPush(actions, rules.subject(), state, kept, number))
                        .filter(PriorState::isShort)
                : Optional.empty();
    }

    /** Returns the state before the call, if the lease covers the call that would put it back. */
    private Optional<UndoState> shown(AttemptResolver.ReadCall call, Undo undo) {
        try {
            Call question = call.attempt().session().within(undo.question()).orElseThrow(IOException::new);
            Bytes answer = inventory.ask(
                    call.seal(), call.upstream().name(), call.lease().agent(), question, call.freshness());
            return undo.before(answer)
                    .filter(before -> undo.onlyAdds(before)
                            || undo.restoration(before, Optional.of(answer))
                                    .flatMap(back -> restoring(call, back))
                                    .filter(action -> isCovered(call, action))
                                    .isPresent());
        } catch (IOException _) { // then the action stays as it is without a kept state
            return Optional.empty();
        }
    }

    /** Returns what it would do to send {@code back}, by what the provider says of the things in it. */
    private Optional<Action> restoring(AttemptResolver.ReadCall call, Call back) {
        Optional<CallReading.CallMeaning> strict = meaning(call, ProviderAnswers.of(Map.of()), back);
        return strict.filter(meant -> !meant.questions().isEmpty())
                .flatMap(meant -> meaning(call, ProviderAnswers.mildest(), back)
                        .flatMap(mildest -> meaning(call, answers(call, meant, mildest.actions()), back)))
                .or(() -> strict)
                .map(meant -> meant.undo()
                        .map(Undo::action)
                        .orElseGet(() -> meant.actions().getFirst()));
    }

    private static Optional<CallReading.CallMeaning> meaning(
            AttemptResolver.ReadCall call, ProviderAnswers answers, Call back) {
        return call.knowing(answers).reader().read(back) instanceof CallReading.CallMeaning meaning
                ? Optional.of(meaning)
                : Optional.empty();
    }

    /** Returns whether the lease, or an elevation of it, covers the resources of {@code actions}. */
    boolean isCovered(AttemptResolver.ReadCall call, List<Action> actions) {
        return actions.stream().allMatch(action -> isCovered(call, Set.of(), action));
    }

    private boolean isCovered(AttemptResolver.ReadCall call, Action action) {
        return isCovered(call, action.impacts(), action);
    }

    /** Returns whether the lease, or an elevation of it, covers {@code action} with the impacts {@code least}. */
    private boolean isCovered(AttemptResolver.ReadCall call, Set<Impact> least, Action action) {
        Lease lease = call.lease();
        List<Lease> scopes = new ArrayList<>(List.of(lease));
        identity.widenings(lease, call.seal(), call.attempt().at())
                .forEach(widening -> scopes.add(widening.elevation().of(lease, widening.until())));
        scopes.removeIf(scope -> !scope.impacts().containsAll(least));
        if (scopes.isEmpty()) {
            return false;
        }
        var places = inventory
                .locate(call.seal(), call.attempt().upstream(), lease.agent(), List.of(action), call.freshness())
                .placements()
                .values();
        return scopes.stream().anyMatch(scope -> places.stream().allMatch(place -> covers(scope, place)));
    }

    private static boolean covers(Lease lease, Placement placement) {
        boolean named = lease.resources().isEmpty()
                || lease.resources().contains(placement.resource())
                || !Collections.disjoint(lease.resources(), placement.groups());
        return named && lease.environments().containsAll(placement.environments());
    }
}
