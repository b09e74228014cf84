package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;

/** The present state at the provider that a call's meaning depends on. The gateway asks before it decides. */
public sealed interface StateCheck permits ReplacementCheck, ConditionCheck {

    /** Returns the mildest action that the call can be. */
    Action harmlessAction();

    /** Returns the request that the gateway itself sends to the provider: a read of the present state. */
    Call question();

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
