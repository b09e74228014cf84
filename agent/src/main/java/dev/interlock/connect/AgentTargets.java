package dev.interlock.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.interlock.agents.CodingAgent;
import dev.interlock.agents.ConnectedFile;
import dev.interlock.linux.ShellWords;
import dev.interlock.servers.McpServer;
import dev.interlock.servers.ServerSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The settings of an agent for one connection. */
public record AgentTargets(CodingAgent agent, ConnectionRequest wish) {

    private static final List<McpServer> ANY_SERVER = List.of(new McpServer("any", "http://127.0.0.1", ""));
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z-]+)}");

    public static Optional<CodingAgent> agent(String word) {
        return CodingAgent.of(word)
                .filter(agent -> agent.word().equals(word) && agent.connected().isPresent());
    }

    public static String tried(CodingAgent agent) {
        return "tested with " + agent.tested() + ", headless";
    }

    /** Returns all files in which its settings may be. No other file is ever changed for it. */
    static Set<Path> files(CodingAgent agent, Path home) {
        ConnectionRequest any = new ConnectionRequest(
                home, URI.create("http://127.0.0.1"), Optional.empty(), List.of(), ANY_SERVER, false);
        return new AgentTargets(agent, any)
                .all().stream().map(SettingsTarget::file).collect(Collectors.toSet());
    }

    List<SettingsTarget> all() {
        return files().map(this::target).toList();
    }

    private Stream<ConnectedFile> files() {
        return agent.connection().files().stream().filter(file -> applies(file.when()));
    }

    private SettingsTarget target(ConnectedFile file) {
        if (!file.text().isEmpty()) {
            StringBuilder text = new StringBuilder();
            file.text().stream()
                    .filter(piece -> applies(piece.when()))
                    .forEach(piece -> text.append(filled(piece.is())));
            if (file.servers()) {
                text.append(form().tables(wish.servers(), variable()));
            }
            return new SettingsTarget.WholeFileTarget(path(file), text.toString());
        }
        List<SettingMember> members = new ArrayList<>();
        file.settings().stream()
                .filter(setting -> applies(setting.when()))
                .forEach(setting -> members.add(new SettingMember(setting.at(), filled(setting.is()))));
        if (file.servers()) {
            wish.servers()
                    .forEach(server -> members.add(
                            new SettingMember(List.of("mcpServers", server.name()), form().entry(server, variable()))));
        }
        return new SettingsTarget.JsonTarget(path(file), file.comments(), members, file.rivals());
    }

    private Path path(ConnectedFile file) {
        return wish.home().resolve(file.file());
    }

    private ServerSettings form() {
        return agent.servers().orElseThrow().form();
    }

    private String variable() {
        return agent.connection().variable();
    }

    private boolean applies(Optional<String> condition) {
        return condition.isEmpty()
                || switch (condition.get()) {
                    case "command" -> !wish.lease().isEmpty();
                    case "variable" -> wish.lease().isEmpty();
                    case "subscription" -> wish.subscription();
                    case "key" -> !wish.subscription();
                    case "servers" -> !wish.servers().isEmpty();
                    default -> throw new IllegalStateException("agents.yaml: " + condition.get());
                };
    }

    private JsonNode filled(JsonNode value) {
        return value.isTextual() ? new TextNode(filled(value.textValue())) : value;
    }

    private String filled(String template) {
        Map<String, String> values = values();
        return PLACEHOLDER
                .matcher(template)
                .replaceAll(found ->
                        Matcher.quoteReplacement(Objects.requireNonNull(values.get(found.group(1)), found.group())));
    }

    private Map<String, String> values() {
        Map<String, String> values = new HashMap<>(Map.of(
                "base", wish.base(agent.provider()), "gateway", wish.gateway().toString()));
        if (!wish.lease().isEmpty()) {
            List<String> arguments = wish.lease().subList(1, wish.lease().size());
            values.put("command", ShellWords.line(wish.lease()));
            values.put("program", quoted(wish.lease().getFirst()));
            values.put(
                    "arguments",
                    arguments.stream().map(AgentTargets::quoted).collect(Collectors.joining(", ", "[", "]")));
        }
        return values;
    }

    /** Returns the command that starts the agent from then on. */
    public String command() {
        String options = agent.connection().options();
        return agent.program()
                + (options.isEmpty() ? "" : " " + options)
                + files().filter(file -> file.option().isPresent())
                        .map(file -> " " + file.option().get() + ShellWords.quoted(path(file)))
                        .collect(Collectors.joining());
    }

    /** TOML basic strings have the same escapes as JSON strings, for all characters of addresses and commands. */
    private static String quoted(String text) {
        return new TextNode(text).toString();
    }
}
