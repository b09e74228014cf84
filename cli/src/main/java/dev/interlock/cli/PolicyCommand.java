package dev.interlock.cli;

import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.PolicyTests;
import dev.interlock.catalog.CatalogView;
import dev.interlock.evidence.Json;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "policy",
        subcommands = {
            PolicyExplainCommand.class,
            PolicyLintCommand.class,
            PolicyProveCommand.class,
            PolicyReplayCommand.class
        },
        description = "Check, explain and test a policy directory before it is sealed.",
        footer = "  interlock policy test")
final class PolicyCommand extends TerminalCommand {

    /**
     * Reads the policy directory {@code given}, or the one beside the configuration. It must have no mistakes.
     *
     * @throws IllegalArgumentException if it could not be sealed; the mistakes were printed
     */
    static PolicyDirectory sound(Terminal terminal, Options options, @Nullable Path given) throws IOException {
        return switch (PolicyDirectory.load(options.policy(given), CatalogView.facts())) {
            case PolicyDirectory.LoadResult.SoundDirectory sound -> sound.directory();
            case PolicyDirectory.LoadResult.InvalidDirectory broken -> {
                broken.problems().forEach(problem -> terminal.problem(problem.toString()));
                throw new IllegalArgumentException("the policy directory cannot be sealed as it is");
            }
        };
    }

    @Command(
            name = "test",
            description = "Validate a policy directory and run its scenario tests.",
            footer = "  interlock policy test interlock/policy --json")
    int test(
            @Parameters(
                            paramLabel = "DIRECTORY",
                            arity = "0..1",
                            description = "policy/ beside gateway.yaml unless given.")
                    @Nullable Path directory,
            @Mixin Options own)
            throws Exception {
        PolicyTests.ScenarioReport report =
                PolicyTests.run(own.policy(directory), CatalogView.facts(), LimitEnforcer::limitedInRehearsal);
        if (own.json()) {
            terminal.json(json(report));
        } else {
            print(report);
        }
        if (!report.problems().isEmpty()) {
            return ExitCodes.DATA;
        }
        return report.green() ? ExitCodes.OK : ExitCodes.NO;
    }

    private void print(PolicyTests.ScenarioReport report) {
        report.problems().forEach(problem -> terminal.problem(problem.toString()));
        report.warnings().forEach(warning -> terminal.problem("warning: " + warning));
        for (PolicyTests.ScenarioResult result : report.results()) {
            terminal.line((result.passed() ? "  ok    " : "  RED   ") + result.name());
            if (!result.passed()) {
                terminal.line("        " + result.file() + ":" + result.line() + ": " + result.detail());
            }
        }
        if (!report.problems().isEmpty()) {
            return; // no scenario was run
        }
        long passed = report.results().stream()
                .filter(PolicyTests.ScenarioResult::passed)
                .count();
        terminal.line(passed + " of " + report.results().size() + " scenarios pass.");
    }

    private static Json json(PolicyTests.ScenarioReport report) {
        return Json.object()
                .with("green", report.green())
                .withTexts("problems", texts(report.problems()))
                .withTexts("warnings", texts(report.warnings()))
                .withItems(
                        "scenarios",
                        report.results().stream()
                                .map(result -> Json.object()
                                        .with("name", result.name())
                                        .with("passed", result.passed())
                                        .with("detail", result.detail())));
    }

    private static List<String> texts(List<PolicyProblem> problems) {
        return problems.stream().map(PolicyProblem::toString).toList();
    }
}
