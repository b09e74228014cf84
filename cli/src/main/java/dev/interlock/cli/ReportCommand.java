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
        name = "report",
        description = "Verify copies of logs offline, and print what an auditor reads: each call, who allowed it, "
                + "and what became of it. The evidence jar alone can do the same.",
        footer = "  interlock report --from 2026-11-01 --to 2026-12-01 --vkey log.vkey /mnt/copy/ledger > report.html")
final class ReportCommand implements Callable<Integer> {

    @Parameters(
            arity = "1..*",
            paramLabel = "LEDGER",
            description = "The directory of a log, or of a copy, or of the logs of a fleet.")
    private List<String> paths = List.of();

    @Option(names = "--from", paramLabel = "TIME", description = "Only calls from this day or time on, in UTC.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Only calls before this day or time, in UTC.")
    private @Nullable String to;

    @Option(names = "--agent", description = "Only calls of this agent.")
    private @Nullable String agent;

    @Option(
            names = "--verdict",
            description = "Only calls with this verdict: permitted, confirmed, granted, observed, asked or refused.")
    private @Nullable String verdict;

    @Option(names = "--format", description = "html, json, csv or text; html unless given.")
    private @Nullable String format;

    @Mixin
    private CopyOptions copy = new CopyOptions();

    @Override
    public Integer call() {
        List<String> arguments = copy.arguments("report", paths);
        CopyOptions.add(arguments, "--from", from);
        CopyOptions.add(arguments, "--to", to);
        CopyOptions.add(arguments, "--agent", agent);
        CopyOptions.add(arguments, "--verdict", verdict);
        CopyOptions.add(arguments, "--format", format);
        return new Main(System.out, System.err).run(arguments);
    }
}
