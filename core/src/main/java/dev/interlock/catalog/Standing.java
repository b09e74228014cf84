package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;

/** A call that replaces a whole, and so takes away what it leaves out: what that is, only the provider knows. */
public sealed interface Standing permits RestStanding {

    /** What to ask the provider, as the gateway itself: a read of what stands now. */
    HttpCall question();

    /** The action if it takes nothing away. */
    Action mildest();

    /**
     * The action, now that it is known what stands. Where {@code answer} does not tell beyond doubt, it is the worst
     * that it can be.
     *
     * @param answer the body of a good answer to {@link #question}
     */
    Action compared(Bytes answer);

    /**
     * The action where nobody could be asked: the worst that it can be.
     *
     * @param why in a few words
     */
    Action unknown(String why);
}
