package dev.interlock.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.action.SealedBots;
import dev.interlock.action.Secret;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.config.Config;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.identity.Kill;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.identity.RemoteMachine;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.StoreFleet;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TestingWorld;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import dev.interlock.watch.AlertDispatcher;
import dev.interlock.watch.AlertLog;
import dev.interlock.watch.Probe;
import dev.interlock.watch.Probes;
import dev.interlock.watch.ProgramChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the problems in the status, which people should see before an incident. */
final class GatewayStatusTest {

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingWorld world = new TestingWorld();
    private Optional<Seal> seal = Optional.of(sealed());
    private Ledger ledger;
    private Database database;
    private Vault vault;
    private Leases leases;
    private LimitEnforcer limits;
    private Confirmations confirmations;
    private final Probes probes = new Probes(clock, _ -> {}, _ -> {});
    private List<FrontEndpoint> ways = List.of();
    private Optional<RemoteListenerStatus> remote = Optional.empty();
    private Optional<Config.Console> console = Optional.empty();
    private AlertDispatcher watch;

    @BeforeEach
    void start() throws IOException {
        SecureRandom random = new SecureRandom();
        ledger = Ledger.open(
                LedgerConfig.of(
                        "interlock.example/pocketos",
                        directory.resolve("ledger"),
                        directory.resolve("state"),
                        Optional.empty()),
                random);
        List<Schema> schemas = new ArrayList<>(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqliteHoldStore.SCHEMAS);
        schemas.addAll(SqliteLimitStore.SCHEMAS);
        database = Database.open(directory.resolve("store.db"), schemas);
        vault = Vault.at(
                directory.resolve("vault"),
                new Vault.PinnedSealKeys(Set.of(SshPublicKey.parse(world.sealer.line())), 1),
                "interlock.example/log",
                id -> {
                    throw new NoSuchFileException(id);
                },
                clock,
                random);
        leases = new Leases(new SqliteLeaseStore(database), clock, random, new NoPasskeys());
        confirmations = new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, random, new NoPasskeys());
        limits = new LimitEnforcer(
                new SqliteLimitStore(database), clock, clock::nanos, new TestingSignatures().orders(clock), random);
        watch = new AlertDispatcher(
                AlertLog.lines(System.err), clock.utc(), clock::nanos, "log", directory.resolve("alerts"), Map.of());
    }

    @AfterEach
    void close() throws IOException {
        database.close();
        ledger.close();
    }

    private List<String> faults = List.of();
    private Optional<String> halted = Optional.empty();
    private Optional<String> partly = Optional.empty();
    private Optional<StoreFleet> fleet = Optional.empty();

    @Test
    void thoseWhoShareTheStoreAreListedAndASilentOneIsNamed() throws Exception {
        Instant heard = clock.instant();
        fleet = Optional.of(new StoreFleet(
                12,
                List.of(
                        new StoreFleet.Node("interlock.example/a", "1.2.3", heard, heard, false, 12, ""),
                        new StoreFleet.Node(
                                "interlock.example/b",
                                "1.2.4",
                                heard,
                                heard,
                                true,
                                7,
                                "{\"receipts\":9,\"seal\":3}"))));
        assertThat(status().texts("things"))
                .anyMatch(thing -> thing.startsWith("The gateway `interlock.example/b` is silent since"))
                .anyMatch(thing -> thing.startsWith("No copy of the log of `interlock.example/b` can be read"))
                .noneMatch(thing -> thing.contains("interlock.example/a") || thing.contains("but reads"));
        assertThat(status().object("store").canonicalText())
                .contains("\"name\":\"interlock.example/a\",\"silent\":false", "\"behind\":5", "\"seal\":3");
        seal = Optional.of(
                sealed().with(parts -> parts.fleet = Optional.of(new Seal.FleetRules(Duration.ofSeconds(30)))));
        Instant end = heard.truncatedTo(ChronoUnit.SECONDS).plusSeconds(32);
        assertThat(status().texts("things"))
                .anyMatch(thing -> thing.contains("serves nothing but reads, these until " + end + " at most: look"));
    }

    private static StoreFleet.Node node(String name, Instant heard, String said) {
        return new StoreFleet.Node("interlock.example/" + name, "1.2.3", heard, heard, false, 12, said);
    }

    /** Whoever opens a pipe waits for the other end, as for a disk of a network. */
    @Test
    @Tag("process")
    void aCopyWhoseDiskHangsIsNamedAndTheRestIsShown() throws Exception {
        Instant heard = clock.instant();
        fleet = Optional.of(new StoreFleet(
                12, List.of(new StoreFleet.Node("interlock.example/b", "1.2.3", heard, heard, false, 12, ""))));
        Path pipe = Files.createDirectories(directory.resolve("replicas/b")).resolve("checkpoint");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Json.Members status = status();
        Files.writeString(pipe, "");
        assertThat(status.texts("things"))
                .anyMatch(thing -> thing.contains("replicas/b` does not answer: its disk hangs"))
                .anyMatch(thing -> thing.contains("No copy of the log of `interlock.example/b`"));
    }

    @Test
    void whatAnotherGatewaySaysOfItselfIsShownAndWhatNobodyUnderstandsIsNot() throws Exception {
        Instant heard = clock.instant();
        long sequence = seal.orElseThrow().sequence();
        fleet = Optional.of(new StoreFleet(
                12,
                List.of(
                        node("b", heard, "{\"seal\":" + (sequence + 1) + "}"),
                        node("c", heard, "{\"seal\":" + sequence + ",\"why\":\"people expelled it\"}"),
                        node("d", heard, "{\"receipts\":9,\"seal\":" + sequence + "}"),
                        node("e", heard, "{\"seal\":\"1\",\"why\":[]}"))));
        assertThat(status().texts("things").stream().filter(thing -> !thing.startsWith("No copy")))
                .anyMatch(thing -> thing.startsWith("The gateway `interlock.example/b` has seal " + (sequence + 1)))
                .contains("The gateway `interlock.example/c` is NOT PROTECTED: people expelled it")
                .noneMatch(thing -> thing.contains("interlock.example/d"))
                .as("a version before does not say it")
                .noneMatch(thing -> thing.contains("interlock.example/e"));
        assertThat(status().flag("enforcing")).isTrue();
    }

    @Test
    void faultsAreWarningsAndWhatRefusesAllEnforcesNothing() throws Exception {
        assertThat(status().flag("enforcing")).isTrue();
        faults = List.of("The store was older than the ledger.");
        halted = Optional.of("the clock cannot be trusted: interlock clock.");
        assertThat(status().texts("things")).contains("The store was older than the ledger.");
        assertThat(status().flag("enforcing")).isFalse();
        assertThat(status().text("why")).contains("interlock clock");
        seal = Optional.empty();
        assertThat(status().text("why")).contains("sudo interlock seal");
    }

    @Test
    void theStatusShowsEachReceiverAndMissingOnes() throws Exception {
        Path alerts = directory.resolve("alerts");
        ProgramChannel nobody = ProgramChannel.at(Path.of("/bin/false"), _ -> {});
        watch = new AlertDispatcher(
                AlertLog.lines(System.err), clock.utc(), clock::nanos, "log", alerts, Map.of("pager", nobody));
        AlertRules rules = new AlertRules(
                List.of(new AlertRules.AlertRule(Set.of("pager", "people"), Set.of(), Alert.Severity.INFO)));
        watch.setRules(() -> rules);
        Json.Members told = status();
        assertThat(told.object("alerts").text("pager")).isEqualTo("exec, 0 waiting, none taken yet");
        assertThat(told.object("alerts").text("people")).startsWith("MISSING");
        assertThat(told.texts("things")).anyMatch(warning -> warning.contains("`people`"));
    }

    private Seal sealed() {
        Seal bare = world.seal();
        Seal.Upstream railway = new Seal.Upstream(
                "railway",
                "railway",
                URI.create("https://railway.test/api"),
                Optional.empty(),
                List.of(slot("railway-read", Impact.READ), slot("railway-destroy", Impact.DESTROY)),
                Optional.of("railway-read"),
                Map.of(),
                List.of());
        return bare.with(parts -> parts.upstreams = Map.of("railway", railway));
    }

    private static Seal.CredentialSlot slot(String name, Impact impact) {
        return new Seal.CredentialSlot(name, Set.of("production"), Set.of(impact), "authorization", "Bearer");
    }

    /** A name of its own does not protect against anybody who can guess it and plant a link there. */
    @Test
    void aConsolesNameThatCanBeGuessedIsAWarning() {
        assertThat(status().texts("things")).noneMatch(warning -> warning.contains("guessed"));
        console = Optional.of(new Config.Console(
                Optional.empty(),
                Optional.of(URI.create("http://interlock.localhost:7412")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false));
        assertThat(status().texts("things"))
                .anyMatch(warning ->
                        warning.contains("`http://interlock.localhost:7412`, a " + "name that can be guessed"));
    }

    @Test
    void noStatusSaysProtectedWithoutItsConsole() {
        partly = Optional.of("the console is not listening");
        StatusQuestion.Status status = RecordJson.read(StatusQuestion.Status.class, status());
        assertThat(status.verdict(0)).startsWith("PARTLY PROTECTED: the console is not listening");
        partly = Optional.empty();
        assertThat(RecordJson.read(StatusQuestion.Status.class, status()).verdict(0))
                .startsWith("Protected.");
    }

    private Json.Members status() {
        return RecordJson.write(new GatewayStatus(
                        new GatewayStatus.Sources(
                                () -> seal,
                                ledger,
                                vault,
                                () -> "apart (same user)",
                                confirmations.confirmers(_ -> true),
                                leases,
                                limits.freezes(),
                                probes,
                                watch,
                                () -> ways,
                                () -> faults,
                                () -> halted,
                                clock),
                        new InetSocketAddress("127.0.0.1", 8686),
                        true,
                        remote,
                        () -> Optional.of("127.0.0.1:7413, in the clear"),
                        console,
                        () -> fleet,
                        new LedgerReplicas(Optional.of(directory.resolve("replicas")), "interlock.example/a"))
                .now("none", partly));
    }

    @Test
    void theStatusShowsTheListenerForRemoteMachines() {
        assertThat(status().get("remote")).isEmpty();
        List<RemoteMachine> machines = new ArrayList<>();
        Optional<InetSocketAddress> address = Optional.of(new InetSocketAddress("10.0.0.5", 7443));
        AtomicReference<Optional<InetSocketAddress>> open = new AtomicReference<>(address);
        remote = Optional.of(new RemoteListenerStatus(
                List.of("gateway.example.com"), open::get, () -> clock.instant().plusSeconds(1), () -> machines));
        Json.Members none = status().object("remote");
        assertThat(none.text("listens")).isEqualTo("10.0.0.5:7443");
        assertThat(none.texts("names")).containsExactly("gateway.example.com");
        assertThat(none.text("certificate_until"))
                .isEqualTo(clock.instant().plusSeconds(1).toString());
        assertThat(none.whole("machines")).isZero();
        assertThat(none.get("next_machine_until")).isEmpty();
        LeaseRequest request = LeaseRequest.readOnly("jer/cursor", "look", Set.of("staging"));
        for (int days : new int[] {9, 3, 5}) {
            machines.add(new RemoteMachine(
                    "M-" + days,
                    "",
                    request,
                    "root",
                    clock.instant(),
                    clock.instant().plus(Duration.ofDays(days)),
                    Optional.empty(),
                    Optional.empty()));
        }
        open.set(Optional.empty());
        Json.Members some = status().object("remote");
        assertThat(some.text("listens")).isEqualTo("SHUT");
        assertThat(some.whole("machines")).isEqualTo(3);
        assertThat(some.text("next_machine_until"))
                .isEqualTo(clock.instant().plus(Duration.ofDays(3)).toString());
    }

    private void probe(String front, Probe.ProbeResult shown) throws InterruptedException {
        probes.send(new Probe(front, "HTTP/2", "railway", "no lease", () -> shown));
    }

    @Test
    void theStatusShowsTheProbesOfEachFront() throws InterruptedException {
        ways = List.of(
                new FrontEndpoint("https://127.0.0.1:7411", "HTTP/1.1", false),
                new FrontEndpoint("https://127.0.0.1:7411", "HTTP/2", false));
        assertThat(status().text("probes")).isEqualTo("no probe yet");
        probe("https://127.0.0.1:7411", Probe.ProbeResult.REFUSED);
        assertThat(status().text("probes")).startsWith("all 1 refused");
        assertThat(status().object("fronts").text("postgres")).isEqualTo("127.0.0.1:7413, in the clear, no probe yet");
        assertThat(status().object("fronts").text("https://127.0.0.1:7411"))
                .startsWith("HTTP/1.1 and HTTP/2, TLS, all 1 refused");
        assertThat(status().object("probed").text("railway")).startsWith("all 1 refused");
        assertThat(status().flag("enforcing")).isTrue();
    }

    @Test
    void anUnprobedFrontIsNotEnforcing() throws InterruptedException {
        ways = List.of(new FrontEndpoint("http://127.0.0.1:7411", "HTTP/2", false));
        probe("http://127.0.0.1:7411", new Probe.ProbeResult(Probe.ProbeFinding.UNPROVED, "no answer"));
        assertThat(status().flag("enforcing")).isFalse();
        assertThat(status().object("fronts").text("http://127.0.0.1:7411"))
                .startsWith("HTTP/2, in the clear, RED: 1 of 1 ");
        assertThat(texts(status(), "things")).anyMatch(warning -> warning.contains("no answer"));
    }

    @Test
    void aClosedFrontIsStillShown() throws InterruptedException {
        probe("http://127.0.0.1:7411", new Probe.ProbeResult(Probe.ProbeFinding.LET_THROUGH, "status 200"));
        probes.retainFronts(Set.of());
        assertThat(status().object("fronts").text("http://127.0.0.1:7411")).startsWith("SHUT, RED");
    }

    private static List<String> texts(Json.Members status, String name) {
        return status.items(name).stream()
                .map(text -> ((Json.Text) text).value())
                .toList();
    }

    @Test
    void anEmptySlotIsShownBeforeItIsNeeded() throws IOException {
        vault.put("railway-read", Store.ORDINARY, new Secret("real"));
        // A secret in another store than the sealed one counts as missing.
        vault.put("railway-destroy", Store.ORDINARY, new Secret("real"));
        Json.Members status = status();
        assertThat(status.flag("enforcing")).isTrue();
        assertThat(texts(status, "credentials_missing")).containsExactly("railway-destroy");
        assertThat(texts(status, "things")).hasSize(2).last().asString().contains("interlock vault put", "fleet join");

        vault.put("railway-destroy", Store.PROTECTED, new Secret("real"));
        assertThat(texts(status(), "credentials_missing")).isEmpty();
        assertThat(texts(status(), "things")).noneMatch(thing -> thing.contains("vault"));
    }

    @Test
    void aLogThatNoOtherMachineSeesIsShown() throws IOException {
        assertThat(texts(status(), "things")).anyMatch(thing -> thing.contains("can rewrite the log unnoticed"));
    }

    @Test
    void witnessesOfTheSealThatDoNotAnswerAreShown() {
        String ann = "witness.example/ann+aadca2c9+BCXa6Ach8pcxOrIMvpvPOaD3ViYY1ZB693mS/Wua5HcT";
        assertThat(status().texts("things")).noneMatch(warning -> warning.contains("The seal wants"));
        seal = Optional.of(sealed().with(
                        parts -> parts.witnesses = Optional.of(new WitnessRules(Set.of(ann), 1, Set.of("destroy")))));
        assertThat(status().texts("things"))
                .anyMatch(
                        warning -> warning.contains("destroy, and EVERY SUCH CALL IS REFUSED: `witness.example/ann`"));
    }

    @Test
    void slotsWithTheSameSecretAreShown() throws IOException {
        vault.put("railway-read", Store.ORDINARY, new Secret("one"));
        vault.put("railway-destroy", Store.PROTECTED, new Secret("two"));
        assertThat(texts(status(), "credentials_shared")).isEmpty();

        vault.put("railway-destroy", Store.PROTECTED, new Secret("one"));
        assertThat(texts(status(), "credentials_shared"))
                .containsExactly("`railway-destroy` and `railway-read` hold the same secret");
    }

    /** Such a slot opens without a confirmation for its other impacts, but never if it destroys what is protected. */
    @Test
    void aSlotForDestroyingAndMoreIsShown() throws IOException {
        Seal.CredentialSlot wide = new Seal.CredentialSlot(
                "railway-work", Set.of("staging"), Set.of(Impact.WRITE, Impact.DESTROY), "authorization", "Bearer");
        Seal.CredentialSlot guarded = new Seal.CredentialSlot(
                "railway-guarded",
                Set.of("production"),
                Set.of(Impact.EXECUTE, Impact.DESTROY),
                "authorization",
                "Bearer");
        Seal.Upstream railway = sealed().upstreams().get("railway");
        seal = Optional.of(sealed().with(parts -> parts.upstreams = Map.of(
                "railway",
                new Seal.Upstream(
                        "railway",
                        "railway",
                        railway.address(),
                        Optional.empty(),
                        List.of(wide, guarded),
                        Optional.empty(),
                        Map.of(),
                        List.of()))));
        assertThat(texts(status(), "credentials_shared"))
                .singleElement()
                .asString()
                .startsWith("`railway-work` is for `destroy` and more")
                .endsWith("give `destroy` a slot of its own");
    }

    @Test
    void theStatusShowsUpstreamsHoldsAndSeal() {
        leases.issue(world.seal(), LeaseRequest.readOnly("jer/cursor", "look", Set.of("staging")));
        confirmations.open(
                world.seal(),
                TestingWorld.deletion("vol_1", "staging"),
                new Verdict.Hold(
                        new VerdictReasons(world.seal().id(), List.of("p1")),
                        new Obligations(
                                Set.of(new Obligations.Quorum(1, "owners")),
                                Duration.ZERO,
                                Optional.empty(),
                                OptionalLong.empty(),
                                false,
                                false)));
        Json.Members status = status();
        assertThat(status.object("upstreams").text("railway")).isEqualTo("https://railway.test/api");
        assertThat(status.object("catalogs").text("railway")).isEqualTo("railway");
        assertThat(status.object("credential_headers").texts("railway")).containsExactly("authorization");
        assertThat(status.whole("leases")).isEqualTo(1);
        assertThat(status.whole("holds")).isEqualTo(1);
    }

    @Test
    void theStatusShowsWhatTheSealSaysOfBots() {
        assertThat(status().object("bots").members()).isEmpty();
        Seal.Upstream railway = Objects.requireNonNull(sealed().upstreams().get("railway"));
        Seal.Upstream spoken = new Seal.Upstream(
                railway.name(),
                railway.catalog(),
                railway.address(),
                railway.ca(),
                railway.credentials(),
                railway.resolver(),
                railway.places(),
                railway.backups(),
                false,
                false,
                false,
                Optional.of(new SealedBots(
                        Set.of("shipmate"), Set.of("maya", "talbot"), Set.of(), Set.of("github:repo/acme/doc*"))));
        seal = Optional.of(sealed().with(parts -> parts.upstreams = Map.of("railway", spoken)));
        assertThat(status().object("bots").texts("railway"))
                .containsExactly("accounts: shipmate", "people: maya, talbot", "none in: github:repo/acme/doc*");
    }

    @Test
    void theStatusShowsKills() {
        assertThat(texts(status(), "kills")).isEmpty();
        leases.kills().kill(new Kill.KillTarget(Kill.KillScope.AGENT, "jer/cursor"), "it runs wild", "root");
        assertThat(texts(status(), "kills"))
                .singleElement()
                .asString()
                .contains("K-", "the agent `jer/cursor`", "by root: it runs wild");
        assertThat(lifting()).contains("with a key of `ann` or `bob`", "`jer` (with a hardware key, or with a passkey");
        for (String person : sealed().people().keySet()) {
            leases.kills().kill(new Kill.KillTarget(Kill.KillScope.PERSON, person), "gone", "root");
        }
        assertThat(lifting()).contains("Nobody can lift it").doesNotContain("--key");
    }

    private String lifting() {
        return texts(status(), "things").stream()
                .filter(thing -> thing.contains("it runs wild"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void withoutASealNothingIsInForce() {
        leases.issue(world.seal(), LeaseRequest.readOnly("jer/cursor", "look", Set.of("staging")));
        seal = Optional.empty();
        assertThat(status().flag("enforcing")).isFalse();
        assertThat(status().whole("leases")).isZero();
        assertThat(texts(status(), "credentials_missing")).isEmpty();
    }

    @Test
    void aFailingStoreIsShownAndHidesNothingElse() {
        database.close();
        assertThat(texts(status(), "things")).contains("The store cannot be read: see the daemon's log.");
    }
}
