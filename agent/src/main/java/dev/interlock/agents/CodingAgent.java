package dev.interlock.agents;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.servers.ServerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A coding agent.
 *
 * @param name as its maker writes it
 * @param program the command that starts it
 * @param word its name in {@code connect}; empty if it is only reported
 * @param provider the catalog of its model's provider; empty if it uses its maker's servers
 * @param tested the version that tests run; empty if none do
 */
public record CodingAgent(
        String name,
        String program,
        String word,
        String provider,
        String tested,
        Optional<AgentLogin> login,
        Optional<ServersFile> servers,
        @JsonProperty("protection") Optional<Protection> confined,
        @JsonProperty("connection") Optional<AgentConnector> connected) {

    @SuppressWarnings("NullAway") // the reader passes null for what is absent
    public CodingAgent {
        word = Objects.requireNonNullElse(word, "");
        provider = Objects.requireNonNullElse(provider, "");
        tested = Objects.requireNonNullElse(tested, "");
    }

    /** A login, by its file below the home, and what becomes of it if the gateway gets no key. */
    public record AgentLogin(String file, String advice) {}

    /** Where it names its servers of MCP, below the home, and the variables by which it waits for them. */
    public record ServersFile(ServerSettings form, Path file, Map<String, String> variables) {
        @SuppressWarnings("NullAway")
        public ServersFile {
            variables = variables == null ? Map.of() : Map.copyOf(variables);
        }
    }

    /**
     * How {@code connect} connects it.
     *
     * @param form the files to write, by their name
     * @param variable in which it expects a lease at its start, unless it runs a command for one
     * @param options of its command, so that it takes the settings
     */
    public record AgentConnector(String form, String variable, boolean takesCommand, String options) {
        @SuppressWarnings("NullAway")
        public AgentConnector {
            variable = Objects.requireNonNullElse(variable, "INTERLOCK_LEASE");
            options = Objects.requireNonNullElse(options, "");
        }

        public List<ConnectedFile> files() {
            return Objects.requireNonNull(AgentsFile.KNOWN.connections().get(form), form);
        }
    }

    public static List<CodingAgent> all() {
        return AgentsFile.KNOWN.agents();
    }

    /** Returns the agent that {@code name} starts, or that is called so elsewhere; empty if there is none. */
    public static Optional<CodingAgent> of(String name) {
        return all().stream()
                .filter(agent -> !name.isEmpty() && (agent.program.equals(name) || agent.word.equals(name)))
                .findFirst();
    }

    public Protection protection() {
        return confined.orElseThrow();
    }

    public AgentConnector connection() {
        return connected.orElseThrow();
    }

    /** Returns what becomes of its login in {@code home} if the gateway gets no API key; empty if there is none. */
    public Optional<String> login(Path home) {
        return login.filter(one -> Files.isRegularFile(home.resolve(one.file())))
                .map(AgentLogin::advice);
    }

    static <T> List<T> list(@Nullable List<T> items) {
        return items == null ? List.of() : List.copyOf(items);
    }
}
