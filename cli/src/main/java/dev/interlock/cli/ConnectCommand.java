package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.agents.CodingAgent;
import dev.interlock.config.Config;
import dev.interlock.config.ConfigFile;
import dev.interlock.connect.AgentConnection;
import dev.interlock.connect.AgentTargets;
import dev.interlock.connect.ConnectionRequest;
import dev.interlock.connect.SettingDifference;
import dev.interlock.connect.UnsupportedSettingsException;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.servers.McpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "connect",
        description = {
            "Change an agent's own settings so that it reaches its model through the gateway, where it cannot run in `interlock run`. This is weaker: the agent keeps its user's network access.",
            "Shows the changes and asks. Writes no lease and no other secret: the agent reads its lease from $$INTERLOCK_LEASE, or from a command. A file that cannot be parsed is left alone. Exit code 1 if a needed change was not written; with --check, if a change is needed; also if the seal in force has no upstream for the agent's model: then nothing is written."
        },
        footer = {
            "",
            "Agents: claude-code, codex (a profile of its own, `codex --profile interlock`), gemini.",
            "",
            "Examples:",
            "  interlock connect claude-code --check",
            "  interlock connect claude-code --yes",
            "  INTERLOCK_LEASE=$(interlock lease issue --agent jer/cursor --task work) claude",
            "  interlock connect codex --agent jer/cursor --task work",
            "  interlock connect claude-code --undo"
        })
