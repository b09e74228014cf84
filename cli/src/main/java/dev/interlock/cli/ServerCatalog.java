package dev.interlock.cli;

import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.KnownServers.KnownTool;
import dev.interlock.setup.McpDirectory;
import dev.interlock.setup.PinSection;
import dev.interlock.setup.ToolProposal;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The catalog that {@code upstream add mcp} writes for {@code upstream}.
 *
 * @param listed the tools of {@code listing} that a catalog can name
 * @param isChosen whether some tools choose what later ones of a session act on
 */
record ServerCatalog(
        String upstream,
        URI server,
        Optional<KnownServer> known,
        List<ToolProposal> listed,
        McpDirectory.Listing listing,
        boolean isChosen) {
    ServerCatalog {
        listed = List.copyOf(listed);
    }

    String text() {
        List<KnownTool> judged =
                listed.stream().flatMap(tool -> tool.known().stream()).toList();
        StringBuilder catalog = new StringBuilder("""
            %smcp`, %s. Check each line.
            format: interlock-catalog@v1
            provider: %s
            protocol: mcp
            endpoints: [%s]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            %s%stools:
            """.formatted(
                        UpstreamAddCommand.WRITTEN,
                        known.map(one -> "as Interlock knows `" + one.named() + "`")
                                .orElse("by what the server says of its tools"),
                        upstream,
                        server.getRawPath(),
                        KnownTool.argumentLines(judged),
                        tasksLine()));
        Set<String> names = listed.stream().map(tool -> tool.tool().name()).collect(Collectors.toSet());
        listed.forEach(tool -> catalog.append(tool.lines(names, isChosen)).append('\n'));
        catalog.append(PinSection.of(listed.stream()
                .map(tool ->
                        Objects.requireNonNull(listing.pins().get(tool.tool().name())))
                .toList()));
        return catalog.toString();
    }

    private String tasksLine() {
        String tasks = listed.stream()
                .filter(tool -> !isChosen || !tool.isInSession())
                .map(tool -> tool.tool().name())
                .filter(listing.tasks()::contains)
                .map(name -> '"' + name + '"')
                .collect(Collectors.joining(", "));
        return tasks.isEmpty() ? "" : "tasks: [" + tasks + "]\n";
    }
}
