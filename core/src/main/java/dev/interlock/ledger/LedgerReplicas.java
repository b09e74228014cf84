package dev.interlock.ledger;

import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The ledgers of the other gateways of a store, as copies of them in one directory have them. Nothing is written there.
 *
 * @param own the ledger that is not another one's
 */
public record LedgerReplicas(Optional<Path> directory, String own) {

    /** Returns the copies by the names of their ledgers. What is no copy, or cannot be read, is left out. */
    public Map<String, LedgerReplica> all() {
        Map<String, LedgerReplica> found = new TreeMap<>();
        try {
            for (Path log : directory.isEmpty() ? List.<Path>of() : StaticLog.below(directory.get())) {
                try {
                    LedgerReplica copy = LedgerReplica.at(log);
                    found.merge(copy.origin(), copy, (one, other) -> one.size() < other.size() ? other : one);
                } catch (IOException | MalformedException _) {
                    // Nothing says whose it is. A ledger that lacks its copy is missed by its name.
                }
            }
        } catch (IOException _) {
            found.clear(); // the disk is gone, and with it all of them
        }
        found.remove(own);
        return found;
    }

    /**
     * A copy of a ledger.
     *
     * @param size the receipts that its checkpoint covers, which may be fewer than the ledger has
     */
    public record LedgerReplica(String origin, Path directory, long size) {

        /** Finds the copy in {@code directory}. Nothing is verified. */
        public static LedgerReplica at(Path directory) throws IOException {
            Note note = Note.read(Files.readAllBytes(directory.resolve(StaticLog.CHECKPOINT)));
            Checkpoint checkpoint = Checkpoint.read(note.text());
            return new LedgerReplica(checkpoint.origin(), directory, checkpoint.size());
        }

        /**
         * Verifies every receipt by the ledger's {@code key}; throws an exception that says what is wrong. Files that
         * are made from the receipts may be missing: its gateway replaces them while it goes on.
         */
        public LogReport verify(VerifierKey key) throws IOException {
            LogReport report = new LogVerifier(List.of(key), Map.of()).verify(directory, Optional.empty());
            if (report.checkpoint().size() < size) {
                throw new LedgerCorruptException("the copy of the ledger `" + origin + "` in `" + directory
                        + "` does not have its " + size + " receipts any more");
            }
            if (!report.isCrashPossible()) {
                throw new LedgerCorruptException("the copy of the ledger `" + origin + "` in `" + directory
                        + "` is not sound: " + report.problems().getFirst());
            }
            return report;
        }

        /** Hands over the receipts from leaf {@code from} on, in order. */
        public void read(long from, Consumer<Receipt> receipts) throws IOException {
            ReceiptSearch.ReceiptScan.read(directory, from, size, receipts);
        }

        public Instant newest() throws IOException {
            List<Instant> last = new ArrayList<>();
            read(size - 1, receipt -> last.add(receipt.at()));
            return last.getLast();
        }

        /** Returns the intents that have no outcome there, and did not get one from another gateway. */
        public List<Receipt> openIntents(VerifierKey key) throws IOException {
            Set<String> open = new HashSet<>(verify(key).openIntents());
            List<Receipt> intents = new ArrayList<>();
            read(0, receipt -> {
                if (open.contains(receipt.id())) {
                    intents.add(receipt);
                }
            });
            return intents;
        }
    }
}
