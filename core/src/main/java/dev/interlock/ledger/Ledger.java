package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.ProofBundle;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The append-only record of everything that was attempted. Only one process may have it open.
 *
 * <p>Threading: every method may be called from any thread. {@link #append} waits for the disk, and so belongs on a
 * virtual thread; many of them share one sync.
 */
public final class Ledger implements AutoCloseable {

    /** Maximum wait for a checkpoint; one that takes longer does not come soon. */
    private static final Duration PROOF_PATIENCE = Duration.ofSeconds(5);

    private static final int PROOF_ATTEMPTS = 5;

    private final LedgerConfig config;
    private final VerifierKey key;
    private final ReceiptIndex index;
    private final Committer committer;
    private final DiskReserve reserve;
    private final Publisher publisher;
    private final Optional<Replicator> replicator;
    private final Followers followers;
    private final List<Receipt> openIntents;
    private final long tornBytes;
    private final boolean isNew;
    private final List<String> madeAgain;
    private final DerivedCheck check;
    private final Deque<AutoCloseable> resources;

    private Ledger(LedgerConfig config, LedgerParts opening, Deque<AutoCloseable> resources) throws IOException {
        this.config = config;
        this.key = opening.key.publicKey();
        this.index = opening.index;
        this.committer = opening.committer;
        this.reserve = opening.reserve;
        this.publisher = opening.publisher;
        this.replicator = opening.replicator;
        this.followers = opening.followers;
        this.tornBytes = opening.found.tornBytes();
        this.isNew = opening.found.tail().isEmpty();
        this.madeAgain = opening.found.madeAgain();
        this.check = opening.check;
        this.resources = resources;
        this.openIntents = read(index.openIntents());
    }

    /**
     * Opens the ledger, or creates one.
     *
     * @throws LedgerCorruptException if acknowledged receipts are missing or changed, here or compared with the replica
     * @throws LedgerUnavailableException if another process has it open
     */
    public static Ledger open(LedgerConfig config, SecureRandom random) throws IOException {
        return open(config, random, DiskFile::open);
    }

    static Ledger open(LedgerConfig config, SecureRandom random, SegmentFile.SegmentFileOpener opener)
            throws IOException {
        return open(config, random, opener, DiskSpaceProbe.REAL, Replicator.DEFAULT_PATIENCE);
    }

    /**
     * Opens the ledger.
     *
     * @param patience how long closing waits for the replica
     */
    static Ledger open(
            LedgerConfig config,
            SecureRandom random,
            SegmentFile.SegmentFileOpener opener,
            DiskSpaceProbe disks,
            Duration patience)
            throws IOException {
        Deque<AutoCloseable> resources = new ArrayDeque<>();
        try {
            LedgerParts opening = new LedgerParts(config, random, opener, disks, patience, resources);
            Ledger ledger = new Ledger(config, opening, resources);
            opening.start();
            return ledger;
        } catch (IOException | RuntimeException e) {
            closeAll(resources, e);
            throw e;
        }
    }

    /**
     * Appends {@code receipt} and returns once it is durable.
     *
     * @throws LedgerUnavailableException if it may not be durable. After a failure of the disk this stays so until the
     *     ledger is opened again
     * @throws LedgerFullException if the rest of the disk is reserved for {@link #appendForPeople} and
     *     {@link #appendOwed}
     */
    public void append(Receipt receipt) throws LedgerUnavailableException {
        Optional<String> full = reserve.refusing();
        if (full.isPresent()) {
            throw new LedgerFullException(full.get());
        }
        appendForPeople(receipt);
    }

    /**
     * Appends a receipt of an action by people. The last of the disk is reserved for these, so that no agent can keep
     * them off the record.
     */
    public void appendForPeople(Receipt receipt) throws LedgerUnavailableException {
        requireOurs(receipt);
        committer.append(receipt);
    }

    /**
     * Appends {@code receipt}, which an earlier one is owed, such as the outcome of an intent. It is written soon, in
     * the order of the calls, without waiting for it, and however many others wait.
     *
     * @throws LedgerUnavailableException if it is certain already that it will not be written
     */
    public void appendOwed(Receipt receipt) throws LedgerUnavailableException {
        requireOurs(receipt);
        committer.appendOwed(receipt);
    }

    private void requireOurs(Receipt receipt) {
        if (!receipt.origin().equals(config.origin())) {
            throw new IllegalArgumentException("the receipt was made for log `" + receipt.origin() + "`");
        }
    }

    /**
     * Returns the intents that had no outcome when the ledger was opened, oldest first. Nobody knows how they ended.
     */
    public List<Receipt> openIntents() {
        return openIntents;
    }

    /** Returns whether this opening created the ledger: everything in it was written since. */
    public boolean isNew() {
        return isNew;
    }

    /**
     * Returns the derived files that were empty, cut, garbled or missing, and were made again from the segments: some
     * when the ledger was opened, others soon after. No receipt was lost with them.
     */
    public List<String> madeAgain() {
        List<String> all = new ArrayList<>(madeAgain);
        all.addAll(check.madeAgain());
        return List.copyOf(all);
    }

    /** Returns why the older segments do not lead to the signed checkpoint, if that was found after the start. */
    public Optional<String> damage() {
        return check.damage();
    }

    /** Hands over the durable receipts from leaf {@code from} on, in order. They are read from the segments. */
    public void read(long from, Consumer<Receipt> receipts) throws IOException {
        ReceiptScan.read(config.evidence(), from, committer.size(), receipts);
    }

    /** Returns the receipt {@code id}, if there is one. */
    public Optional<Receipt> find(String id) throws IOException {
        Optional<Receipt> fresh = publisher.tail().stream()
                .map(CommittedReceipt::receipt)
                .filter(receipt -> receipt.id().equals(id))
                .findFirst();
        if (fresh.isPresent()) {
            return fresh;
        }
        return read(index.find(id).stream().toList()).stream().findFirst();
    }

    /** Returns the outcome of the intent {@code id}, if it is known. */
    public Optional<Receipt> outcome(String id) throws IOException {
        Optional<Receipt> fresh = publisher.tail().stream()
                .map(CommittedReceipt::receipt)
                .filter(receipt -> receipt.intent().equals(Optional.of(id)))
                .findFirst();
        return fresh.isPresent()
                ? fresh
                : read(index.outcome(id).stream().toList()).stream().findFirst();
    }

    /** Returns receipts that match {@code query}, newest first. */
    public List<Receipt> search(ReceiptQuery query) throws IOException {
        Optional<Long> end = query.before().isPresent() ? leaf(query.before().get()) : Optional.of(Long.MAX_VALUE);
        return end.isPresent() ? search(query, end.get()) : List.of(); // there is nothing before an unknown receipt
    }

    private List<Receipt> search(ReceiptQuery query, long end) throws IOException {
        // The tail is read first. A receipt that leaves it meanwhile is then in the index: perhaps found twice, but
        // never missed.
        List<CommittedReceipt> tail = publisher.tail();
        List<ReceiptIndex.IndexRow> rows = index.search(query, end);
        long indexed = rows.isEmpty() ? -1 : rows.getFirst().leaf();
        List<Receipt> found = new ArrayList<>();
        Set<String> fresh = ids(tail, _ -> true);
        Set<String> ofAgent = ids(tail, query::isOfAgent);
        Set<String> ofLease = ids(tail, query::isOfLease);
        IndexQuery agents = intent ->
                query.agent().isPresent() && index.isOf(intent, query.agent().get());
        IndexQuery leases = intent ->
                query.lease().isPresent() && index.names(intent, query.lease().get());
        for (CommittedReceipt committed : tail) {
            Receipt receipt = committed.receipt();
            if (committed.leaf() > indexed
                    && committed.leaf() < end
                    && query.matches(receipt)
                    && belongs(receipt, ofAgent, fresh, agents)
                    && belongs(receipt, ofLease, fresh, leases)) {
                found.add(receipt);
            }
        }
        found.addAll(read(rows));
        return List.copyOf(found.subList(0, Math.min(found.size(), query.limit())));
    }

    private static Set<String> ids(List<CommittedReceipt> tail, Predicate<Receipt> which) {
        return tail.stream()
                .map(CommittedReceipt::receipt)
                .filter(which)
                .map(Receipt::id)
                .collect(Collectors.toSet());
    }

    /**
     * Returns whether {@code receipt} is in {@code own}, or is the outcome of an intent that is. The intent came first:
     * it is in the tail as well, among {@code fresh}, or is indexed by now.
     */
    private static boolean belongs(Receipt receipt, Set<String> own, Set<String> fresh, IndexQuery indexed)
            throws IOException {
        if (own.contains(receipt.id())) {
            return true;
        }
        Optional<String> intent = receipt.intent();
        if (intent.isEmpty()) {
            return false;
        }
        return fresh.contains(intent.get()) ? own.contains(intent.get()) : indexed.holds(intent.get());
    }

    /** Asks the index about an intent. */
    private interface IndexQuery {
        boolean holds(String intent) throws IOException;
    }

    /** Follows every receipt from now on that matches {@code query}, until closed. */
    public ReceiptStream follow(ReceiptQuery query) {
        return followers.add(query);
    }

    /**
     * Returns one file that proves receipt {@code id} to a stranger; empty if there is no such receipt.
     *
     * @throws LedgerUnavailableException if no checkpoint covers it yet, and none comes in time
     */
    public Optional<ProofBundle> prove(String id) throws IOException {
        Optional<Long> leaf = leaf(id);
        if (leaf.isEmpty()) {
            return Optional.empty();
        }
        awaitPublished(leaf.get());
        for (int attempt = 1; ; attempt++) {
            try {
                return Optional.of(
                        StaticLog.open(config.evidence(), List.of(key)).prove(leaf.get()));
            } catch (NoSuchFileException e) {
                // Wider files have replaced those at the right edge of that checkpoint, so it tries again.
                if (attempt == PROOF_ATTEMPTS) {
                    throw e;
                }
            } catch (BadSignatureException | MalformedException e) {
                throw new LedgerCorruptException("the published log is damaged", e);
            }
        }
    }

    private Optional<Long> leaf(String id) throws IOException {
        Optional<Long> fresh = publisher.tail().stream()
                .filter(committed -> committed.receipt().id().equals(id))
                .map(CommittedReceipt::leaf)
                .findFirst();
        return fresh.isPresent() ? fresh : index.find(id).map(ReceiptIndex.IndexRow::leaf);
    }

    private void awaitPublished(long leaf) throws LedgerUnavailableException {
        try {
            if (!publisher.await(leaf, PROOF_PATIENCE)) {
                throw new LedgerUnavailableException("no checkpoint covers the receipt yet");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerUnavailableException("interrupted while waiting for a checkpoint", e);
        }
    }

    /** Returns the state of the ledger. */
    public LedgerStatus status() {
        long room = reserve.freeBytes();
        return new LedgerStatus(
                committer.size(),
                publisher.published(),
                replicator.map(r -> OptionalLong.of(r.replicated())).orElse(OptionalLong.empty()),
                tornBytes,
                committer.refusing().or(() -> DiskReserve.why(room)),
                publisher.failing(),
                replicator.flatMap(Replicator::failing),
                replicator.map(Replicator::losses).orElse(0L),
                room);
    }

    /** Returns the key that an auditor must get from another source than the log. */
    public VerifierKey verifierKey() {
        return key;
    }

    private List<Receipt> read(List<ReceiptIndex.IndexRow> rows) throws IOException {
        List<Receipt> receipts = new ArrayList<>();
        for (ReceiptIndex.IndexRow row : rows) {
            receipts.add(read(row));
        }
        return receipts;
    }

    private Receipt read(ReceiptIndex.IndexRow row) throws IOException {
        Path file = config.evidence()
                .resolve("segments")
                .resolve(Segment.fileName(row.place().segment()));
        byte[] entry = new byte[row.place().length() - Segment.FRAME_OVERHEAD];
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(row.place().offset() + (long) Segment.FRAME_OVERHEAD);
            in.readFully(entry);
            return Receipt.read(entry);
        } catch (MalformedException e) {
            throw new LedgerCorruptException("leaf " + row.leaf() + " in `" + file.getFileName() + "` is damaged", e);
        }
    }

    /** Writes and publishes all receipts, copies them to the replica if that does not take long, and stops. */
    @Override
    public void close() throws IOException {
        IOException failure = new IOException("the ledger could not be closed");
        closeAll(resources, failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private static void closeAll(Deque<AutoCloseable> resources, Exception failure) {
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    /** Creates the parts in order. They are closed in reverse, also when a later part cannot be created. */
    private static final class LedgerParts {
        private final LogKey key;
        private final ReceiptIndex index;
        private final LedgerRecovery.RecoveredLedger found;
        private final Followers followers = new Followers();
        private final Optional<Replicator> replicator;
        private final Publisher publisher;
        private final DiskReserve reserve;
        private final Committer committer;
        private final DerivedCheck check;

        private LedgerParts(
                LedgerConfig config,
                SecureRandom random,
                SegmentFile.SegmentFileOpener opener,
                DiskSpaceProbe disks,
                Duration patience,
                Deque<AutoCloseable> resources)
                throws IOException {
            Files.createDirectories(config.state());
            resources.push(LockFile.take(config.state().resolve("ledger.lock")));
            key = LogKey.open(
                    config.state(),
                    config.origin(),
                    LedgerRecovery.segments(config.evidence()).isEmpty(),
                    random);
            index = ReceiptIndex.open(config.state().resolve("ledger-index.sqlite"));
            resources.push(index);
            found = new LedgerRecovery(config, key.publicKey(), index).run();
            Journal journal = journal(config, opener);
            resources.push(journal);
            replicator = config.replica()
                    .map(to -> new Replicator(config.evidence(), to, found.replicated(), disks, patience));
            publisher =
                    new Publisher(config, key, index, found, p -> replicator.ifPresent(r -> r.accept(p)), followers);
            reserve = new DiskReserve(List.of(config.evidence(), config.state()), disks, System::nanoTime);
            committer = new Committer(
                    journal,
                    publisher::accept,
                    publisher::published,
                    publisher::isAlive,
                    Committer.DEFAULT_PATIENCE,
                    reserve);
            resources.push(followers::close);
            replicator.ifPresent(resources::push);
            resources.push(publisher);
            resources.push(committer);
            check = new DerivedCheck(config.evidence(), found.checkpoint());
            resources.push(check);
        }

        private Journal journal(LedgerConfig config, SegmentFile.SegmentFileOpener opener) throws IOException {
            Path directory = config.evidence().resolve("segments");
            return found.tail().isPresent()
                    ? Journal.resume(
                            directory,
                            config.segmentBytes(),
                            opener,
                            found.tail().get())
                    : Journal.create(directory, config.segmentBytes(), opener);
        }

        private void start() {
            replicator.ifPresent(Replicator::start);
            publisher.start();
            committer.start();
            check.start();
        }
    }
}
