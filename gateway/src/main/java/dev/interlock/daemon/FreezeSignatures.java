package dev.interlock.daemon;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.identity.KillSwitch;
import dev.interlock.identity.PersonSignatures;
import dev.interlock.limits.Freezes;

/** Verifies who signed the lifting of a freeze, by the people that identity knows. */
record FreezeSignatures(PersonSignatures signatures, KillSwitch kills) implements Freezes.SignatureVerifier {

    @Override
    public Freezes.FreezeSignature verify(Seal seal, String namespace, byte[] statement, String armored)
            throws BadSignatureException {
        PersonSignatures.VerifiedPersonSignature signed = signatures.verify(seal, namespace, statement, armored);
        return new Freezes.FreezeSignature(signed.person(), signed.key(), signed.keyClass());
    }

    @Override
    public boolean isKilled(String person) {
        return kills.isKilled(person);
    }
}
