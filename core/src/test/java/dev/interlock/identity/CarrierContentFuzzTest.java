package dev.interlock.identity;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Attempt;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;

class CarrierContentFuzzTest {

    /** No exception may come out, and a lease that is found is one token, nothing more. */
    @FuzzTest
    void readsAnyCarrier(byte[] input) {
        Identity.CarrierContent carried = Identity.CarrierContent.read(
                new Attempt.PresentedCredential("fuzz", new Secret(new String(input, StandardCharsets.UTF_8))),
                LeaseToken::looksLike);
        carried.lease()
                .ifPresent(lease -> lease.use(token -> {
                    if (!LeaseToken.looksLike(token)) {
                        throw new IllegalStateException("taken for a lease");
                    }
                    return token;
                }));
    }
}
