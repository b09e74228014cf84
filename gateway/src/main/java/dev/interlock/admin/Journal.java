package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.gate.Records;
import dev.interlock.ledger.LedgerUnavailableException;

/** Writes administrative acts down before they take effect. */
final class Journal {

    private final Records records;

    Journal(Records records) {
        this.records = records;
    }

    /** One command by one peer, to be recorded once it is known what exactly it will do. */
    @FunctionalInterface
    interface Entry {

        /** Makes the act durable, with {@code details}; returns the receipt's identifier. */
        String record(Json.Members details) throws LedgerUnavailableException;
    }

    Entry entry(Peer peer, String command) {
        return details -> record(details.with("command", command).with("peer", peer.user()));
    }

    String record(Json.Members members) throws LedgerUnavailableException {
        return records.administered(members);
    }
}
