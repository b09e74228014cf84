package dev.interlock.cli;

import dev.interlock.adminapi.StopQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.identity.KillSwitch;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "kill",
        description =
                "End one lease, or stop an agent, a task, a person, an upstream or everything, at once. Calls in flight are cut off. Everything except a single lease stays stopped, across restarts, until people lift the kill.",
        footer = {
            "  interlock kill jer/cursor --reason 'deletes what it should not'",
            "  interlock kill --all",
            "  interlock kill --list",
            "  interlock kill --lift K-01JD… --key ~/.ssh/id_ed25519_sk"
        })
final class KillCommand extends ConfiguredCommand {

    private static final SigningDialogue<StopQuestion.LiftedKill> LIFTING =
            new SigningDialogue<>(StopQuestion.LiftKill::new, KillSwitch.NAMESPACE, "LIFTING OF A KILL");

    /** The thing to kill. Exactly one is required, so that a typing error kills nothing by accident. */
    static final class KillSelection {
        @Parameters(
                paramLabel = "WHAT",
                description = "A lease to end, with its children, or an agent to stop, as jer/cursor.")
        private @Nullable String positional;

        @Option(names = "--lease", description = "The lease to end, with its children.")
        private @Nullable String lease;

        @Option(names = "--agent", description = "Every lease of this agent.")
        private @Nullable String agent;

        @Option(names = "--task", description = "Every lease of this task.")
        private @Nullable String task;

        @Option(names = "--person", description = "Every lease on this person's behalf, and everything that they sign.")
        private @Nullable String person;

        @Option(names = "--upstream", description = "Every call to this upstream.")
        private @Nullable String upstream;

        @Option(names = "--all", description = "Everything; all leases also end for good.")
        private boolean all;

        @Option(names = "--list", description = "List what is stopped, since when, by whom and why.")
        private boolean list;

        @Option(
                names = "--lift",
                paramLabel = "KILL",
                description = "Lift this kill, with --key. A killed person cannot.")
        private @Nullable String lift;

        /** No lease has such a name, and who stops an agent is in a hurry. */
        private static boolean isAgent(String name) {
            return name.contains("/");
        }

        private StopQuestion.StopWork question(@Nullable String reason) {
            Optional<String> named = Optional.ofNullable(positional);
            return new StopQuestion.StopWork(
                    named.filter(name -> !isAgent(name)).or(() -> Optional.ofNullable(lease)),
                    named.filter(KillSelection::isAgent).or(() -> Optional.ofNullable(agent)),
                    Optional.ofNullable(task),
                    Optional.ofNullable(person),
                    Optional.ofNullable(upstream),
                    all ? Optional.of(true) : Optional.empty(),
                    Optional.ofNullable(reason));
        }
    }

    @ArgGroup(multiplicity = "1")
    private KillSelection target = new KillSelection();

    @Option(names = "--reason", description = "The reason; the agent receives it, and it is recorded.")
    private @Nullable String reason;

    @Option(names = "--key", description = "To lift: the SSH key of a person of `owners`.")
    private @Nullable Path key;

    @Override
    public Integer call() throws Exception {
        AdminClient daemon = options.daemon();
        if (target.list) {
            return list(daemon);
        }
        return target.lift == null ? kill(daemon) : lift(daemon, target.lift);
    }

    private int kill(AdminClient daemon) throws Exception {
        StopQuestion.StoppedWork result = daemon.ask(target.question(reason));
        return terminal.answer(options, result, () -> {
            String ended = target.all || result.kill().isEmpty() ? " ended" : " stopped";
            String runs = result.runs()
                    .map(count -> CellFormat.number(count, "run") + " ended, ")
                    .orElse("");
            terminal.line(CellFormat.number(result.ended().killed(), "lease") + ended + ", " + runs
                    + CellFormat.number(result.ended().cut(), "call") + " cut off." + CellFormat.unrecorded(result));
            result.kill()
                    .ifPresent(id -> terminal.line(
                            "It stays stopped until people lift the kill: interlock kill --lift " + id + " --key KEY"));
        });
    }

    private int list(AdminClient daemon) throws Exception {
        StopQuestion.Kills result = daemon.ask(new StopQuestion.ListKills());
        return terminal.answer(
                options,
                result,
                List.of("KILL", "STOPS", "NAME", "SINCE", "BY", "REASON"),
                result.kills().stream()
                        .map(kill -> List.of(
                                kill.kill(),
                                kill.scope(),
                                kill.name(),
                                CellFormat.time(kill.since()),
                                kill.by(),
                                kill.reason()))
                        .toList());
    }

    private int lift(AdminClient daemon, String kill) throws Exception {
        if (key == null) {
            throw new UsageException("only a signature lifts a kill: give `--key` with an SSH key");
        }
        StopQuestion.LiftedKill result = LIFTING.by(key, new StopQuestion.PrepareKillLift(kill), daemon, terminal);
        return terminal.answer(
                options,
                result,
                kill + " is lifted by " + result.person() + "."
                        + (result.scope().equals("all")
                                ? " The leases that it ended stay ended: issue new ones with `interlock lease issue`."
                                : ""));
    }
}
