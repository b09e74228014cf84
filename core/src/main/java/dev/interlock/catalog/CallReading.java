package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

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
     * @param questions what the provider may say that makes the actions milder than they are here
     * @param session what it has to do with what its session has chosen
     * @param deletions of branches and tags, each the same as a push
     */
    record CallMeaning(
            List<Action> actions,
            Call outgoing,
            Optional<StateCheck> stateCheck,
            DeferredUndo deferred,
            Optional<ResponseRedaction> redaction,
            SessionUse session,
            Set<ProviderQuestion> questions,
            List<RefDeletion> deletions)
            implements CallReading {

        public CallMeaning {
            actions = List.copyOf(actions);
            deletions = List.copyOf(deletions);
        }

        /** Creates a meaning that asks nothing. */
        CallMeaning(
                List<Action> actions,
                Call outgoing,
                Optional<StateCheck> stateCheck,
                DeferredUndo deferred,
                Optional<ResponseRedaction> redaction,
                SessionUse session) {
            this(actions, outgoing, stateCheck, deferred, redaction, session, Set.of(), List.of());
        }

        /** Returns the same meaning, which the answers to {@code open} may make milder. A pure read asks nothing. */
        CallMeaning asking(Set<ProviderQuestion> open) {
            return open.isEmpty() || actions.stream().allMatch(Action::isPureRead)
                    ? this
                    : new CallMeaning(actions, outgoing, stateCheck, deferred, redaction, session, open, deletions);
        }

        /** Returns the same meaning, of a call that deletes {@code refs}. */
        CallMeaning deleting(List<? extends RefDeletion> refs) {
            return new CallMeaning(
                    actions, outgoing, stateCheck, deferred, redaction, session, questions, List.copyOf(refs));
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

    /** The deletion of a branch or tag that a call asks for without Git. What it loses stands in the repository. */
    sealed interface RefDeletion {}

    /**
     * The call deletes a ref by its name, and does nothing else.
     *
     * @param rules the judgement of the push that deletes the same
     * @param ref its whole name, as {@code refs/heads/main}
     */
    record NamedDeletion(PushRules rules, String ref) implements RefDeletion {

        /** Returns the push at {@code authority} that it is judged as, without a body. */
        public Call push(String authority) {
            return new HttpCall("POST", authority, rules.subject(), List.of(), List.of(), Bytes.empty());
        }
    }

    /**
     * An action of the call deletes a ref of which it does not name the repository, which the provider has to tell.
     *
     * @param action the place of the action among those of the call
     * @param isAll whether the action does nothing else
     * @param node the opaque id of the ref, or of its repository if {@code ref} is there
     * @param ref its whole name, if the call has it
     * @param named returns the deletion by name, of a ref in a repository; empty if there is none of such a name
     */
    record NodeDeletion(
            int action,
            boolean isAll,
            Resource node,
            Optional<String> ref,
            BiFunction<Resource, String, Optional<NamedDeletion>> named)
            implements RefDeletion {}

    /** The call is a push by Git. Its body says what it does, which somebody else reads. */
    record PushMeaning(PushRules rules) implements CallReading {}

    /** The call has no meaning, or more than one. Why, and what to send instead, are whole sentences. */
    record CallRejection(String reason, String next, Refusal.Finality finality) implements CallReading {}
}
