package dev.interlock.cli;

import dev.interlock.author.InvariantProof;
import dev.interlock.catalog.CatalogView;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "prove",
        description = {
            "Decide about every attempt that catalogs, environments, agents and tasks make "
                    + "possible, and report which invariants hold.",
            "Exit code 1 if an invariant does not hold."
        },
        footer = "  interlock policy prove interlock/policy")
final class PolicyProveCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Override
    public Integer call() throws Exception {
        InvariantProof.InvariantReport report =
                InvariantProof.of(PolicyCommand.sound(terminal, options, directory), CatalogView.facts());
        if (options.json()) {
            terminal.json(Json.object()
                    .with("holds", report.holds())
                    .with("decided", report.decided())
                    .withTexts("not_gone_through", report.open())
                    .withItems("invariants", report.results().stream().map(InvariantProof.InvariantResult::json)));
        } else {
            report.results().forEach(this::print);
            terminal.line(report.results().stream()
                            .filter(InvariantProof.InvariantResult::holds)
                            .count() + " of " + report.results().size() + " invariants hold; " + report.decided()
                    + " attempts were decided.");
        }
        if (!report.open().isEmpty()) {
            terminal.problem("warning: policies read `" + String.join("`, `", report.open())
                    + "`, which has too many values to try them all: the result is valid only "
                    + "for the values that were tried");
        }
        return report.holds() ? ExitCodes.OK : ExitCodes.NO;
    }

    private void print(InvariantProof.InvariantResult result) {
        String of = result.attempts() == 0 ? "of nothing: no attempt fits" : "of " + result.attempts() + " attempts";
        terminal.line((result.holds() ? "  holds  " : "  FAILS  ") + result.name() + "  (" + of + ")"
                + (result.at().isEmpty() ? "" : "  " + result.at()));
        result.counterexample().ifPresent(scenario -> {
            terminal.line("  got " + result.got() + " As a scenario test:");
            terminal.line(scenario.stripTrailing());
        });
    }
}
