package dev.interlock.cli;

import dev.interlock.evidence.Main;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "reconcile",
        description = "Verify a log, and compare its calls with a provider's own log: what has no receipt is an alarm, "
                + "what did not happen a finding. The evidence jar alone can do the same.",
        footer = "  interlock reconcile --provider postgres --events postgresql.json --vkey log.vkey /mnt/copy/ledger")
final class ReconcileCommand implements Callable<Integer> {

    @Parameters(paramLabel = "LEDGER", description = "The directory of a log, or of a copy.")
    private String path = "";

    @Option(names = "--provider", required = true, description = "github or postgres.")
    private String provider = "";

    @Option(names = "--events", paramLabel = "FILE", description = "The provider's log; may be repeated.")
    private List<String> events = List.of();

    @Option(names = "--url", description = "Of github instead: https://api.github.com/orgs/ACME/audit-log.")
    private @Nullable String url;

    @Option(names = "--token-file", description = "The token with which to read that.")
    private @Nullable String token;

    @Option(names = "--actor", description = "Only events by this user, role or token's digest; may be repeated.")
    private List<String> actors = List.of();

    @Option(names = "--upstream", description = "Only calls to this upstream.")
    private @Nullable String upstream;

    @Option(names = "--from", paramLabel = "TIME", description = "Only events from this day or time on, in UTC.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Only events before this day or time, in UTC.")
    private @Nullable String to;

    @Option(names = "--tolerance", description = "How many seconds the clocks may be apart; 60 unless given.")
    private @Nullable String tolerance;

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    @Mixin
    private CopyOptions copy = new CopyOptions();

    @Override
    public Integer call() {
        List<String> arguments = copy.arguments("reconcile", path);
        CopyOptions.add(arguments, "--provider", provider);
        events.forEach(file -> CopyOptions.add(arguments, "--events", file));
        CopyOptions.add(arguments, "--url", url);
        CopyOptions.add(arguments, "--token-file", token);
        actors.forEach(actor -> CopyOptions.add(arguments, "--actor", actor));
        CopyOptions.add(arguments, "--upstream", upstream);
        CopyOptions.add(arguments, "--from", from);
        CopyOptions.add(arguments, "--to", to);
        CopyOptions.add(arguments, "--tolerance", tolerance);
        if (json) {
            arguments.add("--json");
        }
        return new Main(System.out, System.err).run(arguments);
    }
}
