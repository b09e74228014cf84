package dev.interlock.identity;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.SshSignature;
import java.util.Optional;

/** Who may widen a lease by a signature, and whether somebody did. */
final class LeaseSignatures {

    /** The SSHSIG namespace in which lease requests, and nothing else, are signed. */
    static final String NAMESPACE = "interlock-lease@v1";

    /** The group whose members may sign for any agent; who owns the agent may too. */
    static final String OWNERS = "owners";

    private LeaseSignatures() {}

    /**
     * Who signed {@code statement} and may.
     *
     * @throws BadSignatureException if nobody did, or somebody who may not
     */
    static LeaseEntry.Signature verify(Seal seal, String agent, byte[] statement, String armored)
            throws BadSignatureException {
        SshSignature.Verified verified;
        try {
            verified = SshSignature.parse(armored).verify(statement, NAMESPACE);
        } catch (MalformedException e) {
            throw new BadSignatureException("the signature cannot be read", e);
        }
        if (verified.keyClass() == KeyClass.SOFTWARE && !seal.softwareKeys()) {
            throw new BadSignatureException("the seal accepts signatures by hardware keys alone");
        }
        LeaseEntry.Signature signature = seal.people().values().stream()
                .filter(person -> holds(person, verified.key()))
                .map(person ->
                        new LeaseEntry.Signature(person.name(), verified.key().line()))
                .findFirst()
                .orElseThrow(() -> new BadSignatureException(
                        "the key `" + verified.key().fingerprint() + "` belongs to nobody in the seal"));
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
                        .filter(person -> holds(person, key))
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

    private static boolean holds(Seal.Person person, SshPublicKey key) {
        return person.keys().stream().map(SshPublicKey::parse).anyMatch(key::equals);
    }
}
