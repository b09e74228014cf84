package dev.interlock.action;

import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.Signer;
import java.util.Optional;

/** Which passkeys count now. An enrolment proves itself; that nobody has revoked the key, only the gateway knows. */
public interface EnrolledKeys {

    /** Where there are none. */
    EnrolledKeys NONE = new EnrolledKeys() {
        @Override
        public boolean isGood(String passkey) {
            return false;
        }

        @Override
        public Optional<Signer> standing(Seal seal, String passkey) {
            return Optional.empty();
        }
    };

    /** Whether the passkey of this name is enrolled, and nobody has revoked it. */
    boolean isGood(String passkey);

    /**
     * Whose it is, and what it is worth under {@code seal}; empty if it is not good, or that seal does not carry it.
     */
    Optional<Signer> standing(Seal seal, String passkey);

    /** Whether signatures by {@code key} count as far as this can be told: of keys of OpenSSH the seal says it. */
    default boolean counts(String key) {
        return !KeyStatement.isName(key) || isGood(key);
    }
}
