package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.VisibleText;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.GithubDirectory;
import dev.interlock.setup.McpDirectory;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.setup.ToolProposal;
import dev.interlock.stdio.StdioBridge;
import dev.interlock.vault.SecretSource;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "add",
        mixinStandardHelpOptions = true,
        description = {
            "Add a provider that Interlock knows: write its upstreams into interlock.yaml, store the credential, and"
                    + " seal. Nothing changes if the policy would be wrong then.",
            "Of GitHub, the repositories in which the token may write are asked for and named. Agents work only in"
                    + " those that --unprotected names; elsewhere they read, and more needs a person. The same holds for"
                    + " github-mcp, GitHub's own server of MCP, which needs no catalog of yours.",
            "A server of MCP is asked for its tools. Each is classified by its name, in a catalog that you can edit:"
                    + " what is not clearly a read or an addition needs a person."
        },
        footer = {
            "",
            "Providers: github, github-mcp; anthropic, openai, gemini; npm, pypi, maven, crates, go; mcp with an address or a command",
            "",
            "Examples:",
            "  sudo interlock upstream add npm",
            "  sudo interlock upstream add anthropic --token-from env:ANTHROPIC_API_KEY",
            "  sudo interlock upstream add github --token-from file:token --unprotected acme/shop --plan",
            "  sudo interlock upstream add github-mcp --token-from file:token",
            "  sudo interlock upstream add mcp https://mcp.example.com/mcp --name notes --token-from env:NOTES",
            "  sudo interlock upstream add mcp --name files --agent ann/mcp-files --task serve --read /opt/mcp \\",
            "      -- node /opt/mcp/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js ."
        })
final class UpstreamAddCommand implements Callable<Integer> {

    private static final String UPSTREAMS = "upstreams:";

    @Parameters(paramLabel = "PROVIDER", index = "0", description = "Its name, or mcp.")
    private String provider = "";

    @Parameters(
            paramLabel = "ADDRESS|COMMAND",
            index = "1..*",
            arity = "0..*",
            description = "With mcp: where the server answers; or, after --, the command that is the server.")
    private List<String> server = new ArrayList<>();

    @Option(names = "--name", description = "With mcp: the upstream's name.")
    private @Nullable String name;

    @Option(
            names = "--token-from",
            paramLabel = "SOURCE",
            description =
                    "file:PATH or env:NAME. Unless given, it is asked for; of mcp there is none then, and agents only"
                            + " read.")
    private @Nullable String source;

    @Mixin
    private ServerOptions program = new ServerOptions();

