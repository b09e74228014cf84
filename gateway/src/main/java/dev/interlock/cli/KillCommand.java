package dev.interlock.cli;

import dev.interlock.admin.AdminClient;
import dev.interlock.evidence.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "kill",
        mixinStandardHelpOptions = true,
        description = "End one lease, or every lease, at once.",
        footer = {"", "Example:", "  interlock kill --all"})
final class KillCommand implements Callable<Integer> {

    /** One or all: never neither, so that a slip kills nothing by accident. */
    static final class Target {
        @Parameters(paramLabel = "LEASE", description = "The lease to end.")
        private @Nullable String lease;

        @Option(names = "--all", description = "Every lease.")
        private boolean all;
    }

    @ArgGroup(multiplicity = "1")
    private Target target = new Target();

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    KillCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Json.Members arguments = target.lease == null
                ? Json.object().with("all", target.all)
                : Json.object().with("lease", target.lease);
        Json.Members result = AdminClient.at(options.config().adminSocket()).call("kill", arguments);
        if (options.json()) {
            terminal.json(result);
        } else {
            long killed = result.whole("killed");
            terminal.line((killed == 1 ? "1 lease" : killed + " leases") + " ended." + Rendering.unrecorded(result));
        }
        return Exit.OK;
    }
}
