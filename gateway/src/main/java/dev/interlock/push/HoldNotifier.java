package dev.interlock.push;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Notifies the devices of the people who may confirm a hold, when it is opened, and again when it is escalated to them.
 *
 * <p>Nothing waits for it. A notification that fails, or comes too late, delays and refuses no call; the hold is still
 * on the console, and its alert at its receivers.
 *
 * <p>Threading: {@link #heard} from any thread; a virtual one for each hold, and for each message.
 */
public final class HoldNotifier implements AutoCloseable {

    /** Maximum number of tries for one message. */
    static final int MAX_TRIES = 4;
    /** The first pause before another try; it doubles. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    /** Maximum pause. A service that asks for a longer one is not tried again for this message. */
    static final Duration MAX_PAUSE = Duration.ofMinutes(5);
    /** Maximum number of messages under way. Further ones are dropped and counted. */
    static final int MAX_AT_ONCE = 512;
    /** Limits the text. A phone shows less, and the page shows all. */
    static final int MAX_TEXT = 300;

    private static final String HOLD = "H-[0-9A-Z]{26}";
    private static final int TOPIC_LENGTH = 32;

    private static final System.Logger LOG = System.getLogger(HoldNotifier.class.getName());

    /** A hold that people may confirm until {@code signBy}, with one plain sentence about it. */
    public record WaitingHold(String id, String summary, Instant signBy, Set<String> people) {
        public WaitingHold {
            people = Set.copyOf(people);
        }
    }

    @FunctionalInterface
    public interface Holds {

        /** Returns hold {@code id} if it waits for people; for members of {@code group} alone, if one is given. */
        Optional<WaitingHold> find(String id, Optional<String> group);
    }

    /** Waits before another try. */
    @FunctionalInterface
    interface Pause {
        void last(Duration time) throws InterruptedException;
    }

    private final Devices devices;
    private final PushSender sender;
    private final Holds holds;
    private final Predicate<String> isKilled;
    private final InstantSource clock;
    private final Pause pause;
    private final Semaphore room = new Semaphore(MAX_AT_ONCE);
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("push-", 0).factory());

    /** @param isKilled whether the person of that name is stopped, so that they can confirm nothing */
    public HoldNotifier(
            Devices devices, PushSender sender, Holds holds, Predicate<String> isKilled, InstantSource clock) {
        this(devices, sender, holds, isKilled, clock, time -> TimeUnit.NANOSECONDS.sleep(time.toNanos()));
    }

    HoldNotifier(
            Devices devices,
            PushSender sender,
            Holds holds,
            Predicate<String> isKilled,
            InstantSource clock,
            Pause pause) {
        this.devices = devices;
        this.sender = sender;
        this.holds = holds;
        this.isKilled = isKilled;
        this.clock = clock;
        this.pause = pause;
    }

    /** Notifies people if {@code alert} is about a hold that waits for them. Returns at once. */
    public void heard(Alert alert) {
        Optional<String> hold =
                Optional.ofNullable(alert.facts().get(Alert.HOLD)).filter(id -> id.matches(HOLD));
        boolean asks = alert.rule() == Alert.AlertKind.HOLD_OPENED || alert.rule() == Alert.AlertKind.HOLD_ESCALATED;
        if (asks && hold.isPresent() && !threads.isShutdown()) {
            Optional<String> group = Optional.ofNullable(alert.facts().get("to"));
            threads.execute(() -> begin(hold.get(), group));
        }
    }

    private void begin(String id, Optional<String> group) {
        try {
            holds.find(id, group).ifPresent(this::begin);
        } catch (RuntimeException e) {
            failed.incrementAndGet();
            LOG.log(System.Logger.Level.WARNING, "nobody's devices are notified of `" + id + "`", e);
        }
    }

    private void begin(WaitingHold hold) {
        for (Device device : devices.ofEach(hold.people())) {
            if (isKilled.test(device.person())) {
                continue;
            }
            if (room.tryAcquire()) {
                threads.execute(() -> {
                    try {
                        deliver(device, hold);
                    } finally {
                        room.release();
                    }
                });
            } else {
                fail(device, hold, "too many messages are under way");
            }
        }
    }

    private void deliver(Device device, WaitingHold hold) {
        try {
            Duration next = FIRST_PAUSE;
            for (int tries = 1; !isOver(hold); tries++) {
                switch (sender.send(device, message(hold))) {
                    case PushSender.Result.Taken() -> {
                        sent.incrementAndGet();
                        return;
                    }
                    case PushSender.Result.Gone() -> {
                        remove(device);
                        return;
                    }
                    case PushSender.Result.Failed(String words) -> {
                        fail(device, hold, words);
                        return;
                    }
                    case PushSender.Result.Later(String words, Duration asked) -> {
                        Duration wait = asked.compareTo(next) > 0 ? asked : next;
                        if (tries >= MAX_TRIES || wait.compareTo(MAX_PAUSE) > 0) {
                            fail(device, hold, words);
                            return;
                        }
                        pause.last(wait);
                        next = next.multipliedBy(2);
                    }
                }
            }
            fail(device, hold, "the hold is over");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException e) {
            fail(device, hold, e.getClass().getSimpleName());
        }
    }

    private boolean isOver(WaitingHold hold) {
        return !clock.instant().isBefore(hold.signBy());
    }

    private PushSender.Message message(WaitingHold hold) {
        byte[] content = Json.object()
                .with("hold", hold.id())
                .with("path", "/holds/" + hold.id())
                .with("text", VisibleText.shortened(hold.summary(), MAX_TEXT))
                .canonical();
        // Push services see the topic; of the hold they see nothing else.
        String topic = Bytes.utf8(hold.id()).sha256().substring(0, TOPIC_LENGTH);
        return new PushSender.Message(content, Duration.between(clock.instant(), hold.signBy()), topic);
    }

    private void remove(Device device) {
        LOG.log(
                System.Logger.Level.INFO,
                "the device " + device.id() + " of " + device.person() + " is removed: its browser has unsubscribed");
        try {
            devices.remove(device.id());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the device " + device.id() + " returns with a restart", e);
        }
        failed.incrementAndGet();
    }

    private void fail(Device device, WaitingHold hold, String words) {
        failed.incrementAndGet();
        LOG.log(
                System.Logger.Level.WARNING,
                "the device " + device.id() + " of " + device.person() + " is not notified of " + hold.id() + ": "
                        + device.service() + ": " + words);
    }

    /** Returns how many messages push services have taken since the start. */
    public long sent() {
        return sent.get();
    }

    /** Returns how many messages were not delivered to a push service since the start. */
    public long failed() {
        return failed.get();
    }

    int underWay() {
        return MAX_AT_ONCE - room.availablePermits();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
