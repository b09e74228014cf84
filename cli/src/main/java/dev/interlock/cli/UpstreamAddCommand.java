package dev.interlock.cli;

import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.VisibleText;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.KnownServers;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.KnownServers.KnownTool;
import dev.interlock.catalog.mcp.ToolPin;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.DatabaseSurvey;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.ApiDescription;
import dev.interlock.setup.ApiProposal;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.GithubDirectory;
import dev.interlock.setup.McpDirectory;
import dev.interlock.setup.NamedResource;
import dev.interlock.setup.OAuthSignIn;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.setup.RailwayDirectory;
import dev.interlock.setup.ToolProposal;
import dev.interlock.shapes.ModelProvider;
import dev.interlock.signin.PinnedAuthority;
import dev.interlock.stdio.StdioBridge;
import dev.interlock.vault.SecretSource;
import dev.interlock.vault.SlotContent;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "add",
        description = {
            "Add a provider that Interlock knows: write its upstreams into interlock.yaml, store the credential, and seal. Nothing changes if the policy would be wrong then.",
            "Of GitHub, the repositories in which the token may write are asked for and named; of Railway, the environments. Agents work only in those that --unprotected names, and in Railway's environments whose names say that they are for work; elsewhere they read, and more needs a person. The same holds for github-mcp, GitHub's own server of MCP, which needs no catalog of yours.",
            "A server of MCP is asked for its tools. If you name one that Interlock knows, by its package or its host, each tool has the judgement that comes with Interlock. Any other is judged by what the server says: its name, arguments, description and hints. A person is asked about what is not clearly a read or an addition. Both are in a catalog that you can edit. What the server says is pinned.",
            "An API is added by its description in OpenAPI 3: the same judgement of each operation, in a catalog that you check and seal.",
            "A database is asked for its schemas and their sizes, and for what the role may do. All of its schemas are placed in the environment that its name suggests; a name that does not say it is for work is protected.",
            "If the server asks for OAuth, this prints an address to open in a browser. The vault then holds the grant, and the gateway renews its token."
        },
        footer = {
            "",
            "Providers: github, github-mcp, git; railway, hetzner, neon, supabase; anthropic, openai, gemini; npm, pypi, maven, crates, go; web, for the pages of all other hosts; mcp with an address or a command; openapi with a file; a database by its address",
            "",
            "Examples:",
            "  sudo interlock upstream add npm",
            "  sudo interlock upstream add anthropic --token-from env:ANTHROPIC_API_KEY",
            "  sudo interlock upstream add anthropic     # and paste what `claude setup-token` prints",
            "  sudo interlock upstream add openai --login login/auth.json     # Codex with a subscription of ChatGPT",
            "  sudo interlock upstream add github --token-from file:token --unprotected acme/shop --plan",
            "  sudo interlock upstream add github-mcp --token-from file:token",
            "  sudo interlock upstream add railway --token-from env:RAILWAY_TOKEN",
            "  sudo interlock upstream add git --address https://git.example.com --name forge --token-from file:token",
            "  sudo interlock upstream add openai --address https://models.example.com --name own",
            "  sudo interlock upstream add mcp https://mcp.example.com/mcp --name notes --token-from env:NOTES",
            "  sudo interlock upstream add mcp https://mcp.linear.app/mcp --name linear   # and sign in",
            "  sudo interlock upstream add openapi shop.yaml --name shop --token-from env:SHOP_TOKEN --plan",
            "  sudo interlock upstream add postgres://agent@db.internal:5432/shop --plan",
            "  sudo interlock upstream add postgres --token-from env:DATABASE_URL",
            "  sudo interlock upstream add mcp --name files --agent ann/mcp-files --task serve --read /opt/mcp \\",
            "      -- node /opt/mcp/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js ."
        })
final class UpstreamAddCommand extends ConfiguredCommand {

