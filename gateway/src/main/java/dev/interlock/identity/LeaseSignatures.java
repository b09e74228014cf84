package dev.interlock.identity;

import static dev.interlock.identity.PersonSignatures.OWNERS;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;

/** Who may widen a lease by a signature, and whether somebody did. */
final class LeaseSignatures {

    /** The SSHSIG namespace in which lease requests, and nothing else, are signed. */
    static final String NAMESPACE = "interlock-lease@v1";

    private final PersonSignatures signatures;

    LeaseSignatures(PersonSignatures signatures) {
        this.signatures = signatures;
    }

    /**
     * Who signed {@code statement} and may: the agent's owner, or one of {@code owners}.
     *
     * @throws BadSignatureException if nobody did, or somebody who may not
     */
    LeaseEntry.Signature verify(Seal seal, String agent, byte[] statement, String made) throws BadSignatureException {
        PersonSignatures.Signed signed = signatures.verify(seal, NAMESPACE, statement, made);
        LeaseEntry.Signature signature =
                new LeaseEntry.Signature(signed.person().name(), signed.key());
        if (!mayWiden(seal, agent, signature)) {
            throw new BadSignatureException(
                    "`" + signature.person() + "` neither owns `" + agent + "` nor is one of `" + OWNERS + "`");
        }
        return signature;
    }

    /** Whether a signature that was accepted under an earlier seal would be accepted now. */
    boolean stillCounts(Seal seal, String agent, LeaseEntry.Signature signature) {
        return signatures.stillCounts(seal, signature.person(), signature.key()) && mayWiden(seal, agent, signature);
    }

    private static boolean mayWiden(Seal seal, String agent, LeaseEntry.Signature signature) {
        Seal.Agent enrolled = seal.agents().get(agent);
        Seal.Person person = seal.people().get(signature.person());
        return enrolled != null
                && person != null
                && (enrolled.owner().equals(person.name()) || person.groups().contains(OWNERS));
    }
}
