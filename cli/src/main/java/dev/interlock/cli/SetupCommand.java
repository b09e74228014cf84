package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.action.UserName;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adopt.CredentialKinds;
import dev.interlock.adopt.CredentialSurvey;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.home.ProtectedAgent;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.CodingAgent;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.GithubDirectory;
import dev.interlock.setup.NamedResource;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.setup.RailwayDirectory;
import dev.interlock.setup.SetupRecord;
import dev.interlock.setup.SetupRun;
import dev.interlock.setup.SetupStep;
import dev.interlock.vault.SlotContent;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "setup",
        mixinStandardHelpOptions = true,
        description =
                "Find a person's coding agents and tokens, ask the provider what the tokens open, propose a policy,"
                        + " and put all of it behind the gateway. Nothing changes before you agree. Run as root.",
        footer = {
            "",
            "Examples:",
            "  sudo interlock setup",
            "  sudo interlock setup --plan",
            "  sudo interlock setup --yes --json --person ann --project /home/ann/shop",
            "  sudo interlock setup --undo"
        })
final class SetupCommand implements Callable<Integer> {

    private static final URI GITHUB = URI.create("https://api.github.com");

    @Option(names = "--plan", description = "Only say what would happen, also with --undo.")
    private boolean plan;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Option(names = "--undo", description = "Put back what was there before, the last step first. At a terminal it asks once.")
    private boolean undo;

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    @Option(
            names = "--person",
            paramLabel = "USER",
            description = "Whose agents are protected, and who approves; the caller of sudo unless given.")
    private @Nullable String person;

    @Option(
            names = "--home",
            paramLabel = "DIRECTORY",
            description = "That person's home; their account's unless given.")
    private @Nullable Path home;

    @Option(
            names = "--project",
            paramLabel = "DIRECTORY",
            description = "Also search this directory for tokens; the current one unless given. Repeatable.")
    private List<Path> projects = new ArrayList<>();

    @Option(
            names = "--organisation",
            description = "The organisation that the policy belongs to; ${DEFAULT-VALUE} unless given.")
    private String organisation = "own";

    @Option(
            names = "--unprotected",
            paramLabel = "NAME",
            description = "A name at the provider that agents may work in; repeatable.")
    private Set<String> open = new LinkedHashSet<>();

    @Option(
            names = "--protected",
            paramLabel = "NAME",
            description = "A name at the provider that is protected; repeatable.")
    private Set<String> guarded = new LinkedHashSet<>();

    @Option(
            names = "--agents",
            paramLabel = "AGENT",
            split = ",",
            description = "Only these of claude, codex and gemini; all that are found unless given.")
    private Set<String> wanted = new LinkedHashSet<>();

    @Option(
            names = "--model-key",
            paramLabel = "PROVIDER=FILE",
            description = "A file with the API key of anthropic, openai or gemini, or with the token that `claude"
                    + " setup-token` prints; repeatable. Otherwise a key that is found, or that you are asked for.")
    private Map<String, Path> modelKeys = new LinkedHashMap<>();

    @Option(
            names = "--registries",
            paramLabel = "NAME",
            split = ",",
            description = "From which of npm, pypi, maven, crates and go agents may fetch packages, or none; all unless"
                    + " given.")
    private Set<String> registries = new LinkedHashSet<>(UpstreamLines.registries());

    @Option(names = "--github", hidden = true, description = "GitHub's address, in tests.")
    private URI github = GITHUB;

    @Option(names = "--railway", paramLabel = "URL", description = "Railway's address; its own unless given.")
    private URI railway = URI.create("https://backboard.railway.com");

    @Option(names = "--ca", paramLabel = "FILE", description = "The authority of that address, if it is a private one.")
    private Optional<Path> authority = Optional.empty();

    @Option(
            names = "--dir",
            paramLabel = "DIRECTORY",
            description = "For gateway.yaml and policy; ${DEFAULT-VALUE} unless given.")
    private Path directory = Path.of("/etc/interlock");

    private final Terminal terminal;

    SetupCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * What was found.
     *
     * @param home the person's
     * @param accounts may be none, if there is an agent to protect
     * @param projects the directories in which agents work
     */
    private record Found(
            Path home,
            List<CodingAgent> agents,
            List<ProviderAccount> accounts,
            List<Path> projects,
            Map<ProtectedAgent, Secret> models) {

        /** Returns the account that the starter policy is about; empty if it is about an agent and its model alone. */
        private Optional<ProviderAccount> first() {
            return accounts.stream().findFirst();
        }

        private List<FoundCredential> tokens() {
            return accounts.stream()
                    .flatMap(account -> account.tokens().stream())
                    .toList();
        }

        private List<FoundCredential> moved() {
            return accounts.stream()
                    .flatMap(account -> account.moved(projects).stream())
                    .toList();
        }

        private ModelCredential credential(String provider) {
            return models.entrySet().stream()
                    .filter(model -> model.getKey().provider().equals(provider))
                    .map(model -> ModelCredential.of(provider, model.getValue()))
                    .findFirst()
                    .orElse(ModelCredential.API_KEY);
        }

        /** Returns the commands of the agents that can be protected: the gateway has a key of their model. */
        private List<String> programs() {
            return models.keySet().stream()
                    .map(ProtectedAgent::program)
                    .sorted()
                    .toList();
        }
    }

    /** An account of this machine. */
    private record Account(String uid, String gid, Path home) {}

