package dev.interlock.system.bench;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;

/**
 * Prints the duration of each part of a run as it ends. Nobody compares these; they show how long the run's parts take.
 */
final class StepTimes {

    private final PrintStream out;
    private long begun = System.nanoTime();

    StepTimes(PrintStream out) {
        this.out = out;
    }

    /** Ends the part that began with the last call. */
    void lap(String part) {
        long now = System.nanoTime();
        say(part, (now - begun) / 1e9);
        begun = now;
    }

    /** Prints the time since the start of this virtual machine. */
    void total() {
        say("all of it", ManagementFactory.getRuntimeMXBean().getUptime() / 1e3);
    }

    private void say(String part, double seconds) {
        out.printf("bench: %-28s %6.1f s%n", part, seconds);
    }
}
