package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;

/** A catalog's reading of a call. */
public sealed interface CallReading {

    /**
     * The call has exactly one meaning.
     *
     * @param actions all that it would do; never empty
     * @param outgoing the call written anew from what was understood; nothing else may be sent
     * @param stateCheck the state to ask the provider for, if any. Then {@code actions} holds one action, the worst
     *     case, and the real one is known only after the question
     * @param deferred {@link #undo}
     * @param redaction the places of catalogued secrets in its answer, if there are any
     * @param session what it has to do with what its session has chosen
     */
    record CallMeaning(
            List<Action> actions,
            Call outgoing,
            Optional<StateCheck> stateCheck,
            DeferredUndo deferred,
            Optional<ResponseRedaction> redaction,
            SessionUse session)
            implements CallReading {

        public CallMeaning {
            actions = List.copyOf(actions);
        }

        /** Creates the meaning of a call that no session changes. */
        public CallMeaning(
                List<Action> actions,
                Call outgoing,
                Optional<StateCheck> stateCheck,
                Optional<Undo> undo,
                Optional<ResponseRedaction> redaction) {
            this(actions, outgoing, stateCheck, new DeferredUndo(() -> undo), redaction, SessionUse.NONE);
        }

        /** Returns the way in which it can be undone, if it can. */
        public Optional<Undo> undo() {
            return deferred.get();
        }
    }

    /** The call is a push by Git. Its body says what it does, which somebody else reads. */
    record PushMeaning(PushRules rules) implements CallReading {}

    /** The call has no meaning, or more than one. Why, and what to send instead, are whole sentences. */
    record CallRejection(String reason, String next, Refusal.Finality finality) implements CallReading {}
}
