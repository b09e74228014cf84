package dev.interlock.admin;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;

/** Takes the results of one command, in a conversation with one peer. */
@FunctionalInterface
public interface ResultSink {

    /** Passes on one result. */
    void accept(Json.Members result);

    /**
     * Runs {@code then} when this conversation has ended, however the peer ended it. If the gateway ends first, it is
     * not run.
     *
     * @throws AdminRefusedException if this conversation does not last beyond the command, or too many do already
     */
    default void onEnd(Runnable then) throws AdminRefusedException {
        throw new AdminRefusedException(
                "refused", "This command needs a connection that stays open.", "Use the administrative socket.");
    }
}
