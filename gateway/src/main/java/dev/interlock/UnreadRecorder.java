package dev.interlock;

import dev.interlock.front.http.Recorder;
import dev.interlock.gate.Records;
import dev.interlock.ledger.LedgerUnavailableException;

/** Receipts for what the front refused by itself. */
final class UnreadRecorder implements Recorder {

    private final Records records;

    UnreadRecorder(Records records) {
        this.records = records;
    }

    @Override
    public String refused(Unread unread) {
        try {
            return records.unread(unread.refusal());
        } catch (LedgerUnavailableException | RuntimeException e) {
            return "";
        }
    }
}
