package dev.interlock.servers;

import java.util.List;
import java.util.Optional;

/**
 * A server of MCP in a person's own settings.
 *
 * @param command the program that is the server, and its arguments; empty for a remote one
 * @param url its address, if it is a remote one
 */
public record OwnServer(String name, List<String> command, Optional<String> url) {
    public OwnServer {
        command = List.copyOf(command);
    }

    /** Returns whether one of {@code sealed} takes its place. */
    boolean yieldsTo(List<McpServer> sealed) {
        return sealed.stream()
                .anyMatch(
                        one -> one.name().equals(name) || url.filter(one::isAt).isPresent());
    }
}
