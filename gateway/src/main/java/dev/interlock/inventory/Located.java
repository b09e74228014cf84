package dev.interlock.inventory;

import dev.interlock.action.BlastRadius;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where everything that an attempt touches is, and what it would cost.
 *
 * @param placements one for each resource of the actions
 * @param radius what would be lost and what would remain
 */
public record Located(Map<Resource, Placement> placements, BlastRadius radius) {
    public Located {
        placements = Collections.unmodifiableMap(new TreeMap<>(placements));
    }
}
