package dev.interlock.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.interlock.action.Impact;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The MCP servers whose tools Interlock has judged. A server is recognised by what a person names to start it or to
 * reach it, and never by what it says of itself. Its judgement permits nothing: a person takes it into a catalog.
 */
public final class KnownServers {

    private static final String DIRECTORY = "mcp/";

    private static final String SECTIONS =
            "format provider protocol endpoints carriers forwarded-headers words inputs meanings segments command-line tools";

    private static final String COMMAND_LINE = "command-line";

    private static final String IT = "it";

    private static final Pattern NPM =
            Pattern.compile("((?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)(?:@[A-Za-z0-9.^~+-]+)?");

    private static final Pattern PYPI = Pattern.compile("([a-z0-9][a-z0-9._-]*)(?:(?:==|@)[A-Za-z0-9.+-]+)?");
    private static final String MODULES = "node_modules";

    private static final Set<String> HARMLESS =
            Set.of("-y", "--yes", "-q", "--quiet", "--offline", "--prefer-offline", "--bun", "--");

    private static final Map<String, List<String>> NPM_LAUNCHERS = Map.of(
            "npx", List.of(),
            "bunx", List.of(),
            "pnpx", List.of(),
            "npm", List.of("exec"),
            "pnpm", List.of("dlx"),
            "yarn", List.of("dlx"),
            "bun", List.of("x"));

    private static final Map<String, List<String>> PYPI_LAUNCHERS =
            Map.of("uvx", List.of(), "uv", List.of("tool", "run"), "pipx", List.of("run"));

    private KnownServers() {}

    /**
     * How people name a server.
     *
     * @param name the name of its file
     * @param npm its packages at npm
     * @param pypi its packages at PyPI, which are also the names of their programs
     * @param hosts the hosts where it is served
     */
    public record ServerNames(String name, List<String> npm, List<String> pypi, List<String> hosts) {

        private static ServerNames of(String name, CatalogSection section) {
            section.only("npm pypi hosts");
            return new ServerNames(name, section.texts("npm"), section.texts("pypi"), section.texts("hosts"));
        }

        /** Returns them all, packages first. */
        public List<String> all() {
            return Stream.of(npm, pypi, hosts).flatMap(List::stream).toList();
        }
    }

    /** Returns how people name each. */
    public static List<ServerNames> names() {
        List<ServerNames> names = new ArrayList<>();
        file("servers.yaml").members().forEach((name, section) -> names.add(ServerNames.of(name, section)));
        return names;
    }

    public static Optional<KnownServer> ofName(String name) {
        return names().stream()
                .filter(server -> server.name().equals(name))
                .findFirst()
                .map(server -> read(name, name));
    }

    public static Optional<KnownServer> ofCommand(List<String> command) {
        String program = command.isEmpty() ? "" : fileName(command.getFirst());
        List<String> rest = command.subList(Math.min(1, command.size()), command.size());
        if (NPM_LAUNCHERS.containsKey(program)) {
            return started(rest, NPM_LAUNCHERS.getOrDefault(program, List.of()))
                    .flatMap(word -> named(NPM, word))
                    .flatMap(KnownServers::npm);
        }
        if (PYPI_LAUNCHERS.containsKey(program)) {
            return started(rest, PYPI_LAUNCHERS.getOrDefault(program, List.of()))
                    .flatMap(word -> named(PYPI, word))
                    .flatMap(KnownServers::pypi);
        }
        if (program.matches("node|bun|deno")) {
            return rest.isEmpty() ? Optional.empty() : module(rest.getFirst());
        }
        if (program.matches("python[0-9.]*")) {
            return rest.size() > 1 && rest.getFirst().equals("-m")
                    ? pypi(rest.get(1).replace('_', '-'))
                    : Optional.empty();
        }
        return pypi(program).or(() -> command.isEmpty() ? Optional.empty() : module(command.getFirst()));
    }

    public static Optional<KnownServer> ofAddress(URI address) {
        String host = String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
        return "https".equals(address.getScheme()) && (address.getPort() == -1 || address.getPort() == 443)
                ? find(host, names().stream().filter(server -> server.hosts().contains(host)))
                : Optional.empty();
    }

    /** Returns the word of {@code rest} that says what a launcher starts, if nothing before it can say otherwise. */
    private static Optional<String> started(List<String> rest, List<String> verbs) {
        if (rest.size() < verbs.size() || !rest.subList(0, verbs.size()).equals(verbs)) {
            return Optional.empty();
        }
        return rest.stream()
                .skip(verbs.size())
                .filter(word -> !HARMLESS.contains(word))
                .findFirst();
    }

