package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.limits.LimitEnforcer;
import dev.interlock.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyTestsTest {

    private static final String TEST = """
            tests:
              - name: destruction waits for an owner
                given:
                  agent: jer/cursor
                  task: work
                when:
                  operation: railway/volumeDelete
                  resource: railway:volume/v1
                  environments: [staging]
                expect: hold
                confirm: 1 of owners
              - name: a lease that names production may be asked
                given:
                  agent: jer/cursor
                  lease:
                    environments: [staging, production]
                    impacts: [destroy]
                when:
                  operation: railway/volumeDelete
                  touches:
                    - resource: railway:volume/v1
                      environments: [staging]
                    - resource: railway:volume/v2
                      environments: [production]
                expect: hold
              - name: an operation that nobody knows
                given:
                  agent: jer/cursor
                  task: work
                when:
                  operation: railway/fooDelete
                  impacts: [unknown]
                  resource: railway:volume/v1
                  environments: [staging]
                expect: refuse
                because: is in no catalog
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void write() throws IOException {
        StarterTest.write(directory);
    }

    private PolicyTests.ScenarioReport run(String tests) throws IOException {
        Files.writeString(directory.resolve("policy.test.yaml"), tests);
        return PolicyTests.run(directory, Fixtures.CATALOGS, LimitEnforcer::limitedInRehearsal);
    }

    @Test
    void runsTheWrittenTests() throws IOException {
        PolicyTests.ScenarioReport report = run(TEST);
        assertThat(report.results()).hasSize(3);
        assertThat(report.green()).as(report.toString()).isTrue();
    }

    @Test
    void aWrongExpectationIsRedAndSaysWhy() throws IOException {
        PolicyTests.ScenarioReport report = run(TEST.replace("expect: hold\n    confirm", "expect: permit\n    confirm")
                .replace("because: is in no catalog", "because: is forbidden"));
        assertThat(report.green()).isFalse();
        assertThat(report.results().getFirst().detail())
                .isEqualTo("Expected `permit`, got `hold`: By `an-owner-confirms-destruction-in-staging`.");
        assertThat(report.results().getFirst().line()).isEqualTo(2);
        assertThat(report.results().getLast().passed()).isFalse();
    }

    @Test
    void aWrongQuorumIsRed() throws IOException {
        assertThat(run(TEST.replace("confirm: 1 of", "confirm: 2 of")).green()).isFalse();
    }

    @Test
    void aWeakerPolicyFailsTheTests() throws IOException {
        Path policy = directory.resolve("policy.cedar");
        Files.writeString(policy, Files.readString(policy).replace("@confirm(\"1 of owners\") @type_name\n", ""));
        assertThat(run(TEST).green()).isFalse();
    }

    @Test
    void anUntestableScenarioIsRed() throws IOException {
        assertThat(run(TEST.replace("task: work", "task: play"))
                        .results()
                        .getFirst()
                        .detail())
                .isEqualTo("There is no task template `play`, only work.");
        assertThat(run(TEST.replace("railway/volumeDelete", "railway/deploymentRedeploy"))
                        .results()
                        .getFirst()
                        .detail())
                .contains("write `impacts`");
    }

    /** An author would believe that the ignored key is tested. */
    @Test
    void anUnknownMemberIsAProblem() throws IOException {
        String before = "    task: work\n      released:\n        - operation: railway/volumeDelete\n"
                + "          resource: railway:volume/v1\n          environments: [staging]\n";
        assertThat(run(TEST.replaceFirst("    task: work\n", before)).problems())
                .isEmpty();
        for (String broken : List.of(
                "more: []\n" + TEST,
                TEST.replaceFirst("expect: hold", "expect: hold\n    unless: never"),
                TEST.replaceFirst("task: work", "task: work\n      on: mondays"),
                TEST.replaceFirst("operation:", "fact: x\n      operation:"),
                TEST.replaceFirst("- resource:", "- owner: x\n          resource:"),
                TEST.replaceFirst("impacts: \\[destroy]", "impacts: [destroy]\n        hours: 1"),
                TEST.replaceFirst("    task: work\n", before + "          times: 10001\n"),
                TEST.replaceFirst("    task: work\n", before + "          since: 1h\n"))) {
            assertThat(broken).isNotEqualTo(TEST);
            assertThat(run(broken).problems()).as(broken).hasSize(1);
        }
        assertThat(Scenario.read("t", TEST.replaceFirst("    task: work\n", before + "          times: 10000\n"))
                        .getFirst()
                        .released())
                .extracting(Scenario.ScenarioCall::times)
                .containsExactly(10_000L);
    }

    @Test
    void anUnclearTestIsAProblem() throws IOException {
        for (String broken : List.of(
                TEST.replace("expect: hold", "expect: maybe"),
                TEST.replace("when:", "wen:"),
                TEST.replace("environments: [staging]", "environments: []"),
                TEST.replace("task: work", "task: work\n      lease: {environments: [], impacts: [read]}"))) {
            PolicyTests.ScenarioReport report = run(broken);
            assertThat(report.problems()).isNotEmpty();
            assertThat(report.green()).isFalse();
        }
    }
}
