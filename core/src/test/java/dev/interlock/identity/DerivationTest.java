package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.store.Database;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Children of leases: only ever narrower, and never longer in force than what they descend from. */
class DerivationTest {

    private static final TestingKey JER = TestingKey.software();
    private static final TestingKey MAYA = TestingKey.software();
    private static final Seal SEAL = Seals.with(JER.line(), MAYA.line());
    private static final Seal.TaskTemplate TEMPLATE =
            java.util.Objects.requireNonNull(SEAL.tasks().get("fix-staging"));
    private static final Narrowing ALL_OF_IT = new Narrowing(Set.of(), Set.of(), Set.of(), Optional.empty());
    private static final List<Resource> RESOURCES = List.of(
            Resource.parse("railway:volume/a"), Resource.parse("railway:volume/b"), Resource.parse("railway:volume/c"));

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private final AtomicReference<Optional<Seal>> inForce = new AtomicReference<>(Optional.of(SEAL));
    private Database database;
    private Leases leases;
    private Identity identity;

    @BeforeEach
    void open() throws Exception {
        database = Database.open(directory.resolve("state.db"), Leases.schema());
        start();
    }

    /** Reads what the store knows, as a gateway that starts does. */
    private void start() throws Exception {
        leases = new Leases(database, clock, new Random(7));
        identity = new Identity(
                leases,
                Fingerprints.open(directory.resolve("fingerprint.key"), new Random(8)),
                _ -> Optional.empty(),
                inForce::get);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Leases.Answer.Issued root(Set<Resource> resources, Optional<String> place) {
        LeaseRequest all = LeaseRequest.under(TEMPLATE, Seals.AGENT);
        return (Leases.Answer.Issued) leases.issue(
                SEAL,
                new LeaseRequest(
                        all.agent(),
                        all.task(),
                        all.template(),
                        all.environments(),
                        all.impacts(),
                        resources,
                        place,
                        all.ttl()));
    }

    private Leases.Answer.Issued root() {
        return root(Set.of(), Optional.empty());
    }

    private Leases.Answer.Issued child(Leases.Answer.Issued parent) {
        return (Leases.Answer.Issued) leases.derive(parent.lease(), ALL_OF_IT, Optional.empty());
    }

    private static Narrowing lasting(Duration ttl) {
        return new Narrowing(Set.of(), Set.of(), Set.of(), Optional.of(ttl));
    }

    private Caller use(Secret token, Optional<String> place) {
        return identity.recognise(
                List.of(new Attempt.Presented("header authorization", token)), place, clock.instant());
    }

    private Caller use(Leases.Answer.Issued issued) {
        return use(issued.token(), issued.lease().place());
    }

    @Test
    void aChildIsItsParentUnlessItIsNarrowed() {
        Leases.Answer.Issued parent = root(Set.copyOf(RESOURCES), Optional.of("place"));
        Leases.Answer.Issued child = child(parent);
        assertThat(child.lease())
                .usingRecursiveComparison()
                .ignoringFields("id")
                .isEqualTo(parent.lease());
        assertThat(child.lease().id()).isNotEqualTo(parent.lease().id());
        assertThat(child.lease().root()).isEqualTo(parent.lease().id());
        assertThat(use(child)).isEqualTo(new Caller.Known(child.lease()));
        assertThat(use(child.token(), Optional.empty())).isInstanceOf(Caller.Misplaced.class);
        assertThat(identity.ancestors(child.lease())).containsExactly(parent.lease());
        assertThat(identity.ancestors(parent.lease())).isEmpty();
    }

    /** What a tool carries to its proxy, and in a request through it. */
    private Caller through(Secret proxy, Secret inside) {
        return identity.recognise(
                List.of(
                        new Attempt.Presented("header proxy-authorization user", new Secret("lease")),
                        new Attempt.Presented("header proxy-authorization password", proxy),
                        new Attempt.Presented("header authorization", inside)),
                Optional.of("place"),
                clock.instant());
    }

    @Test
    void insideATunnelOfItsParentsTheChildCounts() {
        Leases.Answer.Issued parent = root(Set.of(), Optional.of("place"));
        Leases.Answer.Issued child = child(parent);
        Leases.Answer.Issued grandchild = child(child);
        Leases.Answer.Issued other = root(Set.of(), Optional.of("place"));
        assertThat(through(parent.token(), parent.token())).isEqualTo(new Caller.Known(parent.lease()));
        assertThat(through(parent.token(), child.token())).isEqualTo(new Caller.Known(child.lease()));
        assertThat(through(parent.token(), grandchild.token())).isEqualTo(new Caller.Known(grandchild.lease()));
        assertThat(through(child.token(), parent.token()))
                .as("a sub-agent's tunnel does not carry its parent's lease")
                .isInstanceOf(Caller.Foreign.class);
        assertThat(through(other.token(), child.token())).isInstanceOf(Caller.Foreign.class);
        assertThat(through(child.token(), child(parent).token())).isInstanceOf(Caller.Foreign.class);
        assertThat(through(parent.token(), new Secret("rw_stray"))).isInstanceOf(Caller.Foreign.class);
    }

    @Test
    void theLeaseOfATunnelIsBoundToItsPlaceToo() {
        Leases.Answer.Issued elsewhere = root(Set.of(), Optional.of("another"));
        assertThat(identity.recognise(
                        List.of(new Attempt.Presented("header proxy-authorization", elsewhere.token())),
                        Optional.of("place"),
                        clock.instant()))
                .isInstanceOf(Caller.Misplaced.class);
    }

    @Test
    void aChildOfALeaseWithoutAPlaceBelongsWhereItWasAskedFor() {
        Leases.Answer answer = leases.derive(root().lease(), ALL_OF_IT, Optional.of("here"));
        assertThat(((Leases.Answer.Issued) answer).lease().place()).contains("here");
    }

    @Test
    void aChildThatWouldBeWiderIsNotGiven() {
        Lease root = root(Set.of(RESOURCES.getFirst()), Optional.empty()).lease();
        for (Map.Entry<Narrowing, String> wider : Map.of(
                        new Narrowing(Set.of("production"), Set.of(), Set.of(), Optional.empty()),
                        "does not name `production`",
                        new Narrowing(Set.of(), Set.of(Impact.DESTROY), Set.of(), Optional.empty()),
                        "does not allow `destroy`",
                        new Narrowing(Set.of(), Set.of(), Set.of(RESOURCES.getLast()), Optional.empty()),
                        "does not name `" + RESOURCES.getLast() + "`",
                        lasting(TEMPLATE.ttl().plusSeconds(1)),
                        "ends at")
                .entrySet()) {
            assertThat(leases.derive(root, wider.getKey(), Optional.empty()))
                    .isInstanceOfSatisfying(
                            Leases.Answer.Denied.class,
                            denied -> assertThat(denied.reason()).contains(wider.getValue()));
        }
        assertThat(leases.list()).hasSize(1);
    }

    @Test
    void ofALeaseThatNobodyGaveThereAreNoChildren() {
        Lease foreign = leases.worthless().lease();
        assertThat(leases.derive(foreign, ALL_OF_IT, Optional.empty()))
                .isInstanceOfSatisfying(
                        Leases.Answer.Denied.class,
                        denied -> assertThat(denied.reason()).contains("has ended"));
    }

    /** The reference is the words of the design, written once more: a subset in every dimension. */
    @RepeatedTest(40)
    void noChildIsEverWider() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Lease parent = anyLease(random);
        for (int i = 0; i < 200; i++) {
            Narrowing asked = anyNarrowing(random);
            Instant now = parent.issued().plusSeconds(random.nextInt(4_000));
            Lease child = asked.child("L-child", parent, Optional.of("there"), now);
            boolean narrower = parent.environments().containsAll(child.environments())
                    && parent.impacts().containsAll(child.impacts())
                    && (parent.resources().isEmpty()
                            || !child.resources().isEmpty()
                                    && parent.resources().containsAll(child.resources()))
                    && !child.expires().isAfter(parent.expires())
                    && child.expires().isAfter(now)
                    && (parent.place().isEmpty() || parent.place().equals(child.place()));
            assertThat(asked.excess(parent, now).isEmpty())
                    .as("seed %s: %s of %s at %s", seed, asked, parent, now)
                    .isEqualTo(narrower);
            assertThat(List.of(child.root(), child.agent(), child.person(), child.task()))
                    .isEqualTo(List.of(parent.root(), parent.agent(), parent.person(), parent.task()));
            assertThat(child.template()).isEqualTo(parent.template());
        }
    }

