package dev.interlock;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.admin.BackupCommands;
import dev.interlock.backup.Attestations;
import dev.interlock.backup.Rehearsals;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.Outlook;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which restored backups there are, and which of them would be left after each way of losing what they are of. */
final class KnownBackups implements BackupCommands.Keeper, RecoveryStanding.Known {

    private final Attestations attestations;
    private final Rehearsals rehearsals;
    private final Inventory inventory;
    private final InstantSource clock;

    KnownBackups(Attestations attestations, Rehearsals rehearsals, Inventory inventory, InstantSource clock) {
        this.attestations = attestations;
        this.rehearsals = rehearsals;
        this.inventory = inventory;
        this.clock = clock;
    }

    @Override
    public void require(Seal seal, Json.Members said, String signature) {
        attestations.require(seal, said, signature, clock.instant());
    }

    @Override
    public void keep(Json.Members said, String signature) throws IOException {
        attestations.keep(said, signature);
    }

    @Override
    public Collection<Json.Members> tried(String plan) {
        return attestations.tried(plan);
    }

    @Override
    public Collection<Json.Members> practised(Seal seal, String plan) {
        return rehearsals.practised(seal, plan);
    }

    @Override
    public String requirePractised(Seal seal, Json.Members said, String signature) {
        return rehearsals.require(seal, said, signature, clock.instant());
    }

    @Override
    public void keepPractised(Json.Members said, String signature) throws IOException {
        rehearsals.keep(said, signature);
    }

    @Override
    public Json.Members status(Seal seal) {
        Instant now = clock.instant();
        Map<Resource, Outlook> things = new TreeMap<>();
        List<String> notKnown = new ArrayList<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            Outlook.Found found = inventory.outlook(seal, upstream);
            notKnown.addAll(found.notKnown());
            // Two accounts of one provider: what a plan saves lies in one of them.
            found.things()
                    .forEach(thing -> things.merge(
                            thing.placement().resource(),
                            thing,
                            (one, other) -> other.placement().known() ? other : one));
        }
        List<Json.Members> resources = things.values().stream()
                .map(thing -> new RecoveryStanding(seal, thing, this, now).json())
                // What somebody has promised to bring back comes first.
                .sorted(Comparator.comparing(one -> one.texts("plans").isEmpty()))
                .toList();
        return Json.object()
                .with("now", now.toString())
                .with("red", resources.stream().anyMatch(one -> one.flag("red")))
                .with("resources", new Json.Array(List.copyOf(resources)))
                .withTexts("not_known", notKnown);
    }
}
