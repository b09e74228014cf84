package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import dev.interlock.action.ClockWatch;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Watches the clock and has the holds follow it. {@link #run} every few seconds in one thread; the rest in any. */
public final class ClockAlerts implements Runnable {

    private static final String ACCEPT =
            " If it is right now, a person of `owners` confirms that: `interlock clock accept --key KEY`.";

    private final ClockWatch watch;
    private final Supplier<Optional<Duration>> holdsAhead;
    private final Supplier<List<String>> followWall;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;
    private final boolean wasAheadAtStart;
    /** The alert that was raised last, so that one that lasts is raised once; and again when it is over. */
    private Optional<String> told = Optional.empty();

    private volatile Optional<String> trouble = Optional.empty();
    /** True if the clock refuses every call. */
    private volatile boolean refusing;

    /**
     * Wires it.
     *
     * @param holdsAhead returns how far the clock of holds is ahead, if that is much
     * @param followWall has the holds follow the wall clock, and returns those that this ends
     */
    public ClockAlerts(
            ClockWatch watch,
            Supplier<Optional<Duration>> holdsAhead,
            Supplier<List<String>> followWall,
            InstantSource clock,
            Consumer<Alert> alerts) {
        this.watch = watch;
        this.holdsAhead = holdsAhead;
        this.followWall = followWall;
        this.clock = clock;
        this.alerts = alerts;
        this.wasAheadAtStart = holdsAhead.get().isPresent();
        look();
    }

    /** Returns what is wrong with the clock and what to do, in whole sentences; empty if nothing is. */
    public Optional<String> trouble() {
        return trouble;
    }

    /** Returns whether every call is refused because of the clock. */
    public boolean isRefusing() {
        return refusing;
    }

    @Override
    public void run() {
        look();
        Optional<String> now = trouble;
        if (now.isPresent() && !now.map(ClockAlerts::kind).equals(told.map(ClockAlerts::kind))) {
            raise(refusing || holdsAhead.get().isPresent() ? Alert.Severity.ALARM : Alert.Severity.WARNING, now.get());
        }
        if (now.isEmpty() && told.isPresent()) {
            raise(Alert.Severity.INFO, "The gateway's clock is believed again.");
        }
        told = now;
    }

    /** Returns the sentence that does not change while the trouble lasts. */
    private static String kind(String trouble) {
        return trouble.substring(0, trouble.indexOf(':'));
    }

    private void look() {
        Instant now = clock.instant();
        Optional<Duration> behind = watch.behind(now);
        refusing = behind.isPresent();
        Optional<Duration> ahead = watch.ahead(now);
        if (behind.isEmpty()
                && ahead.isEmpty()
                && !wasAheadAtStart
                && holdsAhead.get().isPresent()) {
            // It ran ahead while this process ran, and shows again what has certainly passed.
            List<String> ended = followWall.get();
            if (!ended.isEmpty()) {
                raise(
                        Alert.Severity.WARNING,
                        "The gateway's clock was put right. These holds were opened or signed while it was ahead, and are void: "
                                + String.join(", ", ended) + ".");
            }
        }
        trouble = behind.map(time -> "The clock went backwards: it shows " + now + ", and showed a time "
                        + words(time)
                        + " later before. Every call is refused, because nobody can tell which leases have expired. Correct it."
                        + ACCEPT)
                .or(() -> holdsAhead
                        .get()
                        .map(time -> "The clock was ahead and was set back: nothing that people confirm can go for "
                                + words(time) + ". No signature is used up meanwhile." + ACCEPT))
                .or(
                        () -> ahead.map(
                                time -> "The clock has jumped ahead: by " + words(time)
                                        + ", compared with the time since the gateway's start. Leases and holds end by it. If that is wrong, correct it: the gateway then goes on by itself."));
    }

    private static String words(Duration time) {
        return time.toMinutes() + " minutes";
    }

    private void raise(Alert.Severity severity, String summary) {
        alerts.accept(new Alert(Alert.AlertKind.CLOCK_TROUBLE, severity, summary, Map.of()));
    }
}
