package dev.interlock.inventory;

import static dev.interlock.inventory.TestActions.destroy;
import static dev.interlock.inventory.TestActions.write;
import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.evidence.Json;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the inventory with a real provider that does not change. */
final class InventoryTest {

    private static final Resource SHARED = resource("volume", TestingSeal.SHARED);
    private static final Resource SCRATCH = resource("volume", TestingSeal.SCRATCH);
    private static final Resource STAGING = resource("environment", TestingSeal.STAGING);
    private static final Resource PRODUCTION = resource("environment", TestingSeal.PRODUCTION);
    private static final Resource API = resource("service", TestingSeal.API);
    private static final Resource PROJECT = resource("project", TestingSeal.PROJECT);
    private static final Resource ACCOUNT = resource("account", "self");

    @TempDir
    private static Path directory;

    private static RailwaySimulator railway;
    private static HttpsAsker asker;

    private final TestingClock clock = new TestingClock();
    private final Inventory inventory = new Inventory(asker, clock.utc(), BuiltIn.FACTS);
    private TestingSeal seal = TestingSeal.bound(URI.create("https://127.0.0.1:" + railway.port()));

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

    @BeforeEach
    void nothingAskedYet() {
        asker.asked.set(0);
    }

    private LocatedActions locate(List<Action> actions, Freshness freshness) {
        return inventory.locate(seal.seal(), "railway", "L-1", actions, freshness);
    }

    private LocatedActions fresh(List<Action> actions) {
        return locate(actions, Freshness.FRESH);
    }

    private static Placement place(LocatedActions located, Resource resource) {
        return located.placements().get(resource);
    }

    @Test
    void aSharedVolumeIsInEveryEnvironmentThatMountsIt() {
        LocatedActions located = fresh(destroy("volumeDelete", SHARED));

        assertThat(place(located, SHARED).environments()).containsExactly("production", "staging");
        assertThat(place(located, SHARED).known()).isTrue();
        assertThat(place(located, SHARED).provenance()).isEqualTo(Provenance.RESOLVED);
        assertThat(place(located, SHARED).groups()).containsExactly(PROJECT);
    }

    @Test
    void backupsOnAVolumeAreLostWithIt() {
        Instant taken = Instant.parse("2026-08-20T00:00:00Z");
        seal = seal.with(
                new Backup("offsite", SHARED, taken, "s3:elsewhere", Provenance.SEALED, Optional.of(taken)),
                new Backup("beside", SHARED, taken, SHARED.toString(), Provenance.SEALED, Optional.empty()));

        LocatedActions located = fresh(destroy("volumeDelete", SHARED));

        assertThat(located.radius().lost())
                .containsExactlyInAnyOrder(
                        SHARED,
                        resource("volume-instance", TestingSeal.SHARED_IN_PRODUCTION),
                        resource("volume-instance", TestingSeal.SHARED_IN_STAGING));
        assertThat(located.radius().lostBackups())
                .hasSize(4)
                .extracting(Backup::id)
                .contains("beside");
        assertThat(located.radius().survivors()).extracting(Backup::id).containsExactly("offsite");
        assertThat(located.radius().survivors().getFirst().restoredAt()).isEmpty(); // a claim of the seal is no proof
    }

    private static Backup attested(String domain) {
        return attested(domain, "shop-db/" + TestingAttester.id(1));
    }

    private static Backup attested(String domain, String id) {
        Instant taken = Instant.parse("2026-11-20T01:00:00Z");
        return new Backup(
                id,
                SHARED,
                taken,
                domain,
                Provenance.ATTESTED,
                Optional.of(taken.plusSeconds(600)),
                Optional.of(new Backup.Attestation(Json.object(), "", Set.of())));
    }

    /** A volume is restored with its mounts; a project is more than its volumes. */
    @Test
    void aRestoredBackupCoversOnlyItsResource() {
        Inventory knowing = new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of(attested("hetzner:box/u1")));
        BlastRadius volume = knowing.locate(
                        seal.seal(), "railway", "L-1", destroy("volumeDelete", SHARED), Freshness.FRESH)
                .radius();
        assertThat(volume.survivors())
                .singleElement()
                .satisfies(backup ->
                        assertThat(backup.attestation().orElseThrow().covers()).isEqualTo(volume.lost()));

