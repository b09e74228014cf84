package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Alerts when something that a plan of the seal saves could not be recovered as it should: at once, every day while
 * that lasts, and when it is over. What no plan saves is for {@code backup status}. To be run every few minutes.
 *
 * <p>Threading: one thread.
 */
public final class RecoveryAlerts implements Runnable {

    /** The time between two alerts about one resource. */
    static final Duration INTERVAL = Duration.ofDays(1);
    /** Maximum characters of the reason in an alert; the rest is in {@code backup status}. */
    private static final int MAX_WHY = 600;

    private final Supplier<Optional<Seal>> seals;
    private final Function<Seal, Json.Members> status;
    private final Reminders reminders;
    private final Consumer<Alert> alerts;

    /** {@code status} is that of {@code backup.status}; {@code nanos} counts days, a clock that nobody sets. */
    public RecoveryAlerts(
            Supplier<Optional<Seal>> seals,
            Function<Seal, Json.Members> status,
            LongSupplier nanos,
            Consumer<Alert> alerts) {
        this.seals = seals;
        this.status = status;
        this.reminders = new Reminders(INTERVAL, nanos);
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Optional<Seal> seal = seals.get().filter(one -> !one.backups().plans().isEmpty());
        List<Json.Members> resources =
                seal.map(one -> status.apply(one).objects("resources")).orElse(List.of());
        Set<String> seen = new HashSet<>();
        for (Json.Members resource : resources) {
            if (!resource.texts("plans").isEmpty()) {
                seen.add(resource.text("resource"));
                judge(resource);
            }
        }
        reminders.retain(seen); // nothing is promised about what no plan saves any more
    }

    private void judge(Json.Members resource) {
        String name = resource.text("resource");
        if (!resource.flag("red")) {
            if (reminders.end(name)) {
                raise(
                        Alert.Severity.INFO,
                        "The data of a backup plan could be restored again as required.",
                        resource,
                        "");
            }
            return;
        }
        String why = why(resource);
        if (reminders.isDue(name, why)) {
            raise(
                    Alert.Severity.WARNING,
                    "The data of a backup plan could not be restored as required.",
                    resource,
                    why);
        }
    }

    /** Returns what is wrong. The text changes only if something else is wrong, so it names no age. */
    private static String why(Json.Members resource) {
        List<String> why = new ArrayList<>();
        resource.texts("unlooked").forEach(one -> why.add("not checked: " + one));
        why.addAll(resource.texts("moved"));
        for (Json.Members way : resource.objects("ways")) {
            if (way.flag("red")) {
                why.add(way.text("way") + ": " + String.join(", ", way.texts("why")));
            }
        }
        if (resource.object("time").flag("red")) {
            why.add("recovery takes longer than its target, or its duration is not known");
        }
        if (resource.object("practice").flag("red")) {
            why.add("the recovery was not fully rehearsed in time, or the rehearsal failed");
        }
        resource.get("last_tried")
                .map(_ -> resource.object("last_tried"))
                .filter(one -> !one.flag("restored"))
                .ifPresent(one -> why.add("failed its latest restore test: " + one.text("backup")));
        return VisibleText.shortened(String.join("; ", why), MAX_WHY);
    }

    private void raise(Alert.Severity severity, String summary, Json.Members resource, String why) {
        Map<String, String> facts = new HashMap<>();
        facts.put("resource", resource.text("resource"));
        facts.put("plans", String.join(", ", resource.texts("plans")));
        if (!why.isEmpty()) {
            facts.put("why", why);
        }
        alerts.accept(new Alert(Alert.AlertKind.BACKUP_TROUBLE, severity, summary, facts));
    }
}
