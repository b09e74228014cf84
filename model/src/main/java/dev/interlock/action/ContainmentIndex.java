package dev.interlock.action;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An index of which resource lies directly in which at one upstream. Agents choose how many resources a call names.
 * Searching the whole seal for each of them would be a denial of service.
 */
final class ContainmentIndex {

    private final SealedPlacements places;
    private final Map<Resource, Set<String>> wholes = new HashMap<>();
    private final Map<Resource, Set<String>> names = new HashMap<>();
    private final Map<String, List<Resource>> resources = new HashMap<>();
    private final Map<String, List<ResourcePattern>> patterns = new HashMap<>();

    ContainmentIndex(SealedPlacements places) {
        this.places = places;
        places.resources().forEach((resource, placement) -> {
            Set<String> of = wholes(resource.provider(), resource.id(), placement.groups());
            wholes.put(resource, of);
            names.put(resource, named(resource));
            of.forEach(whole -> put(resources, whole, resource));
        });
        places.patterns()
                .forEach(pattern -> wholes(pattern.provider(), pattern.prefix(), pattern.groups())
                        .forEach(whole -> put(patterns, whole, pattern)));
    }

    private static <T> void put(Map<String, List<T>> lists, String name, T one) {
        lists.computeIfAbsent(name, _ -> new ArrayList<>()).add(one);
    }

    List<Resource> resources(Resource container) {
        return names(container).stream()
                .flatMap(name -> resources.getOrDefault(name, List.of()).stream())
                .toList();
    }

    /**
     * Returns the containers that the seal names one by one and that {@code resource} lies directly in. The seal need
     * not place {@code resource} itself.
     */
    List<Resource> containers(Resource resource) {
        Set<String> around = wholesOf(resource);
        return names.entrySet().stream()
                .filter(whole -> whole.getValue().stream().anyMatch(around::contains))
                .map(Map.Entry::getKey)
                .toList();
    }

    List<ResourcePattern> patterns(Resource container) {
        return names(container).stream()
                .flatMap(name -> patterns.getOrDefault(name, List.of()).stream())
                .toList();
    }

    /**
     * Returns whether {@code resource} lies directly in one of {@code containers}. The seal need not place
     * {@code resource} itself.
     */
    boolean liesIn(Resource resource, Collection<Resource> containers) {
        Set<String> around = wholesOf(resource);
        return containers.stream()
                .anyMatch(container -> names(container).stream().anyMatch(around::contains));
    }

    private Set<String> wholesOf(Resource resource) {
        Set<String> of = wholes.get(resource);
        return of != null
                ? of
                : wholes(
                        resource.provider(),
                        resource.id(),
                        places.placement(resource).map(Placement::groups).orElse(Set.of()));
    }

    private Set<String> names(Resource resource) {
        Set<String> known = names.get(resource);
        return known != null ? known : named(resource);
    }

    /** Returns the keys of a container: as a group, and as a prefix of other names. */
    private static Set<String> named(Resource whole) {
        return Set.of(whole.folded(), beginning(whole.provider(), Resource.folded(whole.id())));
    }

    private static Set<String> wholes(String provider, String id, Set<Resource> groups) {
        Set<String> wholes = new HashSet<>();
        groups.stream().filter(group -> group.provider().equals(provider)).forEach(group -> wholes.add(group.folded()));
        String folded = Resource.folded(id);
        for (int slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
            wholes.add(beginning(provider, folded.substring(0, slash)));
        }
        return wholes;
    }

    /** Returns the key of a prefix. No group has such a key: groups have a colon there. */
    private static String beginning(String provider, String folded) {
        return provider + "/" + folded;
    }
}
