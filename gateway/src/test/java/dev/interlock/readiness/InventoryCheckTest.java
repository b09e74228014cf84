package dev.interlock.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.DatabaseSurvey;
import dev.interlock.inventory.Inventory;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tests which resources the check lists, and where nothing could be lost. */
final class InventoryCheckTest {

    private static final InventoryCheck.DatabaseReader NONE = (_, _) -> {
        throw new IOException("nobody is asked");
    };

    private final TestingClock clock = new TestingClock();

    private static Seal.Upstream upstream(String catalog) {
        return new Seal.Upstream(
                "our-" + catalog,
                catalog,
                URI.create("https://example.test"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
    }

    private Json.Members check(Map<Operation, Set<Impact>> classify, String... catalogs) {
        Seal seal = Fixtures.seal().with(parts -> {
            parts.classify = classify;
            parts.upstreams = List.of(catalogs).stream()
                    .map(InventoryCheckTest::upstream)
                    .collect(java.util.stream.Collectors.toMap(Seal.Upstream::name, one -> one));
        });
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked");
                },
                clock.utc(),
                BuiltIn.FACTS,
                _ -> List.of());
        return RecordJson.write(new InventoryCheck(() -> Optional.of(seal), inventory, BuiltIn.FACTS, NONE).check());
    }

    /** Upstreams for models and registries hold no data that a call could destroy. */
    @Test
    void aPlacementWithoutLossNeedsNoBackup() {
        Json.Members found = check(Map.of(), "anthropic", "openai", "gemini", "npm", "pypi", "crates", "maven", "go");
        assertThat(found.texts("not_examined")).isEmpty();
        assertThat(found.texts("nothing_destroys")).hasSize(8).contains("our-npm", "our-openai");
    }

    @Test
    void anUnreachableUpstreamIsNotFine() {
        Json.Members found = check(Map.of(), "railway", "github", "hetzner", "neon", "npm");
        assertThat(found.texts("nothing_destroys")).containsExactly("our-npm");
        assertThat(found.texts("not_examined")).hasSize(4).anyMatch(why -> why.startsWith("our-railway: "));
    }

    private Json.Members check(Seal.Upstream upstream, Backup... attested) {
        Seal seal = Fixtures.seal().with(parts -> parts.upstreams = Map.of(upstream.name(), upstream));
        assertThat(seal.environments().get("production").isProtected()).isTrue();
        assertThat(seal.environments().get("staging").isProtected()).isFalse();
        return check(seal, attested);
    }

