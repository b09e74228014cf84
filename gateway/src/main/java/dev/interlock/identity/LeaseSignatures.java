package dev.interlock.identity;

import static dev.interlock.identity.PersonSignatures.OWNERS;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SshPublicKey;
import java.util.Optional;

/** Who may widen a lease by a signature, and whether somebody did. */
final class LeaseSignatures {

    /** The SSHSIG namespace in which lease requests, and nothing else, are signed. */
    static final String NAMESPACE = "interlock-lease@v1";

    private LeaseSignatures() {}

    /**
     * Who signed {@code statement} and may: the agent's owner, or one of {@code owners}.
     *
     * @throws BadSignatureException if nobody did, or somebody who may not
     */
    static LeaseEntry.Signature verify(Seal seal, String agent, byte[] statement, String armored)
            throws BadSignatureException {
        PersonSignatures.Signed signed = PersonSignatures.verify(seal, NAMESPACE, statement, armored);
        LeaseEntry.Signature signature =
                new LeaseEntry.Signature(signed.person().name(), signed.key().line());
        if (!mayWiden(seal, agent, signature)) {
            throw new BadSignatureException(
                    "`" + signature.person() + "` neither owns `" + agent + "` nor is one of `" + OWNERS + "`");
        }
        return signature;
    }

    /** Whether a signature that was accepted under an earlier seal would be accepted now. */
    static boolean stillCounts(Seal seal, String agent, LeaseEntry.Signature signature) {
        SshPublicKey key = SshPublicKey.parse(signature.key());
        boolean strongEnough = key.keyClass() == KeyClass.HARDWARE || seal.softwareKeys();
        return strongEnough
                && Optional.ofNullable(seal.people().get(signature.person()))
                        .filter(person -> PersonSignatures.holds(person, key))
                        .isPresent()
                && mayWiden(seal, agent, signature);
    }

    private static boolean mayWiden(Seal seal, String agent, LeaseEntry.Signature signature) {
        Seal.Agent enrolled = seal.agents().get(agent);
        Seal.Person person = seal.people().get(signature.person());
        return enrolled != null
                && person != null
                && (enrolled.owner().equals(person.name()) || person.groups().contains(OWNERS));
    }
}
