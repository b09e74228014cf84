package dev.interlock.front.tls;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Instant;

class ServerIdentityFuzzTest {

    /** Only {@link InvalidIdentityException} may come out. */
    @FuzzTest
    void filesAreReadOrRefused(FuzzedDataProvider data) {
        byte[] chain = data.consumeBytes(4096);
        try {
            ServerIdentity.read(chain, data.consumeRemainingAsBytes(), Instant.EPOCH);
        } catch (InvalidIdentityException e) {
            // refused
        }
    }
}
