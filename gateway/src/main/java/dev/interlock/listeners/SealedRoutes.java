package dev.interlock.listeners;

import dev.interlock.action.Seal;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.front.git.PushAdmission;
import dev.interlock.front.http.UpstreamOrigin;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.policy.SealsInForce;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Routes to upstreams, by the seal in force and the catalogs. */
public final class SealedRoutes implements UpstreamRoutes {

    private final SealsInForce seals;
    private final Catalogs catalogs;
    private final Path pushes;

    /**
     * Creates the routes.
     *
     * @param pushes the directory for the bodies of pushes
     */
    public SealedRoutes(SealsInForce seals, Catalogs catalogs, Path pushes) {
        this.pushes = pushes;
        this.seals = seals;
        this.catalogs = catalogs;
    }

    @Override
    public RouteLookup find(String upstream) {
        Optional<Seal> seal = seals.current();
        if (seal.isEmpty()) {
            return new NoSealInForce(seals.refusalWithoutSeal().reason());
        }
        return Optional.ofNullable(seal.get().upstreams().get(upstream))
                .<RouteLookup>flatMap(
                        known -> catalogs.of(seal.get()).find(known.catalog()).map(catalog -> route(known, catalog)))
                .orElseGet(UnknownUpstream::new);
    }

    @Override
    public OriginLookup at(UpstreamOrigin origin) {
        Optional<Seal> seal = seals.current();
        if (seal.isEmpty()) {
            return new NoSealInForce(seals.refusalWithoutSeal().reason());
        }
        Map<String, UpstreamRoute> there = new HashMap<>();
        for (Seal.Upstream upstream : seal.get().upstreams().values()) {
            if (UpstreamOrigin.of(upstream.address()).equals(origin)) {
                catalogs.of(seal.get())
                        .find(upstream.catalog())
                        .ifPresent(catalog -> there.put(upstream.name(), route(upstream, catalog)));
            }
        }
        return new OriginRoutes(there);
    }

    private UpstreamRoute route(Seal.Upstream upstream, Catalog catalog) {
        return new UpstreamRoute(
                upstream.address(),
                upstream.ca(),
                new ExtraCarriers(
                        catalog.carriers().headers(), catalog.carriers().query()),
                catalog::isGraphql,
                catalog::isOpaque,
                upstream.inside(),
                upstream.priorKnowledge(),
                new PushAdmission(catalog::isPush, pushes),
                new McpMessages(catalog));
    }

    /** Returns the route to an upstream for the gateway's own questions. */
    public UpstreamRoute route(Seal seal, Seal.Upstream upstream) {
        return route(upstream, catalogs.of(seal).find(upstream.catalog()).orElseThrow());
    }
}
