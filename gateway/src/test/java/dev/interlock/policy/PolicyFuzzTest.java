package dev.interlock.policy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Map;

/** Whatever a file holds, only the exceptions named here come out. */
class PolicyFuzzTest {

    @FuzzTest
    void readsAnySeal(byte[] payload) {
        try {
            SealJson.read(payload);
        } catch (MalformedException _) {
            // refused
        }
    }

    @FuzzTest
    void readsAnyInterlockYaml(FuzzedDataProvider data) {
        try {
            InterlockYaml.read(data.consumeRemainingAsString(), List.of(), new InterlockYaml.Shelf(Map.of(), Map.of()));
        } catch (ProblemException _) {
            // refused
        }
    }

    @FuzzTest
    void readsAnyScenario(FuzzedDataProvider data) {
        try {
            Scenario.read("x.test.yaml", data.consumeRemainingAsString());
        } catch (ProblemException _) {
            // refused
        }
    }
}
