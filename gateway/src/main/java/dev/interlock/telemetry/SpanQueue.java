package dev.interlock.telemetry;

import dev.interlock.action.Loopback;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A queue of spans for a collector, sent by <a href="https://opentelemetry.io/docs/specs/otlp/#otlphttp">OTLP/HTTP</a>
 * in its JSON form. If the collector is too slow, spans are dropped and counted.
 *
 * <p>Threading: any thread offers; one of its own sends.
 */
public final class SpanQueue implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SpanQueue.class.getName());

    /** The maximum number of attempts; each has about six spans, a few kilobytes in all. */
    static final int MAX_WAITING = 1_024;

    private static final int MAX_BATCH = 128;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Set<Integer> AGAIN = Set.of(429, 502, 503, 504);

    /** The pauses before the second, third and fourth try. */
    private static final List<Duration> PAUSES =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));

    private final URI address;
    private final Optional<Secret> authorization;
    private final Map<String, String> resource;
    private final HttpClient client;
    private final ArrayBlockingQueue<List<TraceSpan>> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicLong dropped = new AtomicLong();
    private final Thread thread;
    private boolean failing; // used by its thread only

    private SpanQueue(URI address, Optional<Secret> authorization, String gateway) {
        this.address = address;
        this.authorization = authorization;
        this.resource = Map.of("service.name", "interlock", "service.instance.id", gateway);
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(TIMEOUT)
                .build();
        this.thread = Thread.ofVirtual().name("traces").unstarted(this::run);
    }

    /**
     * Starts sending to the collector at {@code endpoint}, to its path {@code /v1/traces}.
     *
     * @param authorization the value of the {@code Authorization} header, if the collector needs one
     * @param gateway the name of this gateway
     * @throws IllegalArgumentException if the endpoint is neither https nor on loopback
     */
    public static SpanQueue to(URI endpoint, Optional<Secret> authorization, String gateway) {
        boolean https = "https".equals(endpoint.getScheme()) && endpoint.getHost() != null;
        if ((!https && !Loopback.isPlainHttp(endpoint)) || endpoint.getRawUserInfo() != null) {
            throw new IllegalArgumentException("`traces.endpoint` is neither https nor http on loopback");
        }
        String base = endpoint.toString().replaceFirst("/+$", "");
        SpanQueue queue = new SpanQueue(URI.create(base + "/v1/traces"), authorization, gateway);
        queue.thread.start();
        return queue;
    }

    /** Takes the spans of one attempt, or drops them. Never blocks. */
    void offer(List<TraceSpan> spans) {
        if (!waiting.offer(spans)) {
            dropped.addAndGet(spans.size());
        }
    }

    /** Returns how many spans never reached the collector. */
    public long dropped() {
        return dropped.get();
    }

    private void run() {
        try {
            while (true) {
                List<List<TraceSpan>> attempts = new ArrayList<>();
                attempts.add(waiting.take());
                waiting.drainTo(attempts, MAX_BATCH - 1);
                List<TraceSpan> spans = attempts.stream().flatMap(List::stream).toList();
                if (!isTaken(spans)) {
                    dropped.addAndGet(spans.size());
                }
            }
        } catch (InterruptedException e) {
            // closed: the rest is dropped, because traces are no evidence
        }
    }

    private boolean isTaken(List<TraceSpan> spans) throws InterruptedException {
        Optional<String> trouble = send(spans);
        if (trouble.isPresent() && !failing) {
            LOG.log(System.Logger.Level.WARNING, "traces are dropped: {0}", trouble.get());
        }
        failing = trouble.isPresent();
        return !failing;
    }

    /** Sends {@code spans}; returns why they were not accepted, if so. The next ones are sent all the same. */
    private Optional<String> send(List<TraceSpan> spans) throws InterruptedException {
        try {
            HttpRequest request = request(spans);
            int status = status(request);
            for (Duration pause : PAUSES) {
                if (!AGAIN.contains(status)) {
                    break;
                }
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
                status = status(request);
            }
            return status >= 200 && status < 300
                    ? Optional.empty()
                    : Optional.of(
                            "the collector does not accept them: " + (status == 0 ? "no answer" : "status " + status));
        } catch (RuntimeException e) {
            // The exception's message may contain the value of a header, which is a secret.
            return Optional.of("they could not be sent (" + e.getClass().getSimpleName()
                    + "): does `traces.authorization-file` hold one line that is valid in an HTTP header?");
        }
    }

    private HttpRequest request(List<TraceSpan> spans) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(TIMEOUT)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(
                        TraceSpan.request(spans, resource).canonical()));
        return authorization
                .map(secret -> secret.use(value -> request.header("authorization", value)))
                .orElse(request)
                .build();
    }

    /** Returns the status; 0 if there was no answer. */
    private int status(HttpRequest request) throws InterruptedException {
        try {
            HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            answer.body().close();
            return answer.statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        client.shutdownNow();
    }
}
