package dev.interlock.admin;

import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.catalog.McpTools;
import dev.interlock.evidence.Json;
import dev.interlock.identity.LeaseRequest;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The command about servers of MCP behind the gateway. Clients on this machine write agents' settings with it. */
public final class McpCommands implements CommandGroup {

    private final BiFunction<Seal, String, Optional<McpTools>> servers;

    /** @param servers the tools that a catalog of a seal, by name, lists, if it is about a server of MCP */
    public McpCommands(BiFunction<Seal, String, Optional<McpTools>> servers) {
        this.servers = servers;
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
                                .flatMap(upstream -> servers.apply(seal, upstream.catalog()).stream()
                                        .filter(tools -> isServer(upstream, tools))
                                        .filter(tools -> lease.filter(one -> !mayBegin(one, upstream, tools))
                                                .isEmpty())
                                        .map(tools -> json(upstream, tools.endpoint()))));
    }

    /** A catalog may also be about an API, as that of GitHub. Then only an upstream that places the server is one. */
    private static boolean isServer(Seal.Upstream upstream, McpTools tools) {
        return upstream.placement(tools.self()).isPresent();
    }

    /** Returns whether {@code lease} covers the question about the server itself, with which every client begins. */
    private static boolean mayBegin(LeaseRequest lease, Seal.Upstream upstream, McpTools tools) {
        return lease.impacts().contains(Impact.READ)
                && upstream.placement(tools.self())
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
