package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.ReceiptText;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.ledger.LedgerStatus.WitnessStatus;
import java.io.Closeable;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks witnesses on other machines to cosign the log's checkpoints (C2SP tlog-witness), and writes the newest that one
 * cosigned beside the checkpoint. Of many checkpoints they see one a second.
 *
 * <p>Threading: one platform thread asks; whoever does not answer is asked less often, and delays nothing but this.
 */
final class Witnesses implements Closeable {

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MOST_DOUBLINGS = 6; // of the pause after failures, so that it is a minute at most
    private static final int MAX_ANSWER = 64 * 1024;
    private static final String ANOTHER_HISTORY = "it has seen another history of the first ";
    private static final int MAX_WHY = 200; // of a reason that may hold the witness's words

    private final Path evidence;
    private final VerifierKey key;
    private final List<WitnessView> views;
    private final Thread thread;
    private final Object lock = new Object();
    private final HttpClient client = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(PATIENCE)
            .build();

    /** The size of the newest checkpoint, and of the last that all were asked about. Guarded by {@link #lock}. */
    private long published = -1;

    private long asked = -1;
    private @Nullable Note written;
    private volatile boolean closing;

    Witnesses(Path evidence, VerifierKey key, List<LedgerConfig.WitnessEndpoint> endpoints) {
        this.evidence = evidence;
        this.key = key;
        this.views = endpoints.stream().map(WitnessView::new).toList();
        this.thread = Thread.ofPlatform().daemon().name("ledger-witness").unstarted(this::run);
    }

    void start() {
        thread.start();
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

    private void run() {
        while (awaitWork()) {
            try {
                round();
            } catch (IOException | BadSignatureException | RuntimeException e) {
                views.forEach(view -> view.fail("the log could not be read: " + e, false));
            }
            Threads.pause(lock, () -> closing, INTERVAL);
        }
    }

    private boolean awaitWork() {
        synchronized (lock) {
            while (!closing
                    && (published < 0 || (published == asked && views.stream().allMatch(view -> view.failures == 0)))) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    return false;
                }
            }
            asked = published;
            return !closing;
        }
    }

    private void round() throws IOException, BadSignatureException {
        StaticLog log = StaticLog.open(evidence, List.of(key));
        log.compactRange(); // reads the files at the right edge, which are soon replaced
        Note bare = log.witnessRequest(0).checkpoint();
        Note note = bare;
        for (WitnessView view : views) {
            Optional<String> line = closing ? Optional.empty() : view.ask(log, bare);
            note = line.isPresent() ? note.with(line.get()) : note;
        }
        if (!note.equals(bare) && !note.equals(written)) {
            DiskFile.replace(evidence.resolve(StaticLog.WITNESSED), note.write());
            written = note;
        }
    }

    /** One witness, and what is known of it. Owned by the thread, but for {@link #status}. */
    private final class WitnessView {
        private final LedgerConfig.WitnessEndpoint endpoint;
        private volatile WitnessStatus status;
        private long known; // the size that its next proof begins at
        private Optional<String> line = Optional.empty(); // its signature of that size
        private int failures;
        private int pauses;

        private WitnessView(LedgerConfig.WitnessEndpoint endpoint) {
            this.endpoint = endpoint;
            this.status = new WitnessStatus(endpoint.name(), 0, Optional.empty(), Optional.empty(), false);
        }

        private void fail(String why, boolean isContradicting) {
            pauses = (1 << Math.min(failures++, MOST_DOUBLINGS)) - 1;
            status = new WitnessStatus(endpoint.name(), status.size(), status.at(), Optional.of(why), isContradicting);
        }

        /** Returns its signature line under {@code note}, if it cosigns. */
        private Optional<String> ask(StaticLog log, Note note) {
            long size = log.checkpoint().size();
            if (line.isPresent() && known == size) {
                return line;
            }
            line = Optional.empty();
            if (pauses > 0) {
                pauses--;
                return line;
            }
            try {
                HttpResponse<String> response = send(log);
                for (int tries = 0; response.statusCode() == 409 && tries < 2; tries++) {
                    long seen = seen(response.body()).orElse(known);
                    if (seen > size) {
                        // Without the ledger's size: each text is another alert.
                        fail("it has seen " + seen + " receipts, more than the ledger has", true);
                        return line;
                    }
                    if (seen == size && known == size) { // C2SP: then its root of that size is another one
                        fail(ANOTHER_HISTORY + known + " receipts", true);
                        return line;
                    }
                    if (tries == 0) {
                        known = seen;
                        response = send(log);
                    }
                }
                switch (response.statusCode()) {
                    case 200 -> take(size, note.with(response.body()));
                    case 422 -> fail(ANOTHER_HISTORY + known + " receipts", true);
                    default -> fail("it answers with status " + response.statusCode(), false);
                }
            } catch (IOException | BadSignatureException | TimeoutException | ExecutionException | RuntimeException e) {
                Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
                String why = String.valueOf(cause);
                fail(
                        "it cannot be asked: " + ReceiptText.inert(why.substring(0, Math.min(why.length(), MAX_WHY))),
                        false);
            } catch (InterruptedException _) {
                fail("the gateway is stopping", false);
            }
            return line;
        }

        /** Returns the size in an answer that the one asked about is not known. What else it says is ignored. */
        private static OptionalLong seen(String body) {
            return body.matches("(0|[1-9][0-9]{0,14})\n?")
                    ? OptionalLong.of(Long.parseLong(body.strip()))
                    : OptionalLong.empty();
        }

        private HttpResponse<String> send(StaticLog log)
                throws IOException, InterruptedException, TimeoutException, ExecutionException {
            HttpRequest request = HttpRequest.newBuilder(endpoint.url())
                    .POST(HttpRequest.BodyPublishers.ofByteArray(
                            log.witnessRequest(known).write()))
                    .build();
            CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                    request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), MAX_ANSWER));
            try {
                return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } finally {
                answer.cancel(true);
            }
        }

        private void take(long size, Note answered) throws BadSignatureException {
            Instant at = endpoint.key()
                    .sawAt(answered)
                    .orElseThrow(() -> new BadSignatureException("its key did not sign the answer"));
            line = Optional.of(endpoint.key().lineOf(answered));
            known = size;
            failures = 0;
            status = new WitnessStatus(endpoint.name(), size, Optional.of(at), Optional.empty(), false);
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
        Threads.join(thread);
    }
}
