package dev.interlock.author;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import java.util.Map;

/** Fuzzes the files of a policy directory: only the exception named here may come out. */
class DirectoryFuzzTest {

    @FuzzTest
    void readsAnyInterlockYaml(FuzzedDataProvider data) {
        try {
            InterlockYaml.read(
                    data.consumeRemainingAsString(),
                    List.of(),
                    new InterlockYaml.AvailableCatalogs(Map.of(), Map.of()));
        } catch (PolicyProblemException _) {
            // refused
        }
    }

    @FuzzTest
    void readsAnyScenario(FuzzedDataProvider data) {
        try {
            Scenario.read("x.test.yaml", data.consumeRemainingAsString());
        } catch (PolicyProblemException _) {
            // refused
        }
    }
}
