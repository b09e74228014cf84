package dev.interlock.admin;

import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.identity.LeaseRequest;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The command about servers of MCP behind the gateway. Clients on this machine write agents' settings with it. */
public final class McpCommands implements CommandGroup {

    private final BiFunction<Seal, String, Optional<String>> endpoints;

    /** @param endpoints the path at which a catalog of a seal, by name, takes messages of MCP, if it does */
    public McpCommands(BiFunction<Seal, String, Optional<String>> endpoints) {
        this.endpoints = endpoints;
    }

    @Override
    public List<Command> commands() {
        return List.of(Command.of(
                "mcp.list",
                Entitlement.SOCKET,
                LeaseCommands.REQUEST,
                request -> list(request.seal(), request.arguments())));
    }

    private Json.Members list(Seal seal, Json.Members arguments) {
        Optional<LeaseRequest> lease = arguments.get("task").isPresent()
                ? Optional.of(LeaseCommands.request(seal, arguments))
                : Optional.empty();
        return Json.object()
                .withItems(
                        "servers",
                        seal.upstreams().values().stream()
                                .filter(upstream -> lease.isEmpty() || mayBegin(lease.get(), upstream))
                                .flatMap(upstream -> endpoints.apply(seal, upstream.catalog()).stream()
                                        .map(endpoint -> json(upstream, endpoint))));
    }

    /** Returns whether {@code lease} covers the question about the server itself, with which every client begins. */
    private static boolean mayBegin(LeaseRequest lease, Seal.Upstream upstream) {
        Resource self = new Resource(upstream.catalog(), "account", "self");
        return lease.impacts().contains(Impact.READ)
                && upstream.placement(self)
                        .filter(placement -> lease.environments().containsAll(placement.environments()))
                        .isPresent();
    }

    private static Json.Members json(Seal.Upstream upstream, String endpoint) {
        return Json.object()
                .with("name", upstream.name())
                .with("path", "/" + upstream.name() + endpoint)
                .with("url", without(upstream.address()) + endpoint);
    }

    private static String without(URI address) {
        String text = address.toString();
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }
}
