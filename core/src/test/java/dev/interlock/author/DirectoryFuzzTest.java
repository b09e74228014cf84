package dev.interlock.author;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Fuzzes the files of a policy directory: only the exception named here may come out. */
class DirectoryFuzzTest {

    @FuzzTest
    void readsAnyInterlockYaml(byte[] input) {
        try {
            InterlockYaml.read(
                    new String(input, StandardCharsets.UTF_8),
                    List.of(),
                    new InterlockYaml.AvailableCatalogs(Map.of(), Map.of()));
        } catch (PolicyProblemException _) {
            // refused
        }
    }

    @FuzzTest
    void readsAnyScenario(byte[] input) {
        try {
            Scenario.read("x.test.yaml", new String(input, StandardCharsets.UTF_8));
        } catch (PolicyProblemException _) {
            // refused
        }
    }
}
