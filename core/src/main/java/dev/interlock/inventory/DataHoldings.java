package dev.interlock.inventory;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Finds the resources that hold data. */
final class DataHoldings {

    private DataHoldings() {}

    /**
     * Returns the resources of {@code upstream} that hold data. Those are all that its provider lists or the seal knows
     * a backup of, and all that the seal places with such a type. Resources that the seal calls expendable are left
     * out. So are resources that consist of others, by the seal's {@code groups} and their names, and resources that
     * store backups. A server in a volume's groups is not left out: it has a disk of its own.
     *
     * @param picture the provider's resources, if it could be queried
     */
    static Set<Resource> of(Seal seal, Seal.Upstream upstream, Set<String> types, Optional<Topology> picture) {
        Set<Resource> things = new TreeSet<>();
        picture.ifPresent(topology -> things.addAll(topology.volumes(upstream.catalog())));
        placed(seal, upstream, types)
                // A sealed volume that is no longer listed is gone: the provider knows better.
                .filter(resource -> picture.isEmpty() || ResourceKind.of(resource) == ResourceKind.OTHER)
                .forEach(things::add);
        things.removeAll(seal.backups().expendable());
        upstream.backups().forEach(backup -> things.add(backup.of()));
        things.addAll(Inventory.planned(seal, upstream));
        return things;
    }

    private static Stream<Resource> placed(Seal seal, Seal.Upstream upstream, Set<String> holding) {
        Set<Resource> around = new TreeSet<>();
        Set<String> domains = new TreeSet<>();
        upstream.resources().values().stream()
                .filter(placed -> holding.contains(placed.resource().type()))
                .forEach(placed -> placed.groups().stream()
                        .filter(group -> placed.resource().id().startsWith(group.id() + "/"))
                        .forEach(around::add));
        seal.backups().plans().values().forEach(plan -> domains.add(plan.domain()));
        seal.upstreams().values().forEach(one -> one.backups().forEach(backup -> domains.add(backup.domain())));
        return upstream.resources().keySet().stream()
                .filter(resource -> holding.contains(resource.type()))
                .filter(resource -> !around.contains(resource))
                .filter(resource -> !domains.contains(resource.toString()));
    }
}
