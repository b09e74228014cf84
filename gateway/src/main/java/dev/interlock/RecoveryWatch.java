package dev.interlock;

import dev.interlock.action.Alert;
import dev.interlock.action.Plain;
import dev.interlock.action.Seal;
import dev.interlock.admin.BackupCommands;
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
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Tells when what a plan of the seal saves could not be brought back as it should: at once, every day as long as it
 * stays so, and when it is over. What no plan saves is for {@code backup status}. To be run every few minutes, by one
 * thread.
 */
final class RecoveryWatch implements Runnable {

    /** A plan that is overdue today is worth a word tomorrow, and none in an hour. */
    static final Duration PAUSE = Duration.ofDays(1);

    /** One line of a message; the rest is in {@code backup status}. */
    private static final int MOST = 600;

    private final Supplier<Optional<Seal>> seals;
    private final BackupCommands.Keeper backups;
    private final LongSupplier nanos;
    private final Consumer<Alert> alerts;
    private final Map<String, Told> told = new HashMap<>();

    private record Told(String why, long at) {}

    /**
     * Has told nobody yet.
     *
     * @param nanos a clock that nobody sets, as {@link System#nanoTime}, to count the days by
     */
    RecoveryWatch(
            Supplier<Optional<Seal>> seals, BackupCommands.Keeper backups, LongSupplier nanos, Consumer<Alert> alerts) {
        this.seals = seals;
        this.backups = backups;
        this.nanos = nanos;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        Optional<Seal> seal = seals.get().filter(one -> !one.backups().plans().isEmpty());
        List<Json.Members> resources = seal.map(
                        one -> backups.status(one, Optional.empty()).objects("resources"))
                .orElse(List.of());
        Set<String> seen = new HashSet<>();
        for (Json.Members resource : resources) {
            if (!resource.texts("plans").isEmpty()) {
                seen.add(resource.text("resource"));
                judge(resource);
            }
        }
        told.keySet().retainAll(seen); // what no plan saves any more is nobody's promise
    }

    private void judge(Json.Members resource) {
        String name = resource.text("resource");
        Optional<Told> last = Optional.ofNullable(told.get(name));
        if (!resource.flag("red")) {
            if (last.isPresent()) {
                told.remove(name);
                tell(Alert.Severity.INFO, "What a plan saves could be brought back again as it should.", resource, "");
            }
            return;
        }
        String why = why(resource);
        long now = nanos.getAsLong();
        boolean news = last.filter(one -> one.why().equals(why) && now - one.at() < PAUSE.toNanos())
                .isEmpty();
        if (news) {
            told.put(name, new Told(why, now));
            tell(Alert.Severity.WARNING, "What a plan saves could not be brought back as it should.", resource, why);
        }
    }

    /** In words that only change when something else is wrong: no age is among them. */
    private static String why(Json.Members resource) {
        List<String> why = new ArrayList<>();
        resource.texts("unlooked").forEach(one -> why.add("not looked at: " + one));
        why.addAll(resource.texts("moved"));
        for (Json.Members way : resource.objects("ways")) {
            if (way.flag("red")) {
                why.add(way.text("way") + ": " + String.join(", ", way.texts("why")));
            }
        }
        if (resource.object("time").flag("red")) {
            why.add("recovery takes longer than its target, or nobody knows how long");
        }
        if (resource.object("practice").flag("red")) {
            why.add("nobody has practised all of it in time, or it failed");
        }
        resource.get("last_tried")
                .map(_ -> resource.object("last_tried"))
                .filter(one -> !one.flag("restored"))
                .ifPresent(one -> why.add("worth nothing when tried last: " + one.text("backup")));
        return Plain.shortened(String.join("; ", why), MOST);
    }

    private void tell(Alert.Severity severity, String summary, Json.Members resource, String why) {
        Map<String, String> facts = new HashMap<>();
        facts.put("resource", resource.text("resource"));
        facts.put("plans", String.join(", ", resource.texts("plans")));
        if (!why.isEmpty()) {
            facts.put("why", why);
        }
        alerts.accept(new Alert(Alert.Rule.BACKUP_TROUBLE, severity, summary, facts, Optional.empty()));
    }
}
