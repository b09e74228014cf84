package dev.interlock.signin;

/** Reports a failed sign-in. The message is a whole sentence and contains no secret. */
public final class SignInFailedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean silent;

    private SignInFailedException(String reason, boolean silent) {
        super(reason);
        this.silent = silent;
    }

    /** Returns an exception for a provider that does not respond properly. A later retry may help. */
    static SignInFailedException unresponsiveProvider(String reason) {
        return new SignInFailedException(reason, true);
    }

    /** Returns an exception for a response that does not match our request, or is not genuine. */
    static SignInFailedException refused(String reason) {
        return new SignInFailedException(reason, false);
    }

    /** Returns the reason, in a whole sentence. */
    public String reason() {
        return String.valueOf(getMessage());
    }

    /** Returns whether the provider gave no usable response, as opposed to a wrong one. */
    public boolean isSilent() {
        return silent;
    }
}
