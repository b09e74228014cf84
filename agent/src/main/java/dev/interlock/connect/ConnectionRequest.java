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
 * @param upstream of its model's provider; empty for the name of that provider's catalog
 * @param lease the command that prints a lease; empty if one is in the environment
 * @param servers the servers of MCP behind the gateway
 * @param subscription whether the gateway asks the model with a subscription's credential
 */
public record ConnectionRequest(
        Path home,
        URI gateway,
        Optional<String> upstream,
        List<String> lease,
        List<McpServer> servers,
        boolean subscription) {

    public ConnectionRequest {
        lease = List.copyOf(lease);
        servers = List.copyOf(servers);
    }

    String base(String provider) {
        String own = gateway.toString();
        return (own.endsWith("/") ? own.substring(0, own.length() - 1) : own) + "/" + upstream.orElse(provider);
    }
}
