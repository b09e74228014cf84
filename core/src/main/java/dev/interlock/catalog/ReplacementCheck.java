package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;

/**
 * The present state that a replacing call depends on. Such a call removes the entries that it leaves out, and only the
 * provider knows those.
 */
public sealed interface ReplacementCheck permits RestReplacementCheck {

    /** Returns the request that the gateway itself sends to the provider: a read of the present state. */
    HttpCall question();

    /** Returns the action in case it takes nothing away. */
    Action harmlessAction();

    /**
     * Returns the action, now that the present state is known. If {@code answer} leaves any doubt, it is the worst
     * case.
     *
     * @param answer the body of a good answer to {@link #question}
     */
    Action compareWith(Bytes answer);

    /**
     * Returns the action in case the provider could not be queried: the worst case.
     *
     * @param why in a few words
     */
    Action worstCase(String why);
}
