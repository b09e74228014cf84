package dev.interlock.servers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.interlock.evidence.MalformedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The forms of the settings in which agents name their servers of MCP.
 *
 * <p>A server of the seal takes the place of the person's own one with the same name, or at the same address: that one
 * has no credential and no route in a sandbox. No lease is written, only the name of the variable that has it.
 */
public enum ServerSettings {
    CLAUDE_CODE {
        @Override
        String with(String settings, List<McpServer> servers, Path workspace) {
            return JsonServers.read(settings)
                    .without(servers)
                    .with(servers, server -> entry(server, LEASE))
                    .withIn(workspace, servers, server -> entry(server, LEASE))
                    .text();
        }

        @Override
        List<OwnServer> all(String settings, Optional<Path> workspace) {
            return JsonServers.read(settings).own(workspace);
        }
    },

    CODEX {
        @Override
        String with(String settings, List<McpServer> servers, Path workspace) {
            return TomlServers.read(settings).without(servers) + tables(servers, LEASE);
        }

        @Override
        List<OwnServer> all(String settings, Optional<Path> workspace) {
            return TomlServers.read(settings).own();
        }
    },

    GEMINI {
        @Override
        String with(String settings, List<McpServer> servers, Path workspace) {
            return JsonServers.read(settings)
                    .without(servers)
                    .with(servers, server -> entry(server, LEASE))
                    .text();
        }

        @Override
        List<OwnServer> all(String settings, Optional<Path> workspace) {
            return JsonServers.read(settings).own(Optional.empty());
        }
    };

    private static final String LEASE = "INTERLOCK_LEASE";

    abstract String with(String settings, List<McpServer> servers, Path workspace);

    abstract List<OwnServer> all(String settings, Optional<Path> workspace);

    /**
     * Returns {@code settings} with {@code servers}, for a sandbox; empty if it cannot be parsed.
     *
     * @param workspace where the agent starts
     */
    public Optional<String> add(String settings, List<McpServer> servers, Path workspace) {
        try {
            return Optional.of(servers.isEmpty() ? settings : with(settings, servers, workspace));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the person's own servers whose place none of {@code servers} takes.
     *
     * @param workspace where the agent starts; empty for the servers of all workspaces alone
     */
    public List<OwnServer> own(String settings, List<McpServer> servers, Optional<Path> workspace) {
        try {
            return all(settings, workspace).stream()
                    .filter(one -> !one.yieldsTo(servers))
                    .toList();
        } catch (MalformedException e) {
            return List.of(); // the agent says what is wrong with its file
        }
    }

    public List<String> sameNames(String settings, List<McpServer> servers) {
        Set<String> own = own(settings, List.of(), Optional.empty()).stream()
                .map(OwnServer::name)
                .collect(Collectors.toSet());
        return servers.stream().map(McpServer::name).filter(own::contains).toList();
    }

    public ObjectNode entry(McpServer server, String variable) {
        ObjectNode entry = this == GEMINI
                ? JsonServers.object().put("httpUrl", server.address())
                : JsonServers.object().put("type", "http").put("url", server.address());
        entry.putObject("headers").put("Authorization", "Bearer ${" + variable + "}");
        return entry;
    }

    /** Returns the tables of TOML by which Codex names {@code servers}. */
    public String tables(List<McpServer> servers, String variable) {
        StringBuilder text = new StringBuilder();
        servers.forEach(server -> text.append("\n[mcp_servers.")
                .append(server.name())
                .append("]\nurl = ")
                .append(new TextNode(server.address())) // TOML's strings have the same form as JSON's
                .append("\nbearer_token_env_var = \"")
                .append(variable)
                .append("\"\n"));
        return text.toString();
    }

    /** Whether the agent joins its servers of one name from two files, so that neither is the one meant. */
    public boolean joins() {
        return this == CODEX;
    }
}
