package dev.interlock.linux;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The time since the machine was started. It also passes while the machine sleeps, and nobody can set it. */
public final class Uptime {

    private static final Path FILE = Path.of("/proc/uptime");

    private static final int NANOS_IN_DIGITS = 9;

    private Uptime() {}

    /** Returns it in nanoseconds, to the hundredth of a second; empty if the kernel does not say it. */
    public static OptionalLong nanos() {
        try {
            String seconds = Files.readString(FILE).split(" ", 2)[0];
            return OptionalLong.of(
                    new BigDecimal(seconds).movePointRight(NANOS_IN_DIGITS).longValueExact());
        } catch (IOException | ArithmeticException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
