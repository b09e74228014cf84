package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.WaitLoop;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {

    private static final String FOUND_TOKEN = "5f0c1f4a-found-in-an-unrelated-file";
    private static final String DECOY = "4d1e-lies-in-a-home";
    /** What the workspace of sandbox-1 shows in place of a token for Railway. */
    private static final String MASKED = "0b5d3c1e-1c7e-4a52-9d0f-6f1d2a7b8c9d";

    private static final Map<String, String> KNOWN = Map.of(
            FOUND_TOKEN,
            "railway",
            DECOY,
            "decoy-aws of jer/cursor",
            MASKED,
            "decoy-masked-1 of jer/cursor for railway-token");
    private static final TestingKey KEY = TestingKey.software();
    private static final TestingKey MAYAS = TestingKey.software();
    private static final Seal SEAL = IdentitySeals.with(KEY.line(), MAYAS.line());
    private static final Seal TAKEN = IdentitySeals.withAgent(
            SEAL,
            Optional.of(
                    new Seal.Agent(IdentitySeals.AGENT, "jer", Set.of("platform"), Optional.empty(), Set.of("root"))));

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private final AtomicReference<Optional<Seal>> inForce = new AtomicReference<>(Optional.of(SEAL));
    private final AtomicInteger asked = new AtomicInteger();
    private Database database;
    private Leases leases;
    private Identity identity;

    @BeforeEach
    void open() throws Exception {
        database = Database.open(directory.resolve("state.db"), SqliteLeaseStore.SCHEMAS);
        leases = new Leases(new SqliteLeaseStore(database), clock, new Random(7), new NoPasskeys());
        identity = identity(leases);
    }

    private Identity identity(Leases issued) throws Exception {
        return new Identity(
                issued,
                KeyedFingerprints.open(directory.resolve("fingerprint.key"), new Random(8)),
                new Identity.KnownSecrets(
                        secret -> {
                            asked.incrementAndGet();
                            return secret.use(value -> Optional.ofNullable(KNOWN.get(value)));
                        },
                        (place, text) -> text.<String>use(value -> value).equals(MASKED) && place.equals("sandbox-1")
                                ? Optional.of("railway-token")
                                : Optional.empty()),
                inForce::get);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private String issue(LeaseRequest request) {
        Leases.LeaseResult.IssuedLease issued = (Leases.LeaseResult.IssuedLease) leases.issue(SEAL, request);
        return issued.token().use(token -> token);
    }

    private String signedFor() {
        return signedFor(SEAL);
    }

    private String signedFor(Seal seal) {
        LeaseRequest request = new LeaseRequest(
                IdentitySeals.AGENT,
                "fix",
                Optional.of("fix-staging"),
                Set.of("production"),
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                Duration.ofHours(1));
        byte[] statement = leases.prepare(seal, request);
        Leases.LeaseResult.IssuedLease issued = (Leases.LeaseResult.IssuedLease)
                leases.issue(seal, statement, MAYAS.sign("interlock-lease@v1", statement), Optional.empty());
        return issued.token().use(token -> token);
    }

    private String issue() {
        return issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT));
    }

    private CallIdentity recognise(Optional<String> place, String... values) {
        List<Attempt.PresentedCredential> presented = new ArrayList<>();
        for (String value : values) {
            presented.add(new Attempt.PresentedCredential("carrier " + presented.size(), new Secret(value)));
        }
        HttpCall call = new HttpCall("POST", "up.example", "/graphql/v2", List.of(), List.of(), Bytes.empty());
        return identity.recognise(new Attempt("railway", presented, place, call, clock.instant()), clock.instant());
    }

    private CallIdentity recognise(String... values) {
        return recognise(Optional.empty(), values);
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private void widen(Lease lease, String hold, LeaseElevation.ElevationSigner... signers) {
        Elevation more = new Elevation(Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(30));
        leases.widenings()
                .add(new LeaseElevation(
                        hold,
                        lease.id(),
                        SEAL.id(),
                        more,
                        clock.instant().plus(Duration.ofMinutes(30)),
                        clock.instant().plus(Duration.ofMinutes(30)),
                        List.of(signers)));
    }

    private List<String> widenedBy(Lease lease) {
        return identity.widenings(lease, SEAL, clock.instant()).stream()
                .map(LeaseElevation::hold)
                .sorted()
                .toList();
    }

    /** An older version stored elevations without their signers. */
    @Test
    void anElevationDependsOnEverySigner() throws Exception {
        Lease lease = ((CallIdentity.KnownCaller) recognise(issue())).lease();
        LeaseElevation.ElevationSigner maya =
                new LeaseElevation.ElevationSigner("maya", MAYAS.publicKey().fingerprint());
        LeaseElevation.ElevationSigner jer =
                new LeaseElevation.ElevationSigner("jer", KEY.publicKey().fingerprint());
        widen(lease, "H-1");
        widen(lease, "H-2", maya);
        widen(lease, "H-3", maya, jer);
        widen(
                lease,
                "H-4",
                new LeaseElevation.ElevationSigner("maya", KEY.publicKey().fingerprint()));
        assertThat(widenedBy(lease)).containsExactly("H-2", "H-3");
        leases.kills().kill(new Kill.KillTarget(Kill.KillScope.PERSON, "jer"), "stolen", "root");
        assertThat(widenedBy(lease)).containsExactly("H-2");
        assertThat(identity.isWithdrawn("H-2", SEAL)).isFalse();
        assertThat(identity.isWithdrawn("H-2", IdentitySeals.withoutSoftwareKeys(SEAL)))
                .isTrue();
        assertThat(identity.isWithdrawn("H-3", SEAL)).isTrue();

        leases = new Leases(
                new SqliteLeaseStore(database), clock, new Random(7), new NoPasskeys()); // as after a restart
        identity = identity(leases);
        assertThat(widenedBy(lease)).containsExactly("H-2");
    }

    @Test
    void recognisesTheLeaseInEveryFormThatClientsWrite() {
        String token = issue();
        for (String value : List.of(
                token,
                "Bearer " + token,
                "bearer " + token,
                "token " + token,
                basic("x-access-token", token),
                basic("oauth2", token),
                basic("", token),
                basic(token, ""))) {
            assertThat(recognise(value)).as(value.substring(0, 10)).isInstanceOf(CallIdentity.KnownCaller.class);
        }
    }

    @Test
    void recognisesTheSameLeaseInTwoCarriers() {
        String token = issue();
        assertThat(recognise("Bearer " + token, token)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    @Test
    void aForeignCredentialIsForeignEvenBesideAValidLease() {
        String token = issue();
        CallIdentity caller = recognise("Bearer " + token, FOUND_TOKEN);
        assertThat(caller).isInstanceOfSatisfying(CallIdentity.ForeignCredential.class, foreign -> {
            assertThat(foreign.carrier()).isEqualTo("carrier 1");
            assertThat(foreign.wouldOpen()).contains("railway");
            assertThat(foreign.beside()).isPresent();
            assertThat(foreign.fingerprint()).matches("[0-9a-f]{16}");
        });
    }

    /** Clients send the name of a variable that nobody has set: that is no found credential. */
    @Test
    void namedVariableIsNoCredential() {
        assertThat(recognise("Bearer ${INTERLOCK_LEASE}")).isInstanceOf(CallIdentity.UnsetVariable.class);
        assertThat(recognise("Bearer " + issue(), "${OTHER}")).isInstanceOf(CallIdentity.UnsetVariable.class);
        assertThat(recognise("${INTERLOCK_LEASE}", "Bearer " + FOUND_TOKEN))
                .isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recognise("Bearer ${INTERLOCK_LEASE}" + FOUND_TOKEN))
                .isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    /** A client may send its cookies first, or an agent may hide a found credential behind a worthless one. */
    @Test
    void aKnownForeignCredentialIsReportedFirst() {
        String token = issue();
        CallIdentity.ForeignCredential foreign =
                (CallIdentity.ForeignCredential) recognise(token, "session-1", "Bearer " + FOUND_TOKEN, "session-2");
        assertThat(foreign.carrier()).isEqualTo("carrier 2");
        assertThat(foreign.wouldOpen()).contains("railway");
        assertThat(foreign.beside()).isPresent();
        assertThat(foreign.fingerprint())
                .isEqualTo(((CallIdentity.ForeignCredential) recognise(token, FOUND_TOKEN)).fingerprint());
        assertThat(((CallIdentity.ForeignCredential) recognise(token, "session-1", "session-2")).carrier())
                .isEqualTo("carrier 1");
    }

    @Test
    void aDecoyIsReportedBeforeKnownCredentials() {
        CallIdentity.ForeignCredential foreign =
                (CallIdentity.ForeignCredential) recognise(issue(), "session", FOUND_TOKEN, DECOY);
        assertThat(foreign.carrier()).isEqualTo("carrier 3");
        assertThat(foreign.isDecoy()).isTrue();
        assertThat(((CallIdentity.ForeignCredential) recognise(issue(), DECOY, FOUND_TOKEN)).isDecoy())
                .isTrue();
        assertThat(((CallIdentity.ForeignCredential) recognise(issue(), FOUND_TOKEN)).isDecoy())
                .isFalse();
    }

    /** Each is a question to another process, and a header field can hold thousands. */
    @Test
    void theNumberOfCheckedCookiesIsLimited() {
        List<Attempt.PresentedCredential> presented = new ArrayList<>();
        presented.add(new Attempt.PresentedCredential("header x-api-key", new Secret(issue())));
        for (int i = 0; i < 5_000; i++) {
            presented.add(new Attempt.PresentedCredential("cookie", new Secret("session-" + i)));
        }
        presented.add(new Attempt.PresentedCredential("header authorization", new Secret(DECOY)));
        CallIdentity.ForeignCredential foreign =
                (CallIdentity.ForeignCredential) identity.recognise(presented, Optional.empty(), clock.instant());
        assertThat(foreign.isDecoy()).isTrue();
        asked.set(0);
        var _ = identity.recognise(presented.subList(0, 5_000), Optional.empty(), clock.instant());
        assertThat(asked).hasValue(Identity.MOST_ASKED_ABOUT);
    }

    @Test
    void equalCredentialsAreLookedUpOnce() {
        var _ = recognise("session", "session");
        assertThat(asked).hasValue(1);
        assertThat(((CallIdentity.ForeignCredential) recognise("session", "Bearer session", "Bearer " + FOUND_TOKEN))
                        .wouldOpen())
                .contains("railway");
        assertThat(asked).as("and with their schemes").hasValue(1 + 4);
    }

    @Test
    void aLeaseBesideAForeignCredentialIsFoundInAnyCarrier() {
        String token = issue();
        CallIdentity.ForeignCredential foreign =
                (CallIdentity.ForeignCredential) recognise(FOUND_TOKEN, "Bearer " + token);
        assertThat(foreign.beside()).isPresent();
        leases.revoke(foreign.beside().orElseThrow().id());
        // An ended lease identifies nobody: its holder may have found it as well.
        assertThat(((CallIdentity.ForeignCredential) recognise(FOUND_TOKEN, token)).beside())
                .isEmpty();
    }

    @Test
    void aLeaseThatHasExpiredNamesNobodyBesideAForeignCredential() {
        String token = issue();
        clock.pass(Duration.ofHours(2));
        assertThat(((CallIdentity.ForeignCredential) recognise(FOUND_TOKEN, token)).beside())
                .isEmpty();
    }

    @Test
    void aKnownSecretIsFoundInEachHalfOfABasicCredential() {
        for (String value : List.of(basic(FOUND_TOKEN, "x"), basic("x", FOUND_TOKEN))) {
            assertThat(((CallIdentity.ForeignCredential) recognise(value)).wouldOpen())
                    .contains("railway");
        }
    }

    @Test
    void anUnknownCredentialHasAFingerprint() {
        CallIdentity.ForeignCredential foreign = (CallIdentity.ForeignCredential) recognise("Bearer something-else");
        assertThat(foreign.wouldOpen()).isEmpty();
        assertThat(foreign.fingerprint()).matches("[0-9a-f]{16}");
        String noPair = "Basic " + Base64.getEncoder().encodeToString("nopair".getBytes(StandardCharsets.UTF_8));
        assertThat(recognise(noPair)).isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    @Test
    void aProbeTokenIsKnownAsEnded() {
        Leases.ProbeTokens worthless = leases.makeProbeTokens();
        assertThat(recognise(worthless.ended().<String>use(token -> token)))
                .isEqualTo(new CallIdentity.ExpiredLease(worthless.lease()));
        assertThat(recognise(worthless.unknown().<String>use(token -> token)))
                .isInstanceOf(CallIdentity.UnknownToken.class);
        assertThat(leases.list()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {FOUND_TOKEN, "Bearer " + FOUND_TOKEN, "", "Bearer ", "AWS4-HMAC-SHA256 x", "Basic ???"})
    void everyOtherCredentialIsForeign(String value) {
        assertThat(recognise(value)).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recognise("Bearer " + issue(), value)).isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    @Test
    void aForeignCredentialHasOneFingerprintInWhateverFormItComes() {
        assertThat(List.of(
                        fingerprint(FOUND_TOKEN),
                        fingerprint("Bearer " + FOUND_TOKEN),
                        fingerprint(basic("jer", FOUND_TOKEN)),
                        fingerprint(basic(FOUND_TOKEN, ""))))
                .containsOnly(fingerprint(FOUND_TOKEN));
    }

    private String fingerprint(String value) {
        return ((CallIdentity.ForeignCredential) recognise(value)).fingerprint();
    }

    @Test
    void aCredentialHiddenAsTheUserBesideALeaseIsForeign() {
        String token = issue();
        assertThat(recognise(basic(FOUND_TOKEN, token))).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recognise(basic("a8098c1a-f86e-11da-bd1a-00112444be1e", token)))
                .isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recognise(basic("AKIAIOSFODNN7EXAMPLE", token))).isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    private CallIdentity recogniseHalves(String user, String password) {
        return recogniseTwo("header authorization user", user, "header authorization password", password);
    }

    private CallIdentity recogniseTwo(String carrier, String value, String otherCarrier, String otherValue) {
        List<Attempt.PresentedCredential> presented = List.of(
                new Attempt.PresentedCredential(carrier, new Secret(value)),
                new Attempt.PresentedCredential(otherCarrier, new Secret(otherValue)));
        HttpCall call = new HttpCall("POST", "up.example", "/", List.of(), List.of(), Bytes.empty());
        Attempt attempt = new Attempt("railway", presented, Optional.empty(), call, clock.instant());
        return identity.recognise(attempt, clock.instant());
    }

    @Test
    void halvesOfABasicCredentialAreReadTogether() {
        String token = issue();
        assertThat(recogniseHalves("x-access-token", token)).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(recogniseHalves(token, "x-oauth-basic")).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(recogniseHalves(token, token)).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(recogniseHalves(FOUND_TOKEN, token)).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recogniseHalves(token, FOUND_TOKEN)).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recogniseHalves("jer", "hunter2")).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recogniseTwo("cookie", "jer", "cookie", token)).isInstanceOf(CallIdentity.ForeignCredential.class);
        assertThat(recogniseTwo("header a user", "jer", "header b password", token))
                .isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    @Test
    void aLeaseWithAnythingAppendedIsForeign() {
        String token = issue();
        for (String value : List.of(token + " ", " " + token, token + "," + FOUND_TOKEN, "Bearer  " + token)) {
            assertThat(recognise(value)).isInstanceOf(CallIdentity.ForeignCredential.class);
        }
    }

    @Test
    void aSecondLeaseIsForeign() {
        String first = issue();
        String second = issue();
        assertThat(recognise(first, second)).isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    @Test
    void aForgedTokenBesideAValidLeaseIsTheForeignOne() {
        String forged = LeaseToken.make(new Random(99)).use(token -> token);
        CallIdentity caller = recognise(forged, issue());
        assertThat(caller)
                .isInstanceOfSatisfying(
                        CallIdentity.ForeignCredential.class,
                        foreign -> assertThat(foreign.carrier()).isEqualTo("carrier 0"));
    }

    @Test
    void theRefusalOfAForeignCredentialIsFinalAndNeverSendsTheAgentLookingForAnother() {
        Refusal refusal = ((CallIdentity.RejectedCaller) recognise(FOUND_TOKEN)).refusal();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.next()).contains("do not look for another token");
        assertThat(refusal.toString()).doesNotContain(FOUND_TOKEN);
    }

    @Test
    void aCallWithoutCredentialIsAbsentAndAForgedTokenUnknown() {
        assertThat(recognise()).isInstanceOf(CallIdentity.NoCredential.class);
        String forged = LeaseToken.make(new Random(99)).use(token -> token);
        assertThat(recognise(forged)).isInstanceOf(CallIdentity.UnknownToken.class);
    }

    @Test
    void aLeaseExpires() {
        String token = issue();
        clock.pass(Duration.ofHours(2).minusSeconds(1));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.KnownCaller.class);
        clock.pass(Duration.ofSeconds(1));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.ExpiredLease.class);
    }

    @Test
    void aRevocationTakesEffectAtOnceAndOutlivesARestart() throws Exception {
        String token = issue();
        String other = issue();
        String id = ((CallIdentity.KnownCaller) recognise(token)).lease().id();
        Leases.EndedLeases ended = leases.revoke(id);
        assertThat(ended.leases()).extracting(Lease::id).containsExactly(id);
        assertThat(ended.durable()).isTrue();
        assertThat(recognise(token)).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(recognise(other)).isInstanceOf(CallIdentity.KnownCaller.class);

        identity = identity(new Leases(new SqliteLeaseStore(database), clock, new Random(9), new NoPasskeys()));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(recognise(other)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    @Test
    void aRevocationHoldsInMemoryIfTheStoreFailsAndIsStoredOnceItIsBack() throws Exception {
        String token = issue();
        String id = ((CallIdentity.KnownCaller) recognise(token)).lease().id();
        forbidRevocations();
        for (int i = 0; i < 2; i++) { // the second time, it is not called unknown
            Leases.EndedLeases ended = leases.revoke(id);
            assertThat(ended.leases()).extracting(Lease::id).containsExactly(id);
            assertThat(ended.durable()).isFalse();
        }
        assertThat(leases.settle()).isFalse();
        assertThat(recognise(token)).isInstanceOf(CallIdentity.RevokedLease.class);
        identity = identity(new Leases(new SqliteLeaseStore(database), clock, new Random(9), new NoPasskeys()));
        assertThat(recognise(token))
                .as("after a restart: the one bound left")
                .isInstanceOf(CallIdentity.KnownCaller.class);

        database.write(sql -> sql.update("DROP TRIGGER broken"));
        assertThat(leases.settle()).isTrue();
        assertThat(leases.revoke(id).leases()).as("it has ended, durably").isEmpty();
        identity = identity(new Leases(new SqliteLeaseStore(database), clock, new Random(9), new NoPasskeys()));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.RevokedLease.class);
    }

    /** Makes the store refuse revocations, until the trigger is dropped. */
    private void forbidRevocations() {
        database.write(sql -> sql.update("CREATE TRIGGER broken BEFORE UPDATE OF revoked ON identity_lease"
                + " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"));
    }

    @Test
    void aRevocationWaitsForNoStore() throws Exception {
        String token = issue();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform()
                .start(() -> database.write(sql -> {
                    busy.countDown();
                    return await(done);
                }));
        busy.await();
        Thread issuer = Thread.ofPlatform().start(this::issue);
        until(issuer, Thread.State.TIMED_WAITING); // it waits for the store, and holds the lock of the leases
        Thread revoker = Thread.ofPlatform().start(() -> leases.revokeAll(""));
        until(revoker, Thread.State.BLOCKED);
        CallIdentity meanwhile = recognise(token);
        done.countDown();
        for (Thread thread : List.of(holder, issuer, revoker)) {
            thread.join();
        }
        assertThat(meanwhile).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(leases.list()).hasSize(2).allMatch(listed -> listed.revoked().isPresent());
    }

    private static boolean await(CountDownLatch latch) {
        try {
            latch.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void until(Thread thread, Thread.State state) {
        while (thread.isAlive() && thread.getState() != state) {
            WaitLoop.pause();
        }
    }

    @Test
    void aSignedLeaseEndsWithItsSignersKeyOrRole() {
        String token = signedFor();
        assertThat(recognise(token)).isInstanceOf(CallIdentity.KnownCaller.class);
        for (Seal changed : List.of(
                IdentitySeals.withoutPerson(SEAL, "maya"),
                IdentitySeals.withoutSoftwareKeys(SEAL),
                IdentitySeals.withPerson(SEAL, new Seal.Person("maya", Set.of("owners"), List.of(), Optional.empty())),
                IdentitySeals.withPerson(
                        SEAL, new Seal.Person("maya", Set.of(), List.of(MAYAS.line()), Optional.empty())))) {
            inForce.set(Optional.of(changed));
            assertThat(recognise(token)).isInstanceOf(CallIdentity.UnsupportedLease.class);
        }
    }

    /** The signer may hold it already: a later restriction to others comes too late. */
    @Test
    void theSignerOfAnOpenLeaseStaysBehindIt() {
        String token = signedFor();
        assertThat(behind(token, SEAL)).containsExactly("maya");
        assertThat(behind(token, TAKEN)).containsExactly("maya");
    }

    @Test
    void theSignerIsBehindALeaseThatIsOpenNow() throws Exception {
        inForce.set(Optional.of(TAKEN));
        String token = signedFor(TAKEN);
        assertThat(behind(token, TAKEN)).isEmpty();
        assertThat(behind(token, SEAL)).containsExactly("maya");
        identity = identity(new Leases(new SqliteLeaseStore(database), clock, new Random(1), new NoPasskeys()));
        assertThat(behind(token, TAKEN)).as("after a restart").isEmpty();
        database.write(sql -> sql.update("UPDATE identity_lease SET users_named = NULL"));
        identity = identity(new Leases(new SqliteLeaseStore(database), clock, new Random(1), new NoPasskeys()));
        assertThat(behind(token, TAKEN)).as("as an older version kept it").containsExactly("maya");
    }

    private Set<String> behind(String token, Seal seal) {
        inForce.set(Optional.of(seal));
        return ((CallIdentity.KnownCaller) recognise(token)).lease().behind(seal, false);
    }

    /** An earlier gateway accepted such signatures, and their elevations are in its store. */
    @Test
    void aLeaseThatItsOwnerWidenedWithAFileIsSuspended() throws Exception {
        String token = signedFor();
        for (String key : List.of(KEY.publicKey().fingerprint(), KEY.line())) {
            database.write(sql -> sql.update("UPDATE identity_lease SET signed_by = 'jer', signed_with = ?", key));
            identity = identity(new Leases(new SqliteLeaseStore(database), clock, new Random(1), new NoPasskeys()));
            assertThat(recognise(token))
                    .isInstanceOfSatisfying(
                            CallIdentity.UnsupportedLease.class,
                            withdrawn ->
                                    assertThat(withdrawn.refusal().reason()).contains("signature of `jer`"));
        }
    }

    @Test
    void aBoundLeaseWorksAtItsPlaceAlone() {
        String token = issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("sandbox-1"));
        assertThat(recognise(Optional.of("sandbox-1"), token)).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(recognise(Optional.of("sandbox-2"), token)).isInstanceOf(CallIdentity.MisplacedLease.class);
        assertThat(recognise(Optional.empty(), token)).isInstanceOf(CallIdentity.MisplacedLease.class);
    }

    @Test
    void atItsOwnPlaceACallNeedsNoCredential() {
        String own = issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("sandbox-1"));
        CallIdentity known = recognise(Optional.of("sandbox-1"), own);
        Lease lease = ((CallIdentity.KnownCaller) known).lease();
        assertThat(leases.derive(
                        lease,
                        new ChildLeaseScope(Set.of(), Set.of(Impact.READ), Set.of(), Optional.empty()),
                        lease.place()))
                .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
        assertThat(recognise(Optional.of("sandbox-1"))).as("never a child").isEqualTo(known);
        for (Optional<String> elsewhere : List.of(Optional.of("sandbox-2"), Optional.<String>empty())) {
            assertThat(recognise(elsewhere)).isInstanceOf(CallIdentity.NoCredential.class);
        }
        assertThat(((CallIdentity.ForeignCredential) recognise(Optional.of("sandbox-1"), FOUND_TOKEN)).beside())
                .as("who has found it")
                .contains(lease);
        var _ = leases.revoke(lease.id());
        assertThat(recognise(Optional.of("sandbox-1"))).isInstanceOf(CallIdentity.RevokedLease.class);
    }

    /** Its certificate is the machine's, where several agents may have leases. */
    @Test
    void aRemoteMachineProvesNoLease() {
        issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("M-1"));
        assertThat(recognise(Optional.of("M-1"))).isInstanceOf(CallIdentity.NoCredential.class);
    }

    private CallIdentity recogniseAt(String place, String upstream, String... values) {
        Seal.Upstream railway = upstream("railway");
        Seal.Upstream github = upstream("github");
        inForce.set(Optional.of(SEAL.with(parts -> parts.upstreams = Map.of("railway", railway, "github", github))));
        List<Attempt.PresentedCredential> presented = new ArrayList<>();
        for (String value : values) {
            presented.add(new Attempt.PresentedCredential("carrier " + presented.size(), new Secret(value)));
        }
        HttpCall call = new HttpCall("POST", "up.example", "/", List.of(), List.of(), Bytes.empty());
        return identity.recognise(
                new Attempt(upstream, presented, Optional.of(place), call, clock.instant()), clock.instant());
    }

    private static Seal.Upstream upstream(String catalog) {
        return new Seal.Upstream(
                catalog,
                catalog,
                URI.create("https://up.example"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
    }

    /** Scripts read `.env`, where the sandbox shows a decoy of the token that the gateway has. */
    @Test
    void aMaskedTokenOfTheUpstreamThatIsCalledCountsAsTheLeaseOfItsPlace() {
        String own = issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("sandbox-1"));
        Lease lease = ((CallIdentity.KnownCaller) recogniseAt("sandbox-1", "railway", own)).lease();
        for (String[] values : List.of(
                new String[] {MASKED},
                new String[] {"Bearer " + MASKED},
                new String[] {basic("x-access-token", MASKED)},
                new String[] {"Bearer " + MASKED, own},
                new String[] {own, MASKED})) {
            assertThat(recogniseAt("sandbox-1", "railway", values)).isEqualTo(new CallIdentity.KnownCaller(lease));
        }
    }

    /** A decoy that somebody carried out, or tries elsewhere, is what it always was: a sign of a search. */
    @Test
    void aMaskedTokenIsForeignEverywhereElse() {
        String own = issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("sandbox-1"));
        String other = issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("sandbox-2"));
        String bare = issue();
        for (CallIdentity caller : List.of(
                recogniseAt("sandbox-1", "github", MASKED),
                recogniseAt("sandbox-1", "heroku", MASKED),
                recogniseAt("sandbox-2", "railway", MASKED),
                recogniseAt("sandbox-2", "railway", other, MASKED),
                recogniseAt("sandbox-3", "railway", MASKED),
                recognise(MASKED),
                recogniseAt("sandbox-1", "railway", MASKED, other),
                recogniseAt("sandbox-1", "railway", MASKED, bare),
                recogniseAt("sandbox-1", "railway", own, MASKED, FOUND_TOKEN),
                recogniseAt("sandbox-1", "railway", own, MASKED + "x"),
                recogniseAt("sandbox-1", "railway", "token-" + MASKED),
                recogniseAt("sandbox-1", "railway", DECOY))) {
            assertThat(caller).isInstanceOf(CallIdentity.ForeignCredential.class);
        }
        assertThat(((CallIdentity.ForeignCredential) recogniseAt("sandbox-1", "github", MASKED)).isDecoy())
                .isTrue();
        assertThat(identity.recognise(
                        List.of(new Attempt.PresentedCredential("header authorization", new Secret(MASKED))),
                        Optional.of("sandbox-1"),
                        clock.instant()))
                .as("what is no call to an upstream")
                .isInstanceOf(CallIdentity.ForeignCredential.class);
    }

    @Test
    void aMaskedTokenEndsWithItsLease() {
        issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("sandbox-1"));
        clock.pass(Duration.ofHours(3));
        assertThat(recogniseAt("sandbox-1", "railway", MASKED)).isInstanceOf(CallIdentity.ExpiredLease.class);
    }

    @Test
    void beyondThisMachineOnlyALeaseThatIsBoundThereWorks() {
        String bare = issue();
        String own = issue(LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)
                .at("M-1"));
        assertThat(recognise(Optional.of("M-1"), own)).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(recognise(Optional.of("sandbox-1"), bare)).isInstanceOf(CallIdentity.KnownCaller.class);
        for (CallIdentity caller : List.of(
                recognise(Optional.of("M-1"), bare),
                recognise(Optional.of("M-2"), own),
                recognise(Optional.of("sandbox-1"), own),
                recognise(Optional.empty(), own))) {
            assertThat(caller).isInstanceOf(CallIdentity.MisplacedLease.class);
        }
    }

    @Test
    void aClockThatWentBackTrustsNoLease() {
        String token = issue();
        clock.pass(Duration.ofSeconds(-29));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.KnownCaller.class);
        clock.pass(Duration.ofSeconds(-2));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.ClockSetBack.class);
    }

    @Test
    void anExpiredLeaseDoesNotComeBackWithTheClock() {
        String token = issue();
        clock.pass(Duration.ofHours(3));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.ExpiredLease.class);
        clock.pass(Duration.ofHours(-2));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.ClockSetBack.class);
    }

    @Test
    void aLeaseEndsWithItsBasisInTheSeal() {
        String token = issue();
        for (Seal changed : List.of(
                IdentitySeals.withAgent(SEAL, Optional.empty()),
                IdentitySeals.withAgent(SEAL, Optional.of(new Seal.Agent(IdentitySeals.AGENT, "sam", Set.of()))),
                IdentitySeals.withoutPerson(SEAL, "jer"),
                IdentitySeals.withTasks(SEAL, Map.of()),
                IdentitySeals.withEnvironments(
                        SEAL, Map.of("production", IdentitySeals.environment("production", true))),
                IdentitySeals.withEnvironments(SEAL, Map.of("staging", IdentitySeals.environment("staging", true))))) {
            inForce.set(Optional.of(changed));
            assertThat(recognise(token)).isInstanceOf(CallIdentity.UnsupportedLease.class);
        }
        inForce.set(Optional.empty());
        assertThat(recognise(token)).isInstanceOf(CallIdentity.UnsupportedLease.class);
        inForce.set(Optional.of(SEAL));
        assertThat(recognise(token)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    @Test
    void everyRejectionSaysWhatToDoNext() {
        String token = issue();
        clock.pass(Duration.ofDays(1).minusHours(1));
        for (CallIdentity caller : List.of(recognise(), recognise(FOUND_TOKEN), recognise(token))) {
            Refusal refusal = ((CallIdentity.RejectedCaller) caller).refusal();
            assertThat(refusal.reason()).endsWith(".");
            assertThat(refusal.next()).endsWith(".");
        }
    }

    @Test
    void theStoreNeverHoldsTheToken() throws Exception {
        String token = issue();
        database.close();
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String raw = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                assertThat(raw).as(file.toString()).doesNotContain(token.substring(4));
            }
        }
    }

    @Test
    void theFingerprintKeyIsPrivateAndUniqueToAnInstallation() throws Exception {
        Path file = directory.resolve("fingerprint.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Secret secret = new Secret("x");
        RandomGenerator random = new Random(1);
        String one = KeyedFingerprints.open(directory.resolve("a"), random).of(secret);
        assertThat(KeyedFingerprints.open(directory.resolve("a"), random).of(secret))
                .isEqualTo(one);
        assertThat(KeyedFingerprints.open(directory.resolve("b"), random).of(secret))
                .isNotEqualTo(one);
    }
}
