package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.action.Alert;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.backup.AttestationRegistry;
import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldReadiness;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.console.Sessions;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.identity.Identity;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.identity.LeaseElevation;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingPasskey;
import dev.interlock.testing.TestingWorld;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests people's passkeys at the administrative socket, over a real store and a real ledger. */
final class PasskeyCommandsTest {

    private static final String LOG = "interlock.example/pocketos";
    private static final String ORIGIN = "http://localhost:7412";
    private static final Peer ROOT = new Peer("root");
    private static final Peer ANN = new Peer("ann");
    private static final Peer ANN_AT_CONSOLE = new Peer("ann", new Peer.SignInMethod.Passkey("YW5u"));
    private static final Resource VOLUME = Resource.parse("railway:volume/v1");

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingWorld world = new TestingWorld();
    private final Seal seal = world.seal().with(parts -> {
        parts.passkeys = new Seal.PasskeyRules(true, Optional.of(new Obligations.Quorum(2, "owners")));
        parts.backups = new TestingAttester(VOLUME).plans();
        parts.tasks = Map.of(
                "deploy",
                new Seal.TaskTemplate(
                        "deploy",
                        Set.of("production"),
                        Set.of(Impact.READ),
                        Set.of("jer/cursor"),
                        Duration.ofHours(1)));
    });
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private final TestingPasskey anns = TestingPasskey.at(ORIGIN);
    private Ledger ledger;
    private Database database;
    private Passkeys passkeys;
    private Leases leases;
    private Confirmations confirmations;
    private Administration administration;

