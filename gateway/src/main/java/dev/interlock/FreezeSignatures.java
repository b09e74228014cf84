package dev.interlock;

import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.identity.Kills;
import dev.interlock.identity.PersonSignatures;
import dev.interlock.velocity.Freezes;

/** Who signed the lifting of a freeze, as identity knows people. */
record FreezeSignatures(PersonSignatures signatures, Kills kills) implements Freezes.Signatures {

    @Override
    public Freezes.Signed verify(Seal seal, String namespace, byte[] statement, String armored)
            throws BadSignatureException {
        PersonSignatures.Signed signed = signatures.verify(seal, namespace, statement, armored);
        return new Freezes.Signed(signed.person(), signed.key(), signed.keyClass());
    }

    @Override
    public boolean isKilled(String person) {
        return kills.isKilled(person);
    }
}
