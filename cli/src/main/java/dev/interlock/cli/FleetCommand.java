package dev.interlock.cli;

import dev.interlock.adminapi.FleetQuestion;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fleet",
        description = "The gateways that share one store.",
        footer = "  interlock fleet close interlock.example/gateway-2")
final class FleetCommand extends TerminalCommand {

    @Command(
            name = "close",
            description = "Record what became of the calls of a gateway that does not come back, from a copy of its log: "
                    + "each unknown unless it certainly was not sent, with an alert, once.",
            footer = "  interlock fleet close interlock.example/gateway-2 --ledger /mnt/ledgers/gateway-2")
    int close(
            @Parameters(paramLabel = "NODE", description = "The gateway's `origin`.") String node,
            @Option(
                            names = "--ledger",
                            paramLabel = "DIRECTORY",
                            description = "The copy of its log; that below `replicas` of gateway.yaml unless given.")
                    Optional<Path> ledger,
            @Mixin Options own)
            throws Exception {
        FleetQuestion.ClosedNode result = own.daemon()
                .ask(new FleetQuestion.CloseNode(
                        node, ledger.map(path -> path.toAbsolutePath().toString())));
        return terminal.answer(own, result, () -> {
            result.restored().forEach(terminal::line);
            result.closed().forEach((call, receipt) -> terminal.line(call + "  closed by " + receipt));
            terminal.line(
                    result.closed().isEmpty()
                            ? "No call was open in its " + result.receipts() + " receipts, or somebody had closed it."
                            : "Look at the upstreams whether these calls happened: `interlock receipts RECEIPT`.");
        });
    }
}
