package dev.interlock.cli;

import dev.interlock.evidence.Main;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description =
                "Verify logs or a proof offline, with keys that you already trust. The evidence jar alone can do the same.",
        footer = {
            "  interlock verify /var/lib/interlock/ledger --vkey log.vkey",
            "  interlock verify receipt.proof.json --vkey log.vkey"
        })
final class VerifyCommand implements Callable<Integer> {

    @Parameters(
            arity = "1..*",
            paramLabel = "PATH",
            description = "A log's directory, a directory of the logs of a fleet, or a file made by `interlock prove`.")
    private List<String> paths = List.of();

    @Mixin
    private CopyOptions copy = new CopyOptions();

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    @Override
    public Integer call() {
        List<String> arguments = copy.arguments("verify", paths);
        if (json) {
            arguments.add("--json");
        }
        return new Main(System.out, System.err).run(arguments);
    }
}
