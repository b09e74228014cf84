package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** The clients of GitHub call its API, its repositories and its host for uploads, also where a company runs it. */
    @ParameterizedTest
    @CsvSource({
        "https://api.github.com, https://github.com, https://uploads.github.com",
        "https://api.acme.ghe.com, https://acme.ghe.com, https://uploads.acme.ghe.com",
        "https://git.acme.example/api/v3, https://git.acme.example, https://git.acme.example/api/uploads"
    })
    void githubHasAnUpstreamForEachHost(String api, String repositories, String uploads) {
        assertThat(UpstreamLines.of(
                        "github", "hub", Optional.of(api), ProviderAccount.ENVIRONMENTS, Map.of(), Optional.empty()))
                .extracting(UpstreamLines::name, UpstreamLines::address)
                .containsExactly(tuple("hub", api), tuple("hub-git", repositories), tuple("hub-uploads", uploads));
    }

    @Test
    void renewalNamesEachSlotOfTheToken() throws Exception {
        assertThat(account(new RailwayDirectory(ADDRESS, Optional.empty())).renewals())
                .containsExactly("sudo interlock vault put railway-confirmed railway-look railway-protected-confirmed"
                        + " railway-protected-work railway-read railway-work");
        assertThat(account(new GithubDirectory(ADDRESS, Optional.empty())).renewals())
                .containsExactly(
                        "sudo interlock vault put github-confirmed github-look github-protected-confirmed"
                                + " github-protected-work github-read github-uploads-confirmed"
                                + " github-uploads-protected-confirmed github-work",
                        "sudo interlock vault put --basic x-access-token github-git-confirmed github-git-look"
                                + " github-git-protected-confirmed github-git-protected-work github-git-read github-git-work");
    }
}
