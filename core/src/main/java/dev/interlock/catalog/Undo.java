package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The way in which one call can be undone: what to read before it is sent, and what to send to put that back.
 *
 * @param plan the catalog's description
 * @param request the arguments of the call
 * @param parameters the names of its path parameters
 * @param after what the call changes the state to
 * @param action the call's meaning while the state before it is kept
 * @param writer writes the provider's requests
 * @param question the request that the gateway itself sends to the provider: a read of the present state
 */
public record Undo(
        UndoPlan plan,
        Map<String, Value> request,
        Set<String> parameters,
        UndoState after,
        Action action,
        RequestWriter writer,
        Call question) {

    /** Writes requests of one provider, and finds the operation's result in an answer. */
    interface RequestWriter {

        /**
         * Returns the request for {@code operation}, unless it cannot be written.
         *
         * @param selected the parts of the result that are needed, for a provider that answers with no others
         */
        Optional<HttpCall> write(String operation, Map<String, Value> arguments, Set<ArgumentPath> selected);

        /**
         * Returns the result of the reading operation of {@code plan} in {@code answer}; {@code null} if nothing is
         * there.
         */
        Optional<Value> result(UndoPlan plan, Bytes answer);
    }

    /** Returns the way in which {@code request} can be undone, if it can. */
    static Optional<Undo> of(
            UndoPlan plan, Map<String, Value> request, Set<String> parameters, Action action, RequestWriter writer) {
        Optional<UndoState> after = plan.covers(request, parameters) ? plan.after(request) : Optional.empty();
        Optional<HttpCall> question =
                plan.question(request, parameters).flatMap(asked -> writer.write(plan.read(), asked, plan.selected()));
        return after.isPresent() && question.isPresent()
                ? Optional.of(new Undo(plan, request, parameters, after.get(), action, writer, question.get()))
                : Optional.empty();
    }

    /**
     * Returns a text that is the same for calls that change the same. Empty if it rests on nothing being somewhere: a
     * path has many spellings, so any other call could bring something there.
     */
    public String subject() {
        return plan.values().stream().anyMatch(value -> value.is(UndoPlan.ValueTrait.NEW))
                ? ""
                : Bytes.of(question.kept().canonical()).sha256();
    }

    /** Returns whether the call removes what it concerns, so that nothing answers {@link #question} afterwards. */
    public boolean removes() {
        return plan.values().stream()
                .anyMatch(value -> value.is(UndoPlan.ValueTrait.REMOVED) && !value.is(UndoPlan.ValueTrait.LIST));
    }

    /**
     * Returns the state that {@code answer} shows, to put it back later. Empty if it does not show all of it.
     *
     * @param answer the body of a good answer to {@link #question}
     */
    public Optional<UndoState> before(Bytes answer) {
        return result(answer)
                .flatMap(value -> plan.shown(value, after, true))
                .filter(before -> plan.edited(after, before, request).isPresent());
    }

    /** Returns what the call changes the state {@code before} it to. */
    public UndoState after(UndoState before) {
        return plan.edited(after, before, request).orElse(after);
    }

    /** Returns whether nothing was there {@code before} the call, and no other call could remove what it makes. */
    public boolean onlyAdds(UndoState before) {
        return before.values().members().values().stream().allMatch(Value.NullLiteral.class::isInstance)
                && plan.absent().isPresent()
                && restoration(before, Optional.empty()).isEmpty();
    }

    /**
     * Returns the state that {@code answer} shows, to compare it. What it lacks does not exist.
     *
     * @param answer the body of a good answer to {@link #question}
     */
    public Optional<UndoState> present(Bytes answer) {
        return result(answer).flatMap(value -> plan.shown(value, after, false));
    }

    private Optional<Value> result(Bytes answer) {
        return writer.result(plan, answer);
    }

    /**
     * Returns the call's action while the state before it is kept.
     *
     * @param time how long it is kept, for people
     */
    public Action recoverable(String time) {
        return marked(action, time);
    }

    /** Returns the call's action where nothing is that it could overwrite. */
    public Action addition() {
        Set<Impact> impacts = EnumSet.copyOf(action.impacts());
        impacts.remove(Impact.DESTROY);
        Action harmless = new Action(
                action.operation(),
                impacts,
                impacts.equals(plan.kept()) ? plan.reversibility() : action.reversibility(),
                action.resources(),
                action.facts(),
                action.piecemeal());
        return with(harmless, ActionFacts.PROVIDER_SAYS, "nothing is there yet");
    }

    /** Returns {@code action} with the fact that it can be undone for {@code time}. */
    public static Action marked(Action action, String time) {
        boolean starts = action.has(Impact.EXECUTE);
        return with(
                action,
                ActionFacts.UNDO,
                "possible for " + time + (starts ? ", but not of what it has started or sent by then" : ""));
    }

    private static Action with(Action action, String name, String value) {
        List<Fact> facts = new ArrayList<>(action.facts());
        facts.add(new Fact(name, value, Provenance.RESOLVED));
        return action.withFacts(facts);
    }

    /**
     * Returns the request that puts {@code before} back. Empty if it cannot be written.
     *
     * @param answer the present answer to {@link #question}, if there is one
     */
    public Optional<Call> restoration(UndoState before, Optional<Bytes> answer) {
        return plan.restoring(request, parameters, before, answer.flatMap(this::result))
                .flatMap(arguments -> writer.write(plan.restoration().operation(), arguments, Set.of()))
                .map(Call.class::cast);
    }

    /** Returns what differs about the thing that the restoring request makes, if it makes one anew. */
    public Optional<String> difference() {
        return plan.restoration().difference();
    }

    /** {@inheritDoc} Nothing of the request is shown, because it may hold secrets. */
    @Override
    public String toString() {
        return "undo of " + action.operation();
    }
}
