package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.author.PolicyReplay;
import dev.interlock.catalog.CatalogView;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "replay",
        description = {
            "Decide past attempts again under a new policy, and list the decisions that change.",
            "Receipts do not keep requests. If a catalog has changed since, it may read a call differently, and nobody"
                    + " can tell: such attempts are decided as they were read then, and called uncertain.",
            "Exit code 1 if a decision becomes looser; else 3 if attempts are uncertain."
        },
        footer = {
            "",
            "Example:",
            "  interlock policy replay interlock/policy",
            "",
            "Without a daemon:",
            "  interlock policy replay interlock/policy --ledger /backup/ledger --vkey ledger.pub"
        })
final class PolicyReplayCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Mixin
    private PastOptions past = new PastOptions();

    @Option(names = "--allow-loosening", description = "Exit code 0 even if a decision becomes looser.")
    private boolean allowed;

    @Option(
            names = "--allow-unread",
            description = "Exit code 0 even if attempts are uncertain, because a catalog has changed.")
    private boolean unreadAllowed;

    @Override
    public Integer call() throws Exception {
        Seal draft = PolicyCommand.sound(terminal, options, directory).draft();
        PastOptions.PastRecords told = past.read(options);
        PolicyReplay.ReplayReport report =
                PolicyReplay.of(draft, CatalogView.facts(), told.receipts(), told.acts(), told.seals());
        if (options.json()) {
            terminal.json(json(report));
        } else {
            print(report);
        }
        if (report.isLooser() && !allowed) {
            return ExitCodes.NO;
        }
        return report.isReadAnew() || unreadAllowed ? ExitCodes.OK : ExitCodes.UNCERTAIN;
    }

    private static Json.Members json(PolicyReplay.ReplayReport report) {
        Json.Members unreplayable = Json.object();
        for (var lost : report.unreplayable().entrySet()) {
            unreplayable = unreplayable.with(lost.getKey(), lost.getValue());
        }
        return Json.object()
                .with("loosens", report.isLooser())
                .with("replayed", report.replayed())
                .with("read_anew", report.isReadAnew())
                .withItems("not_read_anew", report.unread().stream().map(PolicyReplay.UnreadAttempts::json))
                .with("unreplayable", unreplayable)
                .withItems("differences", report.differences().stream().map(PolicyReplay.DecisionDifference::json));
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
        long loosened = report.differences().stream()
                .filter(PolicyReplay.DecisionDifference::loosened)
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
                + (report.replayed() - changed - unread) + " as before, " + (changed - loosened) + " tightened, "
                + loosened + " loosened" + (unread == 0 ? "." : ", " + unread + " uncertain."));
        report.unreplayable()
                .forEach(
                        (why, count) -> terminal.line("left out: " + CellFormat.number(count, "attempt") + ". " + why));
        if (!report.isReadAnew() && !unreadAllowed) {
            terminal.line(
                    "The decisions about uncertain attempts hold only if the changed catalog reads their requests as"
                            + " before. Check their lines in it, then add --allow-unread.");
        }
    }
}
