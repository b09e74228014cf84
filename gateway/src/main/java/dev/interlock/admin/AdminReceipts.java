package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptTooLongException;

/**
 * Writes receipts of what administrators do. Each command decides whether its receipt is written before or after its
 * effect.
 */
record AdminReceipts(Administration.Recorder recorder) {

    /** The receipt of one command by one peer, written once it is known what exactly the command does. */
    @FunctionalInterface
    interface ReceiptEntry {

        /** Makes the act durable, with {@code details}; returns the receipt's identifier. */
        String record(Json.Members details) throws LedgerUnavailableException;

        /**
         * Records an act that has taken effect already. Returns whether it is recorded.
         *
         * <p>Everything that tightens takes effect first: a ledger that fails must not prevent it. Details too long for
         * one receipt are recorded in several ({@link ReceiptParts}), so that nobody can avoid a receipt by writing a
         * long reason.
         */
        default boolean done(Json.Members details) {
            try {
                try {
                    record(details);
                } catch (ReceiptTooLongException _) {
                    for (Json.Members part : ReceiptParts.of(details)) {
                        record(part);
                    }
                }
                return true;
            } catch (LedgerUnavailableException _) {
                return false;
            }
        }

        /** Returns the same entry, whose receipt has the flag {@code mark}. */
        default ReceiptEntry marked(String mark) {
            return details -> record(details.with(mark, true));
        }
    }

    ReceiptEntry entry(Peer peer, String command) {
        return details -> recorder.record(by(details.with("command", command), peer));
    }

    /** Returns the entry for a command that {@code peer} may not use. */
    ReceiptEntry forbiddenCommand(Peer peer, String command) {
        return details -> forbiddenCommand(by(details.with("command", command), peer));
    }

    /** Records how the peer was identified: a person and a user of the machine may have the same name. */
    private static Json.Members by(Json.Members told, Peer peer) {
        Json.Members by = told.with("peer", peer.user());
        return switch (peer.entrance()) {
            case Peer.SignInMethod.Socket() -> by;
            case Peer.SignInMethod.OneTimeCode() -> by.with("entrance", "console");
            case Peer.SignInMethod.Invitation() -> by.with("entrance", "invitation");
            case Peer.SignInMethod.Passkey(String credential) ->
                by.with("entrance", "console").with("credential", credential);
            case Peer.SignInMethod.OpenIdProvider(String issuer, String subject) ->
                by.with("entrance", "console").with("issuer", issuer).with("subject", subject);
        };
    }

    String forbiddenCommand(Json.Members members) throws LedgerUnavailableException {
        return recorder.recordRefused(members);
    }
}
