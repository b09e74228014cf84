package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.ReceiptText;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.ledger.LedgerStatus.WitnessStatus;
import dev.interlock.oauth.BoundedCall;
import java.io.Closeable;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Asks witnesses on other machines to cosign the log's checkpoints (C2SP tlog-witness), and keeps the newest that each
 * cosigned, in a file of its own. Of many checkpoints they see one a second, and at once one that a call waits for.
 *
 * <p>Threading: one platform thread a witness, so that one who is slow or silent delays no other; who does not answer
 * is asked less often. {@link #await} may be called from any thread.
 */
final class Witnesses implements Closeable {

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** The pause after a failure while a call waits, and how many of them leave no hope for that call. */
    private static final Duration RETRY = Duration.ofMillis(500);

    private static final int HOPELESS = 3;
    private static final int MOST_DOUBLINGS = 6; // of the pause after failures, so that it is a minute at most
    private static final int MAX_ANSWER = 64 * 1024;
    private static final String ANOTHER_HISTORY = "it has seen another history of the first ";
    private static final int MAX_WHY = 200; // of a reason that may hold the witness's words

    private final Path evidence;
    private final VerifierKey key;
    private final List<WitnessView> views;
    private final Object lock = new Object();
    private final HttpClient client = BoundedCall.client(PATIENCE).build();

    /** The size of the newest checkpoint, and what calls wait for. Guarded by {@link #lock}. */
    private long published = -1;

    private final List<Demand> demands = new ArrayList<>();
    private boolean closing;

    /** Checkpoints of at least {@code size} receipts, cosigned by {@code asked}; how often these had failed before. */
    private record Demand(long size, Map<WitnessView, Long> asked) {}

    Witnesses(Path evidence, VerifierKey key, List<LedgerConfig.WitnessEndpoint> endpoints) {
        this.evidence = evidence;
        this.key = key;
        this.views = endpoints.stream().map(WitnessView::new).toList();
    }

    void start() {
        views.forEach(view -> view.thread.start());
    }

    List<WitnessStatus> status() {
        return views.stream().map(view -> view.status).toList();
    }

    void accept(Publisher.Publication publication) {
        synchronized (lock) {
            published = publication.size();
            lock.notifyAll();
        }
    }

    /**
     * Waits until the quorum of {@code rules} has cosigned a checkpoint of at least {@code size} receipts, for
     * {@code patience} at most, and no longer than there is hope. Returns what they have cosigned by then.
     */
    CosignedTrees await(WitnessRules rules, long size, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        synchronized (lock) {
            Map<WitnessView, Long> asked = new HashMap<>();
            views.stream()
                    .filter(view -> rules.keys().contains(view.endpoint.key().toString()))
                    .forEach(view -> asked.put(view, view.allFailures));
            Demand demand = new Demand(size, asked);
            demands.add(demand);
            lock.notifyAll();
            try {
                long left = patience.toNanos();
                while (!closing
                        && left > 0
                        && count(demand, 1) < rules.quorum()
                        && count(demand, HOPELESS) >= rules.quorum()) {
                    TimeUnit.NANOSECONDS.timedWait(lock, left);
                    left = end - System.nanoTime();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                demands.remove(demand);
            }
            return seen(demand);
        }
    }

    /** Returns how many keys have cosigned, or failed fewer than {@code most} times since: with 1, only the former. */
    private static long count(Demand demand, int most) {
        return demand.asked().entrySet().stream()
                .filter(asked -> asked.getKey().size() >= demand.size()
                        || (most > 1 && asked.getKey().allFailures - asked.getValue() < most))
                .map(asked -> asked.getKey().endpoint.key().toString()) // one may have several addresses
                .distinct()
                .count();
    }

    private static CosignedTrees seen(Demand demand) {
        Map<String, Note> notes = new TreeMap<>();
        Set<String> seen = new TreeSet<>();
        for (WitnessView view : demand.asked().keySet()) {
            if (view.size() >= demand.size()) {
                Note note = view.cosigned.orElseThrow();
                notes.merge(note.text(), note, Note::and);
                seen.add(view.endpoint.key().toString());
            }
        }
        return new CosignedTrees(List.copyOf(notes.values()), seen);
    }

    /**
     * One witness, and what is known of it. Owned by its thread, but for {@link #status}, and for what a lock guards.
     */
    private final class WitnessView implements Runnable {
        private final LedgerConfig.WitnessEndpoint endpoint;
        private final Thread thread;
        private volatile WitnessStatus status;
        private long known; // the size that its next proof begins at
        private int failures; // since it last cosigned
        private long asked = -1; // the size of the last checkpoint it was asked about
        private long last; // when that was, by System.nanoTime

        /** The newest checkpoint that it has cosigned, and all failures. Guarded by {@link Witnesses#lock}. */
        private Optional<Note> cosigned = Optional.empty();

        private long allFailures;

        private WitnessView(LedgerConfig.WitnessEndpoint endpoint) {
            this.endpoint = endpoint;
            this.status = new WitnessStatus(
                    endpoint.name(), endpoint.key().toString(), 0, Optional.empty(), Optional.empty(), false);
            this.thread = Thread.ofPlatform().daemon().name("ledger-witness").unstarted(this);
        }

        private long size() {
            return status.size();
        }

        @Override
        public void run() {
            while (awaitTurn()) {
                try {
                    StaticLog log = StaticLog.open(evidence, List.of(key));
                    log.compactRange(); // reads the files at the right edge, which are soon replaced
                    asked = log.checkpoint().size();
                    ask(log, log.witnessRequest(0).checkpoint());
                } catch (IOException | BadSignatureException | InterruptedException | RuntimeException e) {
                    String why = e.toString().replaceFirst("^java\\.io\\.IOException: ", "");
                    String shown = ReceiptText.inert(why.substring(0, Math.min(why.length(), MAX_WHY)));
                    fail("it cannot be asked: " + shown, false);
                }
            }
        }

        private boolean awaitTurn() {
            synchronized (lock) {
                for (long left = left(); left > 0 && !closing; left = left()) {
                    try {
                        TimeUnit.NANOSECONDS.timedWait(lock, left);
                    } catch (InterruptedException e) {
                        return false;
                    }
                }
                last = System.nanoTime();
                return !closing;
            }
        }

        /** Returns how long it is left in peace from now on. */
        private long left() {
            if (published < 0 || (published == asked && failures == 0)) {
                return Long.MAX_VALUE;
            }
            boolean isUrgent = demands.stream()
                    .anyMatch(demand ->
                            demand.asked().containsKey(this) && published >= demand.size() && size() < demand.size());
            Duration pause = failures == 0
                    ? isUrgent ? Duration.ZERO : INTERVAL
                    : isUrgent ? RETRY : INTERVAL.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
            return asked < 0 && failures == 0 ? 0 : last + pause.toNanos() - System.nanoTime();
        }

        private void fail(String why, boolean isContradicting) {
            synchronized (lock) {
                failures++;
                allFailures++;
                status = new WitnessStatus(
                        endpoint.name(), status.key(), status.size(), status.at(), Optional.of(why), isContradicting);
                lock.notifyAll();
            }
        }

        private void ask(StaticLog log, Note note) throws IOException, BadSignatureException, InterruptedException {
            long size = log.checkpoint().size();
            HttpResponse<byte[]> response = send(log);
            for (int tries = 0; response.statusCode() == 409 && tries < 2; tries++) {
                long seen = seen(text(response)).orElse(known);
                if (seen > size) {
                    // Without the ledger's size: each text is another alert.
                    fail("it has seen " + seen + " receipts, more than the ledger has", true);
                    return;
                }
                if (seen == size && known == size) { // C2SP: then its root of that size is another one
                    fail(ANOTHER_HISTORY + known + " receipts", true);
                    return;
                }
                if (tries == 0) {
                    known = seen;
                    response = send(log);
                }
            }
            switch (response.statusCode()) {
                case 200 -> take(size, note, text(response));
                case 422 -> fail(ANOTHER_HISTORY + known + " receipts", true);
                default -> fail("it answers with status " + response.statusCode(), false);
            }
        }

        /** Returns the size in an answer that the one asked about is not known. What else it says is ignored. */
        private static OptionalLong seen(String body) {
            return body.matches("(0|[1-9][0-9]{0,14})\n?")
                    ? OptionalLong.of(Long.parseLong(body.strip()))
                    : OptionalLong.empty();
        }

        private static String text(HttpResponse<byte[]> response) {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        private HttpResponse<byte[]> send(StaticLog log) throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(endpoint.url())
                    .POST(HttpRequest.BodyPublishers.ofByteArray(
                            log.witnessRequest(known).write()))
                    .build();
            return BoundedCall.send(client, request, PATIENCE, MAX_ANSWER);
        }

        private void take(long size, Note note, String answer) throws BadSignatureException, IOException {
            Note answered = note.with(answer);
            Instant at = endpoint.key()
                    .sawAt(answered)
                    .orElseThrow(() -> new BadSignatureException("its key did not sign the answer"));
            Note own = note.with(endpoint.key().lineOf(answered));
            DiskFile.replace(evidence.resolve(endpoint.key().file()), own.write());
            known = size;
            synchronized (lock) {
                failures = 0;
                cosigned = Optional.of(own);
                status = new WitnessStatus(
                        endpoint.name(), status.key(), size, Optional.of(at), Optional.empty(), false);
                lock.notifyAll();
            }
        }
    }

    /** Stops. The next start asks about what is missing. */
    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        client.shutdownNow();
        views.forEach(view -> Threads.join(view.thread));
    }
}
