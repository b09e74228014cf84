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

/**
 * How receipts get into the ledger: whole, shortened, or only counted where there are too many of them.
 *
 * <p>Threading: any.
 */
final class ReceiptWriter {

    /**
     * Within a minute, of one lease and one kind: more than work in progress meets, and nothing to fill a disk with.
     */
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
        this.tallies = new RefusalCounters(clock, MAX_REFUSALS, Contents::common);
    }

    /** The time that receipts are given. */
    Instant now() {
        return clock.instant();
    }

    /** Empty if the caller is refused so often that this one is only counted. */
    Optional<String> appendTallied(Receipt.Kind kind, String caller, Json.Members members)
            throws LedgerUnavailableException {
        // By kind of refusal, and by what it would have done where: whoever floods with one does not hide another.
        Optional<RefusalCounters.Counted> before =
                tallies.admit(caller, Contents.kind(members), " " + Contents.gist(members), Contents.counted(members));
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

    /** Writes down how many refusals were only counted, of windows that are over. Never throws. */
    void tellOverdue() {
        tallies.takeOverdue().forEach(this::tell);
    }

    /** The same of all windows: before somebody looks, and before the ledger is closed. Never throws. */
    void tellCounted() {
        tallies.takeAll().forEach(this::tell);
    }

    private void tell(RefusalCounters.Counted counted) {
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

    /** Without what is least worth telling, if all of it is too long. */
    String appendShortened(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Optional<String> whole = appendWhole(kind, members);
        return whole.isPresent() ? whole.get() : append(kind, Contents.shortened(members));
    }

    /** Empty, and nothing is written, if the receipt is longer than an entry of the ledger may be. */
    Optional<String> appendWhole(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        try {
            return Optional.of(append(kind, members));
        } catch (ReceiptTooLongException _) {
            return Optional.empty();
        }
    }

    /** Durable when this returns its identifier. */
    String append(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = receipt(kind, members);
        ledger.append(receipt);
        return receipt.id();
    }

    /** The same of what people do, for which the last of the disk is kept. */
    String appendKept(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        Receipt receipt = receipt(kind, members);
        ledger.appendKept(receipt);
        return receipt.id();
    }

    /** Soon, and not awaited: it is owed to one that was appended before. */
    void appendOwed(Receipt.Kind kind, Json.Members members) throws LedgerUnavailableException {
        ledger.appendOwed(receipt(kind, members));
    }

    private Receipt receipt(Receipt.Kind kind, Json.Members members) {
        return new Receipt("R-" + UlidCreator.getUlid(), kind, clock.instant(), origin, members);
    }
}
