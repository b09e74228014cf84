package dev.interlock.action;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The seal's map of one upstream's resources to environments, line by line and by patterns.
 *
 * <p>Agents choose how many names a call has, and each may be another spelling of one that has a line. So the seal's
 * names are folded once and looked up in a map.
 */
public final class SealedPlacements {

    /** A pattern, and its folded prefix: the text before the star as a provider may read it. */
    private record FoldedPrefix(ResourcePattern pattern, String folded) {}

    private final Map<Resource, Placement> resources;
    private final Set<ResourcePattern> patterns;
    private final Map<String, List<Placement>> alike = new HashMap<>();
    private final List<FoldedPrefix> beginnings;

    /** Created on first use, because most seals are never asked. A race may create two, but they are equal. */
    private volatile @Nullable ContainmentIndex contents;

    /** Creates placements with a line for each of {@code resources}, and {@code patterns} for the others. */
    public SealedPlacements(Map<Resource, Placement> resources, Set<ResourcePattern> patterns) {
        this.resources = Collections.unmodifiableMap(new TreeMap<>(resources));
        this.patterns = Collections.unmodifiableSet(new TreeSet<>(patterns));
        this.resources.forEach((resource, placement) ->
                alike.computeIfAbsent(resource.folded(), _ -> new ArrayList<>()).add(placement));
        this.beginnings = this.patterns.stream()
                .map(pattern -> new FoldedPrefix(pattern, Resource.folded(pattern.prefix())))
                .toList();
    }

    ContainmentIndex contents() {
        ContainmentIndex made = contents;
        if (made == null) {
            made = new ContainmentIndex(this);
            contents = made;
        }
        return made;
    }

    public Map<Resource, Placement> resources() {
        return resources;
    }

    public Set<ResourcePattern> patterns() {
        return patterns;
    }

    /** See {@link Seal.Upstream#placement}. */
    Optional<Placement> placement(Resource resource) {
        Placement exact = resources.get(resource);
        return exact != null
                ? Optional.of(exact)
                : patterns.stream()
                        .filter(pattern -> pattern.covers(resource))
                        .max(Comparator.comparingInt(pattern -> pattern.prefix().length()))
                        .map(longest -> placement(resource, longest));
    }

    private Placement placement(Resource resource, ResourcePattern longest) {
        Set<String> environments = new TreeSet<>(longest.environments());
        Set<Resource> groups = new TreeSet<>(longest.groups());
        resource.foldedWithoutEndings().stream()
                .flatMap(name -> alike.getOrDefault(name, List.of()).stream())
                .forEach(other -> {
                    environments.addAll(other.environments());
                    groups.addAll(other.groups());
                });
        String folded = Resource.folded(resource.id());
        beginnings.stream()
                .filter(other ->
                        other.pattern().prefix().length() >= longest.prefix().length())
                .filter(other -> other.pattern().mayCover(resource, other.folded(), folded))
                .map(FoldedPrefix::pattern)
                .forEach(other -> {
                    environments.addAll(other.environments());
                    groups.addAll(other.groups());
                });
        return new Placement(resource, environments, groups, Provenance.SEALED, true);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SealedPlacements places
                && resources.equals(places.resources)
                && patterns.equals(places.patterns);
    }

    @Override
    public int hashCode() {
        return Objects.hash(resources, patterns);
    }

    @Override
    public String toString() {
        return resources.values() + " and " + patterns;
    }
}
