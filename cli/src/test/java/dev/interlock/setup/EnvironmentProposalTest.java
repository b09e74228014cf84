package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvironmentProposalTest {

    @ParameterizedTest
    @ValueSource(strings = {"staging", "Staging", "dev", "pr-123", "qa2", "acme-test", "preview/login"})
    void namesForWorkAreOpen(String name) {
        assertThat(EnvironmentProposal.isForWork(name)).isTrue();
    }

    /** A name that says nothing is protected, and so is one that says both. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "production",
                "prod",
                "Prod-EU",
                "live",
                "main",
                "master",
                "blue",
                "",
                "eu-west",
                "staging-of-prod",
                "live-demo",
                "pre-prod",
                "prod2",
                "latest",
                "development-release",
                "STAGINGPROD"
            })
    void allOtherNamesAreProtected(String name) {
        assertThat(EnvironmentProposal.isForWork(name)).isFalse();
    }

    @Test
    void peopleDecideOtherwiseAndProtectionWins() {
        NamedResource blue = new NamedResource("railway:environment/1", "shop", "blue");
        NamedResource test = new NamedResource("railway:environment/2", "shop", "test");
        List<EnvironmentProposal> proposals =
                EnvironmentProposal.of(List.of(blue, test), Set.of("blue", "test"), Set.of("test"));
        assertThat(EnvironmentProposal.places(proposals))
                .containsEntry("railway:environment/1", "non-production")
                .containsEntry("railway:environment/2", "production");
    }
}
