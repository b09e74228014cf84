package dev.interlock.cli;

import dev.interlock.backup.run.Progress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Shows people the progress of work on a plan; several threads may report at once. */
final class BackupProgress implements Progress {

    /** The interval between messages. People want to see progress, but logs need not have every megabyte. */
    private static final Duration PACE = Duration.ofSeconds(2);

    private final Terminal terminal;
    private final String plan;
    private final long begun = System.nanoTime();
    private final AtomicLong said = new AtomicLong(begun);

    BackupProgress(Terminal terminal, String plan) {
        this.terminal = terminal;
        this.plan = plan;
    }

    @Override
    public void at(String doing, long bytes) {
        long now = System.nanoTime();
        long last = said.get();
        if (now - last >= PACE.toNanos() && said.compareAndSet(last, now)) {
            terminal.aside(plan + ": " + doing + (bytes <= 0 ? "" : ", " + BackupWork.size(bytes)) + ", "
                    + TimeUnit.NANOSECONDS.toSeconds(now - begun) + " s");
        }
    }
}
