package dev.interlock.inventory;

import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.evidence.Json;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests ways of losing the resources of a real provider. */
final class LossForecastTest {

    private static final Resource SHARED = resource("volume", TestingSeal.SHARED);
    private static final Resource SCRATCH = resource("volume", TestingSeal.SCRATCH);
    private static final Instant TAKEN = Instant.parse("2026-11-20T01:00:00Z");

    @TempDir
    private static Path directory;

    private static RailwaySimulator railway;
    private static HttpsAsker asker;

    private final TestingClock clock = new TestingClock();
    private TestingSeal seal = TestingSeal.bound(URI.create("https://127.0.0.1:" + railway.port()));
    private Optional<Set<String>> deletableBy = Optional.empty();
    private final Map<String, Optional<String>> others = new HashMap<>();

    @BeforeAll
    static void start() throws Exception {
        railway = RailwaySimulator.start(directory.resolve("state"));
        asker = new HttpsAsker(railway.authority(), "rw_resolver-account-token");
    }

    @AfterAll
    static void stop() throws IOException {
        asker.close();
        railway.close();
    }

    private static Backup attested(String domain) {
        return attested("shop-db", TAKEN, domain);
    }

    private static Backup attested(String plan, Instant takenAt, String domain) {
        return attested(plan, takenAt, domain, Json.object());
    }

    private static Backup attested(String plan, Instant takenAt, String domain, Json.Members said) {
        return new Backup(
                plan + "/" + TestingAttester.id(1),
                SHARED,
                takenAt,
                domain,
                Provenance.ATTESTED,
                Optional.of(TAKEN.plusSeconds(600)),
                Optional.of(new Backup.Attestation(said, "", Set.of())));
    }

    private Map<String, BackupPlans.Plan> plans() {
        BackupPlans.Plan plan = new BackupPlans.Plan(
                SHARED, "hetzner:box/u1", BackupPlans.RecoveryTargets.USUAL, deletableBy, Optional.empty());
        Map<String, BackupPlans.Plan> plans = new HashMap<>(Map.of("shop-db", plan));
        others.forEach((name, copyOf) -> plans.put(
                name, new BackupPlans.Plan(plan.of(), plan.domain(), plan.targets(), plan.deletableBy(), copyOf)));
        return plans;
    }

