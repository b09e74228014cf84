package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.backup.Job;
import dev.interlock.backup.Plan;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Progress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Whoever ends this process ends what it runs, and what it has made is removed before it is gone. */
final class BackupJob implements AutoCloseable {

    /** People want to see that something goes on; logs need not hear of every megabyte. */
    private static final Duration PACE = Duration.ofSeconds(2);

    /** What is interrupted removes what it has made. */
    private static final Duration TIDYING = Duration.ofSeconds(20);

    private final Children children = new Children();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread interruption = new Thread(this::interrupt, "interrupted");

    BackupJob() {
        Runtime.getRuntime().addShutdownHook(interruption);
    }

    /** What carrying out {@code plan} takes. */
    Job on(Plan plan, Backups backups, Encryption encryption) {
        return new Job(
                plan, encryption, backups.scratch(), backups.user(), children, Clock.systemUTC(), new SecureRandom());
    }

    private void interrupt() {
        children.close();
        try {
            var _ = over.await(TIDYING.toSeconds(), TimeUnit.SECONDS);
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

    /** Tells people of work on {@code plan}. */
    static Progress progress(Terminal terminal, String plan) {
        long begun = System.nanoTime();
        AtomicLong said = new AtomicLong(begun);
        return (doing, bytes) -> {
            long now = System.nanoTime();
            long last = said.get();
            if (now - last >= PACE.toNanos() && said.compareAndSet(last, now)) {
                terminal.aside(plan + ": " + doing + (bytes > 0 ? ", " + BackupCommand.size(bytes) : "") + ", "
                        + TimeUnit.NANOSECONDS.toSeconds(now - begun) + " s");
            }
        };
    }
}
