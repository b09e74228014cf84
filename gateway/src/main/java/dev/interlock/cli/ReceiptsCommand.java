package dev.interlock.cli;

import dev.interlock.admin.AdminClient;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "receipts",
        mixinStandardHelpOptions = true,
        description = "What was attempted and what became of it, newest first.",
        footer = {"", "Example:", "  interlock receipts --agent jer/cursor --kind refused --follow"})
final class ReceiptsCommand implements Callable<Integer> {

    @Option(names = "--agent", description = "Only of this agent.")
    private @Nullable String agent;

    @Option(names = "--kind", description = "Only of this kind: intent, outcome, refused, held or admin.")
    private @Nullable String kind;

    @Option(names = "--limit", defaultValue = "50", description = "At most so many; ${DEFAULT-VALUE} unless given.")
    private long limit;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on as new ones are written.")
    private boolean follow;

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    ReceiptsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        AdminClient daemon = AdminClient.at(options.config().adminSocket());
        Json.Members query = Json.object().with("limit", limit);
        query = agent == null ? query : query.with("agent", agent);
        query = kind == null ? query : query.with("kind", kind);
        if (follow) {
            daemon.follow("receipts.follow", query, this::print);
            return Exit.OK;
        }
        List<Json> receipts = daemon.call("receipts", query).items("receipts");
        if (options.json()) {
            terminal.json(new Json.Array(receipts));
        } else {
            receipts.forEach(receipt -> print((Json.Members) receipt));
        }
        return Exit.OK;
    }

    private void print(Json.Members receipt) {
        if (options.json()) {
            terminal.json(receipt);
            return;
        }
        terminal.line(String.join(
                "  ",
                receipt.text("id"),
                Instant.parse(receipt.text("at"))
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString(),
                String.format("%-8s", receipt.text("kind")),
                Rendering.cell(receipt, "agent"),
                what(receipt)));
    }

    private static String what(Json.Members receipt) {
        String operations = String.join(
                " ",
                receipt.items("actions").stream()
                        .map(action -> ((Json.Members) action).text("operation"))
                        .toList());
        String said = receipt.optionalText("reason")
                .or(() -> receipt.optionalText("result"))
                .or(() -> receipt.optionalText("command"))
                .orElse("");
        return (operations + "  " + said).strip();
    }
}
