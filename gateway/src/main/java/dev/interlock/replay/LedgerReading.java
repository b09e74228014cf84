package dev.interlock.replay;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.store.LedgerMark;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The reading of what a copy of another gateway's ledger has beyond its mark, on a thread of its own: the copy may be
 * long, and its disk may hang. Threading: one thread begins and ends it.
 */
final class LedgerReading {

    private static final System.Logger LOG = System.getLogger(LedgerReading.class.getName());

    private final LedgerMark mark;
    private final Optional<FutureTask<ProvedReceipts>> task;

    /** The receipts beyond the mark that lead to the signed root, and how many the ledger has. */
    private record ProvedReceipts(long size, Instant newest, Tightening since) {}

    /**
     * The ledger of a gateway that does not serve.
     *
     * @param isRead whether there is a sound copy, and all of it beyond the mark was read
     * @param isLate whether there may be one, and it was not read in time
     */
    record SilentLedger(LedgerMark mark, boolean isRead, boolean isLate, long size, Instant newest, Tightening since) {

        boolean isAhead(Duration inStep) {
            return newest.isAfter(mark.at().plus(inStep));
        }

        long more() {
            return size - mark.size();
        }
    }

    private LedgerReading(LedgerMark mark, Optional<FutureTask<ProvedReceipts>> task) {
        this.mark = mark;
        this.task = task;
    }

    /** Begins to read {@code any} copy. One that has less than its mark says is old, and counts as none. */
    static LedgerReading begin(
            LedgerMark mark, Optional<LedgerReplicas.LedgerReplica> any, Supplier<Tightening> nothing) {
        Optional<FutureTask<ProvedReceipts>> task = any.filter(found -> found.size() >= mark.size())
                .map(copy -> new FutureTask<>(() -> read(mark, copy, nothing.get())));
        task.ifPresent(reading -> {
            if (any.orElseThrow().size() > mark.size()) {
                Thread.ofPlatform().daemon().name("ledger-copy").start(reading);
            } else {
                reading.run();
            }
        });
        return new LedgerReading(mark, task);
    }

    private static ProvedReceipts read(LedgerMark mark, LedgerReplicas.LedgerReplica copy, Tightening since)
            throws IOException {
        Newest newest = new Newest(since);
        long size = copy.size() == mark.size()
                ? copy.size()
                : copy.readProved(VerifierKey.parse(mark.key()), mark.size(), newest);
        newest.requireReadable();
        return new ProvedReceipts(size, newest.at, since);
    }

    /** Takes receipts that may still be forged: what cannot be read counts once they are proved. */
    private static final class Newest implements Consumer<Receipt> {

        private final Tightening since;
        private Instant at = Instant.EPOCH;
        private Optional<IllegalArgumentException> unreadable = Optional.empty();

        Newest(Tightening since) {
            this.since = since;
        }

        @Override
        public void accept(Receipt receipt) {
            at = receipt.at();
            try {
                since.take(receipt);
            } catch (IllegalArgumentException e) {
                unreadable = Optional.of(unreadable.orElse(e));
            }
        }

        void requireReadable() {
            if (unreadable.isPresent()) {
                throw new IllegalStateException(unreadable.get().getMessage(), unreadable.get());
            }
        }
    }

    LedgerMark mark() {
        return mark;
    }

    boolean isDone() {
        return task.map(FutureTask::isDone).orElse(true);
    }

    /** Gives it up: nobody waits for it any more. */
    void stop() {
        task.ifPresent(reading -> reading.cancel(true));
    }

    /** Returns what was read, for which it waits for {@code patience} at most, or as long as it takes. */
    SilentLedger end(Optional<Duration> patience) throws IOException {
        if (task.isEmpty()) {
            return unread(false);
        }
        try {
            ProvedReceipts read = patience.isPresent()
                    ? task.get().get(Math.max(0, patience.get().toNanos()), TimeUnit.NANOSECONDS)
                    : task.get().get();
            return new SilentLedger(mark, true, false, read.size(), read.newest(), read.since());
        } catch (TimeoutException _) {
            stop();
            LOG.log(System.Logger.Level.WARNING, "the copy of the ledger `{0}` was not read in time", mark.origin());
            return unread(true);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalStateException cannot) {
                throw new IllegalArgumentException(cannot.getMessage(), cannot);
            }
            LOG.log(System.Logger.Level.WARNING, "the copy of the ledger `" + mark.origin() + "` cannot be used", e);
            return unread(false);
        } catch (InterruptedException _) {
            stop();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private SilentLedger unread(boolean isLate) {
        return new SilentLedger(mark, false, isLate, mark.size(), Instant.EPOCH, new Tightening(_ -> false));
    }
}
