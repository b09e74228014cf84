package dev.interlock.velocity;

/** The history within a limit's window is too long to read while everybody else waits. */
final class TooMuchException extends Exception {

    private static final long serialVersionUID = 1L;

    TooMuchException() {
        super("more has gone than can be looked through");
    }
}
