package dev.interlock.identity;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.SshSignature;

/** Whose signature it is, and whether the seal lets it count at all. */
public final class PersonSignatures {

    /** The group whose members may widen any lease and lift any kill. */
    static final String OWNERS = "owners";

    private PersonSignatures() {}

    /**
     * A genuine signature.
     *
     * @param person whose it is, by the seal
     * @param key by which
     * @param keyClass whether presence was proven
     */
    public record Signed(Seal.Person person, SshPublicKey key, KeyClass keyClass) {}

    /**
     * Who signed {@code statement}.
     *
     * @throws BadSignatureException if nobody of the seal did, or with a key that does not count
     */
    public static Signed verify(Seal seal, String namespace, byte[] statement, String armored)
            throws BadSignatureException {
        SshSignature.Verified verified;
        try {
            verified = SshSignature.parse(armored).verify(statement, namespace);
        } catch (MalformedException e) {
            throw new BadSignatureException("the signature cannot be read", e);
        }
        if (verified.keyClass() == KeyClass.SOFTWARE && !seal.softwareKeys()) {
            throw new BadSignatureException("the seal accepts signatures by hardware keys alone");
        }
        return seal.people().values().stream()
                .filter(person -> holds(person, verified.key()))
                .map(person -> new Signed(person, verified.key(), verified.keyClass()))
                .findFirst()
                .orElseThrow(() -> new BadSignatureException(
                        "the key `" + verified.key().fingerprint() + "` belongs to nobody in the seal"));
    }

    static boolean holds(Seal.Person person, SshPublicKey key) {
        return person.keys().stream().map(SshPublicKey::parse).anyMatch(key::equals);
    }
}
