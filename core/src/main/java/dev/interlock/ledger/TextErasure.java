package dev.interlock.ledger;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
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

    /** Checks an order, and makes it durable or throws. */
    public interface Order<T, E extends Exception> {
        T record() throws E, LedgerUnavailableException;
    }

    /** Has {@code order} recorded, and carries it out. If that fails, it throws, and {@link #tidy} does it later. */
    public synchronized <T, E extends Exception> T order(Order<T, E> order) throws E, LedgerUnavailableException {
        T recorded = order.record();
        try {
            finish();
            return recorded;
        } catch (IOException | RuntimeException e) {
            throw new UncheckedIOException(e.getMessage(), new IOException(e));
        }
    }

    /** Does what a crash cut off, and erases the texts of receipts from before {@code oldest}, unless they are held. */
    public synchronized void tidy(Optional<Instant> oldest) {
        try {
            finish();
            if (oldest.isPresent()) {
                erase(receipt -> receipt.at().isBefore(oldest.get()), Optional.empty());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Carries out each order to erase whose receipt still has its subject: that is erased last. */
    private void finish() throws IOException {
        for (Receipt order : ledger.textActs()) {
            Optional<String> subject = order.members().optionalText("subject");
            if (subject.isPresent()
                    && order.members().text("act").equals("erase")
                    && SealedTexts.number(order).isEmpty()) {
                store.accept(subject.get());
                Predicate<Receipt> naming = SealedTexts.naming(subject.get());
                erase(
                        receipt -> !receipt.at().isAfter(order.at()) && naming.test(receipt),
                        order.members().optionalText("signer"));
            }
        }
    }

    private void erase(Predicate<Receipt> wanted, Optional<String> signer) throws IOException {
        for (Json.Members act : ledger.findTexts(Optional.of(wanted)).acts()) {
            recorder.record(act.with("command", SealedTexts.ACT)
                    .with("peer", "the gateway itself")
                    .withOptional("signer", signer));
        }
    }
}
