package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
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

/** Tests children of leases: they are only ever narrower, and never longer in force than their parents. */
class DerivationTest {

    private static final TestingKey JER = TestingKey.software();
    private static final TestingKey MAYA = TestingKey.software();
    private static final Seal SEAL = IdentitySeals.with(JER.line(), MAYA.line());
    private static final Seal.TaskTemplate TEMPLATE =
            java.util.Objects.requireNonNull(SEAL.tasks().get("fix-staging"));
    private static final ChildLeaseScope ALL_OF_IT =
            new ChildLeaseScope(Set.of(), Set.of(), Set.of(), Optional.empty());
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
        database = Database.open(directory.resolve("state.db"), SqliteLeaseStore.SCHEMAS);
        start();
    }

    /** Loads the store, like a starting gateway. */
    private void start() throws Exception {
        leases = new Leases(new SqliteLeaseStore(database), clock, new Random(7), new NoPasskeys());
        identity = new Identity(
                leases,
                KeyedFingerprints.open(directory.resolve("fingerprint.key"), new Random(8)),
                new Identity.KnownSecrets(_ -> Optional.empty(), (_, _) -> Optional.empty()),
                inForce::get);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Leases.LeaseResult.IssuedLease root(Set<Resource> resources, Optional<String> place) {
        LeaseRequest all = LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT);
        return (Leases.LeaseResult.IssuedLease) leases.issue(
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

    private Leases.LeaseResult.IssuedLease root() {
        return root(Set.of(), Optional.empty());
    }

    private Leases.LeaseResult.IssuedLease child(Leases.LeaseResult.IssuedLease parent) {
        return (Leases.LeaseResult.IssuedLease) leases.derive(parent.lease(), ALL_OF_IT, Optional.empty());
    }

    private static ChildLeaseScope lasting(Duration ttl) {
        return new ChildLeaseScope(Set.of(), Set.of(), Set.of(), Optional.of(ttl));
    }

    private CallIdentity use(Secret token, Optional<String> place) {
        return identity.recognise(
                List.of(new Attempt.PresentedCredential("header authorization", token)), place, clock.instant());
    }

    private CallIdentity use(Leases.LeaseResult.IssuedLease issued) {
        return use(issued.token(), issued.lease().place());
    }

    @Test
    void aChildHasItsParentsScopeUnlessNarrowed() {
        Leases.LeaseResult.IssuedLease parent = root(Set.copyOf(RESOURCES), Optional.of("place"));
        Leases.LeaseResult.IssuedLease child = child(parent);
        assertThat(child.lease())
                .usingRecursiveComparison()
                .ignoringFields("id")
                .isEqualTo(parent.lease());
        assertThat(child.lease().id()).isNotEqualTo(parent.lease().id());
        assertThat(child.lease().root()).isEqualTo(parent.lease().id());
        assertThat(use(child)).isEqualTo(new CallIdentity.KnownCaller(child.lease()));
        assertThat(use(child.token(), Optional.empty())).isInstanceOf(CallIdentity.MisplacedLease.class);
        assertThat(identity.ancestors(child.lease())).containsExactly(parent.lease());
        assertThat(identity.ancestors(parent.lease())).isEmpty();
    }

    /** Identifies a tool by its header for the proxy, and by the one inside the tunnel. */
    private CallIdentity through(Secret proxy, Secret inside) {
        return identity.recognise(
                List.of(
                        new Attempt.PresentedCredential("header proxy-authorization user", new Secret("lease")),
                        new Attempt.PresentedCredential("header proxy-authorization password", proxy),
                        new Attempt.PresentedCredential("header authorization", inside)),
                Optional.of("place"),
                clock.instant());
    }

    @Test
    void aChildLeaseCountsInsideItsParentsTunnel() {
        Leases.LeaseResult.IssuedLease parent = root(Set.of(), Optional.of("place"));
        Leases.LeaseResult.IssuedLease child = child(parent);
        Leases.LeaseResult.IssuedLease grandchild = child(child);
        Leases.LeaseResult.IssuedLease other = root(Set.of(), Optional.of("place"));
        assertThat(through(parent.token(), parent.token())).isEqualTo(new CallIdentity.KnownCaller(parent.lease()));
        assertThat(through(parent.token(), child.token())).isEqualTo(new CallIdentity.KnownCaller(child.lease()));
        assertThat(through(parent.token(), grandchild.token()))
                .isEqualTo(new CallIdentity.KnownCaller(grandchild.lease()));
        assertThat(through(child.token(), parent.token()))
                .as("a sub-agent's tunnel does not carry its parent's lease")
                .isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(through(other.token(), child.token())).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(through(child.token(), child(parent).token())).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(through(parent.token(), new Secret("rw_stray"))).isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    @Test
    void theLeaseOfATunnelIsBoundToItsPlaceToo() {
        Leases.LeaseResult.IssuedLease elsewhere = root(Set.of(), Optional.of("another"));
        assertThat(identity.recognise(
                        List.of(new Attempt.PresentedCredential("header proxy-authorization", elsewhere.token())),
                        Optional.of("place"),
                        clock.instant()))
                .isInstanceOf(CallIdentity.MisplacedLease.class);
    }

    @Test
    void aChildOfALeaseWithoutAPlaceBelongsWhereItWasAskedFor() {
        Leases.LeaseResult answer = leases.derive(root().lease(), ALL_OF_IT, Optional.of("here"));
        assertThat(((Leases.LeaseResult.IssuedLease) answer).lease().place()).contains("here");
    }

    @Test
    void aWiderChildIsRefused() {
        Lease root = root(Set.of(RESOURCES.getFirst()), Optional.empty()).lease();
        for (Map.Entry<ChildLeaseScope, String> wider : Map.of(
                        new ChildLeaseScope(Set.of("production"), Set.of(), Set.of(), Optional.empty()),
                        "does not name `production`",
                        new ChildLeaseScope(Set.of(), Set.of(Impact.DESTROY), Set.of(), Optional.empty()),
                        "does not allow `destroy`",
                        new ChildLeaseScope(Set.of(), Set.of(), Set.of(RESOURCES.getLast()), Optional.empty()),
                        "does not name `" + RESOURCES.getLast() + "`",
                        lasting(TEMPLATE.ttl().plusSeconds(1)),
                        "expires at")
                .entrySet()) {
            assertThat(leases.derive(root, wider.getKey(), Optional.empty()))
                    .isInstanceOfSatisfying(
                            Leases.LeaseResult.DeniedLease.class,
                            denied -> assertThat(denied.reason()).contains(wider.getValue()));
        }
        assertThat(leases.list()).hasSize(1);
    }

    @Test
    void anUnknownLeaseHasNoChildren() {
        Lease foreign = leases.makeProbeTokens().lease();
        assertThat(leases.derive(foreign, ALL_OF_IT, Optional.empty()))
                .isInstanceOfSatisfying(
                        Leases.LeaseResult.DeniedLease.class,
                        denied -> assertThat(denied.reason()).contains("has ended"));
    }

    /** The design's definition, written again: a subset in every dimension. */
    @RepeatedTest(40)
    void noChildIsEverWider() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Lease parent = anyLease(random);
        for (int i = 0; i < 200; i++) {
            ChildLeaseScope asked = anyNarrowing(random);
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
            assertThat(asked.missingFromParent(parent, now).isEmpty())
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
                IdentitySeals.AGENT,
                "jer",
                LeaseSigners.NOBODY,
                "fix",
                Optional.of("fix-staging"),
                some(random, List.of("staging", "production", "test"), 1),
                some(random, List.of(Impact.values()), 1),
                some(random, RESOURCES, 0),
                random.nextBoolean() ? Optional.of("place") : Optional.empty(),
                issued,
                issued.plusSeconds(1 + random.nextInt(4_000)));
    }

    private static ChildLeaseScope anyNarrowing(Random random) {
        return new ChildLeaseScope(
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
        Leases.LeaseResult.IssuedLease root = root();
        Leases.LeaseResult.IssuedLease child = child(root);
        Leases.LeaseResult.IssuedLease grandchild = child(child);
        Leases.LeaseResult.IssuedLease sibling = child(root);

        assertThat(ids(leases.revoke(child.lease().id(), "enough").leases()))
                .containsExactlyInAnyOrder(
                        child.lease().id(), grandchild.lease().id());
        assertThat(use(grandchild)).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(use(sibling)).isInstanceOf(CallIdentity.KnownCaller.class);

        leases.revoke(root.lease().id());
        assertThat(use(sibling)).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
        start();
        assertThat(use(grandchild)).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(use(sibling)).isInstanceOf(CallIdentity.RevokedLease.class);
    }

    @Test
    void descentSurvivesARestart() throws Exception {
        Leases.LeaseResult.IssuedLease root = root();
        Leases.LeaseResult.IssuedLease child = child(root);
        Leases.LeaseResult.IssuedLease grandchild = child(child);
        start();
        assertThat(identity.ancestors(grandchild.lease())).containsExactly(child.lease(), root.lease());
        leases.revoke(child.lease().id());
        assertThat(use(grandchild)).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(use(root)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    /** The seal alone would allow the child, because it demands less. */
    @Test
    void aChildFallsWithItsParentWhenTheSealIsTightened() {
        Leases.LeaseResult.IssuedLease root = root();
        Leases.LeaseResult.IssuedLease child = (Leases.LeaseResult.IssuedLease) leases.derive(
                root.lease(),
                new ChildLeaseScope(Set.of(), Set.of(Impact.READ), Set.of(), Optional.of(Duration.ofMinutes(1))),
                Optional.empty());
        Seal.TaskTemplate reading = new Seal.TaskTemplate(
                TEMPLATE.name(), TEMPLATE.environments(), Set.of(Impact.READ), TEMPLATE.agents(), TEMPLATE.ttl());
        inForce.set(Optional.of(IdentitySeals.withTasks(SEAL, Map.of(TEMPLATE.name(), reading))));
        assertThat(use(root)).isInstanceOf(CallIdentity.UnsupportedLease.class);
        assertThat(use(child)).isInstanceOf(CallIdentity.UnsupportedLease.class);
    }

    @Test
    void aKillStopsChildren() {
        Leases.LeaseResult.IssuedLease child = child(root());
        leases.kills().kill(new Kill.KillTarget(Kill.KillScope.TASK, "fix-staging"), "enough", "root");
        assertThat(use(child)).isInstanceOf(CallIdentity.KilledLease.class);
    }

    @Test
    void childrenDependOnTheSignersOfTheirParent() {
        LeaseRequest wide = new LeaseRequest(
                IdentitySeals.AGENT,
                "fix",
                Optional.of("fix-staging"),
                Set.of("staging", "production"),
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                Duration.ofHours(1));
        byte[] statement = leases.prepare(SEAL, wide);
        Leases.LeaseResult.IssuedLease root = (Leases.LeaseResult.IssuedLease)
                leases.issue(SEAL, statement, MAYA.sign("interlock-lease@v1", statement), Optional.empty());
        Leases.LeaseResult.IssuedLease child = child(root);
        assertThat(use(child)).isInstanceOf(CallIdentity.KnownCaller.class);
        inForce.set(Optional.of(IdentitySeals.withoutSoftwareKeys(SEAL)));
        assertThat(use(child)).isInstanceOf(CallIdentity.UnsupportedLease.class);
    }

    @Test
    void aChildEndsInTimeAndIsNotRenewed() {
        Leases.LeaseResult.IssuedLease root = root();
        Leases.LeaseResult.IssuedLease child = (Leases.LeaseResult.IssuedLease)
                leases.derive(root.lease(), lasting(Duration.ofMinutes(1)), Optional.empty());
        assertThat(leases.renewal(SEAL, child.lease().id())).isEmpty();
        clock.pass(Duration.ofMinutes(1));
        assertThat(use(child)).isInstanceOf(CallIdentity.ExpiredLease.class);
        assertThat(use(root)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    @Test
    void generationsAndChildrenAreLimited() {
        Leases.LeaseResult.IssuedLease last = root();
        for (int i = 0; i < LeaseRegistry.MAX_GENERATIONS; i++) {
            last = child(last);
        }
        assertThat(leases.derive(last.lease(), ALL_OF_IT, Optional.empty()))
                .isInstanceOfSatisfying(
                        Leases.LeaseResult.DeniedLease.class,
                        denied -> assertThat(denied.reason()).contains("generations, which is the limit"));

        Leases.LeaseResult.IssuedLease root = root();
        int ever = 0;
        while (ever < LeaseRegistry.MAX_CHILDREN_EVER) {
            for (int i = 0; i < LeaseRegistry.MAX_CHILDREN && ever < LeaseRegistry.MAX_CHILDREN_EVER; i++, ever++) {
                assertThat(leases.derive(root.lease(), lasting(Duration.ofSeconds(1)), Optional.empty()))
                        .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
            }
            assertThat(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()))
                    .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
            clock.pass(Duration.ofSeconds(1));
        }
        assertThat(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()))
                .isInstanceOfSatisfying(
                        Leases.LeaseResult.DeniedLease.class,
                        denied -> assertThat(denied.reason()).contains("which is the limit in total"));
    }

    /** The parent is ended while children are derived: none is left. */
    @RepeatedTest(10)
    void noChildIsIssuedAfterItsParentEnds() throws Exception {
        Leases.LeaseResult.IssuedLease root = root();
        int hands = 4;
        CyclicBarrier together = new CyclicBarrier(hands + 1);
        List<Leases.LeaseResult.IssuedLease> given = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(hands)) {
            List<Future<List<Leases.LeaseResult>>> work = new ArrayList<>();
            for (int i = 0; i < hands; i++) {
                work.add(threads.submit(() -> {
                    together.await();
                    List<Leases.LeaseResult> answers = new ArrayList<>();
                    for (int j = 0; j < 5; j++) {
                        answers.add(leases.derive(root.lease(), ALL_OF_IT, Optional.empty()));
                    }
                    return answers;
                }));
            }
            together.await();
            leases.revoke(root.lease().id());
            for (Future<List<Leases.LeaseResult>> one : work) {
                one.get().stream()
                        .filter(Leases.LeaseResult.IssuedLease.class::isInstance)
                        .map(Leases.LeaseResult.IssuedLease.class::cast)
                        .forEach(given::add);
            }
        }
        assertThat(given).allSatisfy(child -> assertThat(use(child)).isInstanceOf(CallIdentity.RevokedLease.class));
        assertThat(leases.current(inForce.get())).isEmpty();
    }

    private static List<String> ids(Collection<Lease> leases) {
        return leases.stream().map(Lease::id).toList();
    }
}
