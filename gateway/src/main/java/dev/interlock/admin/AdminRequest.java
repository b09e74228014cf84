package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import java.util.Optional;
import java.util.function.Supplier;

/** One question as a peer asked it; {@code entry} records it, once it is known what exactly it does. */
public record AdminRequest<Q>(
        Peer peer, String command, Q question, ReceiptEntry entry, ResultSink answers, Supplier<Optional<Seal>> seals) {

    /** Returns the seal in force, or throws {@link AdminRefusedException} if there is none. */
    public Seal seal() throws AdminRefusedException {
        return seals.get()
                .orElseThrow(() -> new AdminRefusedException(
                        "unavailable", "No seal is in force.", "Seal the policy: interlock seal --key KEY DIRECTORY."));
    }
}
