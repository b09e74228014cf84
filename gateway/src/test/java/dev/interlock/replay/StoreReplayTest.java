package dev.interlock.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.identity.Kill;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.identity.RemoteMachine;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.ledger.TextErasure;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.store.Database;
import dev.interlock.store.LedgerMark;
import dev.interlock.store.Schema;
import dev.interlock.store.SqliteLedgerMarkStore;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store from a backup, or a new one, beside a ledger that has gone on. */
class StoreReplayTest {

    private static final String ORIGIN = "interlock.example/pocketos";
    private static final String KILL = "K-01M7Z62X6RP94GSCGTYDC7XV80";

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingWorld world = new TestingWorld();
    private final SecureRandom random = new SecureRandom();
    private Seal seal = world.seal();
    private Ledger ledger;
    private Database database;
    private Leases leases;
    private Confirmations confirmations;
    private LimitEnforcer limits;
    private StoreReplay replay;
    private int receipts;
    private boolean sealsTexts;
    private Optional<Path> replicas = Optional.empty();
    private final Map<String, Duration> serving = new HashMap<>();

    @BeforeEach
    void start() throws IOException {
        openLedger("ledger");
        openStore();
    }

    private void openLedger(String name) throws IOException {
        ledger = Ledger.open(
                LedgerConfig.of(ORIGIN, directory.resolve(name), directory.resolve(name + "-state"), Optional.empty())
                        .withSealedTexts(sealsTexts),
                random);
    }

