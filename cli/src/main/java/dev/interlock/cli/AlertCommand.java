package dev.interlock.cli;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.program.ExitCodes;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "alert",
        description = "Check that alerts reach people.",
        synopsisSubcommandLabel = "COMMAND",
        footer = "  interlock alert test")
final class AlertCommand extends TerminalCommand {

    @Command(
            name = "test",
            description =
                    "Send a test message to one receiver of `gateway.yaml`, or to all, and report the results. Exit code 1 if a receiver did not accept it, or if there is no receiver.",
            footer = {"  interlock alert test people", "  interlock alert test --json"})
    int test(
            @Parameters(
                            paramLabel = "RECEIVER",
                            arity = "0..1",
                            description = "The receiver's name; all receivers unless given.")
                    @Nullable String receiver,
            @Mixin Options options)
            throws Exception {
        AgentQuestion.TestedAlerts result =
                options.daemon().ask(new AgentQuestion.TestAlerts(Optional.ofNullable(receiver)));
        List<AgentQuestion.TestedReceiver> tested = result.receivers();
        if (tested.isEmpty()) {
            terminal.problem(
                    "`" + options.configFile()
                            + "` names no receivers, so alerts are written to standard error only: add one under `alerts:` there (docs/monitoring.md), and restart the gateway");
        }
        terminal.answer(
                options,
                result,
                List.of("RECEIVER", "KIND", "TAKEN", "ANSWER"),
                tested.stream()
                        .map(one -> List.of(one.receiver(), one.kind(), one.taken() ? "✓" : "✗", one.answer()))
                        .toList());
        boolean all = !tested.isEmpty() && tested.stream().allMatch(AgentQuestion.TestedReceiver::taken);
        return all ? ExitCodes.OK : ExitCodes.NO;
    }
}
