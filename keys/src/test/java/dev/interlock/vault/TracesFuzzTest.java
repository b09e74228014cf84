package dev.interlock.vault;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

class TracesFuzzTest {

    private static final String SECRET = "rw_looked-for-everywhere/0+1==";
    private static final Traces TRACES = traces();

    private static Traces traces() {
        Traces.Key key = Traces.Key.random(new SecureRandom());
        return new Traces(key, key.of("slot", false, new Secret(SECRET)));
    }

    /** Whatever stands before it, and however badly that is written, a secret that stands as it is is found. */
    @FuzzTest
    void secretBehindAnythingIsFound(byte[] before) {
        byte[] secret = SECRET.getBytes(StandardCharsets.UTF_8);
        byte[] text = new byte[before.length + secret.length];
        System.arraycopy(before, 0, text, 0, before.length);
        System.arraycopy(secret, 0, text, before.length, secret.length);
        if (TRACES.in(text).credentials().isEmpty()) {
            throw new AssertionError("not found");
        }
        TRACES.in(before);
    }
}
