package dev.interlock.system.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Measures in windows, and shows what else the machine did in each. A window in which others took more than a twentieth
 * of it is refused and repeated, as long as the run has time to spare. If it stays noisy it counts as that.
 */
final class QuietWindows {

    private static final int TRIES = 3;

    private final ArrayNode windows;
    private final PrintStream table;
    private long spareNanos;

    /** @param spare the time that all refused windows together may take */
    QuietWindows(ArrayNode windows, PrintStream table, Duration spare) {
        this.windows = windows;
        this.table = table;
        this.spareNanos = spare.toNanos();
    }

    /** The value of a window. */
    record Measured<T>(T value, boolean isQuiet) {}

    <T> Measured<T> measure(String name, Callable<T> window) throws Exception {
        for (int tries = 1; ; tries++) {
            HostLoad before = HostLoad.now();
            T value = window.call();
            HostLoad after = HostLoad.now();
            HostLoad.Share share = after.since(before);
            boolean isLast = share.isQuiet() || tries == TRIES || spareNanos <= 0;
            spareNanos -= isLast ? 0 : after.nanos() - before.nanos();
            ObjectNode node = windows.addObject().put("window", name);
            Figures.put(node, "seconds", (after.nanos() - before.nanos()) / 1e9);
            Figures.put(node, "stealPercent", share.steal());
            Figures.put(node, "foreignPercent", share.foreign());
            node.put("state", share.isQuiet() ? "quiet" : isLast ? "noisy" : "refused");
            if (!share.isQuiet()) {
                table.printf(
                        "  %s: others took %.1f %% of the machine, its host %.1f %%: %s%n",
                        name, share.foreign(), share.steal(), isLast ? "it counts as noisy" : "once more");
            }
            if (isLast) {
                return new Measured<>(value, share.isQuiet());
            }
        }
    }
}
