package dev.interlock.seals;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.policy.SealsInForce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The highest seal sequence in the ledger: no restored store brings back an older seal. Guarded by itself. */
public final class SealAnchor implements SealsInForce.SequenceRecord {

    private static final String COMMAND = "seal.adopt";

    private final Ledger ledger;
    private final AuditRecorder records;
    private final int page;
    /** The highest sequence; empty until the ledger was read. */
    private OptionalLong highest = OptionalLong.empty();

    public SealAnchor(Ledger ledger, AuditRecorder records) {
        this(ledger, records, ReceiptQuery.MAX_LIMIT);
    }

    SealAnchor(Ledger ledger, AuditRecorder records, int page) {
        this.ledger = ledger;
        this.records = records;
        this.page = page;
    }

    @Override
    public synchronized long highest() {
        try {
            if (highest.isEmpty()) {
                highest = OptionalLong.of(find());
            }
            return highest.getAsLong();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void anchor(Seal seal) throws LedgerUnavailableException {
        records.recordAdministration(
                Json.object().with("command", COMMAND).with("seal", seal.id()).with("sequence", seal.sequence()));
        highest = OptionalLong.of(Math.max(highest(), seal.sequence()));
    }

    /** Searches page by page from the newest on: anybody at the socket can bury an anchor under receipts. */
    private long find() throws IOException {
        ReceiptQuery query = ReceiptQuery.newest(page).only(Receipt.Kind.ADMIN);
        while (true) {
            List<Receipt> receipts = ledger.search(query);
            // Sequences only rise, so the newest anchors hold the highest.
            OptionalLong found = receipts.stream()
                    .filter(SealAnchor::isAnchor)
                    .mapToLong(receipt -> receipt.members().whole("sequence"))
                    .max();
            if (found.isPresent() || receipts.size() < page) {
                return found.orElse(0);
            }
            // Pages go by position in the log, not by time: after a clock was set back, a page by time skips anchors.
            query = query.before(receipts.getLast().id());
        }
    }

    private static boolean isAnchor(Receipt receipt) {
        Json.Members members = receipt.members();
        return members.optionalText("command").equals(Optional.of(COMMAND))
                && members.get("sequence").isPresent();
    }
}
