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
        name = "witness",
        description =
                "Cosign what you see of logs, on another machine than theirs, so that none can show others another "
                        + "history. The evidence jar alone can do the same.",
        footer = {
            "  interlock witness init /var/lib/witness --name witness.example/ann --key witness.key --vkey log.vkey",
            "  interlock witness serve /var/lib/witness --listen 0.0.0.0:7470 --key witness.key --vkey log.vkey",
            "  interlock witness once /var/lib/witness --log /srv/copy --key witness.key --vkey log.vkey --out note"
        })
final class WitnessCommand implements Callable<Integer> {

    @Parameters(
            index = "0",
            paramLabel = "init|serve|once",
            description = "Begin and print the public key; answer logs (C2SP tlog-witness); or cosign a copy once.")
    private String verb = "";

    @Parameters(index = "1", paramLabel = "DIR", description = "What this witness has seen. Keep it.")
    private String state = "";

    @Option(names = "--key", description = "Its private key; `init` makes it if there is none.")
    private @Nullable String key;

    @Option(names = "--name", description = "Its name for ever, such as witness.example/ann.")
    private @Nullable String name;

    @Option(names = "--vkey", description = "The log's key, or a file that holds it; may be repeated.")
    private List<String> logs = List.of();

    @Option(names = "--listen", paramLabel = "ADDRESS:PORT", description = "Where logs reach it.")
    private @Nullable String listen;

    @Option(names = "--log", paramLabel = "LEDGER", description = "The directory of a log, or of a copy.")
    private @Nullable String log;

    @Option(names = "--out", paramLabel = "NOTE", description = "A file for the cosigned checkpoint.")
    private @Nullable String out;

    @Override
    public Integer call() {
        List<String> arguments = new ArrayList<>(List.of("witness", verb, state));
        logs.forEach(vkey -> CopyOptions.add(arguments, "--vkey", vkey));
        CopyOptions.add(arguments, "--key", key);
        CopyOptions.add(arguments, "--name", name);
        CopyOptions.add(arguments, "--listen", listen);
        CopyOptions.add(arguments, "--log", log);
        CopyOptions.add(arguments, "--out", out);
        return new Main(System.out, System.err).run(arguments);
    }
}
