package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Header;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.front.git.PushAdmission;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.front.http.GatewayRequests;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.http.McpReader;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.http.UpstreamOrigin;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.front.http.UpstreamServer;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.Handler;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import dev.interlock.gate.Upstream;
import dev.interlock.gate.WhoamiRequests;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.policy.Policies;
import dev.interlock.store.Database;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import dev.interlock.watch.Probes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests probes through a real front, with a provider that counts, while the checks that they prove are removed. */
@Timeout(300)
final class ProbeSchedulerTest {

    /** The number of probes: four kinds of unknown caller over each of two protocols, and one decision. */
    private static final int ALL = 9;

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private final AtomicInteger forwarded = new AtomicInteger();
    private final List<Attempt> attempts = new CopyOnWriteArrayList<>();
    private Optional<Seal> seal = Optional.of(sealed(1));
    private Predicate<CallIdentity> overlooks = _ -> false;
    private boolean believes;
    private boolean hasName;
    private Consumer<Attempt> meanwhile = _ -> {};
    private HttpServer provider;
    private UpstreamClient upstreams;
    private Database database;
    private Identity identity;
    private HttpFront front;
    private Probes probes;
    private ProbeScheduler probing;

    @BeforeEach
    void open() throws IOException {
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.createContext("/", exchange -> {
            forwarded.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        provider.start();
        SecureRandom random = new SecureRandom();
        database = Database.open(directory.resolve("store.db"), SqliteLeaseStore.SCHEMAS);
        Leases leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        identity = new Identity(
                leases,
                KeyedFingerprints.open(directory.resolve("fingerprint.key"), random),
                new Identity.KnownSecrets(_ -> Optional.empty(), (_, _) -> Optional.empty()),
                () -> seal);
        upstreams = new UpstreamClient();
        ElevationRequests nothing = _ -> {
            throw new AssertionError("nobody asks");
        };
        UndoRequests neither = _ -> {
            throw new AssertionError("nobody asks");
        };
        WhoamiRequests noOne = (_, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        PlanRequests unplanned = _ -> {
            throw new AssertionError("nobody asks");
        };
        LeaseDeriver nobody = (_, _, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        front = new HttpFront(
                new OneRoute(),
                new ProbedHandler(),
                new GatewayRequests(nobody, nothing, neither, noOne, unplanned),
                upstreams,
                _ -> "R-front",
                clock.utc(),
                Path.of("target", "bodies"));
        front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        probes = new Probes(clock, alerts::add, front::shut);
        probing = new ProbeScheduler(
                () -> seal,
                BuiltIn.CATALOGS,
                new Policies(_ -> ""),
                leases,
                front,
                Optional.empty(),
                probes,
                clock,
                clock::nanos);
    }

    @AfterEach
    void close() {
        front.close();
        upstreams.close();
        database.close();
        provider.stop(0);
    }

    private static Seal sealed(long sequence) {
        return sealed(sequence, "railway");
    }

    private static Seal sealed(long sequence, String catalog) {
        Seal bare = new TestingWorld(false, sequence).seal();
        Seal.Upstream railway = new Seal.Upstream(
                "railway",
                catalog,
                URI.create("https://railway.test"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
        return bare.with(parts -> {
            parts.id = bare.id() + sequence;
            parts.upstreams = Map.of("railway", railway);
        });
    }

    private final class OneRoute implements UpstreamRoutes {
        @Override
        public RouteLookup find(String upstream) {
            String host = hasName ? "provider.test" : "127.0.0.1";
            URI address =
                    URI.create("http://" + host + ":" + provider.getAddress().getPort());
            return new UpstreamRoute(
                    new UpstreamServer(address, Optional.empty(), false, false),
                    ExtraCarriers.USUAL,
                    _ -> true,
                    (_, _) -> false,
                    _ -> false,
                    new PushAdmission(this::isPush, directory),
                    McpReader.NONE);
        }

        private boolean isPush(String method, String path) {
            return BuiltIn.CATALOGS
                    .find(seal.orElseThrow().upstreams().get("railway").catalog())
                    .filter(catalog -> catalog.isPush(method, path))
                    .isPresent();
        }

        @Override
        public OriginLookup at(UpstreamOrigin origin) {
            return new OriginRoutes(Map.of("railway", (UpstreamRoute) find("railway")));
        }
    }

    /** Refuses unknown callers, unless it overlooks them. Then it forwards the call, or claims to have done so. */
    private final class ProbedHandler implements Handler {
        @Override
        public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
            attempts.add(attempt);
            meanwhile.accept(attempt);
            CallIdentity caller = identity.recognise(attempt, attempt.at());
            if (caller instanceof CallIdentity.RejectedCaller rejected && !overlooks.test(caller)) {
                return new Outcome.Refused<>("R-1", rejected.refusal());
            }
            if (believes) {
                return new Outcome.DryRunOutcome<>(
                        "R-1",
                        new DryRun(
                                DryRun.Prediction.PERMIT,
                                "Why not.",
                                "",
                                List.of(),
                                Optional.empty(),
                                Optional.empty()));
            }
            try {
                R answer =
                        upstream.forward(attempt.call(), _ -> Optional.of(new Header("authorization", "Bearer real")));
                return new Outcome.Forwarded<>("R-1", answer, () -> {});
            } catch (IOException _) {
                return new Outcome.Refused<>(
                        "R-1",
                        new Refusal(
                                Refusal.Kind.NOT_SENT,
                                Refusal.Finality.RETRYABLE,
                                "It was let through.",
                                "",
                                List.of(),
                                Optional.empty()));
            }
        }
    }

    @Test
    void aFrontThatRefusesEverythingPasses() {
        probing.run();
        assertThat(probes.all().red()).isEmpty();
        assertThat(probes.all().count()).isEqualTo(ALL);
        assertThat(attempts).hasSize(ALL - 1).allMatch(Attempt::isProbe);
        assertThat(alerts).isEmpty();
        assertThat(forwarded).hasValue(0);
    }

    /** The probe for each check notices that it is missing. */
    @ParameterizedTest
    @ValueSource(
            classes = {
                CallIdentity.NoCredential.class,
                CallIdentity.UnknownToken.class,
                CallIdentity.ExpiredLease.class,
                CallIdentity.ForeignCredential.class
            })
    void aFrontThatForwardsIsClosed(Class<? extends CallIdentity> overlooked) {
        overlooks = overlooked::isInstance;
        String name = front.endpoints().getFirst().front();
        probing.run();
        assertThat(probes.ofFront(name).red()).singleElement().asString().contains("it was not refused");
        assertThat(alerts).singleElement().extracting(Alert::rule).isEqualTo(Alert.AlertKind.PROBE);
        assertThat(front.endpoints()).as("nobody is served there any more").isEmpty();
        assertThat(forwarded).as("a probe never leaves").hasValue(0);

        overlooks = _ -> false;
        probing.run();
        assertThat(probes.all().red()).as("until people start it again").hasSize(1);
    }

    @Test
    void aFrontThatAnswers200IsClosed() {
        overlooks = _ -> true;
        believes = true;
        probing.run();
        assertThat(probes.all().red()).singleElement().asString().contains("status 200");
        assertThat(front.endpoints()).isEmpty();
    }

    @Test
    void laterProbesTakeTurnsAtEachEndpoint() throws IOException {
        front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        probing.run();
        int first = attempts.size();
        assertThat(attempts).filteredOn(a -> a.place().isPresent()).hasSize(2);
        probing.run();
        assertThat(attempts).as("it is not time").hasSize(first);
        clock.pass(ProbeScheduler.INTERVAL);
        probing.run();
        assertThat(attempts).as("two protocols at either front").hasSize(first + 4);
        assertThat(probes.all().red()).isEmpty();
    }

    /**
     * The clock was ahead at the start. Otherwise no front would be probed for as long, and all would count as proved.
     */
    @Test
    void aClockThatIsSetBackStopsNoProbe() {
        probing.run();
        int first = attempts.size();
        clock.set(clock.instant().minus(Duration.ofHours(8)));
        clock.pass(ProbeScheduler.INTERVAL);
        probing.run();
        assertThat(attempts).as("two protocols").hasSize(first + 2);
    }

    @Test
    void aPlaceIsProbedAsAProxy() throws IOException {
        hasName = true;
        front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        probing.run();
        assertThat(attempts).filteredOn(a -> a.place().isPresent()).hasSize(3).allMatch(Attempt::isProbe);
        assertThat(attempts)
                .filteredOn(a -> a.place().isPresent())
                .as("without one, it would be the agent's own call")
                .noneMatch(a -> a.presented().isEmpty());
        assertThat(probes.all().red()).isEmpty();

        overlooks = CallIdentity.UnknownToken.class::isInstance;
        for (int i = 0; i < 4; i++) {
            clock.pass(ProbeScheduler.INTERVAL);
            probing.run();
        }
        assertThat(front.endpoints()).as("one that forwards is shut").isEmpty();
        assertThat(forwarded).hasValue(0);
    }

    /** It asks whoever sends none for their credential. */
    @Test
    void theSharedProxyIsProbed() {
        hasName = true;
        front.enableTunnels(CertificateAuthority.longLived(Set.of("provider.test"), Instant.now(), new SecureRandom()));
        probing.run();
        assertThat(probes.all().red()).isEmpty();
        assertThat(probes.all().count()).isEqualTo(ALL + 4);
    }

    @Test
    void eachSealIsProbedAgain() {
        probing.run();
        seal = Optional.of(sealed(2));
        attempts.clear();
        probing.run();
        assertThat(attempts).hasSize(ALL - 1);
        seal = Optional.empty();
        probing.run();
        assertThat(probes.all().latest()).isEmpty();
    }

    /** A front for models and registries alone has to refuse like any other. */
    @ParameterizedTest
    @ValueSource(strings = {"npm", "anthropic", "git"})
    void aFrontWithoutDestructiveOperationsIsProbed(String catalog) {
        seal = Optional.of(sealed(2, catalog));
        probing.run();
        assertThat(probes.all().red()).isEmpty();
        assertThat(probes.all().count()).as("all but the decision").isEqualTo(ALL - 1);
        assertThat(probes.hasNone("railway")).isFalse();

        overlooks = CallIdentity.ExpiredLease.class::isInstance;
        seal = Optional.of(sealed(3, catalog));
        probing.run();
        assertThat(front.endpoints()).as("one that forwards is shut").isEmpty();
        assertThat(forwarded).hasValue(0);
    }

    @Test
    void unknownProvidersAreNotProbed() {
        seal = Optional.of(sealed(2, "nobodys"));
        probing.run();
        assertThat(probes.all().count()).isZero();
        assertThat(probes.hasNone("railway")).isTrue();
        seal = Optional.of(sealed(3));
        probing.run();
        assertThat(probes.hasNone("railway")).isFalse();
    }

    @Test
    void anotherRefusalIsRedAndRetriedAtOnce() throws IOException {
        Identity knowing = identity;
        identity = new Identity( // which does not know the ended lease
                new Leases(new SqliteLeaseStore(database), clock, new SecureRandom(), new NoPasskeys()),
                KeyedFingerprints.open(directory.resolve("fingerprint.key"), new SecureRandom()),
                new Identity.KnownSecrets(_ -> Optional.empty(), (_, _) -> Optional.empty()),
                () -> seal);
        probing.run();
        assertThat(probes.all().red()).hasSize(2).allMatch(red -> red.contains("the wrong reason"));
        assertThat(front.endpoints()).as("it was refused: nobody is cut off").hasSize(2);

        identity = knowing;
        probing.run();
        assertThat(probes.all().red()).isEmpty();
        assertThat(probes.all().count()).isEqualTo(ALL);
        assertThat(alerts).extracting(Alert::severity).contains(Alert.Severity.INFO);
    }

    @Test
    void aPlaceThatIsClosedMeanwhileIsNoAlarm() throws IOException {
        front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        meanwhile = attempt -> attempt.place().ifPresent(front::closePlace);
        probing.run();
        assertThat(attempts).anyMatch(attempt -> attempt.place().isPresent());
        assertThat(alerts).isEmpty();
        assertThat(probes.all().red()).isEmpty();
    }

    @Test
    void aPlaceThatIsClosedIsForgotten() throws IOException {
        front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        probing.run();
        assertThat(probes.fronts()).contains("place");
        front.closePlace("place");
        probing.run();
        assertThat(probes.fronts())
                .isEqualTo(Set.of(
                        ProbeScheduler.POLICY, front.endpoints().getFirst().front()));
        assertThat(front.endpoints()).extracting(FrontEndpoint::isPlace).containsOnly(false);
    }
}