    /** How a catalog begins that this command wrote. */
    static final String WRITTEN = "# Written by `interlock upstream add ";

    @Parameters(paramLabel = "PROVIDER", index = "0", description = "Its name, or mcp.")
    private String provider = "";

    @Parameters(
            paramLabel = "ADDRESS|COMMAND|FILE",
            index = "1..*",
            arity = "0..*",
            description =
                    "With mcp: where the server answers; or, after --, the command that is the server. With openapi: the description of the API, in JSON or YAML.")
    private List<String> server = new ArrayList<>();

    @Option(
            names = "--address",
            paramLabel = "URL",
            description =
                    "Where it is served: a git host, an API whose description does not say so, or any other than the provider's own address. A model there gets a key only with --token-from.")
    private @Nullable URI apiAddress;

    @Option(names = "--name", description = "The upstream's name, unless it is the provider's.")
    private @Nullable String name;

    @Option(
            names = "--token-from",
            paramLabel = "SOURCE",
            description =
                    "file:PATH or env:NAME. Unless given, it is asked for. With mcp, you sign in if the server asks for OAuth; otherwise there is none, and agents only read.")
    private @Nullable String source;

    @Mixin
    private ServerOptions program = new ServerOptions();

    @Mixin
    private SignInOptions signIns = new SignInOptions();

