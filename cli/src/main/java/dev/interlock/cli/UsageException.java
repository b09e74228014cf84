package dev.interlock.cli;

import java.util.function.Supplier;

/** An option or an argument has a form that it may not have, or names what there is not. */
final class UsageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    /**
     * What {@code reading} makes of nothing but the command line.
     *
     * @throws UsageException if it can make nothing of it
     */
    static <T> T unless(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
