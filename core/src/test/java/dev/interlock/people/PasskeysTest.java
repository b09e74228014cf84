package dev.interlock.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.Signer;
import dev.interlock.store.Database;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingPasskey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasskeysTest {

    private static final String ORIGIN = "http://localhost:7412";
    private static final byte[] MESSAGE = Json.object().with("type", "test").canonical();
    private static final String NAMESPACE = "test";
    private static final String MAKER = "person ann";

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingKey annFile = TestingKey.software();
    private final TestingKey annHardware = TestingKey.hardware();
    private final TestingKey bobHardware = TestingKey.hardware();
    private final TestingKey eveHardware = TestingKey.hardware();
    private final Seal byCode = seal("1", false, true);
    private final Seal endorsed = seal("2", false, false);
    private final TestingPasskey device = TestingPasskey.at(ORIGIN);
    private Database database;
    private Passkeys passkeys;

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("store.db"), SqlitePasskeyStore.SCHEMAS);
        passkeys = new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at(ORIGIN), clock, new SecureRandom());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Seal seal(String id, boolean softwareKeys, boolean firstByCode) {
        return Fixtures.seal().with(parts -> {
            parts.id = id.repeat(64);
            parts.softwareKeys = softwareKeys;
            parts.people = Map.of(
                    "ann",
                    new Seal.Person(
                            "ann", Set.of("owners"), List.of(annFile.line(), annHardware.line()), Optional.empty()),
                    "bob",
                    new Seal.Person("bob", Set.of("owners"), List.of(bobHardware.line()), Optional.empty()),
                    "eve",
                    new Seal.Person("eve", Set.of("owners", "dba"), List.of(eveHardware.line()), Optional.empty()));
            parts.passkeys = new Seal.PasskeyRules(firstByCode, Optional.of(new Obligations.Quorum(2, "owners")));
        });
    }

    // Enrolling.

    @Test
    void aCodeMakesAKeyThatSigns() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        assertThat(passkeys.isGood(key.name())).isTrue();
        Passkeys.VerifiedSignature given = sign(byCode, device, UnaryOperator.identity());
        assertThat(given.signer()).isEqualTo(new Signer("ann", KeyClass.HARDWARE, key.name(), Signer.KeyBasis.CODE));
        assertThat(passkeys.standing(endorsed, key.name())).isEmpty();
    }

    @Test
    void anEd25519KeyWithoutCounterSignsAgainAndAgain() throws PasskeyRefusedException {
        TestingPasskey synced = TestingPasskey.ed25519At(ORIGIN);
        enrolled("ann", synced);
        sign(byCode, synced, UnaryOperator.identity());
        assertThat(sign(byCode, synced, UnaryOperator.identity()).signer().person())
                .isEqualTo("ann");
    }

    @Test
    void aCodeEnrolsOnePersonOnceIfTheSealAllowsIt() throws PasskeyRefusedException {
        assertRefused(() -> passkeys.invite(endorsed, "ann"), "requires endorsed passkeys");
        assertRefused(() -> passkeys.invite(byCode, "mallory"), "The policy has no person `mallory`");
        Optional<String> code = code("ann");
        assertRefused(() -> passkeys.begin(byCode, "bob", MAKER, code), "wrong or has expired");
        assertRefused(() -> passkeys.begin(byCode, "ann", MAKER, Optional.of("guess")), "wrong or has expired");
        Passkeys.PasskeyCeremony one = passkeys.begin(byCode, "ann", MAKER, code);
        Passkeys.PasskeyCeremony two = passkeys.begin(byCode, "ann", MAKER, code);
        keepNew(passkeys.acceptRegistration(byCode, one.name(), made(device, one), code));
        assertRefused(
                () -> passkeys.acceptRegistration(byCode, two.name(), made(TestingPasskey.at(ORIGIN), two), code),
                "has a passkey");
        assertRefused(() -> passkeys.invite(byCode, "ann"), "has a passkey");

        Optional<String> late = code("bob");
        clock.pass(Passkeys.Invitations.LIFE);
        assertRefused(() -> passkeys.begin(byCode, "bob", MAKER, late), "wrong or has expired");
        Optional<String> replaced = code("bob");
        code("bob");
        assertRefused(() -> passkeys.begin(byCode, "bob", MAKER, replaced), "wrong or has expired");
    }

    /** The console has another name now. Or the seal dropped enrolment codes, and permits them again. */
    @Test
    void aPersonWithAUselessKeyMustRevokeItFirst() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        Passkeys moved = new Passkeys(
                new SqlitePasskeyStore(database),
                PasskeySite.at("https://gateway.example:7412"),
                clock,
                new SecureRandom());
        assertThat(passkeys.isHere(key)).isTrue();
        assertThat(moved.isHere(key)).isFalse();
        assertRefused(() -> moved.invite(byCode, "ann"), "made for `" + ORIGIN + "`");
        assertRefused(() -> moved.invite(byCode, "ann"), "interlock key revoke " + key.name());
        moved.revoke(key.name(), "root", "moved");
        assertThat(moved.invite(byCode, "ann").person()).isEqualTo("ann");
    }

    @Test
    void aCodeThatMadeAKeyMakesNoOther() throws PasskeyRefusedException {
        Optional<String> code = code("ann");
        Passkeys.PasskeyCeremony one = passkeys.begin(byCode, "ann", MAKER, code);
        Passkeys.PasskeyCeremony two = passkeys.begin(byCode, "ann", MAKER, code);
        Passkey key = passkeys.acceptRegistration(byCode, one.name(), made(device, one), code);
        keepNew(key);
        passkeys.revoke(key.name(), "root", "lost");
        assertRefused(
                () -> passkeys.acceptRegistration(byCode, two.name(), made(TestingPasskey.at(ORIGIN), two), code),
                "no longer valid");
    }

    @Test
    void aNewSealWithoutCodesAppliesAtOnce() throws PasskeyRefusedException {
        Optional<String> code = code("ann");
        Passkeys.PasskeyCeremony begun = passkeys.begin(byCode, "ann", MAKER, code);
        assertRefused(() -> passkeys.acceptRegistration(endorsed, begun.name(), made(device, begun), code), "endorsed");
    }

    @Test
    void aKeyWithoutCodeWaitsForEndorsement() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        assertThat(key.isWaiting()).isTrue();
        assertThat(passkeys.isGood(key.name())).isFalse();
        assertRefused(() -> sign(byCode, device, UnaryOperator.identity()), "waits for an endorsement");
        assertRefused(() -> passkeys.toSign(byCode, "ann", MESSAGE), "no valid passkey");
    }

    @Test
    void aCeremonyFinishesOnceWithinItsTime() throws PasskeyRefusedException {
        Passkeys.PasskeyCeremony begun = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
        passkeys.acceptRegistration(byCode, begun.name(), made(device, begun), Optional.empty());
        assertRefused(
                () -> passkeys.acceptRegistration(byCode, begun.name(), made(device, begun), Optional.empty()),
                "time to create it");
        Passkeys.PasskeyCeremony late = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
        clock.pass(Passkeys.CHALLENGE_LIFE);
        assertRefused(
                () -> passkeys.acceptRegistration(byCode, late.name(), made(device, late), Optional.empty()),
                "time" + " to create it");
    }

    @Test
    void invalidRegistrationsAreRefused() {
        assertNotMade(shape -> shape.withOrigin("http://localhost:7413"));
        assertNotMade(shape -> shape.withOrigin("http://localhost"));
        assertNotMade(shape -> shape.withRp("evil.example"));
        assertNotMade(shape -> shape.withType("webauthn.get"));
        assertNotMade(shape -> shape.withChallenge("AAAA"));
        assertNotMade(shape -> shape.withFlags(0x41));
        assertNotMade(shape -> shape.withFlags(0x44));
        assertNotMade(shape -> shape.withMore(",\"crossOrigin\":true"));
        assertNotMade(shape -> shape.withMore(",\"origin\":\"http://localhost:7412\""));
        assertRefused(
                () -> passkeys.acceptRegistration(
                        byCode,
                        passkeys.begin(byCode, "ann", MAKER, Optional.empty()).name(),
                        "{\"id\":1}",
                        Optional.empty()),
                "cannot be read");
    }

    /** The library says it in words for programmers, which name classes and settings. */
    @Test
    void aRefusedPasskeySaysWhyInWords() {
        assertThat(notMade(shape -> shape.withOrigin("http://127.0.0.1:7412")))
                .contains("is not at " + ORIGIN)
                .doesNotContain("RelyingParty", "Exception", "127.0.0.1");
        assertThat(notMade(shape -> shape.withChallenge("AAAA")))
                .contains("load the page again")
                .doesNotContain("Exception");
        assertThat(notMade(shape -> shape.withRp("evil.example"))).doesNotContain("Exception", "RP ID");
    }

    private String notMade(UnaryOperator<TestingPasskey.Shape> twist) {
        try {
            Passkeys.PasskeyCeremony begun = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
            String made =
                    TestingPasskey.at(ORIGIN).create(begun.options(), twist).canonicalText();
            passkeys.acceptRegistration(byCode, begun.name(), made, Optional.empty());
            return "made";
        } catch (PasskeyRefusedException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void assertNotMade(UnaryOperator<TestingPasskey.Shape> twist) {
        assertThat(notMade(twist)).isNotEqualTo("made");
    }

    @Test
    void onePasskeyIsEnrolledOnce() throws PasskeyRefusedException {
        enrolled("ann", device);
        assertRefused(() -> waiting("bob", device), "");
    }

    // Certifying.

    @Test
    void aPersonsHardwareKeyEndorses() throws PasskeyRefusedException {
        Passkey key = vouch(endorsed, waiting("ann", device), annHardware);
        assertThat(passkeys.standing(endorsed, key.name()).orElseThrow().keyClass())
                .isEqualTo(KeyClass.HARDWARE);
        assertThat(sign(endorsed, device, UnaryOperator.identity()).signer().basis())
                .isEqualTo(Signer.KeyBasis.SIGNATURES);
    }

    @Test
    void aSoftwareKeyEndorsesOnlyASoftwareKey() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        assertRefused(() -> vouch(endorsed, key, annFile), "as weak");
        Passkey weak = vouch(seal("3", true, false), key, annFile);
        assertThat(passkeys.standing(seal("3", true, false), weak.name())
                        .orElseThrow()
                        .keyClass())
                .isEqualTo(KeyClass.SOFTWARE);
    }

    @Test
    void aPasskeyEndorsesAnother() throws PasskeyRefusedException {
        enrolled("ann", device);
        TestingPasskey second = TestingPasskey.ed25519At(ORIGIN);
        Passkey key = waiting("ann", second);
        passkeys.keep(passkeys.addEndorsement(byCode, key.name(), endorsement(byCode, key, device)));
        assertThat(sign(byCode, second, UnaryOperator.identity()).signer().basis())
                .isEqualTo(Signer.KeyBasis.CODE);
    }

    @Test
    void aRevokedPasskeyEndorsesNothing() throws PasskeyRefusedException {
        Passkey first = enrolled("ann", device);
        Passkey key = waiting("ann", TestingPasskey.at(ORIGIN));
        passkeys.revoke(first.name(), "root", "lost");
        assertRefused(() -> endorsement(byCode, key, device), "revoked");
    }

    @Test
    void aQuorumOfOthersEndorses() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        Passkey half = vouch(endorsed, key, bobHardware);
        assertThat(half.isWaiting()).isTrue();
        assertThat(vouch(endorsed, key, bobHardware).isWaiting()).isTrue(); // the same person again
        assertThat(vouch(endorsed, key, eveHardware).isGood()).isTrue();
        assertThat(passkeys.standing(endorsed, key.name()).orElseThrow().basis())
                .isEqualTo(Signer.KeyBasis.RECOVERY);
    }

    @Test
    void othersEndorseOnlyIfTheSealNamesAQuorum() throws PasskeyRefusedException {
        Seal none = endorsed.with(parts -> parts.passkeys = Seal.PasskeyRules.ENDORSED);
        Passkey key = waiting("ann", device);
        assertRefused(() -> vouch(none, key, bobHardware), "permits only `ann`");
    }

    @Test
    void peopleOutsideTheGroupEndorseNobody() throws PasskeyRefusedException {
        Seal dba = endorsed.with(
                parts -> parts.passkeys = new Seal.PasskeyRules(false, Optional.of(new Obligations.Quorum(1, "dba"))));
        Passkey key = waiting("ann", device);
        assertRefused(() -> vouch(dba, key, bobHardware), "not in `dba`");
        assertThat(vouch(dba, key, eveHardware).isGood()).isTrue();
    }

    /**
     * Keys that somebody else makes in ann's name do not count in her limit. They displace none of hers, and block no
     * new one.
     */
    @Test
    void oneCreatorsPendingKeysBlockNobodyElse() throws PasskeyRefusedException {
        Passkey own = waiting("ann", device);
        List<Passkey> foreign = new ArrayList<>();
        for (int i = 0; i < 3 * PasskeyBook.MAX_WAITING; i++) {
            clock.pass(Duration.ofSeconds(1));
            foreign.add(waiting("ann", "user deploy", TestingPasskey.at(ORIGIN)));
        }
        Passkey next = waiting("ann", TestingPasskey.at(ORIGIN));
        List<Passkey> left = foreign.subList(2 * PasskeyBook.MAX_WAITING, foreign.size());
        List<String> expected = new ArrayList<>(List.of(own.name(), next.name()));
        left.forEach(key -> expected.add(key.name()));
        assertThat(waitingNames()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(vouch(endorsed, own, annHardware).isGood()).isTrue();
        assertThat(waiting("bob", "user deploy", TestingPasskey.at(ORIGIN)).isWaiting())
                .isTrue();
        List<String> before = waitingNames();
        reopen();
        assertThat(waitingNames()).isEqualTo(before);
    }

    private List<String> waitingNames() {
        return passkeys.list(byCode).stream()
                .map(Passkeys.PasskeyStatus::key)
                .filter(Passkey::isWaiting)
                .map(Passkey::name)
                .toList();
    }

    /** This also holds after a restart, because the maker of each key is stored. */
    @Test
    void theOldestUnendorsedPendingKeyOfACreatorIsReplaced() throws PasskeyRefusedException {
        Passkey oldest = waiting("ann", device);
        passkeys.keep(vouchedButNotEnough(oldest));
        clock.pass(Duration.ofSeconds(1));
        Passkey second = waiting("ann", TestingPasskey.at(ORIGIN));
        clock.pass(Duration.ofSeconds(1));
        for (int i = 2; i < PasskeyBook.MAX_WAITING; i++) {
            waiting("ann", TestingPasskey.at(ORIGIN));
        }
        reopen();
        Passkeys.PasskeyCeremony begun = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
        Passkey next = passkeys.acceptRegistration(
                byCode, begun.name(), made(TestingPasskey.at(ORIGIN), begun), Optional.empty());
        assertThat(passkeys.displacedBy(next)).map(Passkey::name).contains(second.name());
        keepNew(next);
        assertThat(passkeys.find(second.name())).isEmpty();
        assertThat(passkeys.find(oldest.name())).isPresent();
        assertThat(waitingNames()).hasSize(PasskeyBook.MAX_WAITING);
        assertThat(passkeys.displacedBy(enrolled("ann", TestingPasskey.at(ORIGIN))))
                .as("what counts takes nobody's place")
                .isEmpty();
    }

    private Passkey vouchedButNotEnough(Passkey key) throws PasskeyRefusedException {
        byte[] statement = key.statement().canonical();
        return passkeys.addEndorsement(
                endorsed,
                key.name(),
                passkeys.verifySignature(
                        endorsed,
                        KeyStatement.NAMESPACE,
                        statement,
                        bobHardware.sign(KeyStatement.NAMESPACE, statement)));
    }

    /** The key that is recorded as displaced is the one that is displaced. */
    @Test
    void oneOfTwoRacingCreationsMustRestart() throws PasskeyRefusedException {
        for (int i = 0; i < PasskeyBook.MAX_WAITING; i++) {
            waiting("ann", TestingPasskey.at(ORIGIN));
        }
        Passkeys.PasskeyCeremony one = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
        Passkeys.PasskeyCeremony two = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
        Passkey first =
                passkeys.acceptRegistration(byCode, one.name(), made(TestingPasskey.at(ORIGIN), one), Optional.empty());
        Passkey second =
                passkeys.acceptRegistration(byCode, two.name(), made(TestingPasskey.at(ORIGIN), two), Optional.empty());
        Optional<Passkey> seen = passkeys.displacedBy(second);
        keepNew(first);
        assertRefused(() -> passkeys.keep(second, seen), "changed in the meantime");
        assertThat(passkeys.find(first.name())).isPresent();
    }

    /** A ceremony takes time; a client that begins in a loop ends nobody else's. */
    @Test
    void oneCreatorsCeremonyEndsNoOthers() throws PasskeyRefusedException {
        Passkeys.PasskeyCeremony own = passkeys.begin(byCode, "ann", MAKER, Optional.empty());
        Passkeys.PasskeyCeremony oldest = passkeys.begin(byCode, "ann", "user deploy", Optional.empty());
        for (int i = 0; i < Passkeys.MAX_BEGUN; i++) {
            passkeys.begin(byCode, "ann", "user deploy", Optional.empty());
        }
        assertThat(passkeys.acceptRegistration(byCode, own.name(), made(device, own), Optional.empty())
                        .isWaiting())
                .isTrue();
        assertRefused(
                () -> passkeys.acceptRegistration(byCode, oldest.name(), made(device, oldest), Optional.empty()),
                "time to create it");
    }

    @Test
    void pendingKeysExpireAfterADay() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        clock.pass(Duration.ofHours(24).plusSeconds(1));
        waiting("ann", TestingPasskey.at(ORIGIN));
        assertThat(passkeys.find(key.name())).isEmpty();
    }

    // Signing.

    @Test
    void invalidAssertionsDoNotCount() throws PasskeyRefusedException {
        enrolled("ann", device);
        for (UnaryOperator<TestingPasskey.Shape> twist : List.<UnaryOperator<TestingPasskey.Shape>>of(
                shape -> shape.withOrigin("http://localhost:7413"),
                shape -> shape.withOrigin("https://localhost:7412"),
                shape -> shape.withRp("evil.example"),
                shape -> shape.withType("webauthn.create"),
                shape -> shape.withFlags(TestingPasskey.PRESENT),
                shape -> shape.withFlags(TestingPasskey.VERIFIED),
                shape -> shape.withMore(",\"crossOrigin\":true"),
                shape -> shape.withChallenge("AAAA"))) {
            assertThatThrownBy(() -> sign(byCode, device, twist)).isInstanceOf(PasskeyRefusedException.class);
        }
        assertThat(sign(byCode, device, UnaryOperator.identity()).signer().person())
                .isEqualTo("ann");
    }

    @Test
    void anAssertionForSomethingElseDoesNotCount() throws PasskeyRefusedException {
        enrolled("ann", device);
        Json.Members options = passkeys.toSign(byCode, "ann", MESSAGE);
        String assertion = device.get(options).canonicalText();
        byte[] other = Json.object().with("type", "other").canonical();
        assertRefused(
                () -> passkeys.verifySignature(byCode, NAMESPACE, other, assertion), "does not cover the message");
    }

    @Test
    void aCounterThatDoesNotGrowIsAnAlarm() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        sign(byCode, device, shape -> shape.withCounter(10));
        assertThatThrownBy(() -> sign(byCode, device, shape -> shape.withCounter(10)))
                .isInstanceOfSatisfying(PasskeyCopiedException.class, copied -> {
                    assertThat(copied.person()).isEqualTo("ann");
                    assertThat(copied.key()).isEqualTo(key.name());
                });
        assertThatThrownBy(() -> sign(byCode, device, shape -> shape.withCounter(9)))
                .isInstanceOf(PasskeyCopiedException.class);
        assertThatThrownBy(() -> sign(byCode, device, shape -> shape.withCounter(0)))
                .isInstanceOf(PasskeyCopiedException.class);
        reopen();
        assertThatThrownBy(() -> sign(byCode, device, shape -> shape.withCounter(10)))
                .isInstanceOf(PasskeyCopiedException.class);
        sign(byCode, device, shape -> shape.withCounter(11));
    }

    @Test
    void theSameAssertionTwiceIsAnAlarm() throws PasskeyRefusedException {
        enrolled("ann", device);
        String assertion = device.get(passkeys.toSign(byCode, "ann", MESSAGE)).canonicalText();
        passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, assertion);
        assertThatThrownBy(() -> passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, assertion))
                .isInstanceOf(PasskeyCopiedException.class);
    }

    @Test
    void anotherPersonsPasskeyDoesNotCount() throws PasskeyRefusedException {
        enrolled("ann", device);
        TestingPasskey bobs = TestingPasskey.at(ORIGIN);
        enrolled("bob", bobs);
        Json.Members options = passkeys.toSign(byCode, "ann", MESSAGE);
        // Bob's device with Ann's identifier, and with Bob's identifier and Ann's handle.
        Json.Members made = bobs.get(options);
        String swapped = made.with("id", device.credential())
                .with("rawId", device.credential())
                .canonicalText();
        assertThatThrownBy(() -> passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, swapped))
                .isInstanceOf(PasskeyRefusedException.class);
        String handle = made.with(
                        "response",
                        made.object("response")
                                .with(
                                        "userHandle",
                                        device.get(options).object("response").text("userHandle")))
                .canonicalText();
        assertThatThrownBy(() -> passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, handle))
                .isInstanceOf(PasskeyRefusedException.class);
        assertThat(passkeys.verifySignature(
                                byCode, NAMESPACE, MESSAGE, bobs.get(options).canonicalText())
                        .signer()
                        .person())
                .isEqualTo("bob");
    }

    @Test
    void onlyTheStoredEnrolmentCounts() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        vouch(endorsed, key, annHardware);
        Passkeys.VerifiedSignature given = sign(endorsed, device, UnaryOperator.identity());
        Json.Members own = Json.readObject(given.text().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Json.Members enrolment = own.object("enrolment");
        Json.Members forged = own.with(
                "enrolment",
                enrolment.with("person", "bob").with("basis", Json.object().with("by", "code")));
        assertThat(forged.object("enrolment").text("person")).isEqualTo("bob");
        // The same assertion again is a copy. The next one counts as Ann's, whatever comes with it.
        assertThatThrownBy(() -> passkeys.verifySignature(endorsed, NAMESPACE, MESSAGE, forged.canonicalText()))
                .isInstanceOf(PasskeyCopiedException.class);
        Json.Members next =
                device.get(passkeys.toSign(endorsed, "ann", MESSAGE)).object("response");
        String text = forged.with("authenticator_data", next.text("authenticatorData"))
                .with("client_data", next.text("clientDataJSON"))
                .with("signature", next.text("signature"))
                .canonicalText();
        assertThat(passkeys.verifySignature(endorsed, NAMESPACE, MESSAGE, text)
                        .signer()
                        .person())
                .isEqualTo("ann");
    }

    @Test
    void anUnenrolledPasskeyDoesNotCount() throws PasskeyRefusedException {
        enrolled("ann", device);
        Json.Members options = passkeys.toSign(byCode, "ann", MESSAGE);
        String stranger = TestingPasskey.at(ORIGIN).get(options).canonicalText();
        assertRefused(() -> passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, stranger), "is not enrolled here");
    }

    // Revoking.

    @Test
    void aRevocationIsImmediateAndPermanent() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        String before = device.get(passkeys.toSign(byCode, "ann", MESSAGE)).canonicalText();
        assertThat(passkeys.revoke(key.name(), "root", "stolen").durable()).isTrue();
        assertThat(passkeys.isGood(key.name())).isFalse();
        assertRefused(() -> passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, before), "revoked");
        reopen();
        assertThat(passkeys.isGood(key.name())).isFalse();
        assertRefused(() -> passkeys.verifySignature(byCode, NAMESPACE, MESSAGE, before), "revoked");
        assertRefused(() -> vouch(byCode, key, annHardware), "waits to be endorsed");
        assertThat(passkeys.list(byCode).getFirst().standing()).isEmpty();
    }

    @Test
    void aRevocationCountsDespiteAFailingStore() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        database.close();
        assertThat(passkeys.revoke(key.name(), "root", "stolen").durable()).isFalse();
        assertThat(passkeys.isGood(key.name())).isFalse();
    }

    @Test
    void aRevocationReportsTheKeysEndorsements() throws PasskeyRefusedException {
        Passkey first = enrolled("ann", device);
        Passkey second = waiting("ann", TestingPasskey.at(ORIGIN));
        passkeys.keep(passkeys.addEndorsement(byCode, second.name(), endorsement(byCode, second, device)));
        Passkeys.PasskeyRevocation revoked = passkeys.revoke(first.name(), "root", "old");
        assertThat(revoked.vouchedFor()).extracting(Passkey::name).containsExactly(second.name());
        assertThat(passkeys.isGood(second.name())).isTrue();
    }

    // Signing in.

    @Test
    void aPasskeySignsInOnce() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        Passkeys.PasskeyCeremony login = passkeys.login();
        String assertion = device.get(login.options()).canonicalText();
        Passkeys.PasskeyLogin in = passkeys.login(byCode, login.name(), assertion);
        assertThat(in.signer().person()).isEqualTo("ann");
        assertThat(in.key().name()).isEqualTo(key.name());
        assertRefused(() -> passkeys.login(byCode, login.name(), assertion), "time to sign in");
    }

    @Test
    void aLoginExpiresAfterTwoMinutesAndBelongsToOneBrowser() throws PasskeyRefusedException {
        enrolled("ann", device);
        Passkeys.PasskeyCeremony late = passkeys.login();
        clock.pass(Passkeys.CHALLENGE_LIFE);
        assertRefused(
                () -> passkeys.login(
                        byCode, late.name(), device.get(late.options()).canonicalText()),
                "time to sign in");
        Passkeys.PasskeyCeremony one = passkeys.login();
        Passkeys.PasskeyCeremony two = passkeys.login();
        assertRefused(
                () -> passkeys.login(
                        byCode, one.name(), device.get(two.options()).canonicalText()),
                "does not cover the message");
        assertRefused(
                () -> passkeys.login(byCode, two.name(), annHardware.sign("interlock-login@v1", MESSAGE)),
                "Only a passkey");
    }

    @Test
    void pendingSignInsBlockNobody() throws PasskeyRefusedException {
        enrolled("ann", device);
        Passkeys.PasskeyCeremony first = passkeys.login();
        for (int i = 0; i < 5_000; i++) {
            passkeys.login();
        }
        String assertion = device.get(first.options()).canonicalText();
        assertThat(passkeys.login(byCode, first.name(), assertion).signer().person())
                .isEqualTo("ann");
    }

    @Test
    void aForeignLoginChallengeIsRefused() throws PasskeyRefusedException {
        enrolled("ann", device);
        Passkeys.PasskeyCeremony ours = passkeys.login();
        Passkeys.PasskeyCeremony theirs = new Passkeys(
                        new SqlitePasskeyStore(database), PasskeySite.at(ORIGIN), clock, new SecureRandom())
                .login();
        String assertion = device.get(theirs.options()).canonicalText();
        String statement = theirs.name().substring(0, theirs.name().indexOf('.'));
        for (String name : List.of(
                theirs.name(),
                statement,
                statement + ".",
                statement + ours.name().substring(ours.name().indexOf('.')),
                statement + ".?",
                "x".repeat(100_000))) {
            assertRefused(() -> passkeys.login(byCode, name, assertion), "time to sign in");
        }
        clock.set(clock.instant().minusSeconds(5));
        assertRefused(
                () -> passkeys.login(
                        byCode, ours.name(), device.get(ours.options()).canonicalText()),
                "time to sign in");
    }

    private Optional<String> code(String person) throws PasskeyRefusedException {
        return Optional.of(passkeys.invite(byCode, person).code().<String>use(code -> code));
    }

    // Two gateways over one store.

    private Passkeys other() {
        return new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at(ORIGIN), clock, new SecureRandom());
    }

    private static void follow(Passkeys gateway, Passkey key) {
        gateway.changed(PasskeyStore.PASSKEY, Set.of(key.name()));
    }

    @Test
    void aPasskeyIsEnrolledCountedAndRevokedAtEveryGateway() throws PasskeyRefusedException {
        Passkeys other = other();
        Passkey key = enrolled("ann", device);
        assertThat(other.isGood(key.name())).isFalse();
        assertThat(other.standing(byCode, key.name())).isEmpty();
        follow(other, key);
        assertThat(other.standing(byCode, key.name()))
                .isEqualTo(passkeys.standing(byCode, key.name()))
                .isPresent();
        sign(byCode, device, UnaryOperator.identity());
        follow(other, key);
        assertThat(other.find(key.name())).isEqualTo(passkeys.find(key.name()));

        passkeys.revoke(key.name(), "root", "lost");
        follow(other, key);
        assertThat(other.isGood(key.name())).isFalse();
        assertThat(other.standing(byCode, key.name())).isEmpty();
        assertThat(other.find(key.name())).isEqualTo(passkeys.find(key.name()));
    }

    @Test
    void aRevocationThatCouldNotBeStoredStays() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        database.write(sql -> sql.update("ALTER TABLE people_passkey RENAME TO broken"));
        assertThat(passkeys.revoke(key.name(), "root", "lost").durable()).isFalse();
        database.write(sql -> sql.update("ALTER TABLE broken RENAME TO people_passkey"));
        follow(passkeys, key);
        passkeys.reload();
        assertThat(passkeys.isGood(key.name())).isFalse();
        assertThat(passkeys.settle()).isTrue();
        assertThat(other().isGood(key.name())).isFalse();
    }

    @Test
    void aRevocationThatTheStoreForgotIsStoredAgain() throws PasskeyRefusedException {
        Passkey key = enrolled("ann", device);
        passkeys.revoke(key.name(), "root", "lost");
        database.write(sql -> sql.update("UPDATE people_passkey SET ended_at = NULL"));
        passkeys.reload();
        assertThat(passkeys.isGood(key.name())).isFalse();
        assertThat(passkeys.settle()).isTrue();
        assertThat(other().isGood(key.name())).isFalse();
    }

    /** Of two endorsements at once, the second is refused rather than put in the place of the first. */
    @Test
    void anEndorsementReplacesNothingThatAnotherGatewayStored() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        Passkeys late = other();
        vouch(endorsed, key, annHardware);
        assertThat(passkeys.isGood(key.name())).isTrue();
        assertRefused(() -> late.keep(key.withEndorsements(List.of("mine"))), "changed in the meantime");
        clock.pass(Duration.ofDays(2));
        late.begin(endorsed, "ann", MAKER, Optional.empty()); // it drops what waited for too long
        follow(late, key);
        assertThat(late.isGood(key.name())).isTrue();

        Passkey other = waiting("ann", TestingPasskey.at(ORIGIN));
        passkeys.revoke(other.name(), "root", "first");
        late.reload();
        assertThat(late.find(other.name())).isEqualTo(passkeys.find(other.name()));
    }

    @Test
    void aWaitingPasskeyThatWasDroppedIsGone() throws PasskeyRefusedException {
        Passkey key = waiting("ann", device);
        Passkeys other = other();
        clock.pass(Duration.ofDays(2));
        passkeys.begin(endorsed, "ann", MAKER, Optional.empty());
        assertThat(passkeys.find(key.name())).isEmpty();
        follow(other, key);
        assertThat(other.find(key.name())).isEmpty();
    }

    private Passkey enrolled(String person, TestingPasskey with) throws PasskeyRefusedException {
        Optional<String> code = code(person);
        Passkeys.PasskeyCeremony begun = passkeys.begin(byCode, person, MAKER, code);
        Passkey key = passkeys.acceptRegistration(byCode, begun.name(), made(with, begun), code);
        keepNew(key);
        return key;
    }

    private Passkey waiting(String person, TestingPasskey with) throws PasskeyRefusedException {
        return waiting(person, MAKER, with);
    }

    private Passkey waiting(String person, String maker, TestingPasskey with) throws PasskeyRefusedException {
        Passkeys.PasskeyCeremony begun = passkeys.begin(byCode, person, maker, Optional.empty());
        Passkey key = passkeys.acceptRegistration(byCode, begun.name(), made(with, begun), Optional.empty());
        keepNew(key);
        return key;
    }

    private void keepNew(Passkey key) throws PasskeyRefusedException {
        passkeys.keep(key, passkeys.displacedBy(key));
    }

    private static String made(TestingPasskey with, Passkeys.PasskeyCeremony begun) {
        return with.create(begun.options()).canonicalText();
    }

    private Passkey vouch(Seal seal, Passkey key, TestingKey by) throws PasskeyRefusedException {
        byte[] statement = key.statement().canonical();
        Passkeys.VerifiedSignature given = passkeys.verifySignature(
                seal, KeyStatement.NAMESPACE, statement, by.sign(KeyStatement.NAMESPACE, statement));
        Passkey after = passkeys.addEndorsement(seal, key.name(), given);
        passkeys.keep(after);
        return after;
    }

    private Passkeys.VerifiedSignature endorsement(Seal seal, Passkey key, TestingPasskey by)
            throws PasskeyRefusedException {
        byte[] statement = key.statement().canonical();
        Json.Members options =
                Json.object().with("challenge", challenge(statement)).with("rpId", "localhost");
        return passkeys.verifySignature(
                seal, KeyStatement.NAMESPACE, statement, by.get(options).canonicalText());
    }

    private static String challenge(byte[] statement) {
        return java.util.Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(java.util.HexFormat.of()
                        .parseHex(dev.interlock.action.Bytes.of(statement).sha256()));
    }

    private Passkeys.VerifiedSignature sign(Seal seal, TestingPasskey with, UnaryOperator<TestingPasskey.Shape> twist)
            throws PasskeyRefusedException {
        Json.Members options =
                Json.object().with("challenge", challenge(MESSAGE)).with("rpId", "localhost");
        return passkeys.verifySignature(
                seal, NAMESPACE, MESSAGE, with.get(options, twist).canonicalText());
    }

    private void reopen() {
        database.close();
        open();
    }

    private interface PasskeyAction {
        void run() throws PasskeyRefusedException;
    }

    private static void assertRefused(PasskeyAction trial, String why) {
        assertThatThrownBy(trial::run)
                .isInstanceOf(PasskeyRefusedException.class)
                .hasMessageContaining(why);
    }
}
