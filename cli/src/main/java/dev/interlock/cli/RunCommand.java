package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.LocalService;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adopt.CredentialRedaction;
import dev.interlock.agents.AgentNotice;
import dev.interlock.agents.CodingAgent;
import dev.interlock.config.Config;
import dev.interlock.config.ConfigFile;
import dev.interlock.confine.AgentLaunch;
import dev.interlock.confine.GatewayPlaces;
import dev.interlock.confine.GitIdentity;
import dev.interlock.confine.Masking;
import dev.interlock.confine.ProcessLimits;
import dev.interlock.confine.PublishedPort;
import dev.interlock.confine.SandboxException;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.evidence.Json;
import dev.interlock.home.AgentExecutable;
import dev.interlock.home.AgentHome;
import dev.interlock.home.AgentSettings;
import dev.interlock.program.ExitCodes;
import dev.interlock.session.TerminalText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        description =
                "Run an agent that can reach only the gateway. The exit status is the agent's, or 75 if its lease ended before the agent did. A summary is printed on standard error; with --json for programs.",
        footer = {
            "  interlock run --agent jer/cursor --task work -- sh -c \\",
            "      'curl -s -H \"authorization: Bearer $INTERLOCK_LEASE\" $INTERLOCK_GATEWAY/railway/graphql/v2 …'",
            "  interlock run --task look --environment production --key ~/.ssh/id_ed25519_sk -- sh look.sh",
            "What differs inside:",
            "  network      only what the gateway leads to; no names are resolved",
            "  services     of this machine, only those of --service; never Docker",
            "  servers      of the agent are reached by --publish only, at this machine's loopback",
            "  credentials  none is needed; those in files are decoys",
            "  home, /tmp   its own; /usr and /etc are read-only",
            "  workspace    writable, but not what runs by itself, such as git hooks and .envrc",
            "  git config   what could run programs ends with the run; git@github.com: is asked by HTTPS",
            "The workspace is kept as it is before: `interlock undo SESSION` puts it back, for 7 days."
        })
final class RunCommand extends ConfiguredCommand {

    @Option(names = "--agent", description = "The enrolled agent; may be left out if you own only one.")
    private @Nullable String agent;

