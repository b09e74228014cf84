package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.action.Alert;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Elevation;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.Impact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Lease;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Obligations;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.Question;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.backup.AttestationRegistry;
import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.confirm.SqliteStoredTexts;
import dev.interlock.console.Sessions;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.gate.ElevationGrants;
import dev.interlock.gate.UndoRequests;
import dev.interlock.identity.ChildLeaseScope;
import dev.interlock.identity.ClockCorrection;
import dev.interlock.identity.Kill;
import dev.interlock.identity.KillSwitch;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.Leases;
import dev.interlock.identity.RemoteMachine;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.ledger.AllReceipts;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.ledger.TextErasure;
import dev.interlock.limits.Freezes;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.push.Devices;
import dev.interlock.push.PushServices;
import dev.interlock.push.VapidKey;
import dev.interlock.readiness.DescribedAttempts;
import dev.interlock.readiness.DrillReports;
import dev.interlock.readiness.InventoryCheck;
import dev.interlock.seals.SealAdopter;
import dev.interlock.signin.OidcSignIn;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TestingWorld;
import dev.interlock.undo.SqliteStateStore;
import dev.interlock.watch.AlertChannel;
import dev.interlock.watch.AlertDispatcher;
import dev.interlock.watch.AlertLog;
import dev.interlock.watch.ProgramChannel;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests every command over a real store and a real ledger, either of which may fail. */
final class AdministrationTest {

    private static final StatusQuestion.Status STATUS = new StatusQuestion.Status(
            false,
            Optional.of("nothing is sealed"),
            Optional.empty(),
            new StatusQuestion.Parts("", "", "", Map.of(), "", Map.of(), Map.of(), Optional.empty(), Optional.empty()),
            new StatusQuestion.SealStatus("", 0, "", "", "", Map.of(), Map.of(), Map.of(), Map.of()),
            new StatusQuestion.LedgerStatus(0, 0, "", "", "", "", Map.of(), Optional.empty(), ""),
            new StatusQuestion.SecretStatus(Optional.empty(), Optional.empty()),
            0,
            Optional.empty(),
            List.of(),
            List.of(),
            "",
            List.of());

    private static final String ORIGIN = "interlock.example/pocketos";
    private static final Peer ANN = new Peer("ann");

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingWorld world = new TestingWorld();
    private final TestingAttester attesting = new TestingAttester(Resource.parse("railway:volume/v1"));
    private Seal seal = world.seal().with(parts -> parts.backups = attesting.plans());
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private final FakeListeners listeners = new FakeListeners();
    private Ledger ledger;
    private Database database;
    private Passkeys passkeys;
    private Leases leases;
    private LimitEnforcer limits;
    private Confirmations confirmations;
    private final Set<String> reached = new java.util.TreeSet<>();
    private FaultyRecorder recorder;
    private Administration administration;

    /** The number of scans of the calls in flight; it also stands for the number of calls cut off. */
    private final AtomicInteger cut = new AtomicInteger();

    private LeaseCommands endings;

    /** Listeners that nobody can connect to. */
    static final class FakeListeners implements Listeners {
        private final Set<String> open = new HashSet<>();
        private final Map<String, PlaceUsers> kept = new HashMap<>();
        private final Map<String, String> planted = new HashMap<>();
        private final Map<String, String> armed = new HashMap<>();
        private boolean fails;
        private Runnable meanwhile = () -> {};

        @Override
        public OpenListener open(String place, PlaceUsers entrants) throws IOException {
            meanwhile.run();
            if (fails) {
                throw new IOException("too many open files");
            }
            open.add(place);
            kept.put(place, entrants);
            Path own = Path.of("/run/places", place);
            return new OpenListener(own.resolve("gateway.sock"), own, List.of("shop"));
        }

        @Override
        public List<LeaseQuestion.Decoy> plant(String place, String owner) {
            planted.put(place, owner);
            return List.of(new LeaseQuestion.Decoy(".aws/credentials", "[x]"));
        }

        @Override
        public void arm(String place, String owner, List<MaskedCredential> decoys) {
            armed.put(place, owner + " " + decoys.size());
        }

        @Override
        public Map<String, PlaceUsers> reopen(Set<String> used) {
            kept.keySet().retainAll(used);
            kept.forEach((place, entrants) -> {
                if (!entrants.areGone()) {
                    open.add(place);
                }
            });
            return Map.copyOf(kept);
        }

        @Override
        public void close(String place) {
            open.remove(place);
            kept.remove(place);
        }

        @Override
        public void closeUnused(Supplier<Set<String>> used) {
            open.retainAll(used.get());
        }
    }

    /** Certificates without signatures. */
    private static final class FakeCertificates implements MachineCertificates {
        private int signed;

        @Override
        public SignedCertificate sign(String machine, String publicKey, Instant expires) {
            signed++;
            return new SignedCertificate(
                    "certificate of " + publicKey, "print of " + machine + (signed == 1 ? "" : " " + signed));
        }

        @Override
        public String authority() {
            return "authority";
        }

        @Override
        public String address() {
            return "https://gateway.example.com:7443";
        }
    }

    /** The failures of a ledger; the caller cannot distinguish them. */
    private enum Failure {
        FAILED,
        FAILED_BUT_WRITTEN
    }

    /** The real ledger, which fails on demand. */
    private static final class FaultyRecorder implements Administration.Recorder {
        private final Administration.Recorder recorder;
        private Optional<Failure> failure = Optional.empty();
        private boolean full;

        private FaultyRecorder(Administration.Recorder recorder) {
            this.recorder = recorder;
        }

        /** The rest of the disk is reserved for people. */
        @Override
        public String recordRefused(Json.Members members) throws LedgerUnavailableException {
            if (full || failure.isPresent()) {
                throw new LedgerUnavailableException("no space left on device");
            }
            return recorder.recordRefused(members);
        }

        @Override
        public String record(Json.Members members) throws LedgerUnavailableException {
            if (failure.equals(Optional.of(Failure.FAILED))) {
                throw new LedgerUnavailableException("no space left on device");
            }
            String id = recorder.record(members);
            if (failure.isPresent()) {
                throw new LedgerUnavailableException("syncing failed");
            }
            return id;
        }
    }

    /** A gate that grants no elevation. */
    static final class NoElevations implements ElevationGrants {
        @Override
        public AskResult ask(Seal seal, Lease lease, Elevation elevation, String reason) {
            return new AskResult.Refused(Refusal.denied("No.", "Stop.", List.of()));
        }

        @Override
        public boolean settle() {
            return true;
        }
    }

