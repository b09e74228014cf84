package dev.interlock.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.action.TraceContext;
import dev.interlock.evidence.Json;
import dev.interlock.gate.Observer;
import dev.interlock.gate.Outcome;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Traces as a collector receives them, over HTTP. */
@Timeout(60)
class TracesTest {

    private static final String SECRET = "Bearer s3cret";

    private final TestingClock clock = new TestingClock();
    private final BlockingQueue<Map.Entry<String, Json.Members>> received = new LinkedBlockingQueue<>();
    private final AtomicInteger answer = new AtomicInteger(200);
    private HttpServer collector;
    private SpanQueue queue;
    private Traces traces;

    @BeforeEach
    void open() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            assertThat(exchange.getRequestHeaders().getFirst("Content-Type")).isEqualTo("application/json");
            received.add(Map.entry(
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")), Json.readObject(body)));
            exchange.sendResponseHeaders(answer.get(), -1);
            exchange.close();
        });
        collector.start();
        URI endpoint = URI.create("http://127.0.0.1:" + collector.getAddress().getPort());
        queue = SpanQueue.to(endpoint, Optional.of(new Secret(SECRET)), "interlock.example/log");
        traces = new Traces(queue, clock, () -> Set.of("railway"));
    }

    @AfterEach
    void close() {
        queue.close();
        collector.stop(0);
    }

    private static Attempt attempt(String upstream, Optional<TraceContext> trace) {
        HttpCall call = new HttpCall("POST", "host", "/the-path", List.of(), List.of(), Bytes.utf8("the-body"));
        return new Attempt(
                upstream,
                List.of(),
                Optional.empty(),
                call,
                Instant.EPOCH,
                false,
                false,
                java.time.Duration.ZERO,
                trace);
    }

    private Observer.Course course(Attempt attempt) {
        Observer.Course course = traces.begin(attempt);
        for (Observer.Step step : Observer.Step.values()) {
            course.enter(step);
        }
        return course;
    }

    private static Map<String, Json.Members> spans(Json.Members request) {
        Map<String, Json.Members> spans = new java.util.LinkedHashMap<>();
        request.objects("resourceSpans")
                .forEach(resource -> resource.objects("scopeSpans")
                        .forEach(scope -> scope.objects("spans").forEach(span -> spans.put(span.text("name"), span))));
        return spans;
    }

    private static Map<String, String> attributes(Json.Members span) {
        Map<String, String> attributes = new java.util.TreeMap<>();
        span.objects("attributes")
                .forEach(one ->
                        attributes.put(one.text("key"), one.object("value").text("stringValue")));
        return attributes;
    }

    @Test
    void eachStepIsASpanBelowTheAttemptBelowTheAgents() throws Exception {
        TraceContext agents = new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", 0, "vendor=x");
        Observer.Course course = course(attempt("railway", Optional.of(agents)));
        TraceContext onward = course.onward().orElseThrow();
        course.end(new Outcome.Forwarded<>("R-1", "answer", () -> {}));

        Map.Entry<String, Json.Members> request = received.take();
        assertThat(request.getKey()).isEqualTo(SECRET);
        Map<String, Json.Members> spans = spans(request.getValue());
        assertThat(spans)
                .containsOnlyKeys(
                        "interlock.sense",
                        "interlock.decide",
                        "interlock.secure",
                        "interlock.open",
                        "interlock.act",
                        "interlock.attempt");
        Json.Members whole = spans.get("interlock.attempt");
        assertThat(whole.text("parentSpanId")).isEqualTo(agents.parent());
        spans.values().forEach(span -> {
            assertThat(span.text("traceId")).isEqualTo(agents.trace());
            assertThat(span.text("spanId")).matches("[0-9a-f]{16}");
            assertThat(Long.parseLong(span.text("endTimeUnixNano")))
                    .isGreaterThanOrEqualTo(Long.parseLong(span.text("startTimeUnixNano")));
            if (span != whole) {
                assertThat(span.text("parentSpanId")).isEqualTo(whole.text("spanId"));
            }
        });
        assertThat(attributes(whole))
                .isEqualTo(Map.of(
                        "interlock.upstream", "railway",
                        "interlock.verdict", "forwarded",
                        "interlock.receipt", "R-1"));
        assertThat(onward)
                .isEqualTo(new TraceContext(
                        agents.trace(), spans.get("interlock.act").text("spanId"), 1, "vendor=x"));
        assertThat(request.getValue().canonicalText()).doesNotContain("the-body", "the-path", "s3cret");
    }

    @Test
    void aRefusalSaysItsKindAndNoWordOfAnAgents() throws Exception {
        traces.begin(attempt("a-name-that-an-agent-made-up", Optional.empty()))
                .end(new Outcome.Refused<>("R-2", Refusal.notUnderstood("what an agent wrote", "next")));
        Json.Members request = received.take().getValue();
        assertThat(attributes(spans(request).get("interlock.attempt")))
                .containsEntry("interlock.kind", "not_understood")
                .containsEntry("interlock.upstream", "other");
        assertThat(spans(request).get("interlock.attempt").optionalText("parentSpanId"))
                .isEmpty();
        assertThat(request.canonicalText()).doesNotContain("made-up", "what an agent wrote");
    }

    @Test
    void oneThatTakesNothingSlowsNobodyAndWhatIsLostIsCounted() throws Exception {
        collector.stop(0);
        List<Observer.Course> courses = new ArrayList<>();
        for (int i = 0; i < 20 * SpanQueue.MAX_WAITING; i++) {
            courses.add(traces.begin(attempt("railway", Optional.empty())));
        }
        courses.forEach(course -> course.end(new Outcome.Forwarded<>("R-1", "answer", () -> {})));
        while (queue.dropped() == 0) {
            Thread.yield();
        }
    }

    @Test
    void whatACollectorRefusesForGoodIsDroppedAndTheNextComesThrough() throws Exception {
        answer.set(400);
        course(attempt("railway", Optional.empty())).end(new Outcome.Forwarded<>("R-1", "answer", () -> {}));
        received.take();
        while (queue.dropped() == 0) {
            Thread.yield();
        }
        answer.set(200);
        course(attempt("railway", Optional.empty())).end(new Outcome.Forwarded<>("R-2", "answer", () -> {}));
        assertThat(received.take().getValue().canonicalText()).contains("R-2");
    }

    @Test
    void tracesLeaveThisMachineUnderTlsOrNotAtAll() {
        for (String address :
                List.of("http://collector.example:4318", "https://user:s3cret@collector.example", "x:y")) {
            assertThatThrownBy(() -> SpanQueue.to(URI.create(address), Optional.empty(), "log"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("s3cret");
        }
    }
}
