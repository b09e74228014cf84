package dev.interlock;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.admin.BackupCommands;
import dev.interlock.backup.Attestations;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.Located;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which restored backups there are, and which of them would be left after each way of losing what they are of. */
final class KnownBackups implements BackupCommands.Keeper {

    private final Attestations attestations;
    private final Inventory inventory;
    private final InstantSource clock;

    KnownBackups(Attestations attestations, Inventory inventory, InstantSource clock) {
        this.attestations = attestations;
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
    public Json.Members status(Seal seal) {
        List<Json> plans = new ArrayList<>();
        seal.backups().plans().forEach((name, plan) -> plans.add(status(seal, name, plan)));
        return Json.object()
                .with("plans", new Json.Array(plans))
                .with("now", clock.instant().toString());
    }

    private Json.Members status(Seal seal, String name, BackupPlans.Plan plan) {
        List<Json> ways = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        Optional<Seal.Upstream> upstream = seal.upstreams().values().stream()
                .filter(one -> one.catalog().equals(plan.of().provider()))
                .findFirst();
        if (upstream.isPresent()) {
            Located here = loss(seal, upstream.get(), plan.of());
            unknown.addAll(here.gaps());
            ways(upstream.get(), plan.of(), here).forEach((way, lost) -> {
                Located located = lost.equals(plan.of()) ? here : loss(seal, upstream.get(), lost);
                located.gaps().stream().filter(gap -> !unknown.contains(gap)).forEach(unknown::add);
                boolean seen = upstream.get().resolver().isPresent() || lost.equals(plan.of());
                if (!seen && plan.domain().startsWith(lost.provider() + ":")) {
                    unknown.add("whether `" + plan.domain() + "` goes with `" + lost
                            + "`: nobody can be asked what lies in it");
                } else {
                    ways.add(way(way, lost, left(seal, name, located)));
                }
            });
        } else {
            unknown.add("no upstream of the seal has resources of `" + plan.of().provider() + "`");
        }
        Json.Members known = Json.object()
                .with("plan", name)
                .with("of", plan.of().toString())
                .with("domain", plan.domain())
                .with("ways", new Json.Array(ways))
                .withTexts("not_known", unknown);
        return attestations.tried(name).stream()
                .max(Comparator.comparing(said -> Instant.parse(said.text("tried_at"))))
                .map(last -> known.with("last_tried", last))
                .orElse(known);
    }

    /** What could be deleted, each by one call: the thing itself, and all that it lies in. */
    private static Map<String, Resource> ways(Seal.Upstream upstream, Resource of, Located located) {
        Map<String, Resource> ways = new LinkedHashMap<>();
        ways.put(of.type(), of);
        Placement placement = located.placements().get(of);
        if (placement != null) {
            upstream.resources().forEach((resource, place) -> {
                boolean holds = resource.type().equals("environment")
                        && placement.environments().containsAll(place.environments());
                if (holds) {
                    ways.put("environment " + String.join(", ", place.environments()), resource);
                }
            });
            placement.groups().forEach(group -> ways.putIfAbsent(group.type(), group));
        }
        ways.put("account", new Resource(of.provider(), "account", "all"));
        return ways;
    }

    private Located loss(Seal seal, Seal.Upstream upstream, Resource lost) {
        Action deletion = new Action(
                new Operation(upstream.catalog(), "loss"),
                Set.of(Impact.DESTROY),
                Reversibility.IRREVERSIBLE,
                Set.of(lost),
                List.of());
        return inventory.locate(seal, upstream.name(), List.of(deletion), Freshness.CACHED);
    }

    /** The youngest of {@code plan} that was restored and does not lie in what {@code located} says would be gone. */
    private Optional<Backup> left(Seal seal, String plan, Located located) {
        return attestations.survivors(seal).stream()
                .filter(backup -> backup.id().startsWith(plan + "/"))
                .filter(backup -> located.radius().lost().stream()
                        .noneMatch(gone -> gone.toString().equals(backup.domain())))
                .findFirst();
    }

    private static Json.Members way(String way, Resource lost, Optional<Backup> left) {
        Json.Members fields = Json.object().with("way", way).with("lost", lost.toString());
        return left.map(backup -> fields.with("backup", backup.id())
                        .with("taken_at", backup.takenAt().toString())
                        .with("restored_at", backup.restoredAt().orElseThrow().toString()))
                .orElse(fields);
    }
}
