package dev.interlock.inventory;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * What holds data.
 *
 * @param types of a seal's catalog, by its name, the types of resources that hold data
 */
record Holdings(BiFunction<Seal, String, Set<String>> types) {

    /**
     * All of {@code upstream} that its provider lists or the seal knows a backup of, and all that the seal places and
     * that holds data, but for what nobody has to bring back. What is made of others, by the seal's {@code groups} and
     * by their names, is not looked at beside them, nor what backups lie in. A server that is in a volume's groups has
     * a disk of its own.
     *
     * @param picture what the provider lists, if it could be asked
     */
    Set<Resource> of(Seal seal, Seal.Upstream upstream, Optional<Topology> picture) {
        Set<Resource> things = new TreeSet<>();
        picture.ifPresent(topology -> things.addAll(topology.volumes(upstream.catalog())));
        placed(seal, upstream)
                // A volume that is sealed and not listed any more is gone: whoever was asked knows better.
                .filter(resource -> picture.isEmpty() || Kind.of(resource) == Kind.OTHER)
                .forEach(things::add);
        things.removeAll(seal.backups().expendable());
        upstream.backups().forEach(backup -> things.add(backup.of()));
        things.addAll(Inventory.planned(seal, upstream));
        return things;
    }

    private Stream<Resource> placed(Seal seal, Seal.Upstream upstream) {
        Set<String> holding = types.apply(seal, upstream.catalog());
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
