package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvariantProofTest {

    private static final String OWN = """
            invariants:
              - name: nobody writes in production
                for: {impacts: [write], environments: [production], named: false}
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

    private PolicyDirectory.LoadResult load() throws IOException {
        return PolicyDirectory.load(directory, Fixtures.CATALOGS);
    }

    private InvariantProof.InvariantReport prove(String cedar) throws IOException {
        Files.writeString(directory.resolve("policy.cedar"), cedar);
        return InvariantProof.of(((PolicyDirectory.LoadResult.SoundDirectory) load()).directory(), Fixtures.CATALOGS);
    }

    private static List<String> failing(InvariantProof.InvariantReport report) {
        return report.results().stream()
                .filter(result -> !result.holds())
                .map(InvariantProof.InvariantResult::name)
                .toList();
    }

    @Test
    void theStarterSatisfiesBuiltInInvariantsNonVacuously() throws IOException {
        Files.writeString(directory.resolve("invariants.yaml"), OWN);
        InvariantProof.InvariantReport report = prove(Files.readString(directory.resolve("policy.cedar")));
        assertThat(failing(report)).isEmpty();
        // The fixture's catalog has no operation that reads a secret.
        assertThat(report.results())
                .filteredOn(result -> result.attempts() == 0)
                .extracting(InvariantProof.InvariantResult::name)
                .containsExactly("no-credential-read");
        assertThat(report.decided()).isPositive();
    }

    /** The printed text can be pasted: it is a scenario test, and fails for the reason that was found. */
    @Test
    void aCounterexampleIsARedScenario() throws IOException {
        InvariantProof.InvariantReport report = prove("@id(\"all\") permit (principal, action, resource);");
        assertThat(failing(report)).containsExactly("no-destroy-unconfirmed");
        InvariantProof.InvariantResult failure = report.results().getFirst();
        assertThat(failure.got()).isEqualTo("permit: By `all`.");
        Files.writeString(
                directory.resolve("policy.test.yaml"),
                "tests:\n" + failure.counterexample().orElseThrow());
        PolicyTests.ScenarioReport tests =
                PolicyTests.run(directory, Fixtures.CATALOGS, LimitEnforcer::limitedInRehearsal);
        assertThat(tests.problems()).isEmpty();
        assertThat(tests.results()).singleElement().satisfies(result -> {
            assertThat(result.passed()).isFalse();
            assertThat(result.detail()).isEqualTo("Expected `refuse`, got `permit`: By `all`.");
        });
    }

    @Test
    void aViolationThroughOneTermIsFound() throws IOException {
        for (String opening : List.of(
                "when { context.reversibility == \"recoverable\" }",
                "when { !resource.known }",
                "when { context.lease.narrowed }",
                "when { resource.kind == \"volume\" }",
                "when { resource in Resource::\"railway:project/p1\" }",
                "when { resource == Resource::\"railway:volume/v9\" }",
                "when { context.lease has template && context.lease.template == \"work\" }",
                "when { context.upstream == \"railway\" && context.protected }")) {
            InvariantProof.InvariantReport report =
                    prove("@id(\"some\") permit (principal, action in Impact::Action::\"destroy\", resource) " + opening
                            + ";");
            assertThat(failing(report)).as(opening).containsExactly("no-destroy-unconfirmed");
            Files.writeString(
                    directory.resolve("policy.test.yaml"),
                    "tests:\n" + report.results().getFirst().counterexample().orElseThrow());
            assertThat(PolicyTests.run(directory, Fixtures.CATALOGS, LimitEnforcer::limitedInRehearsal)
                            .results())
                    .as(opening)
                    .singleElement()
                    .satisfies(result -> assertThat(result.detail()).contains("got `permit`"));
            Files.writeString(directory.resolve("policy.test.yaml"), "tests: []\n");
        }
    }

    /** A proof names what it leaves out, because nobody can try every lease. */
    @Test
    void untestedCasesAreNamed() throws IOException {
        assertThat(prove("@id(\"a\") permit (principal, action, resource);").open())
                .isEmpty();
        assertThat(prove("""
                @id("a") permit (principal, action in Impact::Action::"destroy", resource)
                when { context.lease.task == "cleanup" };
                @id("b") forbid (principal, action, resource) when { context.radius.lost > 3 };
                """).open()).containsExactly("context.lease.task", "context.radius.lost");
    }

    /** An operation that reads a secret needs a person's approval, or is refused. */
    @Test
    void unconfirmedSecretReadsAreFound() throws IOException {
        Map<String, Set<Impact>> operations = new HashMap<>(Fixtures.IMPACTS);
        operations.put("variables", Set.of(Impact.CREDENTIAL));
        CatalogFacts secrets = Fixtures.facts(Map.of("railway", operations), Fixtures.CATALOGS.digests());
        String credential = " permit (principal, action in Impact::Action::\"credential\", resource);";
        Files.writeString(directory.resolve("policy.cedar"), "@id(\"s\")" + credential);
        InvariantProof.InvariantReport report =
                InvariantProof.of(((PolicyDirectory.LoadResult.SoundDirectory) load()).directory(), secrets);
        assertThat(failing(report)).containsExactly("no-credential-read");
        assertThat(report.results()).allMatch(result -> result.attempts() > 0);
        InvariantProof.InvariantResult failure = report.results().getLast();
        assertThat(failure.got()).isEqualTo("permit: By `s`.");
        String scenario = failure.counterexample().orElseThrow();
        assertThat(scenario).contains("operation: railway/variables", "impacts: [credential]", "expect: refuse");
        Files.writeString(directory.resolve("policy.test.yaml"), "tests:\n" + scenario);
        assertThat(PolicyTests.run(directory, secrets, LimitEnforcer::limitedInRehearsal)
                        .results())
                .singleElement()
                .satisfies(result -> assertThat(result.detail()).contains("got `permit`: By `s`."));

        Files.writeString(directory.resolve("policy.cedar"), "@id(\"s\") @confirm(\"1 of owners\")" + credential);
        assertThat(failing(
                        InvariantProof.of(((PolicyDirectory.LoadResult.SoundDirectory) load()).directory(), secrets)))
                .isEmpty();
    }

    /** Some of them guard cases that no policy can open any more. Here every verdict is possible, and they fail. */
    @ParameterizedTest
    @CsvSource({
        "read,",
        "write,",
        "destroy, no-destroy-unconfirmed",
        "credential, no-credential-read",
        "privilege,",
        "execute,",
        "unknown, unknown-refused"
    })
    void builtInInvariantsFailOnlyForTheirSubject(String impact, @Nullable String everywhere) throws IOException {
        Set<String> named = everywhere == null ? Set.of() : Set.of(everywhere);
        Set<String> open = new TreeSet<>(named);
        if (!impact.equals("read")) {
            open.add("read-only-outside");
        }
        Set<String> guarded = new TreeSet<>(open);
        if (!impact.equals("read")) {
            guarded.add("protected-needs-naming");
        }
        assertThat(broken(impact, "staging", true, Scenario.ExpectedVerdict.PERMIT))
                .isEqualTo(named);
        assertThat(broken(impact, "production", true, Scenario.ExpectedVerdict.PERMIT))
                .isEqualTo(named);
        assertThat(broken(impact, "staging", false, Scenario.ExpectedVerdict.PERMIT))
                .isEqualTo(open);
        assertThat(broken(impact, "production", false, Scenario.ExpectedVerdict.PERMIT))
                .isEqualTo(guarded);
        guarded.removeAll(Set.of("no-destroy-unconfirmed", "no-credential-read"));
        assertThat(broken(impact, "production", false, Scenario.ExpectedVerdict.HOLD))
                .as("a person may be asked, but not for what a lease does not name, nor for what nobody knows")
                .isEqualTo(guarded);
        assertThat(broken(impact, "production", false, Scenario.ExpectedVerdict.REFUSE))
                .isEmpty();
    }

    private Set<String> broken(String impact, String environment, boolean names, Scenario.ExpectedVerdict got)
            throws IOException {
        HypotheticalAttempt example = new HypotheticalAttempt(
                "jer/cursor",
                Optional.empty(),
                Optional.of(new HypotheticalAttempt.LeaseScope(
                        names ? Set.of(environment) : Set.of(), Set.of(Impact.of(impact)), Set.of())),
                Optional.empty(),
                Operation.parse("railway/anything"),
                Set.of(Impact.of(impact)),
                Reversibility.IRREVERSIBLE,
                List.of(Fixtures.place("railway:thing/any", environment)),
                new TreeMap<>());
        Seal seal =
                ((PolicyDirectory.LoadResult.SoundDirectory) load()).directory().draft();
        return Invariant.builtIn().stream()
                .filter(invariant -> invariant.which().fits(seal, example) && !invariant.holds(got))
                .map(Invariant::name)
                .collect(Collectors.toSet());
    }

    @Test
    void aFailingOwnInvariantNamesItsLine() throws IOException {
        Files.writeString(directory.resolve("invariants.yaml"), OWN.replace(", named: false", ""));
        InvariantProof.InvariantReport report =
                prove("@id(\"w\") permit (principal, action in Impact::Action::\"write\", resource);");
        assertThat(failing(report)).containsExactly("nobody writes in production");
        assertThat(report.results())
                .filteredOn(result -> !result.holds())
                .singleElement()
                .satisfies(result -> assertThat(result.at()).isEqualTo("invariants.yaml:2"));
    }

    @Test
    void anUnclearInvariantCannotBeSealed() throws IOException {
        for (String broken : List.of(
                OWN.replace("[production]", "[prodcution]"),
                OWN.replace("volumeDelete", "volumDelete"),
                OWN.replace("tasks: [work]", "tasks: [play]"),
                OWN.replace("never: permit", "never: maybe"),
                OWN.replace("never: permit", "never: permit\n    always: hold"),
                OWN.replace("for:\n", "fro:\n"),
                OWN.replace("tasks: [work]", "tasks: [work]\n      hours: [night]"),
                OWN.replace("never: permit", "never: permit\n    unless: asked"),
                "rules: []\n" + OWN)) {
            Files.writeString(directory.resolve("invariants.yaml"), broken);
            assertThat(load()).as(broken).isInstanceOf(PolicyDirectory.LoadResult.InvalidDirectory.class);
        }
    }

    private void widen() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace(
                                "agents:\n  jer/cursor:",
                                "agents:\n  jer/other: {owner: jer, teams: [others]}\n  jer/cursor:")
                        .replace("\ntasks:\n", """

                                  second:
                                    catalog: railway
                                    address: https://second.example
                                    resources:
                                      railway:volume/vol-1: {environments: [staging], groups: [railway:project/p1]}
                                classify:
                                  railway/newThing: [destroy]
                                tasks:
                                  open: {environments: [staging], impacts: [read, destroy], ttl: 1h}
                                """));
    }

    private static final String CONFIRMED = "@id(\"d\") @confirm(\"1 of owners\")"
            + " permit (principal, action in Impact::Action::\"destroy\", resource);\n";

    /**
     * Each of these permits something to somebody. A proof that does not try it would report that nothing is permitted.
     */
    @Test
    void everyDistinctionOfTheSealIsTested() throws IOException {
        widen();
        for (String opening : List.of(
                "(principal == Agent::\"jer/other\", action in Impact::Action::\"destroy\", resource)"
                        + " when { context.lease has template && context.lease.template == \"open\" }",
                "(principal, action == Operation::Action::\"railway/newThing\", resource)",
                "(principal, action, resource) when { context.upstream == \"second\" }",
                "(principal, action, resource) when { resource.kind like \"vol*\" }",
                "(principal, action, resource) when { resource.kind like \"buck*\" }",
                "(principal, action, resource) when { resource.kind like \"*-*\" }",
                "(principal == Agent::\"jer/other\", action, resource)"
                        + " when { context.lease has template && context.lease.template == \"work\" }",
                "(principal, action, resource) when { context.lease has template && context.lease.template == \"work\""
                        + " && context.lease.narrowed }",
                "(principal, action, resource) when { resource.kind == \"bucket\" }",
                "(principal, action, resource in Resource::\"railway:project/p1\") when { resource.kind == \"volume\" }",
                "(principal, action, resource) when { context.lease.narrowed }",
                "(principal, action, resource) when { !resource.known && context.environment == \"production\" }")) {
            String policy = "@id(\"some\") permit " + opening + ";";
            assertThat(failing(prove(policy))).as(opening).containsExactly("no-destroy-unconfirmed");
        }
    }

    /**
     * Impossible attempts are not tried: an unplaced resource counts as in production, and a volume is not GitHub's.
     */
    @Test
    void impossibleCasesAreNotTested() throws IOException {
        widen();
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace(
                                "\nclassify:\n",
                                "\n  github: {catalog: github, address: \"https://api.github.com\"}\nclassify:\n"));
        CatalogFacts both = Fixtures.facts(
                Map.of("railway", Fixtures.IMPACTS, "github", Map.of("repos/get", Set.of(Impact.READ))),
                Map.of("railway", "00".repeat(32), "github", "11".repeat(32)));
        for (String opening : List.of(
                "(principal, action, resource in Environment::\"staging\") when { !resource.known }",
                "(principal, action, resource == Resource::\"github:repo/x\")",
                "(principal, action, resource in Resource::\"github:org/o\") when { resource.kind == \"volume\" }")) {
            Files.writeString(directory.resolve("policy.cedar"), "@id(\"some\") permit " + opening + ";");
            PolicyDirectory loaded =
                    ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, both)).directory();
            assertThat(failing(InvariantProof.of(loaded, both))).as(opening).isEmpty();
        }
    }

    /** A trait that no policy reads is not varied; one that a policy reads is tried with all its values. */
    @Test
    void unreadTraitsAreNotVaried() throws IOException {
        widen();
        long plain = prove(CONFIRMED).decided();
        assertThat(prove(CONFIRMED.replace(";", "when { context.reversibility != \"reversible\" };"))
                        .decided())
                .isEqualTo(3 * plain);
        assertThat(prove(CONFIRMED.replace(";", "when { context.upstream != \"railway\" };"))
                        .decided())
                .isEqualTo(2 * plain);
        assertThat(prove(CONFIRMED.replace(";", "when { !context.protected };")).decided())
                .isEqualTo(plain);
    }

    /** Kinds are in lower case. Another text is no kind, and no reason to give up. */
    @Test
    void aComparisonWithAnUnknownKindNeverHolds() throws IOException {
        for (String text : List.of("Volume", "fix_it", "9", "")) {
            InvariantProof.InvariantReport report = prove(CONFIRMED
                    + "@id(\"k\") permit (principal, action, resource) when { resource.kind == \"" + text + "\" };");
            assertThat(report.holds()).as(text).isTrue();
        }
    }

    @Test
    void combinedGroupsAreReportedAsUntested() throws IOException {
        String one = "@id(\"a\") permit (principal, action, resource)"
                + " when { resource in Resource::\"railway:project/p1\" };\n";
        assertThat(prove(one).open()).isEmpty();
        assertThat(prove(one + one.replace("\"a\"", "\"b\"").replace("p1", "p2"))
                        .open())
                .hasSize(1);
    }

    /** A person may sign for more than a task names. Policies still see the task then. */
    @Test
    void elevatedLeasesAreProvenWithTheirTask() throws IOException {
        String opening = "@id(\"o\") permit (principal, action in Impact::Action::\"destroy\","
                + " resource in Environment::\"production\") when { context.lease has template"
                + " && context.lease.template == \"work\" };";
        InvariantProof.InvariantReport report = prove(opening);
        assertThat(failing(report)).containsExactly("no-destroy-unconfirmed");
        String scenario = report.results().stream()
                .flatMap(result -> result.counterexample().stream())
                .findFirst()
                .orElseThrow();
        assertThat(scenario).contains("task: work").contains("lease:");
        Files.writeString(directory.resolve("policy.test.yaml"), "tests:\n" + scenario);
        PolicyDirectory loaded = ((PolicyDirectory.LoadResult.SoundDirectory) load()).directory();
        assertThat(PolicyTests.run(loaded, Fixtures.CATALOGS, LimitEnforcer::limitedInRehearsal))
                .hasSize(1)
                .allMatch(result -> !result.passed());
    }

    /**
     * One kind is tried for each pattern. Nothing is shown about others, or about patterns that only match together.
     */
    @Test
    void untestedKindsOfAPatternAreReported() throws IOException {
        assertThat(prove("@id(\"a\") permit (principal, action, resource) when { resource.kind == \"bucket\" };")
                        .open())
                .isEmpty();
        assertThat(prove("@id(\"a\") permit (principal, action, resource)"
                                + " when { resource.kind like \"b*\" && resource.kind like \"*t\" };")
                        .open())
                .containsExactly("resource.kind");
    }

    /** Two complementary invariants each cover half of the attempts, and together all of them. */
    @Test
    void anInvariantCoversOnlyItsSelection() throws IOException {
        widen();
        Files.writeString(directory.resolve("invariants.yaml"), """
                invariants:
                  - {name: all, never: permit}
                  - {name: guarded, for: {protected: true}, never: permit}
                  - {name: open, for: {protected: false}, never: permit}
                  - {name: named, for: {named: true}, never: permit}
                  - {name: unnamed, for: {named: false}, never: permit}
                  - {name: staging, for: {environments: [staging]}, never: permit}
                  - {name: production, for: {environments: [production]}, never: permit}
                  - {name: first, for: {agents: [jer/cursor]}, never: permit}
                  - {name: second, for: {agents: [jer/other]}, never: permit}
                  - {name: either, for: {agents: [jer/cursor, jer/other]}, never: permit}
                  - {name: reads, for: {impacts: [read]}, never: permit}
                  - {name: others, for: {impacts: [write, destroy, unknown, execute, privilege, credential]}, never: permit}
                  - {name: by-task, for: {tasks: [work, open]}, never: permit}
                """);
        InvariantProof.InvariantReport report =
                InvariantProof.own(((PolicyDirectory.LoadResult.SoundDirectory) load()).directory(), Fixtures.CATALOGS);
        assertThat(report.holds()).isFalse();
        Map<String, Long> attempts = report.results().stream()
                .collect(Collectors.toMap(
                        InvariantProof.InvariantResult::name, InvariantProof.InvariantResult::attempts));
        long all = attempts.get("all");
        assertThat(all).isEqualTo(report.decided()).isEqualTo(attempts.get("either"));
        for (List<String> halves : List.of(
                List.of("guarded", "open"),
                List.of("named", "unnamed"),
                List.of("staging", "production"),
                List.of("first", "second"),
                List.of("reads", "others"))) {
            long one = attempts.get(halves.getFirst());
            long other = attempts.get(halves.getLast());
            assertThat(one + other).as(halves.toString()).isEqualTo(all);
            assertThat(Math.min(one, other)).as(halves.toString()).isPositive();
        }
        assertThat(attempts.get("guarded")).isEqualTo(attempts.get("production"));
        // A lease that a person signs for has no task, and names every environment.
        assertThat(attempts.get("by-task")).isPositive().isLessThan(all);
        assertThat(attempts.get("named")).isGreaterThan(attempts.get("unnamed"));
        // Unnamed environments can be read, because the starter policy calls all of them readable.
        assertThat(failing(report)).contains("all", "open", "guarded", "reads", "unnamed");
    }

    @Test
    void reportsTheCounterexampleAndWhatPermittedIt() throws IOException {
        InvariantProof.InvariantReport report = prove("@id(\"all\") permit (principal, action, resource);");
        assertThat(report.holds()).isFalse();
        InvariantProof.InvariantResult failure = report.results().getFirst();
        assertThat(failure)
                .isEqualTo(new InvariantProof.InvariantResult(
                        "no-destroy-unconfirmed",
                        "",
                        failure.attempts(),
                        failure.counterexample(),
                        "permit: By `all`."));
        assertThat(failure.counterexample()).isPresent();
        assertThat(prove(CONFIRMED).holds()).isTrue();
    }
}
