package dev.interlock.policy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.evidence.MalformedException;

/** Fuzzes payloads: only the exception named here may come out. */
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
