package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.action.Verdict;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.Policies;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StarterTest {

    @TempDir
    Path directory;

    /** Writes the policy that {@code init} begins with, for the organisation of {@link Fixtures}. */
    static void write(Path directory) throws IOException {
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "jer",
                TestingKey.software().line(),
                "cursor",
                "railway",
                "railway",
                "https://backboard.railway.com",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    static Stream<Arguments> organisations() {
        return Stream.of(
                Arguments.of(TestingKey.software(), List.of("staging"), List.of("production")),
                Arguments.of(TestingKey.hardware(), List.of("staging", "preview"), List.of("production", "dr")),
                Arguments.of(TestingKey.hardware(), List.of("dev"), List.of()));
    }

    @ParameterizedTest
    @MethodSource("organisations")
    void loadsWithoutWarningAndItsTestsPass(TestingKey key, List<String> open, List<String> guarded)
            throws IOException {
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "jer",
                key.line() + " jer\"s: key",
                "cursor",
                "railway",
                "railway",
                "http://127.0.0.1:9000",
                open,
                guarded,
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyTests.ScenarioReport report =
                PolicyTests.run(directory, Fixtures.CATALOGS, LimitEnforcer::limitedInRehearsal);
        assertThat(report.problems()).isEmpty();
        assertThat(report.warnings()).isEmpty();
        assertThat(report.results())
                .hasSize(7 + 5 * guarded.size())
                .allSatisfy(result -> assertThat(result.detail()).isEmpty());
        assertThat(report.green()).isTrue();
    }

    /** Without a provider only the agent's model has an upstream, with one more they are several. */
    @Test
    void policiesNameWhatTheUpstreamsHave() throws IOException {
        String policy = further("", Set.of(), "anthropic", "https://api.anthropic.com");
        assertThat(policy).doesNotContain("Operation::");

        policy = further(
                "https://backboard.railway.com", Set.of("railway", "github"), "github", "https://api.github.com");
        assertThat(policy)
                .contains(
                        "railway/deploymentLogs",
                        "github/get_job_logs",
                        "github/git/get-blob",
                        "context has argument.secret_file");
    }

    private String further(String address, Set<String> used, String second, String its) throws IOException {
        String first = address.isEmpty() ? "github" : "railway";
        StarterPolicy starter = new StarterPolicy(
                "own",
                "jer",
                TestingKey.software().line(),
                "agent",
                first,
                first,
                address,
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of("root"),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS, used).entrySet()) {
            String more = "upstreams:\n  %s:\n    catalog: %s\n    address: %s\n".formatted(second, second, its)
                    + "    credentials:\n      further: {environments: [staging], impacts: [read]}\n";
            Files.writeString(directory.resolve(file.getKey()), file.getValue().replace("upstreams:\n", more));
        }
        PolicyTests.ScenarioReport report =
                PolicyTests.run(directory, BuiltIn.FACTS, LimitEnforcer::limitedInRehearsal);
        assertThat(report.problems()).isEmpty();
        assertThat(report.green()).as(report.toString()).isTrue();
        return Files.readString(directory.resolve("policy.cedar"));
    }

    /** A key in a file does not count there; a passkey that was enrolled by a code does, or a hardware key. */
    @Test
    void aSoleOwnerGetsADelayInsteadOfASecondPerson() throws IOException {
        StarterPolicy team = starter(TestingKey.software(), Map.of(), List.of("production"));
        StarterPolicy starter = new StarterPolicy(
                team.organisation(),
                team.person(),
                team.key(),
                team.agent(),
                team.upstream(),
                team.catalog(),
                team.address(),
                team.environments(),
                team.protectedEnvironments(),
                Map.of(),
                team.authority(),
                team.places(),
                Optional.of("phone"),
                Set.of("root"),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyTests.ScenarioReport report =
                PolicyTests.run(directory, Fixtures.CATALOGS, LimitEnforcer::limitedInRehearsal);
        assertThat(report.problems()).isEmpty();
        assertThat(report.warnings()).isEmpty();
        assertThat(report.green()).as(report.toString()).isTrue();
        Seal seal = ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, Fixtures.CATALOGS))
                .directory()
                .draft();
        assertThat(seal.approvals().solo()).contains(new SoleOwnerRules(Duration.ofMinutes(10), "phone"));
        assertThat(seal.softwareKeys()).isFalse();
        assertThat(starter.files(Fixtures.CATALOGS).get("policy.cedar"))
                .contains("@confirm(\"1 of owners\") @other @cooldown(\"10m\")");
    }

    /** This case is in docs/policy.md. */
    @Test
    void oneCredentialMayDestroyWhatIsSharedIfItDoesNothingElse() throws IOException {
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                "railway",
                "railway",
                "http://127.0.0.1:9000",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        String open =
                "      railway-confirmed:\n        environments: [staging]\n        impacts: [destroy, execute, privilege]\n";
        String guarded = "environments: [production]\n        impacts: [destroy, execute, privilege]";
        String yaml = starter.files(Fixtures.CATALOGS).get(InterlockYaml.FILE);
        assertThat(yaml).contains(open, guarded);
        String shared = guarded.replace("[production]", "[staging, production]");
        assertThat(loaded(yaml.replace(open, "").replace(guarded, shared)))
                .isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
        assertThat(loaded(yaml.replace(guarded, shared)))
                .as("two would fit in staging")
                .isInstanceOf(PolicyDirectory.LoadResult.InvalidDirectory.class);
    }

    private PolicyDirectory.LoadResult loaded(String yaml) throws IOException {
        Files.writeString(directory.resolve(InterlockYaml.FILE), yaml);
        return PolicyDirectory.load(directory, Fixtures.CATALOGS);
    }

    private static StarterPolicy starter(TestingKey key, Map<String, String> confirmers, List<String> guarded) {
        return starter(key, confirmers, guarded, Set.of("root"));
    }

    private static StarterPolicy starter(
            TestingKey key, Map<String, String> confirmers, List<String> guarded, Set<String> users) {
        return new StarterPolicy(
                "pocketos",
                "jer",
                key.line(),
                "cursor",
                "railway",
                "railway",
                "https://backboard.railway.com",
                List.of("staging"),
                guarded,
                confirmers,
                Optional.of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                Map.of("railway:environment/env-1", "staging"),
                Optional.empty(),
                users,
                StarterPolicy.Preset.STANDARD);
    }

    /** Directory services write the domain before a name, with a backslash between them. */
    @Test
    void usersAreWrittenAsTheirDirectoryCallsThem() throws IOException {
        Set<String> users = Set.of("CORP\\jer", "CORP\\nick", "root");
        StarterPolicy starter = starter(TestingKey.hardware(), Map.of(), List.of("production"), users);
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        assertThat(loaded).isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
        Seal draft =
                ((PolicyDirectory.LoadResult.SoundDirectory) loaded).directory().draft();
        assertThat(draft.agents().get("jer/cursor").users()).isEqualTo(users);
    }

    /** A seal with such a name would be refused. */
    @ParameterizedTest
    @ValueSource(strings = {"CORP+jer", "jer doe", "j'er", "-jer", ""})
    void usersWithInvalidNamesAreLeftOut(String user) {
        StarterPolicy starter = starter(TestingKey.hardware(), Map.of(), List.of("production"), Set.of(user, "root"));
        assertThat(starter.users()).containsExactly("root");
        assertThatThrownBy(() -> starter(TestingKey.hardware(), Map.of(), List.of("production"), Set.of(user)))
                .as("nobody named would be anybody")
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A person behind a lease cannot confirm with a key that is a mere file. */
    @Test
    void missingSignersAreReportedBeforehand() {
        String maya = TestingKey.hardware().line();
        String software = TestingKey.software().line();
        assertThat(starter(TestingKey.software(), Map.of(), List.of()).canBeConfirmed())
                .isFalse();
        assertThat(starter(TestingKey.hardware(), Map.of(), List.of()).canBeConfirmed())
                .isTrue();
        assertThat(starter(TestingKey.software(), Map.of("maya", maya), List.of())
                        .canBeConfirmed())
                .isTrue();
        assertThat(starter(TestingKey.software(), Map.of("maya", maya), List.of())
                        .softwareKeys())
                .isTrue();
        assertThat(starter(TestingKey.hardware(), Map.of("maya", maya), List.of())
                        .softwareKeys())
                .isFalse();
        assertThat(starter(TestingKey.hardware(), Map.of("maya", software), List.of())
                        .softwareKeys())
                .isTrue();
    }

    /** The answers are in the policy that it writes, and the vault uses the same names as the policy. */
    @Test
    void theDraftContainsTheGivenAnswers() throws IOException {
        StarterPolicy starter = starter(
                TestingKey.hardware(), Map.of("maya", TestingKey.hardware().line()), List.of("production"));
        for (Map.Entry<String, String> file : starter.files(Fixtures.CATALOGS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        Seal draft = ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, Fixtures.CATALOGS))
                .directory()
                .draft();
        assertThat(draft.softwareKeys()).isFalse();
        assertThat(draft.people()).containsOnlyKeys("jer", "maya");
        Seal.Upstream upstream = draft.upstreams().get("railway");
        assertThat(upstream.ca()).contains("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThat(upstream.resources()).containsOnlyKeys(Resource.parse("railway:environment/env-1"));
        assertThat(upstream.credentials())
                .extracting(Seal.CredentialSlot::name)
                .containsExactlyInAnyOrder(
                        "railway-look",
                        "railway-read",
                        "railway-work",
                        "railway-confirmed",
                        "railway-protected-work",
                        "railway-protected-confirmed")
                .containsAll(starter.firstCredentials())
                .containsAll(starter.furtherCredentials());
        assertThat(starter(TestingKey.hardware(), Map.of(), List.of()).furtherCredentials())
                .containsExactly("railway-confirmed");
    }

    private static StarterPolicy about(String catalog) {
        return new StarterPolicy(
                "pocketos",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                "cloud",
                catalog,
                "https://api.example.test",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
    }

    /** A policy whose scenarios fail cannot be sealed, so nobody could begin with that provider. */
    @ParameterizedTest
    @ValueSource(strings = {"github", "hetzner", "neon", "railway", "supabase"})
    void itsScenariosPassForEachProvider(String catalog) throws IOException {
        for (Map.Entry<String, String> file :
                about(catalog).files(BuiltIn.FACTS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyTests.ScenarioReport report =
                PolicyTests.run(directory, BuiltIn.FACTS, LimitEnforcer::limitedInRehearsal);
        assertThat(report.problems()).isEmpty();
        assertThat(report.results()).isNotEmpty().allMatch(PolicyTests.ScenarioResult::passed);
    }

    /** Such a line with an id in it places a resource that exists. */
    @ParameterizedTest
    @ValueSource(strings = {"github", "hetzner", "neon", "npm", "railway", "supabase"})
    void placedResourcesAreOfTheCatalog(String catalog) throws IOException {
        CatalogFacts facts = BuiltIn.FACTS;
        StarterPolicy starter = about(catalog);
        for (Map.Entry<String, String> file : starter.files(facts).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        String placed =
                text.replace("    # resources:", "    resources:").replace("    #   " + catalog, "      " + catalog);
        assertThat(placed).isNotEqualTo(text);
        Files.writeString(yaml, placed);
        assertThat(Lint.of(directory, facts, Set.of()).findings())
                .extracting(finding -> finding.word().toString())
                .doesNotContain("unsound", "untouched", "unplaced");
        String example = starter.placeable(facts).getFirst();
        assertThat(example)
                .isEqualTo(
                        switch (catalog) {
                            case "github" -> "github:repo/OWNER/REPO";
                            case "hetzner" -> "hetzner:server/ID";
                            case "npm" -> "npm:account/self";
                            case "railway" -> "railway:environment/ID";
                            default -> catalog + ":project/ID";
                        });
        assertThat(text).contains("    #   " + example + ": {environments: [staging]}\n");
    }

    /** What is exempt from asking for a backup, and what takes backups away, must be told apart. */
    @Test
    void operationsThatTakeBackupsAwayDestroyAndAreNotExempt() {
        BuiltIn.FACTS
                .operations()
                .keySet()
                .forEach(catalog -> BuiltIn.FACTS.operations(catalog).stream()
                        .filter(known -> known.topic().equals(Optional.of(OperationTopic.BACKUPS)))
                        .forEach(known -> {
                            assertThat(known.possible())
                                    .as(known.operation().toString())
                                    .contains(Impact.DESTROY);
                            assertThat(known.loss().isWithoutData())
                                    .as(known.operation().toString())
                                    .isFalse();
                        }));
    }

    /** A provider's token that may destroy is given out only for a confirmation: no other call opens its slot. */
    @Test
    void theSlotsForDestroyingAreForNothingElse() throws IOException {
        StarterPolicy starter = starter(TestingKey.hardware(), Map.of(), List.of("production"));
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        Seal draft = ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, BuiltIn.FACTS))
                .directory()
                .draft();
        assertThat(draft.upstreams().get("railway").credentials())
                .filteredOn(slot -> slot.impacts().contains(Impact.DESTROY))
                .hasSize(2)
                .allSatisfy(slot -> assertThat(slot.impacts())
                        .containsExactlyInAnyOrder(Impact.DESTROY, Impact.EXECUTE, Impact.PRIVILEGE));
    }

    private Verdict decided(Seal seal, String operation, Set<Impact> impacts, Optional<Set<String>> lease) {
        return new Policies(_ -> "")
                .decide(
                        seal,
                        new HypotheticalAttempt(
                                        "jer/cursor",
                                        lease.isPresent() ? Optional.empty() : Optional.of("work"),
                                        lease.map(environments ->
                                                new HypotheticalAttempt.LeaseScope(environments, impacts, Set.of())),
                                        Optional.empty(),
                                        new Operation("railway", operation),
                                        impacts,
                                        Reversibility.IRREVERSIBLE,
                                        List.of(Fixtures.place(
                                                "railway:volume/v1",
                                                lease.map(Set::iterator)
                                                        .map(Iterator::next)
                                                        .orElse("staging"))),
                                        new TreeMap<>())
                                .resolved(seal));
    }

    private Seal sealed(StarterPolicy starter) throws IOException {
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        return ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, BuiltIn.FACTS))
                .directory()
                .draft();
    }

    @Test
    void aLossInProductionTakesAnotherPersonATimeAndABackup() throws IOException {
        Seal seal = sealed(starter(
                TestingKey.hardware(), Map.of("maya", TestingKey.hardware().line()), List.of("production")));
        Set<Impact> destroy = Set.of(Impact.DESTROY);
        assertThat(decided(seal, "volumeDelete", destroy, Optional.of(Set.of("production"))))
                .isInstanceOfSatisfying(Verdict.Hold.class, hold -> {
                    Obligations asked = hold.obligations();
                    assertThat(asked.quorums()).containsExactly(new Obligations.Quorum(1, "owners"));
                    assertThat(asked.other()).isTrue();
                    assertThat(asked.typeName()).isTrue();
                    assertThat(asked.cooldown()).isEqualTo(Duration.ofMinutes(10));
                    assertThat(asked.backup()).contains(Duration.ofHours(24));
                });
        assertThat(decided(seal, "customDomainDelete", destroy, Optional.of(Set.of("production"))))
                .as("no backup brings back a setting")
                .isInstanceOfSatisfying(
                        Verdict.Hold.class,
                        hold -> assertThat(hold.obligations().backup()).isEmpty());
        assertThat(decided(seal, "volumeDelete", destroy, Optional.empty()))
                .as("in staging")
                .isInstanceOfSatisfying(Verdict.Hold.class, hold -> {
                    assertThat(hold.obligations().other()).isFalse();
                    assertThat(hold.obligations().typeName()).isTrue();
                    assertThat(hold.obligations().backup()).isEmpty();
                });
    }

    /** Without a second owner nobody could ever meet `@other`; the file says what to add once there is one. */
    @Test
    void onePersonAloneIsNotLockedOut() throws IOException {
        StarterPolicy alone = starter(TestingKey.hardware(), Map.of(), List.of("production"));
        assertThat(alone.isAlone()).isTrue();
        Seal seal = sealed(alone);
        assertThat(decided(seal, "volumeDelete", Set.of(Impact.DESTROY), Optional.of(Set.of("production"))))
                .isInstanceOfSatisfying(
                        Verdict.Hold.class,
                        hold -> assertThat(hold.obligations().other()).isFalse());
        String cedar = Files.readString(directory.resolve("policy.cedar"));
        assertThat(cedar).contains("write @other below");
        Files.writeString(directory.resolve("policy.cedar"), cedar.replace("\") @cooldown", "\") @other @cooldown"));
        assertThat(PolicyDirectory.load(directory, BuiltIn.FACTS))
                .isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
    }

    /** The commented lines are right as they stand, but for the key. */
    @Test
    void thePlannedBackupsCanBeDeclared() throws IOException {
        sealed(starter(TestingKey.hardware(), Map.of(), List.of("production")));
        Path yaml = directory.resolve(InterlockYaml.FILE);
        String text = Files.readString(yaml);
        String declared = text.replace("# backups:", "backups:")
                .replace(
                        "#   attesters: [\"ssh-ed25519 …\"]",
                        "  attesters: [\"" + TestingKey.software().line() + "\"]")
                .replace("#   plans:", "  plans:")
                .replace("#     main-data:", "    main-data:");
        assertThat(declared).isNotEqualTo(text);
        Files.writeString(yaml, declared);
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, BuiltIn.FACTS);
        assertThat(loaded)
                .as(loaded.toString())
                .isInstanceOfSatisfying(
                        PolicyDirectory.LoadResult.SoundDirectory.class,
                        sound -> assertThat(sound.directory().draft().backups().plans())
                                .containsOnlyKeys("main-data"));
    }

    /** The policy of init loads, and its tests pass, for each provider that has such operations. */
    @ParameterizedTest
    @ValueSource(strings = {"hetzner", "neon", "supabase", "railway"})
    void projectWideConsequencesAreHeld(String catalog) throws IOException {
        CatalogFacts facts = BuiltIn.FACTS;
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                "cloud",
                catalog,
                "https://api.example.test",
                List.of("staging"),
                List.of(),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(facts).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyTests.ScenarioReport report = PolicyTests.run(directory, facts, LimitEnforcer::limitedInRehearsal);
        assertThat(report.problems()).isEmpty();
        assertThat(report.green()).isTrue();
        Seal seal = ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, facts))
                .directory()
                .draft();
        assertThat(seal.limits().sequences().toString()).contains("backups-off-then-destroy");
    }

    /** An agent that removes backups may not destroy next, wherever the catalog knows backups; each case is tested. */
    @Test
    void backupsAreProtectedWhereTheCatalogKnowsThem() throws IOException {
        CatalogFacts plain = Fixtures.facts(
                Map.of(
                        "railway",
                        Map.of(
                                "volumeDelete", Set.of(Impact.DESTROY),
                                "variableUpsert", Set.of(Impact.WRITE),
                                "project", Set.of(Impact.READ))),
                Fixtures.CATALOGS.digests());
        CatalogFacts facts = Fixtures.with(
                plain,
                BuiltIn.FACTS
                        .find(Operation.parse("railway/volumeInstanceBackupDelete"))
                        .orElseThrow());
        StarterPolicy starter = starter(TestingKey.hardware(), Map.of(), List.of());
        assertThat(starter.protection(BuiltIn.FACTS))
                .containsExactly(
                        "railway/disablePitrForHaCluster",
                        "railway/volumeInstanceBackupDelete",
                        "railway/volumeInstanceBackupScheduleUpdate");
        assertThat(starter.protection(Fixtures.CATALOGS)).isEmpty();
        StarterPolicy github = new StarterPolicy(
                "pocketos",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                "github",
                "github",
                "https://api.github.com",
                List.of("staging"),
                List.of(),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        assertThat(github.protection(BuiltIn.FACTS)).as("of another provider").isEmpty();
        assertThat(starter.example(facts, Impact.READ)).isEqualTo("railway/project");
        assertThat(starter.example(facts, Impact.WRITE)).isEqualTo("railway/variableUpsert");
        assertThat(starter.example(facts, Impact.EXECUTE)).isEqualTo("railway/example-execute");
        for (Map.Entry<String, String> file : starter.files(facts).entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        PolicyTests.ScenarioReport report = PolicyTests.run(directory, facts, LimitEnforcer::limitedInRehearsal);
        assertThat(report.green()).as(report.toString()).isTrue();
        assertThat(report.results())
                .extracting(PolicyTests.ScenarioResult::name)
                .contains("after railway/volumeInstanceBackupDelete its resource is not destroyed");
    }

    /** A budget with a misspelled fact would never count anything, and nobody would notice. */
    @Test
    void aFactThatAnOperationCannotHaveIsReported() throws IOException {
        write(directory);
        Path file = directory.resolve("interlock.yaml");
        String text = Files.readString(file);
        String budget = "per: [agent]\n    impacts: [write]\n";
        assertThat(text).contains(budget);

        String operation = "per: [agent]\n    operations: [railway/volumeInstanceBackupScheduleUpdate]\n";
        Files.writeString(file, text.replace(budget, operation + "    facts: {kinds: \"[]\"}\n"));
        assertThat(PolicyDirectory.load(directory, BuiltIn.FACTS).toString())
                .contains("volumeInstanceBackupScheduleUpdate` has no fact `kinds`", "it can have", "`argument.kinds`");

        Files.writeString(file, text.replace(budget, operation + "    facts: {argument.kinds: \"[]\"}\n"));
        assertThat(PolicyDirectory.load(directory, BuiltIn.FACTS))
                .isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);

        Files.writeString(file, text.replace(budget, budget + "    facts: {argument.kinds: \"[]\"}\n"));
        assertThat(PolicyDirectory.load(directory, BuiltIn.FACTS).toString()).contains("name the `operations`");
    }
}