    @BeforeEach
    void start() throws IOException {
        SecureRandom random = new SecureRandom();
        ledger = Ledger.open(
                LedgerConfig.of(ORIGIN, directory.resolve("ledger"), directory.resolve("state"), Optional.empty())
                        .withSealedTexts(true),
                random);
        List<Schema> schemas = new ArrayList<>(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqliteHoldStore.SCHEMAS);
        schemas.addAll(SqliteLimitStore.SCHEMAS);
        schemas.addAll(SqlitePasskeyStore.SCHEMAS);
        schemas.addAll(SqliteStateStore.SCHEMAS);
        database = Database.open(directory.resolve("store.db"), schemas);
        passkeys =
                new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at("http://localhost:7412"), clock, random);
        leases = new Leases(new SqliteLeaseStore(database), clock, random, passkeys);
        limits = new LimitEnforcer(
                new SqliteLimitStore(database), clock, clock::nanos, new TestingSignatures().orders(clock), random);
        confirmations = new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, random, passkeys);
        recorder = new FaultyRecorder(Administration.Recorder.of(
                new AuditRecorder(ledger, ORIGIN, clock, alerts::add, leases::at, SaltedDigests.OPEN)));
        HoldSigning confirmers = confirmations.confirmers(_ -> true);
        SignatureReader signatures = new SignatureReader(passkeys, leases.kills()::isKilled, alerts::add);
        endings = new LeaseCommands(
                leases, listeners, signatures, new ServiceRules(Set.of(7412)), cut::incrementAndGet, alerts::add);
        SessionCommands sessions = new SessionCommands(endings, alerts::add);
        ElevationCommands elevations = new ElevationCommands(confirmations, confirmers, leases, new NoElevations());
        AttestationRegistry attestations = AttestationRegistry.open(directory.resolve("attestations"));
        RehearsalRegistry rehearsals = RehearsalRegistry.open(
                directory.resolve("rehearsals"),
                (under, statement, signature) -> leases.signatures()
                        .verify(under, Rehearsal.NAMESPACE, statement, signature)
                        .person()
                        .name());
        BackupCommands backups = new BackupCommands(
                attestations,
                rehearsals,
                (under, at) -> Json.object()
                        .withOptional("at", at.map(Instant::toString))
                        .with("restored", attestations.countedBackups(under).size())
                        .withTexts(
                                "practised_by",
                                rehearsals.rehearsals(under, TestingAttester.PLAN).stream()
                                        .map(said -> said.text("by"))
                                        .toList()),
                signatures,
                clock,
                alerts::add);
        SqliteStoredTexts texts = new SqliteStoredTexts(database, clock);
        administration = administration(
                new AgentCommands(leases, clock),
                new McpCommands((_, catalog) -> Optional.of(
                                new McpCommands.KnownServer("/mcp", new Resource("notes", "account", "self")))
                        .filter(_ -> catalog.equals("notes"))),
                endings,
                new WhoamiCommands(leases, (_, _) -> {
                    throw new IllegalStateException("no survey here");
                }),
                new RemoteCommands(leases, endings, Optional.of(new FakeCertificates()), listeners, clock),
                sessions,
                new ServiceCommands(endings, sessions, recorder),
                new RunCommands(endings, sessions, ledger.verifierKey().toString(), recorder, clock, alerts::add),
                new KillCommands(endings),
                new FreezeCommands(limits.freezes(), signatures, alerts::add),
                new ClockCommands(leases, confirmations, signatures, clock, alerts::add),
                new HoldCommands(confirmers, signatures, reached::contains, elevations, limits::stopping, alerts::add),
                elevations,
                new PasskeyCommands(passkeys, signatures, Set.of("root"), alerts::add),
                new SigningCommands(passkeys, confirmers, backups),
                new OidcSignInCommands(
                        new OidcSignIn(
                                URI.create("http://localhost:7412/signin/returned"),
                                Optional::empty,
                                Optional::empty,
                                clock,
                                random),
                        leases.kills()::isKilled),
                new EvidenceCommands(ledger, alone(ledger), _ -> KeptTexts.NONE, _ -> Optional.empty()),
                new TextCommands(
                        new TextErasure(ledger, texts::erase, recorder::record),
                        texts::standing,
                        leases.kills().orders(),
                        signatures),
                new UndoCommands(
                        _ -> new UndoRequests.Result.UndoReport("", Json.object()), _ -> Optional.empty(), clock),
                backups,
                new DrillReports(directory.resolve("drills.json"), clock),
                // Their own tests run these; here they are only registered.
                new SealAdopter(null, null, null),
                new InventoryCheck(null, null, null, null),
                new DescribedAttempts(null, null),
                () -> List.of(Command.of(StatusQuestion.AskStatus.class, _ -> STATUS)),
                new AlertCommands(watch()),
                devices(),
                new Sessions(URI.create("http://localhost:7412"), () -> {}, clock, random, _ -> true));
    }

    private DeviceCommands devices() {
        URI console = URI.create("http://localhost:7412");
        return new DeviceCommands(
                new Devices(directory.resolve("devices.json"), new PushServices(List.of())),
                new VapidKey(directory.resolve("push.key"), console, new SecureRandom()),
                Optional::empty,
                clock);
    }

    private Administration administration(CommandGroup... groups) {
        return new Administration(List.of(groups), () -> Optional.of(seal), recorder, clock, alerts::add);
    }

    /** An administrator's claim at the socket is no attestation. */
    private static AllReceipts alone(Ledger ledger) {
        return new AllReceipts(ledger, new LedgerReplicas(Optional.empty(), ""), Map::of, Path.of("unused"));
    }

    @Test
    void onlyASealedKeyAttestsARestore() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        Json.Members said = attesting.says("20261120T000000Z-0000b1", taken, taken.plusSeconds(600));
        Json.Members forged = Json.object()
                .with("attestation", said)
                .with("signature", new TestingAttester(Resource.parse("railway:volume/v1")).sign(said));
        assertThat(kindOfRefusal("backup.attest", forged)).isEqualTo("wrong_argument");
        assertThat(run("backup.status", Json.object()).whole("restored")).isZero();
        assertThat(recorded()).isEmpty();

        Json.Members genuine = forged.with("signature", attesting.sign(said));
        assertThat(run("backup.attest", genuine).text("receipt")).startsWith("R-");
        assertThat(run("backup.plans", Json.object())
                        .object("plans")
                        .object("shop-db")
                        .texts("failed"))
                .isEmpty();
        assertThat(run("backup.status", Json.object()).whole("restored")).isEqualTo(1);
        assertThat(run("backup.status", Json.object().with("at", "2026-01-20T00:00:00Z"))
                        .text("at"))
                .isEqualTo("2026-01-20T00:00:00Z");
        assertThatThrownBy(() -> run("backup.status", Json.object().with("at", "january")))
                .isInstanceOf(MalformedException.class);
        assertThat(recorded()).containsExactly("backup.attest");
        assertThat(kindOfRefusal("backup.attest", genuine)).isEqualTo("wrong_argument");
    }

    /** A backup that cannot be checked may be gone: it does not count until it is checked. */
    @Test
    void backupsAtAnUncheckedTargetDoNotCount() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        attest("20261120T000000Z-0000b1", taken, taken.plusSeconds(60), "a");
        Json.Members unseen = Json.object().with("plan", "shop-db").with("looked", false);
        assertThat(run("backup.check", unseen).flag("news")).isTrue();
        assertThat(run("backup.status", Json.object()).whole("restored")).isZero();
        assertThat(run("backup.check", unseen).flag("news")).isFalse();
        assertThat(run("backup.check", unseen.with("looked", true)).text("receipt"))
                .startsWith("R-");
        assertThat(run("backup.status", Json.object()).whole("restored")).isEqualTo(1);
        assertThat(run("backup.check", unseen.with("looked", true)).flag("news"))
                .isFalse();
        assertThat(recorded()).containsExactly("backup.check", "backup.check", "backup.attest");
        assertThat(kindOfRefusal("backup.check", unseen.with("plan", "another")))
                .isEqualTo("wrong_argument");
    }

    /**
     * The disk is full. The backup stops counting in any case, this is recorded, and it is stored once there is space.
     */
    @Test
    void backupsAtAnUncheckedTargetStopCountingDespiteAStoreFailure() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        attest("20261120T000000Z-0000b1", taken, taken.plusSeconds(60), "a");
        Path file = directory.resolve("attestations/shop-db.unlooked");
        Path inTheWay = Files.createDirectories(directory.resolve("attestations/shop-db.unlooked.new/full"));
        Json.Members unseen = Json.object().with("plan", "shop-db").with("looked", false);
        Json.Members told = run("backup.check", unseen);
        assertThat(told.flag("news")).isTrue();
        assertThat(told.flag("recorded")).isTrue();
        assertThat(told.flag("kept")).isFalse();
        assertThat(receipts().getFirst().flag("kept")).isFalse();
        assertThat(run("backup.status", Json.object()).whole("restored")).isZero();
        assertThat(run("backup.check", unseen).flag("kept")).isFalse();
        assertThat(file).doesNotExist();

        Files.delete(inTheWay);
        told = run("backup.check", unseen);
        assertThat(told.flag("news")).isFalse();
        assertThat(told.get("kept")).isEmpty();
        assertThat(file).exists();
        assertThat(recorded()).containsExactly("backup.check", "backup.attest");
    }

    /** The backup counts no more, and people are alerted, because a restart would forget that. */
    @Test
    void aWorthlessBackupIsReportedDespiteAStoreFailure() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        attest("20261120T000000Z-0000b1", taken, taken.plusSeconds(60), "a");
        Path inTheWay = Files.createDirectories(directory.resolve("attestations/shop-db.json.new/full"));
        Json.Members said = attesting.says("20261120T000000Z-0000b1", taken, taken.plusSeconds(600), "it is cut off");
        Json.Members word = Json.object().with("attestation", said).with("signature", attesting.sign(said));
        Json.Members told = run("backup.attest", word);
        assertThat(told.text("receipt")).startsWith("R-");
        assertThat(told.flag("kept")).isFalse();
        assertThat(run("backup.plans", Json.object())
                        .object("plans")
                        .object("shop-db")
                        .texts("failed"))
                .containsExactly("20261120T000000Z-0000b1");
        assertThat(run("backup.status", Json.object()).whole("restored")).isZero();
        assertThat(receipts().getFirst().flag("kept")).isFalse();
        assertThat(run("backup.attest", word).flag("kept"))
                .as("it is handed in again, and there is no room yet")
                .isFalse();
        assertThat(alerts)
                .as("people are told once")
                .singleElement()
                .satisfies(alert -> assertThat(alert.summary()).isEqualTo("A backup failed its restore test."));
        Json.Members good = attesting.says("20261120T000000Z-0000b2", taken, taken.plusSeconds(700));
        Json.Members better = Json.object().with("attestation", good).with("signature", attesting.sign(good));
        for (int time = 1; time <= 3; time++) {
            assertThat(kindOfRefusal("backup.attest", better)).isEqualTo("unavailable");
        }
        assertThat(recorded().stream().filter("backup.attest"::equals))
                .as("the good one that was kept, the bad one each time, and the better one once")
                .hasSize(4);

        Files.delete(inTheWay);
        told = run("backup.attest", better);
        assertThat(told.text("receipt")).startsWith("R-");
        assertThat(kindOfRefusal("backup.attest", better)).isEqualTo("wrong_argument");
        assertThat(run("backup.attest", word).text("receipt"))
                .as("it was written with the other one, and is taken all the same")
                .startsWith("R-");
        assertThat(kindOfRefusal("backup.attest", word)).isEqualTo("wrong_argument");
    }

    /** A genuine attestation for a plan that is not sealed yet is understood. */
    @Test
    void anAttestationOfAnUnsealedPlanIsRefusedWithARemedy() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        Json.Members said = attesting
                .says("20261120T000000Z-0000b1", taken, taken.plusSeconds(600))
                .with("plan", "shop-db-copy");
        Json.Members word = Json.object().with("attestation", said).with("signature", attesting.sign(said));
        assertThatThrownBy(() -> run("backup.attest", word))
                .isInstanceOf(AdminRefusedException.class)
                .hasMessage("the seal has no plan `shop-db-copy` that saves "
                        + "`railway:volume/v1`: add it to interlock.yaml and seal.");
        assertThat(recorded()).isEmpty();
    }

    /** People are alerted once, and not by each daily restore test. */
    @Test
    void backupsOfAnotherSourceAreReported() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        attest("20261120T000000Z-0000b1", taken, taken.plusSeconds(60), "a");
        attest("20261120T000000Z-0000b2", taken.plusSeconds(600), taken.plusSeconds(660), "a");
        assertThat(alerts).isEmpty();
        attest("20261120T000000Z-0000b3", taken.plusSeconds(1200), taken.plusSeconds(1260), "b");
        attest("20261120T000000Z-0000b3", taken.plusSeconds(1200), taken.plusSeconds(1320), "b");
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.BACKUP_TROUBLE);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
            assertThat(alert.facts())
                    .containsEntry(
                            "why",
                            "`shop-db/20261120T000000Z-0000b3` has another source than "
                                    + "`shop-db/20261120T000000Z-0000b2` before it");
        });
        attest("20261120T000000Z-0000b4", taken.plusSeconds(1800), taken.plusSeconds(1860), "b");
        assertThat(alerts).hasSize(1);
    }

    private void attest(String backup, Instant taken, Instant tried, String source) throws Exception {
        Json.Members said = attesting.says(backup, taken, tried).with("origin_sha256", source.repeat(64));
        run("backup.attest", Json.object().with("attestation", said).with("signature", attesting.sign(said)));
    }

    private Json.Members rehearsal(Instant at, String... wrong) {
        return new Rehearsal(
                        TestingAttester.PLAN,
                        Resource.parse("railway:volume/v1"),
                        "20261120T000000Z-0000b1",
                        at,
                        List.of(new Rehearsal.RehearsalStep(
                                "restoring",
                                wrong.length == 0 ? Rehearsal.StepResult.DONE : Rehearsal.StepResult.FAILED,
                                Duration.ofSeconds(240))),
                        List.of(wrong))
                .json();
    }

    private static Json.Members practised(Json.Members said, TestingKey key) {
        return Json.object().with("rehearsal", said).with("signature", key.sign(Rehearsal.NAMESPACE, said.canonical()));
    }

    private List<String> practisedBy() throws AdminRefusedException {
        return run("backup.status", Json.object()).texts("practised_by");
    }

    @Test
    void aRehearsalBelongsToItsSigner() throws Exception {
        Json.Members said = rehearsal(clock.instant());
        assertThat(kindOfRefusal("backup.rehearsal", practised(said, TestingKey.hardware())))
                .isEqualTo("wrong_argument");
        Json.Members altered = practised(said, world.ann)
                .with("rehearsal", rehearsal(clock.instant().plusMillis(1)));
        assertThat(kindOfRefusal("backup.rehearsal", altered)).isEqualTo("wrong_argument");
        assertThat(practisedBy()).isEmpty();
        assertThat(recorded()).isEmpty();

        Json.Members done = run("backup.rehearsal", practised(said, world.ann));
        assertThat(done.text("receipt")).startsWith("R-");
        assertThat(practisedBy()).containsExactly(done.text("person"));
        assertThat(recorded()).containsExactly("backup.rehearsal");
        assertThat(alerts).isEmpty();
    }

    /** A rehearsal cannot be handed in again next year, nor can one be dated into the future. */
    @Test
    void aRehearsalCountsOnceAndOnlyOfThePast() throws Exception {
        Json.Members genuine = practised(rehearsal(clock.instant()), world.ann);
        run("backup.rehearsal", genuine);
        assertThat(kindOfRefusal("backup.rehearsal", genuine)).isEqualTo("wrong_argument");
        assertThat(kindOfRefusal(
                        "backup.rehearsal", practised(rehearsal(clock.instant().plus(Duration.ofHours(1))), world.ann)))
                .isEqualTo("wrong_argument");
        assertThat(practisedBy()).hasSize(1);
    }

    @Test
    void aFailedRehearsalIsReported() throws Exception {
        run("backup.rehearsal", practised(rehearsal(clock.instant(), "it does not restore"), world.ann));
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.BACKUP_TROUBLE);
            assertThat(alert.facts()).containsEntry("why", "it does not restore");
            assertThat(alert.receipt()).isPresent();
        });
    }

    /** Its delivery and its author are recorded before anybody is asked to sign it. */
    @Test
    void anUnsignedRehearsalIsPendingAndUnclaimed() throws Exception {
        Json.Members said = rehearsal(clock.instant());
        recorder.failure = Optional.of(Failure.FAILED);
        Json.Members handedIn = Json.object().with("rehearsal", said);
        assertThat(kindOfRefusal("backup.rehearsal.unsigned", handedIn)).isEqualTo("unavailable");
        assertThat(run("backup.status", Json.object()).objects("unsigned")).isEmpty();
        recorder.failure = Optional.empty();

        Json.Members left = run("backup.rehearsal.unsigned", handedIn);
        assertThat(practisedBy()).isEmpty();
        assertThat(run("backup.status", Json.object()).objects("unsigned"))
                .containsExactly(said.with("id", left.text("unsigned"))
                        .with("words", left.text("words"))
                        .with("handed_in_by", "ann")
                        .with("handed_in_at", clock.instant().toString()));
        assertThat(run("backup.status", Json.object().with("at", "2026-01-20T00:00:00Z"))
                        .get("unsigned"))
                .isEmpty();
        assertThat(receipts().getFirst().text("unsigned")).isEqualTo(left.text("unsigned"));

        Json.Members signed = Json.object()
                .with("unsigned", left.text("unsigned"))
                .with("signature", world.ann.sign(Rehearsal.NAMESPACE, said.canonical()));
        assertThatThrownBy(() -> run("backup.rehearsal", signed.with("rehearsal", said)))
                .isInstanceOf(MalformedException.class);
        assertThat(run("backup.rehearsal", signed).text("person")).isEqualTo("ann");
        assertThat(practisedBy()).containsExactly("ann");
        assertThat(kindOfRefusal("backup.rehearsal", signed)).isEqualTo("not_found");
        assertThat(recorded()).containsExactly("backup.rehearsal", "backup.rehearsal.unsigned");
    }

    @Test
    void aKilledPersonsRehearsalDoesNotCount() throws Exception {
        run("kill", Json.object().with("person", "ann"));
        assertThat(kindOfRefusal("backup.rehearsal", practised(rehearsal(clock.instant()), world.ann)))
                .isEqualTo("refused");
        assertThat(practisedBy()).isEmpty();
    }

    @Test
    void aWorthlessBackupIsReported() throws Exception {
        Instant taken = clock.instant().minusSeconds(7200);
        Json.Members said = attesting.says("20261120T000000Z-0000b1", taken, taken.plusSeconds(600), "it is cut off");
        run("backup.attest", Json.object().with("attestation", said).with("signature", attesting.sign(said)));
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.BACKUP_TROUBLE);
            assertThat(alert.facts()).containsEntry("why", "it is cut off").containsEntry("plan", TestingAttester.PLAN);
        });
    }

    private AlertDispatcher watch() throws IOException {
        Map<String, AlertChannel> ways = Map.of("pager", ProgramChannel.at(Path.of("/bin/true"), _ -> {}));
        return new AlertDispatcher(
                AlertLog.lines(System.err), clock.utc(), clock::nanos, ORIGIN, directory.resolve("alerts"), ways);
    }

    @AfterEach
    void close() throws IOException {
        database.close();
        ledger.close();
    }

    /** A connection that stays open until a test ends it. */
    private static final class Line implements ResultSink {
        private final List<Json.Members> results = new ArrayList<>();
        private final List<Runnable> endings = new ArrayList<>();

        @Override
        public void accept(Json.Members result) {
            results.add(result);
        }

        @Override
        public void onEnd(Runnable then) {
            endings.add(then);
        }

        void end() {
            endings.forEach(Runnable::run);
        }
    }

    private Json.Members run(String command, Json.Members arguments) throws AdminRefusedException {
        return run(ANN, command, arguments, new Line());
    }

    private Json.Members run(Peer peer, String command, Json.Members arguments, Line line)
            throws AdminRefusedException {
        line.results.clear();
        administration.run(peer, command, arguments, line);
        assertThat(line.results).hasSize(1);
        return line.results.getFirst();
    }

    private String kindOfRefusal(String command, Json.Members arguments) {
        return catchThrowableOfType(AdminRefusedException.class, () -> run(command, arguments))
                .kind();
    }

    private static Json.Members lease(String id) {
        return Json.object().with("lease", id);
    }

    private static Json decoy(String text) {
        return Json.object().with("kind", "railway-token").with("decoy", text);
    }

    private static Json.Members task() {
        return Json.object().with("task", "look");
    }

    /** Otherwise the agent would be the first to find out, from a lease that hardly permits anything. */
    @Test
    void anUnknownTaskOrAgentIsAnErrorWithTheNearestName() throws Exception {
        String agent = seal.agents().keySet().iterator().next();
        seal = seal.with(parts -> parts.tasks = Map.of(
                "fix-staging",
                new Seal.TaskTemplate(
                        "fix-staging", Set.of("staging"), Set.of(Impact.READ), Set.of(), Duration.ofHours(1))));
        Json.Members slip = Json.object().with("task", "fix-stagin").with("agent", agent);
        assertThat(kindOfRefusal("lease.issue", slip)).isEqualTo("wrong_argument");
        assertThatThrownBy(() -> run("lease.issue", slip)).hasMessageContaining("the nearest is `fix-staging`");
        Json.Members other = slip.with("task", "look");
        assertThatThrownBy(() -> run("lease.issue", other)).hasMessageContaining("no task `look` in the seal");
        Json.Members agents = slip.with("task", "fix-staging").with("agent", agent + "x");
        assertThatThrownBy(() -> run("lease.issue", agents)).hasMessageContaining("the nearest is `" + agent + "`");
        Json.Members stop = Json.object().with("agent", agent + "x");
        assertThatThrownBy(() -> run("kill", stop))
                .hasMessageContaining("There is no agent", "the nearest is `" + agent + "`", "Nothing was stopped");
        assertThat(inForce()).isEmpty();
        Json.Members meant = slip.withTexts("impacts", List.of("read"));
        assertThat(run("lease.issue", meant).text("task")).isEqualTo("fix-stagin");
        assertThat(run("lease.issue", slip.with("task", LeaseTerms.EXAMINATION)).text("task"))
                .as("the examination of a sandbox")
                .isEqualTo("doctor");
    }

    private List<Lease> inForce() {
        return leases.list().stream()
                .filter(listed -> listed.revoked().isEmpty())
                .map(Leases.ListedLease::lease)
                .toList();
    }

    private String hold() {
        Obligations oneOwner = new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                Duration.ZERO,
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false);
        confirmations.open(
                seal,
                TestingWorld.deletion("vol_1", "staging"),
                new Verdict.Hold(new VerdictReasons(seal.id(), List.of("p1")), oneOwner));
        return confirmations
                .confirmers(_ -> true)
                .list(seal)
                .getFirst()
                .ticket()
                .id();
    }

    private String state(String hold) throws AdminRefusedException {
        return run("hold.show", Json.object().with("hold", hold)).text("state");
    }

    private Json.Members signature(String hold) throws AdminRefusedException {
        return signature(hold, world.ann);
    }

    private Json.Members signature(String hold, TestingKey key) throws AdminRefusedException {
        byte[] statement = run("hold.show", Json.object().with("hold", hold))
                .text("statement")
                .getBytes(StandardCharsets.UTF_8);
        return Json.object().with("hold", hold).with("signature", key.sign(Statement.NAMESPACE, statement));
    }

    private List<Json.Members> receipts() throws IOException {
        ReceiptQuery all = ReceiptQuery.newest(ReceiptQuery.MAX_LIMIT).only(Receipt.Kind.ADMIN);
        return ledger.search(all).stream().map(Receipt::members).toList();
    }

    private List<String> recorded() throws IOException {
        return receipts().stream().map(receipt -> receipt.text("command")).toList();
    }

    private Json.Members enrolled() throws AdminRefusedException {
        return run("agent.list", Json.object()).objects("agents").getFirst();
    }

    /** The agent has no owner: its leases are suspended, and it gets no more. Another owner restores neither. */
    @Test
    void anAgentWhoseOwnerHasLeftIsSuspended() throws Exception {
        run("lease.issue", task());
        assertThat(enrolled().text("state")).isEqualTo("in service");
        assertThat(enrolled().whole("leases")).isEqualTo(1);
        Map<String, Seal.Person> rest = new HashMap<>(seal.people());
        rest.remove("jer");
        Seal before = seal;
        seal = seal.with(parts -> parts.people = rest);
        assertThat(enrolled().text("state")).isEqualTo("suspended");
        assertThat(enrolled().text("why")).contains("`jer` is not among the people");
        assertThat(enrolled().whole("leases")).isZero();
        assertThat(run("lease.list", Json.object()).objects("leases"))
                .allMatch(lease -> lease.text("state").equals("suspended"));
        assertThat(kindOfRefusal("lease.issue", task())).isEqualTo("wrong_argument");
        seal = seal.with(
                parts -> parts.agents = Map.of("jer/cursor", new Seal.Agent("jer/cursor", "ann", Set.of("platform"))));
        assertThat(enrolled().text("state")).isEqualTo("in service");
        assertThat(enrolled().whole("leases"))
                .as("what it had was the other owner's")
                .isZero();
        seal = before;
        assertThat(enrolled().whole("leases")).isEqualTo(1);
    }

    @Test
    void anAgentWhoseOwnerIsKilledIsSuspended() throws Exception {
        run("kill", Json.object().with("person", "jer").with("reason", "on leave"));
        assertThat(enrolled().text("state")).isEqualTo("suspended");
        assertThat(enrolled().text("why")).contains("jer");
    }

    @Test
    void anUnreviewedAgentIsOverdueAndContinues() throws Exception {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        seal = seal.with(parts -> parts.agents = Map.of(
                "jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of("platform"), Optional.of(today), Set.of())));
        assertThat(enrolled().flag("overdue")).isFalse();
        clock.pass(Duration.ofDays(1));
        assertThat(enrolled().flag("overdue")).isTrue();
        assertThat(enrolled().text("review_by")).isEqualTo(today.toString());
        assertThat(run("lease.issue", task()).text("lease")).startsWith("L-");
    }

    private static final Peer BOB = new Peer("bob");

    private void taken(String... users) {
        seal = seal.with(parts -> parts.agents = Map.of(
                "jer/cursor",
                new Seal.Agent("jer/cursor", "jer", Set.of("platform"), Optional.empty(), Set.of(users))));
    }

    private AdminRefusedException refusal(Peer peer, String command, Json.Members arguments) {
        return catchThrowableOfType(AdminRefusedException.class, () -> run(peer, command, arguments, new Line()));
    }

    /**
     * The agent's owner stands behind its lease. Bob would count as somebody other than jer, and act as jer's agent.
     */
    @Test
    void onlyAnAgentsUsersTakeItsLease() throws Exception {
        taken("ann", "jer");
        for (String command : List.of("lease.prepare", "lease.issue", "run.open")) {
            for (Json.Members asked : List.of(task(), task().with("agent", "jer/cursor"))) {
                AdminRefusedException refused = refusal(BOB, command, asked);
                assertThat(refused.kind()).isEqualTo("not_entitled");
                assertThat(refused).hasMessageContaining("`bob` may not issue leases for " + "`jer/cursor`");
                assertThat(refused.next()).contains("`users`");
            }
        }
        assertThat(inForce()).isEmpty();
        assertThat(listeners.open).isEmpty();
        assertThat(receipts()).hasSize(6).allSatisfy(receipt -> {
            assertThat(receipt.text("peer")).isEqualTo("bob");
            assertThat(receipt.text("agent")).isEqualTo("jer/cursor");
            assertThat(receipt.text("result")).isEqualTo("refused");
        });
        assertThat(alerts).hasSize(6).extracting(Alert::rule).containsOnly(Alert.AlertKind.ADMIN_REFUSED);
        for (String command : List.of("lease.prepare", "lease.issue", "run.open")) {
            run(command, task());
        }
        assertThat(inForce()).hasSize(2);
    }

    @Test
    void anotherUsersPreparedRequestIssuesNoLease() throws Exception {
        taken("ann");
        String statement = run("lease.prepare", task().withTexts("environments", List.of("production")))
                .text("statement");
        Json.Members signed = Json.object()
                .with("statement", statement)
                .with("signature", world.ann.sign(Leases.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
        for (String command : List.of("lease.issue", "run.open")) {
            assertThat(refusal(BOB, command, signed).kind()).isEqualTo("not_entitled");
            assertThat(refusal(BOB, command, signed.with("statement", "{")).kind())
                    .isEqualTo("refused");
        }
        assertThat(run("lease.issue", signed).text("lease")).startsWith("L-");
    }

    /** People with key files alone would wait for holds that none of them can confirm. */
    @Test
    void aSoftwareKeySignerLearnsTheirConfirmationLimits() throws Exception {
        seal = seal.with(parts -> parts.softwareKeys = true);
        String next = signedFor(world.cat).text("next");
        assertThat(next).contains("`cat`", "only with a hardware key", "`users`");
        assertThat(signedFor(world.ann).get("next")).as("hardware").isEmpty();
        assertThat(signedFor(world.jer).get("next")).as("the owner's own").isEmpty();
        taken("ann");
        assertThat(signedFor(world.cat).get("next")).as("with users").isEmpty();
    }

    private Json.Members signedFor(TestingKey key) throws AdminRefusedException {
        String statement = run("lease.prepare", task().withTexts("environments", List.of("production")))
                .text("statement");
        String signature = key.sign(Leases.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8));
        return run("lease.issue", Json.object().with("statement", statement).with("signature", signature));
    }

    /** The asking user may be an agent's: it must not fill the disk with refusals. */
    @Test
    void repeatedForeignLeaseRequestsAreCounted() throws Exception {
        taken("ann");
        for (int i = 0; i < AuthFailures.MAX + 5; i++) {
            assertThat(refusal(BOB, "lease.issue", task()).kind()).isEqualTo("not_entitled");
        }
        assertThat(receipts()).hasSize(AuthFailures.MAX);
        clock.pass(Duration.ofMinutes(2));
        administration.tidy();
        assertThat(receipts().getFirst().whole("suppressed")).isEqualTo(5);
        assertThat(receipts().getFirst().text("peer")).isEqualTo("bob");
    }

    @Test
    void aProposalIsRecordedAndChangesNothing() throws Exception {
        Json.Members wanted = Json.object()
                .with("agent", "ann/reviewer")
                .with("owner", "ann")
                .withTexts("teams", List.of("ops", "docs"))
                .with("review_by", "2027-03-01");
        assertThat(run("agent.propose", wanted).text("yaml")).isEqualTo("""
            agents:
              ann/reviewer:
                owner: ann
                teams: [docs, ops]
                # Name the users of the machine who may issue its leases; without `users`, all `admins` may:
                # users: ['root']
                review-by: "2027-03-01"
            """);
        for (Json.Members wrong : List.of(
                wanted.with("agent", "reviewer"),
                wanted.with("agent", "ann/x\n  jer/other"),
                wanted.with("agent", "jer/cursor"),
                wanted.with("owner", "nobody"),
                wanted.withTexts("teams", List.of("a]")),
                wanted.withTexts("users", List.of("ann']\n")),
                wanted.with("review_by", "2026-11-19"),
                wanted.with("review_by", "soon"))) {
            assertThat(kindOfRefusal("agent.propose", wrong))
                    .as(wrong.toString())
                    .isEqualTo("wrong_argument");
        }
        assertThat(run("agent.list", Json.object()).objects("agents")).hasSize(1);
        assertThat(recorded()).isEmpty();
    }

    /** The asking user need not be the one who works with the agent, and must not take its leases beside its owner. */
    @Test
    void aProposalNamesTheUsersOfItsLeases() throws Exception {
        Json.Members wanted = Json.object().with("agent", "ann/reviewer").with("owner", "ann");
        assertThat(run("agent.propose", wanted.withTexts("users", List.of("CORP\\bob", "1000")))
                        .text("yaml"))
                .contains("\n    users: ['1000', 'CORP\\bob']\n");
        assertThat(run(BOB, "agent.propose", wanted, new Line()).text("yaml"))
                .contains("\n    # users: ['root']\n")
                .doesNotContain("\n    users:", "bob");
    }

    @Test
    void anOverhastySignatureIsReported() throws Exception {
        String hold = hold();
        Json.Members signature = signature(hold); // reads the statement, too
        clock.pass(ApprovalRules.DEFAULT_HASTY.minusMillis(1));
        run("hold.sign", signature);
        assertThat(receipts().getFirst().flag("hasty")).isTrue();
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.HASTY_SIGNATURE);
        assertThat(alerts.getFirst().summary()).contains("ann signed " + hold + " 4.999 seconds after");
    }

    /** A user of the machine with her name views for an agent, and not for her. */
    @Test
    void aMachineUsersViewIsNotAPersons() throws Exception {
        Json.Members signature = signature(hold()); // at the socket, by a user called ann
        clock.pass(ApprovalRules.DEFAULT_HASTY);
        Peer person = new Peer("ann", new Peer.SignInMethod.Passkey("Y3JlZA"));
        administration.run(person, "hold.sign", signature, _ -> {});
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.HASTY_SIGNATURE);
    }

    /**
     * Another session in their name may be somebody else's. A view in one counts for no other, however each was opened.
     */
    @ParameterizedTest
    @MethodSource("entrances")
    void aViewInOneSessionDoesNotCountInAnother(Peer.SignInMethod entrance) throws Exception {
        String hold = hold();
        Peer ann = new Peer("ann", entrance);
        administration.run(ann.in("S-1"), "hold.show", Json.object().with("hold", hold), _ -> {});
        Json.Members signature = signature(hold);
        clock.pass(ApprovalRules.DEFAULT_HASTY);
        administration.run(ann.in("S-2"), "hold.sign", signature, _ -> {});
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.HASTY_SIGNATURE);
    }

    private static List<Peer.SignInMethod> entrances() {
        return List.of(
                new Peer.SignInMethod.OpenIdProvider("https://login.example.com", "00u"),
                new Peer.SignInMethod.Passkey("Y3JlZA"),
                new Peer.SignInMethod.OneTimeCode());
    }

    /** They may sign with a passkey in the very session in which they have read it. */
    @Test
    void aSingleSignOnUserSignsInTheViewingSession() throws Exception {
        String hold = hold();
        Peer elsewhere =
                new Peer("ann", new Peer.SignInMethod.OpenIdProvider("https://login.example.com", "00u")).in("S-1");
        administration.run(elsewhere, "hold.show", Json.object().with("hold", hold), _ -> {});
        Json.Members signature = signature(hold);
        clock.pass(ApprovalRules.DEFAULT_HASTY);
        administration.run(elsewhere, "hold.sign", signature, _ -> {});
        assertThat(alerts).isEmpty();
    }

    @Test
    void aMachineUserDoesNotDenyInAPersonsName() throws Exception {
        String hold = hold();
        run("hold.deny", Json.object().with("hold", hold).with("reason", ""));
        assertThat(run("hold.show", Json.object().with("hold", hold)).text("ending"))
                .isEqualTo("the administrator `ann` denied it without a reason.");
    }

    @Test
    void aPersonDeniesInTheirOwnName() throws Exception {
        String hold = hold();
        Peer person = new Peer("ann", new Peer.SignInMethod.OpenIdProvider("https://login.example.com", "00u"));
        administration.run(person, "hold.deny", Json.object().with("hold", hold).with("reason", ""), _ -> {});
        assertThat(run("hold.show", Json.object().with("hold", hold)).text("ending"))
                .isEqualTo("ann denied it without a reason.");
    }

    @Test
    void codesThatOpenTheConsoleAndThoseThatDoNotAreOnRecord() throws Exception {
        String code = run("console.code", Json.object()).text("code");
        assertThat(kindOfRefusal("login.code", Json.object().with("code", "guessed")))
                .isEqualTo("not_entitled");
        assertThat(run("login.code", Json.object().with("code", code)).text("user"))
                .isEqualTo("ann");
        assertThat(kindOfRefusal("login.code", Json.object().with("code", code)))
                .isEqualTo("not_entitled");
        assertThat(receipts())
                .filteredOn(receipt -> receipt.text("command").equals("login.code"))
                .extracting(receipt -> receipt.text("result"))
                .containsExactly("rejected", "accepted", "rejected");
        assertThat(receipts().toString()).doesNotContain(code);
        for (int i = 0; i < 100; i++) {
            kindOfRefusal("login.code", Json.object().with("code", "guessed" + i));
        }
        assertThat(receipts()).hasSizeLessThan(40);
    }

    @Test
    void anUnrecordableCodeOpensNoSession() throws Exception {
        String code = run("console.code", Json.object()).text("code");
        recorder.failure = Optional.of(Failure.FAILED);
        assertThat(kindOfRefusal("login.code", Json.object().with("code", code)))
                .isEqualTo("unavailable");
    }

    @Test
    void howLongPeopleTookIsCounted() throws Exception {
        Instant before = clock.instant();
        Json.Members day = Json.object().with("from", before.toString());
        for (int seconds : List.of(90, 300, 40)) {
            String hold = park("vol_" + seconds, "staging");
            clock.pass(Duration.ofSeconds(seconds));
            run("hold.deny", Json.object().with("hold", hold).with("reason", "no"));
        }
        Json.Members until = day.with("until", before.plus(Duration.ofDays(1)).toString());
        assertThat(run("receipts.count", until).whole("median_seconds")).isEqualTo(90);
        Json.Members tooLong = day.with("until", before.plus(Duration.ofDays(3)).toString());
        assertThatThrownBy(() -> run("receipts.count", tooLong)).hasMessageContaining("at most two days apart");
    }

    @Test
    void aTimelySignatureIsNotReported() throws Exception {
        Json.Members signature = signature(hold());
        clock.pass(ApprovalRules.DEFAULT_HASTY);
        run("hold.sign", signature);
        assertThat(receipts().getFirst().get("hasty")).isEmpty();
        assertThat(alerts).isEmpty();
    }

    @Test
    void aSignatureWithoutViewIsReported() throws Exception {
        String hold = hold();
        byte[] statement = confirmations
                .confirmers(_ -> true)
                .show(seal, hold)
                .orElseThrow()
                .statement()
                .toArray();
        clock.pass(Duration.ofMinutes(1));
        run(
                "hold.sign",
                Json.object().with("hold", hold).with("signature", world.ann.sign(Statement.NAMESPACE, statement)));
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.HASTY_SIGNATURE);
    }

    /** A step that is printed must work: a seal without codes gives no invitation. */
    @Test
    void aRefusedSignatureNamesAPasskeyWhereOneHelps() throws Exception {
        for (boolean byCode : List.of(true, false)) {
            seal = seal.with(parts -> {
                parts.softwareKeys = true;
                parts.passkeys = new Seal.PasskeyRules(byCode, Optional.empty());
            });
            AdminRefusedException behind =
                    refusal(ANN, "hold.sign", signature(park("vol_1", "staging"), world.jerSoftware));
            assertThat(behind.getMessage()).contains("must sign with a hardware key");
            assertThat(behind.next().contains("interlock key invite")).isEqualTo(byCode);
            AdminRefusedException nothing = refusal(
                    ANN, "hold.sign", Json.object().with("hold", "H-none").with("signature", "x"));
            assertThat(nothing.next()).doesNotContain("passkey");
        }
    }

    @Test
    void signaturesOfOnePersonPerHourAreLimited() throws Exception {
        seal = seal.with(parts -> parts.approvals = new ApprovalRules(List.of(), 2, Duration.ZERO));
        List<String> holds = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            Obligations owner = new Obligations(
                    Set.of(new Obligations.Quorum(1, "owners")),
                    Duration.ZERO,
                    Optional.empty(),
                    OptionalLong.empty(),
                    false,
                    false);
            Confirmations.ParkResult parked = confirmations.open(
                    seal,
                    TestingWorld.deletion("vol_" + i, "staging"),
                    new Verdict.Hold(new VerdictReasons(seal.id(), List.of("p1")), owner));
            holds.add(((Confirmations.ParkResult.ParkedAttempt) parked).ticket().id());
        }
        run("hold.sign", signature(holds.get(0)));
        run("hold.sign", signature(holds.get(1)));
        assertThat(alerts).isEmpty();
        assertThat(kindOfRefusal("hold.sign", signature(holds.get(2)))).isEqualTo("refused");
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.SIGNATURE_LIMIT);
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        assertThat(state(holds.get(2))).isEqualTo("open");
        run("hold.sign", signature(holds.get(2), world.bob)); // it does not use up the others
        clock.pass(Duration.ofMinutes(59));
        assertThat(kindOfRefusal("hold.sign", signature(holds.get(3)))).isEqualTo("refused");
    }

    private String park(String volume, String environment) {
        return park(TestingWorld.deletion(volume, environment));
    }

    private static Obligations cooling(Duration cooldown) {
        return new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                cooldown,
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false);
    }

    private String park(ResolvedAttempt sensed) {
        return park(sensed, cooling(Duration.ZERO));
    }

    private String park(ResolvedAttempt sensed, Obligations owner) {
        clock.pass(Duration.ofMillis(10));
        return ((Confirmations.ParkResult.ParkedAttempt) confirmations.open(
                        seal, sensed, new Verdict.Hold(new VerdictReasons(seal.id(), List.of("p1")), owner)))
                .ticket()
                .id();
    }

    private Json.Members signature(Json.Members shown, TestingKey key) {
        String list = shown.text("statement");
        return Json.object()
                .with("hold", shown.object("set").text("id"))
                .with("signature", key.sign(Statement.NAMESPACE, list.getBytes(StandardCharsets.UTF_8)))
                .with("statement", list);
    }

    /** One signature is one for the limit; each hold has its receipt. */
    @Test
    void aSetIsShownSignedAndDeniedAtOnce() throws Exception {
        seal = seal.with(parts -> parts.approvals = new ApprovalRules(List.of(), 1, Duration.ofSeconds(5)));
        List<String> holds = List.of(park("vol_1", "staging"), park("vol_2", "staging"), park("vol_3", "staging"));
        String other = park("vol_4", "production");
        String set = "S-" + holds.getFirst().substring(2);
        assertThat(run("hold.list", Json.object()).objects("holds"))
                .extracting(one -> one.object("set").text("id").substring(0, set.length()))
                .containsExactly(set, set, set, other);
        Json.Members shown = run("hold.set", Json.object().with("set", set));
        assertThat(shown.object("set").text("asks")).startsWith("3 calls: Delete volume vol_1");
        clock.pass(Duration.ofMinutes(1));
        String late = park("vol_5", "staging");
        assertThat(run("hold.sign", signature(shown, world.ann)).text("result"))
                .contains(holds.getFirst() + " and 2 more", "each identical request once");
        assertThat(alerts).isEmpty(); // it was not hasty
        assertThat(holds).allSatisfy(hold -> assertThat(state(hold)).isEqualTo("signed"));
        assertThat(state(late)).isEqualTo("open");
        assertThat(receipts().stream()
                        .filter(one -> one.text("command").equals("hold.sign"))
                        .map(one -> one.text("hold")))
                .containsExactlyInAnyOrderElementsOf(holds);
        assertThat(kindOfRefusal("hold.sign", signature(other))).isEqualTo("refused"); // the limit is one
        assertThat(run("hold.deny", Json.object().with("hold", set).with("reason", "no"))
                        .text("hold"))
                .isEqualTo(set);
        assertThat(holds).allSatisfy(hold -> assertThat(state(hold)).isEqualTo("cancelled"));
        assertThat(state(late)).isEqualTo("open");
    }

    /** A grant is listed, in the receipt of the signature, and revoked by whoever may deny. */
    @Test
    void aGrantIsSignedListedAndRevoked() throws Exception {
        seal = seal.with(parts -> parts.approvals =
                parts.approvals.granting(Optional.of(new CallGrant.GrantLimit(5, Duration.ofHours(4)))));
        Json.Members destroys = run("hold.show", Json.object().with("hold", park("vol_1", "staging")));
        assertThat(destroys.get("may_grant")).isEmpty();
        assertThat(destroys.text("no_grant")).contains("it destroys");
        String hold = park(
                TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, "vol_1", "{\"title\":\"one\"}", "staging"));
        Json.Members shown = run("hold.show", Json.object().with("hold", hold));
        assertThat(shown.object("may_grant").whole("calls")).isEqualTo(5);
        assertThat(shown.object("may_grant").text("like"))
                .contains("volumeUpdate", "vol_1", "staging", "any text as title");
        CallGrant more = new CallGrant(5, clock.instant().plus(Duration.ofHours(4)));
        byte[] list = StatementList.of(
                        List.of(Statement.read(shown.text("statement").getBytes(StandardCharsets.UTF_8))),
                        Optional.of(more))
                .canonical();
        Json.Members signature = Json.object()
                .with("hold", hold)
                .with("signature", world.ann.sign(Statement.NAMESPACE, list))
                .with("statement", new String(list, StandardCharsets.UTF_8));
        clock.pass(Duration.ofMinutes(1));
        assertThat(run("hold.sign", signature).text("result")).contains("and 5 more of railway/volumeUpdate");
        String grant = "G-" + hold.substring(2);
        assertThat(receipts().getFirst().text("grant")).isEqualTo(grant);
        assertThat(run("grant.list", Json.object()).objects("grants"))
                .singleElement()
                .satisfies(one -> assertThat(one.text("id")).isEqualTo(grant));
        Json.Members end = Json.object().with("grant", grant).with("reason", "enough");
        assertThat(run("grant.revoke", end).text("grant")).isEqualTo(grant);
        assertThat(receipts().getFirst().text("command")).isEqualTo("grant.revoke");
        assertThat(kindOfRefusal("grant.revoke", end)).isEqualTo("not_found");
        assertThat(run("grant.list", Json.object()).objects("grants")).isEmpty();
    }

    /** Two go by one signature, and people would be asked about the third once more. */
    @Test
    void aSetSaysWhatABudgetWillStop() throws Exception {
        seal = seal.with(parts -> parts.limits = new SealLimits(
                Map.of(
                        "few",
                        new SealLimits.Budget(
                                "few",
                                Set.of(SealLimits.GroupingKey.PERSON),
                                new SealLimits.ActionSelector(Set.of(Impact.DESTROY), Set.of(), Set.of(), Map.of()),
                                2,
                                Duration.ofHours(1),
                                Optional.of(cooling(Duration.ofMinutes(10))))),
                Map.of()));
        String set = "S-" + park("vol_1", "staging").substring(2);
        park("vol_2", "staging");
        Json.Members asked = Json.object().with("set", set);
        assertThat(run("hold.set", asked).get("stopped")).isEmpty();
        park("vol_3", "staging");
        assertThat(run("hold.set", asked).text("stopped"))
                .startsWith("Of these 3 calls, a limit stops 1 all the same if they are sent now, and people are asked")
                .contains("`few` permits 2 within 1 h");
        limits.release(seal, TestingWorld.deletion("vol_9", "staging"), new VerdictReasons("seal", List.of()), "R-9");
        assertThat(run("hold.set", asked).text("stopped")).startsWith("Of these 3 calls, a limit stops 2 ");
        limits.release(seal, TestingWorld.deletion("vol_8", "staging"), new VerdictReasons("seal", List.of()), "R-8");
        String already = park(TestingWorld.deletion("vol_5", "staging"), cooling(Duration.ofHours(1)));
        assertThat(run("hold.set", Json.object().with("set", "S-" + already.substring(2)))
                        .get("stopped"))
                .isEmpty();
    }

    /** What has changed since it was shown is not signed, and the try is recorded. */
    @Test
    void aSetThatHasChangedIsNotSigned() throws Exception {
        List<String> holds = List.of(park("vol_1", "staging"), park("vol_2", "staging"), park("vol_3", "staging"));
        String set = "S-" + holds.getFirst().substring(2);
        Json.Members shown = run("hold.set", Json.object().with("set", set));
        run("hold.deny", Json.object().with("hold", holds.get(1)).with("reason", "no"));
        assertThat(kindOfRefusal("hold.sign", signature(shown, world.ann))).isEqualTo("refused");
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        assertThat(state(holds.getFirst())).isEqualTo("open");
        assertThat(kindOfRefusal("hold.sign", signature(shown, world.ann).with("signature", "none")))
                .isEqualTo("refused");
    }

    @Test
    void failedSignInsAreRecordedAndCounted() throws Exception {
        Json.Members stranger = Json.object().with("login", "nowhere").with("assertion", "{}");
        for (int i = 0; i < AuthFailures.MAX + 5; i++) {
            assertThat(kindOfRefusal("login.finish", stranger)).isEqualTo("refused");
        }
        assertThat(recorded()).hasSize(AuthFailures.MAX).containsOnly("login.finish");
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        clock.pass(Duration.ofMinutes(1));
        assertThat(kindOfRefusal("login.finish", stranger)).isEqualTo("refused");
        assertThat(receipts().getFirst().whole("suppressed")).isEqualTo(5);
    }

    /** Only they themselves can deny it, on another device. */
    @Test
    void aSoleOwnerSignsOnlyWithAReachableReceiver() throws Exception {
        seal = seal.with(parts -> parts.approvals =
                ApprovalRules.USUAL.withSoleOwner(Optional.of(new SoleOwnerRules(SoleOwnerRules.LEAST, "phone"))));
        Json.Members signature = signature(hold());
        clock.pass(ApprovalRules.DEFAULT_HASTY);
        assertThat(kindOfRefusal("hold.sign", signature)).isEqualTo("refused");
        assertThat(receipts().getFirst().text("reason")).contains("`phone` is not defined or does not accept alerts");
        assertThat(state(signature.text("hold"))).isEqualTo("open");
        reached.add("phone");
        run("hold.sign", signature);
        assertThat(state(signature.text("hold"))).isEqualTo("signed");
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.SIGNED_ALONE);
    }

    @Test
    void everyChangingCommandIsRecorded() throws Exception {
        String lease = run("run.open", task()).text("lease");
        run("run.renew", lease(lease));
        run("run.close", lease(lease));
        String hold = hold();
        run("hold.sign", signature(hold));
        run("kill", Json.object().with("all", true));
        for (String reading : List.of("status", "lease.list", "hold.list", "receipts")) {
            run(reading, Json.object());
        }
        run("lease.prepare", task());
        assertThat(recorded()).containsExactly("kill", "hold.sign", "run.close", "run.renew", "run.open");
        assertThat(receipts()).allMatch(receipt -> receipt.text("peer").equals("ann"));
    }

    /** An agent whose lease does not cover the first question of a client would only see it refused. */
    @Test
    void onlyServersOfMcpThatALeaseCanUseAreListed() throws Exception {
        Map<String, Seal.Upstream> upstreams = new TreeMap<>(seal.upstreams());
        upstreams.put("open", server("open", Optional.of("staging")));
        upstreams.put("guarded", server("guarded", Optional.of("production")));
        upstreams.put("unplaced", server("unplaced", Optional.empty()));
        seal = seal.with(parts -> parts.upstreams = upstreams);
        assertThat(servers(Json.object())).containsExactly("guarded", "open");
        assertThat(servers(task())).containsExactly("open");
        assertThat(servers(task().withTexts("environments", List.of("staging", "production"))))
                .containsExactly("guarded", "open");
        assertThat(servers(task().withTexts("impacts", List.of("write")))).isEmpty();
        assertThat(run("mcp.list", task()).objects("servers").getFirst())
                .isEqualTo(Json.object()
                        .with("name", "open")
                        .with("path", "/open/mcp")
                        .with("url", "https://notes.example.com/base/mcp"));
    }

    private static Seal.Upstream server(String name, Optional<String> environment) {
        Map<Resource, Placement> places = new HashMap<>();
        Resource self = Resource.parse("notes:account/self");
        environment.ifPresent(
                one -> places.put(self, new Placement(self, Set.of(one), Set.of(), Provenance.SEALED, true)));
        return new Seal.Upstream(
                name,
                "notes",
                URI.create("https://notes.example.com/base"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                places,
                List.of());
    }

    private List<String> servers(Json.Members arguments) throws Exception {
        return run("mcp.list", arguments).objects("servers").stream()
                .map(server -> server.text("name"))
                .toList();
    }

    @Test
    void everyDeclaredCommandIsCarriedOut() {
        assertThat(administration.commands().stream().map(Command::name))
                .containsExactlyInAnyOrderElementsOf(Question.all().stream()
                        .map(question -> Question.command(question).name())
                        .filter(name -> !name.equals("fleet.close")) // FleetCommandsTest carries it out
                        .toList());
    }

    @Test
    void nobodyIsToldAboutALeaseThatIsNotInForce() {
        assertThat(kindOfRefusal("lease.whoami", Json.object().with("lease", "L-01M7Z62X6RP94GSCGTYDC7XV80")))
                .isEqualTo("not_found");
    }

    @Test
    void twoCommandsOfOneNameAreRefusedAtTheStart() {
        assertThatThrownBy(() -> administration(
                        new EvidenceCommands(ledger, alone(ledger), _ -> KeptTexts.NONE, _ -> Optional.empty()),
                        new EvidenceCommands(ledger, alone(ledger), _ -> KeptTexts.NONE, _ -> Optional.empty())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two commands are called `prove`");
    }

    @Test
    void malformedArgumentsAreRefused() {
        for (Json.Members wrong : List.of(
                task().withTexts("environments", List.of("moon")),
                task().with("agent", "jer/nobody"),
                task().withTexts("impacts", List.of("explode")),
                task().withTexts("resources", List.of("volume")),
                task().with("ttl", "soon"))) {
            for (String command : List.of("lease.issue", "lease.prepare", "run.open")) {
                assertThat(kindOfRefusal(command, wrong)).as(command + wrong).isEqualTo("wrong_argument");
            }
        }
        assertThat(inForce()).isEmpty();
    }

    @Test
    void aRemoteMachineIsRecordedAndEnds() throws Exception {
        Json.Members added =
                run("remote.add", task().with("public_key", "its key").with("lasting", "30d"));
        String id = added.text("machine");
        assertThat(added.text("certificate")).isEqualTo("certificate of its key");
        assertThat(added.text("until"))
                .isEqualTo(clock.instant()
                        .plus(Duration.ofDays(30))
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
        assertThat(recorded()).containsExactly("remote.add");
        assertThat(receipts().getFirst().text("fingerprint")).isEqualTo("print of " + id);
        assertThat(run("remote.list", Json.object()).objects("machines"))
                .singleElement()
                .satisfies(machine -> assertThat(machine.text("machine")).isEqualTo(id));
        leases.issueToMachine(seal, id);
        listeners.open.add(id);
        assertThat(run("remote.end", Json.object().with("machine", id)).whole("killed"))
                .isEqualTo(1);
        assertThat(listeners.open).isEmpty();
        assertThat(inForce()).isEmpty();
        assertThat(leases.machines().all()).isEmpty();
        assertThat(kindOfRefusal("remote.end", Json.object().with("machine", id)))
                .isEqualTo("not_found");
    }

    @Test
    void aRemoteMachineIsRenewedForItsKeyAndItsTime() throws Exception {
        Json.Members added =
                run("remote.add", task().with("public_key", "its key").with("lasting", "30d"));
        Json.Members asked = Json.object().with("agent", added.text("agent")).with("machine", added.text("machine"));
        clock.pass(Duration.ofDays(29));
        Json.Members renewed = run("remote.renew", asked);
        assertThat(renewed.text("certificate")).isEqualTo("certificate of its key");
        assertThat(renewed.text("machine")).isEqualTo(added.text("machine"));
        assertThat(renewed.text("authority")).isEqualTo("authority");
        assertThat(renewed.text("until"))
                .isEqualTo(clock.instant()
                        .plus(Duration.ofDays(30))
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
        assertThat(recorded()).containsExactly("remote.renew", "remote.add");
        assertThat(receipts().getFirst().text("fingerprint")).isEqualTo("print of " + added.text("machine") + " 2");
        clock.pass(Duration.ofDays(1));
        assertThat(leases.machines().find(added.text("machine"))).isPresent();
        assertThat(kindOfRefusal("remote.renew", asked.with("lasting", "181d"))).isEqualTo("wrong_argument");
        assertThat(kindOfRefusal("remote.renew", asked.with("machine", "M-none")))
                .isEqualTo("not_found");
        recorder.failure = Optional.of(Failure.FAILED);
        assertThat(kindOfRefusal("remote.renew", asked.with("lasting", "90d"))).isEqualTo("unavailable");
        assertThat(leases.machines().find(added.text("machine")).orElseThrow().expires())
                .isEqualTo(Instant.parse(renewed.text("until")));
    }

    @Test
    void onlyAnAgentsUsersRenewItsMachine() throws Exception {
        Json.Members added = run("remote.add", task().with("public_key", "its key"));
        taken("ann", "jer");
        Json.Members asked = Json.object().with("machine", added.text("machine"));
        assertThat(refusal(BOB, "remote.renew", asked.with("agent", "jer/cursor"))
                        .kind())
                .isEqualTo("not_entitled");
        assertThat(refusal(BOB, "remote.renew", asked.with("agent", "bob/agent"))
                        .kind())
                .isEqualTo("not_found");
        assertThat(leases.machines().all())
                .singleElement()
                .satisfies(machine -> assertThat(machine.earlier()).isEmpty());
    }

    /** It may have been added when the seal permitted more. */
    @Test
    void aRemoteMachineIsRenewedOnlyForWhatNeedsNoSignatureNow() throws Exception {
        LeaseRequest signed = LeaseRequest.readOnly("jer/cursor", "look", Set.of("production"));
        String id = leases.machines().newId();
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        leases.machines()
                .add(new RemoteMachine(
                        id,
                        "its print",
                        signed,
                        "root",
                        now,
                        now.plus(Duration.ofDays(1)),
                        Optional.of("its key"),
                        Optional.empty()));
        Json.Members asked = Json.object().with("agent", "jer/cursor").with("machine", id);
        assertThat(kindOfRefusal("remote.renew", asked)).isEqualTo("signature_needed");
        assertThat(leases.machines().withCertificate("its print")).isPresent();
    }

    /** The users of an agent are those who may do this, and the command names the agent. */
    @Test
    void aRemoteMachineIsNotRenewedUnderAnotherAgentsName() throws Exception {
        Json.Members added = run("remote.add", task().with("public_key", "its key"));
        Json.Members asked = Json.object().with("machine", added.text("machine"));
        assertThat(kindOfRefusal("remote.renew", asked.with("agent", "ann/agent")))
                .isEqualTo("not_found");
        assertThatThrownBy(() -> run("remote.renew", asked)).isInstanceOf(MalformedException.class);
        assertThat(recorded()).containsExactly("remote.add");
    }

    @Test
    void aRemoteMachineIsAddedOnlyForWhatNeedsNoSignature() {
        Json.Members asked = task().with("public_key", "its key");
        assertThat(kindOfRefusal("remote.add", asked.withTexts("impacts", List.of("destroy"))))
                .isEqualTo("signature_needed");
        assertThat(kindOfRefusal("remote.add", asked.with("lasting", "181d"))).isEqualTo("wrong_argument");
        recorder.failure = Optional.of(Failure.FAILED);
        assertThat(kindOfRefusal("remote.add", asked)).isEqualTo("unavailable");
        assertThat(leases.machines().all()).isEmpty();
    }

    @Test
    void aPlaceEndsWithTheConnectionThatItWasAskedForOn() throws Exception {
        Line line = new Line();
        String lease = run(ANN, "run.open", task(), line).text("lease");
        String other = run("run.open", task()).text("lease");
        assertThat(listeners.open).hasSize(2);
        line.end();
        assertThat(inForce()).extracting(Lease::id).containsExactly(other);
        assertThat(listeners.open).hasSize(1);
        assertThat(recorded().getFirst()).isEqualTo("run.lost");
        assertThat(receipts().getFirst().texts("leases")).containsExactly(lease);
        assertThat(receipts().getFirst().text("peer")).isEqualTo("ann");
        assertThat(alerts.getLast().rule()).isEqualTo(Alert.AlertKind.RUN_LOST);
        assertThat(alerts.getLast().facts()).containsEntry("lease", lease);
    }

    @Test
    void aPlaceThatWasClosedIsNotLost() throws Exception {
        Line line = new Line();
        String lease = run(ANN, "run.open", task(), line).text("lease");
        run("run.close", lease(lease));
        alerts.clear();
        line.end();
        assertThat(recorded()).containsExactly("run.close", "run.open");
        assertThat(alerts).isEmpty();
    }

    @Test
    void aPlaceIsNotOpenedWhereNobodyCanHoldIt() {
        assertThatThrownBy(() -> administration.run(ANN, "run.open", task(), _ -> {}))
                .isInstanceOf(AdminRefusedException.class)
                .hasMessageContaining("connection that stays");
        assertThat(inForce()).isEmpty();
        assertThat(listeners.open).isEmpty();
    }

    @Test
    void aReconnectedRunContinues() throws Exception {
        Line first = new Line();
        Line second = new Line();
        String lease = run(ANN, "run.open", task(), first).text("lease");
        run(ANN, "run.reattach", lease(lease), second);
        first.end();
        assertThat(inForce()).extracting(Lease::id).containsExactly(lease);
        second.end();
        assertThat(inForce()).isEmpty();
    }

    @Test
    void onlyItsRunHoldsAnOpenPlace() throws Exception {
        String lease = run("run.open", task()).text("lease");
        assertThatThrownBy(() -> run(new Peer("root"), "run.reattach", lease(lease), new Line()))
                .isInstanceOf(AdminRefusedException.class);
        assertThat(kindOfRefusal(
                        "run.reattach", lease(run("lease.issue", task()).text("lease"))))
                .as("a lease without a place")
                .isEqualTo("not_found");
        run("run.close", lease(lease));
        assertThat(kindOfRefusal("run.reattach", lease(lease))).isEqualTo("not_found");
    }

    @Test
    void afterARestartReconnectedRunsContinueAndOthersEnd() throws Exception {
        String back = run("run.open", task()).text("lease");
        String gone = run("run.open", task()).text("lease");
        String closed = run("run.open", task()).text("lease");
        run("run.close", lease(closed));
        close();
        listeners.open.clear();
        start();
        administration.resume();
        assertThat(listeners.open).hasSize(2);
        Line line = new Line();
        run(ANN, "run.reattach", lease(back), line);
        clock.pass(RunCommands.GRACE.minusSeconds(1));
        administration.tidy();
        assertThat(inForce()).extracting(Lease::id).containsExactlyInAnyOrder(back, gone);
        clock.pass(Duration.ofSeconds(1));
        administration.tidy();
        assertThat(inForce()).extracting(Lease::id).containsExactly(back);
        assertThat(recorded().getFirst()).isEqualTo("run.lost");
        run("run.close", lease(back));
        assertThat(run("session.record", recorded(back, "5e".repeat(32))).text("receipt"))
                .as("its record is taken by the gateway that closed it")
                .startsWith("R-");
    }

    @Test
    @Tag("process")
    void afterARestartADeadRunEndsAtOnce() throws Exception {
        Process process = new ProcessBuilder("/bin/sleep", "600").start();
        String gone = run("run.open", task().with("runner", runner(process))).text("lease");
        String lives = run(
                        "run.open",
                        task().with("runner", RunProcess.current().orElseThrow().text()))
                .text("lease");
        String unseen = run("run.open", task().with("runner", "00000000-0000-0000-0000-000000000000 1 1"))
                .text("lease");
        Process later = new ProcessBuilder("/bin/sleep", "600").start();
        String dies = run("run.open", task().with("runner", runner(later))).text("lease");
        process.destroyForcibly().waitFor();
        close();
        listeners.open.clear();
        start();
        administration.resume();
        assertThat(inForce()).extracting(Lease::id).containsExactlyInAnyOrder(lives, unseen, dies);
        assertThat(listeners.open).hasSize(3);
        assertThat(recorded().getFirst()).isEqualTo("run.lost");
        assertThat(gone).isNotIn(lives, unseen, dies);
        later.destroyForcibly().waitFor();
        administration.tidy();
        assertThat(inForce())
                .as("of a process that was never seen nobody knows whether it is gone")
                .extracting(Lease::id)
                .containsExactlyInAnyOrder(lives, unseen);
    }

    private static String runner(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        String began = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
        return RunProcess.current().orElseThrow().boot() + " " + process.pid() + " " + began;
    }

    @Test
    void aRunningSessionIsNotRecorded() throws Exception {
        String lease = run("run.open", task()).text("lease");
        assertThat(kindOfRefusal("session.record", recorded(lease, "5e".repeat(32))))
                .isEqualTo("refused");
    }

    private void permitService() {
        seal = seal.with(parts -> parts.sandbox = new SandboxRules(
                Set.of(),
                Set.of(),
                SandboxRules.DecoyReaction.REFUSE,
                SandboxRules.DecoyReaction.ALERT,
                Optional.empty(),
                Set.of("redis")));
    }

    private static Json.Members redis(String lease) {
        return lease(lease).with("service", "redis").with("port", 6379);
    }

    private static Json.Members closed(String lease, String opened) {
        return redis(lease)
                .with("opened", opened)
                .with("reached", true)
                .with("bytes_sent", 14)
                .with("bytes_received", 7);
    }

    @Test
    void aConnectionToAServiceIsRecordedBeforeItIsMadeAndWhenItEnded() throws Exception {
        permitService();
        String lease = run("run.open", task()).text("lease");
        String opened = run("service.open", redis(lease)).text("receipt");
        Json.Members act = run("receipts", lease(lease)).objects("receipts").getFirst();
        assertThat(act.text("id")).isEqualTo(opened);
        assertThat(act.text("lease")).isEqualTo(lease);
        assertThat(act.text("agent")).isEqualTo("jer/cursor");
        assertThat(act.text("service")).isEqualTo("redis");
        assertThat(act.whole("port")).isEqualTo(6379);
        run("run.close", lease(lease));
        assertThat(run("service.close", closed(lease, opened)).text("receipt")).startsWith("R-");
        Json.Members end = receipts().getFirst();
        assertThat(end.text("opened")).isEqualTo(opened);
        assertThat(end.flag("reached")).isTrue();
        assertThat(end.whole("bytes_sent")).isEqualTo(14);
        assertThat(end.whole("bytes_received")).isEqualTo(7);
        assertThatThrownBy(() -> run("service.close", closed(lease, "a note"))).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> run("service.close", closed(lease, opened).with("bytes_sent", -1)))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void aServiceThatTheSealDoesNotPermitIsRefusedWithAReceipt() throws Exception {
        Json.Members service = Json.object().with("service", "redis").with("port", 6379);
        assertThat(kindOfRefusal("run.open", task().with("services", new Json.Array(List.of(service)))))
                .isEqualTo("refused");
        assertThat(leases.list()).isEmpty();
        String lease = run("run.open", task()).text("lease");
        assertThat(kindOfRefusal("service.open", redis(lease))).isEqualTo("refused");
        assertThat(receipts().getFirst()).satisfies(act -> {
            assertThat(act.text("command")).isEqualTo("service.open");
            assertThat(act.text("result")).isEqualTo("refused");
            assertThat(act.text("reason")).contains("`redis`");
        });
        assertThat(kindOfRefusal("service.check", redis(lease))).isEqualTo("refused");
        permitService();
        run("service.open", redis(lease));
        assertThat(run("service.check", redis(lease)).text("lease")).isEqualTo(lease);
        assertThat(kindOfRefusal("service.open", redis(lease).with("port", 2375)))
                .isEqualTo("wrong_argument");
        run("run.open", task().with("services", new Json.Array(List.of(service))));
    }

    @Test
    void onlyTheRunsOwnUserOpensAServiceAndOnlyWhileItsLeaseWorks() throws Exception {
        permitService();
        String issued = run("lease.issue", task()).text("lease");
        assertThat(kindOfRefusal("service.open", redis(issued))).isEqualTo("not_found");
        String lease = run("run.open", task()).text("lease");
        for (Json.Members asked : List.of(redis(lease), closed(lease, "R-01ARZ3NDEKTSV4RRFFQ69G5FAV"))) {
            String command = asked.get("opened").isPresent() ? "service.close" : "service.open";
            assertThatThrownBy(() -> administration.run(new Peer("root"), command, asked, _ -> {}))
                    .isInstanceOf(AdminRefusedException.class);
        }
        run("service.open", redis(lease));
        Seal all = seal;
        seal = seal.with(parts -> parts.agents = Map.of());
        assertThat(kindOfRefusal("service.open", redis(lease)))
                .as("its agent is suspended")
                .isEqualTo("not_found");
        seal = all;
        run("run.close", lease(lease));
        assertThat(kindOfRefusal("service.open", redis(lease))).isEqualTo("not_found");
        assertThat(kindOfRefusal("service.check", redis(lease))).isEqualTo("not_found");
        String killed = run("run.open", task()).text("lease");
        leases.kills().kill(Kill.KillTarget.EVERYTHING, "", "ann");
        assertThat(kindOfRefusal("service.open", redis(killed))).isEqualTo("not_found");
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void withoutItsReceiptNoServiceIsOpened(Failure failure) throws Exception {
        permitService();
        String lease = run("run.open", task()).text("lease");
        recorder.failure = Optional.of(failure);
        assertThat(kindOfRefusal("service.open", redis(lease))).isEqualTo("unavailable");
    }

    private static Json.Members recorded(String lease, String digest) {
        return lease(lease).with("manifest_sha256", digest);
    }

    @Test
    void aSessionIsRecordedOnceAndOnlyOfALeaseThatWasOpenedForARun() throws Exception {
        String digest = "5e".repeat(32);
        String issued = run("lease.issue", task()).text("lease");
        assertThat(kindOfRefusal("session.record", recorded(issued, digest))).isEqualTo("not_found");
        String lease = run("run.open", task()).text("lease");
        assertThatThrownBy(() -> run("session.record", recorded(lease, digest.toUpperCase(java.util.Locale.ROOT))))
                .isInstanceOf(MalformedException.class);
        run("run.close", lease(lease));
        assertThatThrownBy(() -> administration.run(
                        new Peer("root"), "session.record", recorded(lease, "0f".repeat(32)), _ -> {}))
                .as("somebody else's word about it")
                .isInstanceOf(AdminRefusedException.class);
        String receipt = run("session.record", recorded(lease, digest)).text("receipt");
        assertThat(run("receipts", lease(lease)).objects("receipts"))
                .filteredOn(act -> act.text("id").equals(receipt))
                .singleElement()
                .satisfies(act -> assertThat(act.text("manifest_sha256")).isEqualTo(digest));
        assertThat(kindOfRefusal("session.record", recorded(lease, "0f".repeat(32))))
                .as("what was changed afterwards gets no second receipt")
                .isEqualTo("not_found");
        assertThat(alerts.getLast().rule()).isEqualTo(Alert.AlertKind.SESSION_REFUSED);
        assertThat(alerts.getLast().facts()).containsEntry("lease", lease);
    }

    @Test
    void aTestAlertIsRecordedAndReportsItsResult() throws Exception {
        Json.Members tested = run("alert.test", Json.object().with("receiver", "pager"))
                .objects("receivers")
                .getFirst();
        assertThat(tested.text("kind")).isEqualTo("exec");
        assertThat(tested.flag("taken")).isTrue();
        assertThat(tested.text("answer")).isEqualTo("exit 0");
        assertThat(run("alert.test", Json.object()).objects("receivers")).hasSize(1);
        assertThat(kindOfRefusal("alert.test", Json.object().with("receiver", "nobody")))
                .isEqualTo("wrong_argument");
        recorder.failure = Optional.of(Failure.values()[0]);
        assertThat(kindOfRefusal("alert.test", Json.object())).isEqualTo("unavailable");
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void aPossiblyRecordedDigestIsNotRetried(Failure failure) throws Exception {
        String lease = run("run.open", task()).text("lease");
        run("run.close", lease(lease));
        recorder.failure = Optional.of(failure);
        assertThat(kindOfRefusal("session.record", recorded(lease, "5e".repeat(32))))
                .isEqualTo("unavailable");
        recorder.failure = Optional.empty();
        assertThat(kindOfRefusal("session.record", recorded(lease, "0f".repeat(32))))
                .isEqualTo("not_found");
    }

    @Test
    void runThatAKillDidNotSeeYetIsEndedAllTheSame() throws Exception {
        listeners.meanwhile = () -> leases.kills().kill(Kill.KillTarget.EVERYTHING, "", "ann");
        assertThat(kindOfRefusal("run.open", task())).isEqualTo("refused");
        assertThat(leases.list())
                .singleElement()
                .satisfies(one -> assertThat(one.revoked()).isPresent());
        assertThat(listeners.open).isEmpty();
    }

    @Test
    void receiptsOfALeaseAreThoseNamingIt() throws Exception {
        String one = run("run.open", task()).text("lease");
        String other = run("run.open", task()).text("lease");
        run("run.close", lease(one));
        run("run.close", lease(other));
        assertThat(run("receipts", lease(one)).objects("receipts"))
                .extracting(receipt -> receipt.text("command"))
                .containsExactlyInAnyOrder("run.close", "run.open");
        assertThat(run("receipts", lease(one).with("from", "2999-01-01T00:00:00Z"))
                        .objects("receipts"))
                .isEmpty();
        assertThatThrownBy(() -> run("receipts", lease(one).with("from", "yesterday")))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void aPlaceReportsAutorunFilesAndAcceptsDecoys() throws Exception {
        Json.Members opened = run("run.open", task());
        assertThat(ExecutedPaths.read(opened.objects("executed")))
                .isEqualTo(ExecutedPaths.usual().allHeld());
        assertThat(opened.objects("planted")).hasSize(1);
        String lease = opened.text("lease");
        Json.Members two =
                lease(lease).withItems("decoys", Stream.of(decoy("one-of-two-decoys"), decoy("two-of-two-decoys")));
        run("run.decoys", two);
        assertThat(listeners.planted.values()).singleElement().asString().contains(lease);
        assertThat(listeners.armed.values())
                .singleElement()
                .asString()
                .contains(lease)
                .endsWith(" 2");
        assertThat(receipts().toString()).doesNotContain("of-two-decoys");
        run("run.close", lease(lease));
        assertThat(kindOfRefusal("run.decoys", two)).isEqualTo("not_found");
        String free = run("lease.issue", task()).text("lease");
        assertThat(kindOfRefusal("run.decoys", lease(free).withItems("decoys", Stream.of(decoy("another-decoy")))))
                .as("a lease without a place")
                .isEqualTo("not_found");
    }

    @Test
    void aSignedLeaseIsBoundToItsPlace() throws Exception {
        Json.Members wider = task().withTexts("environments", List.of("production"));
        assertThat(kindOfRefusal("run.open", wider)).isEqualTo("signature_needed");
        String statement = run("lease.prepare", wider).text("statement");
        Json.Members signed = Json.object()
                .with("statement", statement)
                .with("signature", world.ann.sign(Leases.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
        Json.Members opened = run("run.open", signed);
        assertThat(opened.flag("bound")).isTrue();
        assertThat(opened.text("socket")).isNotEmpty();
        assertThat(opened.items("environments")).containsExactly(new Json.Text("production"));
        assertThat(receipts())
                .filteredOn(receipt -> receipt.get("signer").isPresent())
                .as("who widened it, and how much that proves")
                .singleElement()
                .returns("ann", receipt -> receipt.text("signer"))
                .returns(world.ann.publicKey().fingerprint(), receipt -> receipt.text("key"))
                .returns("unknown", receipt -> receipt.text("key_class"));
        assertThat(kindOfRefusal("run.open", signed)).as("used once").isEqualTo("refused");
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void withoutAReceiptNoLeaseIsRenewed(Failure failure) throws Exception {
        String id = run("lease.issue", task()).text("lease");
        List<Lease> before = inForce();
        clock.pass(Duration.ofMinutes(30));
        recorder.failure = Optional.of(failure);
        assertThat(kindOfRefusal("run.renew", lease(id))).isEqualTo("unavailable");
        assertThat(inForce()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void withoutAReceiptNoSignatureCounts(Failure failure) throws Exception {
        String hold = hold();
        Json.Members signature = signature(hold);
        String before = state(hold);
        recorder.failure = Optional.of(failure);
        assertThat(kindOfRefusal("hold.sign", signature)).isEqualTo("unavailable");
        assertThat(state(hold)).isEqualTo(before);
        recorder.failure = Optional.empty();
        run("hold.sign", signature);
        assertThat(state(hold)).isNotEqualTo(before);
    }

    @Test
    void everySignatureAttemptIsRecordedWithResultAndOwner() throws Exception {
        String hold = hold();
        byte[] statement = signature(hold).text("hold").getBytes(StandardCharsets.UTF_8);
        Json.Members foreign = Json.object()
                .with("hold", hold)
                .with("signature", world.ann.sign(Statement.NAMESPACE, statement)); // over something else
        assertThat(kindOfRefusal("hold.sign", foreign)).isEqualTo("refused");
        Json.Members stranger = signature(hold, TestingKey.hardware());
        assertThat(kindOfRefusal("hold.sign", stranger)).isEqualTo("refused");
        run("hold.sign", signature(hold));

        List<Json.Members> tries = receipts();
        assertThat(tries).allMatch(receipt -> receipt.text("hold").equals(hold));
        Json.Members accepted = tries.get(0);
        assertThat(accepted.text("result")).isEqualTo("accepted");
        assertThat(accepted.text("signer")).isEqualTo("ann");
        assertThat(accepted.text("key_class"))
                .as("no receipt calls a key hardware, as nothing attests it")
                .isEqualTo("unknown");
        assertThat(accepted.text("key")).startsWith("SHA256:");
        assertThat(accepted.flag("complete")).isTrue();
        Json.Members nobodys = tries.get(1);
        assertThat(nobodys.text("result")).isEqualTo("rejected");
        assertThat(nobodys.text("reason")).contains("not a key of any known person");
        assertThat(nobodys.text("key")).startsWith("SHA256:");
        assertThat(nobodys.get("signer")).isEmpty();
        Json.Members forged = tries.get(2);
        assertThat(forged.text("result")).isEqualTo("rejected");
        assertThat(forged.get("key")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void withoutAReceiptNoLeaseIsIssued(Failure failure) {
        recorder.failure = Optional.of(failure);
        assertThat(kindOfRefusal("lease.issue", task())).isEqualTo("unavailable");
        assertThat(kindOfRefusal("run.open", task())).isEqualTo("unavailable");
        assertThat(inForce()).isEmpty();
        assertThat(listeners.open).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "lease.revoke,FAILED",
        "lease.revoke,FAILED_BUT_WRITTEN",
        "run.close,FAILED",
        "run.close,FAILED_BUT_WRITTEN",
        "kill,FAILED",
        "kill,FAILED_BUT_WRITTEN"
    })
    void leasesEndWithoutTheLedger(String command, Failure failure) throws Exception {
        String id = run("run.open", task()).text("lease");
        recorder.failure = Optional.of(failure);
        Json.Members ended = run(command, lease(id));
        assertThat(ended)
                .isEqualTo(Json.object()
                        .with("killed", 1)
                        .with("cut", 1 + 2) // the first scan before the store is asked
                        .with("durable", true)
                        .with("recorded", false));
        assertThat(inForce()).isEmpty();
        assertThat(listeners.open).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void aHoldIsDeniedWithoutTheLedger(Failure failure) throws Exception {
        String hold = hold();
        recorder.failure = Optional.of(failure);
        Json.Members denial = Json.object().with("hold", hold).with("reason", "not today");
        assertThat(run("hold.deny", denial).flag("recorded")).isFalse();
        assertThat(state(hold)).isEqualTo("denied");
    }

    /** Otherwise the author of the reason could choose that no receipt is written. */
    @Test
    void restrictingCommandsAreRecordedWithAnyReason() throws Exception {
        String book = "xx" + "\u0001😀".repeat(7_000);
        String hold = hold();
        assertThat(run("hold.deny", Json.object().with("hold", hold).with("reason", book))
                        .flag("recorded"))
                .isTrue();
        Json.Members denied = receipts().getFirst();
        assertThat(denied.text("command")).isEqualTo("hold.deny");
        assertThat(denied.text("hold")).isEqualTo(hold);
        assertThat(book).startsWith(denied.text("reason"));
        assertThat(denied.text("reason")).hasSize(ReceiptParts.MAX_TEXT - 1); // not half of a character
        assertThat(denied.flag("shortened")).isTrue();

        String lease = run("lease.issue", task()).text("lease");
        assertThat(run("kill", lease(lease).with("reason", "x".repeat(20_000))).flag("recorded"))
                .isTrue();
        assertThat(receipts().getFirst().texts("leases")).containsExactly(lease);
        assertThat(receipts().getFirst().text("command")).isEqualTo("kill");
    }

    @Test
    void endingManyLeasesNamesEachOnRecord() throws Exception {
        Set<String> ended = new java.util.TreeSet<>();
        for (int n = 0; n < 150; n++) {
            String issued = run("lease.issue", task()).text("lease");
            ended.add(issued);
            Lease parent = leases.notEnded(issued).orElseThrow();
            for (int child = 0; child < 3; child++) {
                ended.add(((Leases.LeaseResult.IssuedLease)
                                leases.derive(parent, narrowing(Optional.empty()), parent.place()))
                        .lease()
                        .id());
            }
        }
        Json.Members killed = run("kill", Json.object().with("all", true));
        assertThat(killed.whole("killed")).isEqualTo(600);
        assertThat(killed.flag("recorded")).isTrue();
        List<Json.Members> told = receipts().stream()
                .filter(receipt -> receipt.text("command").equals("kill"))
                .toList()
                .reversed();
        assertThat(told).hasSize(6).allSatisfy(part -> {
            assertThat(part.text("kill")).isEqualTo(killed.text("kill"));
            assertThat(part.whole("parts")).isEqualTo(6);
        });
        assertThat(told).extracting(part -> part.whole("part")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(told.stream().flatMap(part -> part.texts("leases").stream())).containsExactlyElementsOf(ended);
    }

    @Test
    void theAgentReadsTheNameOfTheDenier() throws Exception {
        Json.Members denial = Json.object().with("hold", hold()).with("reason", "");
        administration.run(new Peer("root"), "hold.deny", denial, _ -> {});
        assertThat(run("hold.show", Json.object().with("hold", denial.text("hold")))
                        .text("ending"))
                .isEqualTo("the administrator `root` denied it without a reason.");
    }

    @Test
    void aListOfLeasesHoldsNoneThatHasEnded() throws Exception {
        String id = run("lease.issue", task()).text("lease");
        assertThat(run("lease.list", Json.object()).items("leases"))
                .singleElement()
                .satisfies(lease -> {
                    assertThat(((Json.Members) lease).text("id")).isEqualTo(id);
                    assertThat(((Json.Members) lease).text("state")).isEqualTo("in force");
                });
        clock.pass(LeaseRequest.DEFAULT_TTL);
        assertThat(run("lease.list", Json.object()).items("leases")).isEmpty();
    }

    /** A client that reads first and follows then would miss receipts in between. */
    @Test
    void followingReceiptsMissesAndRepeatsNothing() throws Exception {
        for (int n = 0; n < 3; n++) {
            run("lease.issue", task());
        }
        List<String> heard = new ArrayList<>();
        administration.run(ANN, "receipts.follow", Json.object().with("last", 10), receipt -> {
            heard.add(receipt.text("id"));
            try {
                switch (heard.size()) {
                    case 1 -> run("lease.issue", task());
                    case 4 -> Thread.currentThread().interrupt();
                    default -> {}
                }
            } catch (AdminRefusedException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(Thread.interrupted()).isTrue();
        List<String> all =
                ledger.search(ReceiptQuery.newest(10)).stream().map(Receipt::id).toList();
        assertThat(heard).containsExactlyElementsOf(all.reversed());
    }

    @Test
    void aListOfNoReceiptsIsAskedForByMistake() {
        for (long limit : new long[] {0, -1}) {
            assertThatThrownBy(() -> run("receipts", Json.object().with("limit", limit)))
                    .isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void leasesEndWithoutTheStoreWhichIsUpdatedLater() throws Exception {
        String id = run("run.open", task()).text("lease");
        database.write(sql -> sql.update("CREATE TRIGGER broken BEFORE UPDATE OF revoked ON identity_lease"
                + " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"));
        for (Json.Members target :
                List.of(lease(id), Json.object().with("all", true))) { // a repeated request gets the same answer
            Json.Members killed = run("kill", target);
            assertThat(killed.whole("killed")).isEqualTo(1);
            assertThat(killed.flag("durable")).isFalse();
            assertThat(killed.flag("recorded")).isTrue();
        }
        assertThat(inForce()).isEmpty();
        assertThat(listeners.open).isEmpty();
        assertThat(receipts()).first().matches(receipt -> !receipt.flag("durable"));
        assertThat(alerts).extracting(Alert::rule).contains(Alert.AlertKind.KILL, Alert.AlertKind.STORE_TROUBLE);

        alerts.clear();
        administration.tidy();
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.STORE_TROUBLE);
        database.write(sql -> sql.update("DROP TRIGGER broken"));
        alerts.clear();
        administration.tidy();
        assertThat(alerts).isEmpty();
        Leases restarted = new Leases(new SqliteLeaseStore(database), clock, new SecureRandom(), new NoPasskeys());
        assertThat(restarted.list())
                .isNotEmpty()
                .allMatch(listed -> listed.revoked().isPresent());
    }

    @Test
    void aPlaceEndsWithItsLeaseThoughNobodyClosesIt() throws Exception {
        run("run.open", task());
        administration.tidy();
        assertThat(listeners.open).hasSize(1);
        clock.pass(LeaseRequest.DEFAULT_TTL);
        administration.tidy();
        assertThat(listeners.open).isEmpty();
    }

    @Test
    void aLeaseWithoutItsPlaceIsRefused() {
        listeners.fails = true;
        assertThat(kindOfRefusal("run.open", task())).isEqualTo("unavailable");
        assertThat(inForce()).isEmpty();
    }

    @Timeout(300) // one of them follows the ledger, if it is not refused
    @ParameterizedTest
    @ValueSource(
            strings = {
                "status",
                "lease.prepare",
                "lease.issue",
                "lease.list",
                "lease.revoke",
                "kill",
                "kill.list",
                "kill.prepare",
                "kill.lift",
                "run.open",
                "run.renew",
                "run.close",
                "hold.list",
                "hold.show",
                "hold.sign",
                "hold.deny",
                "receipts",
                "receipts.follow",
                "prove",
                "seal.next",
                "seal.adopt"
            })
    void anArgumentThatACommandDoesNotTakeIsMalformed(String command) throws Exception {
        String id = run("lease.issue", task()).text("lease");
        Json.Members arguments = Json.object()
                .with("agent", "jer/cursor")
                .with("all", true)
                .with("envelope", "{}")
                .with("hold", "H-1")
                .with("lease", id)
                .with("leas", id)
                .with("reason", "none")
                .with("receipt", "R-1")
                .with("signature", "none")
                .with("statement", "{}")
                .with("task", "look");
        for (Json.Members tried : List.of(arguments, task().with("leas", id))) {
            assertThatThrownBy(() -> run(command, tried)).isInstanceOf(MalformedException.class);
        }
        assertThat(inForce()).hasSize(1);
        assertThat(recorded()).containsExactly("lease.issue");
    }

    @Test
    void aMisspelledNarrowingDoesNotWiden() throws Exception {
        Json nothing = new Json.Array(List.of());
        Json number = new Json.Array(List.of(new Json.Whole(1)));
        for (Json.Members slip : List.of(
                task().withTexts("environment", List.of("staging")),
                task().with("environments", nothing),
                task().with("impacts", number),
                task().with("resources", nothing),
                task().with("statement", "{}"),
                task().with("signature", "none").with("statement", "{}"))) {
            assertThatThrownBy(() -> run("lease.issue", slip))
                    .as(slip.canonicalText())
                    .isInstanceOf(MalformedException.class);
        }
        assertThat(inForce()).isEmpty();
    }

    @Test
    void killNamesWhatItEnds() throws Exception {
        String id = run("lease.issue", task()).text("lease");
        for (Json.Members unclear : List.of(
                Json.object(),
                Json.object().with("leas", id),
                Json.object().with("all", false),
                lease(id).with("all", true),
                lease(id).with("all", false),
                agent().with("person", "jer"),
                Json.object().with("agent", ""),
                Json.object().with("reason", "none"))) {
            assertThatThrownBy(() -> run("kill", unclear))
                    .as(unclear.canonicalText())
                    .isInstanceOf(MalformedException.class);
        }
        assertThat(inForce()).hasSize(1);
        assertThat(run("kill", Json.object().with("all", true)).whole("killed")).isEqualTo(1);
        assertThat(inForce()).isEmpty();
    }

    private static Json.Members agent() {
        return Json.object().with("agent", "jer/cursor").with("reason", "it deletes too much");
    }

    private Json.Members lifting(String kill, TestingKey key) throws AdminRefusedException {
        String statement = run("kill.prepare", Json.object().with("kill", kill)).text("statement");
        return Json.object()
                .with("statement", statement)
                .with("signature", key.sign(KillSwitch.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
    }

    private Json.Members order(TestingKey key, Json.Members order) throws AdminRefusedException {
        String statement =
                run("texts.prepare", Json.object().with("order", order)).text("statement");
        return Json.object()
                .with("statement", statement)
                .with("signature", key.sign(TextCommands.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
    }

    private static Json.Members erasing(String subject) {
        return Json.object().with("act", "erase").with("subject", subject);
    }

    @Test
    void onlyTheSignatureOfAnOwnerErasesTexts() throws Exception {
        String lease = run("lease.issue", task().with("task", "ask-alice")).text("lease");
        run("lease.revoke", lease(lease));
        Json.Members signed = order(world.ann, erasing("alice"));
        for (Json.Members wrong : List.of(
                order(TestingKey.hardware(), erasing("alice")),
                order(world.jerSoftware, erasing("alice")),
                signed.with("signature", order(world.ann, erasing("alicia")).text("signature")),
                signed.with(
                        "signature",
                        world.ann.sign(
                                KillSwitch.NAMESPACE, signed.text("statement").getBytes(StandardCharsets.UTF_8))))) {
            assertThat(kindOfRefusal("texts.order", wrong)).isEqualTo("refused");
        }
        assertThat(receipts().toString()).contains("alice");
        assertThat(run("texts.order", signed).whole("receipts")).isPositive();
        assertThat(receipts().toString()).doesNotContain("alice").contains("(sealed)");
    }

    /** The receipt of an order says what is erased, so it must not say more than the order is for. */
    @Test
    void anOrderSaysOnlyWhatItIsFor() {
        for (Json.Members wrong : List.of(
                Json.object().with("act", "hold").with("name", "case-7").withTexts("numbers", List.of("0-99")),
                Json.object().with("act", "forget").with("subject", "alice"),
                erasing("alice").withTexts("numbers", List.of("0-99")),
                erasing("al"))) {
            assertThat(kindOfRefusal("texts.prepare", Json.object().with("order", wrong)))
                    .isEqualTo("refused");
        }
    }

    @Test
    void whatHasNotEndedIsNamedBeforeSomebodySigns() throws Exception {
        String lease = run("lease.issue", task().with("task", "ask-alice")).text("lease");
        assertThat(run("texts.list", Json.object().with("subject", "alice")).texts("standing"))
                .containsExactly(lease);
        assertThat(kindOfRefusal("texts.prepare", Json.object().with("order", erasing("alice"))))
                .isEqualTo("refused");
    }

    /** It would end each later search. */
    @Test
    void aLegalHoldWhoseTimesCannotBeReadIsNeitherPreparedNorPlaced() throws Exception {
        Json.Members hold = Json.object().with("act", "hold").with("name", "case-7");
        for (String member : List.of("from", "until")) {
            assertThat(kindOfRefusal("texts.prepare", Json.object().with("order", hold.with(member, "yesterday"))))
                    .isEqualTo("wrong_argument");
            String statement = run(
                            "texts.prepare", Json.object().with("order", hold.with(member, "2026-11-01T00:00:00Z")))
                    .text("statement")
                    .replace("2026-11-01T00:00:00Z", "2026-13-01T00:00:00Z");
            Json.Members signed = Json.object()
                    .with("statement", statement)
                    .with(
                            "signature",
                            world.ann.sign(TextCommands.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
            assertThat(kindOfRefusal("texts.order", signed)).isEqualTo("refused");
        }
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        assertThat(run("texts.list", Json.object().with("subject", "case-7")).objects("holds"))
                .isEmpty();
    }

    private void erasingIn(Ledger of, TextErasure.ActRecorder acts) {
        administration = administration(new TextCommands(
                new TextErasure(of, _ -> {}, acts),
                _ -> List.of(),
                leases.kills().orders(),
                new SignatureReader(passkeys, leases.kills()::isKilled, alerts::add)));
    }

    @Test
    void anOrderThatIsRecordedAndNotCarriedOutIsNotCalledUndone() throws Exception {
        String lease = run("lease.issue", task().with("task", "ask-alice")).text("lease");
        run("lease.revoke", lease(lease));
        erasingIn(ledger, _ -> {
            throw new LedgerUnavailableException("no space left on device");
        });
        Json.Members signed = order(world.ann, erasing("alice"));
        AdminRefusedException answer = refusal(ANN, "texts.order", signed);
        assertThat(answer.getMessage())
                .contains("is recorded", "no space left on device")
                .doesNotContain("not done");
        assertThat(answer.next()).contains("next start");
        assertThat(receipts().getFirst().text("act")).isEqualTo("erase");
        new TextErasure(ledger, _ -> {}, recorder::record).tidy(Optional.empty());
        assertThat(receipts().toString()).doesNotContain("alice");
    }

    @Test
    void withoutRetentionNothingIsErasedAndTheAnswerSaysHow() throws Exception {
        try (Ledger clear = Ledger.open(
                LedgerConfig.of(ORIGIN, directory.resolve("clear"), directory.resolve("its"), Optional.empty()),
                new SecureRandom())) {
            erasingIn(clear, recorder::record);
            for (Json.Members asked : List.of(Json.object(), Json.object().with("subject", "alice"))) {
                AdminRefusedException answer = refusal(ANN, "texts.list", asked);
                assertThat(answer.getMessage() + answer.next())
                        .contains("seals no texts", "`retention` in gateway.yaml", "store that gateways share");
            }
            assertThat(kindOfRefusal("texts.prepare", Json.object().with("order", erasing("alice"))))
                    .isEqualTo("unavailable");
        }
    }

    private Json.Members confirmingTheClock(TestingKey key) throws AdminRefusedException {
        String statement = run("clock.prepare", Json.object()).text("statement");
        return Json.object()
                .with("statement", statement)
                .with("signature", key.sign(ClockCorrection.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
    }

    /** The clock was an hour ahead for a while. */
    @Test
    void aPersonConfirmsTheClock() throws Exception {
        Instant right = clock.instant();
        String before = run("lease.issue", task()).text("lease");
        clock.set(right.plus(Duration.ofHours(1)));
        leases.clockWatch().behind(clock.instant());
        String ahead = run("lease.issue", task()).text("lease");
        clock.set(right);
        assertThat(leases.clockWatch().behind(clock.instant())).isPresent();

        Json.Members rejected = confirmingTheClock(world.cat);
        assertThatThrownBy(() -> run("clock.accept", rejected)).isInstanceOf(AdminRefusedException.class);
        assertThat(leases.clockWatch().behind(clock.instant())).isPresent();
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");

        Json.Members accepted = run("clock.accept", confirmingTheClock(world.ann));
        assertThat(accepted.texts("leases")).containsExactly(ahead);
        assertThat(leases.clockWatch().behind(clock.instant())).isEmpty();
        assertThat(leases.notEnded(before)).isPresent();
        assertThat(leases.notEnded(ahead)).isEmpty();
        assertThat(receipts().getFirst())
                .satisfies(receipt -> assertThat(receipt.text("command")).isEqualTo("clock.accept"))
                .satisfies(receipt -> assertThat(receipt.text("signer")).isEqualTo("ann"));
        assertThat(alerts).extracting(Alert::rule).contains(Alert.AlertKind.CLOCK_TROUBLE);
    }

    @Test
    void aKillCutsCallsIsRecordedAndAlerts() throws Exception {
        String lease = run("lease.issue", task()).text("lease");
        Json.Members killed = run("kill", agent());
        String id = killed.text("kill");
        assertThat(killed)
                .isEqualTo(Json.object()
                        .with("kill", id)
                        .with("killed", 1)
                        .with("runs", 0)
                        .with("cut", 1 + 2) // the first scan at once, the second after the leases of runs have ended
                        .with("durable", true)
                        .with("recorded", true));
        assertThat(receipts().getFirst())
                .isEqualTo(Json.object()
                        .with("command", "kill")
                        .with("peer", "ann")
                        .with("kill", id)
                        .with("scope", "agent")
                        .with("name", "jer/cursor")
                        .with("reason", "it deletes too much")
                        .withTexts("leases", List.of(lease))
                        .withTexts("runs", List.of())
                        .with("cut", 1 + 2)
                        .with("durable", true));
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.KILL);
        assertThat(alerts.getFirst().summary()).contains("it deletes too much");

        assertThat(kindOfRefusal("lease.issue", task())).isEqualTo("refused");
        assertThat(kindOfRefusal("run.renew", lease(lease))).isEqualTo("refused");
        assertThat(((Json.Members)
                                run("lease.list", Json.object()).items("leases").getFirst())
                        .text("why"))
                .contains("it deletes too much");
        assertThat(((Json.Members)
                        run("kill.list", Json.object()).items("kills").getFirst()))
                .isEqualTo(Json.object()
                        .with("kill", id)
                        .with("scope", "agent")
                        .with("name", "jer/cursor")
                        .with("reason", "it deletes too much")
                        .with("by", "ann")
                        .with("since", TestingWorld.START.toString())
                        .with("durable", true));
    }

    @Test
    void aKillIsLiftedOnlyByAnotherPersonsSignature() throws Exception {
        run("run.open", task());
        String id = run("kill", Json.object().with("person", "jer")).text("kill");
        assertThat(kindOfRefusal("kill.lift", lifting(id, world.jer))).isEqualTo("refused");
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        alerts.clear();
        Json.Members lifting = lifting(id, world.ann);
        Json.Members lifted = run("kill.lift", lifting);
        assertThat(lifted.text("person")).isEqualTo("ann");
        assertThat(lifted.text("scope")).isEqualTo("person");
        Json.Members receipt = receipts().getFirst();
        assertThat(receipt.text("command")).isEqualTo("kill.lift");
        assertThat(receipt.text("result")).isEqualTo("accepted");
        assertThat(receipt.text("signer")).isEqualTo("ann");
        assertThat(receipt.text("key_class")).isEqualTo("unknown");
        assertThat(receipt.text("kill")).isEqualTo(id);
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.KILL);
        assertThat(run("kill.list", Json.object()).items("kills")).isEmpty();
        run("lease.issue", task());
        assertThat(kindOfRefusal("kill.lift", lifting)).isEqualTo("refused"); // once
    }

    @ParameterizedTest
    @EnumSource(Failure.class)
    void withoutReceiptsKillsWorkAndNoneIsLifted(Failure failure) throws Exception {
        recorder.failure = Optional.of(failure);
        Json.Members killed = run("kill", agent());
        assertThat(killed.flag("recorded")).isFalse();
        assertThat(killed.flag("durable")).isTrue();
        assertThat(kindOfRefusal("kill.lift", lifting(killed.text("kill"), world.ann)))
                .isEqualTo("unavailable");
        assertThat(run("kill.list", Json.object()).items("kills")).hasSize(1);
    }

    @Test
    void aKillWorksWithoutTheStoreAndIsStoredLater() throws Exception {
        database.write(sql -> sql.update("CREATE TRIGGER broken BEFORE INSERT ON identity_kill"
                + " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"));
        Json.Members killed = run("kill", agent());
        assertThat(killed.flag("durable")).isFalse();
        assertThat(kindOfRefusal("lease.issue", task())).isEqualTo("refused");
        assertThat(alerts).extracting(Alert::rule).contains(Alert.AlertKind.KILL, Alert.AlertKind.STORE_TROUBLE);
        assertThat(kindOfRefusal("kill.lift", lifting(killed.text("kill"), world.ann)))
                .isEqualTo("unavailable");

        database.write(sql -> sql.update("DROP TRIGGER broken"));
        alerts.clear();
        administration.tidy();
        assertThat(alerts).isEmpty();
        assertThat(new Leases(new SqliteLeaseStore(database), clock, new SecureRandom(), new NoPasskeys())
                        .kills()
                        .active())
                .hasSize(1);
    }

    private static ChildLeaseScope narrowing(Optional<Duration> ttl) {
        return new ChildLeaseScope(Set.of(), Set.of(), Set.of(), ttl);
    }

    @Test
    void aKillEndsItsRunsForGood() throws Exception {
        String ran = run("run.open", task()).text("lease");
        String issued = run("lease.issue", task()).text("lease");
        Lease parent = leases.notEnded(ran).orElseThrow();
        Leases.LeaseResult.IssuedLease child =
                (Leases.LeaseResult.IssuedLease) leases.derive(parent, narrowing(Optional.empty()), parent.place());
        Json.Members killed = run("kill", agent());
        assertThat(killed.whole("killed")).isEqualTo(3);
        assertThat(killed.whole("runs")).isEqualTo(1);
        assertThat(receipts().getFirst().texts("runs")).containsExactly(ran);
        assertThat(receipts().getFirst().texts("leases"))
                .containsExactlyInAnyOrder(ran, issued, child.lease().id());
        assertThat(listeners.open).isEmpty();
        assertThat(leases.notEnded(ran)).isEmpty();
        assertThat(leases.notEnded(child.lease().id())).isEmpty();

        run("kill.lift", lifting(killed.text("kill"), world.bob));
        assertThat(inForce()).extracting(Lease::id).containsExactly(issued);
        assertThat(kindOfRefusal("run.renew", lease(ran))).isEqualTo("refused");
    }

    @Test
    void aKillOfSomethingElseEndsNoRun() throws Exception {
        run("run.open", task());
        assertThat(run("kill", Json.object().with("person", "ann")).whole("runs"))
                .isZero();
        assertThat(listeners.open).hasSize(1);
    }

    /** One has expired a second ago: nobody needs to end it, and nobody is told that it was ended. */
    @Test
    void expiredLeasesAreNotCountedAsEnded() throws Exception {
        String parent = run("run.open", task()).text("lease");
        Lease known = leases.notEnded(parent).orElseThrow();
        leases.derive(known, narrowing(Optional.of(Duration.ofSeconds(60))), known.place());
        leases.derive(known, narrowing(Optional.empty()), known.place());
        clock.pass(Duration.ofSeconds(61));
        assertThat(run("kill", lease(parent)).whole("killed")).isEqualTo(2);
        run("lease.issue", task().with("ttl", "60s"));
        clock.pass(Duration.ofSeconds(61));
        run("lease.issue", task());
        assertThat(run("kill", Json.object().with("all", true)).whole("killed")).isEqualTo(1);
    }

    @Test
    void aKillOfAnUnknownNameIsRefused() throws Exception {
        for (String scope : List.of("agent", "task", "person", "upstream")) {
            assertThat(kindOfRefusal("kill", Json.object().with(scope, "jer/cursr")))
                    .isEqualTo("not_found");
        }
        assertThat(run("kill.list", Json.object()).items("kills")).isEmpty();
        assertThat(alerts).isEmpty();
    }

    @Test
    void afterAKillOfEverythingNoLeaseReturns() throws Exception {
        run("run.open", task());
        String id = run("kill", Json.object().with("all", true)).text("kill");
        assertThat(inForce()).isEmpty();
        assertThat(listeners.open).isEmpty();
        assertThat(kindOfRefusal("lease.issue", task())).isEqualTo("refused");
        run("kill.lift", lifting(id, world.bob));
        assertThat(inForce()).isEmpty();
        run("lease.issue", task());
    }

    @Test
    void theAgentOfAnEndedLeaseLearnsTheReason() throws Exception {
        String id = run("lease.issue", task()).text("lease");
        run("kill", lease(id).with("reason", "wrong project"));
        assertThat(receipts().getFirst().text("reason")).isEqualTo("wrong project");
        assertThat(run("kill.list", Json.object()).items("kills")).isEmpty(); // nothing is in force
        run("lease.issue", task());
    }

    @Test
    void aKilledPersonsSignatureOnAHoldDoesNotCount() throws Exception {
        String hold = hold();
        run("kill", Json.object().with("person", "ann"));
        assertThat(kindOfRefusal("hold.sign", signature(hold))).isEqualTo("refused");
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        assertThat(state(hold)).isEqualTo("open");
        run("hold.sign", signature(hold, world.bob));
        assertThat(state(hold)).isEqualTo("signed");
    }

    @Test
    void aFreezeIsListedAndLiftedOnceByASignature() throws Exception {
        VerdictReasons grounds = new VerdictReasons(seal.id(), List.of("p1"));
        limits.release(seal, TestingWorld.deletion("vol-1", "staging"), grounds, "R-1");
        Json.Members freeze =
                run("freeze.list", Json.object()).objects("freezes").getFirst();
        assertThat(freeze.texts("resources")).containsExactly("railway:volume/vol-1");
        assertThat(freeze.text("intent")).isEqualTo("R-1");
        String id = freeze.text("freeze");

        Json.Members byAgentsOwn = unfreezing(id, world.jerSoftware);
        assertThat(kindOfRefusal("freeze.lift", byAgentsOwn)).isEqualTo("refused");
        assertThat(receipts().getFirst().text("result")).isEqualTo("rejected");
        alerts.clear();
        Json.Members lifting = unfreezing(id, world.ann);
        recorder.failure = Optional.of(Failure.FAILED);
        assertThat(kindOfRefusal("freeze.lift", lifting)).isEqualTo("unavailable");
        recorder.failure = Optional.empty();
        assertThat(run("freeze.lift", lifting).text("person")).isEqualTo("ann");
        Json.Members receipt = receipts().getFirst();
        assertThat(receipt.text("command")).isEqualTo("freeze.lift");
        assertThat(receipt.text("freeze")).isEqualTo(id);
        assertThat(receipt.text("signer")).isEqualTo("ann");
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.FREEZE);
        assertThat(run("freeze.list", Json.object()).items("freezes")).isEmpty();
        assertThat(kindOfRefusal("freeze.lift", lifting)).isEqualTo("refused"); // once
        assertThat(kindOfRefusal("freeze.prepare", Json.object().with("freeze", id)))
                .isEqualTo("not_found");
    }

    private Json.Members unfreezing(String freeze, TestingKey key) throws Exception {
        String statement =
                run("freeze.prepare", Json.object().with("freeze", freeze)).text("statement");
        return Json.object()
                .with("statement", statement)
                .with("signature", key.sign(Freezes.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void repeatedRefusalsOfAStrangerAreCounted() throws Exception {
        Peer stranger = new Peer("mallory");
        for (int i = 0; i < AuthFailures.MAX + 5; i++) {
            administration.refused(stranger, "kill");
        }
        administration.tidy();
        assertThat(receipts()).hasSize(AuthFailures.MAX);
        assertThat(alerts).extracting(Alert::rule).containsOnly(Alert.AlertKind.ADMIN_REFUSED);

        clock.pass(Duration.ofMinutes(1));
        recorder.failure = Optional.of(Failure.FAILED);
        administration.tidy(); // not written, and not forgotten
        recorder.failure = Optional.empty();
        administration.tidy();
        administration.tidy();
        assertThat(receipts()).hasSize(AuthFailures.MAX + 1);
        assertThat(receipts().getFirst())
                .isEqualTo(Json.object()
                        .with("command", AuthFailures.MORE)
                        .with("peer", "mallory")
                        .with("result", "refused")
                        .with("suppressed", 5));
    }

    /** A failed authentication does not use the reserve for people, and is recorded or counted nevertheless. */
    @Test
    void refusedCommandsUseNoDiskReserve() throws Exception {
        taken("ann");
        String code = run("console.code", Json.object()).text("code");
        recorder.full = true;
        alerts.clear();
        int before = receipts().size();
        administration.refused(new Peer("mallory"), "kill");
        assertThat(refusal(BOB, "lease.issue", task()).kind()).isEqualTo("not_entitled");
        assertThat(kindOfRefusal("login.code", Json.object().with("code", "guessed")))
                .isEqualTo("not_entitled");
        assertThat(receipts()).hasSize(before);
        assertThat(alerts)
                .hasSize(2)
                .allSatisfy(alert -> assertThat(alert.rule()).isEqualTo(Alert.AlertKind.ADMIN_REFUSED))
                .allSatisfy(alert -> assertThat(alert.receipt()).isEmpty());
        run("login.code", Json.object().with("code", code));
        assertThat(run("kill", Json.object().with("all", true)).flag("recorded"))
                .isTrue();
        assertThat(receipts()).hasSize(before + 2);

        recorder.full = false;
        administration.refused(new Peer("mallory"), "kill");
        assertThat(receipts()).hasSize(before + 3);
        assertThat(receipts().getFirst().whole("suppressed"))
                .as("the try of which there is no receipt")
                .isEqualTo(1);
        clock.pass(Duration.ofMinutes(1));
        administration.tidy();
        administration.tidy();
        assertThat(receipts()).hasSize(before + 5);
        assertThat(receipts().subList(0, 2))
                .extracting(receipt -> receipt.text("peer"))
                .containsExactlyInAnyOrder("bob", "sign-in:");
        assertThat(receipts().subList(0, 2)).allSatisfy(receipt -> {
            assertThat(receipt.text("command")).isEqualTo(AuthFailures.MORE);
            assertThat(receipt.whole("suppressed")).isEqualTo(1);
        });
    }

    @Test
    void anUnknownCommandIsNamedInPrintableText() {
        AdminRefusedException refusal = catchThrowableOfType(
                AdminRefusedException.class, () -> run("shell\u001b[2J" + "x".repeat(100), Json.object()));
        assertThat(refusal.kind()).isEqualTo("unknown_command");
        assertThat(refusal.getMessage()).doesNotContain("\u001b").hasSizeLessThan(80);
    }

    @Test
    void theConsoleRunsOnlyListedCommands() {
        Peer atConsole = new Peer("sam", new Peer.SignInMethod.Passkey("c2Ft"));
        for (String command : List.of(
                "lease.issue",
                "lease.prepare",
                "run.open",
                "run.reattach",
                "run.renew",
                "run.decoys",
                "session.record",
                "seal.adopt",
                "seal.next",
                "passkey.invite",
                "console.code",
                "console.sessions",
                "console.signout",
                "inventory.tokens",
                "no.such.command")) {
            AdminRefusedException refused = catchThrowableOfType(
                    AdminRefusedException.class, () -> administration.run(atConsole, command, Json.object(), _ -> {}));
            assertThat(refused.kind()).as(command).isEqualTo("not_entitled");
        }
    }

    @Test
    void aReceiptNamesTheConsole() throws Exception {
        Peer sam = new Peer("sam", new Peer.SignInMethod.Passkey("c2Ft"));
        administration.run(sam, "kill", Json.object().with("all", true), _ -> {});
        Json.Members receipt = run("receipts", Json.object().with("kind", "admin"))
                .objects("receipts")
                .getFirst();
        assertThat(receipt.text("peer")).isEqualTo("sam");
        assertThat(receipt.text("entrance")).isEqualTo("console");
        assertThat(receipt.text("credential")).isEqualTo("c2Ft");
    }

    /** Another gateway ends one run, then all leases by a kill: here their calls are cut off, and their places shut. */
    @Test
    void whatAnotherGatewayEndsIsCutOffAndShutHere() throws Exception {
        String one = run("run.open", task()).text("lease");
        run("run.open", task());
        Leases other = new Leases(new SqliteLeaseStore(database), clock, new SecureRandom(), passkeys);
        int before = cut.get();

        other.revoke(one, "gone mad");
        endings.changed(LeaseStore.LEASE, Set.of(one));
        assertThat(cut).hasValue(before + 1);
        assertThat(listeners.open).hasSize(1);
        assertThat(leases.notEnded(one)).isEmpty();

        String kill = other.kills()
                .kill(Kill.KillTarget.EVERYTHING, "", "root")
                .kill()
                .id();
        endings.changed(LeaseStore.KILL, Set.of(kill));
        assertThat(cut.get()).isGreaterThan(before + 1);
        assertThat(listeners.open).isEmpty();
        assertThat(leases.current(Optional.of(seal))).isEmpty();

        int after = cut.get();
        endings.changed(LeaseStore.KILL, Set.of(kill));
        endings.changed("another kind", Set.of(one));
        endings.reload();
        assertThat(cut).as("nothing is new").hasValue(after);
    }

    @Test
    void aMachineThatAnotherGatewayEndedIsShutOut() throws Exception {
        Instant now = clock.instant();
        RemoteMachine machine = new RemoteMachine(
                leases.machines().newId(),
                "print",
                LeaseRequest.readOnly("jer/cursor", "look", Set.of("staging")),
                "root",
                now,
                now.plusSeconds(600),
                Optional.empty(),
                Optional.empty());
        leases.machines().add(machine);
        listeners.open.add(machine.id());
        new Leases(new SqliteLeaseStore(database), clock, new SecureRandom(), passkeys)
                .endMachine(machine.id(), "lost");
        endings.changed(LeaseStore.MACHINE, Set.of(machine.id()));
        assertThat(listeners.open).isEmpty();
        assertThat(leases.machines().withCertificate("print")).isEmpty();
    }
}
