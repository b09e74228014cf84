package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Tells people once of ledger files made again or altered. {@link #run} every few seconds in one thread. */
public final class LedgerRepairs implements Runnable {

    private static final int MAX_NAMES = 8;

    private final Supplier<List<String>> madeAgain;
    private final Supplier<Optional<String>> damage;
    private final Consumer<Alert> alerts;
    private List<String> told = List.of();
    private boolean toldOfDamage;

    public LedgerRepairs(Supplier<List<String>> madeAgain, Supplier<Optional<String>> damage, Consumer<Alert> alerts) {
        this.madeAgain = madeAgain;
        this.damage = damage;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        List<String> now = madeAgain.get();
        if (now.size() > told.size()) {
            raise(Alert.Severity.WARNING, repaired(now.subList(told.size(), now.size())));
            told = now;
        }
        if (!toldOfDamage && damage.get().isPresent()) {
            toldOfDamage = true;
            raise(Alert.Severity.ALARM, altered(damage.get().get()));
        }
    }

    /** Returns what people should know now, in whole sentences. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        List<String> now = madeAgain.get();
        if (!now.isEmpty()) {
            warnings.add(repaired(now));
        }
        damage.get().map(LedgerRepairs::altered).ifPresent(warnings::add);
        return warnings;
    }

    private static String repaired(List<String> files) {
        String more = files.size() > MAX_NAMES ? " and " + (files.size() - MAX_NAMES) + " more" : "";
        return "Files that derive from the ledger's segments were damaged, as after a power cut, and were made again. No receipt was lost: "
                + String.join(", ", files.subList(0, Math.min(files.size(), MAX_NAMES))) + more + ".";
    }

    private static String altered(String why) {
        return "The ledger's segments do not lead to its signed checkpoint: " + why
                + ". No crash leaves that. Keep the files, and compare with the replica: `interlock verify --replica`.";
    }

    private void raise(Alert.Severity severity, String summary) {
        alerts.accept(new Alert(Alert.AlertKind.LEDGER_TROUBLE, severity, summary, Map.of()));
    }
}
