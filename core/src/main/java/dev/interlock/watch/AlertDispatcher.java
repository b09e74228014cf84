package dev.interlock.watch;

import com.github.f4b6a3.ulid.UlidCreator;
import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Raises alerts for all packages. Raising one costs only a queue insertion. Separate threads write the alerts to
 * standard error, store them for each receiver that the rules name, and deliver them until they are accepted.
 *
 * <p>Threading: {@link #raise} from any thread. One thread writes and stores, one for each receiver delivers. They
 * share only the receiver's spool.
 */
public final class AlertDispatcher implements AutoCloseable {

    /** The fact that names the failing receiver, in an alert about alerts. */
    private static final String RECEIVER = "receiver";

    private final AlertLog voice;
    private final Clock clock;
    private final String gateway;
    private volatile Supplier<Optional<URI>> console = Optional::empty;
    private final Map<String, AlertReceiver> receivers = new TreeMap<>();
    private final AlertDeduplication repeats;
    private final AlertQueue waiting = new AlertQueue();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private volatile Supplier<AlertRules> rules = () -> AlertRules.NONE;
    private volatile Set<String> missed = Set.of();
    private volatile Consumer<Alert> listener = _ -> {};

    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private @Nullable Thread writer;

    /**
     * Opens it with the undelivered messages of the last process in {@code spools}. {@code gateway} is its log's name.
     */
    public AlertDispatcher(
            AlertLog voice,
            Clock clock,
            LongSupplier nanos,
            String gateway,
            Path spools,
            Map<String, ? extends AlertChannel> ways)
            throws IOException {
        this.voice = voice;
        this.clock = clock;
        this.gateway = gateway;
        this.repeats = new AlertDeduplication(nanos, AlertDeduplication.DEFAULT_WINDOW);
        for (Map.Entry<String, ? extends AlertChannel> way : ways.entrySet()) {
            AlertSpool spool = new AlertSpool(spools.resolve(way.getKey()), AlertSpool.DEFAULT_MAX_OF_A_KIND);
            receivers.put(
                    way.getKey(), new AlertReceiver(way.getKey(), way.getValue(), spool, clock, this::tellOfReceiver));
        }
    }

    /** Sets the rules for receivers. Until then, everything goes to every receiver. */
    public void setRules(Supplier<AlertRules> sealed) {
        rules = sealed;
    }

    /** Sets the console's address for links in messages about holds; empty while it does not listen. */
    public void setConsole(Supplier<Optional<URI>> listening) {
        console = listening;
    }

    /** Sets who else is told of each new alert, on the thread that writes them: it must not wait. */
    public void setListener(Consumer<Alert> heard) {
        listener = heard;
    }

    /** Notifies people of {@code alert}, unless it repeats a recent one. Never blocks and never throws. */
    public void raise(Alert alert) {
        if (repeats.isNew(alert.key()) && !waiting.offer(alert)) {
            dropped.incrementAndGet();
        }
    }

    public AlertDispatcher start() {
        writer = Thread.ofVirtual().name("watch-terminal").start(this::write);
        receivers.values().forEach(AlertReceiver::start);
        return this;
    }

    private void write() {
        try {
            while (true) {
                say(waiting.take());
                drain();
            }
        } catch (InterruptedException e) {
            drain();
        }
    }

    void drain() {
        for (Optional<Alert> alert = waiting.poll(); alert.isPresent(); alert = waiting.poll()) {
            say(alert.get());
        }
        long flooded = dropped.getAndSet(0);
        if (flooded > 0) {
            lost.addAndGet(flooded);
            voice.problem(flooded + " alerts came faster than they could be written");
        }
    }

    /** A failure with one alert must not end the thread. */
    private void say(Alert alert) {
        try {
            voice.write(alert);
            Set<String> to = rules.get().receiversOf(alert, receivers.keySet());
            if (!to.isEmpty()) {
                keep(alert, to);
            }
            listener.accept(alert);
        } catch (RuntimeException e) {
            voice.problem("an alert could not be stored: " + e.getClass().getSimpleName());
        }
    }

    private void keep(Alert alert, Set<String> to) {
        String id = id();
        byte[] json = message(alert).canonical();
        to.forEach(name -> {
            AlertReceiver receiver = Objects.requireNonNull(receivers.get(name));
            if (!receiver.keep(id, AlertQueue.kind(alert), json)) {
                lost.incrementAndGet();
                voice.problem("too many alerts `" + alert.rule().word() + "` wait for the receiver `" + name
                        + "`; further ones are dropped");
            }
            tellOfTrouble(name, receiver);
        });
    }

    /** Reports the trouble once, until it is over. It may begin while a message is stored, delivered or deleted. */
    private void tellOfTrouble(String name, AlertReceiver receiver) {
        Optional<String> trouble = receiver.spoolTrouble();
        boolean isClosing =
                Thread.currentThread().isInterrupted(); // that closes a file too, which is written at the end
        if (trouble.isPresent() && !isClosing && told.add(name)) {
            tellOfSpool(name, trouble);
        }
    }

    private String id() {
        return "msg_" + UlidCreator.getMonotonicUlid(clock.millis());
    }

    private Json.Members message(Alert alert) {
        return Json.object()
                .with("type", "interlock." + alert.rule().word())
                .with("timestamp", clock.instant().toString())
                .with("data", alert.canonical().with("gateway", gateway).withOptional("link", link(alert)));
    }

    /** Returns a link to the hold in the console. No message contains a link that answers for people. */
    private Optional<String> link(Alert alert) {
        return console.get()
                .flatMap(origin -> Optional.ofNullable(alert.facts().get(Alert.HOLD))
                        .filter(hold -> hold.matches("H-[0-9A-Z]{26}"))
                        .map(hold -> origin.resolve("/holds/" + hold).toString()));
    }

    private void tellOfReceiver(String name, Optional<String> failing) {
        tell(
                name,
                failing,
                "An alert receiver rejects messages; they are stored and sent again later.",
                "An alert receiver accepts messages again.");
    }

    private void tellOfSpool(String name, Optional<String> trouble) {
        tell(
                name,
                trouble,
                "Alerts cannot be stored on disk. A receiver gets them from memory, and undelivered ones are lost when the gateway stops.",
                "Alerts for a receiver are stored on disk again.");
    }

    private void tell(String receiver, Optional<String> trouble, String begun, String over) {
        Map<String, String> facts = new TreeMap<>(Map.of(RECEIVER, receiver));
        trouble.ifPresent(why -> facts.put("why", why));
        Alert.Severity severity = trouble.isPresent() ? Alert.Severity.ALARM : Alert.Severity.INFO;
        String summary = trouble.isPresent() ? begun : over;
        raise(new Alert(Alert.AlertKind.ALERTS_TROUBLE, severity, summary, facts, Optional.empty()));
    }

    /** Returns whether the receiver {@code name} exists, does not fail, and can store messages. */
    public boolean reaches(String name) {
        return receiverStatuses().stream()
                .anyMatch(standing ->
                        standing.name().equals(name) && standing.failing().isEmpty());
    }

    /** Returns the receivers that the seal names and that do not exist. */
    public Set<String> missing() {
        Set<String> missing = new TreeSet<>(rules.get().receivers());
        missing.removeAll(receivers.keySet());
        return missing;
    }

    /**
     * Raises alerts about missing receivers and failing spools, and retries the disk. For one thread, every few
     * seconds.
     */
    public void check() {
        receivers.forEach((name, receiver) -> {
            if (receiver.spoolTrouble().isPresent()) {
                receiver.settle();
            }
            tellOfTrouble(name, receiver);
            if (receiver.spoolTrouble().isEmpty() && told.remove(name)) {
                tellOfSpool(name, Optional.empty());
            }
        });
        Set<String> missing = missing();
        if (!missing.equals(missed) && !missing.isEmpty()) {
            raise(new Alert(
                    Alert.AlertKind.ALERTS_TROUBLE,
                    Alert.Severity.ALARM,
                    "The seal names alert receivers that `gateway.yaml` does not define.",
                    Map.of(RECEIVER, String.join(" ", missing)),
                    Optional.empty()));
        }
        missed = missing;
    }

    /** The status of a receiver: it fails if it has accepted nothing for a while, or its messages cannot be stored. */
    public record ReceiverStatus(
            String name, String kind, int waiting, Optional<Instant> last, Optional<String> failing) {}

    public List<ReceiverStatus> receiverStatuses() {
        return receivers.values().stream().map(AlertReceiver::status).toList();
    }

    /** Returns how many alerts were dropped since the start, because a receiver's spool or standard error was full. */
    public long lost() {
        return lost.get();
    }

    public boolean isKnown(String receiver) {
        return receivers.containsKey(receiver);
    }

    /** The result of a test: whether the receiver accepted the message, and the result for people. */
    public record TestResult(String receiver, String kind, boolean taken, String words) {}

    /** Sends a test message to the receiver {@code only}, or to all in parallel, and waits for each. */
    public List<TestResult> test(Optional<String> only) throws InterruptedException {
        byte[] json = Json.object()
                .with("type", "interlock.test")
                .with("timestamp", clock.instant().toString())
                .with(
                        "data",
                        Json.object()
                                .with("rule", "test")
                                .with("severity", Alert.Severity.INFO.word())
                                .with("summary", "This is a test alert that a person requested. No action is needed.")
                                .with("facts", Json.object())
                                .with("gateway", gateway))
                .canonical();
        List<Callable<TestResult>> tests = new ArrayList<>();
        receivers.forEach((name, receiver) -> {
            if (only.isEmpty() || only.get().equals(name)) {
                tests.add(() -> {
                    AlertChannel.DeliveryResult tried = receiver.test(id(), json);
                    return new TestResult(name, receiver.status().kind(), tried.taken(), tried.words());
                });
            }
        });
        List<TestResult> tested = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<TestResult> future : threads.invokeAll(tests)) {
                tested.add(future.get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a test failed in an unexpected way", e);
        }
        return tested;
    }

    /**
     * The alerts that are not written down yet. Each kind has its own limit: an agent can cause alerts of some kinds at
     * will, one for each name that it invents, and must not displace another kind. Any thread offers, one takes.
     */
    static final class AlertQueue {

        /** The maximum number of one kind. No normal burst is larger; of more only the number is reported. */
        static final int MAX_OF_A_KIND = 128;

        private final LinkedBlockingQueue<Alert> alerts = new LinkedBlockingQueue<>();
        private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

        /** Returns the kind of an alert for the limits: its rule and severity. */
        static String kind(Alert alert) {
            return alert.rule().word() + "-" + alert.severity().word();
        }

        /** Adds an alert without blocking; false if too many of its kind wait. */
        boolean offer(Alert alert) {
            AtomicInteger count = counts.computeIfAbsent(kind(alert), _ -> new AtomicInteger());
            if (count.incrementAndGet() > MAX_OF_A_KIND) {
                count.decrementAndGet();
                return false;
            }
            return alerts.offer(alert);
        }

        Alert take() throws InterruptedException {
            return taken(alerts.take());
        }

        Optional<Alert> poll() {
            return Optional.ofNullable(alerts.poll()).map(this::taken);
        }

        private Alert taken(Alert alert) {
            Objects.requireNonNull(counts.get(kind(alert))).decrementAndGet();
            return alert;
        }
    }

    /** Stops. The next process delivers the rest. */
    @Override
    public void close() {
        if (writer != null) {
            writer.interrupt();
            try {
                writer.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        receivers.values().forEach(AlertReceiver::close);
    }

    /** Remembers recent alerts. Threading: any. */
    static final class AlertDeduplication {

        /** An agent in a loop causes several alerts a second. A person wants to see one, and another if it goes on. */
        static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

        /** Beyond that the oldest is forgotten: a duplicate alert is better than a memory leak. */
        static final int MAX_KEYS = 4096;

        private final LongSupplier nanos;
        private final Duration window;
        private final Map<String, Long> said = new LinkedHashMap<>();

        AlertDeduplication(LongSupplier nanos, Duration window) {
            this.nanos = nanos;
            this.window = window;
        }

        synchronized boolean isNew(String key) {
            long now = nanos.getAsLong();
            forget(now);
            return said.putIfAbsent(key, now) == null;
        }

        private void forget(long now) {
            Iterator<Long> times = said.values().iterator(); // in the order of insertion: the oldest first
            while (times.hasNext()) {
                boolean old = now - times.next() >= window.toNanos();
                if (!old && said.size() < MAX_KEYS) {
                    return;
                }
                times.remove();
            }
        }
    }
}
