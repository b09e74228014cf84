package dev.interlock.admin;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;

/** Takes the results of one command, in a conversation with one peer. */
@FunctionalInterface
public interface ResultSink {

    void accept(Json.Members result);

    /** Runs {@code then} when this conversation has ended, unless the gateway ends first; refused if it cannot last. */
    default void onEnd(Runnable then) throws AdminRefusedException {
        throw new AdminRefusedException(
                "refused", "This command needs a connection that stays open.", "Use the administrative socket.");
    }
}
