package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One command as a peer asked for it.
 *
 * @param entry records it, once it is known what exactly it does
 * @param answers takes its results
 * @param seals the seal in force, if there is one
 */
record AdminRequest(
        Peer peer,
        String command,
        Json.Members arguments,
        AdminReceipts.ReceiptEntry entry,
        ResultSink answers,
        Supplier<Optional<Seal>> seals) {

    /**
     * Returns the seal in force.
     *
     * @throws AdminRefusedException if there is none
     */
    Seal seal() throws AdminRefusedException {
        return seals.get()
                .orElseThrow(() -> new AdminRefusedException(
                        "unavailable", "No seal is in force.", "Seal the policy: interlock seal --key KEY DIRECTORY."));
    }

    /** Returns the argument {@code name}, which is a required text. */
    String text(String name) {
        return arguments.text(name);
    }

    /** Returns the argument {@code name}, a text that may be left out. */
    Optional<String> optionalText(String name) {
        return arguments.optionalText(name);
    }
}
