package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.action.SealedPlacements;
import dev.interlock.catalog.CallReading;
import dev.interlock.evidence.Json;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests losses where only the seal says what exists. */
final class LossCalculatorTest {

    private static final Resource PROJECT = Resource.parse("neon:project/p");
    private static final Resource MAIN = Resource.parse("neon:branch/p/br-main");
    private static final Resource STAGING = Resource.parse("neon:branch/p/br-stg");
    private final Map<Resource, Placement> sealed = new TreeMap<>();
    private final Map<String, BackupPlans.Plan> plans = new TreeMap<>();
    private Set<ResourcePattern> patterns = Set.of();
    private final Inventory inventory = new Inventory(
            (_, _) -> {
                throw new IOException("nobody is asked");
            },
            new TestingClock().utc(),
            BuiltIn.FACTS);

    private void seal(Resource resource, String environment, Resource... groups) {
        sealed.put(
                resource,
                new Placement(
                        resource, Set.of(environment), new TreeSet<>(Arrays.asList(groups)), Provenance.SEALED, true));
    }

    private Seal seal() {
        return TestingSeal.empty(URI.create("https://railway.example")).seal().with(parts -> {
            parts.backups = new BackupPlans(List.of(), plans);
            parts.upstreams = Map.of("neon", upstream());
        });
    }

