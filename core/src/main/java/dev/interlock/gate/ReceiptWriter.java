package dev.interlock.gate;

import com.github.f4b6a3.ulid.UlidCreator;
import dev.interlock.action.RefusalCounters;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptTooLongException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Appends receipts to the ledger: whole, shortened, or only counted where there are too many. Threading: any. */
final class ReceiptWriter {

    /** Maximum receipts of refusals within a minute, for one lease and one kind: more than real work gets. */
    static final int MAX_REFUSALS = 120;

    private static final String COUNTED = "refusals.counted";
    private static final System.Logger LOG = System.getLogger(ReceiptWriter.class.getName());

    private final Ledger ledger;
    private final String origin;
    private final InstantSource clock;
    private final RefusalCounters tallies;

    ReceiptWriter(Ledger ledger, String origin, InstantSource clock) {
        this.ledger = ledger;
        this.origin = origin;
        this.clock = clock;
        this.tallies = new RefusalCounters(clock, MAX_REFUSALS, ReceiptMembers::common);
    }

    Instant now() {
        return clock.instant();
    }

    /** Appends a refusal. Returns empty if the caller is refused so often that this one is only counted. */
    Optional<String> appendTallied(Receipt.Kind kind, String caller, Json.Members members)
            throws LedgerUnavailableException {
        // Counted by kind of refusal, and by impact and environment. So many refusals of one sort do not hide another.
        Optional<RefusalCounters.CountedRefusals> before = tallies.admit(
                caller,
                ReceiptMembers.kind(members),
                " " + ReceiptMembers.scopeText(members),
                ReceiptMembers.counted(members));
        if (before.isEmpty()) {
            return Optional.empty();
        }
        long unwritten = before.get().number();
        try {
            return Optional.of(appendShortened(kind, unwritten == 0 ? members : members.with("suppressed", unwritten)));
        } catch (LedgerUnavailableException | RuntimeException e) {
            tallies.putBack(before.get());
            throw e;
        }
    }

    void tellOverdue() {
        tallies.takeOverdue().forEach(this::tell);
    }

    /** Before somebody reads the ledger, and before it is closed. Never throws. */
    void tellCounted() {
        tallies.takeAll().forEach(this::tell);
    }

    private void tell(RefusalCounters.CountedRefusals counted) {
        Json.Members told = counted.about()
                .with("command", COUNTED)
                .with("peer", "the gateway itself")
                .with("suppressed", counted.number());
        try {
            append(Receipt.Kind.ADMIN, told);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a count of refusals could not be recorded", e);
            tallies.putBack(counted);
        }
    }

    String appendShortened(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Optional<String> whole = appendWhole(kind, members);
        return whole.isPresent() ? whole.get() : append(kind, ReceiptMembers.shortened(members));
    }

    /** Appends a receipt. Returns empty, and writes nothing, if it is longer than an entry of the ledger may be. */
    Optional<String> appendWhole(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        return appendWhole(receipt(kind, members, clock.instant()));
    }

    Optional<String> appendIntent(Json.Members members, Instant at) throws LedgerUnavailableException {
        return appendWhole(receipt(Receipt.Kind.INTENT, members, at));
    }

    private Optional<String> appendWhole(Receipt receipt) throws LedgerUnavailableException {
        try {
            ledger.append(receipt);
            return Optional.of(receipt.id());
        } catch (ReceiptTooLongException _) {
            return Optional.empty();
        }
    }

    /** Appends a receipt, which is durable when this returns its identifier. */
    String append(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = receipt(kind, members);
        ledger.append(receipt);
        return receipt.id();
    }

    /** Appends a receipt of something that people did. The last of the disk is reserved for these. */
    String appendReserved(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = receipt(kind, members);
        ledger.appendForPeople(receipt);
        return receipt.id();
    }

    /** Appends a receipt soon, without waiting for it. It is owed to one that was appended before. */
    void appendOwed(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        ledger.appendOwed(receipt(kind, members));
    }

    private Receipt receipt(Receipt.Kind kind, Json.Members members) {
        return receipt(kind, members, clock.instant());
    }

    private Receipt receipt(Receipt.Kind kind, Json.Members members, Instant at) {
        return new Receipt("R-" + UlidCreator.getUlid(), kind, at, origin, members);
    }
}