    @BeforeEach
    void start() throws IOException {
        SecureRandom random = new SecureRandom();
        ledger = Ledger.open(
                LedgerConfig.of(LOG, directory.resolve("ledger"), directory.resolve("state"), Optional.empty()),
                random);
        List<Schema> schemas = new ArrayList<>(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqliteHoldStore.SCHEMAS);
        schemas.addAll(SqlitePasskeyStore.SCHEMAS);
        database = Database.open(directory.resolve("store.db"), schemas);
        passkeys = new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at(ORIGIN), clock, random);
        leases = new Leases(new SqliteLeaseStore(database), clock, random, passkeys);
        confirmations = new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, random, passkeys);
        HoldSigning confirmers = confirmations.confirmers(_ -> true);
        AuditRecorder records = new AuditRecorder(ledger, LOG, clock, alerts::add, leases::at, SaltedDigests.OPEN);
        SignatureReader signatures = new SignatureReader(passkeys, leases.kills()::isKilled, alerts::add);
        LeaseCommands endings = new LeaseCommands(
                leases,
                new AdministrationTest.FakeListeners(),
                signatures,
                new ServiceRules(Set.of()),
                () -> 0,
                alerts::add);
        ElevationCommands elevations =
                new ElevationCommands(confirmations, confirmers, leases, new AdministrationTest.NoElevations());
        RehearsalRegistry rehearsals = RehearsalRegistry.open(
                directory.resolve("rehearsals"),
                (under, statement, signature) -> leases.signatures()
                        .verify(under, Rehearsal.NAMESPACE, statement, signature)
                        .person()
                        .name());
        BackupCommands backups = new BackupCommands(
                AttestationRegistry.open(directory.resolve("attestations")),
                rehearsals,
                (under, _) -> Json.object()
                        .withTexts(
                                "practised_by",
                                rehearsals.rehearsals(under, TestingAttester.PLAN).stream()
                                        .map(said -> said.text("by"))
                                        .toList()),
                signatures,
                clock,
                alerts::add);
        administration = new Administration(
                List.of(
                        endings,
                        new KillCommands(endings),
                        new HoldCommands(
                                confirmers, signatures, _ -> true, elevations, (_, _) -> Optional.empty(), alerts::add),
                        new PasskeyCommands(passkeys, signatures, Set.of("root"), alerts::add),
                        new SigningCommands(passkeys, confirmers, backups),
                        backups,
                        new Sessions(URI.create(ORIGIN), () -> {}, clock, random, _ -> true)),
                () -> Optional.of(seal),
                Administration.Recorder.of(records),
                clock,
                alerts::add);
    }

    @AfterEach
    void close() throws IOException {
        database.close();
        ledger.close();
    }

    private Json.Members run(Peer peer, String command, Json.Members arguments) throws AdminRefusedException {
        List<Json.Members> results = new ArrayList<>();
        administration.run(peer, command, arguments, results::add);
        assertThat(results).hasSize(1);
        return results.getFirst();
    }

    private Json.Members run(String command, Json.Members arguments) throws AdminRefusedException {
        return run(ANN, command, arguments);
    }

    private String reason(String command, Json.Members arguments) {
        return String.valueOf(catchThrowableOfType(AdminRefusedException.class, () -> run(command, arguments))
                .getMessage());
    }

    private List<Json.Members> receipts(String command) throws IOException {
        ReceiptQuery all = ReceiptQuery.newest(ReceiptQuery.MAX_LIMIT).only(Receipt.Kind.ADMIN);
        return ledger.search(all).stream()
                .map(Receipt::members)
                .filter(members -> members.text("command").equals(command))
                .toList();
    }

    private static Json.Members person(String name) {
        return Json.object().with("person", name);
    }

    /** Enrols {@code with} for {@code name} by a code; returns the key's name. */
    private String enrol(String name, TestingPasskey with) throws AdminRefusedException {
        String code = run(ROOT, "passkey.invite", person(name)).text("code");
        Json.Members begun = run("passkey.register", person(name).with("code", code));
        return run(
                        "passkey.register.finish",
                        Json.object()
                                .with("enrolment", begun.text("enrolment"))
                                .with("credential", with.create(begun.object("options")))
                                .with("code", code))
                .object("key")
                .text("id");
    }

    private Json.Members waiting(String name, TestingPasskey with) throws AdminRefusedException {
        Json.Members begun = run("passkey.register", person(name));
        return run(
                "passkey.register.finish",
                Json.object()
                        .with("enrolment", begun.text("enrolment"))
                        .with("credential", with.create(begun.object("options")).canonicalText()));
    }

    /** A passkey for another person would be pending beside theirs, and could be certified by mistake. */
    @Test
    void peopleCreateTheirPasskeysAtTheConsole() throws AdminRefusedException {
        Peer jer = new Peer("jer", new Peer.SignInMethod.Passkey("c2Ft"));
        assertThat(catchThrowableOfType(AdminRefusedException.class, () -> run(jer, "passkey.register", person("ann")))
                        .kind())
                .isEqualTo("not_entitled");
        assertThat(run(jer, "passkey.register", person("jer")).text("enrolment"))
                .isNotEmpty();
    }

    private String made(Peer by, String name) throws AdminRefusedException {
        Json.Members begun = run(by, "passkey.register", person(name));
        return run(
                        by,
                        "passkey.register.finish",
                        Json.object()
                                .with("enrolment", begun.text("enrolment"))
                                .with("credential", TestingPasskey.at(ORIGIN).create(begun.object("options"))))
                .object("key")
                .text("id");
    }

    private List<String> waiting() throws AdminRefusedException {
        return run("passkey.list", Json.object()).objects("keys").stream()
                .filter(key -> key.text("state").equals("waiting"))
                .map(key -> key.text("id"))
                .toList();
    }

    /** This covers a user of the machine with her name, and somebody with her account at the provider. */
    @Test
    void passkeysCreatedInAPersonsNameDoNotBlockTheirs() throws Exception {
        Peer herself = new Peer("ann", new Peer.SignInMethod.Passkey("c2Ft"));
        List<Peer> others = List.of(
                new Peer("ann"),
                new Peer("deploy"),
                new Peer("deploy", new Peer.SignInMethod.OneTimeCode()),
                new Peer("ann", new Peer.SignInMethod.OpenIdProvider("https://id.example", "00u")));
        String own = made(herself, "ann");
        for (Peer other : others) {
            String first = made(other, "ann");
            for (int i = 0; i < 8; i++) {
                clock.pass(Duration.ofSeconds(1));
                made(other, "ann");
            }
            assertThat(waiting()).contains(own).doesNotContain(first);
        }
        String next = made(herself, "ann");
        assertThat(waiting()).contains(own, next).hasSize(2 + 3 * 4); // a user counts once, by code and at the socket
        assertThat(receipts("passkey.register.finish").getFirst().optionalText("instead_of"))
                .isEmpty();
        assertThat(receipts("passkey.register.finish").stream()
                        .flatMap(receipt -> receipt.optionalText("instead_of").stream()))
                .as("what was forgotten for another is on record")
                .hasSize(4 * 9 - 3 * 4)
                .doesNotHaveDuplicates();
    }

    private static Obligations owners(int count) {
        return new Obligations(
                Set.of(new Obligations.Quorum(count, "owners")),
                Duration.ZERO,
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false);
    }

    private Verdict.Hold verdict(int count) {
        return new Verdict.Hold(new VerdictReasons(seal.id(), List.of("p1")), owners(count));
    }

    private static final ResolvedAttempt DELETION = TestingWorld.deletion("vol_1", "staging");

    private String hold(ResolvedAttempt sensed, int count) {
        return ((Confirmations.ParkResult.ParkedAttempt) confirmations.open(seal, sensed, verdict(count)))
                .ticket()
                .id();
    }

    private Json.Members signed(String hold, String name, TestingPasskey with) throws AdminRefusedException {
        Json.Members options = run("sign.options", person(name).with("hold", hold));
        return Json.object().with("hold", hold).with("signature", with.get(options.object("options")));
    }

    private Json.Members signed(String hold, TestingKey with) throws AdminRefusedException {
        String statement = run("hold.show", Json.object().with("hold", hold)).text("statement");
        return Json.object()
                .with("hold", hold)
                .with("signature", with.sign(Statement.NAMESPACE, statement.getBytes(StandardCharsets.UTF_8)));
    }

    private void revoke(String key) throws AdminRefusedException {
        run("passkey.revoke", Json.object().with("key", key).with("reason", "lost"));
    }

    // Enrolling.

    @Test
    void onlyRootAndTheGatewaysUserIssueCodes() throws Exception {
        assertThat(reason("passkey.invite", person("ann"))).contains("agents may run as `ann`");
        assertThat(receipts("passkey.invite")).isEmpty();
        Json.Members invited = run(ROOT, "passkey.invite", person("ann"));
        assertThat(invited.text("code")).hasSize(27);
        assertThat(receipts("passkey.invite")).hasSize(1).allSatisfy(receipt -> {
            assertThat(receipt.text("person")).isEqualTo("ann");
            assertThat(receipt.canonicalText()).doesNotContain(invited.text("code"));
        });
    }

    @Test
    void enrolmentByCodeIsRecorded() throws Exception {
        String key = enrol("ann", anns);
        Json.Members listed = run("passkey.list", Json.object()).objects("keys").getFirst();
        assertThat(listed.text("id")).isEqualTo(key);
        assertThat(listed.text("state")).isEqualTo("good");
        assertThat(listed.text("class")).isEqualTo("hardware");
        assertThat(listed.text("basis")).isEqualTo("code");
        assertThat(receipts("passkey.register.finish").getFirst().text("result"))
                .isEqualTo("good");
        assertThat(receipts("passkey.register.finish").getFirst().text("passkey"))
                .isEqualTo(key);
    }

    @Test
    void withoutACodeAnotherPersonEndorses() throws Exception {
        Json.Members made = waiting("ann", anns);
        String key = made.object("key").text("id");
        assertThat(made.object("key").text("state")).isEqualTo("waiting");
        assertThat(made.text("words")).contains("-");
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.PASSKEY_WAITING);
            assertThat(alert.facts()).containsEntry("person", "ann").containsEntry("words", made.text("words"));
        });
        byte[] statement = made.text("statement").getBytes(StandardCharsets.UTF_8);
        Json.Members bobs =
                Json.object().with("key", key).with("signature", world.bob.sign(KeyStatement.NAMESPACE, statement));
        assertThat(run("passkey.endorse", bobs).object("key").text("state")).isEqualTo("waiting");
        Json.Members own =
                Json.object().with("key", key).with("signature", world.ann.sign(KeyStatement.NAMESPACE, statement));
        assertThat(run("passkey.endorse", own).object("key").text("state")).isEqualTo("good");
        assertThat(receipts("passkey.endorse"))
                .extracting(receipt -> receipt.text("signer") + " " + receipt.flag("complete"))
                .containsExactly("ann true", "bob false");
    }

    @Test
    void aRejectedEndorsementIsRecorded() throws Exception {
        String key = waiting("ann", anns).object("key").text("id");
        Json.Members stranger = Json.object()
                .with("key", key)
                .with("signature", TestingKey.hardware().sign(KeyStatement.NAMESPACE, new byte[] {1}));
        assertThat(reason("passkey.endorse", stranger)).contains("does not count");
        assertThat(receipts("passkey.endorse").getFirst().text("result")).isEqualTo("rejected");
    }

    @Test
    void killedPeopleDoNotEndorseOrSignIn() throws Exception {
        enrol("ann", anns);
        TestingPasskey second = TestingPasskey.at(ORIGIN);
        Json.Members made = waiting("ann", second);
        run("kill", person("ann"));
        byte[] statement = made.text("statement").getBytes(StandardCharsets.UTF_8);
        assertThat(reason(
                        "passkey.endorse",
                        Json.object()
                                .with("key", made.object("key").text("id"))
                                .with("signature", world.ann.sign(KeyStatement.NAMESPACE, statement))))
                .contains("stopped by a kill");
        Json.Members login = run("login.options", Json.object());
        assertThat(reason(
                        "login.finish",
                        Json.object()
                                .with("login", login.text("login"))
                                .with("assertion", anns.get(login.object("options")))))
                .contains("stopped by a kill");
    }

    // Signing.

    @Test
    void aPasskeySignatureReleasesAHold() throws Exception {
        String key = enrol("ann", anns);
        String hold = hold(DELETION, 1);
        Json.Members result = run("hold.sign", signed(hold, "ann", anns));
        assertThat(result.text("person")).isEqualTo("ann");
        assertThat(result.text("key_class")).isEqualTo("hardware");
        assertThat(receipts("hold.sign").getFirst().text("key")).isEqualTo(key);
        Confirmation confirmation = ready(DELETION, 1);
        assertThat(confirmations.consume(confirmation, "R-1")).isPresent();
    }

    private Confirmation ready(ResolvedAttempt sensed, int count) {
        return ((HoldReadiness.ReadyHold) confirmations.ready(seal, sensed, verdict(count), Optional.empty()))
                .confirmation();
    }

    @Test
    void optionsAreForOneStatementAndNoOther() throws Exception {
        enrol("ann", anns);
        String one = hold(DELETION, 1);
        String two = hold(TestingWorld.deletion("vol_2", "staging"), 1);
        Json.Members forTwo = signed(one, "ann", anns).with("hold", two);
        assertThat(reason("hold.sign", forTwo)).contains("does not cover the message that was to be signed");
        assertThat(receipts("hold.sign").getFirst().text("result")).isEqualTo("rejected");
        for (String statement : List.of("{}", "{\"type\":\"interlock-login@v1\"}", "{\"type\":\"interlock-key@v1\"}")) {
            assertThatThrownBy(() -> run("sign.options", person("ann").with("statement", statement)))
                    .isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> run("sign.options", person("ann"))).isInstanceOf(MalformedException.class);
    }

    @Test
    void aReplayedSignatureIsAnAlarm() throws Exception {
        enrol("ann", anns);
        Json.Members signature = signed(hold(DELETION, 2), "ann", anns);
        run("hold.sign", signature);
        assertThat(reason("hold.sign", signature)).contains("counter went backwards");
        assertThat(alerts).extracting(Alert::rule).contains(Alert.AlertKind.PASSKEY_COPIED);
    }

    @Test
    void onePersonWithAPasskeyAndAnSshKeyIsOnePerson() throws Exception {
        enrol("ann", anns);
        String hold = hold(DELETION, 2);
        run("hold.sign", signed(hold, "ann", anns));
        assertThat(reason("hold.sign", signed(hold, world.ann))).contains("each person counts once");
    }

    @Test
    void aConfirmationThatNoReceiptCouldCarryIsRefusedWhenSigning() throws Exception {
        enrol("ann", anns);
        TestingPasskey second = TestingPasskey.at(ORIGIN);
        TestingPasskey third = TestingPasskey.at(ORIGIN);
        vouch(waiting("ann", second), anns);
        vouch(waiting("ann", third), second);
        TestingPasskey bobs = TestingPasskey.at(ORIGIN);
        enrol("bob", bobs);
        ResolvedAttempt large = largest();
        String hold = hold(large, 2);
        run("hold.sign", signed(hold, "ann", third));
        assertThat(reason("hold.sign", signed(hold, "bob", bobs))).contains("too long for a receipt");
        assertThat(run("hold.show", Json.object().with("hold", hold)).texts("signers"))
                .containsExactly("ann");
    }

    /** Returns a deletion whose statement is nearly as long as a statement may be. */
    private ResolvedAttempt largest() {
        for (int length = 8000; length > 0; length -= 20) {
            ResolvedAttempt sensed = TestingWorld.deletion("v".repeat(length), "staging");
            if (confirmations.open(seal, sensed, verdict(2)) instanceof Confirmations.ParkResult.ParkedAttempt) {
                return sensed;
            }
        }
        throw new AssertionError("nothing is asked at all");
    }

    private void vouch(Json.Members made, TestingPasskey by) throws AdminRefusedException {
        String key = made.object("key").text("id");
        Json.Members options = run("sign.options", person("ann").with("key", key));
        Json.Members vouched = run(
                "passkey.endorse",
                Json.object()
                        .with("key", key)
                        .with("signature", by.get(options.object("options")).canonicalText()));
        assertThat(vouched.object("key").text("state")).isEqualTo("good");
    }

    // Revoking.

    @Test
    void aRevocationIsRecordedAndReported() throws Exception {
        String key = enrol("ann", anns);
        Json.Members revoked =
                run("passkey.revoke", Json.object().with("key", key).with("reason", "lost"));
        assertThat(revoked.flag("recorded")).isTrue();
        assertThat(receipts("passkey.revoke").getFirst().text("passkey")).isEqualTo(key);
        Json.Members listed = run("passkey.list", Json.object()).objects("keys").getFirst();
        assertThat(listed.text("state")).isEqualTo("revoked");
        assertThat(listed.text("reason")).isEqualTo("lost");
        assertThat(reason("passkey.revoke", Json.object().with("key", key).with("reason", "again")))
                .contains("no passkey with that name");
    }

    /** Otherwise a thief of a session could revoke all passkeys, one by one, and nobody would be notified. */
    @Test
    void aRevocationWithALongReasonIsRecordedAndReported() throws Exception {
        String key = enrol("ann", anns);
        alerts.clear();
        Json.Members revoked =
                run("passkey.revoke", Json.object().with("key", key).with("reason", "a".repeat(20_000)));
        assertThat(revoked.flag("recorded")).isTrue();
        assertThat(receipts("passkey.revoke").getFirst().text("passkey")).isEqualTo(key);
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.PASSKEY_REVOKED);
            assertThat(alert.facts()).containsEntry("passkey", key).containsEntry("person", "ann");
        });
    }

    @Test
    void aKeyThatIsRevokedBeforeTheQuorumDoesNotCount() throws Exception {
        String key = enrol("ann", anns);
        String hold = hold(DELETION, 2);
        run("hold.sign", signed(hold, "ann", anns));
        revoke(key);
        assertThat(run("hold.show", Json.object().with("hold", hold)).texts("signers"))
                .isEmpty();
        assertThat(run("hold.sign", signed(hold, world.bob)).texts("missing"))
                .containsExactly("2 of owners must sign, and 1 did");
        // The person who signed with it may sign with another one.
        assertThat(run("hold.sign", signed(hold, world.ann)).texts("missing")).isEmpty();
        assertThat(ready(DELETION, 2).signatures()).hasSize(2).noneMatch(text -> text.startsWith("{"));
    }

    @Test
    void aKeyThatIsRevokedAfterTheQuorumReleasesNothing() throws Exception {
        String key = enrol("ann", anns);
        run("hold.sign", signed(hold(DELETION, 1), "ann", anns));
        revoke(key);
        assertThat(confirmations.ready(seal, DELETION, verdict(1), Optional.empty()))
                .isInstanceOf(HoldReadiness.VoidedHold.class);
    }

    @Test
    void aKeyThatIsRevokedBetweenIntentAndUseReleasesNothing() throws Exception {
        String key = enrol("ann", anns);
        String hold = hold(DELETION, 1);
        run("hold.sign", signed(hold, "ann", anns));
        Confirmation confirmation = ready(DELETION, 1);
        revoke(key);
        assertThat(confirmations.consume(confirmation, "R-1")).isEmpty();
    }

    /** This covers a caller that bypasses the socket's own check of passkeys. */
    @Test
    void noCommandAcceptsARevokedOrUnenrolledPasskey() throws Exception {
        String key = enrol("ann", anns);
        Json.Members kept =
                passkeys.find(key).orElseThrow().enrolment().orElseThrow().json();
        revoke(key);
        TestingPasskey stranger = TestingPasskey.at(ORIGIN);
        Json.Members claimed =
                stranger.statement("ann").json().with("basis", Json.object().with("by", "code"));
        String hold = hold(DELETION, 1);
        byte[] statement = run("hold.show", Json.object().with("hold", hold))
                .text("statement")
                .getBytes(StandardCharsets.UTF_8);
        for (String text : List.of(anns.sign(statement, kept), stranger.sign(statement, claimed))) {
            HoldSigning.SignatureResult signing =
                    confirmations.confirmers(_ -> true).sign(seal, hold, text, Optional.empty(), _ -> {});
            assertThat(signing)
                    .isInstanceOfSatisfying(
                            HoldSigning.SignatureResult.RejectedSignature.class,
                            rejected -> assertThat(rejected.reason()).contains("not enrolled or was revoked"));
            assertThatThrownBy(() -> leases.signatures().verify(seal, Statement.NAMESPACE, statement, text))
                    .hasMessageContaining("not enrolled, or was revoked");
        }
    }

    private Confirmations.SignedElevation signedByAnn(String key) throws Exception {
        Lease lease = TestingWorld.lease("L-1");
        Elevation more =
                new Elevation(Set.of("production"), Set.of(Impact.CREDENTIAL), Set.of(), Duration.ofMinutes(9));
        var asked = (Confirmations.ParkResult.ParkedAttempt) confirmations.askFor(seal, lease, more, "to look", false);
        run("hold.sign", signed(asked.ticket().id(), "ann", anns));
        Confirmations.SignedElevation given =
                confirmations.grant(seal, _ -> false).getFirst();
        assertThat(given.used().signers())
                .containsExactly(new Confirmation.ConfirmationSigner("ann", KeyClass.HARDWARE, key, ""));
        return given;
    }

    @Test
    void anElevationEndsWithAKeyThatSignedIt() throws Exception {
        String key = enrol("ann", anns);
        Confirmations.SignedElevation given = signedByAnn(key);
        Identity identity = new Identity(
                leases,
                KeyedFingerprints.open(directory.resolve("fingerprint.key"), new SecureRandom()),
                new Identity.KnownSecrets(_ -> Optional.empty(), (_, _) -> Optional.empty()),
                () -> Optional.of(seal));
        leases.widenings()
                .add(new LeaseElevation(
                        given.used().hold(),
                        given.lease(),
                        seal.id(),
                        given.elevation(),
                        given.until(),
                        given.until(),
                        List.of(new LeaseElevation.ElevationSigner("ann", key))));
        Lease lease = TestingWorld.lease("L-1");
        assertThat(identity.widenings(lease, seal, clock.instant())).hasSize(1);
        assertThat(identity.isWithdrawn(given.used().hold(), seal)).isFalse();
        revoke(key);
        assertThat(identity.widenings(lease, seal, clock.instant())).isEmpty();
        assertThat(identity.isWithdrawn(given.used().hold(), seal)).isTrue();
    }

    /** An effect that a crash prevented is not completed with a revoked key. */
    @Test
    void anElevationThatWasUsedUpIsNotGivenByARevokedKey() throws Exception {
        String key = enrol("ann", anns);
        Confirmations.SignedElevation given = signedByAnn(key);
        assertThat(confirmations.used(seal)).containsExactly(given);
        revoke(key);
        assertThat(confirmations.used(seal)).isEmpty();
    }

    @Test
    void elevationsOfARevokedKeyAreSuspended() throws Exception {
        String key = enrol("jer", anns);
        Json.Members asked = Json.object().with("task", "deploy").with("agent", "jer/cursor");
        String statement = run("lease.prepare", asked).text("statement");
        Json.Members options = run("sign.options", person("jer").with("statement", statement));
        run(
                "lease.issue",
                Json.object().with("statement", statement).with("signature", anns.get(options.object("options"))));
        assertThat(leaseState()).isEqualTo("in force");
        revoke(key);
        assertThat(leaseState()).isEqualTo("suspended");
    }

    private String leaseState() throws AdminRefusedException {
        return run("lease.list", Json.object()).objects("leases").getFirst().text("state");
    }

    @Test
    void aPasskeyLiftsAKill() throws Exception {
        enrol("ann", anns);
        run("kill", Json.object().with("agent", "jer/cursor"));
        String kill =
                run("kill.list", Json.object()).objects("kills").getFirst().text("kill");
        String statement = run("kill.prepare", Json.object().with("kill", kill)).text("statement");
        Json.Members options = run("sign.options", person("ann").with("statement", statement));
        run(
                "kill.lift",
                Json.object().with("statement", statement).with("signature", anns.get(options.object("options"))));
        assertThat(run("kill.list", Json.object()).objects("kills")).isEmpty();
    }

    // Signing in.

    @Test
    void aPersonSignsInWithAPasskey() throws Exception {
        String key = enrol("ann", anns);
        Json.Members login = run("login.options", Json.object());
        Json.Members finish =
                Json.object().with("login", login.text("login")).with("assertion", anns.get(login.object("options")));
        Json.Members in = run("login.finish", finish);
        assertThat(in.text("person")).isEqualTo("ann");
        assertThat(in.text("key")).isEqualTo(key);
        assertThat(reason("login.finish", finish)).contains("time to sign in");
        assertThat(receipts("login.finish"))
                .extracting(receipt -> receipt.text("result"))
                .containsExactly("rejected", "accepted");
    }

    @Test
    void aRevokedKeyDoesNotSignIn() throws Exception {
        revoke(enrol("ann", anns));
        Json.Members login = run("login.options", Json.object());
        assertThat(reason(
                        "login.finish",
                        Json.object()
                                .with("login", login.text("login"))
                                .with("assertion", anns.get(login.object("options")))))
                .contains("revoked");
    }

    // Rehearsals.

    /** Hands in a rehearsal by root's program, for a person whose only key is a passkey. */
    private String practised(String backup) throws AdminRefusedException {
        Json.Members said = new Rehearsal(
                        TestingAttester.PLAN,
                        VOLUME,
                        backup,
                        clock.instant(),
                        List.of(new Rehearsal.RehearsalStep(
                                "restoring", Rehearsal.StepResult.DONE, Duration.ofSeconds(240))),
                        List.of())
                .json();
        return run(ROOT, "backup.rehearsal.unsigned", Json.object().with("rehearsal", said))
                .text("unsigned");
    }

    private Json.Members asked(String unsigned) throws AdminRefusedException {
        return run(ANN_AT_CONSOLE, "sign.options", person("ann").with("unsigned", unsigned));
    }

    private Json.Members touched(String unsigned, Json.Members asked) {
        return Json.object().with("unsigned", unsigned).with("signature", anns.get(asked.object("options")));
    }

    private List<String> practisedBy() throws AdminRefusedException {
        return run(ANN_AT_CONSOLE, "backup.status", Json.object()).texts("practised_by");
    }

    @Test
    void aRehearsalIsSignedWithAPasskeyAtTheConsole() throws Exception {
        String key = enrol("ann", anns);
        String unsigned = practised("b1");
        Json.Members shown = run(ANN_AT_CONSOLE, "backup.status", Json.object())
                .objects("unsigned")
                .getFirst();
        Json.Members asked = asked(unsigned);
        assertThat(asked.text("words")).isEqualTo(shown.text("words"));
        assertThat(asked.text("statement")).contains("interlock-rehearsal@v1", "\"backup\":\"b1\"");
        Json.Members done = run(ANN_AT_CONSOLE, "backup.rehearsal", touched(unsigned, asked));
        assertThat(done.text("person")).isEqualTo("ann");
        assertThat(practisedBy()).containsExactly("ann");
        Json.Members receipt = receipts("backup.rehearsal").getFirst();
        assertThat(receipt.text("signature")).startsWith("{").contains("\"enrolment\"");
        assertThat(receipt.object("rehearsal").canonicalText()).isEqualTo(asked.text("statement"));

        revoke(key);
        assertThat(practisedBy())
                .as("a passkey that was revoked says nothing any more")
                .isEmpty();
    }

    /** A touch is for one thing. It signs neither another rehearsal nor a hold, and counts once. */
    @Test
    void anAssertionForAnotherPurposeSignsNoRehearsal() throws Exception {
        enrol("ann", anns);
        String first = practised("b1");
        clock.pass(Duration.ofSeconds(1));
        String second = practised("b2");
        assertThat(reason("backup.rehearsal", touched(second, asked(first)))).contains("does not count");
        Json.Members hold = run("sign.options", person("ann").with("hold", hold(DELETION, 1)));
        assertThat(reason("backup.rehearsal", touched(second, hold))).contains("does not count");
        assertThat(receipts("backup.rehearsal"))
                .extracting(receipt -> receipt.text("result") + " " + receipt.text("unsigned"))
                .containsExactly("rejected " + second, "rejected " + second);
        assertThat(practisedBy()).isEmpty();

        Json.Members good = touched(second, asked(second));
        run(ANN_AT_CONSOLE, "backup.rehearsal", good);
        assertThat(reason("backup.rehearsal", good)).contains("No rehearsal with that name waits");
        assertThat(reason("sign.options", person("ann").with("unsigned", first)))
                .as("a younger one is signed")
                .contains("No rehearsal with that name waits");
    }

    @Test
    void revokedKeysAndKilledPeopleSignNoRehearsal() throws Exception {
        String key = enrol("ann", anns);
        String unsigned = practised("b1");
        Json.Members asked = asked(unsigned);
        String kill = run("kill", Json.object().with("person", "ann")).text("kill");
        assertThat(kill).isNotEmpty();
        assertThat(reason("backup.rehearsal", touched(unsigned, asked))).contains("is stopped by a kill");
        revoke(key);
        assertThat(reason("backup.rehearsal", touched(unsigned, asked))).contains("was revoked");
        assertThat(practisedBy()).isEmpty();
    }

    /** The signer attests something about themselves. The text to sign does not come from a page. */
    @Test
    void theConsoleAcceptsNoRehearsals() throws Exception {
        assertThat(catchThrowableOfType(
                                AdminRefusedException.class,
                                () -> run(ANN_AT_CONSOLE, "backup.rehearsal.unsigned", Json.object()))
                        .kind())
                .isEqualTo("not_entitled");
        assertThat(reason("sign.options", person("ann").with("unsigned", "P-00")))
                .contains("No rehearsal");
    }
}
