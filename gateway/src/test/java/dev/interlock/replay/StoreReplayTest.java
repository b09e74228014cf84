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
import dev.interlock.evidence.GzipFile;
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
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
    private Duration patience = Duration.ofMinutes(1);
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
                        new LedgerReplicas(replicas, ORIGIN), () -> serving, directory.resolve("store.mark")),
                patience);
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

    static Json.Members intent(String hold, String volume) {
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
        String hold = hold(TestingWorld.resolved(
                "L-1", "volumeUpdate", Impact.WRITE, volume, TestingWorld.body(volume), "staging"));
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

    private String machine() {
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
        return id;
    }

    @Test
    void aMachineThatEndedAfterTheBackupStaysEnded() throws IOException {
        String id = machine();
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
        assertThat(replayed())
                .containsExactly(
                        "These resources are frozen again: railway:volume/vol_1.",
                        "1 calls count against the limits again.");
        Verdict verdict = limits.limited(
                seal,
                TestingWorld.deletion("vol_9", "staging"),
                new Verdict.Permit(new VerdictReasons(seal.id(), List.of("p1"))));
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
    }

    /** How a store steps back: by this much, and by how much it may be found out. */
    enum Loss {
        RESTORED_DUMP(Duration.ofMinutes(10)),
        PROMOTED_REPLICA(Duration.ofSeconds(20));

        final Duration time;

        Loss(Duration time) {
            this.time = time;
        }
    }

    private void backUp() throws Exception {
        database.close();
        StoreEngine.save(directory.resolve("store.db"), directory.resolve("backup"));
        openStore();
    }

    private void putBack() throws Exception {
        database.close();
        ledger.close();
        StoreEngine.putBack(directory.resolve("store.db"), directory.resolve("backup"));
        openLedger("ledger");
        openStore();
    }

    private void limitTo(int calls, SealLimits.GroupingKey per) {
        SealLimits.ActionSelector all = new SealLimits.ActionSelector(Set.of(), Set.of(), Set.of(), Map.of());
        SealLimits.Budget budget =
                new SealLimits.Budget("budget", Set.of(per), all, calls, Duration.ofHours(1), Optional.empty());
        seal = seal.with(parts -> parts.limits = new SealLimits(Map.of("budget", budget), Map.of()));
    }

    private static Json.Members write(String volume) {
        return call("railway/volumeUpdate", "write", volume, Json.object().withTexts("lost", List.of()));
    }

    private static Json.Members call(String operation, String impact, String volume, Json.Members radius) {
        return intent("H-1", volume)
                .without(Set.of("confirmation", "hold", "actions", "radius"))
                .withItems(
                        "actions",
                        java.util.stream.Stream.of(Json.object()
                                .with("operation", operation)
                                .withTexts("impacts", List.of(impact))
                                .withItems(
                                        "resources",
                                        java.util.stream.Stream.of(Json.object()
                                                .with("id", "railway:volume/" + volume)
                                                .withTexts("environments", List.of("staging"))))
                                .withItems("facts", java.util.stream.Stream.of())))
                .with("radius", radius);
    }

    /** Returns whether the limits let a call through, which they count. */
    private boolean sends(String volume) throws IOException {
        ResolvedAttempt sensed = TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, volume, "{}", "staging");
        String intent = append(Receipt.Kind.INTENT, write(volume));
        boolean isSent = limits.release(seal, sensed, new VerdictReasons(seal.id(), List.of("p1")), intent)
                instanceof LimitEnforcer.ReleaseResult.GrantedRelease;
        Json.Members outcome = Json.object().with("intent", intent);
        append(
                Receipt.Kind.OUTCOME,
                isSent
                        ? outcome.with("result", "done").with("answer", Json.object())
                        : outcome.with("result", "refused"));
        return isSent;
    }

    private int sent(int calls) throws IOException {
        int sent = 0;
        for (int i = 0; i < calls; i++) {
            sent += sends("vol_1") ? 1 : 0;
        }
        return sent;
    }

    @ParameterizedTest
    @EnumSource
    void aLimitHoldsAcrossALoss(Loss loss) throws Exception {
        limitTo(40, SealLimits.GroupingKey.AGENT);
        backUp();
        replay.run();
        backUp();
        assertThat(sent(30)).isEqualTo(30);
        clock.pass(loss.time);
        putBack();
        assertThat(replay.run().orElseThrow().words()).contains("30 calls count against the limits again.");
        assertThat(sent(30)).isEqualTo(10);
    }

    @Test
    void nothingIsCountedTwiceIfNothingWasLost() throws Exception {
        limitTo(40, SealLimits.GroupingKey.AGENT);
        restart();
        replay.run();
        assertThat(sent(30)).isEqualTo(30);
        clock.pass(Duration.ofSeconds(20));
        restart();
        assertThat(replay.run()).isEmpty();
        assertThat(sent(30)).isEqualTo(10);
    }

    @Test
    void callsOfAWindowThatHasPassedCountNoMore() throws Exception {
        limitTo(40, SealLimits.GroupingKey.AGENT);
        backUp();
        replay.run();
        backUp();
        assertThat(sent(30)).isEqualTo(30);
        clock.pass(Duration.ofMinutes(61));
        putBack();
        replay.run();
        assertThat(sent(50)).isEqualTo(40);
    }

    /** A receipt does not name the groups of a resource. */
    @Test
    void restoredCallsCountForAnyGroup() throws Exception {
        limitTo(2, SealLimits.GroupingKey.GROUP);
        restart();
        replay.run();
        append(Receipt.Kind.INTENT, write("vol_1"));
        restart();
        replay.run();
        assertThat(sends("vol_8")).isTrue();
        assertThat(sends("vol_8")).isFalse();
    }

    /** A call on its way when the gateway was killed is counted, and no store has stepped back. */
    @Test
    void aCrashIsNoLoss() throws Exception {
        limitTo(1, SealLimits.GroupingKey.AGENT);
        restart();
        replay.run();
        String open = append(Receipt.Kind.INTENT, write("vol_1"));
        append(Receipt.Kind.OUTCOME, Json.object().with("intent", open).with("result", "unknown"));
        restart();
        assertThat(replay.run()).isEmpty();
        assertThat(sends("vol_8")).isFalse();
    }

    /** What a receipt records as decided, and whether it holds. */
    private record Fact(String name, BooleanSupplier holds) {}

    /** Decides everything that tightens, after the backup. */
    private List<Fact> decideAll() throws IOException {
        List<Fact> facts = new ArrayList<>();
        String revoked = lease();
        String ofRun = lease();
        String machine = machine();
        String machinesLease = ((Leases.LeaseResult.IssuedLease) leases.issueToMachine(seal, machine))
                .lease()
                .id();
        String denied = hold("vol_2");
        String used = hold("vol_3");
        String elevated = hold("vol_4");
        String spent = grant("vol_5");
        String withdrawn = grant("vol_6");
        facts.add(new Fact("revoked lease", () -> leases.notEnded(revoked).isEmpty()));
        facts.add(new Fact("ended run", () -> leases.notEnded(ofRun).isEmpty()));
        facts.add(new Fact(
                "ended machine",
                () -> leases.machines().withCertificate("its print").isEmpty()));
        facts.add(new Fact("its lease", () -> leases.notEnded(machinesLease).isEmpty()));
        facts.add(new Fact(
                "kill",
                () -> leases.kills().active().stream()
                        .anyMatch(one -> one.kill().id().equals(KILL))));
        facts.add(new Fact(
                "lifted kill",
                () -> leases.kills().active().stream()
                        .noneMatch(one -> one.kill().target().name().equals("jer/lifted"))));
        facts.add(new Fact("denied hold", () -> state(denied).equals("denied")));
        facts.add(new Fact("used hold", () -> state(used).equals("void")));
        facts.add(new Fact("given elevation", () -> !state(elevated).equals("open")));
        facts.add(new Fact(
                "used grant",
                () -> confirmations.confirmers(_ -> true).grants(seal).stream()
                        .anyMatch(grant -> grant.id().equals(spent) && grant.used() == 1)));
        facts.add(new Fact(
                "revoked grant",
                () -> confirmations.confirmers(_ -> true).grants(seal).stream()
                        .noneMatch(grant -> grant.id().equals(withdrawn))));
        facts.add(new Fact("freeze after a confirmed call", () -> isFrozen("vol_3")));
        facts.add(new Fact("freeze after a permitted call", () -> isFrozen("vol_7")));
        facts.add(new Fact("lifted freeze", () -> !isFrozen("vol_10")));
        facts.add(new Fact("no freeze after a failure", () -> !isFrozen("vol_9")));
        facts.add(new Fact("counted calls", () -> limits.uncounted(counted).isEmpty()));
        decisions = () -> {
            act("lease.revoke", Json.object().withTexts("leases", List.of(revoked)));
            act("run.close", Json.object().withTexts("leases", List.of(ofRun)));
            act("remote.end", Json.object().with("machine", machine).withTexts("leases", List.of(machinesLease)));
            act("kill", kill());
            Json.Members other =
                    kill().with("kill", KILL.replace("01M7", "01M8")).with("name", "jer/lifted");
            act("kill", other);
            act("kill.lift", other.with("result", "accepted"));
            act("hold.deny", Json.object().with("hold", denied).with("reason", "no"));
            act("elevation.give", Json.object().with("hold", elevated));
            act("grant.revoke", Json.object().with("grant", withdrawn));
            counted.add(append(Receipt.Kind.INTENT, write("vol_5").with("grant", spent)));
            counted.add(append(Receipt.Kind.INTENT, intent(used, "vol_3")));
            counted.add(append(Receipt.Kind.INTENT, destroying("vol_7")));
            String lifted = append(Receipt.Kind.INTENT, destroying("vol_10"));
            act("freeze.lift", Json.object().with("intent", lifted));
            String failed = append(Receipt.Kind.INTENT, destroying("vol_9"));
            append(
                    Receipt.Kind.OUTCOME,
                    Json.object()
                            .with("intent", failed)
                            .with("result", "failed")
                            .with("answer", Json.object()));
        };
        return facts;
    }

    private static Json.Members destroying(String volume) {
        return call(
                "railway/volumeDelete",
                "destroy",
                volume,
                Json.object().withTexts("lost", List.of("railway:volume/" + volume)));
    }

    private boolean isFrozen(String volume) {
        return limits.freezes().active().stream()
                .anyMatch(freeze -> freeze.words().contains("railway:volume/" + volume));
    }

    private final List<String> counted = new ArrayList<>();

    private interface Decisions {
        void make() throws IOException;
    }

    private Decisions decisions = () -> {};

    @ParameterizedTest
    @EnumSource
    void whatReceiptsRecordHoldsAfterALoss(Loss loss) throws Exception {
        seal = seal.with(parts -> parts.approvals =
                parts.approvals.granting(Optional.of(new CallGrant.GrantLimit(3, Duration.ofHours(8)))));
        limitTo(40, SealLimits.GroupingKey.AGENT);
        backUp();
        List<Fact> facts = decideAll();
        replay.run();
        backUp();
        decisions.make();
        clock.pass(loss.time);
        putBack();
        replay.run();
        assertThat(facts)
                .allSatisfy(fact ->
                        assertThat(fact.holds().getAsBoolean()).as(fact.name()).isTrue());
        LedgerMark behind =
                new LedgerMark(ORIGIN, 0, clock.instant(), ledger.verifierKey().toString());
        new SqliteLedgerMarkStore(database).write(behind);
        restartOverIt();
        replay.run();
        assertThat(facts)
                .as("a second time changes nothing")
                .allSatisfy(fact ->
                        assertThat(fact.holds().getAsBoolean()).as(fact.name()).isTrue());
        assertThat(limits.freezes().active()).hasSize(2);
    }

    /** Other parts of the resource are still there. */
    @Test
    void nothingFreezesWhatLostAPart() throws IOException {
        replay.run();
        Json.Members whole = destroying("vol_7");
        Json.Members action = whole.objects("actions").getFirst();
        append(
                Receipt.Kind.INTENT,
                whole.without(Set.of("actions"))
                        .withItems(
                                "actions",
                                java.util.stream.Stream.of(action.without(Set.of("facts"))
                                        .withItems(
                                                "facts",
                                                java.util.stream.Stream.of(Json.object()
                                                        .with("name", "destroys")
                                                        .with("value", "only a part of it")
                                                        .with("provenance", "sealed"))))));
        restart();
        assertThat(replay.run()).isEmpty();
        assertThat(limits.freezes().active()).isEmpty();
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
        assertThat(replay.again())
                .as("nothing is served before all is compared")
                .isEmpty();
        replay.mark();
        assertThat(replay.awaited()).as("no copy is there to be read").isEmpty();
        assertThat(replay.finish().orElseThrow().stopped()).isPresent();
        assertThat(replay.finish()).as("it is over").isEmpty();
    }

    /** It joined after the backup, so the store does not name its key. */
    @Test
    void aLedgerThatTheOlderStoreDoesNotKnowIsMissing() throws Exception {
        replay.run();
        List<LedgerMark> backup = new SqliteLedgerMarkStore(database).all();
        try (OtherGateway other = new OtherGateway()) {
            other.act("kill", kill());
        }
        clock.pass(Duration.ofMinutes(5));
        replay.mark();
        backup.forEach(new SqliteLedgerMarkStore(database)::write);
        restartOverIt();
        assertThat(replay.again()).isEmpty();
        assertThat(replay.finish().orElseThrow().words()).contains("people had stopped at " + OTHER);
    }

    /** Reading all of a long log takes minutes, in which nothing is served. */
    @Test
    void onlyWhatIsBeyondTheMarkIsRead() throws Exception {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            for (int i = 0; i < 600; i++) {
                other.act("daemon.start", Json.object());
            }
            other.mark();
            other.act("kill", kill());
        }
        Path early = directory.resolve("replicas/other/tile/entries/000");
        Files.deleteIfExists(GzipFile.stored(early));
        Files.writeString(early, "not what its gateway signed");
        restartOverIt();
        assertThat(replay.again()).isEmpty();
        clock.pass(Duration.ofSeconds(10));
        assertThat(replay.finish().orElseThrow().words()).contains(KILL);
        assertThat(leases.kills().active()).extracting(kill -> kill.kill().id()).containsExactly(KILL);
    }

    /** A copy on a disk that hangs: whoever opens a pipe waits for the other end. */
    @Test
    @Tag("process")
    void everythingStopsIfALogIsNotReadInTime() throws Exception {
        replay.run();
        try (OtherGateway other = new OtherGateway()) {
            other.act("daemon.start", Json.object());
            other.mark();
            other.act("kill", kill());
        }
        Path segment = directory.resolve("replicas/other/segments/00000000000000000000.segment");
        Path sound = Files.move(segment, directory.resolve("sound"));
        assertThat(new ProcessBuilder("mkfifo", segment.toString()).start().waitFor())
                .isZero();
        patience = Duration.ZERO;
        restartOverIt();
        assertThat(replay.again()).isEmpty();
        assertThat(replay.awaited()).containsExactly(OTHER);
        clock.pass(Duration.ofSeconds(10));
        assertThat(replay.awaited()).isEmpty();
        StoreReplay.StoreLag lag = replay.finish().orElseThrow();
        assertThat(lag.words()).contains("Everything is stopped", "nobody knows what people had stopped at " + OTHER);
        assertThat(lag.stopped()).isPresent();
        assertThat(leases.kills().active())
                .extracting(kill -> kill.kill().target())
                .containsExactly(Kill.KillTarget.EVERYTHING);

        assertThat(replay.again()).isEmpty();
        clock.pass(Duration.ofSeconds(10));
        assertThat(replay.finish()).as("people were told once").isEmpty();
        Files.writeString(segment, ""); // it answers
        Files.delete(segment);
        Files.move(sound, segment);
        restart();
        assertThat(replay.run().orElseThrow().words())
                .as("what it holds counts once it can be read")
                .contains(KILL);
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
