package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the tools for authors with policies that read arguments, and the starter policy's own. */
class ArgumentPolicyTest {

    private static final String CONTENT = "github/repos/get-content";
    private static final String LEASE = "lease: {environments: [staging, production], impacts: [read, write, execute]}";

    @TempDir
    Path directory;

    @BeforeEach
    void write() throws IOException {
        StarterPolicy starter = new StarterPolicy(
                "acme",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                "github",
                "github",
                "https://api.github.com",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of("github:repo/acme/shop", "production"),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    private void add(String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.writeString(path, Files.readString(path) + "\n" + text);
    }

    private PolicyTests.ScenarioReport scenarios() throws IOException {
        return PolicyTests.run(directory, BuiltIn.FACTS, LimitEnforcer::limitedInRehearsal);
    }

    /** Returns whether the call passes; otherwise it is refused, or people are asked. */
    private boolean permits(String given, String operation, String environment, String fact, String value)
            throws IOException {
        String verdict = verdict(given, operation, environment, fact, value);
        assertThat(verdict).isIn("permit", "refuse");
        return verdict.equals("permit");
    }

    private String verdict(String given, String operation, String environment, String fact, String value)
            throws IOException {
        Files.writeString(
                directory.resolve("policy.test.yaml"), """
                tests:
                  - name: the call
                    given:
                      agent: jer/cursor
                      %s
                    when:
                      operation: %s
                      resource: github:repo/acme/shop
                      environments: [%s]
                      facts:
                        %s: "%s"
                    expect: permit
                """.formatted(given, operation, environment, fact, value));
        PolicyTests.ScenarioReport report = scenarios();
        assertThat(report.problems()).isEmpty();
        PolicyTests.ScenarioResult result = report.results().getFirst();
        return result.passed() ? "permit" : result.detail().replaceFirst("(?s).*got `([a-z]+)`.*", "$1");
    }

    @Test
    void theStarterKeepsFilesWithSecretsToLeasesThatNameTheirEnvironment() throws IOException {
        for (String path : List.of(
                "server.pem",
                "config/tls/server.key",
                ".env",
                "apps/web/.env.production",
                "apps/web/.env.production.local",
                "HEAD:.env",
                "keys/credentials.json",
                "infra/terraform.tfstate",
                "deploy/id_ed25519",
                "apps/web/.ENV",
                ".envrc",
                ".config/gh/hosts.yml")) {
            assertThat(permits("task: work", CONTENT, "production", "argument.file", path))
                    .as(path)
                    .isFalse();
            assertThat(permits(LEASE, CONTENT, "production", "argument.file", path))
                    .as(path)
                    .isTrue();
            // Every lease names this environment, so that the name proves nobody's consent.
            assertThat(permits("task: work", CONTENT, "staging", "argument.file", path))
                    .as(path)
                    .isFalse();
        }
        for (String path : List.of("README.md", ".env.example", "src/keys.ts", "docs/environment.md")) {
            assertThat(permits("task: work", CONTENT, "production", "argument.file", path))
                    .as(path)
                    .isTrue();
        }
    }

    /** One verdict for a file that is read by its digest, whether by REST or by GraphQL. */
    @Test
    void theStarterKeepsUnnamedFilesToLeasesThatNameTheirEnvironment() throws IOException {
        for (String operation : List.of("github/git/get-blob", "github/repository", "github/node")) {
            String fact = operation.endsWith("blob") ? "argument.file_sha" : "argument.file";
            String value = operation.endsWith("blob") ? "0a" : "(unnamed)";
            assertThat(permits("task: work", operation, "production", fact, value))
                    .as(operation)
                    .isFalse();
            assertThat(permits(LEASE, operation, "production", fact, value))
                    .as(operation)
                    .isTrue();
            assertThat(permits("task: work", operation, "staging", fact, value))
                    .as(operation)
                    .isTrue();
        }
        assertThat(permits("task: work", "github/repository", "production", "argument.file", "HEAD:README.md"))
                .isTrue();
    }

    /** These permits are in docs/policy.md. */
    @Test
    void branchesByTheApiAreOnlyThoseOfAgents() throws IOException {
        String page = Files.readString(Path.of("../docs/policy.md"));
        int start = page.indexOf("@id(\"branches-by-the-api\")");
        add("policy.cedar", page.substring(start, page.indexOf("```", start)).replace("\"platform\"", "\"agents\""));
        add("interlock.yaml", "without-approval: [github/git/create-ref, github/git/update-ref]\n");
        String made = "github/git/create-ref";
        assertThat(verdict(LEASE, made, "staging", "argument.body.ref", "refs/heads/agent/fix"))
                .isEqualTo("permit");
        for (String ref : List.of("refs/heads/main", "refs/tags/agent/x", "refs/heads/agent", "heads/agent/fix")) {
            assertThat(verdict(LEASE, made, "staging", "argument.body.ref", ref))
                    .as(ref)
                    .isNotEqualTo("permit");
        }
        assertThat(verdict(LEASE, made, "production", "argument.body.ref", "refs/heads/agent/fix"))
                .isNotEqualTo("permit");
        assertThat(verdict(LEASE, made, "staging", "argument.body.sha", "a")).isNotEqualTo("permit");
        String moved = "github/git/update-ref";
        assertThat(verdict(LEASE, moved, "staging", "argument.ref", "heads/agent/fix"))
                .isEqualTo("permit");
        assertThat(verdict(LEASE, moved, "staging", "argument.ref", "heads/main"))
                .isNotEqualTo("permit");
    }

    @Test
    void anUnknownArgumentCanBeNeitherSealedNorTested() throws IOException {
        Files.writeString(directory.resolve("policy.test.yaml"), """
                tests:
                  - name: a fact that this operation cannot have
                    given: {agent: jer/cursor, task: work}
                    when:
                      operation: github/repos/get-content
                      resource: github:repo/acme/shop
                      environments: [staging]
                      facts: {argument.files: a}
                    expect: permit
                """);
        assertThat(scenarios().results())
                .singleElement()
                .satisfies(
                        result -> assertThat(result.detail())
                                .contains(
                                        "`github/repos/get-content` has no fact `argument.files`; it can have `answers`, `argument.file`"));
        add("policy.cedar", """
                @id("misspelt")
                forbid (principal, action == Operation::Action::"github/repos/get-content", resource)
                when { context has argument.files && context.argument.files like "*.pem" };
                """);
        String message = "policy `misspelt`: no operation that it covers has an argument `files` among its facts, so it"
                + " can never fire; `github/repos/get-content` has `file`, `owner`, `path`, `repo`";
        assertThat(PolicyDirectory.load(directory, BuiltIn.FACTS))
                .isInstanceOfSatisfying(
                        PolicyDirectory.LoadResult.InvalidDirectory.class,
                        invalid -> assertThat(invalid.problems())
                                .extracting(PolicyProblem::message)
                                .containsExactly(message));
        assertThat(Lint.of(directory, BuiltIn.FACTS, Set.of()).findings())
                .extracting(finding -> finding.word() + " " + finding.problem().message())
                .containsExactly("unsound " + message);
    }

    /** A permit that reads an argument matches nothing without one, so the proof has to try some. */
    @Test
    void aProofTriesTheTextsThatPoliciesCompare() throws IOException {
        for (String condition : List.of(
                "context has argument.ref && context.argument.ref like \"heads/tmp-*\"",
                "context has argument.ref && context.argument.ref == \"heads/tmp\"",
                "context has argument.ref && [\"heads/tmp\"].contains(context.argument.ref)",
                "context has argument.ref && context.argument.ref != \"heads/main\"")) {
            Files.writeString(directory.resolve("policy.cedar"), """
                    @id("temporary")
                    permit (principal, action == Operation::Action::"github/git/delete-ref", resource)
                    when { %s };
                    """.formatted(condition));
            PolicyDirectory loaded = ((PolicyDirectory.LoadResult.SoundDirectory)
                            PolicyDirectory.load(directory, BuiltIn.FACTS))
                    .directory();
            InvariantProof.InvariantReport report = InvariantProof.of(loaded, BuiltIn.FACTS);
            assertThat(report.open()).containsExactly("context.argument");
            assertThat(report.results().stream()
                            .filter(result -> !result.holds())
                            .map(InvariantProof.InvariantResult::name)
                            .collect(Collectors.toSet()))
                    .as(condition)
                    .contains("no-destroy-unconfirmed");
            Files.writeString(
                    directory.resolve("policy.test.yaml"),
                    "tests:\n" + report.results().getFirst().counterexample().orElseThrow());
            assertThat(scenarios().results())
                    .as(condition)
                    .singleElement()
                    .satisfies(result -> assertThat(result.passed()).isFalse());
        }
    }
}
