package dev.interlock.inventory;

import dev.interlock.action.Seal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

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

    private record CachedTopology(Topology topology, Instant at) {}

    private final Clock clock;
    private final Map<String, CachedTopology> pictures = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CachedTopology> eldest) {
            return size() > MAX_PICTURES;
        }
    };

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

    /** Returns the key of {@code upstream}: another address or credential may show other resources. */
    private static String key(Seal.Upstream upstream) {
        return upstream.name() + " " + upstream.address() + " "
                + upstream.resolver().orElse("");
    }
}
