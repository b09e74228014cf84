package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Alerts about agents whose review is overdue, daily for each. To be run every few minutes, by one thread. */
public final class ReviewReminders implements Runnable {

    private static final Duration INTERVAL = Duration.ofDays(1);

    private final Supplier<Optional<Seal>> seals;
    private final InstantSource clock;
    private final Reminders reminders;
    private final Consumer<Alert> alerts;

    /** Counts days by {@code nanos}, a clock that nobody sets, as {@link System#nanoTime}. */
    public ReviewReminders(
            Supplier<Optional<Seal>> seals, InstantSource clock, LongSupplier nanos, Consumer<Alert> alerts) {
        this.seals = seals;
        this.clock = clock;
        this.reminders = new Reminders(INTERVAL, nanos);
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Instant now = clock.instant();
        List<Seal.Agent> overdue =
                seals.get().map(seal -> List.copyOf(seal.agents().values())).orElse(List.of()).stream()
                        .filter(agent -> agent.isOverdue(now))
                        .toList();
        reminders.retain(overdue.stream().map(Seal.Agent::id).collect(Collectors.toSet()));
        overdue.stream().filter(agent -> reminders.isDue(agent.id(), "overdue")).forEach(this::remind);
    }

    private void remind(Seal.Agent agent) {
        String by = agent.reviewBy().map(LocalDate::toString).orElse("");
        alerts.accept(new Alert(
                Alert.AlertKind.REVIEW_OVERDUE,
                Alert.Severity.WARNING,
                "The review is overdue for the agent " + agent.id() + " of " + agent.owner() + " by " + by
                        + ": does it still need its permissions?",
                Map.of("agent", agent.id(), "owner", agent.owner(), "review_by", by)));
    }
}
