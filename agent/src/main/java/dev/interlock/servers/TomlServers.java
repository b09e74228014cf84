package dev.interlock.servers;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The servers of MCP in Codex's settings. All that is not about one that is taken out stays to the character. */
record TomlServers(String text, List<TomlItem> items) {

    private static final String SERVERS = "mcp_servers";

    /** @throws dev.interlock.evidence.MalformedException if {@code text} is not TOML */
    static TomlServers read(String text) {
        return new TomlServers(text, TomlItem.all(text));
    }

    /**
     * Takes out the servers whose place one of {@code sealed} takes. If all servers are in one inline table, all of
     * them are taken out: no table of another one could follow.
     */
    String without(List<McpServer> sealed) {
        Set<String> gone = own().stream()
                .filter(one -> one.yieldsTo(sealed))
                .map(OwnServer::name)
                .collect(Collectors.toSet());
        StringBuilder left = new StringBuilder();
        int at = 0;
        for (TomlItem item : items) {
            boolean isInline = item.path().equals(List.of(SERVERS)) && item.hasValue();
            if (isInline || (isAbout(item) && gone.contains(item.path().get(1)))) {
                left.append(text, at, item.begin());
                at = item.end();
            }
        }
        left.append(text, at, text.length());
        String kept = left.toString();
        return kept.isBlank() ? "" : kept.stripTrailing() + "\n";
    }

    private static boolean isAbout(TomlItem item) {
        return item.path().size() > 1 && item.path().getFirst().equals(SERVERS);
    }

    List<OwnServer> own() {
        Set<String> names = new LinkedHashSet<>();
        items.stream()
                .filter(TomlServers::isAbout)
                .forEach(item -> names.add(item.path().get(1)));
        return names.stream().map(this::own).toList();
    }

    private OwnServer own(String name) {
        List<String> command = new ArrayList<>(texts(name, "command"));
        if (!command.isEmpty()) {
            command.addAll(texts(name, "args"));
        }
        Optional<String> url = texts(name, "url").stream().findFirst();
        // Of an inline table the members are not told apart.
        return new OwnServer(name, command, url.or(() -> inline(name)));
    }

    private List<String> texts(String name, String member) {
        return items.stream()
                .filter(item -> item.path().equals(List.of(SERVERS, name, member)))
                .flatMap(item -> item.texts().stream())
                .toList();
    }

    private Optional<String> inline(String name) {
        return items.stream()
                .filter(item -> item.path().equals(List.of(SERVERS, name)))
                .flatMap(item -> item.texts().stream())
                .filter(value -> value.matches("https?://.*"))
                .findFirst();
    }
}
