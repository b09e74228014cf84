package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.KnownServers;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.KnownServers.KnownTool;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "catalog",
        description = "The catalogs: what Interlock knows about providers.",
        footer = "  interlock catalog explain 'DELETE /repos/acme/shop'")
final class CatalogCommand extends TerminalCommand {

    private static final String SERVERS = "mcp/";

    private static final String PROPOSAL =
            "This is a proposal and in force nowhere: `interlock upstream add mcp` writes it into a catalog of your own, for the tools that the server lists. Check that catalog, then seal it.";

    @Command(
            name = "list",
            description = {
                "List the catalogs that come with Interlock, and the MCP servers whose tools it knows.",
                "What it knows of a server is a proposal: `upstream add mcp` writes it into a catalog of your own, which you check and seal."
            },
            footer = "  interlock catalog list")
    int list(@Option(names = "--json", description = "Print one JSON value instead of text.") boolean json) {
        Catalogs known = Catalogs.builtIn();
        Map<String, List<String>> protocols = new TreeMap<>();
        known.names()
                .forEach(name ->
                        protocols.put(name, known.find(name).orElseThrow().protocols()));
        List<KnownServers.ServerNames> servers = KnownServers.names();
        Json.Members answer = Json.object()
                .withItems(
                        "catalogs",
                        protocols.entrySet().stream()
                                .map(each -> Json.object()
                                        .with("name", each.getKey())
                                        .withTexts("protocols", each.getValue())))
                .withItems(
                        "proposals",
                        servers.stream()
                                .map(server -> Json.object()
                                        .with("name", SERVERS + server.name())
                                        .withTexts("servers", server.all())));
        return terminal.answer(json, answer, () -> {
            List<List<String>> rows = new ArrayList<>();
            protocols.forEach((name, spoken) -> rows.add(List.of(name, "catalog", String.join(", ", spoken))));
            servers.forEach(server ->
                    rows.add(List.of(SERVERS + server.name(), "proposal", "MCP: " + String.join(", ", server.all()))));
            terminal.table(List.of("NAME", "KIND", "WHAT IT READS"), rows);
        });
    }

    @Command(
            name = "show",
            description = "Show what Interlock knows: the operations of a catalog, or the tools of an MCP server.",
            footer = {"  interlock catalog show npm", "  interlock catalog show mcp/filesystem"})
    int show(
            @Parameters(paramLabel = "NAME", description = "A name of `catalog list`, or a catalog file.") String name,
            @Option(names = "--json", description = "Print one JSON value instead of text.") boolean json)
            throws IOException {
        Optional<KnownServer> server =
                name.startsWith(SERVERS) ? KnownServers.ofName(name.substring(SERVERS.length())) : Optional.empty();
        List<List<String>> rows = server.isPresent()
                ? server.get().tools().values().stream()
                        .sorted(Comparator.comparing(KnownTool::name))
                        .map(tool -> List.of(
                                tool.name(),
                                tool.impacts().stream()
                                                .map(CatalogCommand::words)
                                                .distinct()
                                                .collect(Collectors.joining(" or "))
                                        + (tool.isConditional() ? "; more with some arguments" : "")))
                        .toList()
                : catalogs(name).getFirst().operations().stream()
                        .map(operation -> List.of(
                                operation.operation().name(),
                                words(operation.impacts())
                                        + (operation.possible().equals(operation.impacts())
                                                ? ""
                                                : "; more with some arguments")))
                        .toList();
        Json.Members answer = Json.object()
                .with("name", name)
                .with("proposal", server.isPresent())
                .withItems(
                        "operations",
                        rows.stream()
                                .map(row -> Json.object()
                                        .with("name", row.getFirst())
                                        .with("impacts", row.getLast())));
        return terminal.answer(json, answer, () -> {
            terminal.table(List.of(server.isPresent() ? "TOOL" : "OPERATION", "IMPACTS"), rows);
            server.ifPresent(_ -> terminal.aside(PROPOSAL));
        });
    }

