package dev.interlock.limits;

/** The history within a limit's window is too long to read while everybody else waits. */
final class HistoryTooLongException extends Exception {

    private static final long serialVersionUID = 1L;

    HistoryTooLongException() {
        super("the history is longer than Interlock reads");
    }
}