    private static Optional<String> named(Pattern form, String word) {
        Matcher matcher = form.matcher(word);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static Optional<KnownServer> module(String path) {
        List<String> parts = List.of(path.split("/", -1));
        int at = parts.lastIndexOf(MODULES) + 1;
        if (at == 0 || parts.contains("..") || at + 1 >= parts.size()) {
            return Optional.empty();
        }
        String name = parts.get(at);
        return npm(name.startsWith("@") ? name + "/" + parts.get(at + 1) : name);
    }

    private static String fileName(String word) {
        return word.contains("/") ? String.valueOf(Path.of(word).getFileName()) : word;
    }

    private static Optional<KnownServer> npm(String name) {
        return find(name, names().stream().filter(server -> server.npm().contains(name)));
    }

    private static Optional<KnownServer> pypi(String name) {
        return find(name, names().stream().filter(server -> server.pypi().contains(name)));
    }

    private static Optional<KnownServer> find(String named, Stream<ServerNames> servers) {
        return servers.findFirst().map(server -> read(named, server.name()));
    }

    static KnownServer read(String named, String name) {
        McpCatalog catalog = catalog(name);
        CatalogSection file = file(name + ".yaml");
        Map<String, KnownTool> tools = new LinkedHashMap<>();
        catalog.tools()
                .forEach((tool, read) -> tools.put(tool, KnownTool.of(read, meant(read, file, catalog), catalog)));
        return new KnownServer(named, tools);
    }

    /**
     * Returns {@code tool} with the rules that its fields have by their meaning: a person's catalog gets no meanings.
     */
    private static JsonNode meant(McpTool tool, CatalogSection file, McpCatalog catalog) {
        CatalogSection section = file.require("tools").require(tool.name());
        ObjectNode meant = section.node().deepCopy();
        JsonNode words = file.node().path("words");
        for (FieldMeaning meaning : catalog.head().meanings()) {
            tool.operations().forEach((operation, entry) -> {
                var fields = catalog.shapes().fields(entry.shape().arguments());
                meaning.walk(operation, entry.impacts(), fields, EntryReader.untexted(entry))
                        .ifPresent(texts -> meaning.rules()
                                .forEach(rule ->
                                        meant.withArrayProperty("when").add(aboutAll(rule.node(), texts, words))));
                List<ArgumentPath> paths =
                        meaning.isEverywhere() ? List.of() : meaning.paths(operation, entry.impacts(), fields);
                for (ArgumentPath path : paths) {
                    if (!operation.equals(tool.name())) {
                        throw section.wrong("has choices, and so its rules cannot be written out");
                    }
                    meaning.rules()
                            .forEach(rule ->
                                    meant.withArrayProperty("when").add(about(rule.node(), path.toString(), words)));
                }
            });
        }
        if (meant.path("takes").isTextual()) {
            meant.put("takes", meant.path("takes").textValue().replaceAll(":[A-Z]\\w*", ":*"));
        }
        return meant;
    }

    /** Returns {@code rule} about {@code texts}, which its operation says itself, with the list that it names. */
    private static JsonNode aboutAll(JsonNode rule, TextWalk texts, JsonNode words) {
        JsonNode about = rule.deepCopy();
        about.findParents(ConditionReader.COMMANDS).forEach(parent -> {
            ObjectNode how = JsonNodeFactory.instance.objectNode();
            JsonNode list = parent.path(ConditionReader.COMMANDS).path("accounts");
            if (!list.isMissingNode()) {
                how.set("accounts", words.path(list.asText()));
            }
            texts.written().forEach(path -> how.withArrayProperty("written").add(String.join(".", path)));
            texts.others().forEach(path -> how.withArrayProperty("others").add(String.join(".", path)));
            texts.skipped().stream()
                    .sorted()
                    .forEach(name -> how.withArrayProperty("others").add(name));
            ((ObjectNode) parent).set(ConditionReader.COMMANDS, how);
        });
        return about;
    }

    /** Returns {@code rule} about {@code path} in place of `it`, with the lists of {@code words} that it names. */
    private static JsonNode about(JsonNode rule, String path, JsonNode words) {
        if (rule.isObject()) {
            ObjectNode about = JsonNodeFactory.instance.objectNode();
            rule.properties().forEach(member -> {
                boolean isIt = member.getKey().equals(IT);
                JsonNode list = isIt ? words.path(member.getValue().asText()) : MissingNode.getInstance();
                about.set(
                        isIt ? path : member.getKey(),
                        list.isMissingNode() ? about(member.getValue(), path, words) : list);
            });
            return about;
        }
        if (rule.isArray()) {
            ArrayNode about = JsonNodeFactory.instance.arrayNode();
            rule.forEach(item -> about.add(about(item, path, words)));
            return about;
        }
        return rule.asText().equals(IT) ? TextNode.valueOf(path) : rule;
    }

    static McpCatalog catalog(String name) {
        CatalogSection file = file(name + ".yaml").only(SECTIONS);
        file.require(COMMAND_LINE); // whether it starts a program with what agents write is never left open
        return McpCatalogReader.read(file);
    }

    private static CatalogSection file(String file) {
        return CatalogSection.read(
                DIRECTORY + file, Catalogs.resource(DIRECTORY + file).toArray());
    }

    /**
     * What Interlock knows of an MCP server.
     *
     * @param named the package or host by which a person has named it
     * @param tools what its tools do, by their names
     */
    public record KnownServer(String named, Map<String, KnownTool> tools) {
        public KnownServer {
            tools = Map.copyOf(tools);
        }

        public Optional<KnownTool> tool(String name) {
            return Optional.ofNullable(tools.get(name));
        }
    }

    /**
     * What Interlock knows of a tool of an MCP server.
     *
     * @param name the server's name of it
     * @param takes its arguments
     * @param impacts those of each operation that it can be, in the file's order
     * @param isConditional whether particular arguments add to these
     * @param types the types of resources that it names
     * @param segments the rules about those of its arguments that the server writes into paths, as a catalog has them
     * @param commandLine what a catalog says of the program that it starts, if it starts one
     * @param members its members in a catalog file
     */
    public record KnownTool(
            String name,
            Set<String> takes,
            List<Set<Impact>> impacts,
            boolean isConditional,
            Set<String> types,
            Set<String> segments,
            Optional<CommandLine> commandLine,
            List<Member> members) {

        private static final String UNDO = "undo";

        /**
         * A member of the tool in a catalog file.
         *
         * @param needs of a safer alternative or an undo, the tools that it uses
         */
        record Member(String key, String value, Set<String> needs) {

            static Member of(String key, JsonNode value) {
                Set<String> needs = Stream.of("use", "read", "restore")
                        .filter(_ -> Set.of("safer", UNDO).contains(key))
                        .map(name -> value.path(name).asText())
                        .filter(tool -> !tool.isEmpty())
                        .collect(Collectors.toSet());
                return new Member(key, value.toString(), needs); // JSON is YAML, too
            }
        }

        public KnownTool {
            takes = Set.copyOf(takes);
            impacts = List.copyOf(impacts);
            types = Set.copyOf(types);
            segments = Set.copyOf(segments);
            members = List.copyOf(members);
        }

        /** Returns whether it chooses what later calls of its session act on. */
        public boolean setsTarget() {
            return has("sets-target");
        }

        /** Returns whether it does so, or acts on what was chosen. */
        public boolean isInSession() {
            return setsTarget() || has("target");
        }

        /** Returns whether it can be undone. */
        public boolean isUndone() {
            return has(UNDO);
        }

        // A choice of it may say so alone.
        private boolean has(String key) {
            return members.stream()
                    .anyMatch(
                            member -> member.key().equals(key) || member.value().contains('"' + key + "\":"));
        }

        /** Creates it from {@code tool}, as {@code node} of its file says it. */
        static KnownTool of(McpTool tool, JsonNode node, McpCatalog catalog) {
            Collection<CatalogEntry> entries = tool.operations().values();
            Set<String> takes = entries.stream()
                    .flatMap(entry -> entry.shape().arguments().keySet().stream())
                    .collect(Collectors.toSet());
            List<Member> members = new ArrayList<>();
            node.properties().forEach(member -> members.add(Member.of(member.getKey(), member.getValue())));
            return new KnownTool(
                    tool.name(),
                    takes,
                    entries.stream().map(CatalogEntry::impacts).distinct().toList(),
                    entries.stream().anyMatch(entry -> !entry.rules().isEmpty()),
                    entries.stream().flatMap(entry -> entry.types().stream()).collect(Collectors.toSet()),
                    catalog.segments().stream()
                            .filter(rule -> takes.contains(rule.argument()))
                            .map(SegmentRule::text)
                            .collect(Collectors.toCollection(TreeSet::new)),
                    catalog.commandLine()
                            .map(program -> new CommandLine(program.texts().stream()
                                    .filter(takes::contains)
                                    .collect(Collectors.toSet()))),
                    members);
        }

        /**
         * Returns its lines of a catalog file that lists {@code tools}. What needs a tool that is not there is left
         * out.
         */
        public String lines(Set<String> tools) {
            return members.stream()
                    .filter(member -> tools.containsAll(member.needs()))
                    .map(member -> "\n    " + member.key() + ": " + member.value())
                    .collect(Collectors.joining("", "  \"" + name + "\":", ""));
        }

        /**
         * Returns the lines of a catalog file about the arguments of {@code tools} as such; empty if there are none.
         */
        public static String argumentLines(Collection<KnownTool> tools) {
            return segmentsLine(tools) + commandLine(tools);
        }

        private static String commandLine(Collection<KnownTool> tools) {
            List<CommandLine> programs =
                    tools.stream().flatMap(tool -> tool.commandLine().stream()).toList();
            return programs.isEmpty()
                    ? ""
                    : COMMAND_LINE
                            + programs.stream()
                                    .flatMap(program -> program.texts().stream())
                                    .distinct()
                                    .sorted()
                                    .map(text -> '"' + text + '"')
                                    .collect(Collectors.joining(",", ": [", "]\n"));
        }

        private static String segmentsLine(Collection<KnownTool> tools) {
            String rules = tools.stream()
                    .flatMap(tool -> tool.segments().stream())
                    .distinct()
                    .sorted()
                    .map(rule -> '"' + rule + '"')
                    .collect(Collectors.joining(","));
            return rules.isEmpty() ? "" : "segments: [" + rules + "]\n";
        }
    }
}
