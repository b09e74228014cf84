package dev.interlock.action;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The containment of resources at one upstream, according to the seal. A resource lies in its {@code groups}. It also
 * lies in a resource whose name and a slash its own name begins with: {@code neon:branch/p/main} lies in
 * {@code neon:project/p}.
 */
public final class ResourceContainment {

    /** Impacts that affect only the container itself; all others reach its contents too. */
    private static final Set<Impact> ALONE = Set.of(Impact.READ, Impact.WRITE);

    private final Seal.Upstream upstream;

    public ResourceContainment(Seal.Upstream upstream) {
        this.upstream = upstream;
    }

    private ContainmentIndex contents() {
        return upstream.places().contents();
    }

    /**
     * Returns where the resource of {@code placement} counts as being for an action with {@code impacts}. Destroying,
     * opening or giving away a container affects everything in it.
     */
    public Placement placed(Placement placement, Set<Impact> impacts) {
        if (ALONE.containsAll(impacts)) {
            return placement;
        }
        Set<String> environments = new TreeSet<>(placement.environments());
        environments.addAll(environments(placement.resource()));
        return new Placement(
                placement.resource(), environments, placement.groups(), placement.provenance(), placement.known());
    }

    private Set<String> environments(Resource container) {
        Set<String> environments = new TreeSet<>();
        Set<Resource> all = resources(container);
        all.forEach(resource ->
                upstream.placement(resource).ifPresent(placement -> environments.addAll(placement.environments())));
        all.add(container);
        all.forEach(
                whole -> contents().patterns(whole).forEach(pattern -> environments.addAll(pattern.environments())));
        return environments;
    }

    /** Returns the resources that the seal names one by one and that lie in {@code container}, at any depth. */
    public Set<Resource> resources(Resource container) {
        return reached(container, contents()::resources);
    }

    /** Returns the resources that the seal names one by one and that {@code resource} lies in, at any depth. */
    public Set<Resource> containers(Resource resource) {
        return reached(resource, contents()::containers);
    }

    private static Set<Resource> reached(Resource from, Function<Resource, List<Resource>> next) {
        Set<Resource> found = new TreeSet<>();
        Deque<Resource> open = new ArrayDeque<>(List.of(from));
        while (!open.isEmpty()) {
            next.apply(open.pop()).stream()
                    .filter(resource -> !resource.equals(from) && found.add(resource))
                    .forEach(open::push);
        }
        return found;
    }

    /**
     * Returns whether {@code resource} lies in one of {@code containers}. The seal need not place {@code resource}
     * itself.
     */
    public boolean liesIn(Resource resource, Collection<Resource> containers) {
        return contents().liesIn(resource, containers);
    }
}
