package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;

/** What a catalog made of a call. */
public sealed interface Reading {

    /**
     * It has exactly one meaning.
     *
     * @param actions all that it would do; never empty
     * @param outgoing the call written anew from what was understood: nothing else may be sent
     * @param standing if there is something, {@code actions} holds one action, the worst that it can be, and what it is
     *     is known only once this has been asked
     * @param veil where its answer holds catalogued secrets, if it does
     */
    record Understood(List<Action> actions, HttpCall outgoing, Optional<Standing> standing, Optional<Veil> veil)
            implements Reading {
        public Understood {
            actions = List.copyOf(actions);
        }
    }

    /**
     * It has none, or more than one.
     *
     * @param reason why, as a whole sentence
     * @param next what to send instead, as a whole sentence
     * @param finality whether it may pass later or in another form
     */
    record NotUnderstood(String reason, String next, Refusal.Finality finality) implements Reading {}
}
