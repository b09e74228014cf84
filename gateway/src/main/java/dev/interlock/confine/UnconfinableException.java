package dev.interlock.confine;

/** The sandbox cannot be built as asked, and so nothing was started. The message is a whole sentence for a person. */
public final class UnconfinableException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String next;

    UnconfinableException(String reason, String next) {
        super(reason);
        this.next = next;
    }

    /** The next step, as a sentence or a command. */
    public String next() {
        return next;
    }
}
