package dev.interlock.ledger;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Erases texts of receipts, by their age or by order, and what the store has of a subject. All orders are recorded
 * through it, one at a time: a legal hold counts for every erasure after it. Threading: any.
 *
 * @param store erases from the store what names a subject
 * @param recorder makes durable what is erased, before it is
 */
public record TextErasure(Ledger ledger, Consumer<String> store, ActRecorder recorder) {

    public interface ActRecorder {
        void record(Json.Members act) throws IOException;
    }

    /** What an order answers, and what its check has found. */
    public record RecordedOrder<T>(T answer, FoundTexts found) {}

    /** Checks an order, and makes it durable or throws. */
    public interface Order<T, E extends Exception> {
        RecordedOrder<T> record() throws E, LedgerUnavailableException;
    }

    /** Has {@code order} recorded, and carries it out. If that fails, it throws, and {@link #tidy} does it later. */
    public synchronized <T, E extends Exception> T order(Order<T, E> order) throws E, LedgerUnavailableException {
        RecordedOrder<T> recorded = order.record();
        try {
            finish(Optional.of(recorded.found()));
            return recorded.answer();
        } catch (IOException | RuntimeException e) {
            throw new UncheckedIOException(e.getMessage(), new IOException(e));
        }
    }

    /** Does what a crash cut off, and erases the texts of receipts from before {@code oldest}, unless they are held. */
    public synchronized void tidy(Optional<Instant> oldest) {
        try {
            finish(Optional.empty());
            if (oldest.isPresent()) {
                erase(ledger.findTexts(Optional.of(receipt -> receipt.at().isBefore(oldest.get()))), Optional.empty());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Carries out each order to erase whose receipt still has its subject: that is erased last. The last order goes on
     * from what it {@code found}.
     */
    private void finish(Optional<FoundTexts> found) throws IOException {
        List<Receipt> acts = ledger.textActs();
        for (Receipt order : acts) {
            Optional<String> subject = order.members().optionalText("subject");
            if (subject.isPresent()
                    && order.members().text("act").equals("erase")
                    && SealedTexts.number(order).isEmpty()) {
                store.accept(subject.get());
                Predicate<Receipt> isBefore = receipt -> !receipt.at().isAfter(order.at());
                boolean isBegun =
                        found.isPresent() && order.id().equals(acts.getLast().id());
                FoundTexts all = isBegun
                        ? ledger.findMore(found.get().only(isBefore))
                        : ledger.findTexts(Optional.of(isBefore.and(SealedTexts.naming(subject.get()))));
                erase(all, order.members().optionalText("signer"));
            }
        }
    }

    private void erase(FoundTexts found, Optional<String> signer) throws IOException {
        for (Json.Members act : found.acts()) {
            recorder.record(act.with("command", SealedTexts.ACT)
                    .with("peer", "the gateway itself")
                    .withOptional("signer", signer));
        }
    }
}
