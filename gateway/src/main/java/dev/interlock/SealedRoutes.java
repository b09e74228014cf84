package dev.interlock;

import dev.interlock.action.Seal;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.front.http.Origin;
import dev.interlock.front.http.Routes;
import dev.interlock.policy.SealsInForce;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Upstreams by the seal in force and their catalogs. */
final class SealedRoutes implements Routes {

    private final SealsInForce seals;
    private final Catalogs catalogs;

    SealedRoutes(SealsInForce seals, Catalogs catalogs) {
        this.seals = seals;
        this.catalogs = catalogs;
    }

    @Override
    public Found find(String upstream) {
        Optional<Seal> seal = seals.current();
        if (seal.isEmpty()) {
            return new Unsealed(seals.absence().reason());
        }
        return Optional.ofNullable(seal.get().upstreams().get(upstream))
                .<Found>flatMap(
                        known -> catalogs.of(seal.get()).find(known.catalog()).map(catalog -> route(known, catalog)))
                .orElseGet(Unknown::new);
    }

    @Override
    public Hosting at(Origin origin) {
        Optional<Seal> seal = seals.current();
        if (seal.isEmpty()) {
            return new Unsealed(seals.absence().reason());
        }
        Map<String, Route> there = new HashMap<>();
        for (Seal.Upstream upstream : seal.get().upstreams().values()) {
            if (Origin.of(upstream.address()).equals(origin)) {
                catalogs.of(seal.get())
                        .find(upstream.catalog())
                        .ifPresent(catalog -> there.put(upstream.name(), route(upstream, catalog)));
            }
        }
        return new Hosted(there);
    }

    static Route route(Seal.Upstream upstream, Catalog catalog) {
        return new Route(
                upstream.address(),
                upstream.ca(),
                new Carriers(catalog.carriers().headers(), catalog.carriers().query()),
                catalog::isGraphql,
                catalog::isOpaque,
                upstream.inside(),
                upstream.priorKnowledge());
    }

    /** The way to an upstream for the gateway's own questions. */
    Route route(Seal seal, Seal.Upstream upstream) {
        return route(upstream, catalogs.of(seal).find(upstream.catalog()).orElseThrow());
    }
}
