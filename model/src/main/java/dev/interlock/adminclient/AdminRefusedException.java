package dev.interlock.adminclient;

/** An administrative command that was not carried out. The message is the reason, a whole sentence. */
public final class AdminRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The kind of what names nothing that there is, or is not written as it must be: no other answer would come. */
    public static final String WRONG_ARGUMENT = "wrong_argument";

    private final String kind;
    private final String next;

    /**
     * Says no.
     *
     * @param kind the machine's word, as {@code not_entitled} or {@code not_found}
     * @param reason a whole sentence
     * @param next what to do instead, a whole sentence or a command
     */
    public AdminRefusedException(String kind, String reason, String next) {
        super(reason);
        this.kind = kind;
        this.next = next;
    }

    /** The machine's word. */
    public String kind() {
        return kind;
    }

    /** Whether whoever asked must ask for something else. */
    public boolean isWrongArgument() {
        return kind.equals(WRONG_ARGUMENT);
    }

    /** What to do instead. */
    public String next() {
        return next;
    }
}
