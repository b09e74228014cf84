package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.PlanJob;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.run.ChildProcesses;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A running backup job. If this process is interrupted, the job's programs are ended and its files are removed before
 * the process exits.
 */
final class BackupJob implements AutoCloseable {

    /** The time for an interrupted job to remove its files. */
    private static final Duration TIDYING = Duration.ofSeconds(20);

    private final ChildProcesses children;
    private final Optional<Duration> limit;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread interruption = new Thread(this::interrupt, "interrupted");
    private final Terminal terminal;
    private final String words;
    private volatile boolean interrupted;

    /** @param words the message after an interruption */
    BackupJob(Terminal terminal, String words) {
        this(terminal, words, Optional.empty());
    }

    /** Creates a job that is given up after {@code limit}, if there is one. */
    BackupJob(Terminal terminal, String words, Optional<Duration> limit) {
        this.terminal = terminal;
        this.words = words;
        this.limit = limit;
        this.children = limit.map(ChildProcesses::within).orElseGet(ChildProcesses::new);
        Runtime.getRuntime().addShutdownHook(interruption);
    }

    /** Returns the job's parameters for {@code plan}. */
    PlanJob on(BackupPlanConfig plan, BackupConfig backups, Encryption encryption) {
        return new PlanJob(
                plan, encryption, backups.scratch(), backups.user(), children, Clock.systemUTC(), new SecureRandom());
    }

    /**
     * Returns why the job failed. If it was interrupted or timed out, the message of the killed program is not the
     * reason.
     */
    IOException why(IOException e) {
        return limit.isPresent() && children.isOverdue()
                ? new IOException(
                        "it did not finish within " + CellFormat.age(limit.get().toSeconds())
                                + " and was stopped; started by hand (`interlock backup take`, "
                                + "`verify`) it has no time limit",
                        e)
                : e;
    }

    /** Returns whether this process is being interrupted, and the job with it. */
    boolean isInterrupted() {
        return interrupted;
    }

    private void interrupt() {
        interrupted = true;
        children.close();
        try {
            if (over.await(TIDYING.toSeconds(), TimeUnit.SECONDS)) {
                terminal.problem("interrupted: " + words);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        children.close();
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(interruption);
        } catch (IllegalStateException e) {
            // The thread that ends this process waits for this one.
        }
    }
}