    private Json.Members check(Seal seal, Backup... attested) {
        CatalogFacts facts = BuiltIn.FACTS;
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked");
                },
                clock.utc(),
                facts,
                _ -> List.of(attested),
                _ -> Map.of());
        return RecordJson.write(new InventoryCheck(() -> Optional.of(seal), inventory, facts, NONE).check());
    }

    private static Seal.Upstream hetzner(List<Backup> backups, Map<String, Set<String>> placed) {
        Map<Resource, Placement> resources = new TreeMap<>();
        placed.forEach((name, environments) -> {
            Resource resource = Resource.parse(name);
            resources.put(resource, new Placement(resource, environments, Set.of(), Provenance.SEALED, true));
        });
        return upstream("hetzner", resources, backups);
    }

    private static Seal.Upstream upstream(String catalog, Map<Resource, Placement> resources, List<Backup> backups) {
        return new Seal.Upstream(
                catalog,
                catalog,
                URI.create("https://example.test"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                resources,
                backups);
    }

    private static List<String> concerns(Json.Members found) {
        return found.objects("exposures").stream()
                .map(one -> one.text("resource") + " " + String.join(" ", one.texts("concerns")))
                .toList();
    }

    /** Most providers' resources cannot be listed, and problems show in the seal. */
    @Test
    void theSealIsCheckedWithoutAResolver() {
        Resource volume = Resource.parse("hetzner:volume/1");
        Backup onItself =
                new Backup("nightly", volume, clock.instant(), "hetzner:volume/1", Provenance.SEALED, Optional.empty());
        Set<String> both = Set.of("staging", "production");
        Json.Members found = check(hetzner(
                List.of(onItself),
                Map.of("hetzner:volume/1", both, "hetzner:server/2", both, "hetzner:server/3", Set.of("production"))));
        assertThat(concerns(found))
                .containsExactly(
                        "hetzner:server/2 shared no-backup",
                        "hetzner:server/3 no-backup",
                        "hetzner:volume/1 shared backups-die-with-it");
        assertThat(found.texts("not_examined")).isEmpty();
        assertThat(found.texts("by_seal_alone")).singleElement().asString().startsWith("hetzner: ");
    }

    @Test
    void aSoundSealNeedsNoRemedy() {
        Json.Members found = check(hetzner(
                List.of(),
                Map.of(
                        "hetzner:network/3",
                        Set.of("production"),
                        "hetzner:project/4",
                        Set.of("staging", "production"))));
        assertThat(concerns(found)).isEmpty();
        assertThat(found.texts("not_examined")).isEmpty();
        assertThat(found.texts("by_seal_alone")).hasSize(1);
    }

    /** The seal lists the resources where no provider does: it knows a database without a plan. */
    @Test
    void unsavedDataIsRed() {
        Json.Members found = check(hetzner(
                List.of(), Map.of("hetzner:volume/1", Set.of("staging"), "hetzner:firewall/2", Set.of("production"))));
        assertThat(concerns(found)).containsExactly("hetzner:volume/1 no-backup");
        assertThat(found.objects("exposures").getFirst().texts("plans")).isEmpty();
    }

    private static Seal sealed(BackupPlans plans, Seal.Upstream upstream) {
        return Fixtures.seal().with(parts -> {
            parts.upstreams = Map.of(upstream.name(), upstream);
            parts.backups = plans;
        });
    }

    /** A backup target holds no data of its own, and an expendable resource needs no plan. */
    @Test
    void backupTargetsAndExpendableDataNeedNoPlan() {
        Resource server = Resource.parse("hetzner:server/3");
        BackupPlans plans = new BackupPlans(
                List.of(),
                Map.of("shop-db", new BackupPlans.Plan(Resource.parse("hetzner:volume/1"), "hetzner:storage-box/4")),
                Set.of(server));
        Set<String> production = Set.of("production");
        Json.Members found = check(sealed(
                plans,
                hetzner(
                        List.of(),
                        Map.of(
                                "hetzner:volume/1",
                                production,
                                "hetzner:storage-box/4",
                                production,
                                server.toString(),
                                production,
                                "hetzner:server/5",
                                production))));
        assertThat(concerns(found)).containsExactly("hetzner:server/5 no-backup", "hetzner:volume/1 no-backup");
        assertThat(found.objects("exposures").getLast().texts("plans")).containsExactly("shop-db");
        assertThat(found.texts("expendable")).containsExactly("hetzner:server/3");
    }

    /** "No backup is known" beside a backup that is left would not help the person who has to fix it. */
    @Test
    void plansThatLeaveNoBackupAreNamed() {
        Resource volume = Resource.parse("hetzner:volume/1");
        BackupPlans plans = new BackupPlans(
                List.of(),
                Map.of(
                        "shop-db", new BackupPlans.Plan(volume, "s3:far"),
                        "shop-two", new BackupPlans.Plan(volume, "s3:farther")));
        Seal seal = sealed(plans, hetzner(List.of(), Map.of(volume.toString(), Set.of("staging"))));
        Instant taken = Instant.parse("2026-11-20T01:00:00Z");
        Backup left = new Backup(
                "shop-db/b1",
                volume,
                taken,
                "s3:far",
                Provenance.ATTESTED,
                Optional.of(taken),
                Optional.of(new Backup.Attestation(Json.object().with("plan", "shop-db"), "", Set.of())));
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked");
                },
                new TestingClock().utc(),
                BuiltIn.FACTS,
                _ -> List.of(left));
        Json.Members found =
                RecordJson.write(new InventoryCheck(() -> Optional.of(seal), inventory, BuiltIn.FACTS, NONE).check());
        Json.Members exposure = found.objects("exposures").getFirst();
        assertThat(exposure.texts("survives")).containsExactly("shop-db/b1");
        assertThat(exposure.texts("nothing_left_of")).containsExactly("shop-two");
    }

    /** What a database holds is asked of itself, if the seal names a credential for that. */
    @Test
    void databasesTellTheirTablesAndTheirSizes() {
        Resource database = Resource.parse("pg:database/shop");
        Set<String> production = Set.of("production");
        Seal.Upstream shop = new Seal.Upstream(
                "shop",
                "pg",
                URI.create("postgres://db:5432/shop"),
                Optional.empty(),
                List.of(),
                Optional.of("shop-look"),
                Map.of(database, new Placement(database, production, Set.of(), Provenance.SEALED, true)),
                List.of());
        Seal seal = sealed(BackupPlans.NONE, shop);
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked by HTTP");
                },
                clock.utc(),
                BuiltIn.FACTS);
        DatabaseSurvey survey = new DatabaseSurvey(
                "15.4",
                "look",
                List.of(),
                0,
                0,
                List.of(new DatabaseSurvey.Holder("shop", 9_000, 0), new DatabaseSurvey.Holder("other", 1, 0)),
                List.of(),
                List.of(new DatabaseSurvey.Holder("public.orders", 8_192, 184_223)));
        AgentQuestion.CheckedInventory found =
                new InventoryCheck(() -> Optional.of(seal), inventory, BuiltIn.FACTS, (_, _) -> survey).check();
        assertThat(found.stored())
                .containsExactly(
                        new AgentQuestion.StoredData(
                                "shop", "pg:database/shop", List.of("production"), 9_000, Optional.empty()),
                        new AgentQuestion.StoredData(
                                "shop", "pg:table/shop.public.orders", List.of(), 8_192, Optional.of(184_223L)));
        assertThat(found.exposures())
                .extracting(one -> one.resource() + " " + one.concerns())
                .containsExactly("pg:database/shop [no-backup]");
        assertThat(found.bySealAlone()).isEmpty();
        AgentQuestion.CheckedInventory deaf =
                new InventoryCheck(() -> Optional.of(seal), inventory, BuiltIn.FACTS, NONE).check();
        assertThat(deaf.notExamined()).containsExactly("shop: nobody is asked");
        assertThat(deaf.exposures()).hasSize(1);
    }

    /** A server has a disk of its own, in addition to the resources that the seal places on it. */
    @Test
    void containersWithOwnDataAreCheckedBesideTheirParts() {
        Resource server = Resource.parse("hetzner:server/3");
        Resource volume = Resource.parse("hetzner:volume/1");
        Set<String> production = Set.of("production");
        Map<Resource, Placement> resources = Map.of(
                server, new Placement(server, production, Set.of(), Provenance.SEALED, true),
                volume, new Placement(volume, production, Set.of(server), Provenance.SEALED, true));
        assertThat(concerns(check(upstream("hetzner", resources, List.of()))))
                .containsExactly("hetzner:server/3 no-backup", "hetzner:volume/1 no-backup");
    }

    /** A project with separately placed branches is checked through these. */
    @Test
    void otherContainersAreCheckedThroughTheirParts() {
        Resource project = Resource.parse("neon:project/p1");
        Resource branch = Resource.parse("neon:branch/p1/b1");
        Map<Resource, Placement> resources = new TreeMap<>();
        resources.put(project, new Placement(project, Set.of("production"), Set.of(), Provenance.SEALED, true));
        resources.put(branch, new Placement(branch, Set.of("production"), Set.of(project), Provenance.SEALED, true));
        assertThat(concerns(check(upstream("neon", resources, List.of()))))
                .containsExactly("neon:branch/p1/b1 no-backup");
        resources.put(branch, new Placement(branch, Set.of("production"), Set.of(), Provenance.SEALED, true));
        assertThat(concerns(check(upstream("neon", resources, List.of()))))
                .containsExactly("neon:branch/p1/b1 no-backup", "neon:project/p1 no-backup");
    }

    /** It is no fault if another machine cannot be inspected, and nothing is to be fixed. The reader is informed. */
    @Test
    void separationClaimedOnlyByTheSealIsReported() {
        Resource volume = Resource.parse("hetzner:volume/1");
        Backup onItself =
                new Backup("nightly", volume, clock.instant(), volume.toString(), Provenance.SEALED, Optional.empty());
        Json.Members found = check(
                hetzner(List.of(onItself), Map.of("hetzner:volume/1", Set.of("production"))),
                attested("unknown"),
                attested("apart"));
        assertThat(found.objects("exposures")).singleElement().satisfies(one -> {
            assertThat(one.texts("survives")).contains("by-apart/b", "by-unknown/b");
            assertThat(one.texts("apart_by_seal_alone")).containsExactly("by-unknown/b");
        });
    }

    private Backup attested(String separation) {
        return new Backup(
                "by-" + separation + "/b",
                Resource.parse("hetzner:volume/1"),
                clock.instant(),
                "s3:elsewhere",
                Provenance.ATTESTED,
                Optional.of(clock.instant()),
                Optional.of(new Backup.Attestation(Json.object().with("separation", separation), "", Set.of())));
    }

    /** So does an upstream whose catalog is unknown, or whose operation the seal classifies as destructive. */
    @Test
    void operationsThatTheSealClassifiesAsDestroyingCount() {
        assertThat(check(Map.of(Operation.parse("npm/unpublish"), Set.of(Impact.DESTROY)), "npm")
                        .texts("not_examined"))
                .hasSize(1);
        assertThat(check(Map.of(Operation.parse("npm/star"), Set.of(Impact.WRITE)), "npm")
                        .texts("not_examined"))
                .isEmpty();
        assertThat(check(Map.of(), "nobodys").texts("not_examined")).hasSize(1);
    }
}
