package dev.interlock.testing;

import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Signer;
import java.util.Optional;

/** A registry without any passkey. */
public final class NoPasskeys implements PasskeyRegistry {

    @Override
    public boolean isGood(String passkey) {
        return false;
    }

    @Override
    public Optional<Signer> standing(Seal seal, String passkey) {
        return Optional.empty();
    }
}
