package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PolicyTextTest {

    private static final List<UpstreamLines> WEB = UpstreamLines.of(
            UpstreamLines.WEB,
            UpstreamLines.WEB,
            Optional.empty(),
            new UpstreamLines.Environments(List.of("staging"), List.of("production")),
            Map.of(),
            Optional.empty());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "upstreams: {}\n",
                "upstreams: {}\nbudgets: {}\n",
                "upstreams: {}\n\nbudgets:\n  writes: {at-most: 1}\n"
            })
    void pagesOfTheWebHaveABudget(String text) {
        String added = new PolicyText(Path.of("interlock.yaml"), text).with(WEB).text();
        assertThat(added)
                .contains("    address: https://*\n", "\"web:host/*\": {environments: [staging]}")
                .contains("budgets:\n  # Pages", "    operations: [web/page, web/directory]\n")
                .containsOnlyOnce("budgets:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"upstreams: {}\n\nbudgets:\n  writes: {at-most: 1}\n"})
    void theBudgetGoesWithItsUpstream(String text) {
        PolicyText added = new PolicyText(Path.of("interlock.yaml"), text).with(WEB);
        assertThat(added.without("web").text()).isEqualTo(text);
    }
}