    private static Lease anyLease(Random random) {
        Instant issued = Instant.parse("2026-11-20T08:00:00Z");
        return new Lease(
                "L-parent",
                "L-root",
                Seals.AGENT,
                "jer",
                "fix",
                Optional.of("fix-staging"),
                some(random, List.of("staging", "production", "test"), 1),
                some(random, List.of(Impact.values()), 1),
                some(random, RESOURCES, 0),
                random.nextBoolean() ? Optional.of("place") : Optional.empty(),
                issued,
                issued.plusSeconds(1 + random.nextInt(4_000)));
    }

    private static Narrowing anyNarrowing(Random random) {
        return new Narrowing(
                some(random, List.of("staging", "production", "test"), 0),
                some(random, List.of(Impact.values()), 0),
                some(random, RESOURCES, 0),
                random.nextBoolean() ? Optional.of(Duration.ofSeconds(1 + random.nextInt(4_000))) : Optional.empty());
    }

    private static <T extends Comparable<T>> Set<T> some(Random random, List<T> all, int least) {
        Set<T> some = new TreeSet<>();
        int size = least + random.nextInt(all.size() + 1 - least);
        while (some.size() < size) {
            some.add(all.get(random.nextInt(all.size())));
        }
        return some;
    }

    @Test
    void endingALeaseEndsAllThatDescendsFromIt() throws Exception {
        Leases.Answer.Issued root = root();
        Leases.Answer.Issued child = child(root);
        Leases.Answer.Issued grandchild = child(child);
        Leases.Answer.Issued sibling = child(root);

        assertThat(ids(leases.revoke(child.lease().id(), "enough").leases()))
                .containsExactlyInAnyOrder(
                        child.lease().id(), grandchild.lease().id());
        assertThat(use(grandchild)).isInstanceOf(Caller.Revoked.class);
        assertThat(use(sibling)).isInstanceOf(Caller.Known.class);

        leases.revoke(root.lease().id());
        assertThat(use(sibling)).isInstanceOf(Caller.Revoked.class);
        assertThat(leases.derive(root.lease(), ALL_OF_IT, Optional.empty())).isInstanceOf(Leases.Answer.Denied.class);
        start();
        assertThat(use(grandchild)).isInstanceOf(Caller.Revoked.class);
        assertThat(use(sibling)).isInstanceOf(Caller.Revoked.class);
    }

