package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Secret;
import dev.interlock.adopt.CredentialSurvey;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.author.StarterPolicy;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.GithubDirectory;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.setup.RailwayDirectory;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
final class ProviderAccountTest {

    private static final Secret TOKEN = new Secret("ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gJ6");
    private static final URI ADDRESS = URI.create("https://example.test");

    @TempDir
    private Path project;

    private ProviderAccount account(ProviderDirectory provider) throws IOException {
        Files.writeString(project.resolve(".env"), TOKEN.<String>use(text -> "GITHUB_TOKEN=" + text + "\n"));
        FoundCredential token = CredentialSurvey.of(
                        new CredentialSurvey.SurveyScope(project, Optional.empty(), Map.of(), List.of(), false),
                        CredentialKinds.known())
                .credentials()
                .getFirst();
        return new ProviderAccount(provider, List.of(token), token, List.of());
    }

    /** A slot of the policy without a secret would use up an approval, and refuse the call all the same. */
    @Test
    void oneTokenFillsEachSlotThatThePolicyNames() throws Exception {
        StarterPolicy policy = new StarterPolicy(
                "own",
                "ann",
                TestingKey.hardware().line(),
                "agent",
                "railway",
                "railway",
                ADDRESS.toString(),
                List.of(EnvironmentProposal.OPEN),
                List.of(EnvironmentProposal.PROTECTED),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        assertThat(account(new RailwayDirectory(ADDRESS, Optional.empty()))
                        .slots()
                        .keySet())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(policy.firstCredentials().stream(), policy.furtherCredentials().stream())
                                .toList());
        assertThat(account(new GithubDirectory(ADDRESS, Optional.empty()))
                        .slots()
                        .keySet())
                .containsExactlyInAnyOrderElementsOf(
                        UpstreamLines.of("github", ProviderAccount.ENVIRONMENTS, Map.of()).stream()
                                .flatMap(upstream -> upstream.slots().stream().map(UpstreamLines.Slot::name))
                                .toList());
    }

    @Test
    void renewalNamesEachSlotOfTheToken() throws Exception {
        assertThat(account(new RailwayDirectory(ADDRESS, Optional.empty())).renewals())
                .containsExactly("sudo interlock vault put railway-confirmed railway-look railway-protected-confirmed"
                        + " railway-protected-work railway-read railway-work");
        assertThat(account(new GithubDirectory(ADDRESS, Optional.empty())).renewals())
                .containsExactly(
                        "sudo interlock vault put github-confirmed github-look github-protected-confirmed"
                                + " github-protected-work github-read github-work",
                        "sudo interlock vault put --basic x-access-token github-git-confirmed github-git-look"
                                + " github-git-protected-confirmed github-git-protected-work github-git-read github-git-work");
    }
}
