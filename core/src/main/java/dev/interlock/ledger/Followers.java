package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * The readers that follow receipts live.
 *
 * <p>Threading: each has its own queue, so that a slow one delays nobody. One that falls too far behind is dropped.
 */
final class Followers implements Consumer<Receipt> {

    /** Maximum receipts that a reader may lag behind. A terminal that is scrolled back for a moment keeps up. */
    private static final int MAX_BEHIND = 4096;

    /** More than are ever in flight at once. An outcome that could not be written leaves its intent here. */
    private static final int MAX_OPEN = 4096;

    private final List<Follower> all = new CopyOnWriteArrayList<>();

    private final class Follower implements ReceiptStream {
        private final ReceiptQuery query;

        /** The intents of the requested agent, because their outcomes are reported too. */
        private final LinkedHashSet<String> intents = new LinkedHashSet<>();

        /** Receipts to read; an empty element is the last. */
        private final BlockingQueue<Optional<Receipt>> queue = new LinkedBlockingQueue<>(MAX_BEHIND + 1);

        private Follower(ReceiptQuery query) {
            this.query = query;
        }

        private void offer(Receipt receipt) {
            if (isOfAgent(receipt)
                    && query.matches(receipt)
                    && (queue.size() >= MAX_BEHIND || !queue.offer(Optional.of(receipt)))) {
                close();
            }
        }

        private boolean isOfAgent(Receipt receipt) {
            boolean named = query.isOfAgent(receipt);
            if (named && query.agent().isPresent() && receipt.kind() == Receipt.Kind.INTENT) {
                intents.add(receipt.id());
                if (intents.size() > MAX_OPEN) {
                    intents.removeFirst();
                }
            }
            return named || receipt.intent().filter(intents::remove).isPresent();
        }

        @Override
        public Optional<Receipt> next() throws InterruptedException {
            return queue.take();
        }

        @Override
        public void close() {
            all.remove(this);
            queue.clear();
            queue.add(Optional.empty());
        }
    }

    ReceiptStream add(ReceiptQuery query) {
        Follower follower = new Follower(query);
        all.add(follower);
        return follower;
    }

    @Override
    public void accept(Receipt receipt) {
        all.forEach(follower -> follower.offer(receipt));
    }

    void close() {
        all.forEach(Follower::close);
    }
}
