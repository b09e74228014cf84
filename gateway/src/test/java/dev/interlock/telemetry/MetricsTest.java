package dev.interlock.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.gate.Observer;
import dev.interlock.gate.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class MetricsTest {

    private final Metrics metrics = new Metrics(() -> Set.of("railway"));

    private static Attempt attempt(String upstream) {
        HttpCall call = new HttpCall("GET", "host", "/path", List.of(), List.of(), Bytes.empty());
        return new Attempt(upstream, List.of(), Optional.empty(), call, Instant.EPOCH);
    }

    private void told(String upstream, Outcome<String> outcome) {
        Observer.AttemptObservation course = metrics.begin(attempt(upstream));
        for (Observer.Step step : Observer.Step.values()) {
            course.beginStep(step);
        }
        course.end(outcome);
    }

    private String text() {
        return new String(metrics.text(), StandardCharsets.UTF_8);
    }

    @Test
    void attemptsAreCountedByUpstreamVerdictAndKind() {
        told("railway", new Outcome.Forwarded<>("R-1", "x", () -> {}));
        told("railway", new Outcome.Forwarded<>("R-1", "x", () -> {}));
        told("railway", new Outcome.Refused<>("R-1", Refusal.notUnderstood("a", "b")));
        metrics.unread(Refusal.notUnderstood("a", "b"));
        assertThat(text())
                .contains(
                        "interlock_attempts_total{kind=\"none\",upstream=\"railway\",verdict=\"forwarded\"} 2",
                        "interlock_attempts_total{kind=\"not_understood\",upstream=\"railway\",verdict=\"refused\"} 1",
                        "interlock_attempts_total{kind=\"not_understood\",upstream=\"other\",verdict=\"refused\"} 1",
                        "interlock_step_seconds_count{step=\"decide\"} 3",
                        "interlock_upstream_seconds_count{upstream=\"railway\"} 3");
    }

    /** Each name would be a permanent time series. */
    @Test
    void agentTextIsNeverALabel() {
        long before = text().lines().count();
        told("other", new Outcome.Forwarded<>("R-1", "x", () -> {}));
        long one = text().lines().count();
        for (int i = 0; i < 1_000; i++) {
            told("made-up-" + i, new Outcome.Forwarded<>("R-" + i, "x", () -> {}));
        }
        assertThat(text().lines().count()).isEqualTo(one).isGreaterThan(before);
        assertThat(text()).doesNotContain("made-up", "R-1");
    }

    @Test
    void gaugesAreReadOnRequest() {
        metrics.gauge("interlock_a", "A.", () -> 3);
        metrics.gauges("interlock_b", "B.", "state", () -> Map.of("open", 1.0));
        metrics.count("interlock_c_total", "C.", () -> 5);
        ProcessMetrics.in(metrics);
        assertThat(text())
                .contains("interlock_a 3", "interlock_b{state=\"open\"} 1", "interlock_c_total 5")
                .containsPattern("process_resident_memory_bytes [1-9]")
                .containsPattern("process_open_fds [1-9]")
                .containsPattern("process_cpu_seconds_total [0-9]");
    }

    private static List<String> asked(InetSocketAddress address, String request) throws IOException {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .lines()
                    .toList();
        }
    }

    @Test
    void thePageShowsThemToLoopbackAndDoesNothingElse() throws IOException {
        try (MetricsEndpoint page =
                MetricsEndpoint.open(metrics, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            InetSocketAddress at = page.address();
            String ours = " HTTP/1.1\r\nHost: 127.0.0.1:" + at.getPort() + "\r\nConnection: close\r\n\r\n";
            assertThat(asked(at, "GET /metrics" + ours))
                    .contains("# TYPE interlock_step_seconds histogram")
                    .first()
                    .isEqualTo("HTTP/1.1 200 OK");
            assertThat(asked(at, "GET /" + ours).getFirst()).contains(" 404 ");
            assertThat(asked(at, "POST /metrics" + ours).getFirst()).contains(" 405 ");
            // A foreign page whose name resolves to this address.
            assertThat(asked(at, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                            .getFirst())
                    .contains(" 421 ");
        }
    }

    @Test
    void metricsAreServedOnlyOnLoopback() {
        for (String host : List.of("0.0.0.0", "192.0.2.1", "::")) {
            assertThatThrownBy(() -> MetricsEndpoint.open(metrics, new InetSocketAddress(host, 0)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
