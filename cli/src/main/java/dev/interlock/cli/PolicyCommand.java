package dev.interlock.cli;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.author.InvariantProof;
import dev.interlock.author.Lint;
import dev.interlock.author.LintFinding;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.PolicyTests;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "policy",
        subcommands = {PolicyExplainCommand.class, PolicyReplayCommand.class},
        description = "Check, explain and test a policy directory before it is sealed.",
        footer = "  interlock policy test")
final class PolicyCommand extends TerminalCommand {

    /** Throws IllegalArgumentException if it could not be sealed; the mistakes were printed then. */
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
        terminal.answer(own, json(report), () -> print(report));
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

    private static Json.Members json(PolicyTests.ScenarioReport report) {
        return Json.object()
                .with("green", report.green())
                .withTexts("problems", report.problems().stream().map(PolicyProblem::toString))
                .withTexts("warnings", report.warnings().stream().map(PolicyProblem::toString))
                .withItems(
                        "scenarios",
                        report.results().stream()
                                .map(result -> Json.object()
                                        .with("name", result.name())
                                        .with("passed", result.passed())
                                        .with("detail", result.detail())));
    }

    @Command(
            name = "lint",
            description = {
                "Find likely mistakes in a policy directory.",
                "Exit code 1 for errors; with --strict also for warnings."
            },
            footer = "  interlock policy lint --strict")
    int lint(
            @Parameters(
                            paramLabel = "DIRECTORY",
                            arity = "0..1",
                            description = "policy/ beside gateway.yaml unless given.")
                    @Nullable Path directory,
            @Option(names = "--strict", description = "Treat warnings as errors.") boolean strict,
            @Mixin Options own)
            throws Exception {
        Path policy = own.policy(directory);
        Optional<Config> gateway = gateway(policy);
        Lint.LintReport report = Lint.of(
                policy,
                CatalogView.facts(),
                gateway.<Set<String>>map(config -> Set.copyOf(config.admins())).orElse(Set.of()),
                gateway.map(Config::witnessKeys));
        boolean bad =
                report.has(LintFinding.LintSeverity.ERROR) || (strict && report.has(LintFinding.LintSeverity.WARNING));
        Json.Members json = Json.object()
                .with("clean", !bad)
                .with("questions", report.questions())
                .withItems("findings", report.findings().stream().map(LintFinding::json));
        terminal.answer(own, json, () -> {
            report.findings().forEach(finding -> terminal.line(finding.toString()));
            terminal.line(CellFormat.number(report.findings().size(), "finding") + " in "
                    + CellFormat.number(report.questions(), "question") + ".");
        });
        return bad ? ExitCodes.NO : ExitCodes.OK;
    }

    /** Of the gateway whose configuration is beside the policy, which may also stand alone. */
    private static Optional<Config> gateway(Path policy) {
        try {
            return Optional.of(Config.read(policy.toAbsolutePath().normalize().resolveSibling("gateway.yaml")));
        } catch (IOException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    @Command(
            name = "prove",
            description = {
                "Decide about every attempt that catalogs, environments, agents and tasks make possible, and report which invariants hold.",
                "Exit code 1 if an invariant does not hold."
            },
            footer = "  interlock policy prove interlock/policy")
    int prove(
            @Parameters(
                            paramLabel = "DIRECTORY",
                            arity = "0..1",
                            description = "policy/ beside gateway.yaml unless given.")
                    @Nullable Path directory,
            @Mixin Options own)
            throws Exception {
        InvariantProof.InvariantReport report = InvariantProof.of(sound(terminal, own, directory), CatalogView.facts());
        Json.Members json = Json.object()
                .with("holds", report.holds())
                .with("decided", report.decided())
                .withTexts("not_gone_through", report.open())
                .withItems(
                        "invariants",
                        report.results().stream()
                                .map(result -> RecordJson.write(result).with("holds", result.holds())));
        terminal.answer(own, json, () -> {
            report.results().forEach(this::print);
            long held = report.results().stream()
                    .filter(InvariantProof.InvariantResult::holds)
                    .count();
            terminal.line(held + " of " + report.results().size() + " invariants hold; " + report.decided()
                    + " attempts were decided.");
        });
        if (!report.open().isEmpty()) {
            terminal.problem(
                    "warning: policies read `" + String.join("`, `", report.open())
                            + "`, which has too many values to try them all: the result is valid only for the values that were tried");
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
