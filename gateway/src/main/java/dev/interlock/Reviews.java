package dev.interlock;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Tells of agents that nobody has looked at in time, each once a day; to be run every few minutes. */
final class Reviews implements Runnable {

    private static final Duration PAUSE = Duration.ofDays(1);

    private final Supplier<Optional<Seal>> seals;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final Consumer<Alert> alerts;

    // Of the one thread that runs this.
    private final Map<String, Long> told = new HashMap<>();

    /**
     * Has told nobody yet.
     *
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the days by
     */
    Reviews(Supplier<Optional<Seal>> seals, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.seals = seals;
        this.clock = clock;
        this.nanos = nanos;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Instant now = clock.instant();
        List<Seal.Agent> overdue =
                seals.get().map(seal -> List.copyOf(seal.agents().values())).orElse(List.of()).stream()
                        .filter(agent -> agent.isOverdue(now))
                        .toList();
        told.keySet().retainAll(overdue.stream().map(Seal.Agent::id).toList());
        for (Seal.Agent agent : overdue) {
            Optional<Long> last = Optional.ofNullable(told.get(agent.id()));
            long tick = nanos.getAsLong();
            if (last.filter(at -> tick - at < PAUSE.toNanos()).isEmpty()) {
                told.put(agent.id(), tick);
                tell(agent);
            }
        }
    }

    private void tell(Seal.Agent agent) {
        String by = agent.reviewBy().map(LocalDate::toString).orElse("");
        alerts.accept(new Alert(
                Alert.Rule.REVIEW_OVERDUE,
                Alert.Severity.WARNING,
                "Somebody should have looked at the agent " + agent.id() + " of " + agent.owner() + " by " + by
                        + ": does it still need what it may do?",
                Map.of("agent", agent.id(), "owner", agent.owner(), "review_by", by),
                Optional.empty()));
    }
}
