package dev.interlock.listeners;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.front.git.PushAdmission;
import dev.interlock.front.http.McpReader;
import dev.interlock.front.http.UpstreamOrigin;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.front.http.UpstreamServer;
import dev.interlock.policy.SealsInForce;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Routes to upstreams, by the seal in force and the catalogs. */
public final class SealedRoutes implements UpstreamRoutes {

    private final SealsInForce seals;
    private final Catalogs catalogs;
    private final Path pushes;
    private final ToolQuarantine quarantine;

    /** Stores bodies of pushes in {@code pushes}; {@code alerts} gets one for each tool that changed. */
    public SealedRoutes(SealsInForce seals, Catalogs catalogs, Path pushes, Consumer<Alert> alerts) {
        this.quarantine = new ToolQuarantine(alerts, System::nanoTime);
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
                .<RouteLookup>flatMap(known ->
                        catalogs.of(seal.get()).find(known.catalog()).map(catalog -> route(seal.get(), known, catalog)))
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
                        .ifPresent(catalog -> there.put(upstream.name(), route(seal.get(), upstream, catalog)));
            }
        }
        return there.isEmpty() && origin.mayBePublic()
                ? seal.get().upstreams().values().stream()
                        .filter(Seal.Upstream::isWeb)
                        .findFirst()
                        .<OriginLookup>map(web -> web(seal.get(), web, origin))
                        .orElse(new OriginRoutes(there))
                : new OriginRoutes(there);
    }

    private WebRoute web(Seal seal, Seal.Upstream upstream, UpstreamOrigin origin) {
        Catalog catalog = catalogs.of(seal).find(upstream.catalog()).orElseThrow();
        return new WebRoute(
                upstream.name(), route(seal, upstream, catalog, UpstreamServer.ofWeb(URI.create(origin.toString()))));
    }

    private UpstreamRoute route(Seal seal, Seal.Upstream upstream, Catalog catalog) {
        return route(
                seal,
                upstream,
                catalog,
                new UpstreamServer(upstream.address(), upstream.ca(), upstream.inside(), upstream.priorKnowledge()));
    }

    private UpstreamRoute route(Seal seal, Seal.Upstream upstream, Catalog catalog, UpstreamServer server) {
        return new UpstreamRoute(
                server,
                new ExtraCarriers(
                        catalog.carriers().headers(), catalog.carriers().query()),
                catalog::isGraphql,
                catalog::takesLongBody,
                catalog::isStorage,
                new PushAdmission(catalog::isPush, pushes),
                catalog.tools()
                        .<McpReader>map(tools -> new McpMessages(catalog, quarantine.of(seal, upstream.name(), tools)))
                        .orElse(McpReader.NONE),
                catalog::isPage,
                catalog::knows);
    }

    /** Returns the route to an upstream for the gateway's own questions. */
    public UpstreamRoute route(Seal seal, Seal.Upstream upstream) {
        return route(seal, upstream, catalogs.of(seal).find(upstream.catalog()).orElseThrow());
    }
}
