package dev.interlock.cli;

import java.util.function.Supplier;

/** Thrown if an option or an argument is malformed, or names something that does not exist. */
final class UsageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    /**
     * Returns the result of {@code reading}, which depends only on the command line.
     *
     * @throws UsageException if {@code reading} rejects it
     */
    static <T> T unless(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
