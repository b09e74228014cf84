package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.config.Config;
import dev.interlock.config.SecretFile;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.gate.Observer;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.Ledger;
import dev.interlock.log.JsonLog;
import dev.interlock.push.HoldNotifier;
import dev.interlock.shapes.CredentialShapes;
import dev.interlock.telemetry.AttemptTraces;
import dev.interlock.telemetry.Metrics;
import dev.interlock.telemetry.MetricsEndpoint;
import dev.interlock.telemetry.ObserverPair;
import dev.interlock.telemetry.ProcessMetrics;
import dev.interlock.telemetry.SpanQueue;
import dev.interlock.watch.AlertDispatcher;
import dev.interlock.watch.AlertLog;
import java.io.IOException;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The logs, metrics and traces that {@code gateway.yaml} asks for. Classes of the others are not loaded. */
final class Telemetry {

    private final Config config;
    private final Supplier<Optional<Seal>> seals;
    private final Consumer<AutoCloseable> parts;
    private Optional<Metrics> metrics = Optional.empty();
    private Optional<SpanQueue> spans = Optional.empty();

    Telemetry(Config config, Supplier<Optional<Seal>> seals, Consumer<AutoCloseable> parts) {
        this.config = config;
        this.seals = seals;
        this.parts = parts;
    }

    /** Returns the log in the configured form. From now on everything on standard error is written that way. */
    static AlertLog alertLog(Config config, InstantSource clock) {
        if (config.log().or(System.getenv()) == Config.LogForm.TEXT) {
            return AlertLog.lines(System.err);
        }
        JsonLog log = JsonLog.install(clock, line -> CredentialShapes.known().starOut(line));
        return new AlertLog() {
            @Override
            public void write(Alert alert) {
                log.alert(alert);
            }

            @Override
            public void problem(String sentence) {
                log.alarm(sentence);
            }
        };
    }

    Observer observer(Clock clock) throws IOException {
        Observer observer = Observer.NONE;
        if (config.metrics().isPresent()) {
            metrics = Optional.of(new Metrics(this::upstreams));
            observer = metrics.get();
        }
        if (config.traces().isPresent()) {
            spans = Optional.of(queue(config.traces().get()));
            parts.accept(spans.get());
            Observer traces = new AttemptTraces(spans.get(), clock, this::upstreams);
            observer = metrics.isPresent() ? new ObserverPair(observer, traces) : traces;
        }
        return observer;
    }

    private SpanQueue queue(Config.Traces traces) throws IOException {
        Optional<Secret> authorization = traces.authorizationFile().isPresent()
                ? Optional.of(SecretFile.read(traces.authorizationFile().get()))
                : Optional.empty();
        return SpanQueue.to(traces.endpoint(), authorization, config.origin());
    }

    private Set<String> upstreams() {
        return seals.get().map(seal -> seal.upstreams().keySet()).orElse(Set.of());
    }

    /** Opens the metrics endpoint, once the parts that it reports on exist. */
    void open(Ledger ledger, HoldSigning confirmers, Leases leases, AlertDispatcher watch, HoldNotifier push)
            throws IOException {
        if (metrics.isEmpty()) {
            return;
        }
        Metrics all = metrics.get();
        all.gauge(
                "interlock_ledger_receipts",
                "Receipts that are durable.",
                () -> ledger.status().size());
        all.gauge(
                "interlock_ledger_published_receipts",
                "Receipts that the signed checkpoint covers.",
                () -> ledger.status().published());
        all.gauge(
                "interlock_ledger_refusing",
                "1 if no receipt of a call can be written, so that each is refused.",
                () -> ledger.status().refusing().isPresent() ? 1 : 0);
        all.gauge(
                "interlock_ledger_room_bytes",
                "Free space on the ledger's disk; NaN if not known.",
                () -> ledger.status().isRoomKnown() ? ledger.status().freeBytes() : Double.NaN);
        if (config.replica().isPresent() || config.replicaBucket().isPresent()) {
            all.gauge(
                    "interlock_replica_lag_receipts",
                    "Receipts that the replica lacks.",
                    () -> ledger.status().lag().orElse(0));
        }
        all.gauges("interlock_holds", "Holds that have not ended, by state.", "state", () -> holds(confirmers));
        all.gauge(
                "interlock_kills",
                "Kills in force.",
                () -> leases.kills().active().size());
        all.gauge(
                "interlock_seal_expires_timestamp_seconds",
                "When the seal expires; 0 without one.",
                () -> seals.get().map(seal -> seal.expires().getEpochSecond()).orElse(0L));
        all.gauges(
                "interlock_alerts_waiting",
                "Alerts that a receiver has not accepted yet.",
                "receiver",
                () -> each(watch, AlertDispatcher.ReceiverStatus::waiting));
        all.gauges(
                "interlock_alerts_failing",
                "1 if a receiver has accepted no alert for a while, or no alert can be stored for it on disk.",
                "receiver",
                () -> each(watch, standing -> standing.failing().isPresent() ? 1 : 0));
        all.count(
                "interlock_alerts_dropped_total",
                "Alerts dropped because they came faster than they could be stored.",
                watch::lost);
        all.count("interlock_push_sent_total", "Notifications that push services have taken.", push::sent);
        all.count(
                "interlock_push_failed_total",
                "Notifications that no push service has taken, for any reason.",
                push::failed);
        spans.ifPresent(queue -> all.count(
                "interlock_spans_dropped_total", "Spans that were not delivered to the collector.", queue::dropped));
        ProcessMetrics.in(all);
        parts.accept(MetricsEndpoint.open(all, config.metricsAddress().orElseThrow()));
    }

    private Map<String, Double> holds(HoldSigning confirmers) {
        HoldSigning.HoldCount count = seals.get().map(confirmers::count).orElse(new HoldSigning.HoldCount(0, 0));
        return Map.of("open", (double) count.open(), "signed", (double) count.signed());
    }

    @FunctionalInterface
    private interface Figure {
        double of(AlertDispatcher.ReceiverStatus standing);
    }

    private static Map<String, Double> each(AlertDispatcher watch, Figure figure) {
        Map<String, Double> figures = new TreeMap<>();
        watch.receiverStatuses().forEach(standing -> figures.put(standing.name(), figure.of(standing)));
        return figures;
    }
}
