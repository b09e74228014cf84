package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.UndoQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "undo",
        description =
                "Put back what an agent's call changed, such as a variable, a file or a branch. Receipts of calls that can be undone have the fact `undo`.",
        footer = {"  interlock undo R-01JD… --show", "  interlock undo R-01JD… --key ~/.ssh/id_ed25519_sk"})
final class UndoCommand extends ConfiguredCommand {

    /** The time between two tries while people decide. */
    private static final Duration PERIOD = Duration.ofSeconds(3);

    @Parameters(paramLabel = "RECEIPT", description = "The receipt of the call.")
    private String receipt = "";

    @Option(names = "--show", description = "Only show what differs from the state before the call.")
    private boolean show;

    @Option(names = "--force", description = "Put it back although somebody has changed it since.")
    private boolean force;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "The SSH key that signs for the lease, if it reaches a protected environment.")
    private @Nullable Path key;

    @Override
    public Integer call() throws Exception {
        if (show && force) {
            throw new UsageException("--show changes nothing: leave out --force");
        }
        AdminClient daemon = options.daemon();
        UndoQuestion.UndoScope scope = daemon.ask(new UndoQuestion.FindUndoScope(receipt));
        LeaseQuestion.IssuedLease lease = LeaseCommand.issue(daemon, scope.terms(), key, terminal);
        UndoQuestion.UndoCall request = new UndoQuestion.UndoCall(
                scope.agent(), receipt, show ? "show" : force ? "force" : "restore", lease.token());
        UndoQuestion.Undone result;
        try {
            result = answered(daemon, request);
        } catch (AdminRefusedException e) {
            // The lease ends here, so no elevation of it can help; a signature for a new one does.
            throw key == null && e.next().contains(lease.lease())
                    ? new AdminRefusedException(
                            e.kind(),
                            String.valueOf(e.getMessage()),
                            "A person signs for it: interlock undo " + receipt + " --key KEY" + options.again())
                    : e;
        } finally {
            daemon.ask(new LeaseQuestion.RevokeLease(lease.lease()));
        }
        return terminal.answer(options, result, String.join("\n", lines(result)));
    }

    private UndoQuestion.Undone answered(AdminClient daemon, UndoQuestion.UndoCall request) throws Exception {
        boolean isTold = false;
        while (true) {
            try {
                return daemon.ask(request);
            } catch (AdminRefusedException e) {
                if (!e.kind().equals("confirmation_required")) {
                    throw e;
                }
                if (!isTold) {
                    terminal.aside(e.getMessage() + " " + e.next() + " Waiting for that; Ctrl-C ends it.");
                    isTold = true;
                }
                Thread.sleep(PERIOD);
            }
        }
    }

    private List<String> lines(UndoQuestion.Undone result) {
        List<String> lines = new ArrayList<>();
        lines.add(VisibleText.line(result.operation()) + " by " + VisibleText.line(result.agent()) + " (task "
                + VisibleText.line(result.task()) + "), " + result.at());
        lines.add("It changed: " + names(result.values()) + ".");
        List<String> differ = result.differFromBefore();
        if (result.restored()) {
            lines.add(result.receipt()
                    .map(sent -> result.anew()
                                    .map(anew -> "It is back. " + VisibleText.line(anew) + " (")
                                    .orElse("Everything is back as it was before (")
                            + sent + ").")
                    .orElse("Nothing is to be done: everything is as it was before."));
        } else if (differ.isEmpty()) {
            lines.add("Rows are compared as they are put back: if anybody has changed one since, none is.");
        } else {
            lines.add("Not as before: " + String.join(", ", differ) + ".");
            lines.add(
                    result.changedSince().isEmpty()
                            ? "Nobody has changed it since. `interlock undo " + receipt + "` puts it back."
                            : "Changed by somebody since: " + names(result.changedSince())
                                    + ". `--force` would overwrite that.");
        }
        lines.add("Kept until " + result.keptUntil() + ".");
        return lines;
    }

    private static String names(List<String> names) {
        return names.isEmpty() ? "nothing" : String.join(", ", names);
    }
}
