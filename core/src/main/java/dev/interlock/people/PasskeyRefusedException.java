package dev.interlock.people;

/** A denied operation on passkeys. The message is one or two whole sentences for people. */
public class PasskeyRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    PasskeyRefusedException(String reason) {
        super(reason);
    }

    /** Returns the reason, in whole sentences. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
