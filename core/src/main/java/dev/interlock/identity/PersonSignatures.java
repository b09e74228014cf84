package dev.interlock.identity;

import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.SshPublicKey;
import java.util.Objects;
import java.util.Optional;

/** Verifies people's signatures, and checks that the seal lets them count. */
public final class PersonSignatures {

    private final PasskeyRegistry passkeys;

    public PersonSignatures(PasskeyRegistry passkeys) {
        this.passkeys = passkeys;
    }

    /** A genuine signature: the signer, the key as receipts name it, and whether presence was proven. */
    public record VerifiedPersonSignature(Seal.Person person, String key, KeyClass keyClass) {}

    /** Returns the signer of {@code statement} by an SSHSIG or a passkey's assertion. */
    public VerifiedPersonSignature verify(Seal seal, String namespace, byte[] statement, String signature)
            throws BadSignatureException {
        Signer signer = signer(seal, namespace, statement, signature);
        if (signer.keyClass() == KeyClass.SOFTWARE && !seal.softwareKeys()) {
            throw new BadSignatureException("the seal accepts only signatures by hardware keys");
        }
        // An enrolment proves itself, but not that nobody has revoked the key since.
        if (!passkeys.counts(signer.key())) {
            throw new BadSignatureException("the passkey `" + signer.key() + "` is not enrolled, or was revoked");
        }
        return new VerifiedPersonSignature(
                Objects.requireNonNull(seal.people().get(signer.person())), signer.key(), signer.keyClass());
    }

    private static Signer signer(Seal seal, String namespace, byte[] statement, String signature)
            throws BadSignatureException {
        try {
            return PersonSignature.parse(signature).signer(SealConversion.of(seal), statement, namespace);
        } catch (MalformedException e) {
            throw new BadSignatureException("the signature cannot be read", e);
        }
    }

    boolean stillCounts(Seal seal, String person, String key) {
        return standing(seal, person, key).isPresent();
    }

    Optional<KeyClass> standing(Seal seal, String person, String key) {
        Optional<KeyClass> known = KeyStatement.isName(key)
                ? passkeys.standing(seal, key)
                        .filter(signer -> signer.person().equals(person))
                        .map(Signer::keyClass)
                : sealed(seal, person, key);
        return known.filter(keyClass -> keyClass == KeyClass.HARDWARE || seal.softwareKeys());
    }

    private static Optional<KeyClass> sealed(Seal seal, String person, String fingerprint) {
        return Optional.ofNullable(seal.people().get(person)).stream()
                .flatMap(known -> known.keys().stream())
                .map(SshPublicKey::parse)
                .filter(key -> key.fingerprint().equals(fingerprint))
                .map(SshPublicKey::keyClass)
                .findFirst();
    }
}
