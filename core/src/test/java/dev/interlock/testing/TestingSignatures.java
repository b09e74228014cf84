package dev.interlock.testing;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.identity.PersonSignatures;
import dev.interlock.limits.Freezes;
import java.util.HashSet;
import java.util.Set;

/** A verifier with people's signatures as identity knows them, and with kills that a test sets. */
public final class TestingSignatures implements Freezes.SignatureVerifier {

    public final Set<String> killed = new HashSet<>();

    @Override
    public Freezes.FreezeSignature verify(Seal seal, String namespace, byte[] statement, String armored)
            throws BadSignatureException {
        PersonSignatures.VerifiedPersonSignature signed =
                new PersonSignatures(new NoPasskeys()).verify(seal, namespace, statement, armored);
        return new Freezes.FreezeSignature(signed.person(), signed.key(), signed.keyClass());
    }

    @Override
    public boolean isKilled(String person) {
        return killed.contains(person);
    }
}