    private Seal.Upstream upstream() {
        return new Seal.Upstream(
                "neon",
                "neon",
                URI.create("https://neon.example"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                new SealedPlacements(sealed, patterns),
                List.of(),
                false,
                false,
                false);
    }

    private LocatedActions locate(Action action) {
        return inventory.locate(seal(), "neon", "L-1", List.of(action), Freshness.FRESH);
    }

    private static Action action(Set<Impact> impacts, List<Fact> facts, Resource... resources) {
        return new Action(
                new Operation("neon", "something"), impacts, Reversibility.IRREVERSIBLE, Set.of(resources), facts);
    }

    private static Action destroy(Resource... resources) {
        return action(Set.of(Impact.DESTROY), List.of(), resources);
    }

    /** It is placed nevertheless: a copy of production belongs to production. */
    @Test
    void resourcesThatTheCatalogPreservesAreNotLost() {
        seal(MAIN, "production");
        seal(STAGING, "staging");
        Fact keeps = new Fact(Fact.KEEPS, MAIN.toString(), Provenance.SEALED);

        LocatedActions located = locate(action(Set.of(Impact.DESTROY), List.of(keeps), STAGING, MAIN));

        assertThat(located.radius().lost()).containsExactly(STAGING);
        assertThat(located.radius().environments()).containsExactly("production", "staging");
    }

    /** Otherwise people would see both that it stays and that it goes. */
    @Test
    void aPreservedPartIsNotLostWithItsWhole() {
        Resource archive = Resource.parse("neon:branch/p/br-archive");
        seal(PROJECT, "staging");
        seal(MAIN, "production");
        seal(STAGING, "staging");
        plans.put("p-archive", new BackupPlans.Plan(archive, "hetzner:storage-box/1"));
        Fact main = new Fact(Fact.KEEPS, MAIN.toString(), Provenance.SEALED);
        Fact planned = new Fact(Fact.KEEPS, archive.toString(), Provenance.SEALED);

        LocatedActions located = locate(action(Set.of(Impact.DESTROY), List.of(main, planned), PROJECT, MAIN, archive));

        assertThat(located.radius().lost()).containsExactlyInAnyOrder(PROJECT, STAGING);
    }

    @Test
    void claimedPreservationDoesNotCount() {
        seal(MAIN, "production");
        Fact claimed = new Fact(Fact.KEEPS, MAIN.toString(), Provenance.CLAIMED);

        assertThat(locate(action(Set.of(Impact.DESTROY), List.of(claimed), MAIN))
                        .radius()
                        .lost())
                .containsExactly(MAIN);
    }

    private Set<String> environments(Resource resource, Impact... impacts) {
        return locate(action(Set.of(impacts), List.of(), resource))
                .placements()
                .get(resource)
                .environments();
    }

    /** Destroying, exposing or transferring a whole does the same to all of its parts. */
    @ParameterizedTest
    @EnumSource(
            value = Impact.class,
            names = {"DESTROY", "PRIVILEGE", "CREDENTIAL", "EXECUTE"})
    void aContainerIsInTheEnvironmentsOfItsParts(Impact impact) {
        seal(PROJECT, "staging");
        assertThat(environments(PROJECT, impact)).containsExactly("staging");

        seal(MAIN, "production");
        assertThat(environments(PROJECT, impact)).containsExactly("production", "staging");
        assertThat(environments(STAGING, impact)).containsExactly("production"); // nobody has placed it
    }

    /** Ordinary work on the whole does not touch its parts. */
    @Test
    void readsAndWritesUseTheSealsPlacement() {
        seal(PROJECT, "staging");
        seal(MAIN, "production");

        assertThat(environments(PROJECT, Impact.READ, Impact.WRITE)).containsExactly("staging");
    }

    /** A name without a line is placed by a pattern through every line that it may be another spelling of. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a search in its loop ignores interrupts
    void aLargeSealIsNotSearchedForEachNameUnderAPattern() {
        IntStream.range(0, 20_000).forEach(i -> seal(Resource.parse("neon:branch/p/main-" + i), "production"));
        patterns = Set.of(ResourcePattern.parse("neon:branch/p/*", Set.of("staging"), Set.of()));
        Resource[] names = IntStream.range(0, 10_000)
                .mapToObj(i -> Resource.parse("neon:branch/p/" + (i == 0 ? "Main-" : "preview-") + i))
                .toArray(Resource[]::new);

        LocatedActions located = locate(action(Set.of(Impact.WRITE), List.of(), names));

        assertThat(located.placements()).hasSize(10_000);
        assertThat(located.placements().get(names[0]).environments()).containsExactly("production", "staging");
        assertThat(located.placements().get(names[1]).environments()).containsExactly("staging");
    }

    /** The cases are another's name, an intermediate resource, another spelling, and a pattern. */
    @Test
    void partsOfAContainerAreReportedInGroups() {
        Resource folder = Resource.parse("neon:folder/f");
        Resource outer = Resource.parse("neon:org/Acme");
        Resource far = Resource.parse("neon:archive/a");
        seal(outer, "staging");
        seal(folder, "staging", Resource.parse("neon:org/acme"));
        assertThat(environments(outer, Impact.DESTROY)).containsExactly("staging");

        seal(far, "production", folder);
        assertThat(environments(outer, Impact.DESTROY)).containsExactly("production", "staging");
        assertThat(locate(destroy(outer)).radius().lost()).containsExactlyInAnyOrder(outer, folder, far);

        sealed.remove(far);
        assertThat(environments(folder, Impact.DESTROY)).containsExactly("staging");
        patterns = Set.of(ResourcePattern.parse("neon:archive/*", Set.of("production"), Set.of(folder)));
        assertThat(environments(outer, Impact.DESTROY)).containsExactly("production", "staging");
    }

    /** A backup of each is required. */
    @Test
    void plannedPartsAreLostWithTheirContainer() {
        Resource archive = Resource.parse("neon:branch/p/br-archive");
        seal(PROJECT, "production");
        plans.put("p-main", new BackupPlans.Plan(PROJECT, "hetzner:storage-box/1"));
        plans.put("p-archive", new BackupPlans.Plan(archive, "hetzner:storage-box/1"));
        plans.put("other", new BackupPlans.Plan(Resource.parse("neon:branch/pp/br"), "hetzner:storage-box/1"));

        assertThat(locate(destroy(PROJECT)).radius().lost()).containsExactlyInAnyOrder(PROJECT, archive);
        assertThat(locate(destroy(archive)).radius().lost()).containsExactly(archive);
    }

    private static Backup attested(Resource of, String domain) {
        Instant taken = new TestingClock().instant();
        return new Backup(
                "p-main/" + TestingAttester.id(1),
                of,
                taken,
                domain,
                Provenance.ATTESTED,
                Optional.of(taken),
                Optional.of(new Backup.Attestation(Json.object(), "", Set.of())));
    }

    private BlastRadius radius(Backup attested, Action action) {
        Inventory knowing = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked");
                },
                new TestingClock().utc(),
                BuiltIn.FACTS,
                _ -> List.of(attested));
        return knowing.locate(seal(), "neon", "L-1", List.of(action), Freshness.FRESH)
                .radius();
    }

    /** A folder of a storage box goes with the box, whether the seal places it or not. */
    @Test
    void copiesInAPartOfWhatIsLostAreLost() {
        Resource volume = Resource.parse("hetzner:volume/9");
        Backup folder = attested(volume, "neon:box/1/shop");
        BlastRadius whole = radius(folder, destroy(Resource.parse("neon:box/1")));
        assertThat(whole.lostBackups()).extracting(Backup::id).containsExactly("p-main/" + TestingAttester.id(1));
        assertThat(whole.notes()).contains("No backup of `" + volume + "` would remain.");

        assertThat(radius(folder, destroy(Resource.parse("neon:box/11"))).lostBackups())
                .isEmpty();
        Fact part = new Fact(Fact.DESTROYS, "only what the path ends with", Provenance.SEALED);
        assertThat(radius(folder, action(Set.of(Impact.DESTROY), List.of(part), Resource.parse("neon:box/1")))
                        .lostBackups())
                .isEmpty();
    }

    private static Seal.Upstream database(String name, String address) {
        return new Seal.Upstream(
                name, "pg", URI.create(address), Optional.empty(), List.of(), Optional.empty(), Map.of(), List.of());
    }

    /** Which of the tables a backup of the database `shop` brings back, at the upstream `shop`. */
    private static Set<Resource> saved(Action action, Seal.Upstream... upstreams) {
        Seal seal = TestingSeal.empty(URI.create("https://railway.example"))
                .seal()
                .with(parts -> parts.upstreams =
                        Arrays.stream(upstreams).collect(Collectors.toMap(Seal.Upstream::name, one -> one)));
        Backup backup = attested(Resource.parse("pg:database/shop"), "s3:elsewhere");
        return new Inventory(
                        (_, _) -> {
                            throw new IOException("nobody is asked");
                        },
                        new TestingClock().utc(),
                        BuiltIn.FACTS,
                        _ -> List.of(backup))
                .locate(seal, "shop", "L-1", List.of(action), Freshness.FRESH).radius().survivors().stream()
                        .flatMap(one -> one.attestation().orElseThrow().covers().stream())
                        .collect(Collectors.toSet());
    }

    /** A staging server often has a database of the same name: its backups must not permit anything in production. */
    @Test
    void aBackupOfADatabaseSavesItsTablesUnlessAnotherServerHasOneOfItsName() {
        Resource orders = Resource.parse("pg:table/shop.public.orders");
        Resource temporary = Resource.parse("pg:temporary-table/shop.pg_temp_3.x");
        Seal.Upstream shop = database("shop", "postgres://db:5432/shop");
        assertThat(saved(destroy(orders, temporary), shop)).containsExactly(orders);
        assertThat(saved(destroy(orders), shop, database("read", "postgres://db:5432/shop")))
                .as("another upstream for the same one")
                .containsExactly(orders);
        assertThat(saved(destroy(orders), shop, database("other", "postgres://db:5432/billing")))
                .containsExactly(orders);
        assertThat(saved(destroy(orders), shop, database("staging", "postgres://staging:5432/shop")))
                .isEmpty();
        assertThat(saved(destroy(orders), database("shop", "postgres://db:5432/billing")))
                .isEmpty();
    }

    /** The copies have the same names as the parts. */
    @Test
    void copiesInsideTheLossSaveNothing() {
        Backup beside = attested(MAIN, "neon:branch/p/br-copies");
        assertThat(radius(beside, destroy(MAIN)).survivors())
                .extracting(Backup::id)
                .containsExactly("p-main/" + TestingAttester.id(1));

        plans.put("p-main", new BackupPlans.Plan(MAIN, "neon:branch/p/br-copies"));
        BlastRadius whole = radius(beside, destroy(PROJECT));
        assertThat(whole.lost()).contains(MAIN);
        assertThat(whole.survivors()).isEmpty();
        assertThat(whole.lostBackups()).extracting(Backup::id).containsExactly("p-main/" + TestingAttester.id(1));
    }

    /** An organisation's label does not cover all of its repositories; a compute may be that of any branch. */
    @ParameterizedTest
    @CsvSource({
        "only a part of it, SEALED, production staging, neon:project/p",
        "only what it makes, SEALED, staging, neon:project/p",
        "only what it makes, CLAIMED, production staging, neon:project/p neon:branch/p/br-main",
    })
    void aPartialLossLosesOnlyThePart(String said, Provenance provenance, String environments, String lost) {
        seal(PROJECT, "staging");
        seal(MAIN, "production");
        Fact part = new Fact(Fact.DESTROYS, said, provenance);

        LocatedActions located = locate(action(Set.of(Impact.WRITE, Impact.DESTROY), List.of(part), PROJECT));

        assertThat(located.radius().lost()).extracting(Resource::toString).containsExactlyInAnyOrder(lost.split(" "));
        assertThat(located.radius().environments()).containsExactly(environments.split(" "));
    }

    /** Neon's catalog, in a staging project that holds production's branch too. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /api/v2/projects/p/endpoints/ep-1/suspend | ~~ | production staging",
                "DELETE /api/v2/projects/p/endpoints/ep-1 | ~~ | production staging",
                "DELETE /api/v2/projects/p/snapshots/s-1 | ~~ | production staging",
                "PATCH /api/v2/projects/p/snapshots/s-1 | {'snapshot': {'expires_at': 'x'}} | production staging",
                "DELETE /api/v2/projects/p/branches/br-stg/databases/d | ~~ | staging",
                "DELETE /api/v2/projects/p/branches/br-stg | ~~ | staging",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': 'br-stg'}} | staging",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': 'br-stg', 'expires_at': 'x'}} | staging",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': 'br-main', 'expires_at': 'x'}}"
                        + " | production staging",
                "POST /api/v2/projects/p/endpoints/ep-1/start | ~~ | staging",
            })
    void aComputeHasNoKnownOwner(String request, String body, String environments) {
        seal(PROJECT, "staging");
        seal(MAIN, "production");
        seal(STAGING, "staging");

        LocatedActions located =
                inventory.locate(seal(), "neon", "L-1", neon(request, body.replace('\'', '"')), Freshness.FRESH);

        assertThat(located.radius().environments()).containsExactly(environments.split(" "));
        assertThat(located.radius().lost()).doesNotContain(MAIN);
    }

    private static List<Action> neon(String request, String body) {
        String[] words = request.split(" ");
        List<Header> headers = body.isEmpty() ? List.of() : List.of(new Header("content-type", "application/json"));
        CallReading reading = BuiltIn.CATALOGS
                .find("neon")
                .orElseThrow()
                .read(new HttpCall(words[0], "neon.example", words[1], List.of(), headers, Bytes.utf8(body)));
        return ((CallReading.CallMeaning) reading).actions();
    }
}
