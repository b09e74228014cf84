package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.ProofBundle;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.evidence.WitnessRules;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
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

    /** Maximum wait of a call for witnesses: they answer within milliseconds, or later than its client waits. */
    private static final Duration WITNESS_PATIENCE = Duration.ofSeconds(10);

    private final LedgerConfig config;
    private final VerifierKey key;
    private final ReceiptIndex index;
    private final Committer committer;
    private final DiskReserve reserve;
    private final Publisher publisher;
    private final List<Replica> replicas;
    private final Optional<Witnesses> witnesses;
    private final Followers followers;
    private final ReceiptTexts texts;
    private final List<Receipt> openIntents;
    private final Optional<Instant> newestBefore;
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
        this.replicas = opening.replicas;
        this.witnesses = opening.witnesses;
        this.followers = opening.followers;
        this.tornBytes = opening.found.tornBytes();
        this.isNew = opening.found.tail().isEmpty();
        this.madeAgain = opening.found.madeAgain();
        this.check = opening.check;
        this.resources = resources;
        this.texts = opening.texts;
        textActs().forEach(texts::erase); // also if a crash came between, or an older file of keys was put back
        this.openIntents = readOpenIntents();
        this.newestBefore =
                search(ReceiptQuery.newest(1)).stream().map(Receipt::at).findFirst();
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
        return open(config, random, opener, DiskReserve.DiskSpaceProbe.REAL, Replica.DEFAULT_PATIENCE);
    }

    /** Opens the ledger; closing waits {@code patience} for the replica. */
    static Ledger open(
            LedgerConfig config,
            SecureRandom random,
            SegmentFile.SegmentFileOpener opener,
            DiskReserve.DiskSpaceProbe disks,
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

    /** Appends a receipt of people's acts: the last of the disk is reserved for these. */
    public void appendForPeople(Receipt receipt) throws LedgerUnavailableException {
        requireOurs(receipt);
        committer.append(texts.seal(receipt));
        if (isTextAct(receipt)) {
            texts.erase(receipt);
        }
    }

    /**
     * Appends {@code receipt}, which an earlier one is owed, such as the outcome of an intent. It is written soon, in
     * the order of the calls, without waiting for it, and however many others wait.
     *
     * @throws LedgerUnavailableException if it is certain already that it will not be written
     */
    public void appendOwed(Receipt receipt) throws LedgerUnavailableException {
        requireOurs(receipt);
        committer.appendOwed(texts.seal(receipt));
    }

    private void requireOurs(Receipt receipt) {
        if (!receipt.origin().equals(config.origin())) {
            throw new IllegalArgumentException("the receipt was made for log `" + receipt.origin() + "`");
        }
    }

    /**
     * Waits, not for long, until the witnesses that {@code rules} name have cosigned a checkpoint that covers every
     * receipt that is durable now. Returns what they have cosigned by then, perhaps fewer of them than must.
     */
    public CosignedTrees awaitWitnesses(WitnessRules rules) {
        return witnesses
                .map(all -> all.await(rules, committer.size(), WITNESS_PATIENCE))
                .orElse(new CosignedTrees(List.of(), Set.of()));
    }

    /** Returns what shows that witnesses saw receipt {@code id}, by the checkpoints that they cosigned. */
    public SeenIntent seen(String id, List<Note> trees) throws IOException {
        long leaf = leaf(id).orElseThrow();
        return published(log -> log.seen(leaf, trees)).with(texts.keys());
    }

    /** Returns whether a receipt says which witnesses saw {@code intent}. It reads all that came after the intent. */
    public boolean isWitnessed(Receipt intent) throws IOException {
        AtomicBoolean isFound = new AtomicBoolean();
        read(
                leaf(intent.id()).orElseThrow(),
                receipt -> isFound.compareAndSet(false, receipt.isWitnessing(intent.id())));
        return isFound.get();
    }

    /** Returns the intents that had no outcome when the ledger was opened, oldest first. */
    public List<Receipt> openIntents() {
        return openIntents;
    }

    /** Returns the time of the newest receipt that was there when the ledger was opened. */
    public Optional<Instant> newestBefore() {
        return newestBefore;
    }

    /** Returns whether this opening created the ledger: everything in it was written since. */
    public boolean isNew() {
        return isNew;
    }

    /**
     * Returns the derived files that were made again from the segments, at the start and soon after; no receipt was
     * lost.
     */
    public List<String> madeAgain() {
        List<String> all = new ArrayList<>(madeAgain);
        all.addAll(check.madeAgain());
        return List.copyOf(all);
    }

    public Optional<String> damage() {
        return check.damage();
    }

    /** Hands over the durable receipts from leaf {@code from} on, in order. They are read from the segments. */
    public void read(long from, Consumer<Receipt> receipts) throws IOException {
        ReceiptSearch.ReceiptScan.read(
                config.evidence(), from, committer.size(), receipt -> receipts.accept(texts.open(receipt)));
    }

    /**
     * Finds the texts of the receipts that are {@code wanted}, and which legal holds cover. It reads all receipts if
     * any can be.
     */
    public FoundTexts findTexts(Optional<Predicate<Receipt>> wanted) throws IOException {
        FoundTexts found = new FoundTexts(texts, legalHolds(), wanted.orElse(_ -> false));
        return wanted.isEmpty() ? found : findMore(found);
    }

    /** Goes on to the end of the ledger. No legal hold may have been placed since it began. */
    FoundTexts findMore(FoundTexts found) throws IOException {
        ReceiptSearch.ReceiptScan.read(config.evidence(), found.read(), committer.size(), found);
        return found;
    }

    /** Returns the legal holds that stand, as their receipts say. */
    List<Json.Members> legalHolds() throws IOException {
        Map<String, Json.Members> standing = new TreeMap<>();
        for (Receipt act : textActs()) {
            String name = act.members().optionalText("name").orElse("");
            switch (act.members().optionalText("act").orElse("")) {
                case "hold" -> standing.put(name, act.members());
                case "lift" -> standing.remove(name);
                default -> {} // an erasure, or a try that was rejected
            }
        }
        return List.copyOf(standing.values());
    }

    /** Returns what people and the gateway ordered about texts, the oldest first. */
    List<Receipt> textActs() throws IOException {
        List<Receipt> acts = new ArrayList<>();
        ReceiptQuery all = ReceiptQuery.newest(ReceiptQuery.MAX_LIMIT).of(SealedTexts.AGENT);
        for (List<Receipt> page = search(all); !page.isEmpty(); ) { // a hold counts however old it is
            acts.addAll(page);
            page = search(all.before(page.getLast().id()));
        }
        return acts.reversed().stream().filter(Ledger::isTextAct).toList();
    }

    /** Returns whether texts of receipts are sealed, or were once. */
    public boolean hasTextKeys() {
        return texts.keys().file().isPresent();
    }

    static boolean isTextAct(Receipt receipt) {
        return receipt.kind() == Receipt.Kind.ADMIN && receipt.isAct(SealedTexts.ACT);
    }

    public Optional<Receipt> find(String id) throws IOException {
        return ask().find(id).map(ReceiptSearch.Found::receipt).map(texts::open);
    }

    /** Returns the outcome of the intent {@code id}, if it is known. */
    public Optional<Receipt> outcome(String id) throws IOException {
        return ask().outcome(id).map(texts::open);
    }

    /** Returns receipts that match {@code query}, newest first. */
    public List<Receipt> search(ReceiptQuery query) throws IOException {
        Optional<Long> end = query.before().isPresent() ? leaf(query.before().get()) : Optional.of(Long.MAX_VALUE);
        return end.isEmpty() // nothing is before an unknown receipt
                ? List.of()
                : ask().search(query, end.get()).stream().map(texts::open).toList();
    }

    /** Counts in whole quarters of an hour, from that of {@code from} to the one before that of {@code until}. */
    public ReceiptCounts count(Instant from, Instant until) throws IOException {
        return ask().count(from, until);
    }

    private Optional<Long> leaf(String id) throws IOException {
        return ask().find(id).map(ReceiptSearch.Found::leaf);
    }

    /** Returns {@code receipt} with its texts, if this ledger's keys open them. */
    Receipt open(Receipt receipt) {
        return texts.open(receipt);
    }

    ReceiptSearch ask() {
        return new ReceiptSearch(config.evidence(), index, publisher.tail(), Optional.empty());
    }

    /** Follows every receipt from now on that matches {@code query}, until closed. */
    public ReceiptStream follow(ReceiptQuery query) {
        return followers.add(query);
    }

    /**
     * Returns one file that proves receipt {@code id} to a stranger, and its outcome, once a checkpoint covers both;
     * empty if there is none.
     */
    public Optional<ProofBundle> prove(String id) throws IOException {
        Optional<Long> leaf = leaf(id);
        if (leaf.isEmpty()) {
            return Optional.empty();
        }
        Optional<Receipt> ended = outcome(id);
        Optional<Long> last =
                ended.isEmpty() ? Optional.empty() : leaf(ended.get().id());
        awaitPublished(last.orElse(leaf.get()));
        return Optional.of(published(log -> log.prove(leaf.get(), last).with(texts.keys())));
    }

    private interface LogQuestion<A> {
        A of(StaticLog log) throws IOException;
    }

    private <A> A published(LogQuestion<A> question) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return question.of(StaticLog.open(config.evidence(), List.of(key)));
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

    public LedgerStatus status() {
        long room = reserve.freeBytes();
        return new LedgerStatus(
                committer.size(),
                publisher.published(),
                replicas.stream().mapToLong(Replica::replicated).min(),
                tornBytes,
                committer.refusing().or(() -> DiskReserve.why(room)),
                publisher.failing(),
                replicas.stream().flatMap(replica -> replica.failing().stream()).findFirst(),
                replicas.stream().mapToLong(Replica::losses).sum(),
                room,
                witnesses.map(Witnesses::status).orElse(List.of()));
    }

    /** Returns the key that an auditor must get from another source than the log. */
    public VerifierKey verifierKey() {
        return key;
    }

    /** Returns the intents without an outcome: the indexed ones are exact up to a bundle, and the rest is in memory. */
    private List<Receipt> readOpenIntents() throws IOException {
        List<Receipt> tail =
                publisher.tail().stream().map(CommittedReceipt::receipt).toList();
        Set<String> ended =
                tail.stream().flatMap(receipt -> receipt.intent().stream()).collect(Collectors.toSet());
        List<Receipt> intents = new ArrayList<>();
        ReceiptSearch search = ask();
        for (long leaf : index.openIntents()) {
            intents.add(search.at(leaf));
        }
        tail.stream().filter(receipt -> receipt.kind() == Receipt.Kind.INTENT).forEach(intents::add);
        return intents.stream()
                .filter(intent -> !ended.contains(intent.id()))
                .map(texts::open)
                .toList();
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
        private final ReceiptTexts texts;
        private final Followers followers;
        private final List<Replica> replicas;
        private final Optional<Witnesses> witnesses;
        private final Publisher publisher;
        private final DiskReserve reserve;
        private final Committer committer;
        private final DerivedCheck check;

        private LedgerParts(
                LedgerConfig config,
                SecureRandom random,
                SegmentFile.SegmentFileOpener opener,
                DiskReserve.DiskSpaceProbe disks,
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
            texts = ReceiptTexts.open(config, journal.size(), random);
            resources.push(texts);
            followers = new Followers(texts);
            replicas = new ArrayList<>();
            config.replica()
                    .map(to -> new Replicator(config.evidence(), to, found.replicated(), disks, patience))
                    .ifPresent(replicas::add);
            config.bucket()
                    .map(to -> new BucketReplicator(config.evidence(), new S3Bucket(to), key.publicKey(), patience))
                    .ifPresent(replicas::add);
            witnesses = config.witnesses().isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Witnesses(config.evidence(), key.publicKey(), config.witnesses()));
            publisher = new Publisher(config, key, index, found, this::published, followers);
            reserve = new DiskReserve(List.of(config.evidence(), config.state()), disks, System::nanoTime);
            committer = new Committer(
                    journal,
                    publisher::accept,
                    publisher::published,
                    publisher::isAlive,
                    Committer.DEFAULT_PATIENCE,
                    reserve);
            resources.push(followers::close);
            replicas.forEach(resources::push);
            witnesses.ifPresent(resources::push);
            resources.push(publisher);
            resources.push(committer);
            check = new DerivedCheck(config.evidence(), found);
            resources.push(check);
        }

        private void published(Publisher.Publication publication) {
            replicas.forEach(copy -> copy.accept(publication));
            witnesses.ifPresent(all -> all.accept(publication));
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
            replicas.forEach(Replica::start);
            witnesses.ifPresent(Witnesses::start);
            publisher.start();
            committer.start();
            check.start();
        }
    }

    /** Ensures that there is one writer: two would sign two histories. The lock ends with the process. */
    static final class LockFile implements Closeable {

        private final FileChannel channel;

        private LockFile(FileChannel channel) {
            this.channel = channel;
        }

        static LockFile take(Path path) throws IOException {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            try {
                if (channel.tryLock() != null) {
                    return new LockFile(channel);
                }
            } catch (OverlappingFileLockException e) {
                channel.close();
                throw new LedgerUnavailableException("the ledger is open already", e);
            }
            channel.close();
            throw new LedgerUnavailableException("the ledger is open in another process");
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** The readers that follow receipts live, each with its own queue. One that falls too far behind is dropped. */
    static final class Followers implements Consumer<List<CommittedReceipt>> {

        /** Maximum receipts that a reader may lag behind. A terminal that is scrolled back for a moment keeps up. */
        private static final int MAX_BEHIND = 4096;

        /** More than are ever in flight at once. An outcome that could not be written leaves its intent here. */
        private static final int MAX_OPEN = 4096;

        private final ReceiptTexts texts;
        private final List<Follower> all = new CopyOnWriteArrayList<>();

        Followers(ReceiptTexts texts) {
            this.texts = texts;
        }

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
                return queue.take().map(texts::open);
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
        public void accept(List<CommittedReceipt> fresh) {
            for (CommittedReceipt committed : all.isEmpty() ? List.<CommittedReceipt>of() : fresh) {
                Receipt receipt = committed.receipt();
                all.forEach(follower -> follower.offer(receipt));
            }
        }

        void close() {
            all.forEach(Follower::close);
        }
    }
}
