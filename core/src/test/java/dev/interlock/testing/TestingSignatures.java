package dev.interlock.testing;

import dev.interlock.identity.PersonSignatures;
import dev.interlock.identity.SignedOrders;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

/** A check of people's signatures as identity does it, with kills that a test sets. */
public final class TestingSignatures {

    public final Set<String> killed = new HashSet<>();

    public SignedOrders orders(InstantSource clock) {
        return new SignedOrders(new PersonSignatures(new NoPasskeys()), killed::contains, clock);
    }
}
