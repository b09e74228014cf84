package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "alert",
        mixinStandardHelpOptions = true,
        description = "Check that alerts reach people.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  interlock alert test"})
final class AlertCommand {

    private final Terminal terminal;

    AlertCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description = "Send a test message to one receiver of `gateway.yaml`, or to all, and "
                    + "report the results. Exit code 1 if a receiver did not accept "
                    + "it, or if there is no receiver.",
            footer = {"", "Example:", "  interlock alert test people", "  interlock alert test --json"})
    int test(
            @Parameters(
                            paramLabel = "RECEIVER",
                            arity = "0..1",
                            description = "The receiver's name; all receivers unless given.")
                    @Nullable String receiver,
            @Mixin Options options)
            throws Exception {
        Json.Members arguments =
                receiver == null ? Json.object() : Json.object().with("receiver", receiver);
        Json.Members result = options.daemon().call("alert.test", arguments);
        List<Json.Members> tested = result.objects("receivers");
        if (options.json()) {
            terminal.json(result);
        } else if (tested.isEmpty()) {
            terminal.problem("`gateway.yaml` names no receivers: alerts are written to " + "standard error only");
        } else {
            terminal.table(
                    List.of("RECEIVER", "KIND", "TAKEN", "ANSWER"),
                    tested.stream()
                            .map(one -> List.of(
                                    one.text("receiver"),
                                    one.text("kind"),
                                    one.flag("taken") ? "✓" : "✗",
                                    one.text("answer")))
                            .toList());
        }
        boolean all = !tested.isEmpty() && tested.stream().allMatch(one -> one.flag("taken"));
        return all ? ExitCodes.OK : ExitCodes.NO;
    }
}
