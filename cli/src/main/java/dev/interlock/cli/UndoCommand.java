package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.UndoQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confine.KeptWorkspace;
import dev.interlock.confine.SandboxException;
import dev.interlock.program.ExitCodes;
import dev.interlock.session.TerminalText;
import dev.interlock.snapshot.Restoration;
import dev.interlock.snapshot.Snapshot;
import dev.interlock.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "undo",
        description =
                "Put back what an agent's call changed, such as a variable, a file or a branch. Receipts of calls that can be undone have the fact `undo`. Of a run of the last 7 days, put its workspace back as it was at its start; what is there now is kept first, and can be put back as well.",
        footer = {
            "  interlock undo R-01JD… --show",
            "  interlock undo R-01JD… --key ~/.ssh/id_ed25519_sk",
            "  interlock undo L-01JD… src"
        })
final class UndoCommand extends ConfiguredCommand {

    /** The time between two tries while people decide. */
    private static final Duration PERIOD = Duration.ofSeconds(3);

    @Parameters(
            index = "0",
            paramLabel = "RECEIPT|SESSION",
            description = "The receipt of the call (R-…), or the session of the run (L-…).")
    private String receipt = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PATH",
            description = "Of a run, only these files and directories of its workspace.")
    private List<Path> paths = new ArrayList<>();

    @Option(names = "--show", description = "Only show what differs from the state before.")
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
        if (Snapshot.isId(receipt)) {
            return restore();
        }
        if (!paths.isEmpty()) {
            throw new UsageException("a path is for a run (L-…): of a call, everything is put back");
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

    private int restore() throws IOException {
        if (force || key != null) {
            throw new UsageException("--force and --key are for receipts (R-…): a workspace needs neither");
        }
        Path sessions = SessionCommand.directory();
        Optional<Snapshot> then = SnapshotStore.find(SnapshotStore.beside(sessions), receipt);
        if (then.isEmpty()) {
            terminal.problem(
                    "nothing of `" + receipt
                            + "` is kept: workspaces are kept for 7 days, by the user who started the run; see `interlock session list`");
            return ExitCodes.NO;
        }
        List<String> within = new ArrayList<>();
        for (Path path : paths) {
            within.add(inside(then.get(), path));
        }
        try {
            Restoration.RestorationResult result =
                    KeptWorkspace.restore(sessions, then.get(), within, Instant.now(), show);
            terminal.answer(options, result, String.join("\n", RestorationText.lines(result, show)));
            return result.untouched().isEmpty() ? ExitCodes.OK : ExitCodes.NO;
        } catch (SandboxException e) {
            terminal.problem(e.getMessage() + " " + e.next());
            return ExitCodes.NO;
        }
    }

    /** Relative to the current directory, if that is in the workspace and the path was there; else to the workspace. */
    private static String inside(Snapshot then, Path path) {
        Path workspace = then.workspace();
        Path here = Path.of("").toAbsolutePath().resolve(path).normalize();
        Path there = workspace.resolve(path).normalize();
        return Stream.of(here, there)
                .filter(one -> one.startsWith(workspace))
                .map(one -> workspace.relativize(one).toString())
                .filter(then::has)
                .findFirst()
                .orElseThrow(() -> new UsageException("`" + TerminalText.line(path.toString(), 200) + "` was not in `"
                        + workspace + "` when it was kept"));
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