    private LossForecast.LossForecasts found(Backup... attested) {
        Seal sealed = seal.seal().with(parts -> parts.backups = new BackupPlans(List.of(), plans()));
        return new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of(attested))
                .forecast(sealed, sealed.upstreams().get("railway"));
    }

    private LossForecast shared(Backup... attested) {
        return found(attested).things().stream()
                .filter(thing -> thing.placement().resource().equals(SHARED))
                .findFirst()
                .orElseThrow();
    }

    private static LossForecast.LossScenario way(LossForecast outlook, String name) {
        return outlook.ways().stream()
                .filter(way -> way.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void allDataIsForecastForEachLoss() {
        assertThat(found().notKnown()).isEmpty();
        assertThat(found().things())
                .extracting(thing -> thing.placement().resource())
                .contains(SHARED, SCRATCH);
        assertThat(shared().ways())
                .extracting(LossForecast.LossScenario::name)
                .containsExactly(
                        "volume", "environment staging", "environment production", "project", "account", "credential");
    }

    /** This was the state of PocketOS in January. */
    @Test
    void backupsOnTheVolumeSurviveNoLoss() {
        LossForecast outlook = shared();
        assertThat(way(outlook, "volume").left()).isEmpty();
        assertThat(way(outlook, "project").left()).isEmpty();
        assertThat(way(outlook, "account").left()).isEmpty();
        assertThat(way(outlook, "credential").left()).isEmpty();
        assertThat(way(outlook, "credential").lost()).containsExactly("railway-read");
    }

    @Test
    void anUnverifiedSeparationIsNamed() {
        Json.Members apart = Json.object().with("separation", "apart");
        Json.Members unknown = Json.object().with("separation", "unknown");
        assertThat(shared(
                                attested("shop-db", TAKEN, "hetzner:box/u1", apart),
                                attested("shop-carts", TAKEN, "hetzner:box/u1", unknown))
                        .unseen())
                .containsExactly("shop-carts/" + TestingAttester.id(1));
        assertThat(shared().unseen())
                .as("what lies on the volume nobody takes for apart")
                .isEmpty();
    }

    @Test
    void aDeclaredBackupIsShownAsNeverRestored() {
        seal = seal.with(new Backup("offsite", SHARED, TAKEN, "s3:elsewhere", Provenance.SEALED, Optional.of(TAKEN)));
        Backup left = way(shared(), "volume").left().orElseThrow();
        assertThat(left.id()).isEqualTo("offsite");
        assertThat(left.restoredAt()).isEmpty();
    }

    @Test
    void aBackupElsewhereSurvivesEachLoss() {
        deletableBy = Optional.of(Set.of("hetzner-box"));
        LossForecast outlook = shared(attested("hetzner:box/u1"));
        assertThat(outlook.ways()).allSatisfy(way -> {
            assertThat(way.left()).map(Backup::id).contains("shop-db/" + TestingAttester.id(1));
            assertThat(way.notKnown()).isEmpty();
        });
    }

    @Test
    void aBackupInAnotherVolumeSurvivesTheVolumeAndNotTheProject() {
        LossForecast outlook = shared(attested(SCRATCH.toString()));
        assertThat(way(outlook, "volume").left()).map(Backup::id).contains("shop-db/" + TestingAttester.id(1));
        assertThat(way(outlook, "project").left()).isEmpty();
        assertThat(way(outlook, "account").left()).isEmpty();
        assertThat(way(outlook, "credential").left()).isEmpty();
    }

    /** A failure domain with a name like the provider's own may be part of anything. */
    @Test
    void whereNobodyKnowsWhatADomainLiesInNothingIsCountedOn() {
        for (String domain : List.of("railway:volume/of-somebody-else", "railway:somewhere")) {
            LossForecast.LossScenario project = way(shared(attested(domain)), "project");
            assertThat(project.left()).isEmpty();
            assertThat(project.notKnown()).singleElement().asString().contains(domain);
        }
    }

    /** Deleting a project deletes the resources whose names lie in it, whether or not the seal repeats this. */
    @Test
    void aNestedResourceIsLostWithItsContainer() {
        Resource project = Resource.parse("neon:project/p1");
        Resource branch = Resource.parse("neon:branch/p1/b1");
        Map<Resource, Placement> resources = new HashMap<>();
        for (Resource one : List.of(project, branch)) {
            resources.put(one, new Placement(one, Set.of("production"), Set.of(), Provenance.SEALED, true));
        }
        Backup snapshot = new Backup("nightly", branch, TAKEN, project.toString(), Provenance.SEALED, Optional.empty());
        Seal.Upstream neon = new Seal.Upstream(
                "neon",
                "neon",
                URI.create("https://example.test"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                resources,
                List.of(snapshot));
        Seal sealed = Fixtures.seal().with(parts -> parts.upstreams = Map.of("neon", neon));
        LossForecast looked = new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of())
                .forecast(sealed, neon).things().stream()
                        .filter(one -> one.placement().resource().equals(branch))
                        .findFirst()
                        .orElseThrow();
        assertThat(way(looked, "project").left()).isEmpty();
    }

    @Test
    void theAccountTakesAllThatIsCalledLikeIt() {
        LossForecast.LossScenario account = way(shared(attested("railway:volume/of-somebody-else")), "account");
        assertThat(account.left()).isEmpty();
        assertThat(account.notKnown()).isEmpty();
    }

    @Test
    void whoCanDeleteABackupIsNotKnownUntilItIsSealed() {
        LossForecast.LossScenario misused = way(shared(attested("hetzner:box/u1")), "credential");
        assertThat(misused.left()).isEmpty();
        assertThat(misused.notKnown()).singleElement().asString().contains("shop-db/" + TestingAttester.id(1));
    }

    @Test
    void aCredentialThatDeletesBothLeavesNothing() {
        deletableBy = Optional.of(Set.of("hetzner-box", "railway-read"));
        LossForecast.LossScenario misused = way(shared(attested("hetzner:box/u1")), "credential");
        assertThat(misused.left()).isEmpty();
        assertThat(misused.lost()).containsExactly("railway-read");
    }

    /** Two databases share one volume: the younger backup of one is no backup of the other. */
    @Test
    void theOlderOfTwoPlansDecides() {
        deletableBy = Optional.of(Set.of("hetzner-box"));
        others.put("shop-billing", Optional.empty());
        Instant older = TAKEN.minusSeconds(90 * 86_400);
        LossForecast both = shared(attested("hetzner:box/u1"), attested("shop-billing", older, "hetzner:box/u1"));
        assertThat(both.ways()).allSatisfy(way -> {
            assertThat(way.left()).map(Backup::id).contains("shop-billing/" + TestingAttester.id(1));
            assertThat(way.without()).isEmpty();
        });
        LossForecast one = shared(attested("hetzner:box/u1"));
        // A provider's copy contains all of it, and has had no restore test.
        assertThat(one.ways())
                .allSatisfy(way ->
                        assertThat(way.left().flatMap(Backup::restoredAt)).isEmpty());
        assertThat(way(one, "volume").left()).isEmpty();
        assertThat(way(one, "volume").without()).containsExactly("shop-billing");
        assertThat(shared().ways()).allSatisfy(way -> assertThat(way.without()).isEmpty());
    }

    @Test
    void theNewerOfTwoCopiesDecides() {
        deletableBy = Optional.of(Set.of("hetzner-box"));
        others.put("far", Optional.of("shop-db"));
        Instant older = TAKEN.minusSeconds(90 * 86_400);
        assertThat(shared(attested("shop-db", older, "hetzner:box/u1"), attested("far", TAKEN, "hetzner:box/u1"))
                        .ways())
                .allSatisfy(way -> assertThat(way.left()).map(Backup::id).contains("far/" + TestingAttester.id(1)));
    }

    @Test
    void anUnresponsiveProviderIsReported() {
        Inventory deaf = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody answers");
                },
                clock.utc(),
                BuiltIn.FACTS,
                _ -> List.of(attested("hetzner:box/u1")));
        Seal sealed = seal.with(
                        new Backup("offsite", SHARED, TAKEN, "s3:elsewhere", Provenance.SEALED, Optional.empty()))
                .seal();
        LossForecast.LossForecasts found =
                deaf.forecast(sealed, sealed.upstreams().get("railway"));
        assertThat(found.notKnown()).singleElement().asString().contains("could not be queried");
        assertThat(found.things())
                .singleElement()
                .satisfies(thing -> assertThat(thing.placement().known()).isFalse());
    }

    @Test
    void theCheckFailsWhereOneCredentialReachesDataAndEveryBackup() throws IOException {
        assertThat(concerns(attested(SCRATCH.toString()))).contains(LossExposure.LossConcern.SHARED_CREDENTIAL);
        assertThat(concerns(attested("hetzner:box/u1"))).contains(LossExposure.LossConcern.CREDENTIAL_NOT_KNOWN);
        deletableBy = Optional.of(Set.of("hetzner-box"));
        assertThat(concerns(attested("hetzner:box/u1")))
                .doesNotContain(
                        LossExposure.LossConcern.SHARED_CREDENTIAL, LossExposure.LossConcern.CREDENTIAL_NOT_KNOWN);
        deletableBy = Optional.of(Set.of("railway-read"));
        assertThat(concerns(attested("hetzner:box/u1"))).contains(LossExposure.LossConcern.SHARED_CREDENTIAL);
    }

    /** One good plan hides no other: the data of `shop-billing` is on the same volume. */
    @Test
    void theCheckCoversEachPlan() throws IOException {
        deletableBy = Optional.of(Set.of("hetzner-box"));
        assertThat(sealedConcerns(attested("hetzner:box/u1"))).doesNotContain(LossExposure.LossConcern.NO_BACKUP);
        others.put("shop-billing", Optional.empty());
        assertThat(sealedConcerns(attested("hetzner:box/u1"))).contains(LossExposure.LossConcern.NO_BACKUP);
        assertThat(sealedConcerns(attested("hetzner:box/u1"), attested("shop-billing", TAKEN, "hetzner:box/u1")))
                .doesNotContain(LossExposure.LossConcern.NO_BACKUP);
        others.put("shop-billing", Optional.of("shop-db"));
        assertThat(sealedConcerns(attested("hetzner:box/u1"))).doesNotContain(LossExposure.LossConcern.NO_BACKUP);
    }

    private Set<LossExposure.LossConcern> sealedConcerns(Backup... attested) {
        Seal sealed = seal.seal().with(parts -> parts.backups = new BackupPlans(List.of(), plans()));
        return new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of(attested))
                .examineSealed(sealed, sealed.upstreams().get("railway")).stream()
                        .filter(one -> one.resource().equals(SHARED))
                        .findFirst()
                        .orElseThrow()
                        .concerns();
    }

    private Set<LossExposure.LossConcern> concerns(Backup attested) throws IOException {
        Seal sealed = seal.seal()
                .with(parts -> parts.backups = new BackupPlans(
                        List.of(),
                        Map.of(
                                "shop-db",
                                new BackupPlans.Plan(
                                        SHARED,
                                        "hetzner:box/u1",
                                        BackupPlans.RecoveryTargets.USUAL,
                                        deletableBy,
                                        Optional.empty()))));
        return new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of(attested))
                .examine(sealed, sealed.upstreams().get("railway")).stream()
                        .filter(one -> one.resource().equals(SHARED))
                        .findFirst()
                        .orElseThrow()
                        .concerns();
    }

    /** It is gone, or the asking credential cannot see it; from here nobody can tell which. */
    @Test
    void aVolumeThatItsProviderDoesNotListIsSaidToBeNone() throws IOException {
        Resource gone = Resource.parse("railway:volume/vol_gone");
        Seal sealed = seal.seal()
                .with(parts -> parts.backups = new BackupPlans(
                        List.of(),
                        Map.of(
                                "gone-db",
                                new BackupPlans.Plan(
                                        gone,
                                        "hetzner:box/u1",
                                        BackupPlans.RecoveryTargets.USUAL,
                                        deletableBy,
                                        Optional.empty()))));
        Inventory inventory = new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of());
        Seal.Upstream railway = sealed.upstreams().get("railway");
        assertThat(words(inventory.examine(sealed, railway), gone))
                .contains("not-listed")
                .doesNotContain("unplaced");
        assertThat(words(inventory.examineSealed(sealed, railway), gone))
                .as("nobody was asked")
                .contains("unplaced")
                .doesNotContain("not-listed");
    }

    private static List<String> words(List<LossExposure> exposures, Resource resource) {
        return exposures.stream()
                .filter(one -> one.resource().equals(resource))
                .flatMap(one -> one.concerns().stream())
                .map(LossExposure.LossConcern::word)
                .toList();
    }

    private LossForecast sharedAt(Instant moment, Backup... attested) {
        Seal sealed = seal.seal();
        return new Inventory(asker, clock.utc(), BuiltIn.FACTS)
                .forecast(sealed, sealed.upstreams().get("railway"), moment, List.of(attested)).things().stream()
                        .filter(thing -> thing.placement().resource().equals(SHARED))
                        .findFirst()
                        .orElseThrow();
    }

    /** A backup that was taken later did not exist then. */
    @Test
    void aPastMomentCountsOnlyExistingBackups() {
        seal = seal.with(new Backup("offsite", SHARED, TAKEN, "s3:elsewhere", Provenance.SEALED, Optional.empty()));
        Backup younger = new Backup(
                "shop-db/" + TestingAttester.id(2),
                SHARED,
                TAKEN.plusSeconds(3600),
                "hetzner:box/u1",
                Provenance.ATTESTED,
                Optional.of(TAKEN.plusSeconds(3900)),
                Optional.of(new Backup.Attestation(Json.object(), "", Set.of())));
        assertThat(way(sharedAt(TAKEN.minusSeconds(1), younger), "volume").left())
                .isEmpty();
        assertThat(way(sharedAt(TAKEN, younger), "volume").left())
                .map(Backup::id)
                .contains("offsite");
        assertThat(way(sharedAt(TAKEN.plusSeconds(3600), younger), "volume").left())
                .map(Backup::id)
                .contains("shop-db/" + TestingAttester.id(2));
    }
}
