package dev.interlock.identity;

import static dev.interlock.evidence.SealDocument.OWNERS;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.KeyClass;
import java.util.Optional;

/** Verifies signatures that widen a lease. */
final class LeaseSignatures {

    /** The SSHSIG namespace for lease requests, and for nothing else. */
    static final String NAMESPACE = "interlock-lease@v1";

    private final PersonSignatures signatures;

    LeaseSignatures(PersonSignatures signatures) {
        this.signatures = signatures;
    }

    /** Returns the entitled signer: the agent's owner with hardware, or another person of {@code owners}. */
    PersonSignatures.VerifiedPersonSignature verify(Seal seal, String agent, byte[] statement, String made)
            throws BadSignatureException {
        PersonSignatures.VerifiedPersonSignature signed = signatures.verify(seal, NAMESPACE, statement, made);
        Optional<String> objection = objection(seal, agent, signed.person().name(), signed.keyClass());
        if (objection.isPresent()) {
            throw new BadSignatureException(objection.get());
        }
        return signed;
    }

    /** Returns whether a signature from an earlier seal or an earlier gateway would be accepted now. */
    boolean stillCounts(Seal seal, String agent, LeaseEntry.Signature signature) {
        return signatures
                .standing(seal, signature.person(), signature.key())
                .filter(keyClass ->
                        objection(seal, agent, signature.person(), keyClass).isEmpty())
                .isPresent();
    }

    private static Optional<String> objection(Seal seal, String agent, String name, KeyClass keyClass) {
        Seal.Agent enrolled = seal.agents().get(agent);
        Seal.Person person = seal.people().get(name);
        boolean owns = enrolled != null && enrolled.owner().equals(name);
        if (enrolled == null || person == null || (!owns && !person.groups().contains(OWNERS))) {
            return Optional.of("`" + name + "` neither owns `" + agent + "` nor is in `" + OWNERS + "`");
        }
        // The agent may run with its owner's files, so a key among them proves nothing about the person.
        return owns && keyClass == KeyClass.SOFTWARE
                ? Optional.of("`" + name + "` owns `" + agent + "` and must sign with a hardware key")
                : Optional.empty();
    }
}
