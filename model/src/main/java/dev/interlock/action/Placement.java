package dev.interlock.action;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The location of a resource.
 *
 * @param environments every environment it belongs to; never empty (an unknown resource is in the most protected ones)
 * @param groups further resources it lies in, such as its project
 * @param known false if there is no source, and the resource was therefore put into the most protected environments
 */
public record Placement(
        Resource resource, Set<String> environments, Set<Resource> groups, Provenance provenance, boolean known) {
    public Placement {
        if (environments.isEmpty()) {
            throw new IllegalArgumentException("a resource in no environment would need no permission");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        groups = Collections.unmodifiableSet(new TreeSet<>(groups));
    }
}
