package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Bytes;
import dev.interlock.action.ExemptOperation;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealedBots;
import dev.interlock.action.SealedPlacements;
import dev.interlock.action.SignInProvider;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.MalformedException;
import dev.interlock.store.Database;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests payloads that a gateway refuses although the right keys signed them: a valid signature does not make valid
 * content.
 */
class SealRulesTest {

    private static final String JER = TestingKey.hardware().line();
    private static final String MAYA = TestingKey.hardware().line();
    private static final Resource PROJECT = Resource.parse("railway:project/p1");
    private static final Resource VOLUME = Resource.parse("railway:volume/vol-1");
    private static final Seal SOUND = Fixtures.seal("@id(\"read\") permit (principal, action, resource);")
            .with(parts -> {
                parts.people = Map.of(
                        "jer", new Seal.Person("jer", Set.of("owners"), List.of(JER), Optional.empty()),
                        "maya", new Seal.Person("maya", Set.of("owners"), List.of(MAYA), Optional.empty()));
                parts.upstreams = Map.of("railway", railway(), "second", second(backup(Optional.empty())));
                parts.tasks = Map.of(
                        "fix",
                        new Seal.TaskTemplate(
                                "fix",
                                Set.of("staging"),
                                Set.of(Impact.PRIVILEGE),
                                Set.of("jer/cursor"),
                                Duration.ofHours(24)));
                parts.classify = Map.of(Operation.parse("railway/newThing"), Set.of(Impact.EXECUTE));
                parts.observeUntil = Optional.of(Fixtures.NOW.plus(Seal.MAX_OBSERVING));
                parts.alerts = new AlertRules(List.of(
                        new AlertRules.AlertRule(Set.of("people", "siem"), Set.of(), Alert.Severity.INFO),
                        new AlertRules.AlertRule(
                                Set.of("pager"),
                                Set.of(Alert.AlertKind.PROBE, Alert.AlertKind.FOREIGN_CREDENTIAL),
                                Alert.Severity.ALARM)));
                parts.sandbox = new SandboxRules(
                        Set.of("tools/**"),
                        Set.of(),
                        SandboxRules.DecoyReaction.KILL,
                        SandboxRules.DecoyReaction.REFUSE,
                        Optional.of(SandboxRules.FileProtection.STANDARD),
                        Set.of("redis"));
                parts.approvals = new ApprovalRules(
                        List.of(new ApprovalRules.EscalationStep(
                                Duration.ofMinutes(5), "owners", Set.of("production"))),
                        7,
                        Duration.ofSeconds(9),
                        Optional.empty(),
                        Set.of(ExemptOperation.parse("railway/volumeDelete in staging")),
                        Optional.of(new CallGrant.GrantLimit(20, Duration.ofHours(8))));
            });

    private static Seal.Upstream railway() {
        return new Seal.Upstream(
                "railway",
                "railway",
                URI.create("https://backboard.railway.com"),
                Optional.empty(),
                List.of(
                        new Seal.CredentialSlot(
                                "railway-destroy", Set.of("production"), Set.of(Impact.DESTROY), "x-token", ""),
                        new Seal.CredentialSlot(
                                "railway-read",
                                Set.of("production", "staging"),
                                Set.of(Impact.READ),
                                "authorization",
                                "Bearer")),
                Optional.of("railway-read"),
                new SealedPlacements(
                        Map.of(
                                VOLUME,
                                new Placement(VOLUME, Set.of("staging"), Set.of(PROJECT), Provenance.SEALED, true)),
                        Set.of(ResourcePattern.parse("railway:bucket/tmp-*", Set.of("production"), Set.of(PROJECT)))),
                List.of(),
                true,
                true,
                false);
    }

    private static Seal.Upstream second(Backup backup) {
        return new Seal.Upstream(
                "second",
                "railway",
                URI.create("http://127.0.0.1:9000/base"),
                Optional.empty(),
                List.of(new Seal.CredentialSlot(
                        "second-write", Set.of("staging"), Set.of(Impact.WRITE), "authorization", "Bearer")),
                Optional.empty(),
                new SealedPlacements(Map.of(), Set.of()),
                List.of(backup),
                false,
                false,
                true);
    }

