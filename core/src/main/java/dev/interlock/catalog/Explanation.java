package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a catalog made of a call, with its reasons. For people; decisions rest on {@link Reading}. */
public sealed interface Explanation {

    /**
     * It has exactly one meaning.
     *
     * @param actions all that it would do; never empty
     * @param outgoing the call as it would be sent
     * @param standing what has to be asked first, if the one action depends on it
     * @param veil where its answer holds catalogued secrets, if it does
     */
    record Understood(List<Judged> actions, HttpCall outgoing, Optional<Standing> standing, Optional<Veil> veil)
            implements Explanation {
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
    record NotUnderstood(String reason, String next, Refusal.Finality finality) implements Explanation {}

    /**
     * One action and what made it so.
     *
     * @param action the action
     * @param reasons one for what it always is, one for each rule that applied
     */
    record Judged(Action action, List<Reason> reasons) {
        public Judged {
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * Something that gave an action its impacts.
     *
     * @param impacts which it gave
     * @param because why, in a sentence
     */
    record Reason(Set<Impact> impacts, String because) {
        public Reason {
            impacts = Set.copyOf(impacts);
        }
    }
}