    @Option(
            names = "--task",
            required = true,
            description = "A task template of the seal, or another name. A typing mistake for a template is an error.")
    private String task = "";

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            description = "An environment; repeatable. All environments of the template unless given.")
    private Set<String> environments = new LinkedHashSet<>();

    @Option(
            names = "--impact",
            paramLabel = "IMPACT",
            split = ",",
            description = "An impact; repeatable. All impacts of the template unless given.")
    private Set<String> impacts = new LinkedHashSet<>();

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "Sign with this SSH key, if the request exceeds what the seal grants without a signature.")
    private Optional<Path> key = Optional.empty();

    @Option(names = "--uid", description = "The numeric user to run the agent as; only root can set it.")
    private @Nullable Integer uid;

    @Option(
            names = "--workspace",
            description = "The directory that the agent may write to; the current one unless given.")
    private Path workspace = Path.of("");

    @Option(names = "--read", description = "Another directory that it may read, such as where it is installed.")
    private List<Path> readable = new ArrayList<>();

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "An environment variable for the agent; repeatable.")
    private Map<String, String> variables = new LinkedHashMap<>();

    @Option(
            names = "--terminal",
            negatable = true,
            description =
                    "Give the agent a terminal, or with --no-terminal none; by default it gets one if input and output are a terminal.")
    private @Nullable Boolean terminalWanted;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print no summary when the agent has ended.")
    private boolean quiet;

    @Option(
            names = "--writable",
            paramLabel = "PATH",
            description =
                    "Let the agent write this file or directory of the workspace, although it is read-only because it runs by itself later, such as .envrc; repeatable.")
    private Set<Path> writable = new LinkedHashSet<>();

    @Option(names = "--no-mask", description = "Show the real content of files with credentials instead of decoys.")
    private boolean unmasked;

    @Option(
            names = "--mask-millis",
            paramLabel = "N",
            description =
                    "Time limit in milliseconds to search files for credentials whose names do not suggest any; files whose names do get two seconds more; 400 unless given.")
    private int maskMillis = 400;

    @Option(
            names = "--limit",
            paramLabel = "WHAT=N",
            description =
                    "A resource limit for its processes: processes, open-files, file-size, memory, cpu (seconds); repeatable, as --limit memory=4G.")
    private Map<String, String> limits = new LinkedHashMap<>();

    @Option(names = "--protected", hidden = true, description = "The agent that `interlock protect` has set up.")
    private @Nullable String protectedAgent;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The agent's command, after --.")
    private List<String> command = new ArrayList<>();

    @Option(
            names = "--service",
            paramLabel = "NAME=PORT",
            description =
                    "Let the agent reach this service of yours at PORT on loopback, as --service redis=6379; repeatable. The seal must permit it (services), and each connection has receipts.")
    private List<String> localServices = new ArrayList<>();

    @Option(
            names = "--publish",
            paramLabel = "[HOST_PORT:]PORT",
            description =
                    "Let people and programs of this machine open the agent's server at PORT, at 127.0.0.1 and ::1, as --publish 3000; repeatable.")
    private List<String> publishedPorts = new ArrayList<>();

    private static final int MOST_UNKEPT = 500;

    private final WorkspaceMasks masks = new WorkspaceMasks(line -> terminal.aside(line));
    private int services;

    /** Slow work that needs no option, and loads the library that reads gateway.yaml while picocli works. */
    void begin() {
        masks.begin();
    }

    @Override
    public Integer call() throws Exception {
        Config config = options.config();
        Masking masking = unmasked ? Masking.NONE : masks;
        if (maskMillis < 0) {
            throw new UsageException("`--mask-millis` must be 0 or more");
        }
        masks.within(Duration.ofMillis(maskMillis));
        AgentLaunch.WorkspaceGuard guard = new AgentLaunch.WorkspaceGuard(masking, writable, limits(), this::covered);
        Path scratch = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        AdminClient gateway = AdminClient.at(config.adminSocket());
        LeaseTerms terms = new LeaseTerms(
                task, Optional.ofNullable(agent), environments, Options.impacts(impacts), Set.of(), Optional.empty());
        SealedServers servers = SealedServers.within(gateway, terms, SandboxLauncher.gateway());
        int user = Options.agentUser(uid);
        AgentLaunch launch = new AgentLaunch(
                new GatewayPlaces(
                        gateway,
                        key.map(file -> statement -> LeaseCommand.ISSUING.of(statement, file, terminal)),
                        lease -> LeaseCommand.print(lease, terminal)),
                new SandboxLauncher(scratch, System.getenv()),
                InstantSource.system(),
                new AgentLaunch.RunRecording(
                        SessionCommand.directory(),
                        this::warn,
                        why -> terminal.aside("not kept  " + TerminalText.line(why, MOST_UNKEPT)),
                        outcome -> tell(outcome, gateway, user)));
        try (ProtectedLaunch started = started(config, scratch)) {
            AgentLaunch.RunOrder order = order(config, guard, servers);
            AgentLaunch.RunOutcome outcome = launch.run(
                    Optional.ofNullable(agent),
                    task,
                    environments,
                    Options.impacts(impacts),
                    user,
                    started == null ? order : started.apply(order, servers, terminal::aside));
            return outcome.lost().isPresent() ? ExitCodes.LOST : outcome.exit();
        } catch (SandboxException e) {
            terminal.problem(e.getMessage() + " " + e.next());
            return switch (e.fault()) {
                case ORDER -> ExitCodes.USAGE;
                case GATEWAY -> ExitCodes.NO;
                case MACHINE -> ExitCodes.UNAVAILABLE;
            };
        }
    }

    private @Nullable ProtectedLaunch started(Config config, Path scratch) throws IOException, InterruptedException {
        if (protectedAgent == null) {
            return null;
        }
        ProtectCommand.requirePerson();
        quiet = true;
        CodingAgent started = ProtectCommand.agent(protectedAgent);
        boolean subscription = started.protection().subscription().isPresent()
                && ModelUpstream.hasSubscription(config, started.provider());
        return ProtectedLaunch.of(started, subscription, scratch, new CredentialRedaction(masks.kinds()));
    }

    private void covered(List<Path> sockets) {
        services = sockets.size();
        sockets.stream()
                .limit(WorkspaceMasks.MOST_TOLD)
                .forEach(socket -> terminal.aside("covered  " + TerminalText.line(socket.toString())
                        + ": a service of this machine listens there, and agents may reach only the gateway"));
        if (services > WorkspaceMasks.MOST_TOLD) {
            terminal.aside("covered  " + (services - WorkspaceMasks.MOST_TOLD) + " more sockets of services");
        }
    }

    /** Repeated at the end, because the agent's screen output may cover it. */
    private void warn(List<UnfinishedRun.UnfinishedRunReport> killed) {
        if (!options.json()) {
            lines(killed).forEach(line -> terminal.aside("killed  " + TerminalText.line(line)));
        }
    }

    static List<String> lines(List<UnfinishedRun.UnfinishedRunReport> killed) {
        return killed.stream()
                .flatMap(told -> Stream.concat(
                        Stream.of("`" + told.run().lease() + "` of "
                                + told.started()
                                + " did not finish."
                                + (told.findings().hasFindings() ? " Since it began there are these changes:" : "")),
                        new WorkspaceFindingsText(told.findings())
                                .lines().stream().map(line -> "  " + line)))
                .toList();
    }

    /** Prints to standard error: standard output belongs to the agent. */
    private void tell(AgentLaunch.RunOutcome outcome, AdminClient gateway, int user) {
        outcome.lost().ifPresent(why -> terminal.problem(why + "; the agent had no connection left and was stopped"));
        AgentLaunch.RunRecord recorded = outcome.recorded().orElseThrow();
        Optional<SessionFacts> facts = facts(gateway, recorded);
        List<HoldQuestion.Hold> holds = facts.map(SessionFacts::holds).orElse(List.of());
        if (options.json()) {
            terminal.aside(json(outcome, recorded, facts, user).canonicalText());
        } else if (!quiet) {
            ExitPage.of(outcome, recorded, facts.map(SessionFacts::account), holds)
                    .forEach(terminal::aside);
        } else {
            LostFilesText.lines(recorded).forEach(line -> terminal.aside("gone  " + line));
            recorded.troubles().forEach(terminal::problem);
            recorded.published().forEach(port -> terminal.aside("published  " + port));
            warn(recorded.killed());
            UnansweredHolds.lines(holds).forEach(terminal::aside);
            new WorkspaceFindingsText(outcome.findings())
                    .lines()
                    .forEach(line -> terminal.aside("left  " + TerminalText.line(line)));
        }
    }

    private static Optional<SessionFacts> facts(AdminClient gateway, AgentLaunch.RunRecord recorded) {
        try {
            return Optional.of(SessionFacts.of(gateway, recorded.lease()));
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            return Optional.empty(); // ignored, because the agent has ended already
        }
    }

    private Json.Members json(
            AgentLaunch.RunOutcome outcome, AgentLaunch.RunRecord recorded, Optional<SessionFacts> facts, int user) {
        Json.Members told = Json.object()
                .with("exit", outcome.exit())
                .with("lost", outcome.lost().isPresent())
                .with("task", task)
                .with("uid", user)
                .with("workspace", workspace.toAbsolutePath().toString())
                .with("session", recorded.lease())
                .with("started", recorded.started().toString())
                .with("ended", recorded.ended().toString())
                .withOptional("receipt", recorded.receipt())
                .with("left", outcome.findings().json())
                .withItems(
                        "killed",
                        recorded.killed().stream()
                                .map(one -> Json.object()
                                        .with("session", one.run().lease())
                                        .with("started", one.about().text("started"))
                                        .with("left", one.findings().json())))
                .withItems(
                        "gone",
                        recorded.gone().stream()
                                .map(one ->
                                        Json.object().with("path", one.path()).with("files", one.files())))
                .with("masks", masks.json())
                .with("services", services)
                .withTexts("published", recorded.published())
                .withTexts("troubles", recorded.troubles());
        return facts.map(known -> told.with("account", known.account().json())
                        .withItems("holds", known.holds().stream().map(RecordJson::write)))
                .orElse(told);
    }

    private ProcessLimits limits() {
        return UsageException.unless(() -> ProcessLimits.USUAL.with(limits));
    }

    private AgentLaunch.RunOrder order(Config config, AgentLaunch.WorkspaceGuard guard, SealedServers servers)
            throws IOException {
        Set<Path> covered = options.covered();
        Map<Path, Bytes> settings = new LinkedHashMap<>();
        AgentNotice.files().forEach((path, text) -> settings.put(path, Bytes.utf8(text)));
        settings.putAll(servers.settings(SealedServers.seen(workspace)));
        AgentLaunch.RunHome home = new AgentLaunch.RunHome(Optional.empty(), settings);
        Map<String, String> all =
                new LinkedHashMap<>(GitIdentity.variables(workspace.toAbsolutePath(), System.getenv()));
        all.putAll(servers.variables());
        all.putAll(variables);
        boolean atTerminal = terminalWanted == null ? SandboxLauncher.hasTerminal() : terminalWanted;
        return UsageException.unless(() -> new AgentLaunch.RunOrder(
                command,
                workspace.toAbsolutePath(),
                all,
                readable,
                Options.hidden(config),
                covered,
                atTerminal,
                guard,
                home,
                new AgentLaunch.RunPorts(
                        localServices.stream().map(LocalService::parse).toList(),
                        publishedPorts.stream().map(PublishedPort::parse).toList(),
                        protectedAgent != null,
                        told -> told.forEach(line -> terminal.aside("published  " + line)))));
    }

    /** What {@code protect} adds to a run: the agent's home, its settings, and the command that starts it there. */
    record ProtectedLaunch(CodingAgent agent, AgentHome home, AgentSettings settings, boolean subscription)
            implements AutoCloseable {
        /** Copies the settings of {@code agent} to {@code scratch} until this is closed. */
        static ProtectedLaunch of(CodingAgent agent, boolean subscription, Path scratch, CredentialRedaction redaction)
                throws IOException {
            AgentHome home = ProtectCommand.home(agent);
            if (!home.exists()) {
                throw new UsageException(
                        agent.program() + " has no home for protected runs: interlock protect " + agent.program());
            }
            AgentSettings settings = AgentSettings.copyOf(agent, ConfigFile.home(), scratch, redaction::redact);
            return new ProtectedLaunch(agent, home, settings, subscription);
        }

        /** Adds all of this. The command becomes the installed program and its user's arguments. */
        AgentLaunch.RunOrder apply(AgentLaunch.RunOrder order, SealedServers servers, Consumer<String> told)
                throws IOException {
            add(servers, order.workspace(), told);
            AgentExecutable program =
                    new AgentExecutable(Path.of(order.command().getFirst()));
            List<Path> readable = new ArrayList<>(order.readable());
            readable.addAll(program.readable());
            readable.add(settings.directory());
            Map<String, String> variables = new HashMap<>(agent.protection().variables());
            variables.putAll(order.variables());
            List<String> arguments = order.command().subList(1, order.command().size());
            return new AgentLaunch.RunOrder(
                    settings.command(program, subscription, arguments),
                    order.workspace(),
                    variables,
                    readable,
                    order.hidden(),
                    order.covered(),
                    order.interactive(),
                    order.guard(),
                    new AgentLaunch.RunHome(Optional.of(home.home()), Map.of()),
                    order.ports());
        }

        private void add(SealedServers servers, Path directory, Consumer<String> told) throws IOException {
            if (agent.servers().isEmpty()) {
                return;
            }
            CodingAgent.ServersFile own = agent.servers().get();
            Path copies = settings.files();
            Path workspace = SealedServers.seen(directory);
            Map<String, String> notes =
                    servers.notes(SealedServers.text(copies.resolve(own.file())), own, Optional.of(workspace));
            SealedServers.untold(notes, home.told()).forEach(told);
            if (!servers.addTo(copies, own, workspace)) {
                told.accept("your " + own.file()
                        + " cannot be parsed, so the servers of MCP behind the gateway are not in its copy");
            }
        }

        @Override
        public void close() throws IOException {
            settings.close();
        }
    }
}