    private static Backup backup(Optional<Instant> restored) {
        return new Backup("b", VOLUME, Fixtures.NOW, "s3:elsewhere", Provenance.SEALED, restored);
    }

    /** Returns a seal with its own catalogs, and with all other optional parts. */
    private static Seal carrying(String name) {
        return SOUND.with(parts -> {
            parts.environments = Map.of(
                    "staging", new Seal.Environment("staging", false, true),
                    "production", new Seal.Environment("production", true, false));
            parts.ownCatalogs = Map.of(name, new Seal.OwnCatalog(name, "provider: " + name + "\n", true));
            parts.limits = SealLimits.NONE;
            parts.backups = new BackupPlans(
                    List.of(JER),
                    Map.of(
                            "shop-db",
                            new BackupPlans.Plan(
                                    VOLUME,
                                    "hetzner:box/u1",
                                    new BackupPlans.RecoveryTargets(
                                            Duration.ofHours(24),
                                            Optional.of(Duration.ofHours(1)),
                                            Optional.of(Duration.ofDays(90))),
                                    Optional.of(Set.of("hetzner-box")),
                                    Optional.empty()),
                            "shop-files",
                            new BackupPlans.Plan(
                                    VOLUME,
                                    "s3:there",
                                    BackupPlans.RecoveryTargets.USUAL,
                                    Optional.of(Set.of()),
                                    Optional.of("shop-db"))));
            parts.signIn = Optional.of(new SignInProvider("https://login.example.com", "interlock"));
        });
    }

    private static String payload(Seal seal) {
        return new String(SealJson.write(seal), StandardCharsets.UTF_8);
    }

    private static List<String> issues(Seal seal) {
        return SealRules.check(seal, Fixtures.CATALOGS).stream()
                .map(SealIssue::toString)
                .toList();
    }

    @Test
    void aSoundSealReadsBackWithoutIssues() {
        for (Seal seal : List.of(SOUND, carrying("railway"), Fixtures.seal())) {
            byte[] payload = SealJson.write(seal);
            Seal read = DraftSeals.read(payload);
            assertThat(read.id()).isEqualTo(Bytes.of(payload).sha256());
            assertThat(read.with(parts -> parts.id = seal.id())).isEqualTo(seal);
        }
        assertThat(issues(SOUND)).isEmpty();
    }

    @Test
    void whatASignatureMayGrantIsBounded() {
        assertThat(issues(SOUND.with(parts -> parts.approvals =
                        parts.approvals.granting(Optional.of(new CallGrant.GrantLimit(0, Duration.ofDays(2)))))))
                .anyMatch(issue -> issue.startsWith("signing > grant > at-most"))
                .anyMatch(issue -> issue.startsWith("signing > grant > for"));
    }

    @Test
    void aPastSealIsVerifiedAgainstItsId() {
        byte[] payload = SealJson.write(SOUND);
        String id = DraftSeals.read(payload).id();
        assertThat(DraftSeals.past(id, payload).id()).isEqualTo(id);
        assertThatThrownBy(() -> DraftSeals.past("00", payload))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("not the seal `00`");
    }