    @Option(
            names = "--unprotected",
            paramLabel = "NAME",
            description =
                    "What agents may work in; repeatable. A repository as OWNER/NAME; at Railway an environment as PROJECT/NAME; at Hetzner, Neon and Supabase as TYPE/ID, such as project/abc.")
    private Set<String> unprotected = new TreeSet<>();

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description =
                    "The SSH key that signs seals; repeatable. seal.key beside gateway.yaml unless given, if that exists.")
    private List<Path> keys = List.of();

    @Option(names = "--plan", description = "Only print what would be added.")
    private boolean plan;

    @Option(names = "--github", hidden = true, description = "GitHub's address, in tests.")
    private URI github = URI.create("https://api.github.com");

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description =
                    "The authority of the address, if it is a private one. The gateway trusts it for this upstream.")
    private Optional<Path> authority = Optional.empty();

    @Option(
            names = "--write-from",
            paramLabel = "SOURCE",
            description =
                    "With a database: file:PATH or env:NAME of the role:password that changes; then the other one only reads.")
    private @Nullable String writeSource;

    @Option(
            names = "--destroy-from",
            paramLabel = "SOURCE",
            description =
                    "With a database: the same, of the role that drops and alters; it is used for confirmed statements alone.")
    private @Nullable String destroySource;

    /** The role of a database that changes, if it is another one than the one that reads. */
    private Optional<Secret> changing = Optional.empty();

    private Optional<Secret> destroying = Optional.empty();

    private Optional<DatabaseSurvey> survey = Optional.empty();

    @Override
    public Integer call() throws Exception {
        Optional<StoredCredential> login = login();
        if (provider.equals("postgres") || DatabaseUpstream.isAddress(provider)) {
            return addDatabase();
        }
        if (writeSource != null || destroySource != null) {
            throw new UsageException("`--write-from` and `--destroy-from` are for databases");
        }
        if (provider.matches("https?://.*")) {
            throw new UsageException(
                    "say what answers there: `interlock upstream add openapi FILE --address " + provider
                            + " --name NAME` for an API with a description, `interlock upstream add mcp " + provider
                            + " --name NAME` for a server of MCP, `interlock upstream add git --address " + provider
                            + " --name NAME` for repositories, `interlock upstream add openai --address " + provider
                            + " --name NAME` for a model");
        }
        return switch (provider) {
            case "mcp" -> addServer(login);
            case "openapi" -> addApi(requireName(name));
            default -> addProvider(login);
        };
    }

    private int addServer(Optional<StoredCredential> login) throws Exception {
        if (!server.isEmpty() && !server.getFirst().matches("https?:.*")) {
            return addProgram(requireName(name));
        }
        URI address = address();
        if (!UpstreamLines.isGithubsServer(address)) {
            return addServer(address, requireName(name), Optional.empty(), KnownServers.ofAddress(address));
        }
        if (name != null && !name.equals(UpstreamLines.GITHUBS_SERVER)) {
            throw new UsageException("GitHub's own server becomes the upstream `github-mcp`; leave out --name");
        }
        provider = UpstreamLines.GITHUBS_SERVER; // whose tools a catalog of Interlock's own describes
        server.clear();
        return addProvider(login);
    }

    private int addProvider(Optional<StoredCredential> login) throws Exception {
        if (!UpstreamLines.providers().contains(provider)) {
            throw new UsageException(
                    "`" + provider + "` is not one of "
                            + String.join(", ", UpstreamLines.providers())
                            + "; for another API: interlock upstream add openapi FILE --address https://api.example.com --name NAME");
        }
        boolean isGit = provider.equals(UpstreamLines.GIT);
        if (!server.isEmpty() || (isGit && apiAddress == null)) {
            throw unnamed();
        }
        PolicyDirectory policy = PolicyCommand.sound(terminal, options, null);
        Seal draft = policy.draft();
        UpstreamLines.Environments environments = environments(draft);
        boolean isModel = ModelProvider.of(provider).isPresent();
        boolean isElsewhere = isModel && apiAddress != null; // where a model may need no key, or one of another form
        boolean needsToken = login.isEmpty() && !UpstreamLines.isPublic(provider) && !(isElsewhere && source == null);
        Optional<Secret> token = needsToken ? Optional.of(token(provider)) : Optional.empty();
        Optional<ModelCredential> credential = login.isPresent()
                ? Optional.of(ModelCredential.SUBSCRIPTION)
                : token.map(one -> isElsewhere ? ModelCredential.API_KEY : ModelCredential.of(provider, one));
        List<UpstreamLines> added = UpstreamLines.of(
                provider,
                name == null && !isGit ? provider : requireName(name),
                Optional.ofNullable(apiAddress).map(URI::toString),
                environments,
                places(draft, token, environments),
                credential);
        added.forEach(one -> requireNew(draft, one.name()));
        return add(
                policy,
                added,
                policies(draft, added.getFirst().catalog()),
                login.or(() -> token.map(StoredCredential.StoredToken::new)));
    }

    /** Returns the environments of the provider's resources; none if it has none that are placed. */
    private Map<String, String> places(Seal draft, Optional<Secret> token, UpstreamLines.Environments environments)
            throws IOException, InterruptedException {
        Optional<SSLContext> trust = PinnedAuthority.trusting(authority);
        return switch (provider) {
            case "github", UpstreamLines.GITHUBS_SERVER -> {
                ProviderDirectory directory = new GithubDirectory(apiAddress == null ? github : apiAddress, trust);
                yield places(directory, token.orElseThrow(), placed(draft, environments), environments);
            }
            case "railway" -> {
                ProviderDirectory directory = new RailwayDirectory(
                        apiAddress == null ? URI.create("https://backboard.railway.com") : apiAddress, trust);
                yield places(directory, token.orElseThrow(), Set.of(), environments);
            }
            case UpstreamLines.GIT, "hetzner", "neon", "supabase" -> {
                Map<String, String> places = new LinkedHashMap<>();
                Set<String> types =
                        new TreeSet<>(CatalogView.facts().touched(provider).keySet());
                for (String one : unprotected) {
                    String named = provider.equals(UpstreamLines.GIT) ? "repo/" + one : one;
                    if (!types.contains(named.replaceFirst("/.*", ""))) {
                        throw new UsageException("`--unprotected " + one + "` must be TYPE/ID, of the types "
                                + String.join(", ", types));
                    }
                    places.put(provider + ":" + named, environments.place(true));
                }
                if (places.isEmpty()) {
                    terminal.aside("everything there counts as protected until --unprotected, or `resources` in "
                            + "interlock.yaml, says where agents may work");
                }
                yield places;
            }
            default -> {
                if (!unprotected.isEmpty()) {
                    throw new UsageException("`--unprotected` is for repositories and what else agents change");
                }
                yield Map.of();
            }
        };
    }

    private Optional<StoredCredential> login() throws IOException {
        Optional<StoredCredential> login = signIns.login(provider);
        if (login.isPresent() && (!provider.equals("openai") || source != null)) {
            throw new UsageException("`--login` is for openai, in the place of `--token-from`");
        }
        return login;
    }

    static Map<String, String> starterPolicies(Seal draft, String catalog) {
        return StarterPolicy.further(catalog, environments(draft).guarded(), CatalogView.facts());
    }

    /** Returns the policies about a catalog that the policy does not use yet. People write their own later. */
    private Map<String, String> policies(Seal draft, String catalog) throws IOException {
        if (draft.upstreams().values().stream()
                .anyMatch(upstream -> upstream.catalog().equals(catalog))) {
            return Map.of();
        }
        Map<String, String> files = new LinkedHashMap<>(starterPolicies(draft, catalog));
        Path directory = options.policy(null);
        files.keySet().removeIf(file -> Files.exists(directory.resolve(file)));
        return files;
    }

    private int addProgram(String upstreamName) throws Exception {
        if (source != null) {
            throw new UsageException("a server that is a program gets no token: it has a lease, in --lease-as");
        }
        if (authority.isPresent()) {
            throw new UsageException("a server that is a program has no certificate; leave out --ca");
        }
        program.requireKnown(PolicyCommand.sound(terminal, options, null).draft());
        String token = StdioServer.newToken();
        StdioServer written = program.server(options.configFile(), upstreamName, server, StdioBridge.digest(token));
        try (StdioBridge bridge = SandboxedServer.bridge(written, options, true, terminal)) {
            int exit = addServer(
                    URI.create("http://127.0.0.1:" + bridge.port() + "/mcp"),
                    upstreamName,
                    Optional.of(new Secret(token)),
                    KnownServers.ofCommand(server));
            if (plan) {
                terminal.aside(
                        "# mcp/" + upstreamName + ".json\n" + written.json().canonicalText());
            } else if (exit == ExitCodes.OK) {
                written.write(options.configFile(), upstreamName);
                terminal.aside("serve it: systemctl enable --now interlock-mcp@" + upstreamName
                        + ", or: interlock mcp serve " + upstreamName + options.again());
            }
            return exit;
        } catch (McpDirectory.UnaskedException _) {
            throw new IOException(program.unasked(server));
        }
    }

    /** Adds a database, by its address in the arguments or in {@code --token-from}. */
    private int addDatabase() throws Exception {
        boolean isArgument = DatabaseUpstream.isAddress(provider);
        if ((!isArgument && source == null) || !server.isEmpty()) {
            throw new UsageException(
                    "write the address: interlock upstream add postgres://role@host:5432/database; or its source: interlock upstream add postgres --token-from env:DATABASE_URL");
        }
        DatabaseUpstream database = isArgument
                ? DatabaseUpstream.parse(provider)
                : Options.secret(Objects.requireNonNull(source)).use(DatabaseUpstream::parse);
        if (isArgument && database.password().isPresent()) {
            terminal.problem(
                    "the password was on the command line, where other users of this machine and your shell's history have it: change it soon. Without it, it is asked for");
        }
        Optional<String> ca = authority.isPresent() ? Optional.of(Files.readString(authority.get())) : Optional.empty();
        if (!database.isNamed()) {
            throw database.unnamed(database.survey(ofRole(database, isArgument), ca));
        }
        String upstreamName = database.name(Optional.ofNullable(name));
        PolicyDirectory policy = PolicyCommand.sound(terminal, options, null);
        Seal draft = policy.draft();
        requireNew(draft, upstreamName);
        Secret reading = ofRole(database, isArgument);
        changing = writeSource == null ? Optional.empty() : Optional.of(Options.secret(writeSource));
        destroying = destroySource == null ? Optional.empty() : Optional.of(Options.secret(destroySource));
        String environment = database.environment(environments(draft));
        if (changing.isPresent() && environments(draft).guarded().contains(environment)) {
            throw new UsageException(
                    "`" + environment
                            + "` is protected: people confirm each change there, of which one role must be able to count the rows. Leave out --write-from; leases that only read run read-only in any case");
        }
        DatabaseSurvey found = database.survey(reading, ca);
        survey = Optional.of(found);
        List<String> warnings = new ArrayList<>(DatabaseUpstream.warnings(found));
        if (changing.isPresent()) {
            warnings.addAll(DatabaseUpstream.warnings(database.survey(changing.get(), ca)));
        }
        if (!options.json()) {
            DatabaseUpstream.told(found).forEach(terminal::line);
        }
        warnings.forEach(terminal::problem);
        if (plan || !warnings.isEmpty()) {
            boolean isOpen = !environments(draft).guarded().contains(environment);
            database.roles(found, isOpen).forEach(terminal::aside);
        }
        int exit = add(
                policy,
                List.of(database.lines(upstreamName, environment, found, changing.isPresent())),
                policies(draft, DatabaseUpstream.CATALOG),
                Optional.of(new StoredCredential.StoredToken(reading)));
        terminal.aside(
                "all of it counts as in `" + environment + "`; `resources` in interlock.yaml places each schema");
        terminal.aside(
                options.config()
                        .postgres()
                        .map(address -> "agents reach it at " + address + ", with `dbname=" + upstreamName
                                + "` and their lease for a password")
                        .orElse(
                                "agents reach it once `gateway.yaml` has `postgres: 127.0.0.1:7413` and the gateway is restarted"));
        return exit;
    }

    /** Returns {@code role:password}; asks for what the address does not have. */
    private Secret ofRole(DatabaseUpstream database, boolean isArgument) throws IOException {
        String role = database.role()
                .orElseThrow(() -> new UsageException("name the role: postgres://role@host:5432/database"));
        Secret password;
        if (database.password().isPresent()) {
            password = database.password().get();
        } else if (isArgument && source != null) {
            password = Options.secret(source);
        } else {
            password = SecretSource.typed(terminal.askHidden("The password of " + role + ", not shown")
                    .orElseThrow(() -> new UsageException("name the password: --token-from file:PATH or env:NAME")));
        }
        return password.use(text -> new Secret(role + ":" + text));
    }

    private int addApi(String upstreamName) throws Exception {
        if (server.size() != 1) {
            throw unnamed();
        }
        PolicyDirectory policy = PolicyCommand.sound(terminal, options, null);
        requireNew(policy.draft(), upstreamName);
        ApiDescription description = ApiDescription.read(Path.of(server.getFirst()));
        String address = Optional.ofNullable(apiAddress)
                .map(description::addressAt)
                .or(description::address)
                .orElseThrow(() -> new UsageException(
                        "the description does not say where the API is served: --address https://api.example.com"));
        ApiProposal api = ApiProposal.of(upstreamName, description);
        if (api.types().isEmpty()
                && api.lines().stream().allMatch(line -> line.text().isEmpty())) {
            throw new IllegalArgumentException("the description has no operation that a catalog can name");
        }
        Optional<String> header =
                description.tokenHeader().or(() -> source == null ? Optional.empty() : Optional.of("authorization"));
        Optional<StoredCredential> credential = header.isPresent() && (source != null || !plan)
                ? Optional.of(new StoredCredential.StoredToken(token(upstreamName)))
                : Optional.empty();
        if (!options.json()) {
            api.lines().forEach(line -> terminal.line("  " + line.name() + ": " + VisibleText.line(line.words())));
        }
        terminal.aside(api.summary());
        asides(policy.draft());
        return add(
                policy,
                List.of(UpstreamLines.proposed(
                        upstreamName,
                        address,
                        environments(policy.draft()).open().getFirst(),
                        api.types(),
                        header,
                        false)),
                Map.of("catalogs/" + upstreamName + ".yaml", api.catalog()),
                credential);
    }

    /** Says what else people should know: where the things are, and that some policies do not ask about everything. */
    private void asides(Seal draft) {
        UpstreamLines.Environments environments = environments(draft);
        if (!environments.guarded().isEmpty()) {
            terminal.aside("what it holds counts as in `" + environments.open().getFirst()
                    + "`: place what belongs to `" + environments.guarded().getFirst()
                    + "` below `resources` of this upstream");
        }
        if (draft.tasks().values().stream().noneMatch(task -> task.impacts().contains(Impact.EXECUTE))) {
            terminal.aside(
                    "this policy asks about destruction alone: what sends, changes rights or runs something is refused (docs/policy.md)");
        }
    }

    private int addServer(URI server, String upstreamName, Optional<Secret> made, Optional<KnownServer> known)
            throws Exception {
        PolicyDirectory policy = PolicyCommand.sound(terminal, options, null);
        Seal draft = policy.draft();
        requireNew(draft, upstreamName);
        Optional<Secret> token = source == null ? made : Optional.of(token(upstreamName));
        Optional<StoredCredential> credential = token.<StoredCredential>map(StoredCredential.StoredToken::new);
        Optional<SSLContext> trust = PinnedAuthority.trusting(authority);
        McpDirectory.Listing listing;
        try {
            listing = new McpDirectory(server, trust, token).tools();
        } catch (McpDirectory.TokenNeededException e) {
            OAuthSignIn.SignedIn signedIn = signIns.signIn(server, trust, e.challenge(), terminal);
            credential = Optional.of(StoredCredential.of(upstreamName, signedIn));
            listing = new McpDirectory(server, trust, Optional.of(signedIn.access())).tools();
        }
        return addServer(policy, server, upstreamName, listing, credential, known);
    }

    private int addServer(
            PolicyDirectory policy,
            URI server,
            String upstreamName,
            McpDirectory.Listing listing,
            Optional<StoredCredential> credential,
            Optional<KnownServer> known)
            throws Exception {
        List<ToolProposal> tools = listing.tools().stream()
                .map(tool -> ToolProposal.of(tool, known))
                .toList();
        List<ToolProposal> listed =
                tools.stream().filter(tool -> canBeListed(tool, listing)).toList();
        if (listed.isEmpty()) {
            throw new IllegalArgumentException("the server lists no tool that a catalog can name");
        }
        boolean isChosen = ToolProposal.choose(listed, known);
        List<KnownTool> judged =
                listed.stream().flatMap(tool -> tool.known().stream()).toList();
        String catalog = new ServerCatalog(upstreamName, server, known, listed, listing, isChosen).text();
        if (!options.json()) {
            tools.forEach(tool -> terminal.line("  "
                    + VisibleText.line(tool.tool().name()) + ": "
                    + (canBeListed(tool, listing)
                            ? tool.words()
                                    + (listing.tasks().contains(tool.tool().name()) && !(isChosen && tool.isInSession())
                                            ? "; may run as a task"
                                            : "")
                            : tool.canBeListed()
                                    ? "denied: it has characters that nobody sees"
                                    : "denied: a catalog cannot name it")));
        }
        terminal.aside(ToolProposal.summary(tools.size(), listed));
        known.ifPresent(one -> terminal.aside(summary(one, judged.size(), listed.size())));
        asides(policy.draft());
        Set<String> protectedTypes =
                judged.stream().flatMap(tool -> tool.types().stream()).collect(Collectors.toCollection(TreeSet::new));
        Set<String> types = listed.stream()
                .flatMap(tool -> tool.types().stream())
                .filter(type -> !protectedTypes.contains(type))
                .collect(Collectors.toCollection(TreeSet::new));
        UpstreamLines upstream = UpstreamLines.proposed(
                upstreamName,
                server.getScheme() + "://" + server.getRawAuthority(),
                environments(policy.draft()).open().getFirst(),
                types,
                credential.map(_ -> "authorization"),
                judged.stream().anyMatch(KnownTool::isUndone));
        int exit = add(policy, List.of(upstream), Map.of("catalogs/" + upstreamName + ".yaml", catalog), credential);
        protectedTypes.forEach(type -> terminal.aside("`" + upstreamName + ":" + type
                + "/…` counts as protected until `interlock.yaml` places it, below `resources` of this upstream"));
        return exit;
    }

    private static String summary(KnownServer known, int judged, int listed) {
        return judged + " of " + listed + " tools as Interlock knows `" + known.named() + "`"
                + (judged == listed
                        ? ""
                        : "; " + (listed - judged) + " judged by what the server says of them: check them");
    }

    private static boolean canBeListed(ToolProposal tool, McpDirectory.Listing listing) {
        ToolPin pin = listing.pins().get(tool.tool().name());
        return tool.canBeListed() && pin != null && !pin.hasHiddenText();
    }

    private String requireName(@Nullable String name) {
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

    private UsageException unnamed() {
        return new UsageException(
                switch (provider) {
                    case "mcp" ->
                        "name the server's address or command, and its upstream in lower case: interlock upstream add mcp https://mcp.example.com/mcp --name notes";
                    case "openapi" ->
                        "name the file, and its upstream in lower case: interlock upstream add openapi shop.yaml --name shop";
                    default ->
                        "an address is an option, and a name is in lower case: interlock upstream add " + provider
                                + " --address https://" + provider + ".example.com --name " + provider + "-own";
                });
    }

    /** Returns {@code upstreams} with the authority of their addresses, if there is a private one. */
    private List<UpstreamLines> trusting(List<UpstreamLines> upstreams) throws IOException {
        if (authority.isEmpty()) {
            return upstreams;
        }
        String pem = Files.readString(authority.get());
        InitCheck.requireCertificate(pem);
        return upstreams.stream().map(one -> one.trusting(pem)).toList();
    }

    private static void requireNew(Seal draft, String name) {
        if (draft.upstreams().containsKey(name)) {
            throw new UsageException(
                    "the policy has an upstream `" + name
                            + "` already; `interlock upstream list` shows its credentials, and `interlock vault put NAME` changes one");
        }
    }

    private int add(
            PolicyDirectory policy,
            List<UpstreamLines> wanted,
            Map<String, String> files,
            Optional<StoredCredential> credential)
            throws Exception {
        List<UpstreamLines> added = trusting(wanted);
        List<String> lines = added.stream().flatMap(one -> one.lines().stream()).toList();
        if (plan) {
            files.forEach((file, text) -> terminal.aside("# " + file + "\n" + text));
            return told(added, lines, PolicySealer.SealResult.NONE);
        }
        PolicyChange change = PolicyChange.adding(options.policy(null), added, files);
        List<String> mistakes = change.mistakes();
        if (!mistakes.isEmpty()) {
            mistakes.forEach(terminal::problem);
            throw new IllegalArgumentException("the policy would be wrong with it; nothing was changed");
        }
        PolicySealer sealer = PolicySealer.before(policy, options, keys, terminal);
        change.write();
        try {
            store(added, credential);
        } catch (IOException | RuntimeException e) {
            change.undo();
            throw e;
        }
        // A catalog that nobody has read yet is not in force: its lines rest on what strangers say.
        boolean isUnread = files.keySet().stream().anyMatch(file -> file.startsWith("catalogs/"));
        return told(added, lines, isUnread ? PolicySealer.SealResult.NONE : sealer.seal());
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
        if (source != null) {
            return Options.secret(source);
        }
        String wanted = ModelProvider.of(provider).map(ModelProvider::question).orElse("The token of " + holder);
        return SecretSource.typed(terminal.askHidden(wanted + ", not shown")
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
        Map<String, List<String>> byName = listing.resources().stream()
                .collect(Collectors.groupingBy(
                        NamedResource::fullName, Collectors.mapping(NamedResource::resource, Collectors.toList())));
        for (String name : unprotected) {
            List<String> called = byName.getOrDefault(name, List.of());
            if (called.size() > 1) { // people's names need not be unique
                throw new UsageException("`" + name + "` is the name of " + called.size()
                        + " things; name the right one as " + String.join(" or ", called));
            }
        }
        EnvironmentProposal.of(listing.resources(), Set.of(), Set.of()).forEach(one -> {
            String called = one.resource().fullName();
            // A repository's name says little about what its branches deploy.
            boolean isForWork =
                    one.environment().equals(EnvironmentProposal.OPEN) && !(directory instanceof GithubDirectory);
            boolean isNamed = missing.removeAll(List.of(called, one.resource().resource()));
            boolean isOpen = isNamed || placed.contains(called) || isForWork;
            places.put(one.resource().resource(), environments.place(isOpen));
        });
        if (!missing.isEmpty()) {
            throw new UsageException("the token may not change " + String.join(", ", missing) + "; it may in "
                    + listing.resources().stream()
                            .limit(12)
                            .map(NamedResource::fullName)
                            .collect(Collectors.joining(", ")));
        }
        return places;
    }

    private StoredCredential of(UpstreamLines.Slot slot, StoredCredential credential) {
        Optional<Secret> own = slot.impacts().contains("read")
                ? Optional.empty()
                : slot.impacts().contains("write") ? changing : destroying.or(() -> changing);
        return own.<StoredCredential>map(StoredCredential.StoredToken::new).orElse(credential);
    }

    /** Stores the credential in each slot; on failure in none. */
    private void store(List<UpstreamLines> added, Optional<StoredCredential> credential) throws IOException {
        Map<String, SlotContent> slots = new LinkedHashMap<>();
        for (UpstreamLines one : added) {
            one.slots()
                    .forEach(slot -> slots.put(
                            slot.name(), of(slot, credential.orElseThrow()).in(slot.user())));
        }
        List<String> stored = new ArrayList<>();
        try {
            for (Map.Entry<String, SlotContent> slot : slots.entrySet()) {
                stored.add(slot.getKey());
                Credentials.put(options.config(), options.configFile(), slot.getKey(), slot.getValue());
            }
            if (credential.isPresent()) {
                credential.get().storeShared(options.config(), terminal);
            }
        } catch (IOException | RuntimeException e) {
            for (String slot : stored) {
                try {
                    Credentials.remove(options.config(), slot);
                } catch (IOException | RuntimeException again) {
                    e.addSuppressed(again);
                }
            }
            throw e;
        }
    }

    private int told(List<UpstreamLines> added, List<String> lines, PolicySealer.SealResult result) {
        List<String> names = added.stream().map(UpstreamLines::name).toList();
        boolean isSealed = result == PolicySealer.SealResult.SEALED;
        Json.Members json = Json.object()
                .withTexts("upstreams", names)
                .withTexts("lines", lines)
                .with("sealed", isSealed);
        if (survey.isPresent()) {
            json = json.with("database", DatabaseUpstream.json(survey.get()));
        }
        terminal.answer(options, json, () -> {
            lines.forEach(terminal::line);
            if (!plan) {
                terminal.line(result.words() + (isSealed ? String.join(", ", names) : options.again()));
            }
        });
        return result.exit();
    }
}
