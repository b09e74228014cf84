package dev.interlock.vault;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

class SecretMatcherFuzzTest {

    private static final String SECRET = "rw_looked-for-everywhere/0+1==";
    private static final SecretMatcher TRACES = traces();

    private static SecretMatcher traces() {
        SecretMatcher.TraceKey key = SecretMatcher.TraceKey.random(new SecureRandom());
        return new SecretMatcher(key, key.of("slot", false, new Secret(SECRET)));
    }

    /** A secret in its original form is found behind any text, however malformed. */
    @FuzzTest
    void secretBehindAnythingIsFound(byte[] before) {
        byte[] secret = SECRET.getBytes(StandardCharsets.UTF_8);
        byte[] text = new byte[before.length + secret.length];
        System.arraycopy(before, 0, text, 0, before.length);
        System.arraycopy(secret, 0, text, before.length, secret.length);
        if (TRACES.find(text).credentials().isEmpty()) {
            throw new AssertionError("not found");
        }
        TRACES.find(before);
    }
}