    @Test
    void aLimitMayOnlyRequirePeople() {
        Obligations people = new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                Duration.ofMinutes(10),
                Optional.empty(),
                OptionalLong.empty(),
                true,
                false);
        SealLimits.Budget budget = new SealLimits.Budget(
                "few",
                Set.of(SealLimits.GroupingKey.AGENT),
                new SealLimits.ActionSelector(Set.of(Impact.DESTROY), Set.of(), Set.of(), Map.of()),
                5,
                Duration.ofHours(1),
                Optional.of(people));
        String payload = payload(SOUND.with(parts -> parts.limits = new SealLimits(Map.of("few", budget), Map.of())));
        assertThat(DraftSeals.read(payload.getBytes(StandardCharsets.UTF_8))
                        .limits()
                        .budgets())
                .containsEntry("few", budget);
        String withBackup = payload.replace("\"hold\":{", "\"hold\":{\"backup\":60,");
        assertThat(issues(DraftSeals.read(withBackup.getBytes(StandardCharsets.UTF_8))))
                .contains("budgets > few: a limit cannot ask for a backup or for rows");
        String unknown = payload.replace("\"hold\":{", "\"hold\":{\"about\":1,");
        assertThatThrownBy(() -> DraftSeals.read(unknown.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("about");
    }

    static Stream<Arguments> broken() {
        String read = "\"railway-read\":{\"environments\":[\"production\",\"staging\"],\"header\":\"authorization\"";
        return Stream.of(
                Arguments.of("\"pocketos\"", "\"Pocket OS\"", "organisation: write it in lower-case"),
                Arguments.of(
                        "\"environments\":{\"production\":{\"protected\":true},\"staging\":{\"protected\":false}}",
                        "\"environments\":{}",
                        "environments: name at least one"),
                Arguments.of(
                        "\"staging\":{\"pro", "\"stag ing\":{\"pro", "environments > stag ing: `stag ing` must be"),
                Arguments.of("{\"jer\":", "{\"Jer\":", "people > Jer: `Jer` must be in lower-case"),
                Arguments.of("[\"owners\"]", "[\"Owners\"]", "people > jer > groups > Owners: `Owners` must be"),
                Arguments.of(MAYA, JER, "people > maya > keys: this key already belongs to `jer`"),
                Arguments.of(MAYA, "ssh-rsa AAAA", "people > maya > keys: this is not an accepted OpenSSH public key"),
                Arguments.of("{\"jer/cursor\":", "{\"cursor\":", "agents > cursor: an agent is named `owner/name`"),
                Arguments.of(
                        "\"owner\":\"jer\"", "\"owner\":\"Eve\"", "agents > jer/cursor > owner > Eve: `Eve` must be"),
                Arguments.of("[\"platform\"]", "[\"Plat Form\"]", "agents > jer/cursor > teams > Plat Form: "),
                Arguments.of("{\"fix\":", "{\"Fix\":", "tasks > Fix: `Fix` must be in lower-case"),
                Arguments.of("\"ttl\":86400", "\"ttl\":86401", "tasks > fix > ttl: a lease lasts at" + " most"),
                Arguments.of("\"ttl\":86400", "\"ttl\":0", "tasks > fix > ttl: a lease lasts at most"),
                Arguments.of("[\"privilege\"]", "[\"unknown\"]", "tasks > fix > impacts: `unknown` cannot be granted"),
                Arguments.of("[\"jer/cursor\"]", "[\"jer/clippy\"]", "tasks > fix > agents: `jer/clippy` is not"),
                Arguments.of(
                        "/newThing",
                        "/volumeDelete",
                        "classify > railway/volumeDelete: the catalog already" + " classifies this"),
                Arguments.of("railway/newThing", "github/x", "classify > github/x: no upstream has the catalog"),
                Arguments.of(
                        "[\"railway/volumeDelete in staging\"]",
                        "[\"railway/volumeDelet in staging\"]",
                        "without-approval: no catalog of this seal has the operation `railway/volumeDelet`"),
                Arguments.of(
                        "[\"railway/volumeDelete in staging\"]",
                        "[\"railway/volumeDelete in stagin\"]",
                        "without-approval > railway/volumeDelete: `stagin` is not"),
                Arguments.of("[\"execute\"]", "[]", "classify > railway/newThing: name at least one impact"),
                Arguments.of("[\"execute\"]", "[\"unknown\"]", "classify > railway/newThing: `unknown` cannot be"),
                Arguments.of("-27T08:00:00Z", "-27T08:00:01Z", "observe: a seal may observe for at most 7 days"),
                Arguments.of("{\"railway\":{\"add", "{\"Rail\":{\"add", "upstreams > Rail: an upstream is named in"),
                Arguments.of(
                        "\"catalog\":\"railway\"", "\"catalog\":\"\\u0007\"", "upstreams > railway > catalog: there"),
                Arguments.of(
                        "00\"},\"class",
                        "11\"},\"class",
                        "upstreams > railway > catalog: the catalog `railway` has changed"),
                Arguments.of(
                        "https://backboard.railway.com", "mailto:a@b", "upstreams > railway > address: write it as"),
                Arguments.of(
                        "https://backboard.railway.com", "https:///x", "upstreams > railway > address: write it as"),
                Arguments.of(
                        "https://backboard.railway.com",
                        "https://*",
                        "upstreams > railway > address: the address `https://*` goes with"),
                Arguments.of(
                        "https://backboard.railway.com",
                        "https://*",
                        "upstreams > railway: an upstream for every host has no `credentials`"),
                Arguments.of("https://backboard", "http://backboard", "upstreams > railway > address: only `https`"),
                Arguments.of(
                        "https://backboard",
                        "https://u:p@backboard",
                        "upstreams > railway > address: an address must not"),
                Arguments.of("railway.com", "railway.com?a=b", "upstreams > railway > address: an address must not"),
                Arguments.of("railway.com", "railway.com#a", "upstreams > railway > address: an address must not"),
                Arguments.of(
                        "\"second-write\"", "\"Second\"", "upstreams > second > credentials > Second: a credential is"),
                Arguments.of(
                        "\"second-write\"",
                        "\"railway-read\"",
                        "railway-read: the upstream `railway` has a credential"),
                Arguments.of("\"x-token\"", "\"x token\"", "credentials > railway-destroy: `header` and `scheme` must"),
                Arguments.of(
                        "\"x-token\"", "\"x-a\\r\\nb\"", "credentials > railway-destroy: `header` and `scheme` must"),
                Arguments.of(
                        "http://127.0.0.1:9000/base",
                        "https://second.example/base",
                        "upstreams > second > http2: `prior-knowledge` is for plain `http`"),
                Arguments.of("\"Bearer\"", "\"Bearer x\"", "credentials > railway-read: `header` and `scheme` must"),
                Arguments.of(
                        read, read.replace("staging", "test"), "credentials > railway-read > environments: `test`"),
                Arguments.of(
                        "[\"destroy\"]", "[\"destroy\",\"unknown\"]", "railway-destroy > impacts: `unknown` cannot"),
                Arguments.of(
                        "[\"destroy\"]", "[\"destroy\",\"write\"]", "a credential that can destroy in a protected"),
                Arguments.of(
                        "\"resolver\":\"railway-read\"",
                        "\"resolver\":\"railway-destroy\"",
                        "must have only" + " the impact `read`"),
                Arguments.of(
                        "\"resolver\":\"railway-read\"", "\"resolver\":\"nobody\"", "there is no credential `nobody`"),
                Arguments.of(
                        "railway:volume/vol-1\":", "vercel:repo/x\":", "resources > vercel:repo/x: `vercel:repo/x` is"),
                Arguments.of(
                        "[\"staging\"],\"groups\":[\"railway:project/p1\"]",
                        "[\"moon\"],\"groups\":[\"railway:project/p1\"]",
                        "upstreams > railway > resources > railway:volume/vol-1 > environments: `moon` is not"),
                Arguments.of(
                        "[\"staging\"],\"groups\":[\"railway:project/p1\"]",
                        "[\"staging\"],\"groups\":[\"github:org/o\"]",
                        "upstreams > railway > resources > railway:volume/vol-1 > groups: `github:org/o` is not"),
                Arguments.of(
                        "railway:bucket/tmp-*", "github:repo/*", "resources > github:repo/*: `github:repo/*` is not"),
                Arguments.of(
                        "[\"production\"],\"groups\":[\"railway:project/p1\"]",
                        "[\"moon\"],\"groups\":[\"railway:project/p1\"]",
                        "upstreams > railway > resources > railway:bucket/tmp-* > environments: `moon` is not"),
                Arguments.of(
                        "[\"production\"],\"groups\":[\"railway:project/p1\"]",
                        "[\"production\"],\"groups\":[\"github:org/o\"]",
                        "upstreams > railway > resources > railway:bucket/tmp-* > groups: `github:org/o` is not"),
                Arguments.of(
                        "\"of\":\"railway:",
                        "\"of\":\"github:",
                        "upstreams > second > backups: `github:volume/vol-1`"));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void danglingReferencesAreRefusedByName(String good, String bad, String issue) {
        String payload = payload(SOUND);
        assertThat(payload).contains(good);
        String changed = payload.replaceFirst(Pattern.quote(good), Matcher.quoteReplacement(bad));
        Seal seal = DraftSeals.read(changed.getBytes(StandardCharsets.UTF_8));
        assertThat(issues(seal)).anySatisfy(found -> assertThat(found).contains(issue));
    }

    @Test
    void botsOfAnUpstreamAreChecked() {
        Seal.Upstream known = railway();
        SealedBots bots = new SealedBots(
                Set.of("ok-bot", "no bot", "maya"),
                Set.of("maya", "@kim"),
                Set.of("ship it", "x", "two  spaces"),
                Set.of("github:repo/a/b", "railway:volume/*", "volume", "railway:volume/vol_*"));
        Seal.Upstream upstream = new Seal.Upstream(
                known.name(),
                known.catalog(),
                known.address(),
                known.ca(),
                known.credentials(),
                known.resolver(),
                known.places(),
                known.backups(),
                known.referencesSecrets(),
                known.inside(),
                known.priorKnowledge(),
                Optional.of(bots));
        Seal sealed = SOUND.with(
                parts -> parts.upstreams = Map.of("railway", upstream, "second", second(backup(Optional.empty()))));
        String line = "is not the beginning of a line: two characters or more, with single spaces";
        assertThat(issues(sealed))
                .containsExactlyInAnyOrder(
                        "upstreams > railway > bots > accounts: `no bot` is not the name of an account; write it without `@`",
                        "upstreams > railway > bots > people: `@kim` is not the name of an account; write it without `@`",
                        "upstreams > railway > bots: `maya` is either a bot or one of `people`",
                        "upstreams > railway > bots > commands: `x` " + line,
                        "upstreams > railway > bots > commands: `two  spaces` " + line,
                        "upstreams > railway > bots > none-in: `github:repo/a/b` is not a resource of `railway`",
                        "upstreams > railway > bots > none-in: `railway:volume/*` is everywhere; write the beginning of a name",
                        "upstreams > railway > bots > none-in: `volume` is no resource or pattern: a resource is written"
                                + " `provider:type/id`, not `volume`");
    }

    @Test
    void onlyInterlocksAttestersMayAttestRestores() {
        Seal seal = SOUND.with(parts ->
                parts.upstreams = Map.of("railway", railway(), "second", second(backup(Optional.of(Fixtures.NOW)))));
        assertThat(issues(seal))
                .containsExactly("upstreams > second > backups: a seal cannot claim that a backup was restored; only"
                        + " Interlock can attest it");
    }

    @Test
    void backupPlansReferToExistingResources() {
        BackupPlans.Plan lost = new BackupPlans.Plan(VOLUME, VOLUME.toString());
        BackupPlans.Plan strange = new BackupPlans.Plan(Resource.parse("elsewhere:disk/d1"), "s3:elsewhere");
        Seal seal = SOUND.with(
                parts -> parts.backups = new BackupPlans(List.of("no key"), Map.of("lost", lost, "strange", strange)));
        assertThat(issues(seal))
                .containsExactlyInAnyOrder(
                        "backups > attesters: `no key` is not an OpenSSH public key",
                        "backups > plans > lost > domain: name the place of its backups, which must differ from the"
                                + " resource that they save",
                        "backups > plans > strange > of: `elsewhere:disk/d1` does not belong to any upstream");
        assertThat(issues(SOUND.with(parts -> parts.backups =
                        new BackupPlans(List.of(), Map.of("ok", new BackupPlans.Plan(VOLUME, "s3:x"))))))
                .containsExactly("backups > attesters: name the key that `interlock backup run` signs with");
        assertThat(issues(SOUND.with(parts -> parts.backups = new BackupPlans(
                        List.of(TestingKey.software().line()),
                        Map.of("ok", new BackupPlans.Plan(VOLUME, "s3:x")),
                        Set.of(VOLUME, Resource.parse("elsewhere:disk/d1"))))))
                .containsExactlyInAnyOrder(
                        "backups > expendable: `elsewhere:disk/d1` does not belong to any upstream",
                        "backups > expendable: `" + VOLUME + "` has a backup plan, so it cannot be expendable");
    }

    /** A seal in force stays valid: the rule is younger than some of them. */
    @Test
    void anAttestersKeyIsNoSignersKey() {
        BackupPlans plans = new BackupPlans(
                List.of(TestingKey.software().line(), MAYA + " of another machine"),
                Map.of("shop-db", new BackupPlans.Plan(VOLUME, "s3:x")));
        Seal seal = SOUND.with(parts -> parts.backups = plans);
        assertThat(DraftSeals.issues(seal, Fixtures.CATALOGS))
                .extracting(SealIssue::toString)
                .containsExactly("backups > attesters: `" + MAYA
                        + " of another machine` is the key of `maya`; create a separate key for the machine that"
                        + " verifies backups");
        assertThat(issues(seal)).isEmpty();
        assertThat(DraftSeals.issues(SOUND, Fixtures.CATALOGS)).isEmpty();
    }

    private static Seal.Upstream database(String name, String host) {
        return new Seal.Upstream(
                name,
                "pg",
                URI.create("postgres://" + host + "/shop"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
    }

    @Test
    void aPlanSavesOneDatabaseOfOneServer() {
        BackupPlans plans = new BackupPlans(
                List.of(JER), Map.of("db", new BackupPlans.Plan(Resource.parse("pg:database/shop"), "s3:x")));
        Map<String, Seal.Upstream> one = Map.of("railway", railway(), "shop", database("shop", "db"));
        assertThat(issues(SOUND.with(parts -> {
                    parts.backups = plans;
                    parts.upstreams = one;
                })))
                .noneMatch(issue -> issue.startsWith("backups"));
        Map<String, Seal.Upstream> two = new TreeMap<>(one);
        two.put("staging", database("staging", "staging"));
        assertThat(issues(SOUND.with(parts -> {
                    parts.backups = plans;
                    parts.upstreams = two;
                })))
                .contains("backups > plans > db > of: several upstreams have a database `shop`, at different"
                        + " addresses, so no backup can be told to be of one of them");
    }

    @Test
    void aCopyRefersToAnotherPlan() {
        BackupPlans.Plan plan = new BackupPlans.Plan(VOLUME, "s3:x");
        for (String of : List.of("nowhere", "far", "copy")) {
            BackupPlans.Plan far = new BackupPlans.Plan(
                    VOLUME, "s3:x", BackupPlans.RecoveryTargets.USUAL, Optional.empty(), Optional.of(of));
            BackupPlans.Plan copy = new BackupPlans.Plan(
                    VOLUME, "s3:x", BackupPlans.RecoveryTargets.USUAL, Optional.empty(), Optional.of("shop-db"));
            BackupPlans plans = new BackupPlans(List.of(JER), Map.of("shop-db", plan, "copy", copy, "far", far));
            assertThat(issues(SOUND.with(parts -> parts.backups = plans)))
                    .containsExactly("backups > plans > far > copy-of: name a plan of `" + VOLUME
                            + "` that is not a copy" + " itself");
        }
    }

    @Test
    void aRecoveryTargetIsPositive() {
        BackupPlans.RecoveryTargets none =
                new BackupPlans.RecoveryTargets(Duration.ofHours(1), Optional.of(Duration.ZERO), Optional.empty());
        BackupPlans.Plan plan = new BackupPlans.Plan(VOLUME, "s3:x", none, Optional.of(Set.of(" ")), Optional.empty());
        assertThat(issues(SOUND.with(parts -> parts.backups = new BackupPlans(List.of(JER), Map.of("shop-db", plan)))))
                .containsExactlyInAnyOrder(
                        "backups > plans > shop-db > deletable-by: a credential needs a name",
                        "backups > plans > shop-db > targets: a target must be longer than zero");
    }

    /** A gateway that cannot read a catalog must not decide by another of the same name. */
    @Test
    void anUnreadableCatalogIsRefusedFirst() {
        assertThat(issues(carrying("railway")))
                .containsExactly("own-catalogs > railway: custom catalogs are not read here");
        assertThat(issues(carrying("shop")))
                .containsExactly(
                        "own-catalogs > shop: custom catalogs are not read here",
                        "own-catalogs > shop: no upstream has the catalog `shop`");
    }

    @Test
    void anOlderOrEqualSealIsNotStored(@TempDir Path directory) {
        try (Database database = Database.open(directory.resolve("s.db"), SqliteSealStore.SCHEMAS)) {
            SealStore store = new SqliteSealStore(database);
            assertThat(store.keep(2, "two", new byte[] {2})).isTrue();
            assertThat(store.keep(2, "other", new byte[] {9})).isFalse();
            assertThat(store.keep(1, "one", new byte[] {1})).isFalse();
            assertThat(store.latest()).map(SealStore.StoredSeal::id).contains("two");
            assertThat(store.keep(3, "three", new byte[] {3})).isTrue();
            assertThat(store.latest()).map(SealStore.StoredSeal::sequence).contains(3L);
        }
    }
}
