package dev.interlock.action;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What lies directly in what at one upstream, to be looked up: agents choose how many things a call names, and a search
 * through the whole seal for each of them would be theirs to ask for.
 */
final class Contents {

    private final Places places;
    private final Map<Resource, Set<String>> wholes = new HashMap<>();
    private final Map<Resource, Set<String>> names = new HashMap<>();
    private final Map<String, List<Resource>> resources = new HashMap<>();
    private final Map<String, List<ResourcePattern>> patterns = new HashMap<>();

    Contents(Places places) {
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

    /** What the seal names one by one directly in {@code container}. */
    List<Resource> resources(Resource container) {
        return names(container).stream()
                .flatMap(name -> resources.getOrDefault(name, List.of()).stream())
                .toList();
    }

    /** What the seal names one by one that {@code resource}, placed or not, lies directly in. */
    List<Resource> containers(Resource resource) {
        Set<String> around = wholesOf(resource);
        return names.entrySet().stream()
                .filter(whole -> whole.getValue().stream().anyMatch(around::contains))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The patterns of which all is directly in {@code container}. */
    List<ResourcePattern> patterns(Resource container) {
        return names(container).stream()
                .flatMap(name -> patterns.getOrDefault(name, List.of()).stream())
                .toList();
    }

    /** Whether {@code resource}, which the seal may have placed or not, lies directly in one of {@code containers}. */
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

    /** What a whole is found by: as a group, and as what other names begin with. */
    private static Set<String> named(Resource whole) {
        return Set.of(whole.folded(), beginning(whole.provider(), Resource.folded(whole.id())));
    }

    /** The names of all that something lies in directly. */
    private static Set<String> wholes(String provider, String id, Set<Resource> groups) {
        Set<String> wholes = new HashSet<>();
        groups.stream().filter(group -> group.provider().equals(provider)).forEach(group -> wholes.add(group.folded()));
        String folded = Resource.folded(id);
        for (int slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
            wholes.add(beginning(provider, folded.substring(0, slash)));
        }
        return wholes;
    }

    /** No group is written so: theirs have a colon there. */
    private static String beginning(String provider, String folded) {
        return provider + "/" + folded;
    }
}
