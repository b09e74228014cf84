package dev.interlock.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.util.JsonFormat;
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
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests traces as a collector receives them, over HTTP. */
@Timeout(300)
class AttemptTracesTest {

    private static final String SECRET = "Bearer s3cret";

    private final TestingClock clock = new TestingClock();
    private final BlockingQueue<Map.Entry<String, Json.Members>> received = new LinkedBlockingQueue<>();
    private final AtomicInteger answer = new AtomicInteger(200);
    private HttpServer collector;
    private SpanQueue queue;
    private AttemptTraces traces;

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
        traces = new AttemptTraces(queue, clock, () -> Set.of("railway"));
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
                trace,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional::empty);
    }

    private Observer.AttemptObservation course(Attempt attempt) {
        Observer.AttemptObservation course = traces.begin(attempt);
        for (Observer.Step step : Observer.Step.values()) {
            course.beginStep(step);
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
        Observer.AttemptObservation course = course(attempt("railway", Optional.of(agents)));
        TraceContext onward = course.upstreamTrace().orElseThrow();
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
    void aRefusalSpanHasItsKindAndNoAgentText() throws Exception {
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

    /**
     * This parses with OpenTelemetry's own definition: an unknown name or type is an error here. A field that a
     * collector would drop or read otherwise shows in its output.
     */
    @Test
    void sentSpansFollowTheOfficialDefinition() throws Exception {
        TraceContext agents = new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", 0, "");
        course(attempt("railway", Optional.of(agents)))
                .end(new Outcome.Refused<>("R-1", Refusal.notUnderstood("what was read", "next")));
        Json.Members sent = received.take().getValue();
        String inProtobufsForm = IDS.matcher(sent.canonicalText())
                .replaceAll(id -> "\"" + id.group(1) + "\":\""
                        + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(id.group(2))) + "\"");
        ExportTraceServiceRequest.Builder builder = ExportTraceServiceRequest.newBuilder();
        JsonFormat.parser().merge(inProtobufsForm, builder);
        ExportTraceServiceRequest request = builder.build();
        ObjectMapper json = new ObjectMapper();
        assertThat(json.readTree(JsonFormat.printer().printingEnumsAsInts().print(request)))
                .isEqualTo(json.readTree(
                        inProtobufsForm.replace("\"attributes\":[],", ""))); // an empty list counts as none

        ResourceSpans resource = request.getResourceSpans(0);
        assertThat(resource.getResource().getAttributesList())
                .extracting(one -> one.getKey() + "=" + one.getValue().getStringValue())
                .containsExactlyInAnyOrder("service.name=interlock", "service.instance.id=interlock.example/log");
        List<Span> spans = resource.getScopeSpans(0).getSpansList();
        assertThat(spans)
                .extracting(span -> span.getName() + " " + span.getKind() + " "
                        + span.getStatus().getCode())
                .containsExactlyInAnyOrder(
                        "interlock.sense SPAN_KIND_INTERNAL STATUS_CODE_UNSET",
                        "interlock.decide SPAN_KIND_INTERNAL STATUS_CODE_UNSET",
                        "interlock.secure SPAN_KIND_INTERNAL STATUS_CODE_UNSET",
                        "interlock.open SPAN_KIND_INTERNAL STATUS_CODE_UNSET",
                        "interlock.act SPAN_KIND_CLIENT STATUS_CODE_ERROR",
                        "interlock.attempt SPAN_KIND_SERVER STATUS_CODE_ERROR");
        Span whole = spans.getLast();
        spans.forEach(span -> {
            assertThat(hex(span.getTraceId())).isEqualTo(agents.trace());
            assertThat(span.getSpanId().size()).isEqualTo(8);
            assertThat(span.getParentSpanId())
                    .isEqualTo(
                            span == whole
                                    ? ByteString.copyFrom(HexFormat.of().parseHex(agents.parent()))
                                    : whole.getSpanId());
            assertThat(span.getStartTimeUnixNano()).isBetween(whole.getStartTimeUnixNano(), span.getEndTimeUnixNano());
        });
        assertThat(Instant.EPOCH.plusNanos(whole.getStartTimeUnixNano())).isEqualTo(clock.instant());
    }

    /**
     * The identifiers, which are hexadecimal in OTLP's JSON. Protobuf's own JSON has base64 for all bytes. Nothing else
     * differs.
     */
    private static final Pattern IDS = Pattern.compile("\"(traceId|spanId|parentSpanId)\":\"([0-9a-f]+)\"");

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Test
    void aStalledCollectorBlocksNothingAndLossesAreCounted() throws Exception {
        collector.stop(0);
        List<Observer.AttemptObservation> courses = new ArrayList<>();
        for (int i = 0; i < 20 * SpanQueue.MAX_WAITING; i++) {
            courses.add(traces.begin(attempt("railway", Optional.empty())));
        }
        courses.forEach(course -> course.end(new Outcome.Forwarded<>("R-1", "answer", () -> {})));
        while (queue.dropped() == 0) {
            Thread.yield();
        }
    }

    @Test
    void permanentlyRefusedSpansAreDropped() throws Exception {
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

    /** The exception contains the value: nobody may print it, and the sending thread goes on. */
    @Test
    void anInvalidAuthorizationIsReportedAndSpansAreDropped() {
        List<LogRecord> said = new CopyOnWriteArrayList<>();
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord one) {
                said.add(one);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(SpanQueue.class.getName());
        log.addHandler(listener);
        URI endpoint = URI.create("http://127.0.0.1:" + collector.getAddress().getPort());
        try (SpanQueue broken = SpanQueue.to(endpoint, Optional.of(new Secret("Bearer s3cret\nand more")), "log")) {
            AttemptTraces dropping = new AttemptTraces(broken, clock, () -> Set.of("railway"));
            for (int i = 1; i <= 2; i++) {
                long before = broken.dropped();
                dropping.begin(attempt("railway", Optional.empty()))
                        .end(new Outcome.Forwarded<>("R-1", "answer", () -> {}));
                while (broken.dropped() == before) {
                    assertThat(Thread.interrupted()).as("it waits in vain").isFalse();
                    Thread.yield();
                }
            }
            assertThat(said).singleElement().satisfies(one -> {
                assertThat(one.getMessage() + List.of(one.getParameters())).contains("traces.authorization-file");
                assertThat(one.getMessage() + List.of(one.getParameters())).doesNotContain("s3cret");
                assertThat(one.getThrown()).isNull();
            });
        } finally {
            log.removeHandler(listener);
        }
        assertThat(received).isEmpty();
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
