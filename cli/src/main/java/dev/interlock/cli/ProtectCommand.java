package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adopt.CredentialRedaction;
import dev.interlock.agents.CodingAgent;
import dev.interlock.config.Config;
import dev.interlock.config.ConfigFile;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.evidence.Json;
import dev.interlock.home.AgentExecutable;
import dev.interlock.home.AgentHome;
import dev.interlock.home.Shim;
import dev.interlock.program.ExitCodes;
import dev.interlock.shapes.CredentialKinds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "protect",
        description = {
            "Start an agent in the sandbox by its usual command. From then on `claude` in a project of yours is `interlock run`, with the same arguments.",
            "The agent gets a home of its own. It has your settings without credentials, and the conversations that you had so far. The gateway has the model's key. Run it as the person who uses the agent."
        },
        footer = {
            "",
            "Agents: claude, codex, gemini",
            "",
            "Examples:",
            "  interlock protect claude",
            "  interlock protect codex --task work",
            "  interlock unprotect claude"
        })
final class ProtectCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "AGENT", description = "claude, codex or gemini.")
    private String name = "";

    @Option(
            names = "--task",
            paramLabel = "TASK",
            description = "The sealed task template of its leases; ${DEFAULT-VALUE} unless given.")
    private String task = "work";

    @Option(
            names = "--agent",
            paramLabel = "ENROLLED",
            description = "The enrolled agent; may be left out if you own only one.")
    private @Nullable String enrolled;

    @Option(
            names = "--upstream",
            paramLabel = "NAME",
            description = "The model provider's upstream in the seal; otherwise anthropic, openai or gemini.")
    private @Nullable String upstream;

    @Override
    public Integer call() throws IOException, InterruptedException {
        CodingAgent agent = agent(name);
        requirePerson();
        Config config = options.config();
        if (!isAnswered(agent, config)) {
            return ExitCodes.NO;
        }
        String path = System.getenv().getOrDefault("PATH", "");
        Optional<AgentExecutable> program = AgentExecutable.find(agent.program(), path);
        if (program.isEmpty()) {
            terminal.problem("`" + agent.program() + "` is not in your PATH; install it, then run this again");
            return ExitCodes.UNAVAILABLE;
        }
        Path person = ConfigFile.home();
        AgentHome home = home(agent);
        Shim shim = shim(agent);
        home.make(person, new CredentialRedaction(CredentialKinds.known())::redact);
        shim.write(command(agent), program.get());
        Trial trial = trial(shim);
        if (trial.exit() != 0) {
            shim.remove(person);
            terminal.problem(agent.program() + " did not start in the sandbox, so it is not protected:");
            trial.said().lines().forEach(terminal::aside);
            return ExitCodes.NO;
        }
        ModelCheck.ModelAnswer answer = new ModelCheck(
                        config,
                        model(agent),
                        new LeaseTerms(
                                task, Optional.ofNullable(enrolled), Set.of(), Set.of(), Set.of(), Optional.empty()))
                .ask();
        if (answer.wrong().isPresent()) {
            shim.remove(person);
            terminal.problem(
                    agent.program() + " starts in the sandbox but cannot ask its model, so it is not protected: "
                            + answer.wrong().get());
            return ExitCodes.NO;
        }
        List<Path> changed;
        try {
            changed = shim.addToPath(person);
        } catch (IOException e) {
            shim.remove(person);
            throw e;
        }
        tell(agent, home, shim, trial, answer.status(), changed);
        noteServers(agent, config, person);
        return isFirst(agent, shim) ? ExitCodes.OK : ExitCodes.NO;
    }

    /** Asks the person's shell what a new terminal would start: an alias or a function comes before PATH. */
    private boolean isFirst(CodingAgent agent, Shim shim) throws IOException, InterruptedException {
        String shell = System.getenv().getOrDefault("SHELL", "");
        if (!shell.endsWith("/bash") && !shell.endsWith("/zsh")) {
            return true;
        }
        Process process = new ProcessBuilder(shell, "-ic", "command -v " + agent.program())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        process.waitFor();
        boolean isFirst = found.lines()
                .reduce((_, last) -> last)
                .filter(shim.file().toString()::equals)
                .isPresent();
        if (!isFirst) {
            terminal.problem(
                    "but in a new terminal `" + agent.program() + "` would still be: " + VisibleText.line(found)
                            + "; remove that alias, function or PATH entry from your shell's startup files");
        }
        return isFirst;
    }

    static CodingAgent agent(String name) {
        return CodingAgent.of(name)
                .filter(agent -> agent.confined().isPresent())
                .orElseThrow(() -> new UsageException("`" + name
                        + "` is not one of claude, codex and gemini; any other program starts with: interlock run --task work -- "
                        + name));
    }

    /** Root has no agents of its own: what it starts would run as another user. */
    static void requirePerson() {
        if ("root".equals(System.getProperty("user.name"))) {
            throw new UsageException("run this as the person who uses the agent, without sudo");
        }
    }

    /** Returns the directory of all that belongs to protected agents of this user. */
    static Path directory() {
        String data = System.getenv().getOrDefault("XDG_DATA_HOME", "");
        Path base = data.startsWith("/")
                ? Path.of(data)
                : ConfigFile.home().resolve(".local").resolve("share");
        return base.resolve("interlock");
    }

    static AgentHome home(CodingAgent agent) {
        return AgentHome.in(directory().resolve("agents"), agent);
    }

    static Shim shim(CodingAgent agent) {
        return new Shim(directory().resolve("bin"), agent);
    }

    private ModelUpstream model(CodingAgent agent) {
        return new ModelUpstream(upstream == null ? agent.provider() : upstream, agent.provider());
    }

    private boolean isAnswered(CodingAgent agent, Config config) {
        StatusQuestion.SealStatus seal;
        try {
            seal = AdminClient.at(config.adminSocket())
                    .ask(new StatusQuestion.AskStatus())
                    .seal();
        } catch (IOException | AdminRefusedException e) {
            terminal.problem("the gateway could not be asked: " + e.getMessage()
                    + "; see `interlock status`, and `admins` in gateway.yaml");
            return false;
        }
        ModelUpstream model = model(agent);
        if (model.standing(seal) instanceof ModelUpstream.ModelUpstreamStatus.MissingUpstream(String why)) {
            terminal.problem(why + ", so " + agent.program()
                    + " could not reach its model: sudo interlock upstream add " + agent.provider()
                    + (upstream == null ? "" : " --name " + upstream));
            return false;
        }
        // Every run would start, and get 403 for its first question.
        Optional<String> why = ModelUpstream.unreachable(seal, agent.provider(), agent.program());
        why.ifPresent(text -> terminal.problem(
                text + ", so it is not protected. Add its maker's address: sudo interlock upstream add "
                        + agent.provider() + "; or start it with an address of your own: interlock connect "
                        + agent.word()));
        return why.isEmpty();
    }

    private List<String> command(CodingAgent agent) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("interlock.launcher", "interlock"),
                "run",
                "--protected=" + agent.program(),
                "--task=" + task,
                "--config=" + options.configFile().toAbsolutePath().normalize()));
        if (enrolled != null) {
            command.add("--agent=" + enrolled);
        }
        command.add("--");
        return command;
    }

    private record Trial(int exit, String out, String said) {}

    private Trial trial(Shim shim) throws IOException, InterruptedException {
        Path workspace = Files.createTempDirectory("interlock-try-");
        try {
            Process process = new ProcessBuilder(shim.file().toString(), "--version")
                    .directory(workspace.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectError(workspace.resolve("said").toFile())
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return new Trial(process.waitFor(), out, Files.readString(workspace.resolve("said")));
        } finally {
            Files.deleteIfExists(workspace.resolve("said"));
            Files.deleteIfExists(workspace);
        }
    }

    /** Says what becomes of the person's own servers of MCP, which the trial has said to nobody. */
    private void noteServers(CodingAgent agent, Config config, Path person) throws IOException {
        Optional<CodingAgent.ServersFile> known = agent.servers();
        if (known.isPresent() && !options.json()) {
            Path file = person.resolve(known.get().file());
            byte[] settings = SealedServers.text(file).getBytes(StandardCharsets.UTF_8);
            byte[] shown = new CredentialRedaction(CredentialKinds.known()).redact(settings, file);
            SealedServers.at(AdminClient.at(config.adminSocket()), SandboxLauncher.gateway())
                    .notes(new String(shown, StandardCharsets.UTF_8), known.get(), Optional.empty())
                    .values()
                    .forEach(note -> terminal.line("  " + note));
        }
    }

    private void tell(CodingAgent agent, AgentHome home, Shim shim, Trial trial, int answered, List<Path> changed) {
        Optional<String> wrapper = agent.protection().wrapper();
        Json.Members json = Json.object()
                .withOptional("wrapper", wrapper.map(_ -> shim.wrapper().toString()))
                .with("agent", agent.program())
                .with("version", trial.out())
                .with("task", task)
                .with("model_status", answered)
                .with("shim", shim.file().toString())
                .with("home", home.directory().toString())
                .withTexts("changed", changed.stream().map(Path::toString));
        terminal.answer(options, json, () -> {
            terminal.line("PROTECTED · " + agent.program() + " · " + trial.out() + " · task " + task);
            terminal.line("  settings  yours, copied at each start without credentials; its home is " + home.home());
            terminal.line("  login     the gateway's key; the agent holds only a lease");
            terminal.line(
                    answered == 0
                            ? "  model     could not be reached just now, so no call has been tried"
                            : "  model     answered " + answered + " to a call through the gateway");
            wrapper.ifPresent(setting ->
                    terminal.line("  VS Code   in its settings.json: \"" + setting + "\": \"" + shim.wrapper() + "\""));
            changed.forEach(file -> terminal.line("  PATH      " + file + " puts " + shim.directory() + " first"));
            terminal.line("Open a new terminal, then: cd PROJECT && " + agent.program());
            terminal.line("To undo it: interlock unprotect " + agent.program());
        });
    }
}
