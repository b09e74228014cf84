package dev.interlock.inventory;

import dev.interlock.action.BlastRadius;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where everything that an attempt touches is, and what it would cost.
 *
 * @param placements one for each resource of the actions
 * @param radius what would be lost and what would remain
 * @param gaps what the provider did not tell just now, in whole sentences; asked again later it may
 */
public record Located(Map<Resource, Placement> placements, BlastRadius radius, List<String> gaps) {
    public Located {
        gaps = List.copyOf(gaps);
        placements = Collections.unmodifiableMap(new TreeMap<>(placements));
    }
}
