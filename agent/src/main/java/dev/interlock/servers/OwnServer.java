package dev.interlock.servers;

import java.util.List;
import java.util.Optional;

/** A server of MCP in a person's own settings: a program with its arguments, or an address. */
public record OwnServer(String name, List<String> command, Optional<String> url) {
    public OwnServer {
        command = List.copyOf(command);
    }

    boolean yieldsTo(List<McpServer> sealed) {
        return sealed.stream()
                .anyMatch(
                        one -> one.name().equals(name) || url.filter(one::isAt).isPresent());
    }
}
