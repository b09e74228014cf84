package dev.interlock.connect;

import dev.interlock.servers.McpServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The parameters for connecting an agent to the gateway.
 *
 * @param home the directory in which its user keeps settings
 * @param gateway the gateway's own address
 * @param upstream of its model's provider; empty for the name of that provider's catalog
 * @param proxyAuthority the authority that certifies the sealed hosts, if the gateway is a proxy as well
 * @param lease the command that prints a lease; empty if one is in {@code $INTERLOCK_LEASE}
 * @param managed whether the settings are those that users cannot change
 * @param servers the servers of MCP behind the gateway
 * @param subscription whether the gateway asks the model with a subscription's credential
 */
public record ConnectionRequest(
        Path home,
        URI gateway,
        Optional<String> upstream,
        Optional<Path> proxyAuthority,
        List<String> lease,
        boolean managed,
        List<McpServer> servers,
        boolean subscription) {

    public ConnectionRequest {
        lease = List.copyOf(lease);
        servers = List.copyOf(servers);
    }

    /** Creates one without servers of MCP, for a gateway with an API key. */
    public ConnectionRequest(
            Path home,
            URI gateway,
            Optional<String> upstream,
            Optional<Path> proxyAuthority,
            List<String> lease,
            boolean managed) {
        this(home, gateway, upstream, proxyAuthority, lease, managed, List.of(), false);
    }

    /** Returns the address of {@code provider} at the gateway. */
    String base(String provider) {
        String own = gateway.toString();
        return (own.endsWith("/") ? own.substring(0, own.length() - 1) : own) + "/" + upstream.orElse(provider);
    }
}
