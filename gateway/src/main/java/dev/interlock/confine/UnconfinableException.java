package dev.interlock.confine;

/** The sandbox cannot be built as asked, and so nothing was started. The message is a whole sentence for a person. */
public final class UnconfinableException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String next;
    private final boolean wrongOrder;

    UnconfinableException(String reason, String next) {
        this(reason, next, false);
    }

    private UnconfinableException(String reason, String next, boolean wrongOrder) {
        super(reason);
        this.next = next;
        this.wrongOrder = wrongOrder;
    }

    /** Of an order that no machine could carry out: whoever gave it named something wrong. */
    static UnconfinableException ofOrder(String reason, String next) {
        return new UnconfinableException(reason, next, true);
    }

    /** Whether it is what was asked for that is wrong, rather than what is there. */
    public boolean isOfOrder() {
        return wrongOrder;
    }

    /** The next step, as a sentence or a command. */
    public String next() {
        return next;
    }
}
