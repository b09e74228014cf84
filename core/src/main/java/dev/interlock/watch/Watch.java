package dev.interlock.watch;

import com.github.f4b6a3.ulid.UlidCreator;
import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where every room raises its alerts. Raising one costs a queue insertion and nothing else; threads of its own write
 * them to standard error, keep them on disk for each receiver that the rules name, and deliver them until it has taken
 * them.
 *
 * <p>Threading: {@link #raise} from any thread. One thread writes and keeps, one for each receiver delivers; the
 * receiver's spool is all that they share.
 */
public final class Watch implements AutoCloseable {

    /** Says that alerts go wrong, and about which receiver. */
    private static final String RECEIVER = "receiver";

    private final Voice voice;
    private final Clock clock;
    private final String gateway;
    private volatile Supplier<Optional<URI>> console = Optional::empty;
    private final Map<String, Receiver> receivers = new TreeMap<>();
    private final Repeats repeats;
    private final Waiting waiting = new Waiting();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private volatile Supplier<AlertRules> rules = () -> AlertRules.NONE;
    private volatile Set<String> missed = Set.of();

    /** The receivers whose spools are known to fail. */
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    private @Nullable Thread writer;

    /**
     * Opens it. What was not delivered when the last process ended is in {@code spools}, and is delivered once this is
     * {@linkplain #start started}.
     *
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, for what was said a moment ago
     * @param gateway which gateway it is, for those who have several: the name of its log
     * @param spools a directory of the daemon's own
     * @param ways the receivers by name
     * @throws IOException if a directory cannot be made or read
     */
    public Watch(
            Voice voice,
            Clock clock,
            LongSupplier nanos,
            String gateway,
            Path spools,
            Map<String, ? extends Carrier> ways)
            throws IOException {
        this.voice = voice;
        this.clock = clock;
        this.gateway = gateway;
        this.repeats = new Repeats(nanos, Repeats.DEFAULT_WINDOW);
        for (Map.Entry<String, ? extends Carrier> way : ways.entrySet()) {
            Spool spool = new Spool(spools.resolve(way.getKey()), Spool.DEFAULT_MAX_OF_A_KIND);
            receivers.put(way.getKey(), new Receiver(way.getKey(), way.getValue(), spool, clock, this::tellOfReceiver));
        }
    }

    /** From now on alerts go to whom {@code sealed} says; until then, everything goes to every receiver. */
    public void routeBy(Supplier<AlertRules> sealed) {
        rules = sealed;
    }

    /** From now on messages about holds lead to the console, for as long as {@code listening} says where it is. */
    public void leadTo(Supplier<Optional<URI>> listening) {
        console = listening;
    }

    /** Tells people of {@code alert}, unless they were told the same a moment ago. Never waits and never throws. */
    public void raise(Alert alert) {
        if (repeats.isNew(alert.key()) && !waiting.offer(alert)) {
            dropped.incrementAndGet();
        }
    }

    /** Begins to write and to deliver. */
    public Watch start() {
        writer = Thread.ofVirtual().name("watch-terminal").start(this::write);
        receivers.values().forEach(Receiver::start);
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

    /** Writes and keeps what waits. */
    void drain() {
        for (Optional<Alert> alert = waiting.poll(); alert.isPresent(); alert = waiting.poll()) {
            say(alert.get());
        }
        long flooded = dropped.getAndSet(0);
        if (flooded > 0) {
            lost.addAndGet(flooded);
            voice.trouble(flooded + " alerts came faster than they could be written");
        }
    }

    /** Whatever goes wrong with one alert, the thread lives on to tell of the next. */
    private void say(Alert alert) {
        try {
            voice.say(alert);
            Set<String> to = rules.get().told(alert, receivers.keySet());
            if (!to.isEmpty()) {
                keep(alert, to);
            }
        } catch (RuntimeException e) {
            voice.trouble("an alert could not be kept: " + e.getClass().getSimpleName());
        }
    }

    private void keep(Alert alert, Set<String> to) {
        String id = id();
        byte[] json = message(alert).canonical();
        receivers.forEach((name, receiver) -> {
            if (to.contains(name)) {
                keep(receiver, name, id, alert, json);
            }
        });
    }

    private void keep(Receiver receiver, String name, String id, Alert alert, byte[] json) {
        if (!receiver.keep(id, Waiting.kind(alert), json)) {
            lost.incrementAndGet();
            voice.trouble("so many alerts `" + alert.rule().word() + "` wait for the receiver `" + name
                    + "` that no more of them are kept for it");
        }
        tellOfTrouble(name, receiver);
    }

    /** Once, until it is over: it may begin while something is kept, delivered or forgotten. */
    private void tellOfTrouble(String name, Receiver receiver) {
        Optional<String> trouble = receiver.unwritten();
        if (trouble.isPresent() && told.add(name)) {
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

    /** Where people look at what they are asked. Nothing in a message answers for them. */
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
                failing.isPresent()
                        ? "A receiver of alerts takes no messages; they are kept for it, and tried again."
                        : "A receiver of alerts takes messages again.");
    }

    private void tellOfSpool(String name, Optional<String> unwritten) {
        tell(
                name,
                unwritten,
                unwritten.isPresent()
                        ? "Alerts cannot be kept on disk: a receiver gets what comes from memory, and what it has not taken"
                                + " when the gateway ends is lost."
                        : "Alerts for a receiver are kept on disk again.");
    }

    private void tell(String receiver, Optional<String> trouble, String summary) {
        Map<String, String> facts = new TreeMap<>(Map.of(RECEIVER, receiver));
        trouble.ifPresent(why -> facts.put("why", why));
        Alert.Severity severity = trouble.isPresent() ? Alert.Severity.ALARM : Alert.Severity.INFO;
        raise(new Alert(Alert.Rule.ALERTS_TROUBLE, severity, summary, facts, Optional.empty()));
    }

    /** Whether the receiver {@code name} is there, and does not fail, and what is for it can be kept. */
    public boolean reaches(String name) {
        return standings().stream()
                .anyMatch(standing ->
                        standing.name().equals(name) && standing.failing().isEmpty());
    }

    /** The receivers that the seal names and that are not there. */
    public Set<String> missing() {
        Set<String> missing = new TreeSet<>(rules.get().receivers());
        missing.removeAll(receivers.keySet());
        return missing;
    }

    /**
     * Raises an alarm, once, if the seal names receivers that are not there, or a spool fails; and does with the disk
     * what could not be done before. To be called every few seconds, by one thread.
     */
    public void check() {
        receivers.forEach((name, receiver) -> {
            if (receiver.unwritten().isPresent()) {
                receiver.settle();
            }
            tellOfTrouble(name, receiver);
            if (receiver.unwritten().isEmpty() && told.remove(name)) {
                tellOfSpool(name, Optional.empty());
            }
        });
        Set<String> missing = missing();
        if (!missing.equals(missed) && !missing.isEmpty()) {
            raise(new Alert(
                    Alert.Rule.ALERTS_TROUBLE,
                    Alert.Severity.ALARM,
                    "The seal tells alerts to receivers that `gateway.yaml` does not know.",
                    Map.of(RECEIVER, String.join(" ", missing)),
                    Optional.empty()));
        }
        missed = missing;
    }

    /** How each receiver stands, by name. */
    public List<Standing> standings() {
        return receivers.values().stream().map(Receiver::standing).toList();
    }

    /** How many alerts a receiver, on disk and in memory, or standard error had no room for since the start. */
    public long lost() {
        return lost.get();
    }

    /** Whether there is a receiver of that name. */
    public boolean isKnown(String receiver) {
        return receivers.containsKey(receiver);
    }

    /**
     * What came of a test.
     *
     * @param receiver its name
     * @param kind its kind
     * @param taken whether it took the message
     * @param words what it said
     */
    public record Tested(String receiver, String kind, boolean taken, String words) {}

    /** Sends a message that says that it is a test to the receiver {@code only}, or to all, at once; waits for each. */
    public List<Tested> test(Optional<String> only) throws InterruptedException {
        byte[] json = Json.object()
                .with("type", "interlock.test")
                .with("timestamp", clock.instant().toString())
                .with(
                        "data",
                        Json.object()
                                .with("rule", "test")
                                .with("severity", Alert.Severity.INFO.word())
                                .with("summary", "This is a test, which somebody asked for. There is nothing to do.")
                                .with("facts", Json.object())
                                .with("gateway", gateway))
                .canonical();
        List<Callable<Tested>> tests = new ArrayList<>();
        receivers.forEach((name, receiver) -> {
            if (only.isEmpty() || only.get().equals(name)) {
                tests.add(() -> test(name, receiver, json));
            }
        });
        List<Tested> tested = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Tested> future : threads.invokeAll(tests)) {
                tested.add(future.get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a test failed in an unexpected way", e);
        }
        return tested;
    }

    private Tested test(String name, Receiver receiver, byte[] json) throws InterruptedException {
        String kind = receiver.standing().kind();
        Carrier.Tried tried = receiver.test(id(), json);
        return new Tested(name, kind, tried.taken(), tried.words());
    }

    /** Stops; what was not delivered is delivered by the next process. */
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
        receivers.values().forEach(Receiver::close);
    }
}
