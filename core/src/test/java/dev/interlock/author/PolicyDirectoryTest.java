package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.Resource;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SignInProvider;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.MalformedException;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyDirectoryTest {

    private static final String KEY = TestingKey.software().line();
    private static final String YAML = """
            organisation: pocketos
            expires-after: 90d
            environments:
              production:
                protected: true
              staging:
                protected: false
            people:
              jer:
                groups: [owners, platform]
                keys:
                  - "%s"
            confirm:
              software-keys: true
            agents:
              jer/cursor:
                owner: jer
                teams: [platform]
            upstreams:
              railway:
                catalog: railway
                address: https://backboard.railway.com
                resolver: railway-read
                secrets: referenced
                credentials:
                  railway-read:
                    environments: [staging, production]
                    impacts: [read]
                  railway-staging:
                    environments: [staging]
                    impacts: [write, destroy]
                    header: authorization
                    scheme: Bearer
                  railway-production-destroy:
                    environments: [production]
                    impacts: [destroy]
                resources:
                  railway:environment/env-stg:
                    environments: [staging]
                    groups: [railway:project/p1]
                  railway:volume/scratch-*:
                    environments: [staging]
                    groups: [railway:project/p1]
                backups:
                  - id: offsite-2026-08
                    of: railway:volume/vol-1
                    taken-at: "2026-08-20T00:00:00Z"
                    domain: s3:elsewhere
            tasks:
              fix-staging:
                environments: [staging]
                impacts: [read, write, destroy]
                agents: [jer/cursor]
                ttl: 1h
            classify:
              railway/newThing: [write]
            backups:
              attesters: [%2$s]
              expendable: ["railway:volume/scratch"]
              plans:
                shop-db:
                  of: "railway:volume/vol-1"
                  domain: "hetzner:box/u1"
                  targets: {point: 24h, time: 1h, practice: 90d}
                  deletable-by: [hetzner-box]
            observe: {for: 48h}
            budgets:
              deletions:
                per: [person, upstream]
                impacts: [destroy]
                environments: [staging]
                at-most: 5
                within: 1h
                then: hold
                confirm: [1 of owners]
                cooldown: 10m
                type-name: true
                other: true
              loops: {operations: [railway/newThing], at-most: 100, within: 30m, then: refuse}
            sequences:
              off-then-destroy:
                after: {operations: [railway/newThing], impacts: [write], facts: {argument.kinds: "[]"}}
                impacts: [destroy]
                same: [group]
                within: 24h
            """.formatted(KEY, TestingKey.software().line());
    private static final String CEDAR = """
            // Two rules.
            @id("read")
            permit (principal in Team::"platform", action in Impact::Action::"read", resource in Environment::"staging");

            @id("destroy")
            @confirm("1 of owners") @cooldown("10m") @backup("24h") @rows("1000") @type_name @other
            permit (principal == Agent::"jer/cursor", action == Operation::Action::"railway/volumeDelete",
                    resource in Resource::"railway:project/p1")
            unless { context.protected };

            @id("not-so-much")
            forbid (principal, action, resource)
            when { context.radius.lost > 3 || !(context.radius.lost_backups <= 1) }
            unless { context.radius.environments.contains("staging") == false && context.radius.unsaved < 2 };
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void write() throws IOException {
        write("interlock.yaml", YAML);
        write("policy.cedar", CEDAR.replace("context.radius.environments.contains(\"staging\") == false && ", ""));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    private PolicyDirectory sound() throws IOException {
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        assertThat(loaded).isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
        return ((PolicyDirectory.LoadResult.SoundDirectory) loaded).directory();
    }

    private List<String> problems() throws IOException {
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        return loaded instanceof PolicyDirectory.LoadResult.InvalidDirectory broken
                ? broken.problems().stream().map(PolicyProblem::toString).toList()
                : List.of();
    }

    /** Each policy that has the right name would otherwise be reported for the wrong one here. */
    @Test
    void aWrongNameInTheFileIsShownWithoutItsConsequencesInPolicies() throws IOException {
        write("policy.cedar", CEDAR.replace("Environment::\"staging\"", "Environment::\"stagin\""));
        assertThat(problems()).anyMatch(problem -> problem.contains("there is no environment `stagin`"));

        write("interlock.yaml", YAML.replace("catalog: railway", "catalog: raiway"));
        assertThat(problems())
                .allMatch(problem -> problem.startsWith("interlock.yaml:"))
                .noneMatch(problem -> problem.contains("is not a resource of") || problem.contains("never fire"))
                .first()
                .asString()
                .contains("there is no catalog `raiway`");
    }

    @Test
    void readsEverythingThatTheFormatKnows() throws IOException {
        Seal seal = sound().draft();
        assertThat(seal.upstreams().get("railway").credentials()).hasSize(3);
        assertThat(seal.upstreams().get("railway").backups()).hasSize(1);
        assertThat(seal.backups().expendable()).containsExactly(Resource.parse("railway:volume/scratch"));
        assertThat(seal.backups().plans().get("shop-db"))
                .isEqualTo(new BackupPlans.Plan(
                        Resource.parse("railway:volume/vol-1"),
                        "hetzner:box/u1",
                        new BackupPlans.RecoveryTargets(
                                Duration.ofHours(24),
                                Optional.of(Duration.ofHours(1)),
                                Optional.of(Duration.ofDays(90))),
                        Optional.of(Set.of("hetzner-box")),
                        Optional.empty()));
        assertThat(seal.upstreams().get("railway").patterns()).singleElement().hasToString("railway:volume/scratch-*");
        assertThat(seal.tasks().get("fix-staging").ttl()).isEqualTo(Duration.ofHours(1));
        assertThat(seal.classify()).hasSize(1);
        assertThat(seal.limits().budgets()).containsOnlyKeys("deletions", "loops");
        assertThat(seal.limits().budgets().get("deletions").hold().orElseThrow().quorums())
                .hasSize(1);
        assertThat(seal.limits().budgets().get("loops").hold()).isEmpty();
        assertThat(seal.limits().sequences()).containsOnlyKeys("off-then-destroy");
        assertThat(seal.softwareKeys()).isTrue();
        SealLimits.Budget deletions = seal.limits().budgets().get("deletions");
        assertThat(deletions.per()).containsExactly(SealLimits.GroupingKey.PERSON, SealLimits.GroupingKey.UPSTREAM);
        SealLimits.Sequence sequence = seal.limits().sequences().get("off-then-destroy");
        assertThat(sequence.same()).containsExactly(SealLimits.GroupingKey.GROUP);
        assertThat(sequence.after().facts()).containsExactly(Map.entry("argument.kinds", "[]"));
        assertThat(seal.policies()).extracting(Seal.PolicyText::file).containsExactly("policy.cedar");
        assertThat(seal.catalogs()).containsOnlyKeys("railway");
    }

    @Test
    void aSealedDirectoryReadsBackAsWritten() throws IOException {
        PolicyDirectory directory = sound();
        byte[] payload = payload(directory);
        Seal seal = DraftSeals.read(payload);
        assertThat(seal.sequence()).isEqualTo(7);
        assertThat(seal.expires()).isEqualTo(Fixtures.NOW.plus(Duration.ofDays(90)));
        assertThat(seal.people()).isEqualTo(directory.draft().people());
        assertThat(seal.upstreams()).isEqualTo(directory.draft().upstreams());
        assertThat(seal.tasks()).isEqualTo(directory.draft().tasks());
        assertThat(seal.classify()).isEqualTo(directory.draft().classify());
        assertThat(seal.limits()).isEqualTo(directory.draft().limits());
        assertThat(seal.observeUntil()).contains(Fixtures.NOW.plus(Duration.ofDays(2)));
        assertThat(DraftSeals.payload(seal)).isEqualTo(payload);
    }

    @Test
    void reviewDatesOfAgentsAreSealedAsDays() throws IOException {
        write("interlock.yaml", YAML.replace("    owner: jer\n", "    owner: jer\n    review-by: \"2027-03-01\"\n"));
        byte[] payload = payload(sound());
        Seal.Agent agent = DraftSeals.read(payload).agents().get("jer/cursor");
        assertThat(agent.isOverdue(Instant.parse("2027-03-01T23:59:59Z"))).isFalse();
        assertThat(agent.isOverdue(Instant.parse("2027-03-02T00:00:00Z"))).isTrue();
        String other = new String(payload, StandardCharsets.UTF_8).replace("2027-03-01", "+2027-03-01");
        assertThatThrownBy(() -> DraftSeals.read(other.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void theUsersOfAnAgentAreSealed() throws IOException {
        byte[] nobody = payload(sound());
        assertThat(DraftSeals.read(nobody).agents().get("jer/cursor").users()).isEmpty();
        assertThat(new String(nobody, StandardCharsets.UTF_8)).doesNotContain("\"users\"");
        write(
                "interlock.yaml",
                YAML.replace("    owner: jer\n", "    owner: jer\n    users: [jer, \"1000\", 'CORP\\ann', ci$]\n"));
        byte[] payload = payload(sound());
        Seal seal = DraftSeals.read(payload);
        assertThat(seal.agents().get("jer/cursor").users()).containsExactly("1000", "CORP\\ann", "ci$", "jer");
        assertThat(DraftSeals.payload(seal)).isEqualTo(payload);
        String none = new String(payload, StandardCharsets.UTF_8).replaceFirst("\"users\":\\[[^]]*]", "\"users\":[]");
        assertThatThrownBy(() -> DraftSeals.read(none.getBytes(StandardCharsets.UTF_8)))
                .as("nobody is not anybody")
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void clearTextHttp2IsSealed() throws IOException {
        String clear =
                YAML.replace("address: https://backboard.railway.com", "address: http://localhost:9000\n    http2: %s");
        write("interlock.yaml", clear.formatted("prior-knowledge"));
        byte[] payload = payload(sound());
        assertThat(DraftSeals.read(payload).upstreams().get("railway").priorKnowledge())
                .isTrue();
        String other = new String(payload, StandardCharsets.UTF_8).replace("\"http2\":true", "\"http2\":\"upgrade\"");
        assertThatThrownBy(() -> DraftSeals.read(other.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class);
        write("interlock.yaml", clear.formatted("upgrade"));
        assertThat(problems())
                .anySatisfy(problem -> assertThat(problem).contains("http2` must be one of `prior-knowledge`"));
    }

    @Test
    void theSignInProviderIsSealedAsWritten() throws IOException {
        write(
                "interlock.yaml",
                YAML.replace(
                        "people:\n",
                        "sign-in: {issuer: \"https://login.example.com/t1/\", client: interlock}\n"
                                + "people:\n  ann: {groups: [owners], subject: \"00u8x2k1QmZ\"}\n"));
        byte[] payload = payload(sound());
        Seal seal = DraftSeals.read(payload);
        assertThat(seal.signIn()).contains(new SignInProvider("https://login.example.com/t1/", "interlock"));
        assertThat(seal.personWithSubject("00u8x2k1QmZ").map(Seal.Person::name)).contains("ann");
        assertThat(seal.personWithSubject("00U8X2K1QMZ")).isEmpty();
        assertThat(DraftSeals.payload(seal)).isEqualTo(payload);
        String other = new String(payload, StandardCharsets.UTF_8)
                .replace("https://login.example.com/t1/", "http://login.example.com/t1/");
        assertThatThrownBy(() -> DraftSeals.read(other.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class);
    }

    private static byte[] payload(PolicyDirectory directory) throws IOException {
        Envelope envelope = directory.toSign(7, Fixtures.NOW);
        String json = new String(envelope.write(), StandardCharsets.UTF_8);
        String base64 = json.replaceAll(".*\"payload\":\"([^\"]*)\".*", "$1");
        return java.util.Base64.getDecoder().decode(base64);
    }

    @Test
    void aSealWithAnUnknownOrMissingMemberIsRefused() throws IOException {
        String payload = new String(payload(sound()), StandardCharsets.UTF_8);
        for (String changed : List.of(
                payload.replace("\"organisation\":", "\"observe\":true,\"organisation\":"),
                payload.replace("\"secrets_referenced\":true", "\"secrets_referenced\":\"shown\""),
                payload.replace("\"protected\":true", "\"colour\":\"red\",\"protected\":true"),
                payload.replace("\"organisation\":\"pocketos\",", ""),
                payload.replace("\"type\":\"interlock-seal@v1\"", "\"type\":\"interlock-seal@v2\""),
                payload.replace("[\"owners\",\"platform\"]", "[\"platform\",\"owners\"]"),
                payload.replace("[\"destroy\",\"read\",\"write\"]", "[\"read\",\"sudo\",\"write\"]"),
                payload.replace("2026-11-20T08:00:00Z", "2026-11-20T09:00:00+01:00"),
                payload.replace("\"upstreams\":{", "\"upstreams\": {"),
                payload + " ")) {
            assertThat(changed).isNotEqualTo(payload);
            assertThatThrownBy(() -> DraftSeals.read(changed.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(MalformedException.class);
        }
    }

    static Stream<Arguments> brokenYaml() {
        return Stream.of(
                Arguments.of(
                        "organisation:", "organization:", "interlock.yaml:1: `organization` is not known in the file"),
                Arguments.of("confirm:\n", "konfirm:\n", "known there: `agents`, `alerts`, `backups`"),
                Arguments.of("confirm:\n", "konfirm:\n", "`konfirm` is not known in the file: is `confirm` meant?"),
                Arguments.of(
                        "    owner: jer\n",
                        "    owner: jer\n    sudo: true\n",
                        "`sudo` is not known in `agents.jer/cursor`"),
                Arguments.of("    owner: jer\n", "    owner: jer\n    owner: jer\n", "`owner` is given twice"),
                Arguments.of("    owner: jer\n", "    owner: [jer]\n", "`agents.jer/cursor.owner` must be one text"),
                Arguments.of("    owner: jer\n", "    owner:\n", "a value is missing"),
                Arguments.of("    owner: jer\n", "    owner: Maya!\n", "must be in lower-case letters"),
                Arguments.of("    owner: jer\n", "    owner: jer\n    review-by: soon\n", "`soon` is not valid"),
                Arguments.of("    owner: jer\n", "    owner: jer\n    users: []\n", "name at least one user"),
                Arguments.of("    owner: jer\n", "    owner: jer\n    users: jer\n", "must be a list"),
                Arguments.of("    owner: jer\n", "    owner: jer\n    users: [\"a b\"]\n", "is not a user name"),
                Arguments.of(
                        "    owner: jer\n",
                        "    owner: jer\n    review-by: \"2027-02-30\"\n",
                        "`2027-02-30` is not valid"),
                Arguments.of("protected: true", "protected: maybe", "must be `true` or `false`"),
                Arguments.of("protected: true", "protected: \"true\"", "must be `true` or `false`"),
                Arguments.of("protected: true", "protected: yes", "`yes` means different things"),
                Arguments.of("software-keys: true", "software-keys: on", "`on` means different things"),
                Arguments.of("at-most: 5\n", "at-most: 0x5\n", "`0x5` means different things"),
                Arguments.of("at-most: 5\n", "at-most: 5.5\n", "`5.5` means different things"),
                Arguments.of("90d", "forever", "`forever` is not valid: write a duration such as `30s`"),
                Arguments.of("teams: [platform]", "teams: platform", "must be a list"),
                Arguments.of("[read, write, destroy]", "[read, write, delete]", "`delete` is not an impact"),
                Arguments.of("catalog: railway", "catalog: rialway", "there is no catalog `rialway`"),
                Arguments.of(
                        "environments: [production]\n        impacts: [destroy]",
                        "environments: [production, staging]\n        impacts: [destroy]",
                        "fit `destroy` in `staging`"),
                Arguments.of("groups: [railway:project/p1]", "groups: [p1]", "`p1` is not valid"),
                Arguments.of("people:\n", "people: &all\n", "anchors, aliases and tags"),
                Arguments.of("teams: [platform]", "teams: !!set [platform]", "anchors, aliases and tags"),
                Arguments.of("at-most: 5\n", "at-most: 0\n", "a budget must be between 1 and 100000"),
                Arguments.of("at-most: 5\n", "at-most: \"5\"\n", "must be a whole number"),
                Arguments.of("at-most: 5\n    within: 1h", "at-most: 5\n    within: 31d", "at most 30 days"),
                Arguments.of("per: [person,", "per: [persons,", "`persons` is not valid: write `lease`"),
                Arguments.of("    impacts: [destroy]\n    env", "    env", "name `impacts` or `operations`"),
                Arguments.of("then: hold\n", "then: ask\n", "must be one of `hold`, `refuse`, not `ask`"),
                Arguments.of("    confirm: [1 of owners]\n", "", "`then: hold` needs somebody who confirms"),
                Arguments.of("confirm: [1 of owners]", "confirm: [2 of owners]", "can never be met: "),
                Arguments.of(
                        "confirm: [1 of owners]",
                        "confirm: [1 of ownres]",
                        "0 of `ownres` have a key that the seal accepts: is `owners` meant?"),
                Arguments.of("then: refuse", "then: refuse, cooldown: 5m", "need `then: hold`"),
                Arguments.of("then: refuse", "confirm: [1 of owners]", "`confirm` needs `then: hold`"),
                Arguments.of("{operations: [railway/newThing], at", "{operations: [railway/nope], at", "never fire"),
                Arguments.of(
                        "operations: [railway/newThing], impacts: [write]",
                        "operations: [railway/newThing], impacts: [read]",
                        "has none of the `impacts` here"),
                Arguments.of(
                        "    environments: [staging]\n    at-most", "    environments: [dev]\n    at-most", "`dev`"),
                Arguments.of("same: [group]", "same: [project]", "`project` is not valid"),
                Arguments.of(
                        "domain: s3:elsewhere\n",
                        "domain: s3:elsewhere\n        size: big\n",
                        "`size` is not known in `upstreams.railway.backups.1`"),
                Arguments.of(
                        "{argument.kinds: \"[]\"}", "{argument.kinds: []}", "facts.argument.kinds` must be one text"),
                Arguments.of(
                        "classify:\n", "escalate: [{after: 1h, to: owners}]\nclassify:\n", "must be less than an hour"),
                Arguments.of(
                        "classify:\n", "escalate: [{after: 5m, to: nobody}]\nclassify:\n", "nobody is in the group"),
                Arguments.of(
                        "classify:\n",
                        "escalate: [{after: 5m, to: owner}]\nclassify:\n",
                        "nobody is in the group `owner`: is `owners` meant?"),
                Arguments.of("classify:\n", "escalate: [{after: 5m, to: owners, in: [mars]}]\nclassify:\n", "`mars`"),
                Arguments.of("classify:\n", "escalate: [{to: owners}]\nclassify:\n", "`escalate.1` lacks `after`"),
                Arguments.of("classify:\n", "escalate: {after: 5m}\nclassify:\n", "must be a list"),
                Arguments.of("classify:\n", "signing: {per-hour: 0}\nclassify:\n", "between 1 and 200"),
                Arguments.of("classify:\n", "signing: {hasty: 1h}\nclassify:\n", "at most 5 minutes"),
                Arguments.of(
                        "people:\n",
                        "solo: {delay: 10m, notice: phone}\npeople:\n  ann: {groups: [owners]}\n",
                        "`solo` is for one person"),
                Arguments.of("classify:\n", "solo: {delay: 4m, notice: phone}\nclassify:\n", "between 5 minutes and"),
                Arguments.of("classify:\n", "solo: {delay: 10m}\nclassify:\n", "`solo` lacks `notice`"),
                Arguments.of(
                        "classify:\n",
                        "solo: {delay: 10m, notice: phone}\nclassify:\n",
                        "a sole owner cannot sign with a software key"),
                Arguments.of(
                        "classify:\n",
                        "sign-in: {issuer: \"https://a.example\"}\nclassify:\n",
                        "`sign-in` lacks `client`"),
                Arguments.of(
                        "classify:\n",
                        "sign-in: {issuer: \"http://a.example\", client: x}\nclassify:\n",
                        "an address with https"),
                Arguments.of(
                        "classify:\n",
                        "sign-in: {issuer: \"https://a.example?x\", client: x}\nclassify:\n",
                        "without query"),
                Arguments.of(
                        "classify:\n",
                        "sign-in: {issuer: \"https://a.example\", client: \"\u00e9\"}\nclassify:\n",
                        "printable characters of ASCII"),
                Arguments.of("people:\n", "people:\n  ann: {subject: a}\n", "needs the `sign-in` provider"),
                Arguments.of(
                        "people:\n",
                        "sign-in: {issuer: \"https://a.example\", client: x}\npeople:\n  ann: {subject: a b}\n",
                        "without spaces"),
                Arguments.of(
                        "people:\n",
                        "sign-in: {issuer: \"https://a.example\", client: x}\npeople:\n  ann: {subject: a}\n"
                                + "  bob: {subject: a}\n",
                        "belongs to one person"),
                Arguments.of("classify:\n", "decoys: {presented: alert}\nclassify:\n", "write `refuse` or `kill`"),
                Arguments.of("classify:\n", "decoys: {presented: ask}\nclassify:\n", "it must be `alert`, `refuse` or"),
                Arguments.of(
                        "classify:\n",
                        "executed-paths: {except: [a]}\nclassify:\n",
                        "`a` is not one of the" + " known paths"),
                Arguments.of("classify:\n", "services: all\nclassify:\n", "must be `named`, or a list of names"),
                Arguments.of("classify:\n", "services: [Redis]\nclassify:\n", "the name of a local service"),
                Arguments.of("classify:\n", "services: [\"*\"]\nclassify:\n", "the name of a local service"),
                Arguments.of("classify:\n", "alerts: [{about: [probe]}]\nclassify:\n", "`alerts.1` lacks `to`"),
                Arguments.of("classify:\n", "alerts: [{to: []}]\nclassify:\n", "name at least one receiver"),
                Arguments.of("classify:\n", "alerts: [{to: [A b]}]\nclassify:\n", "must be in lower-case letters"),
                Arguments.of(
                        "classify:\n", "alerts: [{to: [a], about: [all]}]\nclassify:\n", "it is one of `foreign_c"),
                Arguments.of(
                        "classify:\n", "alerts: [{to: [a], from: loud}]\nclassify:\n", "`info`, `warning`, `alarm`"),
                Arguments.of(
                        "classify:\n", "alerts: [{to: [a], url: x}]\nclassify:\n", "`url` is not known in `alerts.1`"),
                Arguments.of("organisation: pocketos", "--- &root\norganisation: pocketos", "anchors, aliases and"),
                Arguments.of("organisation: pocketos", "- organisation\n---\na: b", "second document"),
                Arguments.of("classify:\n", "---\nclassify:\n", "second document"),
                Arguments.of("organisation: pocketos", "organisation: [pocketos", "this is not plain YAML"),
                Arguments.of(
                        "  staging:\n    protected: false\n",
                        "  staging: false\n",
                        "`environments.staging` must be keys with values"),
                Arguments.of("  staging:\n", "  Staging:\n", "must be in lower-case letters"));
    }

    @ParameterizedTest
    @MethodSource("brokenYaml")
    void refusesUnclearInputWithItsPosition(String good, String bad, String message) throws IOException {
        assertThat(YAML).contains(good);
        write("interlock.yaml", YAML.replaceFirst(java.util.regex.Pattern.quote(good), bad.replace("$", "\\$")));
        assertThat(problems()).anySatisfy(problem -> assertThat(problem).contains(message));
    }

    /** A written value counts, and the default of an omitted one is the safer of two. */
    @Test
    void writtenValuesCountAndDefaultsAreSafe() throws IOException {
        write(
                "interlock.yaml",
                YAML.replace("software-keys: true", "software-keys: false").replace("{for: 48h}", "{for: 7d}"));
        write("policy.cedar", "");
        assertThat(problems()).singleElement().asString().contains("`1 of owners` can never be met");
        String usual = YAML.replace("    header: authorization\n", "    header: X-Token\n")
                .replace("        scheme: Bearer\n", "")
                .replace("{for: 48h}", "{for: 7d}");
        write("interlock.yaml", usual);
        Seal seal = sound().draft();
        assertThat(seal.sandbox()).isEqualTo(SandboxRules.USUAL);
        assertThat(seal.upstreams().get("railway").credentials())
                .extracting(Seal.CredentialSlot::name, Seal.CredentialSlot::header, Seal.CredentialSlot::scheme)
                .containsExactly(
                        tuple("railway-production-destroy", "authorization", "Bearer"),
                        tuple("railway-read", "authorization", "Bearer"),
                        tuple("railway-staging", "x-token", ""));
        write(
                "interlock.yaml",
                usual
                        + """
                executed-paths: {also: ["tools/**"], except: ["%s"]}
                decoys: {presented: kill, in-bodies: refuse}
                files: standard
                services: [redis]
                """.formatted(
                                ExecutedPaths.usual().patterns().iterator().next()));
        assertThat(sound().draft().sandbox())
                .isEqualTo(new SandboxRules(
                        Set.of("tools/**"),
                        Set.of(ExecutedPaths.usual().patterns().iterator().next()),
                        SandboxRules.DecoyReaction.KILL,
                        SandboxRules.DecoyReaction.REFUSE,
                        Optional.of(SandboxRules.FileProtection.STANDARD),
                        Set.of("redis")));
    }

    @Test
    void localServicesAreNoneOrListedOrAllThatAPersonNames() throws IOException {
        String usual = YAML;
        assertThat(sound().draft().sandbox().services()).isEmpty();
        write("interlock.yaml", usual + "services: []\n");
        assertThat(sound().draft().sandbox().services()).isEmpty();
        write("interlock.yaml", usual + "services: [redis, api]\n");
        assertThat(sound().draft().sandbox().services()).containsExactly("api", "redis");
        write("interlock.yaml", usual + "services: named\n");
        assertThat(sound().draft().sandbox().services()).containsExactly(LocalService.ANY);
    }

    @Test
    void alertRulesAreRead() throws IOException {
        String usual = YAML;
        assertThat(sound().draft().alerts()).isEqualTo(AlertRules.NONE);
        write("interlock.yaml", usual + """
                alerts:
                  - {to: [siem]}
                  - {to: [people, pager], about: [hold_opened, probe], from: warning}
                """);
        assertThat(sound().draft().alerts())
                .isEqualTo(new AlertRules(List.of(
                        new AlertRules.AlertRule(Set.of("siem"), Set.of(), Alert.Severity.INFO),
                        new AlertRules.AlertRule(
                                Set.of("people", "pager"),
                                Set.of(Alert.AlertKind.HOLD_OPENED, Alert.AlertKind.PROBE),
                                Alert.Severity.WARNING))));
    }

    @Test
    void aProblemNamesItsLine() throws IOException {
        write("interlock.yaml", YAML.replace("owner: jer", "owner: Maya"));
        assertThat(problems())
                .containsExactly("interlock.yaml:17: `Maya` must be in lower-case letters, digits and `._-`");
        for (String wrong : List.of("ttl: 25h", "impacts: [read, unknown]", "at-most: 0", "within: 31d")) {
            String yaml = YAML.replaceFirst(wrong.substring(0, wrong.indexOf(' ')) + " .*", wrong);
            write("interlock.yaml", yaml);
            long line = yaml.substring(0, yaml.indexOf(wrong)).lines().count();
            assertThat(problems())
                    .as(wrong)
                    .anySatisfy(problem -> assertThat(problem).startsWith("interlock.yaml:" + line + ": "));
        }
    }

    @Test
    void aListIsNoPolicyFile() throws IOException {
        write("interlock.yaml", "- organisation\n");
        assertThat(problems()).containsExactly("interlock.yaml:1: the file must be keys with values");
    }

    @Test
    void invalidYamlNamesItsLine() throws IOException {
        write("interlock.yaml", YAML.replace("teams: [platform]", "teams: platform]: ["));
        assertThat(problems()).singleElement().asString().startsWith("interlock.yaml:18:21: this is not plain YAML: ");
    }

    /** An editor's swap file is no policy, and needs no warning. */
    @Test
    void hiddenFilesAreIgnored() throws IOException {
        write(".policy.cedar", "permit (principal, action, resource);");
        write(".policy.cedar.swp", "");
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        assertThat(((PolicyDirectory.LoadResult.SoundDirectory) loaded).warnings())
                .isEmpty();
        assertThat(sound().draft().policies()).hasSize(1);
    }

    @Test
    void anUnreviewablyLargeFileIsNotRead() throws IOException {
        String longest = "//" + "x".repeat(PolicyDirectory.MAX_FILE - 3) + "\n";
        write("long.cedar", longest);
        assertThat(problems()).isEmpty();
        write("long.cedar", longest + " ");
        assertThat(problems()).singleElement().asString().startsWith("long.cedar:1: the file is longer than");
        Files.write(directory.resolve("long.cedar"), new byte[] {'/', '/', (byte) 0xff});
        assertThat(problems()).containsExactly("long.cedar:1: the file is not UTF-8");
    }

    /** The draft is read back before anybody signs it, so that a gateway can read every seal. */
    @Test
    void aDirectoryThatAGatewayRefusesCannotBeSealed() throws IOException {
        write("interlock.yaml", YAML.replace("domain: s3:elsewhere", "domain: \"s3:\\ud800\""));
        assertThat(problems()).singleElement().asString().startsWith("interlock.yaml:1: this cannot be sealed: ");
    }

    @Test
    void oneKeyBelongsToOnePerson() throws IOException {
        write(
                "interlock.yaml",
                YAML.replace(
                        "confirm:\n", "  maya:\n    groups: [owners]\n    keys:\n      - \"" + KEY + "\"\nconfirm:\n"));
        assertThat(problems()).singleElement().asString().contains("a key belongs to one person");
    }

    static Stream<Arguments> brokenCedar() {
        String head = "@id(\"x\") permit (principal, action, resource";
        return Stream.of(
                Arguments.of("permit (principal, action, resource);", "every policy needs a name"),
                Arguments.of("@id(\"Big\") permit (principal, action, resource);", "every policy needs a name"),
                Arguments.of("@id(\"read\") permit (principal, action, resource);", "another policy has this `@id`"),
                Arguments.of("@id(\"x\") @sudo permit (principal, action, resource);", "`@sudo` is not an annotation"),
                Arguments.of(
                        "@id(\"x\") @confirm(\"two\") permit (principal, action, resource);", "is written `@confirm"),
                Arguments.of(
                        "@id(\"x\") @confirm(\"2 of owners\") permit (principal, action, resource);", "never be met"),
                Arguments.of(
                        "@id(\"x\") @confirm(\"1 of ghosts\") permit (principal, action, resource);", "never be met"),
                Arguments.of("@id(\"x\") @cooldown(\"10m\") permit (principal, action, resource);", "add `@confirm"),
                Arguments.of(
                        "@id(\"x\") @confirm(\"1 of owners\") @cooldown(\"soon\") permit (principal, action, resource);",
                        "`@cooldown` is written"),
                Arguments.of(
                        "@id(\"x\") @confirm(\"1 of owners\") @type_name(\"no\") permit (principal, action, resource);",
                        "without a value"),
                Arguments.of(
                        "@id(\"x\") @type_name forbid (principal, action, resource);", "a `forbid` has no obligations"),
                Arguments.of(head + " in Environment::\"stageing\");", "there is no environment `stageing`"),
                Arguments.of(head + ") when { resource in Environment::\"stageing\" };", "there is no environment"),
                never("context.environment == \"stageing\"", "`context.environment` is never `stageing`"),
                never("\"stageing\" != context.environment", "`context.environment` is never `stageing`"),
                never("[\"staging\", \"prod\"].contains(context.environment)", "is never `prod`"),
                never("context.lease.environments.contains(\"prod\")", "`context.lease.environments` is never `prod`"),
                never("context.radius.environments.containsAny([\"prod\"])", "is never `prod`"),
                never("context.lease.impacts.contains(\"destory\")", "is never `destory`"),
                never("!(context.reversibility == \"forever\")", "is never `forever`"),
                never("context.upstream == \"rail way\"", "`context.upstream` is never `rail way`"),
                never("context.lease has template && context.lease.template == \"wrok\"", "is never `wrok`"),
                never("context.lease.agent == \"nobody\"", "`context.lease.agent` is never `nobody`"),
                never("context.lease.person == \"nobody\"", "`context.lease.person` is never `nobody`"),
                never(
                        "context.lease.person == \"left\"",
                        "has no effect: remove it from the condition, or write one of `"),
                never("principal.owner == \"nobody\"", "`principal.owner` is never `nobody`"),
                never("resource.provider == \"raliway\"", "`resource.provider` is never `raliway`"),
                Arguments.of(head + " in Resource::\"gitlab:p/1\");", "there is no catalog `gitlab`"),
                Arguments.of(head + " in Planet::\"earth\");", "no kind of entity `Planet`"),
                Arguments.of(head + ") when { principal in Team::\"ghosts\" };", "there is no team"),
                Arguments.of(
                        "@id(\"x\") permit (principal, action in Impact::Action::\"delete\", resource);", "no impact"),
                Arguments.of(
                        "@id(\"x\") permit (principal, action in Impact::Action::\"unknown\", resource);", "no impact"),
                Arguments.of(
                        "@id(\"x\") permit (principal, action == Operation::Action::\"railway/volumDelete\", resource);",
                        "there is no operation `railway/volumDelete`"),
                Arguments.of(head + ") when { context.leese.task == \"x\" };", "leese"),
                Arguments.of(head + ") when { context.lease.template == \"x\" };", "template"),
                Arguments.of(head + ") when { context.lease.task == 7 };", "policy `x`"),
                Arguments.of(head + ") when { resource in Team::\"platform\" };", "impossible"),
                Arguments.of(head + ") when { context.radius.lost < 3 };", "must not depend on `context.radius`"),
                Arguments.of(head + ") when { context == context };", "must not depend on `context.radius`"),
                Arguments.of(
                        "@id(\"x\") forbid (principal, action, resource) when { context.radius.lost < 3 };",
                        "may only test that `context.radius` exceeds"),
                Arguments.of(
                        "@id(\"x\") forbid (principal, action, resource) unless { context.radius.lost > 3 };",
                        "may only test that `context.radius` exceeds"),
                Arguments.of(
                        "@id(\"x\") forbid (principal, action, resource) when { context.radius.lost == 3 };",
                        "may only test that `context.radius` exceeds"),
                Arguments.of(
                        "@id(\"x\") forbid (principal, action, resource) when { [1].contains(context.radius.lost) };",
                        "may only test that `context.radius` exceeds"),
                Arguments.of(
                        "@id(\"x\") permit (principal == ?principal, action, resource);",
                        "templates are not" + " supported"),
                Arguments.of("@id(\"x\") permit (principal, action, resource", "Cedar cannot read this file"));
    }

    @ParameterizedTest
    @MethodSource("brokenCedar")
    void refusesPoliciesThatMeanNothing(String cedar, String message) throws IOException {
        write("some-more.cedar", "\n" + cedar);
        assertThat(problems())
                .anySatisfy(problem ->
                        assertThat(problem).startsWith("some-more.cedar:").contains(message));
    }

    private static Arguments never(String condition, String said) {
        return Arguments.of("@id(\"x\") forbid (principal, action, resource) when { " + condition + " };", said);
    }

    /** A value that may be any text, or is in a list of possible ones, is compared with any text of the author's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "context.environment == \"staging\"",
                "context.lease.task == \"whatever\"",
                "context.lease.id == \"whatever\"",
                "resource.kind == \"whatever\"",
                "[\"reversible\", \"irreversible\"].contains(context.reversibility)"
            })
    void everyDocumentedWordIsAccepted(String condition) throws IOException {
        write("more.cedar", "@id(\"x\") forbid (principal, action, resource) when { " + condition + " };");
        assertThat(problems()).isEmpty();
    }

    @Test
    void aProblemOfAPolicyNamesItsLine() throws IOException {
        write("more.cedar", """
                // one
                @id("a") permit (principal, action, resource);

                @id("b")
                permit (principal, action, resource in Environment::"moon");
                """);
        assertThat(problems())
                .containsExactly("more.cedar:4: policy `b`: there is no environment `moon`, so it can never fire");
    }

    @Test
    void anEmptyPolicyIsAllowedWithAWarning() throws IOException {
        Files.delete(directory.resolve("policy.cedar"));
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        assertThat(loaded)
                .isInstanceOfSatisfying(
                        PolicyDirectory.LoadResult.SoundDirectory.class,
                        sound -> assertThat(sound.warnings())
                                .singleElement()
                                .asString()
                                .contains("nothing is permitted"));
    }

    @Test
    void listOfSecretFilesIsAWarning() throws IOException {
        write("policy.cedar", """
                @id("files")
                forbid (principal, action, resource) when {
                    context.argument has "input.name" &&
                    (context.argument["input.name"] like "*.pem" || context.argument["input.name"] like "*.env")
                };
                """);
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, BuiltIn.FACTS);
        assertThat(((PolicyDirectory.LoadResult.SoundDirectory) loaded).warnings())
                .singleElement()
                .asString()
                .startsWith("policy.cedar:1: warning: superseded: ")
                .contains("`files`", "context has argument.secret_file");
    }

    @Test
    void anIgnoredFileIsAWarning() throws IOException {
        write("policy.cedar.bak", "");
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, Fixtures.CATALOGS);
        assertThat(((PolicyDirectory.LoadResult.SoundDirectory) loaded).warnings())
                .singleElement()
                .asString()
                .startsWith("policy.cedar.bak:1: warning: unread: this file is ignored");
    }

    @Test
    void theSameDirectoryAlwaysMakesTheSameSeal() throws IOException {
        assertThat(sound().toSign(7, Fixtures.NOW).write())
                .isEqualTo(sound().toSign(7, Fixtures.NOW).write());
    }

    @Test
    void aDirectoryWithoutInterlockYamlIsRefused() throws IOException {
        Files.delete(directory.resolve("interlock.yaml"));
        assertThat(problems()).singleElement().asString().startsWith("interlock.yaml:1: there is no such file");
    }
}
