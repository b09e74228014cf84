package dev.interlock.seals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.admin.Administration;
import dev.interlock.admin.Peer;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.config.Config;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.policy.Policies;
import dev.interlock.policy.SealFiles;
import dev.interlock.policy.SealStore;
import dev.interlock.policy.SealsInForce;
import dev.interlock.policy.SqliteSealStore;
import dev.interlock.store.Database;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests seals with a real ledger and a real store, either of which may be restored from an old copy. */
final class SealAdopterTest {

    private static final String ORIGIN = "interlock.example/pocketos";

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingKey sealer = TestingKey.software();
    private final TestingKey attester = TestingKey.software();
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private Config config;
    private Ledger ledger;
    private Database database;
    private AuditRecorder records;
    private SealsInForce seals;
    private SealAdopter keeper;
    private String more = "";

    @BeforeEach
    void start() throws IOException {
        config = TestingConfig.in(directory, ORIGIN, sealer);
        Files.createDirectories(config.data());
        ledger = ledger(config);
        database = Database.open(store(), SqliteSealStore.SCHEMAS);
        records = new AuditRecorder(ledger, ORIGIN, clock, alerts::add, _ -> Optional.empty(), SaltedDigests.OPEN);
        seals = seals(config, new SealAnchor(ledger, records));
        keeper = new SealAdopter(seals, config, alerts::add);
        keeper.restore();
    }

    private static Ledger ledger(Config of) throws IOException {
        return Ledger.open(
                LedgerConfig.of(ORIGIN, of.ledger(), of.data().resolve("state"), Optional.empty()), new SecureRandom());
    }

    private SealsInForce seals(Config of, SealAnchor anchor) {
        return new SealsInForce(
                new SqliteSealStore(database),
                new SealsInForce.SealSigners(of.sealSigners().publicKeys(), 1),
                anchor,
                BuiltIn.FACTS,
                new Policies(_ -> ""),
                clock);
    }

    @AfterEach
    void stop() throws IOException {
        database.close();
        ledger.close();
    }

    private void restart() throws IOException {
        stop();
        start();
    }

    private Path store() {
        return config.data().resolve("store.db");
    }

    private Optional<Long> inForce() {
        return seals.current().map(Seal::sequence);
    }

