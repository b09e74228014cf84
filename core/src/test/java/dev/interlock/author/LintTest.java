package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.SplitEvaluator;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LintTest {

    @TempDir
    Path directory;

    /** Writes a policy with a placed resource, as in a real one. */
    @BeforeEach
    void write() throws IOException {
        StarterTest.write(directory);
        place("railway:environment/e1: {environments: [staging]}");
    }

    private void place(String... lines) throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        String rest = text.replaceFirst("(?s)    # Place each resource.*?\n\n", "")
                .replaceFirst("(?s)    resources:\n.*?\n\n", "\n");
        String places = lines.length == 0 ? "" : "    resources:\n      " + String.join("\n      ", lines) + "\n";
        String placed = rest.replaceFirst("\n# What an agent may do", places + "\n# What an agent may do");
        assertThat(placed).isNotEqualTo(text);
        Files.writeString(yaml, placed);
    }

    private List<String> lint(String cedar) throws IOException {
        Files.writeString(directory.resolve("policy.cedar"), cedar);
        return Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings().stream()
                .map(LintFinding::toString)
                .toList();
    }

    @Test
    void theStarterHasNoFindings() throws IOException {
        Lint.LintReport report = Lint.of(directory, Fixtures.CATALOGS, Set.of());
        assertThat(report.findings()).isEmpty();
        assertThat(report.questions()).isPositive();
    }

    /** A policy of a company has many agents and tasks, and nearly all of them are alike. */
    @Test
    void agentsThatNoPolicyNamesCostNoQuestion() throws IOException {
        Lint.LintReport one = Lint.of(directory, Fixtures.CATALOGS, Set.of());
        addAgents();
        Lint.LintReport many = Lint.of(directory, Fixtures.CATALOGS, Set.of());
        assertThat(many.findings()).isEqualTo(one.findings());
        assertThat(many.questions()).isEqualTo(6 * one.questions());
        assertThat(many.asked()).isEqualTo(one.asked());
    }

    private void addAgents() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        StringBuilder more = new StringBuilder("agents:\n");
        for (int i = 0; i < 5; i++) {
            more.append("  jer/more").append(i).append(": {owner: jer, teams: [agents], users: [root]}\n");
        }
        Files.writeString(
                yaml, text.replaceFirst("agents:\n", more.toString()).replaceFirst("    agents: \\[.*?\\]\n", ""));
    }

    /** Whatever policies read of an agent or a lease, those that are asked about once are answered alike. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "permit (principal == Agent::\"jer/more1\", action, resource);",
                "permit (principal in Team::\"agents\", action, resource);",
                "permit (principal in Team::\"others\", action, resource);",
                "forbid (principal, action, resource) when { principal == Agent::\"jer/more2\" };",
                "forbid (principal, action, resource) when { principal in Team::\"others\" };",
                "permit (principal, action, resource) when { principal.owner == \"eve\" };",
                "permit (principal, action, resource) when { context.lease.agent == \"jer/more3\" };",
                "permit (principal, action, resource) when { context.lease.person == \"eve\" };",
                "permit (principal, action, resource) when { context.lease.task == \"second\" };",
                "permit (principal, action, resource) when { context.lease has template && context.lease.template == \"second\" };",
                "permit (principal, action, resource) when { context.lease.names_environment };",
                "permit (principal, action, resource) when { context.lease.narrowed };",
                "permit (principal, action, resource) when { context.lease.impacts.contains(\"destroy\") };",
                "permit (principal, action, resource) when { context.lease.environments.contains(\"production\") };"
            })
    void holdersThatAreAskedAboutOnceAreAlike(String policy) throws IOException {
        addAgents();
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace("jer/more4: {owner: jer, teams: [agents]", "jer/more4: {owner: eve, teams: [others]")
                        .replaceFirst("people:\n", "people:\n  eve: {groups: [owners], keys: []}\n")
                        .replaceFirst(
                                "tasks:\n",
                                "tasks:\n  second: {environments: [production], impacts: [read], ttl: 1h}\n"));
        Files.writeString(directory.resolve("policy.cedar"), "@id(\"one\") " + policy);
        Seal seal = ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(directory, Fixtures.CATALOGS))
                .directory()
                .draft();
        PolicyAnalysis policies = PolicyAnalysis.of(seal);
        SplitEvaluator apart = policies.apart();
        Set<Object> compared = new HashSet<>();
        new Universe(seal, Fixtures.CATALOGS, policies).forEachAlike((first, holders) -> {
            if (!compared.add(List.of(first.touches(), first.impacts(), holders))) {
                return; // an operation makes no difference here
            }
            for (Universe.LeaseHolder holder : holders) {
                HypotheticalAttempt same = new HypotheticalAttempt(
                        holder.agent(),
                        holder.task(),
                        holder.cover(),
                        first.upstream(),
                        first.operation(),
                        first.impacts(),
                        first.reversibility(),
                        first.touches(),
                        first.facts());
                assertThat(apart.about(same.resolved(seal))).isEqualTo(apart.about(first.resolved(seal)));
            }
        });
        assertThat(compared).isNotEmpty();
    }

    private List<String> found(CatalogFacts facts, String... admins) throws IOException {
        return Lint.of(directory, facts, Set.of(admins)).findings().stream()
                .map(LintFinding::toString)
                .toList();
    }

    @Test
    void anAgentWithoutOwnerIsAWarning() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        String orphaned = text.replaceFirst("owner: [a-z]+", "owner: nobody");
        assertThat(orphaned).isNotEqualTo(text);
        Files.writeString(yaml, orphaned);
        assertThat(found(Fixtures.CATALOGS))
                .anyMatch(line -> line.contains("warning: ownerless: `nobody` is not one of `people`"));
    }

    @Test
    void anExemptionInAProtectedEnvironmentIsNamed() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        Files.writeString(yaml, text + "without-approval: [railway/variableUpsert]\n");
        assertThat(found(Fixtures.CATALOGS)).noneMatch(line -> line.contains(": exempt: "));
        Files.writeString(yaml, text + "without-approval:\n  - railway/variableUpsert in production\n");
        assertThat(found(Fixtures.CATALOGS))
                .anyMatch(line -> line.contains("notice: exempt: in `production`, which is protected, nobody need be"));
    }

    /** Bob takes a lease of Ann's agent. He then counts as another person than Ann. */
    @Test
    void anOpenAgentIsAWarningIfAnotherPersonMustSign() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        String owner = text.replaceFirst("(?s).*owner: ([a-z]+).*", "$1");
        String two = text.replaceFirst("agents:\n", "agents:\n  eve/bot: {owner: eve, teams: [agents]}\n")
                .replaceFirst("people:\n", "people:\n  eve: {groups: [owners], keys: []}\n");
        Files.writeString(yaml, two);
        assertThat(anybody()).hasSize(2).allMatch(line -> line.startsWith("interlock.yaml:"));
        Files.writeString(yaml, two.replaceFirst("owner: eve", "owner: " + owner));
        assertThat(anybody()).as("one owner").isEmpty();
        Files.writeString(
                directory.resolve("policy.cedar"),
                Files.readString(directory.resolve("policy.cedar"))
                        .replaceFirst("@confirm\\(\"1 of owners\"\\)", "@confirm(\"1 of owners\") @other"));
        assertThat(anybody()).as("one owner, and somebody other").hasSize(2);
        Files.writeString(
                yaml,
                two.replaceFirst("owner: eve", "owner: eve, users: [eve]")
                        .replaceFirst("owner: " + owner + "\n", "owner: " + owner + "\n    users: [root]\n"));
        assertThat(anybody()).isEmpty();
        assertThat(anybody("root"))
                .as("everybody who administers is root")
                .singleElement()
                .satisfies(line -> assertThat(line).contains(owner + "/", "`users` names them all"));
        assertThat(anybody("root", "eve")).isEmpty();
        Files.writeString(
                yaml,
                two.replaceFirst("owner: eve", "owner: " + owner)
                        .replaceAll("owner: [a-z]+, ", "$0users: [root], ")
                        .replaceFirst("owner: " + owner + "\n", "owner: " + owner + "\n    users: [root]\n"));
        assertThat(anybody("root")).as("one owner, and one administrator").isEmpty();
        assertThat(found(Fixtures.CATALOGS, "root"))
                .as("what a starter is like")
                .anyMatch(line -> line.contains("notice: shared: everybody who may use `root`"));
    }

    private List<String> anybody(String... admins) throws IOException {
        return found(Fixtures.CATALOGS, admins).stream()
                .filter(line -> line.contains("warning: anybody: everybody in `admins` can take leases of"))
                .toList();
    }

    @Test
    void aPatternsCoverageIsReported() throws IOException {
        place(
                "railway:volume/*: {environments: [staging]}",
                "railway:volume/ops-*: {environments: [production]}",
                "railway:volume/vol-1: {environments: [production]}",
                "railway:bucket/ops-1: {environments: [production]}");
        assertThat(found(Fixtures.CATALOGS))
                .anyMatch(line -> line.contains("notice: covers: `railway:volume/*` places in `staging` every"
                        + " `railway:volume` without a `/`, except `railway:volume/vol-1` in `production`,"
                        + " `railway:volume/ops-*` in `production`"))
                .anyMatch(line -> line.contains("notice: covers: `railway:volume/ops-*` places in `production` every"
                        + " `railway:volume` that begins with `ops-`"))
                .anyMatch(line -> line.contains("warning: wide: every `railway:volume` that is not placed"))
                .hasSize(3);
    }

    /** A refusal there would lead the agent to ask for an elevation into production. */
    @Test
    void anUpstreamWithoutPlacementsIsNamed() throws IOException {
        place();
        assertThat(found(Fixtures.CATALOGS))
                .singleElement()
                .asString()
                .matches("interlock\\.yaml:[1-9][0-9]*: notice: unplaced: no resource of `railway` is placed, so"
                        + " all of them count as in `production`: place them under `resources`");
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(yaml, Files.readString(yaml).replace("protected: true", "protected: false"));
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings())
                .as("nothing is protected")
                .isEmpty();
    }

    /** The example comment that `init` wrote for every catalog placed such resources. */
    @Test
    void unusedPlacementsAreNamed() throws IOException {
        CatalogFacts facts = touching(Map.of("volume", "ID"));
        place(
                "railway:environment/e1: {environments: [staging]}",
                "railway:environment/e2: {environments: [staging]}",
                "railway:volume/v1: {environments: [staging]}",
                "railway:volume/v1/part: {environments: [production]}",
                "railway:backup/b1: {environments: [production], groups: [\"railway:volume/v1\"]}");
        assertThat(found(facts))
                .singleElement()
                .asString()
                .matches(
                        "interlock\\.yaml:[1-9][0-9]*: warning: untouched: no operation of the catalog `railway` touches"
                                + " a resource of the type `environment`, so this has no effect, nor do the other"
                                + " entries of this type; it"
                                + " touches `volume`");
        place("railway:env/*: {environments: [staging]}");
        assertThat(Lint.of(directory, facts, Set.of()).findings())
                .extracting(finding -> finding.word().toString())
                .contains("untouched");
    }

    @Test
    void placesWithoutBotsAreNamed() throws IOException {
        place(
                "railway:volume/v1: {environments: [staging]}",
                "railway:volume/doc-*: {environments: [staging]}\n    bots: {none-in: [\"railway:volume/v1\","
                        + " \"railway:volume/doc-*\", \"railway:volume/doc-1\", \"railway:volume/v2\"]}");
        assertThat(found(Fixtures.CATALOGS))
                .filteredOn(
                        line -> line.contains("none-in") || line.contains("texts in") || line.contains("misspelled"))
                .extracting(line -> line.replaceFirst("interlock\\.yaml:[1-9][0-9]*: ", ""))
                .containsExactlyInAnyOrder(
                        "notice: unasked: nobody is asked about texts in `railway:volume/v1`, whatever machines read there",
                        "notice: unasked: nobody is asked about texts in `railway:volume/doc-*`, whatever machines read there",
                        "notice: unasked: nobody is asked about texts in `railway:volume/doc-1`, whatever machines read there",
                        "warning: misspelled: `railway:volume/v2` is none of the `resources` of `railway`; is it misspelled?");
    }

    private static CatalogFacts touching(Map<String, String> types) {
        return facts(Reversibility.RECOVERABLE, Set.of(), Map.of("railway", types));
    }

    private static CatalogFacts facts(
            Reversibility reversibility, Set<String> unmarked, Map<String, Map<String, String>> touched) {
        Map<String, OperationSummary> all = new TreeMap<>();
        Fixtures.CATALOGS
                .operations("railway")
                .forEach(known -> all.put(
                        known.operation().name(),
                        summary(known.operation().name(), known.impacts(), reversibility, false)));
        unmarked.forEach(name -> all.put(name, summary(name, Set.of(Impact.READ), reversibility, true)));
        return new CatalogFacts(
                Map.of("railway", all), Fixtures.CATALOGS.digests(), Fixtures.CATALOGS.own(), Map.of(), touched);
    }

    private static OperationSummary summary(
            String name, Set<Impact> impacts, Reversibility reversibility, boolean unmarked) {
        return new OperationSummary(
                new Operation("railway", name),
                impacts,
                impacts,
                reversibility,
                unmarked,
                Optional.empty(),
                Set.of(),
                Set.of(),
                OperationLoss.EVERYTHING,
                Optional.empty());
    }

    /** A mistyped name would make a backup count as out of reach. */
    @Test
    void credentialsThatDeleteBackupsOutsideTheVaultAreNamed() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        String slot = text.replaceAll("(?s).*credentials:\\s+([a-z0-9-]+):.*", "$1");
        Files.writeString(yaml, text + """
            backups:
              attesters: [%s]
              plans:
                shop-db:
                  of: "railway:volume/v1"
                  domain: "hetzner:box/u1"
                  deletable-by: [hetzner-bx, %s]
            """.formatted(TestingKey.software().line(), slot));
        assertThat(found(Fixtures.CATALOGS))
                .singleElement()
                .asString()
                .contains("notice: outside: `hetzner-bx` is not a credential of an upstream, so Interlock assumes that"
                        + " it is outside");
    }

    /** Such a backup does not count, and a hold that requires one expires. */
    @Test
    void backupsInsideTheirSourceAreNamed() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml) + """
            backups:
              attesters: [%s]
              plans:
                inside:
                  of: "railway:volume/v1"
                  domain: "railway:Volume/V1/copies"
                beside:
                  of: "railway:volume/v1"
                  domain: "railway:volume/v10"
            """.formatted(TestingKey.software().line()));
        assertThat(found(Fixtures.CATALOGS))
                .singleElement()
                .asString()
                .contains("warning: together: `railway:Volume/V1/copies` is in `railway:volume/v1`, which it saves");
    }

    /** An author who writes `referenced` cannot see from it what is replaced. */
    @Test
    void uselessSecretReferencesAreReported() throws IOException {
        CatalogFacts facts = facts(Reversibility.RECOVERABLE, Set.of("logs", "archive"), Map.of());
        assertThat(Lint.of(directory, facts, Set.of()).findings()).isEmpty();
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        String referenced = text.replaceFirst("( +)catalog: railway\n", "$0$1secrets: referenced\n");
        assertThat(referenced).isNotEqualTo(text);
        Files.writeString(yaml, referenced);
        assertThat(found(facts))
                .singleElement()
                .asString()
                .contains("notice: revealed: ")
                .contains("the answers to 2 operations")
                .contains("`archive`, `logs`");
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings()).isEmpty();
    }

    @Test
    void aWitnessThatTheGatewayCannotAskIsNamed() throws IOException {
        String ann = "witness.example/ann+aadca2c9+BCXa6Ach8pcxOrIMvpvPOaD3ViYY1ZB693mS/Wua5HcT";
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        Files.writeString(yaml, text + "witnesses: {keys: [\"" + ann + "\"]}\n");
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of(), Optional.of(Set.of("another")))
                        .findings())
                .singleElement()
                .asString()
                .contains("warning: unreached: ", "no address of `witness.example/ann`");
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of(), Optional.of(Set.of(ann)))
                        .findings())
                .isEmpty();
        Files.writeString(yaml, text + "witnesses: {keys: [\"" + ann + "\"], quorum: 2}\n");
        assertThat(found(Fixtures.CATALOGS)).singleElement().asString().contains("unsound", "`quorum` is from 1");
    }

    @Test
    void unsealablePoliciesAreErrors() throws IOException {
        assertThat(lint("@id(\"a\") permit (principal, action, resource) when { resource.colour == \"red\" };"))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("policy.cedar:1: error: unsound: ")
                .contains("colour");
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of()).has(LintFinding.LintSeverity.ERROR))
                .isTrue();
    }

    @Test
    void anEmptyPolicyPermitsNothing() throws IOException {
        Files.delete(directory.resolve("policy.cedar"));
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings())
                .extracting(finding -> finding.word().toString())
                .containsExactly("empty");
    }

    @Test
    void aPermitThatAnotherTightensIsNamedWithTheQuestion() throws IOException {
        assertThat(lint("""
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                @id("write") permit (principal, action in Impact::Action::"write", resource);
                @id("guarded") @confirm("1 of owners")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"destroy"],
                    resource in Environment::"production");
                @id("destroy") @confirm("1 of owners") @cooldown("10m")
                permit (principal, action in Impact::Action::"destroy", resource);
                """))
                .containsExactly(
                        "policy.cedar:1: notice: tightened: policy `read`: `guarded` matches too, and adds"
                                + " @confirm(\"1 of owners\"), for example for `railway/project`, `read` on"
                                + " `railway:thing/any` in `production`",
                        "policy.cedar:3: notice: tightened: policy `guarded`: `destroy` matches too, and adds"
                                + " @confirm(\"1 of owners\") @cooldown(\"10m\"), for example for"
                                + " `railway/volumeDelete`, `destroy` on `railway:thing/any` in `production`");
    }

    @Test
    void whatAPermitRelaxesIsNamed() throws IOException {
        assertThat(lint("""
                @id("asked") @confirm("1 of owners") @cooldown("10m") permit (principal, action, resource);
                @id("free") @relaxes("asked") permit (principal, action in Impact::Action::"write", resource);
                """))
                .contains("policy.cedar:2: notice: relaxed: policy `free`: where `free` permits a call,"
                        + " @confirm(\"1 of owners\") @cooldown(\"10m\") of `asked` is left out, and nobody is asked")
                .noneMatch(line -> line.contains("tightened: policy `free`"));
    }

    @Test
    void aPermitThatIsAlwaysForbiddenIsShadowed() throws IOException {
        assertThat(lint("""
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                @id("write") permit (principal, action in Impact::Action::"write", resource);
                @id("destroy") @confirm("1 of owners") permit (principal, action in Impact::Action::"destroy", resource);
                @id("frozen") permit (principal, action in Impact::Action::"read", resource in Environment::"production");
                @id("freeze") forbid (principal, action, resource in Environment::"production");
                """))
                .contains("policy.cedar:4: warning: shadowed: policy `frozen`: everything that it permits is forbidden"
                        + " by `freeze`")
                .anyMatch(line -> line.contains("notice: unmentioned: no policy permits anything in `production`"));
    }

    @Test
    void unconfirmedDestructionIsNamed() throws IOException {
        assertThat(lint("@id(\"all\") permit (principal, action, resource);"))
                .singleElement()
                .asString()
                .startsWith("policy.cedar:1: warning: unconfirmed: policy `all`: permits `railway/volumeDelete`");
    }

    @Test
    void anIrreversibleActionThatNobodyIsAskedAboutIsNamed() throws IOException {
        String policy = "@id(\"write\") permit (principal, action in Impact::Action::\"write\", resource);";
        assertThat(lint(policy)).noneMatch(line -> line.contains("unconfirmed"));
        CatalogFacts irreversible = facts(Reversibility.IRREVERSIBLE, Set.of(), Map.of());
        assertThat(found(irreversible))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("policy.cedar:1: warning: unconfirmed: policy `write`: permits `railway/")
                        .contains("what cannot be undone is refused unless a person is asked"));
    }

    @Test
    void ineffectivePoliciesAndUnusedScopesAreNamed() throws IOException {
        assertThat(lint("""
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                @id("secret") permit (principal, action in Impact::Action::"credential", resource);
                """))
                .anyMatch(line -> line.startsWith("policy.cedar:2: warning: never: policy `secret`"))
                .anyMatch(line -> line.contains("warning: idle: no policy permits `write` under the task `work`"))
                .anyMatch(line -> line.contains("warning: idle: no policy permits `destroy` under the task `work`"));
    }

    @Test
    void anIneffectiveForbidIsNamed() throws IOException {
        assertThat(lint("""
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                @id("met") forbid (principal, action in Impact::Action::"destroy", resource);
                @id("unmet") forbid (principal, action in Impact::Action::"destroy", resource)
                    when { context.environment == "staging" && context.protected };
                """))
                .anyMatch(line -> line.startsWith("policy.cedar:3: notice: unmet: policy `unmet`: matches none"))
                .noneMatch(line -> line.contains("policy `met`"));
    }

    @Test
    void anUnreachableLimitIsNamed() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(yaml, Files.readString(yaml) + """
                sequences:
                  secrets-first:
                    after: {impacts: [credential]}
                    impacts: [execute]
                    within: 1h
                """);
        assertThat(lint("""
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                """))
                .anyMatch(line ->
                        line.contains("warning: never: no policy permits a call that the budget `writes` counts"))
                .anyMatch(line -> line.contains(
                        "warning: never: no policy permits a call that could start the sequence `secrets-first`"))
                .anyMatch(line -> line.contains("that the sequence `secrets-first` could stop"));
    }

    @Test
    void theGraceOfReadsIsAWarning() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        Files.writeString(yaml, text + "fleet: {read-grace: 30s}\n");
        assertThat(found(Fixtures.CATALOGS))
                .singleElement()
                .asString()
                .contains("warning: unheard: a gateway that is cut off from its fleet serves reads for 30 seconds");
        Files.writeString(yaml, text + "fleet: {read-grace: 6m}\n");
        assertThat(found(Fixtures.CATALOGS))
                .singleElement()
                .asString()
                .contains("unsound", "`read-grace` must be above 0, and at most 5m");
    }

    @Test
    void observeModeIsAWarning() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(yaml, Files.readString(yaml) + "observe: {for: 48h}\n");
        assertThat(Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings())
                .singleElement()
                .asString()
                .matches("interlock\\.yaml:[1-9][0-9]*: warning: observes: for 2d reads and writes are permitted .*");
    }

    @Test
    void anIgnoredFileIsAWarning() throws IOException {
        Files.writeString(directory.resolve("policy.cedar.bak"), "");
        Lint.LintReport report = Lint.of(directory, Fixtures.CATALOGS, Set.of());
        assertThat(report.findings())
                .singleElement()
                .asString()
                .startsWith("policy.cedar.bak:1: warning: unread: this file is ignored");
        assertThat(report.has(LintFinding.LintSeverity.WARNING)).isTrue();
        assertThat(report.has(LintFinding.LintSeverity.NOTICE)).isFalse();
        LintFinding finding = report.findings().getFirst();
        assertThat(finding.json())
                .isEqualTo(Json.object()
                        .with("word", "unread")
                        .with("severity", "warning")
                        .with("file", "policy.cedar.bak")
                        .with("line", 1)
                        .with("message", finding.problem().message()));
        assertThat(new LintFinding(finding.word(), new PolicyProblem("a", 0, "b")))
                .hasToString("a: warning: unread: b");
    }

    @Test
    void theWorstFindingComesFirst() throws IOException {
        lint("""
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                @id("owners") @confirm("1 of owners") permit (principal, action in Impact::Action::"read", resource);
                """);
        List<LintFinding.LintSeverity> severities = Lint.of(directory, Fixtures.CATALOGS, Set.of()).findings().stream()
                .map(finding -> finding.word().severity())
                .toList();
        assertThat(severities).isSorted().contains(LintFinding.LintSeverity.WARNING, LintFinding.LintSeverity.NOTICE);
    }

    /**
     * With a second approver left, the policy still works, so nothing else would show that the first cannot approve.
     */
    @Test
    void aMistypedGroupIsAWarningAndSealingShowsIt() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text = Files.readString(yaml);
        Files.writeString(yaml, text.replaceFirst("people:\n", "people:\n  eve: {groups: [ownres], keys: []}\n"));
        String warning = ": no policy, limit or escalation asks the group `ownres`: is `owners` meant?";
        assertThat(found(Fixtures.CATALOGS))
                .anyMatch(
                        line -> line.startsWith("interlock.yaml:") && line.contains(": warning: misspelled" + warning));
        assertThat(PolicyDirectory.load(directory, Fixtures.CATALOGS))
                .isInstanceOfSatisfying(
                        PolicyDirectory.LoadResult.SoundDirectory.class,
                        sound -> assertThat(sound.warnings())
                                .singleElement()
                                .asString()
                                .contains(warning));
    }

    @Test
    void aGroupThatNobodyAsksIsNamedUnlessALimitOrAnEscalationAsksIt() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        String text =
                Files.readString(yaml).replaceFirst("people:\n", "people:\n  eve: {groups: [finance], keys: []}\n");
        Files.writeString(yaml, text);
        String notice = "notice: unmentioned: no policy, limit or escalation asks the group `finance`";
        assertThat(found(Fixtures.CATALOGS))
                .filteredOn(line -> line.contains("the group"))
                .singleElement()
                .asString()
                .endsWith(notice);
        Files.writeString(yaml, text + "\nescalate: [{after: 5m, to: finance}]\n");
        assertThat(found(Fixtures.CATALOGS)).noneMatch(line -> line.contains("`finance`"));
    }

    @Test
    void anAgentWithoutPermissionsIsNamed() throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace("agents:\n  jer", "agents:\n  jer/idle: {owner: jer, teams: [idlers]}\n  jer"));
        assertThat(
                        lint(
                                "@id(\"r\") permit (principal in Team::\"agents\", action in Impact::Action::\"read\", resource);"))
                .anyMatch(line -> line.endsWith("notice: unmentioned: no policy permits anything to `jer/idle`"))
                .noneMatch(line -> line.endsWith("to `jer/cursor`"));
    }

    /** A permit outside of a task does not make that task useful. */
    @Test
    void permissionsOutsideATaskDoNotMakeItUseful() throws IOException {
        assertThat(lint("@id(\"r\") permit (principal, action in Impact::Action::\"read\","
                        + " resource in Environment::\"production\");"))
                .anyMatch(line -> line.contains("warning: idle: no policy permits `read` under the task `work`"));
    }

    /** Lint says nothing about attempts that it does not try, such as those of a single lease. */
    @Test
    void aPermitForUntestedCasesIsNotCalledUseless() throws IOException {
        String read = "@id(\"r\") permit (principal, action in Impact::Action::\"read\", resource) when { ";
        assertThat(lint(read + "context.lease.task == \"cleanup\" };"))
                .noneMatch(line -> line.contains(" never: policy"));
        assertThat(lint(read + "context.lease.person == \"jer\" && context.upstream != \"railway\" };"))
                .anyMatch(line -> line.contains("warning: never: policy `r`"));
    }
}