    @Test
    void whoDescendsFromWhomOutlivesARestart() throws Exception {
        Leases.Answer.Issued root = root();
        Leases.Answer.Issued child = child(root);
        Leases.Answer.Issued grandchild = child(child);
        start();
        assertThat(identity.ancestors(grandchild.lease())).containsExactly(child.lease(), root.lease());
        leases.revoke(child.lease().id());
        assertThat(use(grandchild)).isInstanceOf(Caller.Revoked.class);
        assertThat(use(root)).isInstanceOf(Caller.Known.class);
    }

    /** The seal would carry the child by itself: it asks for less. */
    @Test
    void aChildFallsWithItsParentWhenTheSealIsTightened() {
        Leases.Answer.Issued root = root();
        Leases.Answer.Issued child = (Leases.Answer.Issued) leases.derive(
                root.lease(),
                new Narrowing(Set.of(), Set.of(Impact.READ), Set.of(), Optional.of(Duration.ofMinutes(1))),
                Optional.empty());
        Seal.TaskTemplate reading = new Seal.TaskTemplate(
                TEMPLATE.name(), TEMPLATE.environments(), Set.of(Impact.READ), TEMPLATE.agents(), TEMPLATE.ttl());
        inForce.set(Optional.of(Seals.withTasks(SEAL, Map.of(TEMPLATE.name(), reading))));
        assertThat(use(root)).isInstanceOf(Caller.Withdrawn.class);
        assertThat(use(child)).isInstanceOf(Caller.Withdrawn.class);
    }

