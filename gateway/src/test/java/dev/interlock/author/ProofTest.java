package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.Fixtures;
import dev.interlock.velocity.Velocity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProofTest {

    private static final String OWN = """
            invariants:
              - name: nobody writes in production
                for: {impacts: [write], environments: [production]}
                always: refuse
              - name: what destroys waits
                for:
                  operations: [railway/volumeDelete]
                  tasks: [work]
                never: permit
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void write() throws IOException {
        StarterTest.write(directory);
    }

    private PolicyDirectory.Loaded load() throws IOException {
        return PolicyDirectory.load(directory, Fixtures.CATALOGS);
    }

    private Proof.Report prove(String cedar) throws IOException {
        Files.writeString(directory.resolve("policy.cedar"), cedar);
        return Proof.of(((PolicyDirectory.Loaded.Sound) load()).directory(), Fixtures.CATALOGS);
    }

    private static List<String> failing(Proof.Report report) {
        return report.results().stream()
                .filter(result -> !result.holds())
                .map(Proof.Result::name)
                .toList();
    }

    @Test
    void theStarterHoldsWhatIsBuiltInAndNothingIsVacuous() throws IOException {
        Files.writeString(directory.resolve("invariants.yaml"), OWN);
        Proof.Report report = prove(Files.readString(directory.resolve("policy.cedar")));
        assertThat(failing(report)).isEmpty();
        // The fixture's catalog knows nothing that meets a secret.
        assertThat(report.results())
                .filteredOn(result -> result.attempts() == 0)
                .extracting(Proof.Result::name)
                .containsExactly("no-credential-read");
        assertThat(report.decided()).isPositive();
    }

    /** What is printed can be pasted: it is a scenario test, and red for the reason that was found. */
    @Test
    void aCounterexampleIsAScenarioThatIsRed() throws IOException {
        Proof.Report report = prove("@id(\"all\") permit (principal, action, resource);");
        assertThat(failing(report)).containsExactly("no-destroy-unconfirmed");
        Proof.Result failure = report.results().getFirst();
        assertThat(failure.got()).isEqualTo("permit: By `all`.");
        Files.writeString(
                directory.resolve("policy.test.yaml"),
                "tests:\n" + failure.counterexample().orElseThrow());
        PolicyTests.Report tests = PolicyTests.run(directory, Fixtures.CATALOGS, Velocity::rehearsed);
        assertThat(tests.problems()).isEmpty();
        assertThat(tests.results()).singleElement().satisfies(result -> {
            assertThat(result.passed()).isFalse();
            assertThat(result.detail()).isEqualTo("Expected `refuse`, got `permit`: By `all`.");
        });
    }

    @Test
    void whatOnlyOneTermOfAConditionOpensIsFound() throws IOException {
        for (String opening : List.of(
                "when { context.reversibility == \"recoverable\" }",
                "when { !resource.known }",
                "when { context.lease.narrowed }",
                "when { resource.kind == \"volume\" }",
                "when { resource in Resource::\"railway:project/p1\" }",
                "when { resource == Resource::\"railway:volume/v9\" }",
                "when { context.lease has template && context.lease.template == \"work\" }",
                "when { context.upstream == \"railway\" && context.protected }")) {
            Proof.Report report =
                    prove("@id(\"some\") permit (principal, action in Impact::Action::\"destroy\", resource) " + opening
                            + ";");
            assertThat(failing(report)).as(opening).containsExactly("no-destroy-unconfirmed");
            Files.writeString(
                    directory.resolve("policy.test.yaml"),
                    "tests:\n" + report.results().getFirst().counterexample().orElseThrow());
            assertThat(PolicyTests.run(directory, Fixtures.CATALOGS, Velocity::rehearsed)
                            .results())
                    .as(opening)
                    .singleElement()
                    .satisfies(result -> assertThat(result.detail()).contains("got `permit`"));
            Files.writeString(directory.resolve("policy.test.yaml"), "tests: []\n");
        }
    }

    /** A proof that leaves something out says so: nobody can go through every lease. */
    @Test
    void whatIsNotGoneThroughIsNamed() throws IOException {
        assertThat(prove("@id(\"a\") permit (principal, action, resource);").open())
                .isEmpty();
        assertThat(prove("""
                @id("a") permit (principal, action in Impact::Action::"destroy", resource)
                when { context.lease.task == "cleanup" };
                @id("b") forbid (principal, action, resource) when { context.radius.lost > 3 };
                """).open()).containsExactly("context.lease.task", "context.radius.lost");
    }

    @Test
    void anOwnInvariantThatFailsSaysWhereItStands() throws IOException {
        Files.writeString(directory.resolve("invariants.yaml"), OWN);
        Proof.Report report = prove("@id(\"w\") permit (principal, action in Impact::Action::\"write\", resource);");
        assertThat(failing(report)).containsExactly("nobody writes in production");
        assertThat(report.results())
                .filteredOn(result -> !result.holds())
                .singleElement()
                .satisfies(result -> assertThat(result.at()).isEqualTo("invariants.yaml:2"));
    }

    @Test
    void anInvariantThatIsNotUnderstoodCannotBeSealed() throws IOException {
        for (String broken : List.of(
                OWN.replace("[production]", "[prodcution]"),
                OWN.replace("volumeDelete", "volumDelete"),
                OWN.replace("tasks: [work]", "tasks: [play]"),
                OWN.replace("never: permit", "never: maybe"),
                OWN.replace("never: permit", "never: permit\n    always: hold"),
                OWN.replace("for:\n", "fro:\n"))) {
            Files.writeString(directory.resolve("invariants.yaml"), broken);
            assertThat(load()).as(broken).isInstanceOf(PolicyDirectory.Loaded.Broken.class);
        }
    }
}
