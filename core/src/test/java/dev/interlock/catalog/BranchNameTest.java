package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BranchNameTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fix/totals",
                "feature/next-button",
                "heads/qa-report-page",
                "refs/heads/stage-2-of-import",
                "dependabot/npm_and_yarn/next-15",
                "alpha-blending",
                "agent/1.2"
            })
    void branchOfOrdinaryWorkIsNotDeployed(String name) {
        assertThat(BranchName.isDeployed(name)).isFalse();
    }
}