    @Option(
            names = "--unprotected",
            paramLabel = "OWNER/NAME",
            description = "A repository in which agents may work; repeatable.")
    private Set<String> unprotected = new TreeSet<>();

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "The SSH key that signs seals; seal.key beside gateway.yaml unless given, if that exists.")
    private @Nullable Path key;

    @Option(names = "--plan", description = "Only print what would be added.")
    private boolean plan;

    @Option(names = "--github", hidden = true, description = "GitHub's address, in tests.")
    private URI github = URI.create("https://api.github.com");

    @Option(names = "--ca", paramLabel = "FILE", description = "The authority of the address, if it is a private one.")
    private Optional<Path> authority = Optional.empty();

    @Mixin
    private Options own = new Options();

    private final Terminal terminal;

    UpstreamAddCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (provider.equals("mcp")) {
            if (!server.isEmpty() && !server.getFirst().matches("https?:.*")) {
                return addProgram(requireName(name));
            }
            URI address = address();
            if (!UpstreamLines.isGithubsServer(address)) {
                return addServer(address, requireName(name), Optional.empty());
            }
            if (name != null && !name.equals(UpstreamLines.GITHUBS_SERVER)) {
                throw new UsageException("GitHub's own server becomes the upstream `github-mcp`; leave out --name");
            }
            provider = UpstreamLines.GITHUBS_SERVER; // whose tools a catalog of Interlock's own describes
        }
        if (!UpstreamLines.providers().contains(provider)) {
            throw new UsageException("`" + provider + "` is not one of "
                    + String.join(", ", new TreeSet<>(UpstreamLines.providers()))
                    + "; for another write the upstream into interlock.yaml, with a catalog (docs/catalogs.md)");
        }
        Path policy = own.policy(null);
        Seal draft = PolicyCommand.sound(terminal, own, null).draft();
        UpstreamLines.Environments environments = environments(draft);
        boolean needsToken = !UpstreamLines.of(provider, environments, Map.of())
                .getFirst()
                .slots()
                .isEmpty();
        Optional<Secret> token = needsToken ? Optional.of(token(provider)) : Optional.empty();
        Map<String, String> places = new LinkedHashMap<>();
        if (provider.equals("github") || provider.equals(UpstreamLines.GITHUBS_SERVER)) {
            ProviderDirectory directory = new GithubDirectory(github, authority);
            places.putAll(places(directory, token.orElseThrow(), placed(draft, environments), environments));
        } else if (!unprotected.isEmpty()) {
            throw new UsageException("`--unprotected` is for repositories of GitHub");
        }
        List<UpstreamLines> added = UpstreamLines.of(provider, environments, places);
        added.forEach(one -> requireNew(draft, one.name()));
        return add(policy, added, Map.of(), token);
    }

    /** Adds a server that is a program: it is started once, to ask it for its tools. */
    private int addProgram(String upstreamName) throws Exception {
        if (source != null) {
            throw new UsageException("a server that is a program gets no token: it has a lease, in --lease-as");
        }
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        String token = HexFormat.of().formatHex(random);
        StdioServer written = program.server(own.configFile(), upstreamName, server, StdioBridge.digest(token));
        try (StdioBridge bridge = SandboxedServer.bridge(written, own, true, terminal)) {
            int exit = addServer(
                    URI.create("http://127.0.0.1:" + bridge.port() + "/mcp"),
                    upstreamName,
                    Optional.of(new Secret(token)));
            if (plan) {
                terminal.aside(
                        "# mcp/" + upstreamName + ".json\n" + written.json().canonicalText());
            } else if (exit == ExitCodes.OK) {
                written.write(own.configFile(), upstreamName);
                terminal.aside("serve it: systemctl enable --now interlock-mcp@" + upstreamName
                        + ", or: interlock mcp serve " + upstreamName + own.again());
            }
            return exit;
        }
    }

    private int addServer(URI server, String upstreamName, Optional<Secret> made) throws Exception {
        Seal draft = PolicyCommand.sound(terminal, own, null).draft();
        requireNew(draft, upstreamName);
        Optional<Secret> token = source == null ? made : Optional.of(token(upstreamName));
        List<ToolProposal> tools = new McpDirectory(server, authority, token)
                .tools().stream().map(ToolProposal::of).toList();
        StringBuilder catalog = new StringBuilder("""
                # Written by `interlock upstream add mcp`, by the names of the tools alone. Check each line.
                format: interlock-catalog@v1
                provider: %s
                protocol: mcp
                endpoints: [%s]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                tools:
                """.formatted(upstreamName, server.getRawPath()));
        List<ToolProposal> listed =
                tools.stream().filter(ToolProposal::canBeListed).toList();
        listed.forEach(tool -> catalog.append(tool.line()).append('\n'));
        if (listed.isEmpty()) {
            throw new IllegalArgumentException("the server lists no tool that a catalog can name");
        }
        if (!own.json()) {
            tools.forEach(
                    tool -> terminal.line("  " + VisibleText.line(tool.tool().name()) + ": "
                            + (tool.canBeListed() ? tool.effect().words() : "denied: a catalog cannot name it")));
        }
        UpstreamLines upstream = UpstreamLines.mcp(
                upstreamName,
                server.getScheme() + "://" + server.getRawAuthority(),
                environments(draft).open().getFirst(),
                token.isPresent());
        return add(
                own.policy(null),
                List.of(upstream),
                Map.of("catalogs/" + upstreamName + ".yaml", catalog.toString()),
                token);
    }

    private static String requireName(@Nullable String name) {
        if (name == null || !name.matches("[a-z][a-z0-9-]{0,30}")) {
            throw unnamed();
        }
        return name;
    }

    private URI address() {
        if (server.size() != 1) {
            throw unnamed();
        }
        URI address = UsageException.unless(() -> URI.create(server.getFirst()));
        if (!String.valueOf(address.getRawPath()).matches("(/[A-Za-z0-9._~-]+)+/?")) {
            throw unnamed();
        }
        return address;
    }

    private static UsageException unnamed() {
        return new UsageException("name the server's address or command, and its upstream in lower case: interlock"
                + " upstream add mcp https://mcp.example.com/mcp --name notes");
    }

    private static void requireNew(Seal draft, String name) {
        if (draft.upstreams().containsKey(name)) {
            throw new UsageException("the policy has an upstream `" + name + "` already");
        }
    }

    private int add(Path policy, List<UpstreamLines> added, Map<String, String> files, Optional<Secret> token)
            throws Exception {
        List<String> lines = added.stream().flatMap(one -> one.lines().stream()).toList();
        if (plan) {
            files.forEach((file, text) -> terminal.aside("# " + file + "\n" + text));
            return told(added, lines, false);
        }
        write(policy, lines, files);
        for (UpstreamLines one : added) {
            for (UpstreamLines.Slot slot : one.slots()) {
                Credentials.put(
                        own.config(),
                        own.configFile(),
                        slot.name(),
                        new SlotContent(new SlotContent.SecretOrigin.CopiedSecret(token.orElseThrow()), slot.user()));
            }
        }
        // A catalog that nobody has read yet is not in force: its lines rest on what a server calls its tools.
        return told(added, lines, files.isEmpty() && sealed());
    }

    private static UpstreamLines.Environments environments(Seal draft) {
        Map<Boolean, List<String>> names = draft.environments().values().stream()
                .collect(Collectors.partitioningBy(
                        Seal.Environment::isProtected,
                        Collectors.mapping(Seal.Environment::name, Collectors.toList())));
        List<String> open = names.getOrDefault(false, List.of());
        if (open.isEmpty()) {
            throw new UsageException("the policy has no environment in which agents may work");
        }
        return new UpstreamLines.Environments(open, names.getOrDefault(true, List.of()));
    }

    private Secret token(String holder) throws IOException {
        String given = source;
        if (given != null) {
            return UsageException.unless(() -> SecretSource.parse(given)).read(System.getenv());
        }
        return SecretSource.typed(terminal.askHidden("The token of " + holder + ", not shown")
                .orElseThrow(() -> new UsageException("name the token: --token-from file:PATH or env:NAME")));
    }

    /** Returns the repositories in which the policy lets agents work already, by any way to GitHub. */
    private static Set<String> placed(Seal draft, UpstreamLines.Environments environments) {
        return draft.upstreams().values().stream()
                .filter(upstream -> upstream.catalog().equals("github"))
                .flatMap(upstream -> upstream.resources().values().stream())
                .filter(place -> place.resource().type().equals("repo")
                        && environments.open().containsAll(place.environments()))
                .map(place -> place.resource().id())
                .collect(Collectors.toCollection(() -> new TreeSet<>(String.CASE_INSENSITIVE_ORDER)));
    }

    private Map<String, String> places(
            ProviderDirectory directory, Secret token, Set<String> placed, UpstreamLines.Environments environments)
            throws IOException, InterruptedException {
        ProviderDirectory.Listing listing = directory
                .list(token)
                .orElseThrow(() -> new IllegalArgumentException(directory.fullName() + " does not accept this token"));
        Map<String, String> places = new LinkedHashMap<>();
        Set<String> missing = new TreeSet<>(unprotected);
        EnvironmentProposal.of(listing.resources(), Set.of(), Set.of()).forEach(one -> {
            String name = one.resource().project() + "/" + one.resource().name();
            boolean isOpen = missing.remove(name) || placed.contains(name);
            String environment = isOpen || environments.guarded().isEmpty()
                    ? environments.open().getFirst()
                    : environments.guarded().getFirst();
            places.put(one.resource().resource(), environment);
        });
        if (!missing.isEmpty()) {
            throw new UsageException("the token may not write in " + String.join(", ", missing) + "; it may in "
                    + listing.resources().stream()
                            .limit(12)
                            .map(one -> one.project() + "/" + one.name())
                            .collect(Collectors.joining(", ")));
        }
        return places;
    }

    /** Writes the policy with {@code lines} and {@code files}, if it can be sealed then. */
    private void write(Path policy, List<String> lines, Map<String, String> files) throws IOException {
        Path file = policy.resolve("interlock.yaml");
        List<String> all = new ArrayList<>(Files.readString(file).lines().toList());
        int at = all.indexOf(UPSTREAMS);
        if (at < 0) {
            throw new IllegalArgumentException("`" + file + "` has no line `" + UPSTREAMS + "` to add to; write it so");
        }
        all.addAll(at + 1, lines);
        Map<String, String> written = new LinkedHashMap<>(files);
        written.put("interlock.yaml", String.join("\n", all) + "\n"); // last: until then the others have no effect
        for (String other : files.keySet()) {
            if (Files.exists(policy.resolve(other))) {
                throw new IllegalArgumentException("`" + policy.resolve(other) + "` is there already");
            }
        }
        requireSound(policy, written);
        for (Map.Entry<String, String> one : written.entrySet()) {
            Path to = policy.resolve(one.getKey());
            Files.createDirectories(to.resolveSibling(""));
            PrivateFiles.replace(to, one.getValue().getBytes(StandardCharsets.UTF_8));
            Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    /** Reads a copy of the directory that has {@code written}: the real one changes only if that can be sealed. */
    private void requireSound(Path policy, Map<String, String> written) throws IOException {
        Path copy = Files.createTempDirectory("interlock-policy-");
        try {
            try (Stream<Path> files = Files.walk(policy)) {
                for (Path one : files.toList()) {
                    Path to = copy.resolve(policy.relativize(one).toString());
                    if (Files.isDirectory(one)) {
                        Files.createDirectories(to);
                    } else {
                        Files.copy(one, to);
                    }
                }
            }
            for (Map.Entry<String, String> one : written.entrySet()) {
                Path to = copy.resolve(one.getKey());
                Files.createDirectories(to.resolveSibling(""));
                Files.writeString(to, one.getValue());
            }
            if (PolicyDirectory.load(copy, CatalogView.facts())
                    instanceof PolicyDirectory.LoadResult.InvalidDirectory broken) {
                broken.problems().forEach(problem -> terminal.problem(problem.toString()));
                throw new IllegalArgumentException("the policy would be wrong with it; nothing was changed");
            }
        } finally {
            try (Stream<Path> files = Files.walk(copy)) {
                for (Path one : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(one);
                }
            }
        }
    }

    private boolean sealed() throws IOException {
        Path usual = own.located().resolve("seal.key");
        Path signer = key == null ? usual : key;
        if (key == null && !Files.exists(usual)) {
            return false;
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int exit = InterlockCommand.run(
                out, out, "seal", "--config", own.configFile().toString(), "--key", signer.toString());
        said.toString(StandardCharsets.UTF_8).lines().forEach(terminal::aside);
        return exit == ExitCodes.OK;
    }

    private int told(List<UpstreamLines> added, List<String> lines, boolean sealed) {
        if (own.json()) {
            terminal.json(Json.object()
                    .withTexts("upstreams", added.stream().map(UpstreamLines::name))
                    .withTexts("lines", lines)
                    .with("sealed", sealed));
            return ExitCodes.OK;
        }
        lines.forEach(terminal::line);
        if (!plan) {
            terminal.line(
                    sealed
                            ? "✓ sealed: "
                                    + added.stream().map(UpstreamLines::name).collect(Collectors.joining(", "))
                            : "written, but not in force yet; check it, then: interlock seal --key KEY" + own.again());
        }
        return ExitCodes.OK;
    }
}
