package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Durations;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.action.UndoRules;
import dev.interlock.catalog.Undo;
import dev.interlock.catalog.UndoState;
import dev.interlock.evidence.Json;
import dev.interlock.undo.KeptState;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The state that a call is about to change, as the provider has just shown it.
 *
 * @param subject what it is the state of; equal for calls that change the same, and empty for one that may touch all
 * @param upstream where it is put back; empty for the call's own
 */
record PriorState(
        List<Action> actions, String subject, Bytes content, UndoRules rules, long reading, Optional<String> upstream) {

    private static final String CALL = "call";
    private static final String BEFORE = "before";
    private static final String FRONT = "push"; // pushes were the first

    sealed interface StateContent {}

    /** A kept call, which its protocol reads, and the state before it. */
    record CallContent(Json.Members call, UndoState before) implements StateContent {}

    /** What a front put into a form of its own: refs before a push, rows before a statement. */
    record FrontContent(Bytes state) implements StateContent {}

    static PriorState of(Call call, Undo undo, UndoState before, UndoRules rules, long reading) {
        Bytes content = Bytes.of(Json.object()
                .with(CALL, call.kept())
                .with(BEFORE, base64(before.json()))
                .canonical());
        return new PriorState(
                List.of(undo.onlyAdds(before) ? undo.addition() : undo.recoverable(Durations.write(rules.time()))),
                undo.subject(),
                content,
                rules,
                reading,
                Optional.empty());
    }

    static PriorState ofPush(List<Action> actions, String subject, Bytes state, UndoRules rules, long reading) {
        Bytes content =
                Bytes.of(Json.object().with(FRONT, base64(state.toArray())).canonical());
        return new PriorState(actions, subject, content, rules, reading, Optional.empty());
    }

    /** Returns the same state, which a call to {@code other} puts back. */
    PriorState at(String other) {
        return new PriorState(actions, subject, content, rules, reading, Optional.of(other));
    }

    /** Nobody else changes these rows meanwhile: the transaction that has changed them is still open. */
    static PriorState ofRows(Seal seal, ResolvedAttempt counted, Bytes state, UndoRules rules, long reading) {
        List<Action> actions = recoverable(seal, counted, rules);
        return ofPush(actions, UUID.randomUUID().toString(), state, rules, reading);
    }

    /**
     * Returns what {@code counted} does while the rows before it are kept: nothing is destroyed. In a protected
     * environment people are asked as ever.
     */
    static List<Action> recoverable(Seal seal, ResolvedAttempt counted, UndoRules rules) {
        boolean isProtected = counted.environments().stream()
                .map(seal.environments()::get)
                .anyMatch(environment -> environment == null || environment.isProtected());
        return counted.actions().stream()
                .map(action -> action.isPureRead()
                        ? action
                        : Undo.marked(isProtected ? action : mild(action), Durations.write(rules.time())))
                .toList();
    }

    private static Action mild(Action action) {
        Set<Impact> impacts = EnumSet.copyOf(action.impacts());
        if (impacts.remove(Impact.DESTROY)) {
            impacts.add(Impact.WRITE);
        }
        List<Fact> facts = action.facts().stream()
                .filter(fact -> !fact.name().equals(Fact.DESTROYS))
                .toList();
        return new Action(action.operation(), impacts, Reversibility.REVERSIBLE, action.resources(), facts);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The scope also has what an elevation covered: whoever puts the state back needs that too. */
    KeptState kept(String receipt, ResolvedAttempt sensed) {
        Lease lease = sensed.lease();
        Set<String> environments = new TreeSet<>(lease.environments());
        environments.addAll(sensed.environments());
        Set<Impact> impacts = new TreeSet<>(lease.impacts());
        impacts.addAll(sensed.impacts());
        String place = upstream.orElse(sensed.attempt().upstream());
        Instant at = sensed.attempt().at();
        return new KeptState(
                receipt,
                new KeptState.LeaseScope(
                        lease.root(), lease.agent(), lease.task(), lease.template(), environments, impacts),
                place,
                subject.isEmpty() ? "" : Bytes.utf8(place + "\n" + subject).sha256(),
                at,
                at.plus(rules.time()),
                content);
    }

    boolean isShort() {
        return content.length() <= rules.maxBytes();
    }

    static StateContent read(Bytes content) {
        Json.Members fields = Json.readObject(content.toArray());
        Optional<String> own = fields.optionalText(FRONT);
        return own.isPresent()
                ? new FrontContent(Bytes.of(Base64.getDecoder().decode(own.get())))
                : new CallContent(
                        fields.object(CALL), UndoState.read(Base64.getDecoder().decode(fields.text(BEFORE))));
    }

    /** {@inheritDoc} Nothing of the state is shown. */
    @Override
    public String toString() {
        return "state before " + actions.size() + " actions";
    }
}
