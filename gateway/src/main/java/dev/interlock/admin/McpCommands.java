package dev.interlock.admin;

import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RemoteQuestion;
import dev.interlock.identity.LeaseRequest;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The command about servers of MCP behind the gateway. Clients on this machine write agents' settings with it. */
public final class McpCommands implements CommandGroup {

    /** A server's path, and what a client touches that asks the server about itself, by its catalog. */
    public record KnownServer(String endpoint, Resource self) {}

    private final BiFunction<Seal, String, Optional<KnownServer>> servers;

    /** @param servers what a catalog of a seal, by name, says of a server of MCP, if it is about one */
    public McpCommands(BiFunction<Seal, String, Optional<KnownServer>> servers) {
        this.servers = servers;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                RemoteQuestion.ListServers.class,
                request -> list(request.seal(), request.question().terms())));
    }

    private RemoteQuestion.Servers list(Seal seal, Optional<LeaseTerms> terms) {
        Optional<LeaseRequest> lease = terms.map(asked -> LeaseCommands.request(seal, asked));
        return new RemoteQuestion.Servers(seal.upstreams().values().stream()
                .flatMap(upstream -> servers.apply(seal, upstream.catalog()).stream()
                        .filter(known -> isServer(upstream, known))
                        .filter(known -> lease.filter(one -> !mayBegin(one, upstream, known))
                                .isEmpty())
                        .map(known -> new RemoteQuestion.Server(
                                upstream.name(),
                                "/" + upstream.name() + known.endpoint(),
                                without(upstream.address()) + known.endpoint())))
                .toList());
    }

    /** A catalog may also be about an API, as that of GitHub. Then only an upstream that places the server is one. */
    private static boolean isServer(Seal.Upstream upstream, KnownServer server) {
        return upstream.placement(server.self()).isPresent();
    }

    private static boolean mayBegin(LeaseRequest lease, Seal.Upstream upstream, KnownServer server) {
        return lease.impacts().contains(Impact.READ)
                && upstream.placement(server.self())
                        .filter(placement -> lease.environments().containsAll(placement.environments()))
                        .isPresent();
    }

    private static String without(URI address) {
        String text = address.toString();
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }
}
