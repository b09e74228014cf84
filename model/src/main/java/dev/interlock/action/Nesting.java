package dev.interlock.action;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What lies in what at one upstream, by the seal's word: what it says of {@code groups}, and names that begin with
 * another's and a slash, as {@code neon:branch/p/main} lies in {@code neon:project/p}.
 *
 * <p>Threading: any; it never changes.
 */
public final class Nesting {

    /** What these do to a whole they do to it alone; all else reaches what lies in it. */
    private static final Set<Impact> ALONE = Set.of(Impact.READ, Impact.WRITE);

    private final Seal.Upstream upstream;

    /** Of what lies at {@code upstream}. */
    public Nesting(Seal.Upstream upstream) {
        this.upstream = upstream;
    }

    private Contents contents() {
        return upstream.places().contents();
    }

    /**
     * Where {@code placement}'s resource counts as being for an action that has {@code impacts}: whoever destroys it,
     * opens it or gives it away has everything in it.
     */
    public Placement placed(Placement placement, Set<Impact> impacts) {
        Set<String> environments = new TreeSet<>(placement.environments());
        if (!ALONE.containsAll(impacts)) {
            environments.addAll(environments(placement.resource()));
        }
        return new Placement(
                placement.resource(), environments, placement.groups(), placement.provenance(), placement.known());
    }

    /** Every environment in which something lies that lies in {@code container}. */
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

    /** What the seal names one by one of all that lies in {@code container}, at any depth. */
    public Set<Resource> resources(Resource container) {
        return reached(container, contents()::resources);
    }

    /** What the seal names one by one that {@code resource} lies in, at any depth. */
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

    /** Whether {@code resource}, which the seal may have placed or not, lies in one of {@code containers}. */
    public boolean liesIn(Resource resource, Collection<Resource> containers) {
        return contents().liesIn(resource, containers);
    }
}
