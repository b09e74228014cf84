package dev.interlock.telemetry;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.gate.Observer;
import dev.interlock.gate.Outcome;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Counts and durations for Prometheus.
 *
 * <p>INVARIANT: each label has few values, all of them ours or the seal's. Any other name from an agent becomes
 * {@code other}.
 */
public final class Metrics implements Observer {

    private static final String OTHER = "other";

    /** The bounds of the histogram, in seconds: from a cached decision to a slow upstream. */
    private static final double[] SECONDS = {
        0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
    };

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    private final Supplier<Set<String>> upstreams;
    private final Counter attempts;
    private final Histogram steps;
    private final Histogram answers;

    /** {@code upstreams} are the names that the seal has; no other is shown. */
    public Metrics(Supplier<Set<String>> upstreams) {
        this.upstreams = upstreams;
        attempts = Counter.builder()
                .name("interlock_attempts_total")
                .help("Attempts by upstream, verdict (forwarded, held, refused, tried) and kind of refusal.")
                .labelNames("upstream", "verdict", "kind")
                .register(registry);
        steps = Histogram.builder()
                .name("interlock_step_seconds")
                .help(
                        "Duration of the steps of attempts: sense, decide, secure (receipt), open (credential), act (upstream).")
                .labelNames("step")
                .classicOnly()
                .classicUpperBounds(SECONDS)
                .register(registry);
        answers = Histogram.builder()
                .name("interlock_upstream_seconds")
                .help("Time until the first byte of an upstream's response.")
                .labelNames("upstream")
                .classicOnly()
                .classicUpperBounds(SECONDS)
                .register(registry);
        // All series exist before the first attempt, so that queries find them.
        for (Step step : Step.values()) {
            steps.initLabelValues(word(step));
        }
    }

    /** Adds a value that is read at each scrape. */
    public void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    /** Adds several values, by the value of {@code label}. They must be few, and no agent may choose the names. */
    public void gauges(String name, String help, String label, Supplier<Map<String, Double>> values) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .callback(callback -> values.get().forEach((each, value) -> callback.call(value, each)))
                .register(registry);
    }

    /** Adds a value that only grows. */
    public void count(String name, String help, DoubleSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    byte[] text() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            writer.write(text, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }

    String mediaType() {
        return writer.getContentType();
    }

    @Override
    public AttemptObservation begin(Attempt attempt) {
        return new TimedAttempt(upstream(attempt.upstream()), attempt.trace());
    }

    @Override
    public void unread(Refusal refusal) {
        attempts.labelValues(OTHER, "refused", refusal.kind().word()).inc();
    }

    private String upstream(String name) {
        return upstreams.get().contains(name) ? name : OTHER;
    }

    private static String word(Step step) {
        return step.name().toLowerCase(java.util.Locale.ROOT);
    }

    private final class TimedAttempt implements AttemptObservation {

        private final String upstream;
        private final Optional<TraceContext> trace;
        private Optional<Step> step = Optional.empty();
        private long entered;

        TimedAttempt(String upstream, Optional<TraceContext> trace) {
            this.upstream = upstream;
            this.trace = trace;
        }

        @Override
        public void beginStep(Step next) {
            leave();
            step = Optional.of(next);
        }

        private void leave() {
            long now = System.nanoTime();
            if (step.isPresent()) {
                double seconds = (now - entered) / 1e9;
                steps.labelValues(word(step.get())).observe(seconds);
                if (step.get() == Step.ACT) {
                    answers.labelValues(upstream).observe(seconds);
                }
            }
            entered = now;
        }

        @Override
        public Optional<TraceContext> upstreamTrace() {
            return trace;
        }

        @Override
        public void end(Outcome<?> outcome) {
            leave();
            switch (outcome) {
                case Outcome.Forwarded<?> _ -> count("forwarded", "none");
                case Outcome.Refused<?> refused ->
                    count("refused", refused.refusal().kind().word());
                case Outcome.Held<?> held -> count("held", held.refusal().kind().word());
                case Outcome.DryRunOutcome<?> _ -> count("tried", "none");
            }
        }

        private void count(String verdict, String kind) {
            attempts.labelValues(upstream, verdict, kind).inc();
        }
    }
}
