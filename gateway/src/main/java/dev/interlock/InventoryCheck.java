package dev.interlock;

import dev.interlock.action.Backup;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Exposure;
import dev.interlock.inventory.Inventory;
import dev.interlock.policy.Patterns;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What one call each could cost, asked before an incident does. */
final class InventoryCheck {

    private final Supplier<Optional<Seal>> seals;
    private final Inventory inventory;

    InventoryCheck(Supplier<Optional<Seal>> seals, Inventory inventory) {
        this.seals = seals;
        this.inventory = inventory;
    }

    Json.Members json() {
        List<Json> exposures = new ArrayList<>();
        List<String> unasked = new ArrayList<>();
        seals.get()
                .ifPresent(seal -> seal.upstreams().values().forEach(upstream -> {
                    try {
                        inventory.examine(seal, upstream).forEach(exposure -> exposures.add(json(exposure)));
                    } catch (IOException e) {
                        unasked.add(upstream.name() + ": " + e.getMessage());
                    }
                }));
        return Json.object()
                .with("exposures", new Json.Array(exposures))
                .with("patterns", new Json.Array(patterns()))
                .withTexts("not_examined", unasked);
    }

    /** What no provider is asked about is covered all the same, by what the seal says of names. */
    private List<Json> patterns() {
        List<Json> patterns = new ArrayList<>();
        seals.get()
                .ifPresent(seal -> seal.upstreams()
                        .values()
                        .forEach(upstream -> upstream.patterns()
                                .forEach(pattern -> patterns.add(Json.object()
                                        .with("upstream", upstream.name())
                                        .with("pattern", pattern.toString())
                                        .with("covers", Patterns.coverage(upstream, pattern))))));
        return patterns;
    }

    private static Json.Members json(Exposure exposure) {
        return Json.object()
                .with("upstream", exposure.upstream())
                .with("resource", exposure.resource().toString())
                .withTexts("environments", exposure.environments())
                .withTexts("dies_with_it", ids(exposure.lostBackups()))
                .withTexts("survives", ids(exposure.survivors()))
                .withTexts(
                        "concerns",
                        exposure.concerns().stream().map(Exposure.Concern::word).toList());
    }

    private static List<String> ids(List<Backup> backups) {
        return backups.stream().map(Backup::id).toList();
    }
}