    @Override
    public Integer call() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            terminal.problem("`setup` makes users, services and files of root: sudo interlock setup");
            return ExitCodes.NOT_ENTITLED;
        }
        SetupSteps steps =
                new SetupSteps(directory, directory.resolve("seal.key"), List.of("--keys-user", "interlock-keys"));
        SetupRecord record = new SetupRecord(directory.resolve("setup.json"));
        SetupRun run = new SetupRun(record);
        if (undo) {
            return undo(run, steps.toUndo());
        }
        if (record.isComplete()) {
            return proveAgain(steps);
        }
        String name = person();
        Account account = account(name);
        Optional<Found> found = find(account.home());
        if (found.isEmpty()) {
            return ExitCodes.NO;
        }
        Optional<String> missing = unprotectedMissing(found.get());
        if (missing.isPresent()) {
            terminal.problem(missing.get());
            return ExitCodes.NO;
        }
        List<SetupStep> all = steps.all(
                () -> files(name, found.get()),
                slots(found.get()),
                found.get().moved(),
                new ProtectStep.ProtectedPerson(
                        account.uid(),
                        account.gid(),
                        account.home(),
                        CodingAgent.path(account.home(), System.getenv().getOrDefault("PATH", "")),
                        found.get().programs()));
        if (!json || plan) {
            show(name, found.get(), all);
        }
        if (plan) {
            return ExitCodes.OK;
        }
        if (!yes && !terminal.agrees("Go on?")) {
            terminal.problem("nothing was changed" + (terminal.isInteractive() ? "" : ": use --yes to go on"));
            return ExitCodes.NO;
        }
        run.perform(all, step -> terminal.aside("interlock: " + step.description()));
        return finish(name, found.get(), steps);
    }

    /** A setup that is complete has nothing to find: decoys lie where the tokens were. */
    private int proveAgain(SetupSteps steps) throws Exception {
        steps.prove();
        String said =
                "This machine is set up already, and every way out is closed. To change the policy: docs/policy.md";
        if (json) {
            terminal.json(Json.object().with("complete", true));
        } else {
            terminal.line(said);
        }
        return ExitCodes.OK;
    }

    private int undo(SetupRun run, List<SetupStep> steps) throws Exception {
        SetupRun.UndoPlan expected = run.undoPlan(steps);
        if (plan) {
            showUndo(expected);
            return ExitCodes.OK;
        }
        if (!expected.changes().isEmpty() && !yes && !json && terminal.isInteractive()) {
            showUndo(expected);
            if (!terminal.agrees("Undo all of it?")) {
                terminal.problem("nothing was changed");
                return ExitCodes.NO;
            }
        }
        List<String> said = new ArrayList<>();
        boolean any = run.undo(steps, json ? said::add : line -> terminal.line("✓ " + line));
        SetupSteps.removeIfEmpty(directory);
        if (json) {
            terminal.json(Json.object().withTexts("undone", said).withTexts("left", expected.left()));
        } else if (any) {
            terminal.line("What setup changed is as it was before."
                    + (expected.left().isEmpty() ? "" : " Still there, with the command that removes it:"));
            expected.left().forEach(left -> terminal.line("  - " + left));
        } else {
            terminal.line("There is no setup to undo.");
        }
        return ExitCodes.OK;
    }

    private void showUndo(SetupRun.UndoPlan expected) {
        if (json) {
            terminal.json(Json.object()
                    .with(
                            "plan",
                            Json.object()
                                    .withTexts("undo", expected.changes())
                                    .withTexts("left", expected.left())));
        } else if (expected.changes().isEmpty()) {
            terminal.line("There is no setup to undo.");
        } else {
            terminal.line("`interlock setup --undo` will:");
            expected.changes().forEach(change -> terminal.line("  - " + change));
            if (!expected.left().isEmpty()) {
                terminal.line("Still there afterwards, with the command that removes it:");
                expected.left().forEach(left -> terminal.line("  - " + left));
            }
        }
    }

    private String person() {
        String name = person != null ? person : System.getenv().getOrDefault("SUDO_USER", "");
        if (name.isEmpty() || name.equals("root") || !UserName.is(name)) {
            throw new UsageException("name the person whose agents are to be protected: --person ann");
        }
        return name;
    }

    private Account account(String name) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("getent", "passwd", name).start();
        String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        String[] fields = line.split(":", -1);
        if (process.waitFor() != 0 || fields.length < 6) {
            throw new UsageException("there is no user `" + name + "` on this machine; name another with --person");
        }
        return new Account(fields[2], fields[3], (home == null ? Path.of(fields[5]) : home).toRealPath());
    }

    private Optional<Found> find(Path home) throws IOException, InterruptedException {
        List<CodingAgent> agents = CodingAgent.installed(home, System.getenv().getOrDefault("PATH", ""));
        List<Path> searched = searched();
        List<FoundCredential> credentials = credentials(home, searched);
        List<ProviderAccount> accounts = new ArrayList<>();
        account(
                        new RailwayDirectory(railway, authority),
                        credentials,
                        resources -> EnvironmentProposal.of(resources, open, guarded))
                .ifPresent(accounts::add);
        Set<String> work = new TreeSet<>(open);
        for (Path project : searched) {
            work.addAll(GithubDirectory.clonedFrom(project));
        }
        account(
                        new GithubDirectory(github, github.equals(GITHUB) ? Optional.empty() : authority),
                        credentials,
                        resources -> EnvironmentProposal.ofRepositories(resources, work, guarded))
                .ifPresent(accounts::add);
        Found found = new Found(home, agents, accounts, searched, models(home, agents, credentials));
        if (accounts.isEmpty() && found.models().isEmpty()) {
            terminal.problem("nothing to set up was found in `" + home + "` or the projects: no agent with a key of its"
                    + " model, and no token of Railway or GitHub that still works and opens a whole account; name a"
                    + " project with --project or a key with --model-key, or begin by hand: interlock init");
            return Optional.empty();
        }
        return Optional.of(found);
    }

    /** Returns what {@code credentials} open at {@code provider}; empty if none of them opens a whole account. */
    private Optional<ProviderAccount> account(
            ProviderDirectory provider,
            List<FoundCredential> credentials,
            Function<List<NamedResource>, List<EnvironmentProposal>> proposals)
            throws InterruptedException {
        List<FoundCredential> tokens = new ArrayList<>();
        Set<NamedResource> resources = new LinkedHashSet<>();
        FoundCredential broadest = null;
        int most = -1;
        for (FoundCredential one : credentials) {
            Optional<ProviderDirectory.Listing> listing = listing(provider, one);
            if (listing.isEmpty()) {
                continue;
            }
            tokens.add(one);
            resources.addAll(listing.get().resources());
            if (listing.get().everything() && listing.get().resources().size() > most) {
                most = listing.get().resources().size();
                broadest = one;
            }
        }
        if (broadest == null) {
            if (!tokens.isEmpty()) {
                terminal.problem("only project tokens of " + provider.fullName() + " were found; the gateway needs an"
                        + " account token to look resources up: make one in the account settings, write it to a file"
                        + " `.env` as RAILWAY_TOKEN=…, and run setup again");
            }
            return Optional.empty();
        }
        return Optional.of(new ProviderAccount(provider, tokens, broadest, proposals.apply(List.copyOf(resources))));
    }

    /** Returns the agents that can be protected, each with a key of its model. */
    private Map<ProtectedAgent, Secret> models(Path home, List<CodingAgent> agents, List<FoundCredential> credentials)
            throws IOException {
        Map<ProtectedAgent, Secret> models = new LinkedHashMap<>();
        for (CodingAgent one : agents) {
            Optional<ProtectedAgent> agent = ProtectedAgent.of(one.program());
            if (agent.isPresent() && (wanted.isEmpty() || wanted.contains(one.program()))) {
                modelKey(agent.get(), one.login(home), credentials).ifPresent(key -> models.put(agent.get(), key));
            }
        }
        return models;
    }

    /** @param login what becomes of its login, if it has one */
    private Optional<Secret> modelKey(ProtectedAgent agent, Optional<String> login, List<FoundCredential> credentials)
            throws IOException {
        Path file = modelKeys.get(agent.provider());
        if (file != null) {
            return Optional.of(usable(agent, new Secret(Files.readString(file).strip())));
        }
        Optional<Secret> found = credentials.stream()
                .filter(one -> isModelKey(agent.provider(), one))
                .map(FoundCredential::secret)
                .findFirst();
        if (found.isPresent() || plan || yes || json || !terminal.isInteractive()) {
            return found;
        }
        login.ifPresent(advice -> terminal.aside(agent.program() + ": " + advice));
        return terminal.askHidden(ModelCredential.question(agent.provider()) + ", for " + agent.program()
                        + " (Enter to leave it unprotected)")
                .map(key -> new String(key).strip())
                .filter(key -> !key.isEmpty())
                .map(key -> usable(agent, new Secret(key)));
    }

    /** @throws UsageException if no model is asked with {@code given}: then nothing has changed yet */
    private static Secret usable(ProtectedAgent agent, Secret given) {
        ModelCredential.of(agent.provider(), given);
        return given;
    }

    /** A login of a subscription, or an administrator's key, is no key with which a model is asked. */
    private static boolean isModelKey(String provider, FoundCredential one) {
        return switch (provider) {
            case "anthropic" ->
                one.kind().id().equals("anthropic-key")
                        && one.secret().<Boolean>use(key -> key.startsWith("sk-ant-api"));
            case "openai" ->
                one.kind().id().equals("openai-key") && one.secret().<Boolean>use(key -> !key.startsWith("sk-admin-"));
            default -> one.kind().id().equals("google-api-key");
        };
    }

    /** Only tokens in files can be moved, and only the provider of their kind gets them. */
    private Optional<ProviderDirectory.Listing> listing(ProviderDirectory provider, FoundCredential one)
            throws InterruptedException {
        if (!provider.reads(one.kind().id()) || !CredentialAdopter.liesInFile(one)) {
            return Optional.empty();
        }
        try {
            return provider.list(one.secret());
        } catch (IOException e) {
            terminal.problem(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private List<Path> searched() throws IOException {
        List<Path> searched = new ArrayList<>();
        for (Path project : projects.isEmpty() ? List.of(Path.of("").toAbsolutePath()) : projects) {
            if (!Files.isDirectory(project)) {
                throw new UsageException("`" + project + "` is not a directory");
            }
            searched.add(project.toRealPath());
        }
        return searched;
    }

    private List<FoundCredential> credentials(Path home, List<Path> searched) throws IOException {
        Map<String, FoundCredential> all = new LinkedHashMap<>();
        for (Path project : searched) {
            CredentialSurvey survey = CredentialSurvey.of(
                    new CredentialSurvey.SurveyScope(project, Optional.of(home), Map.of(), List.of(), false),
                    CredentialKinds.known());
            survey.credentials().forEach(one -> all.putIfAbsent(one.id(), one));
            survey.unread().forEach(why -> terminal.problem("not checked: " + why));
        }
        return List.copyOf(all.values());
    }

    /** A policy needs somewhere to work: proposing to open what has a protected name is left to people. */
    private static Optional<String> unprotectedMissing(Found found) {
        return found.accounts().isEmpty() || found.accounts().stream().anyMatch(ProviderAccount::hasOpen)
                ? Optional.empty()
                : Optional.of("all names look protected: "
                        + found.accounts().stream()
                                .map(ProviderAccount::summary)
                                .collect(Collectors.joining(", "))
                        + "; say where agents may work: --unprotected NAME");
    }

    private Map<String, String> files(String name, Found found) throws IOException {
        String sealer = Files.readString(directory.resolve("seal.key.pub")).strip();
        StarterPolicy policy = policy(name, found, sealer);
        Map<String, String> files = new LinkedHashMap<>();
        files.put(
                "gateway.yaml",
                new GatewayYaml(
                                        organisation,
                                        "127.0.0.1:7411",
                                        Path.of("/var/lib/interlock"),
                                        Path.of("/run/interlock"),
                                        List.of("root", name),
                                        sealer)
                                .text()
                        + "# The only process that reads the credentials.\n"
                        + "keys: {user: interlock-keys, gateway: interlock, data: /var/lib/interlock-keys, run: /run/interlock-keys}\n");
        Set<String> used = found.accounts().stream()
                .map(account -> account.provider().catalog())
                .collect(Collectors.toSet());
        policy.files(CatalogView.facts(), used)
                .forEach((file, text) -> files.put("policy/" + file, completed(text, found)));
        new InitCheck(policy, files, CatalogView.facts()).require();
        return files;
    }

    /**
     * Adds the upstreams that a starter policy does not have to {@code interlock.yaml}; other files have no such line.
     */
    private String completed(String text, Found found) {
        Stream<UpstreamLines> providers = found.accounts().stream()
                .flatMap(account -> account.upstreams(found.accounts().getFirst()).stream());
        Stream<UpstreamLines> models = found.models().keySet().stream()
                .map(ProtectedAgent::provider)
                .distinct()
                .map(provider -> UpstreamLines.model(
                        new ModelUpstream(provider, provider), EnvironmentProposal.OPEN, found.credential(provider)));
        Stream<UpstreamLines> packages = fetched().stream()
                .flatMap(name -> UpstreamLines.of(name, ProviderAccount.ENVIRONMENTS, Map.of()).stream());
        String lines = Stream.of(providers, models, packages)
                .flatMap(upstreams -> upstreams)
                .flatMap(upstream -> upstream.lines().stream())
                .map(line -> line + "\n")
                .collect(Collectors.joining());
        return text.replaceFirst("(?m)^upstreams:\n", Matcher.quoteReplacement("upstreams:\n" + lines));
    }

    private StarterPolicy policy(String name, Found found, String sealer) throws IOException {
        String about =
                found.first().map(account -> account.provider().catalog()).orElse("github"); // for its examples
        return new StarterPolicy(
                organisation,
                name,
                sealer,
                "agent",
                about,
                about,
                found.first().map(account -> account.provider().address()).orElse(""),
                List.of(EnvironmentProposal.OPEN),
                List.of(EnvironmentProposal.PROTECTED),
                Map.of(),
                authority.isPresent() ? Optional.of(Files.readString(authority.get())) : Optional.empty(),
                EnvironmentProposal.places(
                        found.first().map(ProviderAccount::proposals).orElse(List.of())),
                Optional.empty(),
                Set.of("root", name));
    }

    private static Map<String, SlotContent> slots(Found found) {
        Map<String, SlotContent> slots = new TreeMap<>();
        found.accounts().forEach(account -> slots.putAll(account.slots()));
        found.models().forEach((agent, key) -> slots.put(agent.provider() + "-key", SlotContent.token(key)));
        return slots;
    }

    private void show(String name, Found found, List<SetupStep> steps) {
        if (json) {
            terminal.json(json(name, found).with("plan", SetupRun.plan(steps)));
            return;
        }
        terminal.line("Agents      " + (found.agents().isEmpty() ? "none found" : agents(found)));
        found.tokens()
                .forEach(token -> terminal.line("Token       " + token.kind().id() + "  " + token.shown() + "  "
                        + token.seen().getFirst().shown()
                        + (found.moved().contains(token) ? "" : "  (copied; it stays there for you)")));
        found.models()
                .forEach((agent, _) -> terminal.line("Model       " + agent.provider() + "  "
                        + found.credential(agent.provider()).words()));
        found.accounts().forEach(account -> account.lines().forEach(terminal::line));
        unprotected(found)
                .forEach(agent -> terminal.line("Not yet     " + agent.fullName()
                        + ": no API key of its model was found; name one with --model-key"
                        + agent.login(found.home())
                                .map(advice -> " (" + advice + ")")
                                .orElse("")));
        terminal.line("Packages    " + (fetched().isEmpty() ? "none" : String.join(", ", fetched())));
        if (!found.accounts().isEmpty()) {
            terminal.line("Weaker      one token opens all of it; a second one for " + EnvironmentProposal.OPEN
                    + " alone is better (docs/install.md)");
        }
        terminal.line("");
        terminal.line("setup will:");
        steps.forEach(step -> terminal.line("  - " + step.description()));
        terminal.line("`interlock setup --undo` puts back what is there now.");
    }

    /** Returns the agents that could be protected if the gateway had a key of their model. */
    private List<CodingAgent> unprotected(Found found) {
        return found.agents().stream()
                .filter(CodingAgent::isConfinable)
                .filter(agent -> wanted.isEmpty() || wanted.contains(agent.program()))
                .filter(agent -> !found.programs().contains(agent.program()))
                .toList();
    }

    private static String agents(Found found) {
        return found.agents().stream()
                .map(agent -> agent.fullName() + (agent.isConfinable() ? "" : " (cannot run inside yet)"))
                .collect(Collectors.joining(", "));
    }

    /** Returns the registries of packages that agents may read. */
    private List<String> fetched() {
        Set<String> known = UpstreamLines.registries();
        registries.stream()
                .filter(name -> !known.contains(name) && !name.equals("none"))
                .findFirst()
                .ifPresent(name -> {
                    throw new UsageException("`" + name + "` is no registry of packages; these are: "
                            + String.join(", ", known) + ", or none");
                });
        return known.stream().filter(registries::contains).toList();
    }

    private Json.Members json(String name, Found found) {
        return Json.object()
                .with("person", name)
                .withTexts("agents", found.agents().stream().map(CodingAgent::program))
                .withTexts("protected", found.programs())
                .withTexts("registries", fetched())
                .withItems("accounts", found.accounts().stream().map(ProviderAccount::json));
    }

    private int finish(String name, Found found, SetupSteps steps) throws Exception {
        Config config = Config.read(steps.configFile());
        Json.Members invitation = AdminClient.at(config.adminSocket())
                .call("passkey.invite", Json.object().with("person", name));
        if (json) {
            terminal.json(json(name, found).with("console", invitation.text("origin")));
            return ExitCodes.OK;
        }
        String programs = String.join(", ", found.programs());
        terminal.line("");
        terminal.line("PROTECTED · " + (programs.isEmpty() ? "no agent yet" : programs) + " of " + name + " · "
                + found.accounts().stream()
                        .map(account -> account.summary() + " · ")
                        .collect(Collectors.joining())
                + CellFormat.number(found.moved().size(), "token")
                + " moved to the vault · every way out closed · console "
                + invitation.text("origin"));
        terminal.line("");
        terminal.line("Next:");
        terminal.line("  sudo interlock console   and on its page Passkeys enter " + name + " and the invitation "
                + invitation.text("code") + ", to make the passkey that approves (good until "
                + invitation.text("expires") + ")");
        if (!found.moved().isEmpty()) {
            terminal.line("  renew the moved tokens: they lay in files that others may have read; then: sudo interlock"
                    + " vault put " + found.accounts().getFirst().provider().catalog() + "-work");
        }
        if (!programs.isEmpty()) {
            terminal.line("  in a new terminal of " + name + ": cd PROJECT && "
                    + found.programs().getFirst());
        }
        unprotected(found)
                .forEach(agent -> terminal.line("  " + agent.fullName()
                        + " is not protected: the gateway has no key of its model"
                        + agent.login(found.home()).map(advice -> "; " + advice).orElse("") + " (docs/protect.md)"));
        return ExitCodes.OK;
    }
}
