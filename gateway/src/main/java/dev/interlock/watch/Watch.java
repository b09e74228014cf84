package dev.interlock.watch;

import com.github.f4b6a3.ulid.UlidCreator;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where every room raises its alerts. Raising one costs a queue insertion and nothing else; threads of its own write
 * them to standard error, keep them on disk, and deliver them until the receiver has taken them.
 *
 * <p>Threading: {@link #raise} from any thread. One thread writes and keeps, another delivers; the spool's directory is
 * all that they share.
 */
public final class Watch implements AutoCloseable {

    /** More than any burst that is not already a flood; a flood is told as a number. */
    static final int MAX_WAITING = 1024;

    /** Room that only alarms take, of four parts: warnings can be made at will, by asking for what is refused. */
    private static final int FOR_ALARMS = 4;

    private final PrintStream out;
    private final Clock clock;
    private final Repeats repeats;
    private final Optional<Spool> spool;
    private final Optional<Courier> courier;
    private final ArrayBlockingQueue<Alert> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicLong dropped = new AtomicLong();
    private final Semaphore kept = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();

    Watch(PrintStream out, Clock clock, Optional<Spool> spool, Optional<Courier> courier) {
        this.out = out;
        this.clock = clock;
        this.repeats = new Repeats(clock, Repeats.DEFAULT_WINDOW);
        this.spool = spool;
        this.courier = courier;
    }

    /** A watch that only writes to {@code out}. */
    public static Watch onTerminal(PrintStream out, Clock clock) {
        return new Watch(out, clock, Optional.empty(), Optional.empty()).start();
    }

    /**
     * A watch that also tells {@code webhook}. What was not delivered when the process ended is in {@code directory},
     * and is delivered now.
     *
     * @throws IOException if the directory cannot be made
     */
    public static Watch withWebhook(PrintStream out, Clock clock, Path directory, Webhook webhook) throws IOException {
        Spool spool = new Spool(directory, Spool.DEFAULT_MAX_MESSAGES);
        Courier courier = new Courier(spool, webhook::deliver);
        return new Watch(out, clock, Optional.of(spool), Optional.of(courier)).start();
    }

    /** Tells people of {@code alert}, unless they were told the same a moment ago. Never waits and never throws. */
    public void raise(Alert alert) {
        if (repeats.isNew(alert.key()) && !(hasRoom(alert) && waiting.offer(alert))) {
            dropped.incrementAndGet();
        }
    }

    private boolean hasRoom(Alert alert) {
        return isAlarm(alert) || waiting.remainingCapacity() > MAX_WAITING / FOR_ALARMS;
    }

    private static boolean isAlarm(Alert alert) {
        return alert.severity() == Alert.Severity.ALARM;
    }

    // Two threads: a receiver that hangs must not keep the terminal silent.
    Watch start() {
        threads.add(Thread.ofVirtual().name("watch-terminal").start(this::write));
        courier.ifPresent(
                c -> threads.add(Thread.ofVirtual().name("watch-webhook").start(() -> deliver(c))));
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

    // It begins with what the last process left undelivered.
    private void deliver(Courier messenger) {
        try {
            while (true) {
                Optional<Duration> pause = run(messenger);
                if (pause.isPresent()) {
                    Thread.sleep(pause.get());
                } else {
                    kept.acquire();
                }
            }
        } catch (InterruptedException e) {
            // closed; what is left lies in the spool
        }
    }

    Optional<Duration> run(Courier messenger) throws InterruptedException {
        try {
            return messenger.run();
        } catch (IOException | RuntimeException e) {
            out.println("interlock: alarm: the spool of alerts cannot be read: "
                    + e.getClass().getSimpleName());
            return Optional.of(Courier.LONGEST_PAUSE);
        }
    }

    /** Writes and keeps what waits. */
    void drain() {
        for (Alert alert = waiting.poll(); alert != null; alert = waiting.poll()) {
            say(alert);
        }
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
            out.println("interlock: alarm: " + lost + " alerts came faster than they could be written");
        }
    }

    /** Whatever goes wrong with one alert, the thread lives on to tell of the next. */
    private void say(Alert alert) {
        try {
            out.println(alert.line());
            keep(alert);
        } catch (IOException | RuntimeException e) {
            out.println("interlock: alarm: an alert could not be kept: "
                    + e.getClass().getSimpleName());
        }
    }

    private void keep(Alert alert) throws IOException {
        if (spool.isEmpty()) {
            return;
        }
        String id = "msg_" + UlidCreator.getMonotonicUlid(clock.millis());
        Json.Members message = Json.object()
                .with("type", "interlock." + alert.rule().word())
                .with("timestamp", clock.instant().toString())
                .with("data", alert.canonical());
        int reserved = isAlarm(alert) ? 0 : spool.get().most() / FOR_ALARMS;
        if (spool.get().keep(id, message.canonical(), reserved)) {
            kept.release();
        } else {
            out.println("interlock: alarm: the webhook has not answered for so long that alerts are no longer kept");
        }
    }

    /** Stops; what was not delivered is delivered by the next process. */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
