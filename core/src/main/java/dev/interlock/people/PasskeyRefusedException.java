package dev.interlock.people;

/** Something that people do with passkeys is not done; the message is one or two whole sentences for them. */
public class PasskeyRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    PasskeyRefusedException(String reason) {
        super(reason);
    }

    /** Why not, in whole sentences. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
