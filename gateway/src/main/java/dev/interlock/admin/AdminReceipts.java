package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;

/** Writes receipts of what administrators do; each command decides whether before or after its effect. */
record AdminReceipts(Administration.Recorder recorder) {

    ReceiptEntry entry(Peer peer, String command) {
        return details -> recorder.record(by(details.with("command", command), peer));
    }

    /** Returns the entry for a command that {@code peer} may not use, or that an agent causes. */
    ReceiptEntry withoutReserve(Peer peer, String command) {
        return details -> withoutReserve(by(details.with("command", command), peer));
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

    String withoutReserve(Json.Members members) throws LedgerUnavailableException {
        return recorder.recordRefused(members);
    }
}
