package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TraceContextTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";
    private static final String FIELD = "00-" + TRACE + "-" + PARENT + "-01";

    private static Optional<TraceContext> read(String parent, String... states) {
        return TraceContext.read(List.of(parent), List.of(states));
    }

    @Test
    void whatIsUnderstoodIsWrittenAnew() {
        assertThat(read(FIELD, "congo=t61rcWkgMzE , ,rojo=00f067aa0ba902b7", "1-a_*/b@v=x y")
                        .orElseThrow()
                        .headers())
                .containsExactly(
                        new Header("traceparent", FIELD),
                        new Header("tracestate", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7,1-a_*/b@v=x y"));
        assertThat(read(FIELD).orElseThrow().headers()).containsExactly(new Header("traceparent", FIELD));
    }

    @Test
    void aHigherVersionIsReadAsThisOneAndUnknownFlagsAreCleared() {
        assertThat(read("cc-" + TRACE + "-" + PARENT + "-ff-what-the-future-brings")
                        .orElseThrow()
                        .headers())
                .containsExactly(new Header("traceparent", "00-" + TRACE + "-" + PARENT + "-03"));
    }

    @Test
    void whatIsNotUnderstoodIsLeftOut() {
        for (String parent : List.of(
                "",
                "ff-" + TRACE + "-" + PARENT + "-01",
                "00-" + "0".repeat(32) + "-" + PARENT + "-01",
                "00-" + TRACE + "-" + "0".repeat(16) + "-01",
                "00-" + TRACE.toUpperCase(java.util.Locale.ROOT) + "-" + PARENT + "-01",
                FIELD + "-more",
                FIELD + " ",
                "00-" + TRACE + "-" + PARENT,
                FIELD + "\r\nx: y")) {
            assertThat(read(parent)).as(parent).isEmpty();
        }
        assertThat(TraceContext.read(List.of(FIELD, FIELD), List.of())).isEmpty();
        assertThat(TraceContext.read(List.of(), List.of("a=b"))).isEmpty();
    }

    @Test
    void aStateThatIsNotUnderstoodIsNone() {
        for (String state : List.of(
                "a",
                "=b",
                "a=",
                "A=b",
                "a=b,a=c",
                "a=b=c",
                "a=b\u0001",
                "a=é",
                "a=" + "x".repeat(257),
                "a=" + "x".repeat(255) + ",b=" + "x".repeat(255))) {
            assertThat(read(FIELD, state).orElseThrow().state()).as(state).isEmpty();
        }
        StringBuilder many = new StringBuilder("k=v");
        for (int i = 0; i < 32; i++) {
            many.append(",k").append(i).append("=v");
        }
        assertThat(read(FIELD, many.toString()).orElseThrow().state()).isEmpty();
    }
}
