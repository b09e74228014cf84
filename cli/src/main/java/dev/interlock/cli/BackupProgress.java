package dev.interlock.cli;

import dev.interlock.backup.run.Progress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Shows people the progress of work on a plan, with the total if it is known.
 *
 * <p>Threading: several threads may report at once.
 */
final class BackupProgress implements Progress {

    /** The interval between messages. People want to see progress, but logs need not have every megabyte. */
    private static final Duration PACE = Duration.ofSeconds(2);

    private final Terminal terminal;
    private final String plan;
    private final long begun = System.nanoTime();
    private final AtomicLong said = new AtomicLong(begun);
    private final Map<String, Total> totals = new ConcurrentHashMap<>();

    private record Total(long bytes, boolean isKnown) {}

    BackupProgress(Terminal terminal, String plan) {
        this.terminal = terminal;
        this.plan = plan;
    }

    @Override
    public void expect(String doing, long bytes) {
        totals.put(doing, new Total(bytes, true));
    }

    @Override
    public void expectAbout(String doing, long bytes) {
        totals.put(doing, new Total(bytes, false));
    }

    @Override
    public void at(String doing, long bytes) {
        long now = System.nanoTime();
        long last = said.get();
        if (now - last >= PACE.toNanos() && said.compareAndSet(last, now)) {
            terminal.aside(
                    plan + ": " + words(doing, bytes) + ", " + TimeUnit.NANOSECONDS.toSeconds(now - begun) + " s");
        }
    }

    /** Writes the amount. If it has grown beyond the total of last time, the total is unknown. */
    String words(String doing, long bytes) {
        if (bytes <= 0) {
            return doing;
        }
        String passed = doing + ", " + BackupCommand.size(bytes);
        Total total = totals.get(doing);
        if (total == null || total.bytes() < bytes) {
            return passed;
        }
        return passed + " of " + (total.isKnown() ? "" : "about ") + BackupCommand.size(total.bytes()) + " ("
                + Math.round(100.0 * bytes / total.bytes()) + " %)";
    }
}
