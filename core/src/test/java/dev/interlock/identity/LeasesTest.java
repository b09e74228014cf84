package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.KeyClass;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeasesTest {

    private static final TestingKey JER = TestingKey.hardware();
    private static final TestingKey MAYA = TestingKey.software();
    private static final Seal SEAL = IdentitySeals.with(JER.line(), MAYA.line());
    private static final Seal.TaskTemplate TEMPLATE =
            java.util.Objects.requireNonNull(SEAL.tasks().get("fix-staging"));

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private Database database;
    private Leases leases;

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("state.db"), SqliteLeaseStore.SCHEMAS);
        leases = new Leases(new SqliteLeaseStore(database), clock, new Random(7), new NoPasskeys());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static LeaseRequest request(
            Optional<String> template, Set<String> environments, Set<Impact> impacts, Duration ttl) {
        return new LeaseRequest(
                IdentitySeals.AGENT, "fix", template, environments, impacts, Set.of(), Optional.empty(), ttl);
    }

    private static LeaseRequest templated(Set<String> environments, Set<Impact> impacts, Duration ttl) {
        return request(Optional.of("fix-staging"), environments, impacts, ttl);
    }

    private static LeaseRequest production() {
        return templated(Set.of("staging", "production"), Set.of(Impact.READ), Duration.ofHours(1));
    }

    @Test
    void anElevationIsStoredOnce() {
        LeaseStore store = new SqliteLeaseStore(database);
        Instant until = clock.instant().plus(Duration.ofMinutes(30));
        LeaseElevation elevation = new LeaseElevation(
                "H-1",
                "L-1",
                SEAL.id(),
                new Elevation(Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(30)),
                until,
                until,
                List.of(new LeaseElevation.ElevationSigner("jer", "SHA256:key")));
        assertThat(store.addElevation(elevation)).isTrue();
        assertThat(store.addElevation(elevation)).isFalse();
        assertThat(store.elevations(clock.instant())).containsExactly(elevation);
    }

    @Test
    void issuesATemplatesScopeWithoutSignature() {
        Leases.LeaseResult answer = leases.issue(SEAL, LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        assertThat(answer).isInstanceOfSatisfying(Leases.LeaseResult.IssuedLease.class, issued -> {
            assertThat(issued.lease().person()).isEqualTo("jer");
            assertThat(issued.lease().root()).isEqualTo(issued.lease().id());
            assertThat(issued.lease().id()).matches("L-[0-9A-HJKMNP-TV-Z]{26}");
            assertThat(issued.signer()).isEmpty();
            assertThat(issued.toString()).doesNotContain("ilk_");
            assertThat(issued.token().<Boolean>use(t -> t.matches("ilk_[A-Za-z0-9_-]{43}")))
                    .isTrue();
        });
    }

    @Test
    void issuesUnprotectedReadingWithoutSignature() {
        assertThat(leases.issue(SEAL, LeaseRequest.readOnly(IdentitySeals.AGENT, "look", Set.of("staging"))))
                .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
    }

    @Test
    void aWiderScopeNeedsASignature() {
        Duration hour = Duration.ofHours(1);
        for (LeaseRequest more : List.of(
                production(),
                templated(Set.of("staging"), Set.of(Impact.DESTROY), hour),
                templated(
                        Set.of("staging"),
                        Set.of(Impact.READ),
                        Duration.ofHours(2).plusSeconds(1)),
                request(Optional.empty(), Set.of("production"), Set.of(Impact.READ), hour),
                request(Optional.empty(), Set.of("staging"), Set.of(Impact.READ, Impact.WRITE), hour),
                request(Optional.empty(), Set.of("staging"), Set.of(Impact.READ), hour.plusSeconds(1)),
                LeaseRequest.under(TEMPLATE, "sam/bot"))) {
            assertThat(leases.issue(SEAL, more))
                    .as(more.toString())
                    .isInstanceOf(Leases.LeaseResult.SignatureNeeded.class);
        }
    }

    @Test
    void aTemplateThatNamesAProtectedEnvironmentStillNeedsASignature() {
        Seal.TaskTemplate wide =
                new Seal.TaskTemplate("wide", Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofHours(1));
        Seal seal = IdentitySeals.withTasks(SEAL, Map.of("wide", wide));
        assertThat(leases.issue(seal, LeaseRequest.under(wide, IdentitySeals.AGENT)))
                .isInstanceOf(Leases.LeaseResult.SignatureNeeded.class);
    }

    /** Even if it is not protected: a task template permits what it names. */
    @Test
    void anEnvironmentThatTheTemplateDoesNotNameNeedsASignature() {
        Map<String, Seal.Environment> environments = new HashMap<>(SEAL.environments());
        environments.put("preview", IdentitySeals.environment("preview", false));
        Seal seal = IdentitySeals.withEnvironments(SEAL, environments);
        LeaseRequest more = templated(Set.of("staging", "preview"), Set.of(Impact.READ), Duration.ofHours(1));
        assertThat(leases.issue(seal, more))
                .isInstanceOfSatisfying(
                        Leases.LeaseResult.SignatureNeeded.class,
                        needed -> assertThat(needed.toString()).contains("does not name the environment `preview`"));
    }

    @Test
    void noSignatureGrantsScopesUnknownToTheSeal() {
        Duration hour = Duration.ofHours(1);
        for (LeaseRequest impossible : List.of(
                request(Optional.empty(), Set.of("staging", "moon"), Set.of(Impact.READ), hour),
                request(Optional.of("no-such-task"), Set.of("staging"), Set.of(Impact.READ), hour),
                request(Optional.empty(), Set.of("staging"), Set.of(Impact.UNKNOWN), hour),
                request(Optional.empty(), Set.of("staging"), Set.of(Impact.READ), Duration.ofHours(25)),
                LeaseRequest.readOnly("jer/nobody", "look", Set.of("staging")))) {
            assertThatThrownBy(() -> leases.issue(SEAL, impossible)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> leases.prepare(SEAL, impossible)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aSignedLeaseLastsADayAtMost() {
        assertThat(leases.issue(SEAL, templated(Set.of("staging"), Set.of(Impact.READ), Lease.MAX_TTL)))
                .isInstanceOf(Leases.LeaseResult.SignatureNeeded.class);
        LeaseRequest longer = templated(Set.of("staging"), Set.of(Impact.READ), Lease.MAX_TTL.plusSeconds(1));
        assertThatThrownBy(() -> leases.issue(SEAL, longer)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnreadableLeaseRequestIsRefused() {
        byte[] statement = "{}".getBytes(StandardCharsets.UTF_8);
        assertThat(leases.issue(SEAL, statement, JER.sign("interlock-lease@v1", statement), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
    }

    @Test
    void leasesAreListedNewestFirstForADayAfterTheirEnd() {
        Lease old = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        clock.pass(Duration.ofHours(25));
        Lease elder = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        assertThat(leases.book().byId(old.id())).isPresent();
        clock.pass(Duration.ofHours(1).plusSeconds(1));
        Lease younger = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        assertThat(leases.book().byId(old.id())).isEmpty();
        assertThat(leases.current(Optional.of(SEAL)))
                .extracting(current -> current.lease().id())
                .containsExactly(younger.id(), elder.id());
    }

    @Test
    void theOwnerOfTheAgentAndTheGroupOwnersMaySign() {
        for (TestingKey key : List.of(JER, MAYA)) {
            byte[] statement = leases.prepare(SEAL, production());
            Leases.LeaseResult answer =
                    leases.issue(SEAL, statement, key.sign("interlock-lease@v1", statement), Optional.empty());
            assertThat(answer).isInstanceOfSatisfying(Leases.LeaseResult.IssuedLease.class, issued -> {
                assertThat(issued.lease().environments()).containsExactly("production", "staging");
                assertThat(issued.signer()).isPresent();
            });
        }
    }

    @Test
    void theLeasesOfAnAgentThatHaveNotEndedAreLimited() {
        LeaseRequest request = LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT);
        Lease first = issued(request);
        for (int i = 1; i < LeaseRegistry.MAX_ROOTS; i++) {
            issued(request);
        }
        byte[] statement = leases.prepare(SEAL, production());
        String signature = JER.sign("interlock-lease@v1", statement);
        for (int restarts = 0; restarts < 2; restarts++) {
            assertThat(List.of(leases.issue(SEAL, request), leases.issue(SEAL, statement, signature, Optional.empty())))
                    .allSatisfy(answer -> assertThat(answer)
                            .isInstanceOfSatisfying(Leases.LeaseResult.DeniedLease.class, denied -> {
                                assertThat(denied.reason()).contains("has 200 leases that have not ended");
                                assertThat(denied.next())
                                        .contains("`interlock lease list`", "`interlock lease revoke LEASE`");
                            }));
            leases = new Leases(
                    new SqliteLeaseStore(database), clock, new Random(8), new NoPasskeys()); // as after a restart
        }

        leases.revoke(first.id());
        assertThat(leases.issue(SEAL, statement, signature, Optional.empty()))
                .as("the statement was not used")
                .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
        assertThat(leases.issue(SEAL, request)).isInstanceOf(Leases.LeaseResult.DeniedLease.class);

        clock.pass(request.ttl());
        issued(request);
    }

    @Test
    void theSignerIsBehindTheLeaseAndItsDescendants() {
        byte[] statement = leases.prepare(SEAL, production());
        Leases.LeaseResult.IssuedLease signed = (Leases.LeaseResult.IssuedLease)
                leases.issue(SEAL, statement, MAYA.sign("interlock-lease@v1", statement), Optional.empty());
        assertThat(signed.lease().person()).isEqualTo("jer");
        assertThat(signed.lease().signers().people()).containsExactly("maya");
        Leases.LeaseResult.IssuedLease child = (Leases.LeaseResult.IssuedLease) leases.derive(
                signed.lease(), new ChildLeaseScope(Set.of(), Set.of(), Set.of(), Optional.empty()), Optional.empty());
        assertThat(child.lease().signers().people()).containsExactly("maya");

        leases = new Leases(
                new SqliteLeaseStore(database), clock, new Random(8), new NoPasskeys()); // as after a restart
        assertThat(leases.notEnded(signed.lease().id())).contains(signed.lease());
        assertThat(leases.notEnded(child.lease().id())).contains(child.lease());
    }

    @Test
    void descendantsOfAUsersLeaseBelongToThatUser() {
        Seal.Agent agent =
                new Seal.Agent(IdentitySeals.AGENT, "jer", Set.of("platform"), Optional.empty(), Set.of("root"));
        Seal taken = IdentitySeals.withAgent(SEAL, Optional.of(agent));
        byte[] statement = leases.prepare(taken, production());
        Leases.LeaseResult.IssuedLease signed = (Leases.LeaseResult.IssuedLease)
                leases.issue(taken, statement, MAYA.sign("interlock-lease@v1", statement), Optional.empty());
        Leases.LeaseResult.IssuedLease child = (Leases.LeaseResult.IssuedLease) leases.derive(
                signed.lease(), new ChildLeaseScope(Set.of(), Set.of(), Set.of(), Optional.empty()), Optional.empty());
        leases = new Leases(
                new SqliteLeaseStore(database), clock, new Random(8), new NoPasskeys()); // as after a restart
        for (Lease lease : List.of(signed.lease(), child.lease())) {
            assertThat(leases.notEnded(lease.id())).contains(lease);
            assertThat(lease.behind(taken, false)).isEmpty();
            assertThat(lease.behind(taken, true)).containsExactly("maya");
            assertThat(lease.behind(SEAL, false)).containsExactly("maya");
        }
    }

    @Test
    void leasesBySigningOwnersOrWithoutSignatureHaveNoOtherPeopleBehindThem() {
        byte[] statement = leases.prepare(SEAL, production());
        Leases.LeaseResult.IssuedLease signed = (Leases.LeaseResult.IssuedLease)
                leases.issue(SEAL, statement, JER.sign("interlock-lease@v1", statement), Optional.empty());
        assertThat(signed.lease().signers().people()).isEmpty();
        assertThat(issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT))
                        .signers()
                        .people())
                .isEmpty();
    }

    @Test
    void signaturesOfOthersAndOfWrongNamespacesDoNotCount() {
        TestingKey sam = TestingKey.hardware();
        Seal seal = IdentitySeals.withPerson(
                SEAL, new Seal.Person("sam", Set.of("platform"), List.of(sam.line()), Optional.empty()));
        byte[] statement = leases.prepare(seal, production());
        for (String signature : List.of(
                TestingKey.software().sign("interlock-lease@v1", statement),
                sam.sign("interlock-lease@v1", statement),
                JER.sign("interlock-confirm@v1", statement),
                JER.sign("interlock-lease@v1", "something else".getBytes(StandardCharsets.UTF_8)),
                "no signature")) {
            assertThat(leases.issue(seal, statement, signature, Optional.empty()))
                    .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
        }
        assertThat(leases.issue(seal, statement, JER.sign("interlock-lease@v1", statement), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
    }

    @Test
    void softwareKeysCountOnlyIfTheSealSaysSo() {
        Seal strict = IdentitySeals.withoutSoftwareKeys(SEAL);
        byte[] statement = leases.prepare(strict, production());
        assertThat(leases.issue(strict, statement, MAYA.sign("interlock-lease@v1", statement), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
        assertThat(leases.issue(strict, statement, JER.sign("interlock-lease@v1", statement), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
    }

    /** The agent may run with its owner's files, but has none of another of the `owners`. */
    @Test
    void theOwnersSoftwareKeyWidensNoLease() {
        TestingKey file = TestingKey.software();
        for (String group : List.of("platform", "owners")) {
            Seal seal = IdentitySeals.withPerson(
                    SEAL, new Seal.Person("jer", Set.of(group), List.of(JER.line(), file.line()), Optional.empty()));
            byte[] statement = leases.prepare(seal, production());
            assertThat(leases.issue(seal, statement, file.sign("interlock-lease@v1", statement), Optional.empty()))
                    .isInstanceOfSatisfying(
                            Leases.LeaseResult.DeniedLease.class,
                            denied -> assertThat(denied.reason()).contains("must sign with a hardware key"));
            assertThat(leases.issue(seal, statement, JER.sign("interlock-lease@v1", statement), Optional.empty()))
                    .isInstanceOfSatisfying(
                            Leases.LeaseResult.IssuedLease.class,
                            issued -> assertThat(issued.signer()).hasValueSatisfying(signed -> {
                                assertThat(signed.key())
                                        .isEqualTo(JER.publicKey().fingerprint());
                                assertThat(signed.keyClass()).isEqualTo(KeyClass.HARDWARE);
                            }));
        }
    }

    @Test
    void aSignatureIssuesOneLeaseUnderRacingCopies() throws Exception {
        byte[] statement = leases.prepare(SEAL, production());
        String signature = JER.sign("interlock-lease@v1", statement);
        AtomicInteger issued = new AtomicInteger();
        List<Thread> racers = IntStream.range(0, 20)
                .mapToObj(_ -> Thread.ofVirtual().start(() -> {
                    if (leases.issue(SEAL, statement, signature, Optional.empty())
                            instanceof Leases.LeaseResult.IssuedLease) {
                        issued.incrementAndGet();
                    }
                }))
                .toList();
        for (Thread racer : racers) {
            racer.join();
        }
        assertThat(issued).hasValue(1);
        Leases restarted = new Leases(new SqliteLeaseStore(database), clock, new Random(9), new NoPasskeys());
        assertThat(restarted.issue(SEAL, statement, signature, Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
    }

    @Test
    void aSignatureCountsOnlyForTheOpenedRequest() {
        String opened = new String(leases.prepare(SEAL, production()), StandardCharsets.UTF_8);
        for (String changed : List.of(
                opened.replace("\"ttl_seconds\":3600", "\"ttl_seconds\":7200"),
                opened.replace("[\"read\"]", "[\"destroy\"]"),
                opened.replace("\"nonce\":\"", "\"nonce\":\"A"))) {
            byte[] statement = changed.getBytes(StandardCharsets.UTF_8);
            assertThat(changed).isNotEqualTo(opened);
            assertThat(leases.issue(SEAL, statement, JER.sign("interlock-lease@v1", statement), Optional.empty()))
                    .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
        }
    }

    @Test
    void aLeaseRequestEndsWithItsTimeOrSeal() {
        byte[] statement = leases.prepare(SEAL, production());
        String signature = JER.sign("interlock-lease@v1", statement);
        assertThat(leases.issue(IdentitySeals.withTasks(SEAL, SEAL.tasks()), statement, signature, Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
        clock.pass(Duration.ofMinutes(10));
        assertThat(leases.issue(SEAL, statement, signature, Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
    }

    @Test
    void renewsFromNowAndNeverBeyondTheTemplate() {
        Lease lease = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        clock.pass(Duration.ofHours(1));
        assertThat(leases.renewal(SEAL, lease.id()))
                .hasValueSatisfying(longer ->
                        assertThat(longer.expires()).isEqualTo(clock.instant().plus(TEMPLATE.ttl())));
        Seal.TaskTemplate shorter = new Seal.TaskTemplate(
                "fix-staging", TEMPLATE.environments(), TEMPLATE.impacts(), Set.of(), Duration.ofMinutes(5));
        assertThat(leases.renewal(IdentitySeals.withTasks(SEAL, Map.of("fix-staging", shorter)), lease.id()))
                .isEmpty();
    }

    @Test
    void endedAndSignedLeasesAreNotRenewed() {
        Lease revoked = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        leases.revoke(revoked.id());
        assertThat(leases.renewal(SEAL, revoked.id())).isEmpty();

        byte[] statement = leases.prepare(SEAL, production());
        Leases.LeaseResult.IssuedLease signed = (Leases.LeaseResult.IssuedLease)
                leases.issue(SEAL, statement, JER.sign("interlock-lease@v1", statement), Optional.empty());
        assertThat(leases.renewal(SEAL, signed.lease().id())).isEmpty();

        Lease expired = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        clock.pass(Duration.ofHours(2));
        assertThat(leases.renewal(SEAL, expired.id())).isEmpty();
    }

    @Test
    void aRenewalOutlivesARestart() {
        Lease lease = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        clock.pass(Duration.ofHours(1));
        Lease longer = leases.renewal(SEAL, lease.id()).orElseThrow();
        assertThat(leases.list())
                .as("a renewal alone changes nothing")
                .extracting(Leases.ListedLease::lease)
                .containsExactly(lease);
        assertThat(leases.extend(longer)).isTrue();
        assertThat(new Leases(new SqliteLeaseStore(database), clock, new Random(9), new NoPasskeys()).list())
                .extracting(Leases.ListedLease::lease)
                .containsExactly(longer);
    }

    @Test
    void renewalsEndADayAfterTheLeaseBegan() {
        Lease lease = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        Instant day = lease.issued().plus(Lease.MAX_TTL);
        while (clock.instant().isBefore(day.minus(TEMPLATE.ttl()))) {
            clock.pass(Duration.ofMinutes(90));
            leases.extend(leases.renewal(SEAL, lease.id()).orElseThrow());
        }
        assertThat(leases.list()).extracting(listed -> listed.lease().expires()).containsExactly(day);
        assertThat(leases.renewal(SEAL, lease.id())).isEmpty();
    }

    @Test
    void aLeaseThatEndedMeanwhileIsNotExtended() {
        Lease lease = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        Lease longer = leases.renewal(SEAL, lease.id()).orElseThrow();
        leases.revoke(lease.id());
        assertThat(leases.extend(longer)).isFalse();
    }

    @Test
    void thePlacesInUseBelongToLeasesInForce() {
        Lease ends = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT).at("ends"));
        issued(LeaseRequest.readOnly(IdentitySeals.AGENT, "look", Set.of("staging"))
                .at("expires"));
        issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT).at("stays"));
        assertThat(leases.places()).containsExactlyInAnyOrder("ends", "expires", "stays");
        leases.revoke(ends.id());
        clock.pass(LeaseRequest.DEFAULT_TTL);
        assertThat(leases.places()).containsExactly("stays");
    }

    @Test
    void aLeaseThatTheSealDoesNotSupportIsSuspended() {
        Lease ends = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        Lease stays = issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        leases.revoke(ends.id());
        assertThat(leases.current(Optional.of(SEAL))).containsExactly(new Leases.CurrentLease(stays, Optional.empty()));
        assertThat(leases.isInForce(Optional.of(SEAL), stays.id())).isTrue();
        assertThat(leases.isInForce(Optional.of(SEAL), ends.id())).isFalse();
        assertThat(leases.current(Optional.empty()))
                .singleElement()
                .matches(current -> current.suspended().isPresent());
        assertThat(leases.isInForce(Optional.empty(), stays.id())).isFalse();
    }

    @Test
    void listsAndRevokesAll() {
        issued(LeaseRequest.under(TEMPLATE, IdentitySeals.AGENT));
        issued(LeaseRequest.readOnly(IdentitySeals.AGENT, "look", Set.of("staging")));
        assertThat(leases.list()).hasSize(2);
        assertThat(leases.revokeAll("").leases()).hasSize(2);
        assertThat(leases.list()).allMatch(listed -> listed.revoked().isPresent());
        assertThat(leases.revokeAll("").leases()).isEmpty();
    }

    @Test
    void anOddNameIsRefused() {
        assertThatThrownBy(() -> LeaseRequest.readOnly(IdentitySeals.AGENT, "look\u202e", Set.of("staging")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyLeaseReadsBackFromItsJson() {
        LeaseRequest request = new LeaseRequest(
                IdentitySeals.AGENT,
                "fix",
                Optional.of("fix-staging"),
                Set.of("staging"),
                Set.of(Impact.READ),
                Set.of(Resource.parse("railway:volume/v1")),
                Optional.of("sandbox-1"),
                Duration.ofMinutes(5));
        assertThat(LeaseJson.readRequest(LeaseJson.write(request))).isEqualTo(request);
        Lease lease = issued(request);
        assertThat(LeaseJson.readLease(LeaseJson.write(lease))).isEqualTo(lease);
    }

    private Lease issued(LeaseRequest request) {
        return ((Leases.LeaseResult.IssuedLease) leases.issue(SEAL, request)).lease();
    }
}
