package dev.interlock.inventory;

import dev.interlock.action.BlastRadius;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The places of everything that an attempt touches, and the possible loss.
 *
 * @param placements one for each resource of the actions
 * @param radius the resources that would be lost, and those that would remain
 * @param gaps the questions that the provider did not answer this time, in whole sentences; it may later
 */
public record LocatedActions(Map<Resource, Placement> placements, BlastRadius radius, List<String> gaps) {
    public LocatedActions {
        gaps = List.copyOf(gaps);
        placements = Collections.unmodifiableMap(new TreeMap<>(placements));
    }
}
