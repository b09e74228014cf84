package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptTooLongException;

/** What administrators do, as receipts. Each command decides whether its own is written before or after its effect. */
final class Acts {

    private final Administration.Recorder recorder;

    Acts(Administration.Recorder recorder) {
        this.recorder = recorder;
    }

    /** One command by one peer, to be recorded once it is known what exactly it does. */
    @FunctionalInterface
    interface Entry {

        /** Makes the act durable, with {@code details}; returns the receipt's identifier. */
        String record(Json.Members details) throws LedgerUnavailableException;

        /**
         * {@code result}, and whether the act that led to it is on record. All that tightens takes effect first and
         * alone: no ledger that fails may keep it from that, and nobody chooses, by how much there is to tell, that it
         * leaves no receipt. What does not fit one is told in {@link Parts}.
         */
        default Json.Members done(Json.Members result, Json.Members details) {
            try {
                try {
                    record(details);
                } catch (ReceiptTooLongException _) {
                    for (Json.Members part : Parts.of(details)) {
                        record(part);
                    }
                }
            } catch (LedgerUnavailableException _) {
                return result.with("recorded", false);
            }
            return result.with("recorded", true);
        }

        /** The same, whose receipt says that it is {@code mark}. */
        default Entry marked(String mark) {
            return details -> record(details.with(mark, true));
        }
    }

    Entry entry(Peer peer, String command) {
        return details -> recorder.record(by(details.with("command", command), peer));
    }

    /** The same of one that is not to be, because {@code peer} may not. */
    Entry turnedAway(Peer peer, String command) {
        return details -> turnedAway(by(details.with("command", command), peer));
    }

    /** A name alone would not tell a person from a user of the machine who is called the same. */
    private static Json.Members by(Json.Members told, Peer peer) {
        Json.Members by = told.with("peer", peer.user());
        return switch (peer.entrance()) {
            case Peer.Entrance.Socket() -> by;
            case Peer.Entrance.Code() -> by.with("entrance", "console");
            case Peer.Entrance.Passkey(String credential) ->
                by.with("entrance", "console").with("credential", credential);
            case Peer.Entrance.Issuer(String issuer, String subject) ->
                by.with("entrance", "console").with("issuer", issuer).with("subject", subject);
        };
    }

    String turnedAway(Json.Members members) throws LedgerUnavailableException {
        return recorder.turnedAway(members);
    }
}
