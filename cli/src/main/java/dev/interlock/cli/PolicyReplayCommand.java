package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.author.PolicyReplay;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.policy.PastSeals;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "replay",
        description = {
            "Decide past attempts again under a new policy, and list the decisions that change.",
            "Receipts do not keep requests. If a catalog has changed since, it may read a call differently, and nobody can tell: such attempts are decided as they were read then, and called uncertain.",
            "Exit code 1 if a decision becomes looser; else 3 if attempts are uncertain."
        },
        footer = "  interlock policy replay interlock/policy")
final class PolicyReplayCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Option(
            names = "--limit",
            defaultValue = "10000",
            description =
                    "Maximum number of receipts, newest first; ${DEFAULT-VALUE} unless given, which is the maximum that a daemon returns.")
    private long limit;

    @Option(names = "--allow-loosening", description = "Exit code 0 even if a decision becomes looser.")
    private boolean allowed;

    @Option(
            names = "--allow-unread",
            description = "Exit code 0 even if attempts are uncertain, because a catalog has changed.")
    private boolean unreadAllowed;

    @Override
    public Integer call() throws Exception {
        Seal draft = PolicyCommand.sound(terminal, options, directory).draft();
        if (limit < 1) {
            throw new UsageException("`--limit` must be 1 or more, not " + limit);
        }
        PastReceipts past = new PastReceipts(options);
        PastSeals seals = new PastSeals(options.config());
        PolicyReplay.ReplayReport report =
                PolicyReplay.of(draft, past.newest(limit), past.acts(), id -> find(seals, id));
        terminal.answer(options, json(report), () -> print(report));
        if (report.isLooser() && !allowed) {
            return ExitCodes.NO;
        }
        return report.isReadAnew() || unreadAllowed ? ExitCodes.OK : ExitCodes.UNCERTAIN;
    }

    /** Empty if the seal cannot be read. Its receipts then count as not replayable. */
    private static Optional<Seal> find(PastSeals seals, String id) {
        try {
            return seals.find(id);
        } catch (MalformedException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Json.Members json(PolicyReplay.ReplayReport report) {
        Map<String, Json> unreplayable = new TreeMap<>();
        report.unreplayable().forEach((why, count) -> unreplayable.put(why, new Json.Whole(count)));
        return Json.object()
                .with("loosens", report.isLooser())
                .with("loosened", report.loosened())
                .with("loosened_at_most", report.loosenedAtMost())
                .with("replayed", report.replayed())
                .with("read_anew", report.isReadAnew())
                .withItems("not_read_anew", report.unread().stream().map(RecordJson::write))
                .with("unreplayable", new Json.Members(unreplayable))
                .withItems("differences", report.differences().stream().map(RecordJson::write));
    }

    private void print(PolicyReplay.ReplayReport report) {
        for (PolicyReplay.DecisionDifference difference : report.differences()) {
            terminal.line((difference.loosened() ? "LOOSENED  " : "tightened ") + difference.before() + " → "
                    + difference.after() + "  " + difference.what() + "  (" + difference.count() + " ×, first "
                    + difference.receipt()
                    + (difference.readAnew() ? ")" : "; if the changed catalog still reads it so)"));
        }
        long changed = report.differences().stream()
                .mapToLong(PolicyReplay.DecisionDifference::count)
                .sum();
        long unread = report.unread().stream()
                .mapToLong(PolicyReplay.UnreadAttempts::count)
                .sum();
        for (PolicyReplay.UnreadAttempts attempts : report.unread()) {
            terminal.line("uncertain " + attempts.operations() + "  (" + attempts.count() + " ×, first "
                    + attempts.receipt() + "). " + attempts.why());
        }
        terminal.line(CellFormat.number(report.replayed(), "attempt") + " replayed: "
                + (report.replayed() - changed - unread) + " as before, " + (changed - report.loosened())
                + " tightened, "
                + report.loosened() + " loosened" + (unread == 0 ? "." : ", " + unread + " uncertain."));
        report.unreplayable()
                .forEach(
                        (why, count) -> terminal.line("left out: " + CellFormat.number(count, "attempt") + ". " + why));
        terminal.line("At most " + CellFormat.number(report.loosenedAtMost(), "attempt") + " could be loosened"
                + (report.undecided() == 0
                        ? "."
                        : ": " + report.loosened() + " certainly, and " + report.undecided()
                                + " that could not be decided."));
        if (!report.isReadAnew() && !unreadAllowed) {
            terminal.line(
                    "The decisions about uncertain attempts hold only if the changed catalog reads their requests as before. Check their lines in it, then add --allow-unread.");
        }
    }
}
