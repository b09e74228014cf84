package dev.interlock.velocity;

/** More has gone within a limit's window than can be looked through while everybody else waits. */
final class TooMuchException extends Exception {

    private static final long serialVersionUID = 1L;

    TooMuchException() {
        super("more has gone than can be looked through");
    }
}
