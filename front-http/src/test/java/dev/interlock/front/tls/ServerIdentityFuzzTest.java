package dev.interlock.front.tls;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Instant;

class ServerIdentityFuzzTest {

    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    /** Only {@link InvalidIdentityException} may come out. One file holds chain and key, as some tools write it. */
    @FuzzTest
    void filesAreReadOrRefused(byte[] file) {
        try {
            ServerIdentity.read(file, file, NOW);
        } catch (InvalidIdentityException e) {
            // refused
        }
    }
}
