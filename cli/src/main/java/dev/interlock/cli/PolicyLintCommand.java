package dev.interlock.cli;

import dev.interlock.author.Lint;
import dev.interlock.author.LintFinding;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "lint",
        description = {
            "Find likely mistakes in a policy directory.",
            "Exit code 1 for errors; with --strict also for warnings."
        },
        footer = "  interlock policy lint --strict")
final class PolicyLintCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Option(names = "--strict", description = "Treat warnings as errors.")
    private boolean strict;

    @Override
    public Integer call() throws Exception {
        Path policy = options.policy(directory);
        Lint.LintReport report = Lint.of(policy, CatalogView.facts(), admins(policy));
        boolean bad =
                report.has(LintFinding.LintSeverity.ERROR) || (strict && report.has(LintFinding.LintSeverity.WARNING));
        if (options.json()) {
            terminal.json(Json.object()
                    .with("clean", !bad)
                    .with("questions", report.questions())
                    .withItems("findings", report.findings().stream().map(LintFinding::json)));
        } else {
            report.findings().forEach(finding -> terminal.line(finding.toString()));
            terminal.line(CellFormat.number(report.findings().size(), "finding") + " in "
                    + CellFormat.number(report.questions(), "question") + ".");
        }
        return bad ? ExitCodes.NO : ExitCodes.OK;
    }

    /**
     * Returns the administrators of the gateway whose configuration is beside the policy. A policy may also stand
     * alone, and anybody may lint it.
     */
    private static Set<String> admins(Path policy) {
        try {
            return Set.copyOf(Config.read(policy.toAbsolutePath().normalize().resolveSibling("gateway.yaml"))
                    .admins());
        } catch (IOException | IllegalArgumentException _) {
            return Set.of();
        }
    }
}