        BlastRadius project = knowing.locate(
                        seal.seal(), "railway", "L-1", destroy("projectDelete", PROJECT), Freshness.FRESH)
                .radius();
        assertThat(project.survivors())
                .singleElement()
                .satisfies(
                        backup -> assertThat(backup.attestation().orElseThrow().covers())
                                .contains(SHARED)
                                .doesNotContain(PROJECT));
    }

    @Test
    void aRestoredBackupCoversALostMountAndItsVolume() {
        Inventory knowing = new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of(attested("hetzner:box/u1")));
        BlastRadius staging = knowing.locate(
                        seal.seal(), "railway", "L-1", destroy("environmentDelete", STAGING), Freshness.FRESH)
                .radius();
        Resource mount = resource("volume-instance", TestingSeal.SHARED_IN_STAGING);
        assertThat(staging.lost()).contains(mount, SHARED);
        assertThat(staging.survivors())
                .singleElement()
                .satisfies(backup ->
                        assertThat(backup.attestation().orElseThrow().covers()).contains(mount, SHARED));
    }

    @Test
    void aRestoredBackupInsideTheLossIsLost() {
        Inventory knowing = new Inventory(
                asker,
                clock.utc(),
                BuiltIn.FACTS,
                _ -> List.of(attested(resource("volume", TestingSeal.SCRATCH).toString())));
        BlastRadius volume = knowing.locate(
                        seal.seal(), "railway", "L-1", destroy("volumeDelete", SHARED), Freshness.FRESH)
                .radius();
        assertThat(volume.survivors()).extracting(Backup::id).containsExactly("shop-db/" + TestingAttester.id(1));
        BlastRadius project = knowing.locate(
                        seal.seal(), "railway", "L-1", destroy("projectDelete", PROJECT), Freshness.FRESH)
                .radius();
        assertThat(project.survivors()).isEmpty();
        assertThat(project.lostBackups()).extracting(Backup::id).contains("shop-db/" + TestingAttester.id(1));
    }

    /** A restored copy is at another provider, and a call there can delete it too. */
    @Test
    void aBackupAtAnotherProviderIsLostWithThatProvider() {
        Seal.Upstream boxes = new Seal.Upstream(
                "boxes",
                "hetzner",
                URI.create("https://example.test"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
        Seal both = seal.seal().with(parts -> {
            Map<String, Seal.Upstream> upstreams = new TreeMap<>(parts.upstreams);
            upstreams.put("boxes", boxes);
            parts.upstreams = upstreams;
        });
        Resource box = new Resource("hetzner", "volume", "9");
        List<Action> deletion = List.of(new Action(
                new Operation("hetzner", "volume_delete"),
                Set.of(Impact.DESTROY),
                Reversibility.IRREVERSIBLE,
                Set.of(box),
                List.of()));
        Inventory one = new Inventory(asker, clock.utc(), BuiltIn.FACTS, _ -> List.of(attested(box.toString())));
        LocatedActions last = one.locate(both, "boxes", "L-1", deletion, Freshness.FRESH);
        assertThat(last.radius().lostBackups())
                .singleElement()
                .satisfies(backup -> assertThat(backup.id()).isEqualTo("shop-db/" + TestingAttester.id(1)))
                .satisfies(backup -> assertThat(backup.attestation())
                        .as("nothing rests on it here, and statements are short")
                        .isEmpty());
        assertThat(last.radius().survivors()).isEmpty();
        assertThat(last.radius().notes()).contains("No backup of `" + SHARED + "` would remain.");
        assertThat(LossDescription.describe(deletion, last.placements(), last.radius(), Set.of(), clock.instant()))
                .contains("1 backup of " + SHARED + " would be lost with it");

        Inventory two = new Inventory(
                asker,
                clock.utc(),
                BuiltIn.FACTS,
                _ -> List.of(attested("s3:far", "shop-db/" + TestingAttester.id(2)), attested(box.toString())));
        LocatedActions left = two.locate(both, "boxes", "L-1", deletion, Freshness.FRESH);
        assertThat(left.radius().survivors()).as("of what is deleted").isEmpty();
        assertThat(left.radius().notes()).noneMatch(note -> note.startsWith("No backup of"));

        List<Action> part = List.of(new Action(
                new Operation("hetzner", "storage_box_snapshot_delete"),
                Set.of(Impact.DESTROY),
                Reversibility.IRREVERSIBLE,
                Set.of(box),
                List.of(new Fact(Fact.DESTROYS, "only what the path ends with", Provenance.SEALED))));
        assertThat(one.locate(both, "boxes", "L-1", part, Freshness.FRESH)
                        .radius()
                        .lostBackups())
                .isEmpty();
    }

    @Test
    void theLossIsDescribedInOneParagraph() {
        seal = seal.with(new Backup(
                "offsite",
                SHARED,
                clock.instant().minus(Duration.ofDays(92)),
                "s3:elsewhere",
                Provenance.SEALED,
                Optional.empty()));
        List<Action> actions = destroy("volumeDelete", SHARED);
        LocatedActions located = fresh(actions);

        assertThat(LossDescription.describe(
                        actions, located.placements(), located.radius(), Set.of("staging"), clock.instant()))
                .isEqualTo("volume \"bookings-data\" (" + TestingSeal.SHARED + ") is mounted by staging and production;"
                        + " all 3 backups live on it; youngest other backup declared: 92 days old, never verified");
    }

    @Test
    void aDisposableVolumeIsInStagingAlone() {
        LocatedActions located = fresh(destroy("volumeDelete", SCRATCH));

        assertThat(place(located, SCRATCH).environments()).containsExactly("staging");
        assertThat(located.radius().environments()).containsExactly("staging");
        assertThat(located.radius().lostBackups()).isEmpty();
    }

    @Test
    void aServiceIsEverywhereWhateverEnvironmentItsOperationNames() {
        assertThat(place(fresh(write("serviceUpdate", API)), API).environments())
                .containsExactly("production", "staging");
        assertThat(place(fresh(write("serviceInstanceUpdate", API, STAGING)), API)
                        .environments())
                .as("outside a fork, the provider updates every environment, whichever is named")
                .containsExactly("production", "staging");
    }

    @Test
    void ordinaryWorkInABoundEnvironmentAsksNothing() {
        LocatedActions located = locate(write("variableUpsert", STAGING), Freshness.CACHED);

        assertThat(located.radius().environments()).containsExactly("staging");
        assertThat(asker.asked).hasValue(0);
    }

    @Test
    void projectAndAccountAreAllThatLiesInThem() {
        LocatedActions located = fresh(destroy("projectDelete", PROJECT));
        assertThat(place(located, PROJECT).environments()).containsExactly("production", "staging");
        assertThat(located.radius().lost()).contains(SHARED, SCRATCH, STAGING, PRODUCTION, API, PROJECT);
        assertThat(located.radius().lostBackups()).hasSize(3);

        assertThat(place(fresh(destroy("volumePurgeEverything", ACCOUNT)), ACCOUNT)
                        .environments())
                .containsExactly("production", "staging");
    }

    @Test
    void deletingAnEnvironmentIsDoneToEveryEnvironmentThatUsesAVolumeOfIt() {
        LocatedActions located = fresh(destroy("environmentDelete", STAGING));

        assertThat(place(located, STAGING).environments()).containsExactly("production", "staging");
        assertThat(located.radius().environments()).containsExactly("production", "staging");
        assertThat(located.radius().lost())
                .contains(SCRATCH, SHARED, resource("volume-instance", TestingSeal.SHARED_IN_STAGING));
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("mounted elsewhere too"));
    }

    @Test
    void deletingAnEnvironmentListsItsServicesAndWhatIsShared() {
        LocatedActions located = fresh(destroy("environmentDelete", STAGING));

        assertThat(located.radius().lost())
                .filteredOn(lost -> lost.type().equals("service-instance"))
                .as("%s", located.radius())
                .isNotEmpty()
                .allSatisfy(instance -> {
                    assertThat(place(fresh(write("serviceInstanceUpdate", instance)), instance)
                                    .environments())
                            .containsExactly("staging");
                    assertThat(located.radius().names()).containsKey(instance);
                });
        assertThat(located.radius().names()).containsEntry(STAGING, "staging");
        assertThat(located.radius().alsoIn()).containsEntry(SHARED, Set.of("production"));
        assertThat(located.radius().alsoIn()).doesNotContainKeys(STAGING, SCRATCH);
    }

    /** Whoever may lose something by a detour needs as much as whoever destroys it straight away. */
    @Test
    void anActionIsPlacedWhereverWhatItLosesIs() {
        for (Resource thing : List.of(ACCOUNT, PROJECT, STAGING, PRODUCTION, API, SHARED, SCRATCH)) {
            LocatedActions located = fresh(destroy("volumePurgeEverything", thing));
            for (Resource lost : located.radius().lost()) {
                assertThat(place(located, thing).environments())
                        .as("%s loses %s", thing, lost)
                        .containsAll(place(fresh(destroy("volumePurgeEverything", lost)), lost)
                                .environments());
            }
        }
    }

    @Test
    void losingSettingsIsNotLosingData() {
        LocatedActions located = locate(destroy("variableDelete", STAGING), Freshness.CACHED);

        assertThat(located.radius().lost()).isEmpty();
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("no data on volumes"));
    }

    @Test
    void anOpaquePatchMayTakeAllThatIsInTheEnvironment() {
        assertThat(fresh(destroy("environmentPatchCommit", STAGING, SCRATCH))
                        .radius()
                        .lost())
                .contains(STAGING, SCRATCH, resource("volume-instance", TestingSeal.SHARED_IN_STAGING));
    }

    @Test
    void anEnvironmentThatOnlySaysWhereIsNotLost() {
        LocatedActions located = fresh(destroy("serviceDelete", API, STAGING));

        assertThat(located.radius().lost()).contains(API).doesNotContain(STAGING);
    }

    /** The provider does not say what happens to them: unknown counts as the worst. */
    @Test
    void aServiceIsLostWithWhatItHasMounted() {
        LocatedActions located = fresh(destroy("serviceDelete", API, STAGING));

        assertThat(located.radius().lost())
                .containsExactlyInAnyOrder(API, SCRATCH, resource("volume-instance", TestingSeal.SCRATCH_MOUNT));
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("is not certain"));
        assertThat(fresh(destroy("cancelPitrHaWorkflow", API, STAGING)).radius().lost())
                .containsExactly(API);
        assertThat(fresh(destroy("serviceInstanceLimitsUpdate", API, STAGING))
                        .radius()
                        .lost())
                .isEmpty();
    }

    @Test
    void restoringTakesTheDataAndTheYoungerBackups() {
        Resource mount = resource("volume-instance", TestingSeal.SHARED_IN_PRODUCTION);
        Resource second = resource("volume-backup", TestingSeal.NIGHTLY.substring(0, 35) + "2");

        LocatedActions located = fresh(destroy("volumeInstanceBackupRestore", mount, second));

        assertThat(located.radius().lost()).containsExactly(mount);
        assertThat(located.radius().lostBackups()).extracting(Backup::id).containsExactly(TestingSeal.NIGHTLY);
        assertThat(located.radius().survivors()).hasSize(2);
    }

    @Test
    void aMountAndABackupShareTheEnvironmentsOfTheirVolume() {
        Resource mount = resource("volume-instance", TestingSeal.SHARED_IN_STAGING);
        Resource backup = resource("backup", TestingSeal.NIGHTLY);

        assertThat(place(fresh(write("volumeInstanceBackupCreate", mount)), mount)
                        .environments())
                .containsExactly("production", "staging");
        LocatedActions located = fresh(destroy("volumeInstanceBackupDelete", backup, mount));
        assertThat(place(located, backup).environments()).containsExactly("production", "staging");
        assertThat(located.radius().lostBackups()).extracting(Backup::id).containsExactly(TestingSeal.NIGHTLY);
        assertThat(located.radius().survivors()).hasSize(2);
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("is stored on the resource that it saves"));
    }

    @Test
    void switchingBackupsOffSaysWhatTheyProtect() {
        Resource mount = resource("volume-instance", TestingSeal.SHARED_IN_PRODUCTION);

        LocatedActions located = fresh(destroy("volumeInstanceBackupScheduleUpdate", mount));

        assertThat(located.radius().lost()).isEmpty();
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("DAILY and WEEKLY"));
    }

    @Test
    void anUnboundEnvironmentCountsAsTheMostProtected() {
        seal = TestingSeal.empty(seal.address()).with(PRODUCTION, "production");

        Placement scratch = place(fresh(destroy("volumeDelete", SCRATCH)), SCRATCH);
        Placement staging = place(fresh(write("variableUpsert", STAGING)), STAGING);

        assertThat(scratch.environments()).containsExactly("production");
        assertThat(scratch.known()).isFalse();
        assertThat(staging.environments()).containsExactly("production");
        assertThat(staging.known()).isFalse();
    }

    @Test
    void anUnknownIdCountsAsMostProtected() {
        Resource stranger = resource("volume", "vol-nowhere");

        LocatedActions located = fresh(destroy("volumeDelete", stranger));

        assertThat(place(located, stranger).environments()).containsExactly("production");
        assertThat(place(located, stranger).known()).isFalse();
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("is not known to the seal or"));
    }

    @Test
    void anotherProvidersResourceAndAnUnknownUpstreamAreMostProtected() {
        Resource foreign = new Resource("github", "repository", "x");
        assertThat(place(fresh(write("volumeUpdate", foreign)), foreign).environments())
                .containsExactly("production");

        LocatedActions located =
                inventory.locate(seal.seal(), "elsewhere", "L-1", write("volumeUpdate", SCRATCH), Freshness.FRESH);
        assertThat(place(located, SCRATCH).environments()).containsExactly("production");
        assertThat(place(located, SCRATCH).known()).isFalse();
    }

    @Test
    void theProviderOnlyAddsToTheSealsPlacement() {
        seal = seal.with(SCRATCH, "production");

        LocatedActions located = fresh(destroy("volumeDelete", SCRATCH));

        assertThat(place(located, SCRATCH).environments()).containsExactly("production", "staging");
        assertThat(located.radius().notes()).anyMatch(note -> note.startsWith("The seal places"));
    }

    @Test
    void withoutResolverOnlyTheSealCounts() {
        seal = seal.with(SCRATCH, "staging").withoutResolver();

        assertThat(place(fresh(destroy("volumeDelete", SCRATCH)), SCRATCH).known())
                .isTrue();
        assertThat(place(fresh(destroy("volumeDelete", SHARED)), SHARED).environments())
                .containsExactly("production");
        assertThat(asker.asked).hasValue(0);
    }

    @Test
    void aCachedTopologyIsSharedAndReadOnce() {
        locate(write("volumeUpdate", SCRATCH), Freshness.CACHED);
        int once = asker.asked.get();
        locate(write("volumeUpdate", SHARED), Freshness.CACHED);

        assertThat(asker.asked).hasValue(once);
    }

    @Test
    void aCredentialThatSeesOneEnvironmentIsNoResolver() throws Exception {
        try (HttpsAsker narrow = new HttpsAsker(railway.authority(), "rw_staging-project-token")) {
            LocatedActions located = new Inventory(narrow, clock.utc(), BuiltIn.FACTS)
                    .locate(seal.seal(), "railway", "L-1", destroy("volumeDelete", SHARED), Freshness.FRESH);

            assertThat(place(located, SHARED).known()).isFalse();
            assertThat(place(located, SHARED).environments()).containsExactly("production");
        }
    }

    @Test
    void oneAgentCannotHammerTheProviderNorStopTheOthers() {
        for (int i = 0; i < QueryBudget.PER_UPSTREAM_SIGNED / 2; i++) {
            fresh(write("volumeUpdate", SCRATCH));
        }
        int asked = asker.asked.get();

        LocatedActions refused = fresh(write("volumeUpdate", SCRATCH));
        assertThat(asked).isEqualTo(QueryBudget.PER_UPSTREAM_SIGNED / 2);
        assertThat(asker.asked).hasValue(asked);
        assertThat(place(refused, SCRATCH).environments()).containsExactly("production");
        assertThat(refused.radius().notes()).anyMatch(note -> note.contains("asked too often"));

        LocatedActions other =
                inventory.locate(seal.seal(), "railway", "L-2", write("volumeUpdate", SCRATCH), Freshness.FRESH);
        assertThat(place(other, SCRATCH).known()).isTrue();

        clock.pass(QueryBudget.WINDOW.plusSeconds(1));
        assertThat(place(fresh(write("volumeUpdate", SCRATCH)), SCRATCH).known())
                .isTrue();
    }

    @Test
    void aDeploymentAndADomainAreAskedForByThemselves() {
        Resource deployment = resource("deployment", "de910000-0000-4000-8000-57a61a9e0002");
        Resource domain = resource("custom-domain", "d0a10000-0000-4000-8000-9d0d0c100001");

        assertThat(place(fresh(write("deploymentRestart", deployment)), deployment)
                        .environments())
                .containsExactly("staging");
        assertThat(place(fresh(write("customDomainDelete", domain)), domain).environments())
                .containsExactly("production");
        Resource wrong = resource("deployment", "de910000");
        assertThat(place(fresh(write("deploymentRestart", wrong)), wrong).known())
                .isFalse();
    }

    /** An agent asks for its state every other second until a deployment is done. */
    @Test
    void aDeploymentIsAskedForOnce() {
        Resource deployment = resource("deployment", "de910000-0000-4000-8000-57a61a9e0002");
        locate(write("deploymentRestart", deployment), Freshness.CACHED);
        int asked = asker.asked.get();

        for (int i = 0; i < QueryBudget.PER_UPSTREAM; i++) {
            assertThat(place(locate(write("deploymentRestart", deployment), Freshness.CACHED), deployment)
                            .environments())
                    .containsExactly("staging");
        }
        assertThat(asker.asked).hasValue(asked);

        fresh(destroy("deploymentStop", deployment));
        assertThat(asker.asked).as("what cannot be undone is looked up anew").hasValueGreaterThan(asked);
    }

    /** An ordinary minute of one agent: most calls name what the last picture shows, and some must not rely on it. */
    @Test
    void twoHundredDifferentCallsAMinuteAreAllLookedUp() {
        Resource deployment = resource("deployment", "de910000-0000-4000-8000-57a61a9e0002");
        Resource domain = resource("custom-domain", "d0a10000-0000-4000-8000-9d0d0c100001");
        List<List<Action>> ordinary = List.of(
                write("serviceUpdate", API),
                write("variableUpsert", STAGING, API),
                write("variableUpsert", PRODUCTION, API),
                write("volumeUpdate", SCRATCH),
                write("volumeUpdate", SHARED),
                write("deploymentRestart", deployment),
                write("customDomainUpdate", domain),
                write("projectUpdate", PROJECT),
                destroy("volumeDelete", SCRATCH),
                destroy("volumeDelete", SHARED));
        for (int call = 0; call < 200; call++) {
            if (call % 100 == 0) {
                inventory.refresh(seal.seal());
            }
            LocatedActions located = locate(ordinary.get(call % ordinary.size()), Freshness.CACHED);
            assertThat(located.gaps()).as("call %s", call).isEmpty();
            clock.pass(Duration.ofMillis(300));
        }
    }

    /** Locates what some calls would do, all of which have come before the provider answers the first query. */
    private List<LocatedActions> locateAtOnce(int number, IntFunction<List<Action>> call) throws InterruptedException {
        Semaphore answers = new Semaphore(0);
        Inventory slow = new Inventory(
                (upstream, query) -> {
                    answers.acquireUninterruptibly();
                    return asker.ask(upstream, query);
                },
                clock.utc(),
                BuiltIn.FACTS);
        List<LocatedActions> found = Collections.synchronizedList(new ArrayList<>());
        List<Thread> calls = IntStream.range(0, number)
                .mapToObj(i -> Thread.ofVirtual()
                        .start(() -> found.add(
                                slow.locate(seal.seal(), "railway", "jer/cursor", call.apply(i), Freshness.CACHED))))
                .toList();
        while (calls.stream()
                .anyMatch(one -> one.getState() == Thread.State.RUNNABLE || one.getState() == Thread.State.NEW)) {
            WaitLoop.pause();
        }
        answers.release(1_000);
        for (Thread one : calls) {
            one.join();
        }
        return found;
    }

    @Test
    void equalCallsAtOnceShareALookup() throws InterruptedException {
        assertThat(locateAtOnce(50, _ -> destroy("volumeDelete", SCRATCH)))
                .hasSize(50)
                .allSatisfy(
                        located -> assertThat(place(located, SCRATCH).known()).isTrue());
        assertThat(asker.asked.get()).isLessThan(50); // one for each is 150
    }

    @Test
    void differentCallsAtOnceShareWhatIsReadOfAll() throws InterruptedException {
        assertThat(locateAtOnce(30, i -> write("volumeUpdate", SCRATCH, resource("volume", "v" + i))))
                .hasSize(30)
                .allSatisfy(
                        located -> assertThat(place(located, SCRATCH).known()).isTrue());
        assertThat(asker.asked.get()).isLessThan(30); // one for each is 60
    }

    @Test
    void aCuriousIdTravelsAsAVariableAndFindsNothing() {
        Resource curious = resource("deployment", "x\") { id } me { id } deployment(id: \"y");

        assertThat(place(fresh(write("deploymentRestart", curious)), curious).known())
                .isFalse();
        assertThat(asker.asked.get()).isPositive();
    }
}
