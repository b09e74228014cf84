package dev.interlock.admin;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.ledger.LedgerUnavailableException;

/** Carries out one command, for a peer who may use it. */
@FunctionalInterface
interface CommandHandler<Q> {

    /**
     * Carries out {@code request} and passes every result to {@link AdminRequest#answers}.
     *
     * @throws AdminRefusedException if it cannot be done as asked; nothing was changed
     */
    void handle(AdminRequest<Q> request) throws AdminRefusedException, LedgerUnavailableException;

    /** Carries out one command that has exactly one result. */
    @FunctionalInterface
    interface WithResult<Q, A> {
        A handle(AdminRequest<Q> request) throws AdminRefusedException, LedgerUnavailableException;
    }
}
