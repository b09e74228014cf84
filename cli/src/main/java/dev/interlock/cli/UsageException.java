package dev.interlock.cli;

import java.util.function.Supplier;

/** Thrown if an option or an argument is malformed, or names something that does not exist. */
final class UsageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    /** For what depends only on the command line. */
    static <T> T unless(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