    @Test
    void aKillStopsChildren() {
        Leases.Answer.Issued child = child(root());
        leases.kills().kill(new Kill.Target(Kill.Scope.TASK, "fix-staging"), "enough", "root");
        assertThat(use(child)).isInstanceOf(Caller.Killed.class);
    }

    @Test
    void whatAPersonSignedForTheirChildrenRestOnAsWell() {
        LeaseRequest wide = new LeaseRequest(
                Seals.AGENT,
                "fix",
                Optional.of("fix-staging"),
                Set.of("staging", "production"),
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                Duration.ofHours(1));
        byte[] statement = leases.prepare(SEAL, wide);
        Leases.Answer.Issued root =
                (Leases.Answer.Issued) leases.issue(SEAL, statement, MAYA.sign("interlock-lease@v1", statement));
        Leases.Answer.Issued child = child(root);
        assertThat(use(child)).isInstanceOf(Caller.Known.class);
        inForce.set(Optional.of(Seals.withoutSoftwareKeys(SEAL)));
        assertThat(use(child)).isInstanceOf(Caller.Withdrawn.class);
    }

    @Test
    void aChildEndsInTimeAndIsNotRenewed() {
        Leases.Answer.Issued root = root();
        Leases.Answer.Issued child =
                (Leases.Answer.Issued) leases.derive(root.lease(), lasting(Duration.ofMinutes(1)), Optional.empty());
        assertThat(leases.renewal(SEAL, child.lease().id())).isEmpty();
        clock.pass(Duration.ofMinutes(1));
        assertThat(use(child)).isInstanceOf(Caller.Expired.class);
        assertThat(use(root)).isInstanceOf(Caller.Known.class);
    }

    @Test
    void generationsAndChildrenAreBounded() {
        Leases.Answer.Issued last = root();
        for (int i = 0; i < LeaseBook.MAX_GENERATIONS; i++) {
            last = child(last);
        }
        assertThat(leases.derive(last.lease(), ALL_OF_IT, Optional.empty()))
                .isInstanceOfSatisfying(
                        Leases.Answer.Denied.class,
                        denied -> assertThat(denied.reason()).contains("as deep as they go"));

        Leases.Answer.Issued root = root();
        int ever = 0;
        while (ever < LeaseBook.MAX_CHILDREN_EVER) {
            for (int i = 0; i < LeaseBook.MAX_CHILDREN && ever < LeaseBook.MAX_CHILDREN_EVER; i++, ever++) {
                assertThat(leases.derive(root.lease(), lasting(Duration.ofSeconds(1)), Optional.empty()))
                        .isInstanceOf(Leases.Answer.Issued.class);
            }
            assertThat(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()))
                    .isInstanceOf(Leases.Answer.Denied.class);
            clock.pass(Duration.ofSeconds(1));
        }
        assertThat(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()))
                .isInstanceOfSatisfying(
                        Leases.Answer.Denied.class,
                        denied -> assertThat(denied.reason()).contains("as there may ever be"));
    }

    /** Whoever ends the parent while children are being derived: none is left. */
    @RepeatedTest(10)
    void noChildSlipsPastTheEndOfItsParent() throws Exception {
        Leases.Answer.Issued root = root();
        int hands = 4;
        CyclicBarrier together = new CyclicBarrier(hands + 1);
        List<Leases.Answer.Issued> given = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(hands)) {
            List<Future<List<Leases.Answer>>> work = new ArrayList<>();
            for (int i = 0; i < hands; i++) {
                work.add(threads.submit(() -> {
                    together.await();
                    List<Leases.Answer> answers = new ArrayList<>();
                    for (int j = 0; j < 5; j++) {
                        answers.add(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()));
                    }
                    return answers;
                }));
            }
            together.await();
            leases.revoke(root.lease().id());
            for (Future<List<Leases.Answer>> one : work) {
                one.get().stream()
                        .filter(Leases.Answer.Issued.class::isInstance)
                        .map(Leases.Answer.Issued.class::cast)
                        .forEach(given::add);
            }
        }
        assertThat(given).allSatisfy(child -> assertThat(use(child)).isInstanceOf(Caller.Revoked.class));
        assertThat(leases.current(inForce.get())).isEmpty();
    }

    private static List<String> ids(Collection<Lease> leases) {
        return leases.stream().map(Lease::id).toList();
    }
}
