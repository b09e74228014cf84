package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.Durations;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.incidents.DrillPage;
import dev.interlock.incidents.Incident;
import dev.interlock.incidents.IncidentDrill;
import dev.interlock.incidents.IncidentDrill.DrillResult;
import dev.interlock.incidents.IncidentDrill.JudgedIncident;
import dev.interlock.incidents.IncidentDrill.JudgedStep;
import dev.interlock.policy.DraftSeals;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drill",
        description = {
            "Play known incidents against the policy in force: where each harmful step meets the wall, who would be asked, or which line lets it pass. Nothing is sent; the gateway records the result.",
            "An incident's production stands for your protected environments, its staging for the others. Ordinary work beside it should pass.",
            "Exit code 1 if a harmful step passes."
        },
        footer = {"  interlock drill --html drill.html", "  interlock drill interlock/policy --every-provider"})
final class DrillCommand extends ConfiguredCommand {

    private static final int INDENT = 11;

    @Parameters(
            paramLabel = "DIRECTORY",
            arity = "0..1",
            description = "Judge this policy directory, without a gateway and without a receipt.")
    private @Nullable Path directory;

    @Option(names = "--agent", description = "Only this agent, and nothing is recorded; every agent unless given.")
    private Optional<String> agent = Optional.empty();

    @Option(
            names = "--task",
            description = "Only this task, and nothing is recorded; every task that the agent may take unless given.")
    private Optional<String> task = Optional.empty();

    @Option(
            names = "--every-provider",
            description =
                    "As if there were an upstream for every provider that Interlock knows. Nothing is recorded then.")
    private boolean isEverywhere;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page to show and to print.")
    private Optional<Path> html = Optional.empty();

    @Option(
            names = "--every",
            paramLabel = "DURATION",
            defaultValue = "30d",
            description = "The time to the next drill, of which `interlock status` reminds; 30d unless given.")
    private String every = "";

    @Override
    public Integer call() throws Exception {
        Clock clock = Clock.systemUTC();
        Instant begun = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Instant next = begun.plus(Durations.read(every)
                .orElseThrow(() -> new UsageException("`--every` is a duration, as `30d`, not `" + every + "`")));
        List<Incident> incidents = Incident.all();
        Seal seal = seal();
        DrillResult result =
                UsageException.unless(() -> IncidentDrill.of(seal, isEverywhere, incidents, agent, task, clock));
        String note = "Seal " + result.seal() + ", " + begun + ".";
        if (directory == null && !isEverywhere && agent.isEmpty() && task.isEmpty()) {
            note += " Receipt " + record(result, begun, next) + ". The next drill is due on " + next + ".";
        }
        if (html.isPresent()) {
            Files.writeString(html.get(), DrillPage.of(result, note));
        }
        print(result, note);
        return result.harmPasses() ? ExitCodes.NO : ExitCodes.OK;
    }

    private Seal seal() throws IOException, AdminRefusedException {
        if (directory != null) {
            return PolicyCommand.sound(terminal, options, directory).draft();
        }
        EvidenceQuestion.ShownSeal inForce = options.daemon().ask(new EvidenceQuestion.ShowSeal(Optional.empty()));
        return DraftSeals.past(inForce.seal(), inForce.payload().canonical());
    }

    private String record(DrillResult result, Instant begun, Instant next) throws IOException, AdminRefusedException {
        DrillQuestion.JudgedPolicy policy = new DrillQuestion.JudgedPolicy(
                result.seal(), Bytes.of(RecordJson.write(result).canonical()).sha256(), result.summary(), next);
        return options.daemon()
                .ask(new DrillQuestion.ReportDrill(DrillQuestion.DrillReport.of(
                        begun,
                        Duration.between(begun, Instant.now()).toMillis(),
                        result.incidents().stream()
                                .filter(JudgedIncident::isRed)
                                .map(judged -> judged.incident().name())
                                .toList(),
                        policy)))
                .receipt();
    }

    private void print(DrillResult result, String note) {
        terminal.answer(options, result, () -> {
            result.incidents().stream().filter(JudgedIncident::isTried).forEach(this::print);
            terminal.line("");
            String others = result.incidents().stream()
                    .filter(judged -> !judged.isTried())
                    .map(judged -> judged.incident().name())
                    .collect(Collectors.joining("; "));
            if (!others.isEmpty()) {
                terminal.prose("The policy has no upstream, and so no way out, for: " + others + ".", 0);
            }
            result.missing().forEach(gap -> terminal.prose("Missing in the policy: " + gap, 0));
            terminal.prose(result.summary() + " " + note, 0);
        });
    }

    private void print(JudgedIncident judged) {
        Incident incident = judged.incident();
        terminal.line("\n" + incident.name() + ", " + incident.date() + ": " + incident.lost());
        for (JudgedStep step : judged.steps()) {
            String verdict = step.isRed() ? "PASSES" : step.verdict().word();
            String does =
                    (step.step().isHarmful() ? "" : "ordinary: ") + step.step().does();
            terminal.row(
                    String.format(
                            "  %-8s %s (%s): %s", verdict, does, step.step().door(), step.why()),
                    INDENT);
            step.widened()
                    .ifPresent(then ->
                            terminal.row("           if a person widens the lease, " + then.split("; ", 2)[0], INDENT));
            step.remedy()
                    .ifPresent(policy -> terminal.line(
                            "           as " + step.who().orElse("") + ". This would stop it:\n           " + policy));
        }
    }
}
