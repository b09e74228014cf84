package dev.interlock.telemetry;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;

/**
 * One span, as in OTLP: a trace of 32 hexadecimal digits, ids of 16 (no parent if empty), times in nanoseconds since
 * 1970, and attributes without bodies and secrets.
 */
record TraceSpan(
        String trace,
        String id,
        String parent,
        String name,
        Kind kind,
        long start,
        long end,
        Map<String, String> attributes,
        boolean failed) {

    /** OTLP's numbers. */
    enum Kind {
        INTERNAL(1),
        SERVER(2),
        CLIENT(3);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    private static final int ERROR = 2;

    /** Returns the <a href="https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding">OTLP/JSON</a> form. */
    Json.Members json() {
        Json.Members span = Json.object()
                .with("traceId", trace)
                .with("spanId", id)
                .with("name", name)
                .with("kind", kind.number)
                .with("startTimeUnixNano", Long.toString(start))
                .with("endTimeUnixNano", Long.toString(end))
                .with("attributes", attributes(attributes));
        if (!parent.isEmpty()) {
            span = span.with("parentSpanId", parent);
        }
        return failed ? span.with("status", Json.object().with("code", ERROR)) : span;
    }

    private static Json.Array attributes(Map<String, String> attributes) {
        return new Json.Array(attributes.entrySet().stream()
                .<Json>map(one -> Json.object()
                        .with("key", one.getKey())
                        .with("value", Json.object().with("stringValue", one.getValue())))
                .toList());
    }

    static Json.Members request(List<TraceSpan> spans, Map<String, String> resource) {
        Json.Members scope = Json.object()
                .with("scope", Json.object().with("name", "dev.interlock"))
                .withItems("spans", spans.stream().map(TraceSpan::json));
        return Json.object()
                .with(
                        "resourceSpans",
                        new Json.Array(List.of(Json.object()
                                .with("resource", Json.object().with("attributes", attributes(resource)))
                                .with("scopeSpans", new Json.Array(List.of(scope))))));
    }
}
