package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupProof;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A running proof. If this process is interrupted, its programs are ended and its files removed first. */
final class BackupJob implements AutoCloseable {

    private static final Duration TIDYING = Duration.ofSeconds(20);

    /** People want to see progress, but logs need not have every megabyte. */
    private static final Duration PACE = Duration.ofSeconds(2);

    private final ChildProcesses children = new ChildProcesses();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread interruption = new Thread(this::interrupt, "interrupted");
    private final Terminal terminal;
    private final String words;
    private final long begun = System.nanoTime();
    private final AtomicLong said = new AtomicLong(begun);

    BackupJob(Terminal terminal, String words) {
        this.terminal = terminal;
        this.words = words;
        Runtime.getRuntime().addShutdownHook(interruption);
    }

    BackupProof proof(BackupPlanConfig plan, BackupConfig backups) {
        return new BackupProof(plan, backups, children, Clock.systemUTC(), new SecureRandom());
    }

    /** Shows people the progress of work on {@code plan}; several threads may report at once. */
    Progress progress(BackupPlanConfig plan) {
        return (doing, bytes) -> {
            long now = System.nanoTime();
            long last = said.get();
            if (now - last >= PACE.toNanos() && said.compareAndSet(last, now)) {
                terminal.aside(plan.name() + ": " + doing + (bytes <= 0 ? "" : ", " + BackupWork.size(bytes)) + ", "
                        + TimeUnit.NANOSECONDS.toSeconds(now - begun) + " s");
            }
        };
    }

    private void interrupt() {
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
