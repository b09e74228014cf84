package dev.interlock.action;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Why a verdict fell as it did.
 *
 * @param seal the identifier of the seal in force
 * @param policies the ids of the policies that decided, sorted
 */
public record Grounds(String seal, List<String> policies) {
    public Grounds {
        policies = List.copyOf(new TreeSet<>(policies));
    }

    /** The policies of both; they rest on the same seal. */
    public Grounds and(Collection<String> more) {
        TreeSet<String> all = new TreeSet<>(policies);
        all.addAll(more);
        return new Grounds(seal, List.copyOf(all));
    }
}
