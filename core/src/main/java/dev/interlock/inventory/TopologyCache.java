package dev.interlock.inventory;

import dev.interlock.action.LruMap;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.Topology.SingleResource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The last picture of each upstream.
 *
 * <p>Threading: every method holds the monitor; no query is made under it.
 */
final class TopologyCache {

    /** Maximum age of a picture to rely on. The background refresh runs twice in this time. */
    static final Duration MAX_AGE = Duration.ofMinutes(2);

    /** Maximum pictures. A seal names a handful of upstreams; a few seals may be in force in turn. */
    static final int MAX_PICTURES = 64;

    /** Maximum remembered deployments; the one that was unused longest is forgotten first. */
    static final int MAX_DEPLOYMENTS = 10_000;

    private record CachedTopology(Topology topology, Instant at) {}

    private final Clock clock;
    private final Map<String, CachedTopology> pictures = new LruMap<>(MAX_PICTURES);
    private final Map<String, SingleResource> deployments = new LruMap<>(MAX_DEPLOYMENTS);

    TopologyCache(Clock clock) {
        this.clock = clock;
    }

    /** Returns the picture of {@code upstream}, if there is one that is young enough. */
    synchronized Optional<Topology> recent(Seal.Upstream upstream) {
        Instant oldest = clock.instant().minus(MAX_AGE);
        return Optional.ofNullable(pictures.get(key(upstream)))
                .filter(taken -> !taken.at().isBefore(oldest))
                .map(CachedTopology::topology);
    }

    /** Returns the picture of {@code upstream}, however old; it tells where to query first. */
    synchronized Optional<Topology> any(Seal.Upstream upstream) {
        return Optional.ofNullable(pictures.get(key(upstream))).map(CachedTopology::topology);
    }

    /** Stores a picture whose survey began at {@code at}. An older one never replaces a newer one. */
    synchronized void keep(Seal.Upstream upstream, Topology topology, Instant at) {
        CachedTopology before = pictures.get(key(upstream));
        if (before == null || !before.at().isAfter(at)) {
            pictures.put(key(upstream), new CachedTopology(topology, at));
        }
    }

    /**
     * Returns the places of those of {@code resources} that are known deployments. A deployment never leaves its
     * environment, so an agent that follows one costs a single query.
     */
    synchronized Map<Resource, SingleResource> deployments(Seal.Upstream upstream, Set<Resource> resources) {
        Map<Resource, SingleResource> known = new TreeMap<>();
        for (Resource resource : resources) {
            SingleResource place = deployments.get(key(upstream) + " " + resource);
            if (place != null) {
                known.put(resource, place);
            }
        }
        return known;
    }

    /** Stores the places of the deployments among {@code singles}. */
    synchronized void keepDeployments(Seal.Upstream upstream, Map<Resource, SingleResource> singles) {
        singles.forEach((resource, place) -> {
            if (resource.type().equals("deployment")) {
                deployments.put(key(upstream) + " " + resource, place);
            }
        });
    }

    /** Returns the key of {@code upstream}: another address or credential may show other resources. */
    static String key(Seal.Upstream upstream) {
        return upstream.name() + " " + upstream.address() + " "
                + upstream.resolver().orElse("");
    }
}
