package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.admin.AdminClient;
import dev.interlock.confine.AdminPlaces;
import dev.interlock.confine.Confinement;
import dev.interlock.confine.Launch;
import dev.interlock.confine.UnconfinableException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description =
                "Run an agent with no other way out than the gateway. The exit status is the agent's, or 75 if its lease"
                        + " was ended before it had; --json tells it on standard error.",
        footer = {
            "",
            "Example:",
            "  interlock run --agent jer/cursor --task fix-staging -- sh -c \\",
            "      'curl -s -H \"authorization: Bearer $INTERLOCK_LEASE\" $INTERLOCK_GATEWAY/railway/graphql/v2 …'",
            "  interlock run --task look --environment production --key ~/.ssh/id_ed25519_sk -- sh look.sh"
        })
final class RunCommand implements Callable<Integer> {

    @Option(names = "--agent", description = "Who, as enrolled; may be left out if you own one agent only.")
    private @Nullable String agent;

    @Option(names = "--task", required = true, description = "A task template of the seal, or a name of your own.")
    private String task = "";

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            description = "An environment; repeatable. All of the template's unless given.")
    private Set<String> environments = new LinkedHashSet<>();

    @Option(
            names = "--impact",
            paramLabel = "IMPACT",
            split = ",",
            description = "An impact; repeatable. All of the template's unless given.")
    private Set<String> impacts = new LinkedHashSet<>();

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "Sign with this SSH key, where more is asked for than the seal gives for the asking.")
    private Optional<Path> key = Optional.empty();

    @Option(names = "--uid", description = "The agent's numeric user; only root can give it one.")
    private @Nullable Integer uid;

    @Option(
            names = "--workspace",
            description = "The directory that the agent may write; the current one unless given.")
    private Path workspace = Path.of("");

    @Option(names = "--read", description = "A further directory that it may read, such as where it is installed.")
    private List<Path> readable = new ArrayList<>();

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "An environment variable; repeatable.")
    private Map<String, String> variables = new LinkedHashMap<>();

    @Option(names = "--terminal", description = "Give the agent this terminal, for programs that need one.")
    private boolean terminalWanted;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The agent, after --.")
    private List<String> command = new ArrayList<>();

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    RunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Config config = options.config();
        Path scratch = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        Launch launch = new Launch(
                new AdminPlaces(
                        AdminClient.at(config.adminSocket()),
                        key.map(file -> statement -> LeaseCommand.sign(statement, file, terminal)),
                        lease -> LeaseCommand.tellOfNoTemplate(lease, terminal)),
                new Confinement(scratch, System.getenv()),
                InstantSource.system());
        try {
            int user = uid == null ? Confinement.agentUid() : uid;
            Launch.Outcome outcome =
                    launch.run(Optional.ofNullable(agent), task, environments, impacts, user, order(config));
            outcome.lost()
                    .ifPresent(why -> terminal.problem(why + "; the agent had no way out any more, and was ended"));
            if (options.json()) {
                // Standard output is the agent's own.
                terminal.aside(Json.object()
                        .with("exit", outcome.exit())
                        .with("lost", outcome.lost().isPresent())
                        .with("task", task)
                        .with("uid", user)
                        .with("workspace", workspace.toAbsolutePath().toString())
                        .canonicalText());
            }
            return outcome.lost().isPresent() ? Exit.LOST : outcome.exit();
        } catch (UnconfinableException e) {
            terminal.problem(e.getMessage() + " " + e.next());
            return Exit.UNAVAILABLE;
        }
    }

    private Launch.Order order(Config config) throws IOException {
        return new Launch.Order(
                command,
                workspace.toAbsolutePath(),
                variables,
                readable,
                Options.hidden(config),
                options.covered(),
                terminalWanted);
    }
}