    private Envelope unsigned(long sequence) throws IOException {
        Path source = Files.createDirectories(directory.resolve("policy"));
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "jer",
                sealer.line(),
                "cursor",
                "railway",
                "railway",
                "https://backboard.railway.com",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS).entrySet()) {
            boolean yaml = file.getKey().equals("interlock.yaml");
            Files.writeString(source.resolve(file.getKey()), file.getValue() + (yaml ? more : ""));
        }
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(source, BuiltIn.FACTS);
        return ((PolicyDirectory.LoadResult.SoundDirectory) loaded).directory().toSign(sequence, clock.instant());
    }

    private Envelope sealed(long sequence) throws IOException {
        return sealed(sequence, "");
    }

    /** @param more further parts of `interlock.yaml` */
    private Envelope sealed(long sequence, String more) throws IOException {
        this.more = more;
        Envelope envelope = unsigned(sequence);
        return envelope.signedBy(sealer.sign(SealDocument.NAMESPACE, envelope.pae()));
    }

    /** Returns the kind of the refusal, if it is refused. */
    private String adopt(Envelope envelope) {
        try {
            keeper.adopt(Bytes.of(envelope.write()));
            return "adopted";
        } catch (AdminRefusedException e) {
            return e.kind();
        }
    }

    private List<String> loosened() throws AdminRefusedException {
        return keeper.show(Optional.empty()).loosened();
    }

    @Test
    void anAdoptedSealIsRecordedStoredAndReported() throws IOException {
        assertThat(adopt(sealed(1))).isEqualTo("adopted");
        assertThat(new SealAnchor(ledger, records).highest()).isEqualTo(1);
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.SEAL_CHANGED);
        try (Stream<Path> files = Files.list(config.data().resolve("seals"))) {
            assertThat(files).hasSize(1);
        }
    }

    /** The ledger is asked before anything is adopted. */
    @Test
    void withoutAReceiptNoSealIsAdopted() throws IOException {
        Administration.Recorder full = new Administration.Recorder() {
            @Override
            public String record(Json.Members members) throws LedgerUnavailableException {
                throw new LedgerUnavailableException("no space left on device");
            }

            @Override
            public String recordRefused(Json.Members members) throws LedgerUnavailableException {
                return record(members);
            }
        };
        Administration administration = new Administration(List.of(keeper), seals::current, full, clock, alerts::add);
        String envelope = new String(sealed(1).write(), StandardCharsets.UTF_8);
        assertThatThrownBy(() -> administration.run(
                        new Peer("ann"), "seal.adopt", Json.object().with("envelope", envelope), _ -> {}))
                .isInstanceOfSatisfying(
                        AdminRefusedException.class,
                        refused -> assertThat(refused.kind()).isEqualTo("unavailable"));
        assertThat(inForce()).isEmpty();
    }

    @Test
    void aRestoredStoreBringsBackNoOlderSeal() throws Exception {
        Envelope first = sealed(1);
        adopt(first);
        stop();
        byte[] old = Files.readAllBytes(store());
        start();
        adopt(sealed(2));
        stop();
        Files.write(store(), old);
        SealFiles.put(config, first);

        start();
        assertThat(inForce()).isEmpty();
        assertThat(adopt(first)).isEqualTo("refused");
        assertThat(adopt(sealed(3))).isEqualTo("adopted");
    }

    @Test
    void anUnsignedSealUsesNoSequenceNumber() throws Exception {
        SealFiles.write(config.sealFile(), unsigned(Json.MAX_WHOLE)); // by hand: `put` accepts only signed ones
        restart();
        adopt(unsigned(Json.MAX_WHOLE));
        assertThat(seals.nextSequence()).isEqualTo(1);
        assertThat(adopt(sealed(1))).isEqualTo("adopted");
    }

    @Test
    void aPendingSealIsAdoptedAtTheStart() throws Exception {
        SealFiles.put(config, sealed(4));
        restart();
        assertThat(inForce()).contains(4L);
        assertThat(new SealAnchor(ledger, records).highest()).isEqualTo(4);
        restart();
        assertThat(inForce()).contains(4L);
    }

    /** A seal that is made while the daemon is down must be newer than those that the daemon adopted itself. */
    @Test
    void theNextSealIsNumberedAfterAllThatWereInForce() throws Exception {
        SealFiles.put(config, sealed(1));
        restart();
        adopt(sealed(2));
        long next = SealFiles.nextSequence(config);
        assertThat(next).isEqualTo(3);
        SealFiles.put(config, sealed(next));
        restart();
        assertThat(inForce()).contains(3L);
    }

    /** Somebody sealed while the daemon was down, and believes that the seal is in force. */
    @Test
    void aPendingSealThatIsRejectedIsAnAlarm() throws Exception {
        adopt(sealed(2));
        Envelope late = sealed(1);
        alerts.clear();
        SealFiles.put(config, late);
        restart();
        assertThat(inForce()).contains(2L);
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.SEAL_CHANGED);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.ALARM);
            assertThat(alert.summary()).contains("is not in force: ", "seal 1 is not newer than seal 2", "Seal again");
        });
    }

    @Test
    void withoutALedgerASealDoesNotCount() throws IOException {
        adopt(sealed(1));
        Envelope second = sealed(2);
        ledger.close();
        assertThat(adopt(second)).isEqualTo("refused");
        assertThat(inForce()).contains(1L);
    }

    @Test
    void aMissingSealFileIsWrittenAtTheNextStart() throws IOException {
        adopt(sealed(1));
        Path file = config.data()
                .resolve("seals")
                .resolve(seals.current().orElseThrow().id() + ".json");
        Files.delete(file);
        restart();
        assertThat(file).exists();
    }

    /** It is in force, so people are alerted. Adopting it again, once there is space, opens the vault. */
    @Test
    void anUnwrittenSealFileIsReportedAndFixedByResealing() throws IOException {
        Envelope first = sealed(1);
        Path inTheWay = config.data().resolve("seals");
        Files.deleteIfExists(inTheWay);
        Files.writeString(inTheWay, "in the way, as a full disk is");
        assertThatThrownBy(() -> keeper.adopt(Bytes.of(first.write())))
                .isInstanceOfSatisfying(AdminRefusedException.class, refused -> {
                    assertThat(refused).hasMessageContaining("Seal 1 is in force, but");
                    assertThat(refused.next()).contains("seal the same again");
                });
        assertThat(inForce()).contains(1L);
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.SEAL_CHANGED);

        Files.delete(inTheWay);
        assertThat(adopt(first)).isEqualTo("adopted");
        assertThat(inTheWay.resolve(seals.current().orElseThrow().id() + ".json"))
                .exists();
        assertThat(alerts).hasSize(1);
    }

    @Test
    void theAnchorIsFoundBelowManyRefusals() throws IOException {
        adopt(sealed(1));
        for (int i = 0; i < 7; i++) {
            clock.pass(Duration.ofSeconds(1));
            records.recordAdministration(Json.object().with("command", "kill").with("result", "refused"));
        }
        assertThat(new SealAnchor(ledger, records, 2).highest()).isEqualTo(1);
    }

    @Test
    void anAnchorIsFoundThoughTheClockWasSetBack() throws IOException {
        adopt(sealed(1));
        clock.set(clock.instant().minus(Duration.ofHours(1)));
        for (int i = 0; i < 7; i++) {
            clock.pass(Duration.ofSeconds(1));
            records.recordAdministration(Json.object().with("command", "kill").with("result", "refused"));
        }
        assertThat(new SealAnchor(ledger, records, 2).highest()).isEqualTo(1);
    }

    @Test
    void theSameSealIsNotReportedAgain() throws Exception {
        Envelope first = sealed(1);
        adopt(first);
        assertThat(adopt(first)).isEqualTo("adopted");
        SealFiles.put(config, first);
        restart();
        assertThat(alerts).hasSize(1);
    }

    private String plans(String targets) {
        return """

            backups:
              attesters: ["%s"]
              plans:
                shop-db: {of: "railway:volume/v1", domain: "hetzner:box/u1", targets: {%s}}
            """.formatted(attester.line(), targets);
    }

    @Test
    void weakerBackupRequirementsAreAnAlarm() throws Exception {
        adopt(sealed(1, plans("point: 24h")));
        adopt(sealed(2, plans("point: 12h")));
        assertThat(alerts).extracting(Alert::severity).containsOnly(Alert.Severity.WARNING);
        assertThat(loosened()).isEmpty();

        adopt(sealed(3, plans("point: 168h")));
        String told = "the backups of plan `shop-db` may be 7d and not 12h old";
        assertThat(alerts.getLast().severity()).isEqualTo(Alert.Severity.ALARM);
        assertThat(alerts.getLast().facts()).containsEntry("loosened", told);
        assertThat(loosened()).containsExactly(told);

        adopt(sealed(4));
        assertThat(alerts.getLast().summary()).contains("backup requirements are weaker");
        assertThat(loosened())
                .containsExactly("plan `shop-db` is removed: no plan saves `railway:volume/v1` in its place");
    }

    /** Seals expire at night: a weaker one that is adopted in a hurry raises the alarm nevertheless. */
    @Test
    void weakerRequirementsThanAnExpiredSealsAreAnAlarm() throws IOException {
        adopt(sealed(1, plans("point: 12h")));
        clock.pass(Duration.ofDays(365));
        assertThat(inForce()).isEmpty();
        adopt(sealed(2, plans("point: 168h")));
        assertThat(alerts.getLast().severity()).isEqualTo(Alert.Severity.ALARM);
        assertThat(alerts.getLast().facts()).containsKey("loosened");
    }

    /** A weaker seal takes as many signatures as any seal. Without the pinned keys nothing changes. */
    @Test
    void anUnsignedWeakerSealChangesNothing() throws IOException {
        adopt(sealed(1, plans("point: 24h")));
        more = plans("point: 168h");
        assertThat(adopt(unsigned(2))).isEqualTo("refused");
        Envelope stranger = unsigned(2);
        assertThat(adopt(stranger.signedBy(TestingKey.software().sign(SealDocument.NAMESPACE, stranger.pae()))))
                .isEqualTo("refused");
        assertThat(inForce()).contains(1L);
        assertThat(alerts).hasSize(1);
    }

    // Another gateway over the same store.

    /** A gateway with a directory, a ledger and pins of its own. */
    private final class Other implements AutoCloseable {
        final Config config;
        final Ledger ledger;
        final AuditRecorder records;
        final SealsInForce seals;
        final SealAdopter keeper;
        final List<Alert> told = new CopyOnWriteArrayList<>();

        Other(TestingKey pinned) throws IOException {
            config = TestingConfig.in(Files.createDirectories(directory.resolve("b")), ORIGIN, pinned);
            Files.createDirectories(config.data());
            ledger = ledger(config);
            records = new AuditRecorder(ledger, ORIGIN, clock, told::add, _ -> Optional.empty(), SaltedDigests.OPEN);
            seals = seals(config, new SealAnchor(ledger, records));
            keeper = new SealAdopter(seals, config, told::add);
        }

        void follow() {
            keeper.changed(SealStore.SEAL, Set.of("any"));
        }

        @Override
        public void close() throws IOException {
            ledger.close();
        }
    }

    @Test
    void aSealOfAnotherGatewayIsInForceOnRecordOnDiskAndReported() throws Exception {
        try (Other other = new Other(sealer)) {
            adopt(sealed(1));
            other.keeper.changed("lease", Set.of("L-1"));
            assertThat(other.seals.current()).isEmpty();
            other.follow();
            String id = seals.current().orElseThrow().id();
            assertThat(other.seals.current()).map(Seal::id).contains(id);
            assertThat(new SealAnchor(other.ledger, other.records).highest()).isEqualTo(1);
            assertThat(other.config.adoptedSeals().resolve(id + ".json")).exists();
            assertThat(other.told).extracting(Alert::rule).containsExactly(Alert.AlertKind.SEAL_CHANGED);

            // Without the file no credential is opened; a full disk may have prevented it.
            Files.delete(other.config.adoptedSeals().resolve(id + ".json"));
            other.keeper.reload();
            assertThat(other.config.adoptedSeals().resolve(id + ".json")).exists();
            assertThat(other.told).hasSize(1);
        }
    }

    @Test
    void aSealThatIsNotUnderstoodEndsServiceAndSaysWhy() throws Exception {
        try (Other other = new Other(attester)) {
            adopt(sealed(1));
            other.follow();
            assertThat(other.seals.current()).isEmpty();
            assertThat(other.told).singleElement().satisfies(alert -> {
                assertThat(alert.severity()).isEqualTo(Alert.Severity.ALARM);
                assertThat(alert.summary()).contains("serves nothing", "`seal-signers` in gateway.yaml");
            });
        }
    }

    @Test
    void aSealThatCannotBeRecordedIsTriedAgain() throws Exception {
        Other other = new Other(sealer);
        adopt(sealed(1));
        other.follow();
        adopt(sealed(2));
        other.close();
        assertThatThrownBy(other::follow).isInstanceOf(StoreUnavailableException.class);
        assertThat(other.seals.current()).as("not the older one").isEmpty();
        try (Other again = new Other(sealer)) {
            again.keeper.reload();
            assertThat(again.seals.current()).map(Seal::sequence).contains(2L);
        }
    }
}
