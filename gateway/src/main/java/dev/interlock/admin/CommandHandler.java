package dev.interlock.admin;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;

/** Carries out one command. Its arguments are among those of its {@link Command}, and the peer may use it. */
@FunctionalInterface
interface CommandHandler {

    /**
     * Carries out {@code request} and passes every result to {@link AdminRequest#answers}.
     *
     * @throws AdminRefusedException if it cannot be done as asked; nothing was changed
     */
    void handle(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException;

    /** Carries out one command that has exactly one result. */
    @FunctionalInterface
    interface WithResult {
        Json.Members handle(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException;
    }
}
