package dev.interlock.admin;

/** The gateway was reached and said no. */
public final class AdminRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String kind;
    private final String next;

    AdminRefusedException(String kind, String reason, String next) {
        super(reason);
        this.kind = kind;
        this.next = next;
    }

    /** The machine's word for the refusal. */
    public String kind() {
        return kind;
    }

    /** The next legal step, as a sentence or a command. */
    public String next() {
        return next;
    }
}
