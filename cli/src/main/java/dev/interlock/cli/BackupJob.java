package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.Job;
import dev.interlock.backup.Plan;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.run.Children;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whoever ends this process ends what it runs, and what it has made is removed before it is gone. */
final class BackupJob implements AutoCloseable {

    /** What is interrupted removes what it has made. */
    private static final Duration TIDYING = Duration.ofSeconds(20);

    private final Children children;
    private final Optional<Duration> limit;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread interruption = new Thread(this::interrupt, "interrupted");
    private final Terminal terminal;
    private final String words;
    private volatile boolean interrupted;

    /** @param words what whoever interrupts it is told when that is over */
    BackupJob(Terminal terminal, String words) {
        this(terminal, words, Optional.empty());
    }

    /** One that is given up when {@code limit} is over, if there is one. */
    BackupJob(Terminal terminal, String words, Optional<Duration> limit) {
        this.terminal = terminal;
        this.words = words;
        this.limit = limit;
        this.children = limit.map(Children::within).orElseGet(Children::new);
        Runtime.getRuntime().addShutdownHook(interruption);
    }

    /** What carrying out {@code plan} takes. */
    Job on(Plan plan, BackupConfig backups, Encryption encryption) {
        return new Job(
                plan, encryption, backups.scratch(), backups.user(), children, Clock.systemUTC(), new SecureRandom());
    }

    /** Why it came to nothing: what a program says that was killed is not it. */
    IOException why(IOException e) {
        return limit.isPresent() && children.isOverdue()
                ? new IOException(
                        "it was not over within " + Rendering.age(limit.get().toSeconds())
                                + ", and was given up; by hand (`interlock backup take`, `verify`) it has no limit",
                        e)
                : e;
    }

    /** Whether somebody ends this process, and therefore this. */
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
            // It is what waits for this.
        }
    }
}
