package dev.interlock.testing;

import dev.interlock.action.EnrolledKeys;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.identity.PersonSignatures;
import dev.interlock.velocity.Freezes;
import java.util.HashSet;
import java.util.Set;

/** People's signatures as identity knows them, and kills by hand. */
public final class TestingSignatures implements Freezes.Signatures {

    public final Set<String> killed = new HashSet<>();

    @Override
    public Freezes.Signed verify(Seal seal, String namespace, byte[] statement, String armored)
            throws BadSignatureException {
        PersonSignatures.Signed signed =
                new PersonSignatures(EnrolledKeys.NONE).verify(seal, namespace, statement, armored);
        return new Freezes.Signed(signed.person(), signed.key(), signed.keyClass());
    }

    @Override
    public boolean isKilled(String person) {
        return killed.contains(person);
    }
}
