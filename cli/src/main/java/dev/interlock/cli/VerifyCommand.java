package dev.interlock.cli;

import dev.interlock.evidence.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description = "Verify a log or a proof offline, with keys that you already trust. The "
                + "evidence jar alone can do the same.",
        footer = {
            "  interlock verify /var/lib/interlock/ledger --vkey log.vkey",
            "  interlock verify receipt.proof.json --vkey log.vkey"
        })
final class VerifyCommand implements Callable<Integer> {

    @Parameters(paramLabel = "PATH", description = "A log's directory, or a file made by `interlock prove`.")
    private String path = "";

    @Option(
            names = "--vkey",
            description =
                    "The log's key, as name+id+key, or a file that holds it; `interlock status --all` shows it, but keep it elsewhere.")
    private List<String> keys = List.of();

    @Option(names = "--replica", description = "A second copy of the log to compare with.")
    private @Nullable String replica;

    @Option(names = "--seal", description = "A seal that was in force, or a directory of seals; may be repeated.")
    private List<String> seals = List.of();

    @Option(
            names = "--seal-key",
            description = "A key that may sign seals: an OpenSSH public key, or its file; may be repeated.")
    private List<String> sealKeys = List.of();

    @Option(names = "--seal-quorum", description = "How many of these must have signed each seal; 1 unless given.")
    private @Nullable String quorum;

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    @Override
    public Integer call() {
        List<String> arguments = new ArrayList<>(List.of("verify", path));
        keys.forEach(key -> add(arguments, "--vkey", key));
        seals.forEach(seal -> add(arguments, "--seal", seal));
        sealKeys.forEach(key -> add(arguments, "--seal-key", key));
        add(arguments, "--replica", replica);
        add(arguments, "--seal-quorum", quorum);
        if (json) {
            arguments.add("--json");
        }
        return new Main(System.out, System.err).run(arguments);
    }

    private static void add(List<String> arguments, String option, @Nullable String value) {
        if (value != null) {
            arguments.addAll(List.of(option, value));
        }
    }
}
