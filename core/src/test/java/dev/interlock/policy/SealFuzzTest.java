package dev.interlock.policy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.evidence.MalformedException;

/** Whatever a payload holds, only the exception named here comes out. */
class SealFuzzTest {

    @FuzzTest
    void readsAnySeal(byte[] payload) {
        try {
            SealJson.read(payload);
        } catch (MalformedException _) {
            // refused
        }
    }
}
