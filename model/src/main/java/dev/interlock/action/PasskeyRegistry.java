package dev.interlock.action;

import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.Signer;
import java.util.Optional;

/** The passkeys that count now. An enrolment proves itself, but only the gateway knows whether the key was revoked. */
public interface PasskeyRegistry {

    /** Returns whether the passkey with this name is enrolled and not revoked. */
    boolean isGood(String passkey);

    /**
     * Returns the owner and the value of the passkey under {@code seal}; empty if it is not good, or the seal does not
     * accept it.
     */
    Optional<Signer> standing(Seal seal, String passkey);

    /** Returns whether signatures by {@code key} may count. For keys of OpenSSH this says yes, and the seal decides. */
    default boolean counts(String key) {
        return !KeyStatement.isName(key) || isGood(key);
    }
}
