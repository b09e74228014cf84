package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;

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

        /** The same, whose receipt says that it is {@code mark}. */
        default Entry marked(String mark) {
            return details -> record(details.with(mark, true));
        }
    }

    Entry entry(Peer peer, String command) {
        return details -> record(details.with("command", command).with("peer", peer.user()));
    }

    String record(Json.Members members) throws LedgerUnavailableException {
        return recorder.record(members);
    }
}
