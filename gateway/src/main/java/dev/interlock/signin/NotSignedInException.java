package dev.interlock.signin;

/** Nobody is in. The message is a whole sentence, and holds nothing secret. */
public final class NotSignedInException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean silent;

    private NotSignedInException(String reason, boolean silent) {
        super(reason);
        this.silent = silent;
    }

    /** The provider does not answer as one does; to ask again later may help. */
    static NotSignedInException silent(String reason) {
        return new NotSignedInException(reason, true);
    }

    /** What came back is not what was asked for, or not true. */
    static NotSignedInException refused(String reason) {
        return new NotSignedInException(reason, false);
    }

    /** Why, in a whole sentence. */
    public String reason() {
        return String.valueOf(getMessage());
    }

    /** Whether nothing was heard, as opposed to something wrong. */
    public boolean isSilent() {
        return silent;
    }
}