final class ConnectCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "AGENT", description = "claude-code, codex or gemini.")
    private String agent = "";

    @Option(names = "--check", description = "Only show what would change.")
    private boolean check;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Option(names = "--undo", description = "Restore the previous settings byte for byte.")
    private boolean undo;

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            description = "The gateway's address; the one in gateway.yaml unless given.")
    private @Nullable URI gateway;

    @Option(
            names = "--upstream",
            paramLabel = "NAME",
            description = "The model provider's upstream in the seal; otherwise anthropic, openai or gemini.")
    private @Nullable String upstream;

    @Option(
            names = "--agent",
            paramLabel = "ENROLLED",
            description =
                    "With --task: let the agent itself request leases as this agent of the seal. Its user must be among `admins` and the agent's `users`, and then has all rights of admins. claude-code and codex only.")
    private @Nullable String leased;

    @Option(names = "--task", paramLabel = "TASK", description = "The sealed task template for those leases.")
    private @Nullable String task;

    @Option(
            names = "--program",
            paramLabel = "FILE",
            description = "The command that prints those leases; `interlock` from the agent's PATH unless given.")
    private String program = "interlock";

    @Option(
            names = "--home",
            paramLabel = "DIRECTORY",
            description = "The home directory of the agent's user; yours unless given.")
    private @Nullable Path home;

    @Override
    public Integer call() throws IOException {
        CodingAgent program = program();
        try {
            return undo ? undo(program) : connect(program);
        } catch (UnsupportedSettingsException e) {
            terminal.problem(String.valueOf(e.getMessage()));
            return ExitCodes.DATA;
        }
    }

    private CodingAgent program() {
        return AgentTargets.agent(agent)
                .orElseThrow(() -> new UsageException("`" + agent + "` is not one of claude-code, codex and gemini"));
    }

    private int connect(CodingAgent program) throws IOException, UnsupportedSettingsException {
        Optional<Config> config = gateway == null ? Optional.of(options.config()) : Optional.empty();
        ConnectionRequest wish = wish(program, config);
        AgentConnection connection = AgentConnection.of(program, wish);
        boolean answered = isAnswered(program, config);
        boolean written = answered && !connection.isUpToDate() && !check && (yes || agreed(connection));
        if (written) {
            connection.write(book(program));
        }
        terminal.answer(
                options,
                json(program, connection, written, answered),
                () -> print(program, wish, connection, written, answered, config));
        connection
                .changes()
                .forEach(change -> change.rivals()
                        .forEach((rival, why) -> terminal.problem("`" + change.file() + "` still sets `" + rival + "`: "
                                + why + "; remove it from the file")));
        Optional<CodingAgent.ServersFile> own =
                program.servers().filter(servers -> servers.form().joins());
        if (own.isPresent()) {
            Path file = wish.home().resolve(own.get().file());
            own.get()
                    .form()
                    .sameNames(SealedServers.text(file), wish.servers())
                    .forEach(name -> terminal.problem("`" + file + "` has a server of MCP `" + name + "` too, and "
                            + program.name() + " joins both: rename it there"));
        }
        return answered && (connection.isUpToDate() || written) ? ExitCodes.OK : ExitCodes.NO;
    }

    private boolean isAnswered(CodingAgent program, Optional<Config> config) {
        ModelUpstream model = new ModelUpstream(upstream == null ? program.provider() : upstream, program.provider());
        return switch (model.standing(config)) {
            case ModelUpstream.ModelUpstreamStatus.ReadyUpstream _ -> true;
            case ModelUpstream.ModelUpstreamStatus.UnknownStatus(String why) -> {
                terminal.problem("warning: could not check whether the gateway has an upstream `" + model.name()
                        + "` for its model: " + why);
                yield true;
            }
            case ModelUpstream.ModelUpstreamStatus.MissingUpstream(String why) -> {
                terminal.problem(why
                        + ", so every request to its model would be refused. Name another with --upstream, or add the following to interlock.yaml, run `interlock vault put "
                        + model.name() + "-key`, and `interlock seal`:");
                model.lines().forEach(terminal::aside);
                yield false;
            }
        };
    }

    private boolean asks() {
        return !check && !yes && !options.json() && terminal.isInteractive();
    }

    private boolean agreed(AgentConnection connection) {
        if (!asks()) {
            return false;
        }
        connection.changes().forEach(this::print);
        return terminal.agrees("Write this?");
    }

    private ConnectionRequest wish(CodingAgent program, Optional<Config> config) throws IOException {
        URI address = gateway == null ? URI.create(config.orElseThrow().frontAddress()) : gateway;
        requirePlain(address);
        if (upstream != null && !upstream.matches("[a-z0-9][a-z0-9-]*")) {
            throw new UsageException("`--upstream` must name an upstream of the seal, not `" + upstream + "`");
        }
        return new ConnectionRequest(
                home(),
                address,
                Optional.ofNullable(upstream),
                lease(program),
                servers(program, config, address),
                config.isPresent() && ModelUpstream.hasSubscription(config.get(), program.provider()));
    }

    /** Returns the servers of MCP that can be in the settings: those reached with the lease in the environment. */
    private List<McpServer> servers(CodingAgent program, Optional<Config> config, URI address) {
        if (config.isEmpty() || leased != null || !program.servers().isPresent()) {
            return List.of();
        }
        return SealedServers.at(AdminClient.at(config.get().adminSocket()), address.toString())
                .all();
    }

    /** Checks the address for settings: nothing in it may be a secret, or special to a shell. */
    private static void requirePlain(URI address) {
        if (!address.toString().matches("https?://[A-Za-z0-9.:\\[\\]-]+/?")) {
            throw new UsageException("`--gateway` must be the gateway's address, as http://127.0.0.1:7411");
        }
    }

    private List<String> lease(CodingAgent program) throws IOException {
        if (leased == null && task == null) {
            return List.of();
        }
        if (leased == null || task == null || !program.connection().takesCommand()) {
            throw new UsageException(
                    "`--agent` and `--task` must be given together, and only for claude-code and codex");
        }
        return List.of(
                this.program,
                "lease",
                "issue",
                "--agent=" + leased,
                "--task=" + task,
                "--config=" + options.configFile().toAbsolutePath());
    }

    private Path home() {
        Path existing =
                (home == null ? ConfigFile.home() : home).toAbsolutePath().normalize();
        if (!Files.isDirectory(existing)) {
            throw new UsageException("there is no home directory `" + existing + "`; see --home");
        }
        return existing;
    }

    private Path book(CodingAgent program) {
        return home().resolve(".local/state/interlock").resolve("connect-" + program.word() + ".json");
    }

    private int undo(CodingAgent program) throws IOException, UnsupportedSettingsException {
        AgentConnection.UndoResult undone = AgentConnection.undo(program, home(), book(program));
        Json.Members json = Json.object()
                .withTexts("restored", undone.restored().stream().map(Path::toString))
                .withTexts(
                        "changed_since",
                        undone.left().stream().map(change -> change.file().toString()));
        terminal.answer(options, json, () -> {
            if (undone.restored().isEmpty() && undone.left().isEmpty()) {
                terminal.line("Nothing was written for " + program.word() + ".");
            }
            undone.restored().forEach(file -> terminal.line("✓ as before  " + file));
            undone.left().forEach(change -> {
                terminal.problem("`" + change.file() + "` has changed since, so nothing was undone. Remove by hand:");
                change.differences()
                        .forEach(ours -> terminal.aside("- " + ours.was().orElse("")));
            });
        });
        return undone.left().isEmpty() ? ExitCodes.OK : ExitCodes.NO;
    }

    private void print(
            CodingAgent program,
            ConnectionRequest wish,
            AgentConnection connection,
            boolean written,
            boolean answered,
            Optional<Config> config) {
        if (connection.isUpToDate()) {
            terminal.line("✓ " + program.word() + " is connected already (" + AgentTargets.tried(program) + ").");
            return;
        }
        if (written) {
            connection.changes().forEach(change -> terminal.line("✓ written  " + change.file()));
            terminal.line("start    " + start(program, wish));
            config.flatMap(Config::postgresAddress)
                    .ifPresent(address -> terminal.line("with     " + databases(address)
                            + ", if it uses databases: each by the name of its upstream"));
            terminal.line("tried    " + AgentTargets.tried(program));
            terminal.line("Weaker than `interlock run`: credentials that the agent finds elsewhere still work.");
        } else if (asks()) { // and the answer was no
            terminal.problem("nothing was written");
        } else {
            connection.changes().forEach(this::print);
            terminal.problem(check || !answered ? "nothing was written" : "nothing was written: use --yes to write it");
        }
    }

    private void print(AgentConnection.FileChange change) {
        if (!change.differences().isEmpty()) {
            terminal.line(change.file().toString());
            change.differences().forEach(this::print);
        }
    }

    private void print(SettingDifference difference) {
        String name = difference.name().isEmpty() ? "" : difference.name() + " = ";
        difference.was().ifPresent(was -> terminal.line("- " + name + was));
        terminal.line("+ " + name + difference.is());
    }

    private String start(CodingAgent program, ConnectionRequest wish) {
        return leased != null
                ? new AgentTargets(program, wish).command()
                : lease(program.connection().variable()) + " " + new AgentTargets(program, wish).command();
    }

    private static String databases(InetSocketAddress address) {
        return "PGHOST=" + address.getHostString() + " PGPORT=" + address.getPort()
                + " PGUSER=agent PGPASSWORD=LEASE PGDATABASE=NAME, or DATABASE_URL=postgresql://agent:LEASE@"
                + address.getHostString() + ":" + address.getPort() + "/NAME";
    }

    private static String lease(String variable) {
        return variable + "=$(interlock lease issue --agent AGENT --task TASK)";
    }

    private Json.Members json(CodingAgent program, AgentConnection connection, boolean written, boolean answered) {
        return Json.object()
                .with("agent", program.word())
                .with("tried", AgentTargets.tried(program))
                .with("connected", connection.isUpToDate() || written)
                .with("written", written)
                .with("answered", answered)
                .withItems(
                        "files",
                        connection.changes().stream()
                                .map(change -> Json.object()
                                        .with("file", change.file().toString())
                                        .withTexts("left", change.rivals().keySet())
                                        .withItems(
                                                "changes",
                                                change.differences().stream()
                                                        .map(one -> Json.object()
                                                                .with("setting", one.name())
                                                                .withOptional("was", one.was())
                                                                .with("is", one.is())))));
    }
}
