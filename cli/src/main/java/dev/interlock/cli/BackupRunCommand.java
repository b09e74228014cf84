package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupScheduler;
import dev.interlock.backup.JobQueue;
import dev.interlock.backup.ListingCache;
import dev.interlock.backup.PlanJob;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Take and verify every plan's backups when they are due, and remove those that "
                    + "`keep` allows to remove, until stopped. The target itself shows what is "
                    + "due, so a restart forgets nothing. At most one backup is taken and one "
                    + "verified at a time.",
            "Once an hour it asks other tools (`listings`) for their backups and reports them "
                    + "to the gateway, for people to see.",
            "With --once it does what is due now, and ends. Exit code 1 if a backup is faulty, "
                    + "69 if something could not be done."
        },
        footer = {"", "Example:", "  interlock backup run", "  interlock backup run --once"})
final class BackupRunCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--once", description = "Do what is due now, then exit.")
    private boolean once;

    @Mixin
    private Options own = new Options();

    BackupRunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        BackupConfig backups = BackupConfig.beside(own.configFile());
        backups.unattested().ifPresent(terminal::problem);
        if (backups.attestKey().isEmpty()) {
            throw new IllegalArgumentException(
                    "backups.yaml names no `attest-key`, so no gateway would accept the result " + "of a restore test");
        }
        BackupWork work = new BackupWork(terminal, own, backups);
        BackupScheduler rounds = new BackupScheduler(
                backups.plans().values(), new ScheduledWork(terminal, work), System::nanoTime, Clock.systemUTC());
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            work.reporter().end();
                            rounds.end();
                        },
                        "ending"));
        ToolBackupReporter listings = new ToolBackupReporter(terminal, own, backups);
        // A killed process may have left unencrypted rows there.
        PlanJob.clear(backups.scratch())
                .forEach((path, why) -> terminal.problem("`" + path
                        + "` was left by a killed job, may hold data that it copied, and could "
                        + "not be removed: "
                        + VisibleText.line(why))); // it contains names of files that others have chosen
        if (!once) {
            terminal.aside("backup run has started, with "
                    + String.join(", ", backups.plans().keySet())
                    + "; it runs until it is stopped, and checks each target once a minute");
        }
        int worst = rounds.run(once, listings::report);
        return Math.max(worst, listings.await());
    }

    /** Does the due work as a person would do it by hand, but with a time limit. */
    record ScheduledWork(Terminal terminal, BackupWork work) implements BackupScheduler.BackupWorker {

        @Override
        public BackupScheduler.TargetState check(BackupPlanConfig plan, ListingCache remembered) throws IOException {
            return work.look(plan, remembered);
        }

        @Override
        public boolean hasUnreportedFailure(BackupPlanConfig plan) {
            return work.reporter().hasUnsentReport(plan);
        }

        @Override
        public int take(BackupPlanConfig plan, Duration limit) throws IOException {
            return work.take(plan, Optional.of(limit));
        }

        @Override
        public int verify(BackupPlanConfig plan, String backup, Duration limit) throws IOException {
            return work.verify(plan, Optional.of(backup), Optional.of(limit));
        }

        @Override
        public void waits(JobQueue.QueuedJob next, Instant at) {
            terminal.aside("waiting: the next is to "
                    + switch (next.due().work()) {
                        case TAKE -> "take a backup of " + next.plan();
                        case VERIFY ->
                            "try " + next.plan() + "/" + next.due().backup().orElse("");
                    }
                    + ", at " + CellFormat.time(at.toString()));
        }

        @Override
        public int failed(BackupPlanConfig plan, Throwable why) {
            String what = why instanceof Exception ? why.getMessage() : why.toString();
            terminal.problem(
                    plan.name() + ": " + what + "; it runs again within " + JobQueue.AGAIN.toMinutes() + " minutes");
            return ExitCodes.UNAVAILABLE;
        }
    }
}
