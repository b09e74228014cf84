package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A catalog's reading of a call, with its reasons. It is for people; decisions rest on {@link CallReading}. */
public sealed interface CallExplanation {

    /**
     * The call has exactly one meaning.
     *
     * @param actions all that it would do; never empty
     * @param outgoing the call as it would be sent
     * @param stateCheck the state to ask the provider for first, if the one action depends on it
     * @param undo the way in which it can be undone, if it can
     * @param redaction the places of catalogued secrets in its answer, if there are any
     */
    record ExplainedCall(
            List<ExplainedAction> actions,
            HttpCall outgoing,
            Optional<StateCheck> stateCheck,
            Optional<Undo> undo,
            Optional<ResponseRedaction> redaction)
            implements CallExplanation {
        public ExplainedCall {
            actions = List.copyOf(actions);
        }
    }

    /**
     * The call has no meaning, or more than one.
     *
     * @param reason why, as a whole sentence
     * @param next what to send instead, as a whole sentence
     * @param finality whether it may pass later or in another form
     */
    record UnexplainedCall(String reason, String next, Refusal.Finality finality) implements CallExplanation {}

    /**
     * An action with the reasons for its impacts.
     *
     * @param action the action
     * @param reasons one for the operation itself, and one for each rule that applied
     */
    record ExplainedAction(Action action, List<Reason> reasons) {
        public ExplainedAction {
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * A cause of an action's impacts.
     *
     * @param impacts the impacts it adds
     * @param because the reason, in a sentence
     */
    record Reason(Set<Impact> impacts, String because) {
        public Reason {
            impacts = Set.copyOf(impacts);
        }
    }
}
