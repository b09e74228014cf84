package dev.interlock.cli;

/** An option or an argument has a form that it may not have. */
final class UsageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