    private static String words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).sorted().collect(Collectors.joining(", "));
    }

    @Command(
            name = "lint",
            description = {
                "Check catalog files, and report each mistake with its file and key.",
                "A valid one is told what it should say of files that usually hold secrets."
            },
            footer = "  interlock catalog lint acme.yaml")
    int lint(
            @Parameters(paramLabel = "FILE", arity = "1..*") List<Path> files,
            @Option(names = "--json", description = "Print one JSON value instead of text.") boolean json)
            throws IOException {
        List<String> mistakes = new ArrayList<>();
        List<String> findings = new ArrayList<>();
        for (Path file : files) {
            Bytes content = content(file);
            List<String> found = Catalogs.mistakes(file.toString(), content);
            List<String> lacking = found.isEmpty()
                    ? Catalogs.findings(Catalogs.read(file.toString(), content)).stream()
                            .map(finding -> file + ": " + finding)
                            .toList()
                    : List.of();
            mistakes.addAll(found);
            findings.addAll(lacking);
            if (!json) {
                found.forEach(terminal::problem);
                if (found.isEmpty()) {
                    terminal.line("`" + file + "` is a valid catalog.");
                }
                lacking.forEach(finding -> terminal.prose("- " + finding + ".", 2));
            }
        }
        if (json) {
            terminal.json(Json.object()
                    .with("green", mistakes.isEmpty())
                    .withTexts("mistakes", mistakes)
                    .withTexts("findings", findings));
        }
        return mistakes.isEmpty() ? ExitCodes.OK : ExitCodes.DATA;
    }

    @Command(
            name = "explain",
            description = "Explain what a request does, which rule says so, and what would be sent upstream.",
            footer = {
                "  interlock catalog explain 'DELETE /repos/acme/shop'",
                "  interlock catalog explain --catalog github --body update.json 'PATCH /repos/acme/shop'"
            })
    int explain(
            @Parameters(paramLabel = "REQUEST", description = "METHOD and PATH as one argument.") String request,
            @Option(
                            names = "--catalog",
                            paramLabel = "NAME|FILE",
                            description = "The catalog; chosen automatically if only one matches.")
                    @Nullable String catalog,
            @Option(names = "--header", paramLabel = "NAME:VALUE", description = "A header field; may be repeated.")
                    @Nullable List<String> headers,
            @Option(
                            names = "--body",
                            paramLabel = "FILE",
                            description = "The file with the request's body; JSON unless a header says otherwise.")
                    @Nullable Path body,
            @Option(names = "--json", description = "Print one JSON value instead of text.") boolean json)
            throws IOException {
        TypedRequest asked = TypedRequest.read(
                request, headers == null ? List.of() : headers, body == null ? Bytes.empty() : content(body));
        RequestExplainer explainer = new RequestExplainer(asked, catalogs(catalog));
        terminal.answer(json, explainer.json(), () -> explainer.lines().forEach(terminal::line));
        return explainer.isUnderstood() ? ExitCodes.OK : ExitCodes.NO;
    }

    @Command(
            name = "example",
            description = "Print a small starter catalog for a REST or GraphQL service, or an MCP server.",
            footer = "  interlock catalog example rest > interlock/policy/catalogs/shop.yaml")
    int example(@Parameters(paramLabel = "PROTOCOL", description = "`rest`, `graphql` or `mcp`.") String protocol) {
        if (!List.of("rest", "graphql", "mcp").contains(protocol)) {
            throw new UsageException(
                    "there are examples for `rest`, `graphql` and `mcp`, but none for `" + protocol + "`");
        }
        terminal.line(Catalogs.example(protocol).stripTrailing());
        return ExitCodes.OK;
    }

    private static List<Catalog> catalogs(@Nullable String wanted) throws IOException {
        Catalogs known = Catalogs.builtIn();
        if (wanted == null || known.names().contains(wanted)) {
            return known.names().stream()
                    .filter(name -> wanted == null || name.equals(wanted))
                    .sorted()
                    .map(name -> known.find(name).orElseThrow())
                    .toList();
        }
        Path file = Path.of(wanted);
        if (!Files.exists(file)) {
            throw new UsageException("there is neither a catalog nor a file `" + wanted + "`; known are `"
                    + String.join("`, `", known.names().stream().sorted().toList())
                    + "`; `interlock catalog list` shows more");
        }
        return List.of(Catalogs.read(file.toString(), content(file)));
    }

    private static Bytes content(Path file) throws IOException {
        return Bytes.of(Files.readAllBytes(file));
    }
}
