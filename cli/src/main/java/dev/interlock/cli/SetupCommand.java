package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.action.UserName;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adopt.CredentialSurvey;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.agents.CodingAgent;
import dev.interlock.config.Config;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Json;
import dev.interlock.home.AgentExecutable;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.GithubDirectory;
import dev.interlock.setup.NamedResource;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.setup.RailwayDirectory;
import dev.interlock.setup.SetupRecord;
import dev.interlock.setup.SetupRun;
import dev.interlock.setup.SetupStep;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.shapes.ModelProvider;
import dev.interlock.signin.PinnedAuthority;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "setup",
        description =
                "Find a person's coding agents and tokens, ask the provider what the tokens open, propose a policy, and put all of it behind the gateway. Nothing changes before you agree. Run as root.",
        footer = {
            "  sudo interlock setup",
            "  sudo interlock setup --plan",
            "  sudo interlock setup --yes --json --person ann --project /home/ann/shop",
            "  sudo interlock setup --undo"
        })
final class SetupCommand extends TerminalCommand implements Callable<Integer> {

    private static final URI GITHUB = URI.create("https://api.github.com");
    private static final List<String> PROVIDERS = List.of("github", "railway");

    @Option(names = "--plan", description = "Only say what would happen, also with --undo.")
    private boolean plan;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Option(
            names = "--undo",
            description = "Put back what was there before, the last step first. At a terminal it asks once.")
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
            description =
                    "A file with the API key of anthropic, openai or gemini, or with the token that `claude setup-token` prints; repeatable. Otherwise a key that is found, or that you are asked for.")
    private Map<String, Path> modelKeys = new LinkedHashMap<>();

    @Option(
            names = "--registries",
            paramLabel = "NAME",
            split = ",",
            description =
                    "From which of npm, pypi, maven, crates and go agents may fetch packages, or none; all unless given.")
    private Set<String> registries = new LinkedHashSet<>(UpstreamLines.registries());

    @Option(
            names = "--web",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Let agents read public pages of the web, or not: --no-web. They read unless given, and send nothing but the address.")
    private boolean web;

    @Option(
            names = "--without",
            paramLabel = "PROVIDER",
            split = ",",
            description =
                    "Leave out railway or github: it is not asked, and its tokens stay where they are. Repeatable.")
    private Set<String> without = new LinkedHashSet<>();

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

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record Account(String uid, String gid, Path home) {}

    @Override
    public Integer call() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            terminal.problem(
                    "`setup` makes users, services and files of root: put `sudo` before the same command, as in `sudo interlock setup"
                            + (undo ? " --undo" : "") + "`");
            return ExitCodes.NOT_ENTITLED;
        }
        SetupSteps steps = new SetupSteps(directory, directory.resolve("seal.key"));
        SetupRecord record = new SetupRecord(directory.resolve("setup.json"));
        SetupRun run = new SetupRun(record);
        if (undo) {
            return new SetupUndo(terminal, run, json).call(steps.toUndo(), directory, plan, yes);
        }
        requireKnownOptions();
        if (record.isComplete()) {
            FinishedSetup finished = new FinishedSetup(terminal, record, steps.configFile(), steps::prove, json);
            finished.requireNoOther(asked(), spec.commandLine().getParseResult()::hasMatchedOption);
            return finished.call(plan, yes);
        }
        Json.Members asked = asked();
        String name = person();
        Account account = account(name);
        Optional<SetupFindings> found = find(account.home());
        if (found.isEmpty()) {
            return ExitCodes.NO;
        }
        ConfigurationStep configuration = new ConfigurationStep(directory, policy(name, found.get()));
        Optional<String> occupied = occupied(configuration, record);
        Optional<String> obstacle = occupied.isPresent() ? occupied : unprotectedMissing(found.get());
        if (obstacle.isPresent()) {
            terminal.problem(obstacle.get());
            return ExitCodes.NO;
        }
        SetupScreen screen = new SetupScreen(terminal, name, found.get(), fetched(), web);
        List<SetupStep> all = steps.all(
                configuration,
                found.get().slots(),
                found.get().moved(),
                new ProtectStep.ProtectedPerson(
                        account.uid(),
                        account.gid(),
                        account.home(),
                        path(account.home()),
                        found.get().programs()));
        if (!json) {
            screen.plan(all);
        } else if (plan) {
            terminal.json(screen.json().with("plan", SetupRun.plan(all)));
        }
        OptionalInt end = end(found.get());
        if (end.isPresent()) {
            return end.getAsInt();
        }
        run.perform(all, asked, step -> terminal.aside("interlock: " + step.description()));
        ConsoleAccess console =
                ConsoleAccess.of(AdminClient.at(Config.read(steps.configFile()).adminSocket()), name);
        if (json) {
            terminal.json(screen.json(console));
        } else {
            screen.end(console);
        }
        return ExitCodes.OK;
    }

    private ConfigurationStep.PolicyFiles policy(String name, SetupFindings found) {
        SetupPolicy policy = new SetupPolicy(organisation, name, found, readable(), authority);
        return () ->
                policy.files(Files.readString(directory.resolve("seal.key.pub")).strip());
    }

    /** Returns the exit code if nothing is to be changed: it was not wanted, agreed to, or understood. */
    private OptionalInt end(SetupFindings found) {
        List<UnaskedToken> failed = found.unasked().stream()
                .filter(one -> !without.contains(one.provider().catalog()))
                .toList();
        if (!failed.isEmpty() && (plan || yes || !terminal.isInteractive())) {
            Set<String> providers = new TreeSet<>(without);
            failed.forEach(one -> providers.add(one.provider().catalog()));
            terminal.problem(CellFormat.number(failed.size(), "token") + " would stay readable in a file, because "
                    + failed.getFirst().why()
                    + "; nothing was changed. Run this again once it can be asked (--railway and --ca name another address), or set up without it: --without "
                    + String.join(",", providers));
            return OptionalInt.of(ExitCodes.UNAVAILABLE);
        }
        if (plan) {
            return OptionalInt.of(ExitCodes.OK);
        }
        if (!yes && !terminal.agrees("Go on?")) {
            terminal.problem("nothing was changed" + (terminal.isInteractive() ? "" : ": use --yes to go on"));
            return OptionalInt.of(ExitCodes.NO);
        }
        return OptionalInt.empty();
    }

    /** What is in the place of the configuration was written by people, unless this setup has begun to write it. */
    private static Optional<String> occupied(ConfigurationStep step, SetupRecord record) throws IOException {
        return record.begun().stream().anyMatch(begun -> begun.name().equals(step.name()))
                ? Optional.empty()
                : step.occupied();
    }

    /** A name that is not known would be left out silently, and what it was to protect would be open. */
    private void requireKnownOptions() {
        requireKnown("--model-key", modelKeys.keySet(), ModelProvider.names());
        requireKnown(
                "--agents",
                wanted,
                CodingAgent.all().stream()
                        .filter(agent -> agent.confined().isPresent())
                        .map(CodingAgent::program)
                        .toList());
        requireKnown("--without", without, PROVIDERS);
        Set<String> known = UpstreamLines.registries();
        known.add("none");
        requireKnown("--registries", registries, known);
    }

    private static void requireKnown(String option, Set<String> given, Collection<String> known) {
        given.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw new UsageException("`" + option + "` names `" + name + "`, which is not known here; "
                    + (known.isEmpty()
                            ? "nothing that it could name was found"
                            : "the nearest of " + known.size() + ": "
                                    + String.join(", ", Suggestions.to(name, known))));
        });
    }

    /** Returns what this setup is asked for, by the names of its options; without secrets. */
    private Json.Members asked() throws IOException {
        return Json.object()
                .with("--person", person == null ? System.getenv().getOrDefault("SUDO_USER", "") : person)
                .with("--home", home == null ? "" : home.toString())
                .with("--project", sorted(searched()))
                .with("--organisation", organisation)
                .with("--unprotected", sorted(open))
                .with("--protected", sorted(guarded))
                .with("--agents", sorted(wanted))
                .with("--model-key", sorted(modelKeys.entrySet()))
                .with("--registries", sorted(registries))
                .with("--web", Boolean.toString(web))
                .with("--without", sorted(without))
                .with("--railway", railway.toString())
                .with("--ca", authority.map(Path::toString).orElse(""));
    }

    private static String sorted(Collection<?> values) {
        return values.stream().map(String::valueOf).sorted().collect(Collectors.joining(","));
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

    private Optional<SetupFindings> find(Path home) throws IOException, InterruptedException {
        List<CodingAgent> agents = agents(home);
        List<Path> searched = searched();
        List<FoundCredential> credentials = credentials(home, searched);
        List<ProviderAccount> accounts = new ArrayList<>();
        List<UnaskedToken> unasked = new ArrayList<>();
        Optional<SSLContext> trust = PinnedAuthority.trusting(authority);
        account(
                        new RailwayDirectory(railway, trust),
                        credentials,
                        resources -> EnvironmentProposal.of(resources, open, guarded),
                        unasked)
                .ifPresent(accounts::add);
        Set<String> work = new TreeSet<>(open);
        for (Path project : searched) {
            work.addAll(GithubDirectory.clonedFrom(project));
        }
        account(
                        new GithubDirectory(github, github.equals(GITHUB) ? Optional.empty() : trust),
                        credentials,
                        resources -> EnvironmentProposal.ofRepositories(resources, work, guarded),
                        unasked)
                .ifPresent(accounts::add);
        Set<String> names =
                accounts.stream().flatMap(account -> account.names().stream()).collect(Collectors.toSet());
        if (unasked.isEmpty() || !accounts.isEmpty()) {
            requireKnown("--unprotected", open, names);
            requireKnown("--protected", guarded, names);
        }
        Map<CodingAgent, Secret> models = models(home, agents, credentials);
        List<FoundCredential> others = new ArrayList<>(credentials);
        accounts.forEach(account -> others.removeAll(account.tokens()));
        unasked.forEach(one -> others.remove(one.token()));
        others.removeIf(one -> models.containsValue(one.secret()));
        SetupFindings found = new SetupFindings(home, agents, accounts, unasked, others, searched, models);
        if (accounts.isEmpty() && found.models().isEmpty()) {
            unasked.forEach(
                    one -> terminal.problem("not asked: " + one.line() + "; it stays there, because " + one.why()));
            terminal.problem(
                    "nothing to set up was found in `" + home
                            + "` or the projects: no agent with a key of its model, and no token of Railway or GitHub that still works and opens a whole account; name a project with --project or a key with --model-key, or begin by hand: interlock init");
            return Optional.empty();
        }
        return Optional.of(found);
    }

    private static String path(Path home) {
        return AgentExecutable.path(home, System.getenv().getOrDefault("PATH", ""));
    }

    private List<CodingAgent> agents(Path home) throws IOException {
        String path = path(home);
        List<CodingAgent> installed = new ArrayList<>();
        for (CodingAgent agent : CodingAgent.all()) {
            if (AgentExecutable.find(agent.program(), path).isPresent()) {
                installed.add(agent);
            }
        }
        Set<String> missing = new TreeSet<>(wanted);
        installed.forEach(agent -> missing.remove(agent.program()));
        if (!missing.isEmpty()) {
            throw new UsageException("`--agents` names `" + String.join(", ", missing)
                    + "`, which is not installed for the person with the home `" + home
                    + "`; install it, or leave it out");
        }
        return installed.stream()
                .filter(agent -> wanted.isEmpty() || agent.confined().isEmpty() || wanted.contains(agent.program()))
                .toList();
    }

    /** Empty if none opens a whole account. {@code unasked} receives the tokens that it could not be asked about. */
    private Optional<ProviderAccount> account(
            ProviderDirectory provider,
            List<FoundCredential> credentials,
            Function<List<NamedResource>, List<EnvironmentProposal>> proposals,
            List<UnaskedToken> unasked)
            throws InterruptedException {
        List<FoundCredential> tokens = new ArrayList<>();
        Set<NamedResource> resources = new LinkedHashSet<>();
        FoundCredential broadest = null;
        int most = -1;
        for (FoundCredential one : credentials) {
            Optional<ProviderDirectory.Listing> listing = listing(provider, one, unasked);
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
                terminal.problem(
                        "only project tokens of " + provider.fullName()
                                + " were found; the gateway needs an account token to look resources up: make one in the account settings, write it to a file `.env` as RAILWAY_TOKEN=…, and run setup again");
            }
            return Optional.empty();
        }
        return Optional.of(new ProviderAccount(provider, tokens, broadest, proposals.apply(List.copyOf(resources))));
    }

    private Map<CodingAgent, Secret> models(Path home, List<CodingAgent> agents, List<FoundCredential> credentials)
            throws IOException {
        Map<CodingAgent, Secret> models = new LinkedHashMap<>();
        for (CodingAgent agent : agents) {
            if (agent.confined().isPresent()) {
                modelKey(agent, agent.login(home), credentials).ifPresent(key -> models.put(agent, key));
            }
        }
        return models;
    }

    private Optional<Secret> modelKey(CodingAgent agent, Optional<String> login, List<FoundCredential> credentials)
            throws IOException {
        Path file = modelKeys.get(agent.provider());
        if (file != null) {
            return Optional.of(usable(agent, new Secret(Files.readString(file).strip())));
        }
        Optional<Secret> found = credentials.stream()
                .filter(one -> ModelCredential.isApiKey(agent.provider(), one))
                .map(FoundCredential::secret)
                .findFirst();
        if (found.isPresent() || plan || yes || json || !terminal.isInteractive()) {
            return found;
        }
        login.ifPresent(advice -> terminal.aside(agent.program() + ": " + advice));
        return terminal.askHidden(
                        ModelProvider.of(agent.provider()).orElseThrow().question() + ", for " + agent.program()
                                + " (Enter to leave it unprotected)")
                .map(key -> new String(key).strip())
                .filter(key -> !key.isEmpty())
                .map(key -> usable(agent, new Secret(key)));
    }

    /** @throws UsageException if no model is asked with {@code given}: then nothing has changed yet */
    private static Secret usable(CodingAgent agent, Secret given) {
        ModelCredential.of(agent.provider(), given);
        return given;
    }

    /** Only tokens in files can be moved, and only the provider of their kind gets them. */
    private Optional<ProviderDirectory.Listing> listing(
            ProviderDirectory provider, FoundCredential one, List<UnaskedToken> unasked) throws InterruptedException {
        if (!provider.reads(one.kind().id()) || !CredentialAdopter.liesInFile(one)) {
            return Optional.empty();
        }
        if (without.contains(provider.catalog())) {
            unasked.add(new UnaskedToken(provider, one, "`" + provider.catalog() + "` is left out"));
            return Optional.empty();
        }
        try {
            return provider.list(one.secret());
        } catch (IOException e) {
            unasked.add(new UnaskedToken(provider, one, String.valueOf(e.getMessage())));
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
    private static Optional<String> unprotectedMissing(SetupFindings found) {
        return found.accounts().isEmpty() || found.accounts().stream().anyMatch(ProviderAccount::hasOpen)
                ? Optional.empty()
                : Optional.of("all names look protected: "
                        + found.accounts().stream()
                                .map(ProviderAccount::summary)
                                .collect(Collectors.joining(", "))
                        + "; say where agents may work: --unprotected NAME");
    }

    private List<String> readable() {
        return Stream.concat(fetched().stream(), Stream.of(UpstreamLines.WEB).filter(_ -> web))
                .toList();
    }

    private List<String> fetched() {
        return UpstreamLines.registries().stream().filter(registries::contains).toList();
    }
}