    private void openStore() {
        List<Schema> schemas = new ArrayList<>(SqliteLedgerMarkStore.SCHEMAS);
        schemas.addAll(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqliteHoldStore.SCHEMAS);
        schemas.addAll(SqlitePasskeyStore.SCHEMAS);
        schemas.addAll(SqliteLimitStore.SCHEMAS);
        database = StoreEngine.open(directory.resolve("store.db"), schemas);
        Passkeys passkeys =
                new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at("http://localhost:7412"), clock, random);
        leases = new Leases(new SqliteLeaseStore(database), clock, random, passkeys);
        confirmations = new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, random, passkeys);
        limits = new LimitEnforcer(
                new SqliteLimitStore(database),
                clock,
                clock::nanos,
                leases.kills().orders(),
                random);
        replay = new StoreReplay(
                ledger,
                ORIGIN,
                clock,
                new StoreReplay.Restorable(
                        new SqliteLedgerMarkStore(database),
                        leases,
                        confirmations,
                        passkeys,
                        limits,
                        () -> Optional.of(seal)),
                new StoreReplay.OtherGateways(
                        new LedgerReplicas(replicas, ORIGIN), () -> serving, directory.resolve("store.mark")));
    }

    private List<Long> marks() {
        return new SqliteLedgerMarkStore(database)
                .all().stream().map(LedgerMark::size).toList();
    }

    @AfterEach
    void close() throws IOException {
        database.close();
        ledger.close();
    }

    private void restart() throws IOException {
        ledger.close();
        openLedger("ledger");
        restartOverIt();
    }

    private void restartOverIt() {
        database.close();
        openStore();
    }

    /** Returns the sentences about what was restored. */
    private List<String> replayed() throws IOException {
        return replay.run().map(StoreReplay.StoreLag::restored).orElse(List.of());
    }

    private String append(Receipt.Kind kind, Json.Members members) throws IOException {
        String id = String.format(Locale.ROOT, "R-01JD%022d", receipts++);
        ledger.appendForPeople(new Receipt(id, kind, clock.instant(), ORIGIN, members));
        return id;
    }

    private void act(String command, Json.Members members) throws IOException {
        append(Receipt.Kind.ADMIN, members.with("command", command).with("peer", "root"));
    }

    private String lease() {
        Leases.LeaseResult issued = leases.issue(seal, LeaseRequest.readOnly("jer/cursor", "look", Set.of("staging")));
        return ((Leases.LeaseResult.IssuedLease) issued).lease().id();
    }

    private String hold(String volume) {
        return hold(TestingWorld.deletion(volume, "staging"));
    }

    private String hold(ResolvedAttempt sensed) {
        Confirmations.ParkResult parked = confirmations.open(
                seal,
                sensed,
                new Verdict.Hold(
                        new VerdictReasons(seal.id(), List.of("p1")),
                        new Obligations(
                                Set.of(new Obligations.Quorum(1, "owners")),
                                Duration.ZERO,
                                Optional.empty(),
                                OptionalLong.empty(),
                                false,
                                false)));
        return ((Confirmations.ParkResult.ParkedAttempt) parked).ticket().id();
    }

    private String state(String hold) {
        HoldSigning people = confirmations.confirmers(_ -> true);
        return people.show(seal, hold).orElseThrow().line().state();
    }

    private static Json.Members kill() {
        return Json.object()
                .with("kill", KILL)
                .with("scope", "agent")
                .with("name", "jer/cursor")
                .with("reason", "it runs wild")
                .withTexts("runs", List.of());
    }

    private static Json.Members intent(String hold, String volume) {
        return Json.object()
                .with("agent", "jer/cursor")
                .with("person", "jer")
                .with("task", "look")
                .with("lease", "L-1")
                .with("upstream", "railway")
                .with("hold", hold)
                .with("confirmation", Json.object())
                .withItems(
                        "actions",
                        java.util.stream.Stream.of(Json.object()
                                .with("operation", "railway/volumeDelete")
                                .withTexts("impacts", List.of("destroy"))
                                .withItems(
                                        "resources",
                                        java.util.stream.Stream.of(Json.object()
                                                .with("id", "railway:volume/" + volume)
                                                .withTexts("environments", List.of("staging"))))
                                .withItems("facts", java.util.stream.Stream.of())))
                .with("radius", Json.object().withTexts("lost", List.of("railway:volume/" + volume)));
    }

    @Test
    void aStoreInStepHasNothingToRestore() throws IOException {
        assertThat(replay.run()).isEmpty();
        String lease = lease();
        act("lease.issue", Json.object().with("lease", lease));
        leases.revoke(lease, "it is over");
        act("lease.revoke", Json.object().withTexts("leases", List.of(lease)));
        Kill.KillTarget target = new Kill.KillTarget(Kill.KillScope.AGENT, "jer/cursor");
        String kill = leases.kills().kill(target, "it runs wild", "root").kill().id();
        act("kill", kill().with("kill", kill));
        restart();
        assertThat(replay.run()).isEmpty();
    }

    @Test
    void whatEndedAfterTheBackupStaysEnded() throws IOException {
        String revoked = lease();
        String ofRun = lease();
        String good = lease();
        String used = hold("vol_1");
        String denied = hold("vol_2");
        String open = hold("vol_3");
        replay.run();
        clock.pass(Duration.ofMinutes(5));
        act("lease.revoke", Json.object().withTexts("leases", List.of(revoked)));
        act("kill", kill().withTexts("runs", List.of(ofRun)).withTexts("leases", List.of(good, ofRun)));
        act("hold.deny", Json.object().with("hold", denied).with("reason", "no"));
        String destroyed = append(Receipt.Kind.INTENT, intent(used, "vol_1"));
        append(Receipt.Kind.OUTCOME, Json.object().with("intent", destroyed).with("result", "done"));
        restart();

        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        assertThat(lag.receipts()).isEqualTo(5);
        assertThat(lag.from()).contains(clock.instant().minus(Duration.ofMinutes(5)));
        assertThat(lag.words()).contains(revoked, ofRun, KILL, used, denied, "railway:volume/vol_1");
        assertThat(leases.notEnded(revoked)).isEmpty();
        assertThat(leases.notEnded(ofRun)).isEmpty();
        assertThat(leases.notEnded(good)).as("the kill only stops it").isPresent();
        assertThat(leases.kills().active()).extracting(kill -> kill.kill().id()).containsExactly(KILL);
        assertThat(leases.isKilled(good)).isTrue();
        assertThat(state(used)).isEqualTo("void");
        assertThat(state(denied)).isEqualTo("denied");
        assertThat(state(open)).isEqualTo("open");
        assertThat(limits.freezes().active())
                .singleElement()
                .satisfies(freeze -> assertThat(freeze.intent()).isEqualTo(destroyed));

        restart();
        assertThat(replay.run()).as("it is in step from now on").isEmpty();
        assertThat(leases.kills().active()).hasSize(1);
    }

    /** Returns the name of a grant of three more calls. */
    private String grant(String volume) {
        String hold = hold(TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, volume, "{}", "staging"));
        HoldSigning people = confirmations.confirmers(_ -> true);
        CallGrant more = new CallGrant(3, clock.instant().plus(Duration.ofHours(2)));
        byte[] list = people.showSet(seal, hold, Optional.of(more))
                .orElseThrow()
                .statement()
                .toArray();
        String signature = new ConfirmationSignature(
                        Optional.of(StatementList.read(list)),
                        PersonSignature.parse(world.ann.sign(Statement.NAMESPACE, list)))
                .text();
        assertThat(people.sign(seal, hold, signature, Optional.empty(), _ -> {}))
                .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        return "G-" + hold.substring(2);
    }

    @Test
    void aGrantThatWasRevokedOrUsedAfterTheBackupStaysSo() throws IOException {
        seal = seal.with(parts -> parts.approvals =
                parts.approvals.granting(Optional.of(new CallGrant.GrantLimit(3, Duration.ofHours(8)))));
        String revoked = grant("vol_1");
        String used = grant("vol_2");
        replay.run();
        clock.pass(Duration.ofMinutes(5));
        act("grant.revoke", Json.object().with("grant", revoked).with("reason", "no"));
        append(
                Receipt.Kind.INTENT,
                intent("H-none", "vol_2").without(List.of("hold")).with("grant", used));
        restart();

        assertThat(replay.run().orElseThrow().words()).contains(revoked, used);
        assertThat(confirmations.confirmers(_ -> true).grants(seal))
                .singleElement()
                .satisfies(grant -> {
                    assertThat(grant.id()).isEqualTo(used);
                    assertThat(grant.used()).isEqualTo(1);
                });
    }

    @Test
    void aMachineThatEndedAfterTheBackupStaysEnded() throws IOException {
        String id = leases.machines().newId();
        leases.machines()
                .add(new RemoteMachine(
                        id,
                        "its print",
                        LeaseRequest.readOnly("jer/cursor", "look", Set.of("staging")),
                        "root",
                        clock.instant(),
                        clock.instant().plus(Duration.ofDays(1)),
                        Optional.empty(),
                        Optional.empty()));
        String lease = ((Leases.LeaseResult.IssuedLease) leases.issueToMachine(seal, id))
                .lease()
                .id();
        replay.run();
        clock.pass(Duration.ofMinutes(5));
        act(
                "remote.end",
                Json.object().with("machine", id).with("reason", "lost").withTexts("leases", List.of(lease)));
        restart();
        assertThat(replay.run().orElseThrow().words()).contains(id, lease);
        assertThat(leases.machines().withCertificate("its print")).isEmpty();
        assertThat(leases.notEnded(lease)).isEmpty();
    }

    @Test
    void whatWasLiftedOrDidNotHappenIsNotRestored() throws IOException {
        replay.run();
        String hold = hold("vol_1");
        clock.pass(Duration.ofMinutes(5));
        act("kill", kill());
        act("kill.lift", kill().with("result", "accepted"));
        act("lease.revoke", Json.object().with("result", "refused").withTexts("leases", List.of(lease())));
        String refused = append(Receipt.Kind.INTENT, intent(hold, "vol_1"));
        append(Receipt.Kind.OUTCOME, Json.object().with("intent", refused).with("result", "refused"));
        restart();
        assertThat(replayed()).isEmpty();
        assertThat(leases.kills().active()).isEmpty();
        assertThat(state(hold)).isEqualTo("open");
        assertThat(limits.freezes().active()).isEmpty();
    }

    @Test
    void aRejectedLiftLeavesTheKill() throws IOException {
        replay.run();
        act("kill", kill());
        act("kill.lift", kill().with("result", "rejected"));
        restart();
        assertThat(replayed()).hasSize(1);
        assertThat(leases.kills().active()).hasSize(1);
    }

    /** The seal is recorded before the store is compared for the first time. */
    @Test
    void nothingIsSaidWhenBothAreNew() throws IOException {
        act("seal.apply", Json.object());
        assertThat(replay.run()).isEmpty();
    }

    @Test
    void aNewStoreTakesEverythingUpAndSaysThatItIsNew() throws IOException {
        replay.run();
        act("kill", kill());
        String destroyed = append(Receipt.Kind.INTENT, intent("H-of-the-lost-store", "vol_1"));
        database.close();
        ledger.close();
        StoreEngine.remove(directory.resolve("store.db"));
        openLedger("ledger");
        openStore();
        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        assertThat(lag.words()).contains("The store is new", "the ledger has 2 receipts.", KILL);
        assertThat(leases.kills().active()).hasSize(1);
        assertThat(limits.freezes().active())
                .singleElement()
                .satisfies(freeze -> assertThat(freeze.intent()).isEqualTo(destroyed));
    }

    private void eraseAll() throws IOException {
        new TextErasure(ledger, _ -> {}, act -> append(Receipt.Kind.ADMIN, act)).tidy(Optional.of(Instant.MAX));
    }

    /** What must be frozen again is in a text that somebody has had erased. */
    @Test
    void everythingStopsIfWhatWasDestroyedIsErased() throws IOException {
        sealsTexts = true;
        String used = hold("vol_1");
        restart();
        replay.run();
        clock.pass(Duration.ofMinutes(5));
        String destroyed = append(Receipt.Kind.INTENT, intent(used, "vol_1"));
        append(Receipt.Kind.OUTCOME, Json.object().with("intent", destroyed).with("result", "done"));
        eraseAll();
        restart();
        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        assertThat(lag.words()).contains(used, "Everything is stopped", "are erased, such as of " + destroyed);
        assertThat(lag.stopped()).isPresent();
        assertThat(state(used)).isEqualTo("void");
        restart();
        assertThat(replay.run()).as("people were told once").isEmpty();
    }

    @Test
    void everythingStopsIfWhatLimitsCountIsErased() throws IOException {
        sealsTexts = true;
        restart();
        replay.run();
        clock.pass(Duration.ofMinutes(5));
        append(Receipt.Kind.INTENT, intent("H-1", "vol_1").without(Set.of("confirmation", "hold")));
        eraseAll();
        SealLimits.ActionSelector all = new SealLimits.ActionSelector(Set.of(), Set.of(), Set.of(), Map.of());
        SealLimits.Budget one = new SealLimits.Budget(
                "one", Set.of(SealLimits.GroupingKey.AGENT), all, 1, Duration.ofHours(1), Optional.empty());
        seal = seal.with(parts -> parts.limits = new SealLimits(Map.of("one", one), Map.of()));
        restart();
        assertThat(replay.run().flatMap(StoreReplay.StoreLag::stopped)).isPresent();
    }

    @Test
    void callsOfThatTimeCountAgainstTheLimits() throws IOException {
        SealLimits.ActionSelector all = new SealLimits.ActionSelector(Set.of(), Set.of(), Set.of(), Map.of());
        SealLimits.Budget one = new SealLimits.Budget(
                "one", Set.of(SealLimits.GroupingKey.AGENT), all, 1, Duration.ofHours(1), Optional.empty());
        seal = seal.with(parts -> parts.limits = new SealLimits(Map.of("one", one), Map.of()));
        restart();
        replay.run();
        clock.pass(Duration.ofMinutes(5));
        String sent = append(Receipt.Kind.INTENT, intent("H-1", "vol_1").without(Set.of("confirmation", "hold")));
        append(Receipt.Kind.OUTCOME, Json.object().with("intent", sent).with("result", "unknown"));
        String unsent = append(Receipt.Kind.INTENT, intent("H-1", "vol_2").without(Set.of("confirmation", "hold")));
        append(Receipt.Kind.OUTCOME, Json.object().with("intent", unsent).with("result", "refused"));
        restart();
        assertThat(replayed()).containsExactly("1 calls count against the limits again.");
        Verdict verdict = limits.limited(
                seal,
                TestingWorld.deletion("vol_9", "staging"),
                new Verdict.Permit(new VerdictReasons(seal.id(), List.of("p1"))));
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
    }

    /** The ledger was put back, or cut: everything that the store knows beyond it would be unproven. */
    @Test
    void aLedgerThatLacksReceiptsOfTheStoreIsRefused() throws IOException {
        act("kill", kill());
        replay.run();
        ledger.close();
        openLedger("older");
        restartOverIt();
        assertThatThrownBy(replay::run)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("truncated")
                .hasMessageContaining("replica");
    }

    /** What the end of a gateway writes comes long after its last call. */
    @Test
    void aGatewayThatHadNothingToDoIsInStep() throws IOException {
        replay.run();
        for (int i = 0; i < 20; i++) {
            clock.pass(Duration.ofSeconds(10));
            replay.mark();
        }
        act("daemon.stop", Json.object());
        restart();
        assertThat(replay.run()).isEmpty();
    }

    /** Another gateway has served meanwhile, and the start closes what a crash left open or records a seal. */
    @Test
    void whatTheStartWritesDoesNotMakeTheStoreOld() throws IOException {
        replay.run();
        act("seal.adopt", Json.object());
        clock.pass(Duration.ofDays(3));
        restart();
        act("seal.adopt", Json.object());
        assertThat(replay.run()).isEmpty();
    }

    @Test
    void theMarkFollowsAndStaysWhereAnEndCouldNotBeStored() throws IOException {
        replay.run();
        act("kill", kill());
        replay.mark();
        assertThat(marks()).as("one call later").containsExactly(0L);
        replay.mark();
        assertThat(marks()).containsExactly(1L);
    }

    private static final String OTHER = "interlock.example/other";

    /** Another gateway of the store, with a ledger and a copy of it; it serves and marks, and then ends. */
    private final class OtherGateway implements AutoCloseable {
        private final Ledger log;
        private final String name;

        OtherGateway() throws IOException {
            this("other");
        }

        OtherGateway(String last) throws IOException {
            replicas = Optional.of(directory.resolve("replicas"));
            name = "interlock.example/" + last;
            log = Ledger.open(
                    LedgerConfig.of(
                            name,
                            directory.resolve(last),
                            directory.resolve(last + "-state"),
                            Optional.of(directory.resolve("replicas").resolve(last))),
                    random);
        }

        /** Marks the store as in step with what the log has by now. */
        void mark() {
            mark(log.status().size());
        }

        void mark(long size) {
            new SqliteLedgerMarkStore(database)
                    .write(new LedgerMark(
                            name, size, clock.instant(), log.verifierKey().toString()));
        }

        void act(String command, Json.Members members) throws IOException {
            append(Receipt.Kind.ADMIN, members.with("command", command).with("peer", "root"));
        }

        String append(Receipt.Kind kind, Json.Members members) throws IOException {
            String id = String.format(Locale.ROOT, "R-01JD%022d", receipts++);
            log.appendForPeople(new Receipt(id, kind, clock.instant(), name, members));
            return id;
        }

        @Override
        public void close() throws IOException {
            log.close();
        }
    }

    /** The backup is older than both ledgers. The first gateway that serves again is not the one that people used. */
    @Test
    void whatPeopleStoppedAtAnotherGatewayStaysStopped() throws IOException {
        String used = hold("vol_1");
        String lease = lease();
        replay.run();
        String destroyed;
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark();
            clock.pass(Duration.ofMinutes(5));
            other.act("kill", kill().withTexts("runs", List.of(lease)));
            destroyed = other.append(Receipt.Kind.INTENT, intent(used, "vol_1"));
            other.append(
                    Receipt.Kind.OUTCOME,
                    Json.object().with("intent", destroyed).with("result", "done"));
        }
        restart();
        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        assertThat(lag.receipts()).isEqualTo(3);
        assertThat(lag.words()).contains(KILL, lease, used, "railway:volume/vol_1");
        assertThat(lag.stopped()).isEmpty();
        assertThat(leases.kills().active()).extracting(kill -> kill.kill().id()).containsExactly(KILL);
        assertThat(limits.freezes().active()).hasSize(1);
        assertThat(state(used)).isEqualTo("void");
        assertThat(confirmations.isCertainlyUnused(used, destroyed)).isFalse();
        assertThat(confirmations.isCertainlyUnused(used, "R-another")).isTrue();
        restart();
        assertThat(replay.run()).as("its copy was read, and marked").isEmpty();
    }

    @Test
    void aKillThatPeopleLiftedAtAnotherGatewayIsNotRestored() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.mark();
            clock.pass(Duration.ofMinutes(5));
            act("kill", kill());
            other.act("kill.lift", kill().with("result", "accepted"));
        }
        restart();
        assertThat(replayed()).isEmpty();
        assertThat(leases.kills().active()).isEmpty();
    }

    /** A gateway that serves has compared its own ledger; what it does just now is not over. */
    @Test
    void theLedgerOfAGatewayThatServesIsItsOwnBusiness() throws IOException {
        String held = hold("vol_1");
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.mark();
            other.append(Receipt.Kind.INTENT, intent(held, "vol_1"));
        }
        serving.put(OTHER, Duration.ofHours(1));
        restart();
        assertThat(replay.run()).isEmpty();
        assertThat(state(held)).isEqualTo("open");
        serving.clear();
        assertThat(replayed()).as("the use, and what it may have destroyed").hasSize(2);
        assertThat(state(held)).isEqualTo("void");
    }

    @Test
    void everythingStopsIfTheLedgerOfAnotherGatewayCannotBeRead() throws IOException {
        String lease = lease();
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark();
            clock.pass(Duration.ofMinutes(5));
            act("seal.adopt", Json.object());
            other.act("kill", kill());
        }
        Path copy = directory.resolve("replicas").resolve("other");
        Path segment = copy.resolve("segments").resolve("00000000000000000000.segment");
        byte[] sound = Files.readAllBytes(segment);
        byte[] altered = sound.clone();
        altered[100] ^= 1;
        Files.write(segment, altered);
        Files.walk(copy.resolve("tile"))
                .filter(Files::isRegularFile)
                .forEach(file -> assertThat(file.toFile().delete()).isTrue());
        restart();

        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        String stop = lag.stopped().orElseThrow().text("kill");
        assertThat(lag.words()).contains("Everything is stopped by " + stop, OTHER, "lift the kill");
        assertThat(leases.kills().active())
                .singleElement()
                .satisfies(kill -> assertThat(kill.kill().target()).isEqualTo(Kill.KillTarget.EVERYTHING));
        assertThat(leases.notEnded(lease)).isEmpty();

        restart();
        assertThat(replay.run()).as("people were told once").isEmpty();

        replicas = Optional.empty();
        Files.write(segment, sound);
        restart();
        assertThat(replay.run()).isEmpty();
    }

    /** Both refused calls while the database was gone. Only what a crash can leave is wrong with the copy of one. */
    @Test
    void nothingStopsIfTheLedgerOfALiveGatewayMoves() throws Exception {
        replay.run();
        try (OtherGateway ahead = new OtherGateway();
                OtherGateway moving = new OtherGateway("moving")) {
            ahead.mark();
            moving.mark();
            clock.pass(Duration.ofMinutes(5));
            ahead.act("seal.adopt", Json.object());
            moving.act("seal.adopt", Json.object());
        }
        Path copy = directory.resolve("replicas").resolve("moving");
        Files.delete(copy.resolve("tile/entries/000.p/1"));
        Files.createFile(copy.resolve("tile/entries/000.p/2"));
        restart();
        assertThat(replay.run().orElseThrow().stopped()).isEmpty();
        assertThat(leases.kills().active()).isEmpty();
    }

    /** It comes back too, and answers for its ledger, whatever its copy is like. */
    @Test
    void aGatewayThatIsBackWaitsForTheOthers() throws Exception {
        replay.run();
        try (OtherGateway ahead = new OtherGateway();
                OtherGateway _ = new OtherGateway("lost")) {
            ahead.mark();
            clock.pass(Duration.ofMinutes(5));
            ahead.act("kill", kill());
        }
        new SqliteLedgerMarkStore(database).write(new LedgerMark("interlock.example/lost", 9, clock.instant(), "k"));
        act("kill", kill().with("kill", KILL.replace("01M7", "01M8")).with("name", "jer/other"));
        restartOverIt();
        assertThat(replay.again().orElseThrow().words())
                .as("what is its own, so that others need not wait for it")
                .contains("01M8");
        assertThat(replay.awaited()).containsExactly(OTHER);
        serving.put(OTHER, Duration.ofSeconds(30));
        assertThat(replay.awaited()).as("it has just joined").containsExactly(OTHER);
        serving.put(OTHER, Duration.ofHours(1));
        assertThat(replay.awaited()).isEmpty();
        assertThat(replay.finish()).isEmpty();
        assertThat(leases.kills().active()).hasSize(1);
        serving.clear();
        assertThat(replay.finish()).as("it is over").isEmpty();
        assertThat(replay.again()).isEmpty();
        assertThat(replay.awaited()).containsExactly(OTHER);
        clock.pass(Duration.ofSeconds(10));
        assertThat(replay.awaited()).as("it does not come back").isEmpty();
        assertThat(replay.finish().orElseThrow().stopped()).isPresent();
        assertThat(leases.kills().active()).extracting(kill -> kill.kill().id()).contains(KILL);
    }

    /** Puts the store back to five minutes ago, when another gateway had last written; its ledger is not there now. */
    private void putBackAStoreOfTwo() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark();
        }
        List<LedgerMark> backup = new SqliteLedgerMarkStore(database).all();
        clock.pass(Duration.ofMinutes(5));
        replay.mark();
        backup.forEach(new SqliteLedgerMarkStore(database)::write);
        replicas = Optional.empty();
    }

    /** A backup was put back while this gateway ran: nobody is waited for, and no other ledger is left out. */
    @Test
    void anOlderStoreIsComparedWithAllLedgersAtOnce() throws Exception {
        putBackAStoreOfTwo();
        restartOverIt();
        assertThat(replay.again().orElseThrow().stopped()).isPresent();
        assertThat(replay.awaited()).isEmpty();
        assertThat(replay.finish()).isEmpty();
    }

    @Test
    void aCopyWithLessThanTheStoreKnowsIsNoLedger() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark(2);
            clock.pass(Duration.ofMinutes(5));
            act("seal.adopt", Json.object());
        }
        restart();
        assertThat(replay.run().orElseThrow().stopped()).isPresent();
    }

    @Test
    void aShortCopyOfALostLedgerSaysWhatItLacks() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark(3);
        }
        restart();
        assertThat(replay.takeUp(OTHER, Optional.empty()).restored())
                .containsExactly("This copy is old: it lacks 2 receipts that the store knows.");
    }

    /** All of a ledger counts once it can be read, also what the store knew before it was restored. */
    @Test
    void aLedgerThatIsFoundLaterIsReadFromItsBeginning() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark();
            clock.pass(Duration.ofMinutes(5));
            act("seal.adopt", Json.object());
            other.act("kill", kill());
        }
        Optional<Path> found = replicas;
        replicas = Optional.empty();
        restart();
        assertThat(replay.run().orElseThrow().stopped()).isPresent();
        replicas = found;
        restart();
        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        assertThat(lag.stopped()).isEmpty();
        assertThat(lag.words()).contains(KILL);
        assertThat(leases.kills().active()).hasSize(2);
    }

    /** The store was restored without this ledger, and knows neither the hold nor what was lost. */
    @Test
    void aLedgerThatIsTakenUpLaterRestoresAllOfIt() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark();
            clock.pass(Duration.ofMinutes(5));
            act("seal.adopt", Json.object());
            other.append(Receipt.Kind.INTENT, intent("H-gone", "vol_1"));
        }
        Path copy = replicas.orElseThrow().resolve("other");
        replicas = Optional.empty();
        restart();
        assertThat(replay.run().orElseThrow().stopped()).isPresent();
        assertThat(replay.takeUp(OTHER, Optional.of(copy)).restored())
                .contains("These resources are frozen again: railway:volume/vol_1.");
    }

    @Test
    void everythingStopsIfAYoungerSealIsLost() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.mark();
            clock.pass(Duration.ofMinutes(5));
            other.act("seal.adopt", Json.object().with("sequence", seal.sequence()));
            restart();
            assertThat(replay.run().flatMap(StoreReplay.StoreLag::stopped)).isEmpty();
            clock.pass(Duration.ofMinutes(5));
            other.act("seal.adopt", Json.object().with("sequence", seal.sequence() + 1));
        }
        restart();
        StoreReplay.StoreLag lag = replay.run().orElseThrow();
        assertThat(lag.stopped()).isPresent();
        assertThat(lag.words()).contains("the store has only seal " + seal.sequence(), "Seal again");
    }

    /** This gateway had nothing to record since the backup, and still knows that the store was put back. */
    @Test
    void anIdleGatewayKnowsAnOlderStore() throws IOException {
        putBackAStoreOfTwo();
        restart();
        assertThat(replay.run().orElseThrow().stopped()).isPresent();
    }

    @Test
    void whatALostGatewayCouldNotStoreIsTakenUp() throws IOException {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.mark();
            other.act("kill", kill());
        }
        restart();
        assertThat(replay.takeUp(OTHER, Optional.empty()).restored())
                .singleElement()
                .asString()
                .contains(KILL);
        assertThat(replay.takeUp(OTHER, replicas.map(all -> all.resolve("other")))
                        .restored())
                .isEmpty();
        assertThat(marks()).containsExactly(1L, 0L);
    }
}
