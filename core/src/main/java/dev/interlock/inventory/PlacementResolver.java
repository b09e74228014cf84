package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.Seal;
import dev.interlock.inventory.Topology.ResourcePlace;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Combines the provider's placements with the seal's.
 *
 * <p>INVARIANT: the provider never removes an environment that the seal gives, and anything missing or unbound adds the
 * most protected environments. One call of {@link #place}, one thread.
 */
final class PlacementResolver {

    private final Seal seal;
    private final Seal.Upstream upstream;
    private final Optional<Topology> picture;

    /** False if this kind of provider is never queried; then only the seal counts. */
    private final boolean asked;

    private final Map<Resource, Resource> containers;
    private final ResourceContainment nesting;
    private final Set<String> notes = new LinkedHashSet<>();

    PlacementResolver(Seal seal, Seal.Upstream upstream, Optional<Topology> picture, boolean asked) {
        this(seal, upstream, picture, asked, Map.of());
    }

    PlacementResolver(
            Seal seal,
            Seal.Upstream upstream,
            Optional<Topology> picture,
            boolean asked,
            Map<Resource, Resource> containers) {
        this.containers = containers;
        this.seal = seal;
        this.upstream = upstream;
        this.picture = picture;
        this.asked = asked;
        this.nesting = new ResourceContainment(upstream);
    }

    List<String> notes() {
        return List.copyOf(notes);
    }

    Map<Resource, Placement> place(List<Action> actions) {
        Map<Resource, Placement> placements = new TreeMap<>();
        for (Action action : actions) {
            for (Resource resource : action.resources()) {
                Placement own = placements.computeIfAbsent(resource, this::place);
                Set<Impact> impacts = new TreeSet<>(action.impacts());
                if (action.destroysOnlyWhatIsNew()) { // other destroyed parts could be resources placed elsewhere
                    impacts.remove(Impact.DESTROY);
                }
                Placement whole = withContents(own, impacts);
                Resource container = containers.get(resource);
                if (container != null) {
                    whole = both(whole, inside(resource, withContents(place(container), impacts)));
                }
                placements.put(resource, whole);
            }
        }
        return placements;
    }

    /** Returns the places of all that would be lost, and of what lost backups are copies of. */
    Map<Resource, Placement> placeLosses(BlastRadius radius) {
        Set<Resource> lost = new TreeSet<>(radius.lost());
        radius.lostBackups().stream()
                .map(Backup::of)
                .filter(source -> source.provider().equals(upstream.catalog()))
                .forEach(lost::add);
        Map<Resource, Placement> losses = new TreeMap<>();
        lost.forEach(gone -> losses.put(gone, withContents(place(gone), Set.of(Impact.DESTROY))));
        return losses;
    }

    /**
     * Places what {@code actions} destroy also in every environment of its {@code losses}. So an action needs at least
     * the environments that destroying each of its losses alone would need.
     */
    static Map<Resource, Placement> withLosses(
            List<Action> actions, Map<Resource, Placement> placements, Collection<Placement> losses) {
        Map<Resource, Placement> wide = new TreeMap<>(placements);
        for (Action action : actions) {
            if (action.has(Impact.DESTROY) && !action.destroysOnlyWhatIsNew()) {
                action.resources().stream()
                        .filter(resource -> !action.preserves(resource))
                        .forEach(resource -> wide.computeIfPresent(resource, (_, own) -> withLosses(own, losses)));
            }
        }
        return wide;
    }

    private static Placement withLosses(Placement own, Collection<Placement> losses) {
        Set<String> environments = new TreeSet<>(own.environments());
        losses.forEach(loss -> environments.addAll(loss.environments()));
        return environments.equals(own.environments())
                ? own
                : new Placement(own.resource(), environments, own.groups(), Provenance.RESOLVED, own.known());
    }

    private Placement withContents(Placement own, Set<Impact> impacts) {
        Placement whole = nesting.placed(own, impacts);
        if (!whole.environments().equals(own.environments())) {
            note("`" + own.resource() + "` counts as " + Phrases.list(whole.environments())
                    + ", including the resources that the seal places in it.");
        }
        return whole;
    }

    private static Placement inside(Resource resource, Placement whole) {
        return new Placement(
                resource,
                whole.environments(),
                union(whole.groups(), Set.of(whole.resource())),
                Provenance.RESOLVED,
                whole.known());
    }

    private static Placement both(Placement one, Placement other) {
        return new Placement(
                one.resource(),
                union(one.environments(), other.environments()),
                union(one.groups(), other.groups()),
                one.provenance() == Provenance.SEALED ? other.provenance() : one.provenance(),
                one.known() && other.known());
    }

    private static <T> Set<T> union(Set<T> one, Set<T> other) {
        Set<T> all = new TreeSet<>(one);
        all.addAll(other);
        return all;
    }

    private Placement place(Resource resource) {
        if (!resource.provider().equals(upstream.catalog())) {
            return unknown(resource, "belongs to another provider");
        }
        Optional<Placement> sealed = upstream.placement(resource);
        if (containers.containsKey(resource)) {
            Placement told = inside(resource, place(containers.get(resource)));
            sealed.ifPresent(own -> disagreement(resource, own.environments(), told.environments()));
            return sealed.map(own -> both(own, told)).orElse(told);
        }
        boolean bound = ResourceKind.of(resource) == ResourceKind.ENVIRONMENT
                && upstream.resources().containsKey(resource);
        if (sealed.isPresent() && (!asked || bound)) {
            return sealed.get(); // the seal binds an environment: no provider knows our names
        }
        Optional<ResourcePlace> said = picture.flatMap(topology -> topology.findPlace(resource))
                .filter(whereabouts -> !whereabouts.environments().isEmpty());
        return said.isPresent() ? resolved(resource, sealed, said.get()) : missing(resource, sealed);
    }

    private Placement resolved(Resource resource, Optional<Placement> sealed, ResourcePlace said) {
        Set<String> environments = new TreeSet<>();
        boolean known = true;
        for (String id : said.environments()) {
            Resource environment = new Resource(resource.provider(), "environment", id);
            Placement binding = upstream.resources().get(environment);
            known &= binding != null;
            environments.addAll(binding == null ? seal.mostProtected() : binding.environments());
            if (binding == null) {
                note("`" + environment + "` has no environment in the seal, so it counts as "
                        + Phrases.list(seal.mostProtected()) + ".");
            }
        }
        if (sealed.isEmpty()) {
            return new Placement(resource, environments, said.groups(), Provenance.RESOLVED, known);
        }
        disagreement(resource, sealed.get().environments(), environments);
        Set<String> all = union(sealed.get().environments(), environments);
        return new Placement(
                resource,
                all,
                union(sealed.get().groups(), said.groups()),
                all.equals(sealed.get().environments()) ? Provenance.SEALED : Provenance.RESOLVED,
                known);
    }

    private void disagreement(Resource resource, Set<String> sealed, Set<String> resolved) {
        if (!sealed.equals(resolved)) {
            note("The seal places `" + resource + "` in " + Phrases.list(sealed) + ", but the provider in "
                    + Phrases.list(resolved) + "; both count.");
        }
    }

    private Placement missing(Resource resource, Optional<Placement> sealed) {
        if (sealed.isPresent() && ResourceKind.of(resource) == ResourceKind.OTHER) {
            return sealed.get(); // the provider is never queried about these: only the seal can know
        }
        Placement unknown = unknown(
                resource,
                asked && picture.isEmpty() ? "could not be looked up" : "is not known to the seal or the provider");
        return sealed.map(placement -> both(unknown, placement)).orElse(unknown);
    }

    private Placement unknown(Resource resource, String why) {
        note("`" + resource + "` " + why + ", so it counts as " + Phrases.list(seal.mostProtected()) + ".");
        return new Placement(resource, seal.mostProtected(), Set.of(), Provenance.SEALED, false);
    }

    private void note(String sentence) {
        notes.add(sentence);
    }
}
