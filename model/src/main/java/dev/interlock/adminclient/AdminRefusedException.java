package dev.interlock.adminclient;

/** An administrative command that was not carried out. The message is the reason, a whole sentence. */
public final class AdminRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * The kind for an argument that names nothing that exists, or has the wrong form. The same request will fail again.
     */
    public static final String WRONG_ARGUMENT = "wrong_argument";

    private final String kind;
    private final String next;

    /**
     * Creates a refusal.
     *
     * @param kind the code for programs, such as {@code not_entitled} or {@code not_found}
     * @param reason a whole sentence
     * @param next what to do instead, a whole sentence or a command
     */
    public AdminRefusedException(String kind, String reason, String next) {
        super(reason);
        this.kind = kind;
        this.next = next;
    }

    public String kind() {
        return kind;
    }

    /** Returns whether only another request can succeed. */
    public boolean isWrongArgument() {
        return kind.equals(WRONG_ARGUMENT);
    }

    public String next() {
        return next;
    }
}
