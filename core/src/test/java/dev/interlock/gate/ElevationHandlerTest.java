package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.identity.Kill;
import dev.interlock.identity.Leases;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that only people widen a lease, for a while, by exactly what they signed for. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // what is not woken waits for five minutes
final class ElevationHandlerTest {

    private static final String POLICY = GateFixture.CEDAR + """

            @id("read-anywhere")
            permit (principal, action in Impact::Action::"read", resource);

            @id("an-owner-may-let-an-agent-destroy-in-production")
            @confirm("1 of owners")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"production");

            @id("never-there")
            forbid (principal, action in Impact::Action::"write", resource in Environment::"production");
            """;
    private static final String WITH_OTHER = POLICY + """

            @id("somebody-else")
            @confirm("1 of owners") @other
            permit (principal, action in Impact::Action::"credential", resource in Environment::"production");
            """;
    private static final String ASKED = "{\"environments\":[\"production\",\"staging\"],\"impacts\":[\"read\","
            + "\"destroy\"],\"minutes\":10,\"reason\":\"the volume is shared\"}";
    private static final Elevation ELEVATION = new Elevation(
            Set.of("production", "staging"), Set.of(Impact.READ, Impact.DESTROY), Set.of(), Duration.ofMinutes(10));
    private static final HttpCall SHARED = GateFixture.deletion("vol-shared");

    /** A write to a resource that nobody has placed, which therefore counts as production. */
    private static final HttpCall WRITE =
            GateFixture.document("mutation { volumeInstanceBackupCreate(volumeInstanceId: \"vi-1\") { workflowId } }");

    @TempDir
    private Path directory;

    private GateFixture house;
    private final ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, "", POLICY);
    }

    @AfterEach
    void close() throws IOException {
        house.gate.endWaits();
        agents.close();
        house.close();
    }

    private ElevationRequests.Result ask(String body) {
        return house.elevate(new ElevationRequests.Subject.NewElevation(Bytes.utf8(body)), Duration.ZERO, house.token);
    }

    private ElevationRequests.Result news(String hold) {
        return house.elevate(new ElevationRequests.Subject.ElevationQuery(hold), Duration.ZERO, house.token);
    }

    private String asked() {
        return told(ask(ASKED)).hold();
    }

    private static ElevationRequests.Result.ElevationReport told(ElevationRequests.Result elevated) {
        assertThat(elevated).isInstanceOf(ElevationRequests.Result.ElevationReport.class);
        return (ElevationRequests.Result.ElevationReport) elevated;
    }

    private static Refusal refused(ElevationRequests.Result elevated) {
        assertThat(elevated).isInstanceOf(ElevationRequests.Result.RefusedElevation.class);
        return ((ElevationRequests.Result.RefusedElevation) elevated).refusal();
    }

    private static Refusal refused(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    @Test
    void aSignedElevationCanBeQueriedForALimitedTime() throws IOException {
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        String hold = asked();
        assertThat(refused(house.send(SHARED)).elevation()).isPresent(); // the request alone grants nothing
        house.sign(hold);
        ElevationRequests.Result.ElevationReport given = told(news(hold));
        assertThat(given.isGranted()).isTrue();
        assertThat(given.members().text("state")).isEqualTo("given");

        Outcome<String> held = house.send(SHARED); // its obligation stays
        assertThat(held).isInstanceOf(Outcome.Held.class);
        house.sign(((Outcome.Held<String>) held).hold());
        house.clock.pass(Duration.ofMinutes(9));
        assertThat(house.send(SHARED)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.INTENT).getLast().members().text("elevation"))
                .isEqualTo(hold);
        house.clock.pass(Duration.ofMinutes(1));
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        assertThat(house.administered().stream()
                        .map(receipt -> receipt.members().text("command")))
                .contains("elevation.ask", "elevation.give");
    }

    /** People are notified once, with the address of the page and its name in the log. */
    @Test
    void anElevationRequestNotifiesPeopleOnce() throws IOException {
        ElevationRequests.Result.ElevationReport open = told(ask(ASKED));
        assertThat(told(ask(ASKED)).receipt()).isEmpty();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.HOLD_OPENED);
        assertThat(house.alerts.getFirst().facts()).containsEntry(Alert.HOLD, open.hold());
        assertThat(open.receipt()).isNotEmpty();
        assertThat(house.alerts.getFirst().receipt()).contains(open.receipt());
        assertThat(house.administered().getLast().id()).isEqualTo(open.receipt());
    }

    @Test
    void callsWithinElevationAndPolicyAreSent() {
        HttpCall read = GateFixture.document("query { environment(id: \"env-of-nobody\") { id } }");
        assertThat(refused(house.send(read)).elevation()).isPresent();
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        assertThat(house.send(read)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.INTENT).getLast().members().text("elevation"))
                .isEqualTo(hold);
    }

    @Test
    void theAgentLearnsTheMissingSignaturesAndTheNextStep() {
        String hold = asked();
        Json.Members open = told(news(hold)).members();
        assertThat(open.text("state")).isEqualTo("open");
        assertThat(open.texts("missing")).isNotEmpty();
        assertThat(open.text("next")).isNotEmpty();
        assertThat(open.text("expires")).isNotEmpty();
        house.sign(hold);
        Json.Members given = told(news(hold)).members();
        assertThat(given.text("until"))
                .isEqualTo(house.clock.instant().plus(Duration.ofMinutes(10)).toString());
        assertThat(given.text("next")).contains("again");
    }

    /** Runs {@code looking} on another thread, while a writer is at work; a write by it would wait in vain. */
    private void whileSomebodyWrites(Runnable looking) {
        var _ = house.database.write(
                _ -> CompletableFuture.runAsync(looking, agents).join());
    }

    /** A query for an unsigned or missing request must not block writers. */
    @Test
    void queryingAnUnsignedElevationWritesNothing() {
        String hold = asked();
        whileSomebodyWrites(() -> {
            assertThat(told(news(hold)).members().text("state")).isEqualTo("open");
            assertThat(refused(news("H-of-nobody")).reason()).contains("not requested an elevation with that name");
        });
    }

    @Test
    void queryingAGrantedElevationWritesNothing() {
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        whileSomebodyWrites(() -> {
            assertThat(told(news(hold)).isGranted()).isTrue();
        });
    }

    /** Neither housekeeping nor a query writes if nobody has signed or everything is granted. */
    @Test
    void anUnchangedElevationWritesNothing() {
        String given = asked();
        house.sign(given);
        assertThat(told(news(given)).isGranted()).isTrue();
        told(ask(ASKED.replace("10", "11")));
        whileSomebodyWrites(() -> {
            assertThat(house.elevating.settle()).isTrue();
            assertThat(house.elevatingAnew().settle()).isTrue();
        });
    }

    /** The lease's own queue is too long. Its further requests are refused, and another lease's go on. */
    @Test
    void requestsBeyondTheLeasesShareAreRefused() {
        HttpCall held = GateFixture.deletion("vol-1");
        Secret other = house.signedFor(Set.of("staging"), Set.of(Impact.READ, Impact.WRITE, Impact.DESTROY));
        house.database.writeForLease(house.lease.root(), _ -> {
            CompletableFuture<Outcome<String>> sent = CompletableFuture.supplyAsync(() -> house.send(held), agents);
            CompletableFuture<ElevationRequests.Result> asked = CompletableFuture.supplyAsync(() -> ask(ASKED), agents);
            assertThat(refused(asked.join())).isEqualTo(Refusals.BUSY);
            assertThat(refused(sent.join())).isEqualTo(Refusals.BUSY);
            return true;
        });
        // Which of both is recorded first is chance; only the request for an elevation is resolved by then.
        assertThat(house.receipts(Receipt.Kind.REFUSED))
                .hasSize(2)
                .filteredOn(receipt -> receipt.members().objects("actions").size() == 1)
                .hasSize(1);
        assertThat(house.people.list(house.seal)).isEmpty();
        assertThat(house.send("railway", held, other)).isNotInstanceOf(Outcome.Refused.class);
        assertThat(house.send(held)).isNotInstanceOf(Outcome.Refused.class);
    }

    @Test
    void withoutALedgerNoElevationIsGrantedAndPeopleAreNotified() throws IOException {
        String hold = asked();
        house.sign(hold);
        house.ledger.close();
        assertThat(house.elevating.settle()).isFalse();
        assertThat(house.leases.widenings().isKnown(hold)).isFalse();
        assertThat(refused(news(hold))).isEqualTo(Refusals.NO_LEDGER); // it is used, and not in force
        int told = house.alarms().size();
        assertThat(refused(ask(ASKED.replace("10", "11")))).isEqualTo(Refusals.NO_LEDGER);
        assertThat(house.people.list(house.seal)).hasSize(2);
        assertThat(house.alarms().subList(told, house.alarms().size())).containsExactly(Alert.AlertKind.HOLD_OPENED);
    }

    @Test
    void withoutASealNoElevationIsGranted() {
        String hold = asked();
        house.sign(hold);
        ElevationHandler unsealed = house.elevatingUnder(Optional::empty);
        assertThat(unsealed.settle()).isTrue();
        assertThat(house.leases.widenings().isKnown(hold)).isFalse();
        ElevationRequests.Subject wish =
                new ElevationRequests.Subject.NewElevation(Bytes.utf8(ASKED.replace("10", "11")));
        assertThat(refused(unsealed.elevate(house.wished(wish, Duration.ZERO, house.token)))
                        .reason())
                .contains("No seal is in force");
        assertThat(house.people.list(house.seal)).hasSize(1);
    }

    @Test
    void aCallerWithoutLeaseIsRefusedOnRecord() {
        ElevationRequests.Result nobody = house.elevate(
                new ElevationRequests.Subject.NewElevation(Bytes.utf8(ASKED)),
                Duration.ZERO,
                new Secret("a lease of nobody's"));
        refused(nobody);
        assertThat(house.receipts(Receipt.Kind.REFUSED).getLast().id()).isEqualTo(nobody.receipt());
        assertThat(house.people.list(house.seal)).isEmpty();
    }

    @Test
    void aGrantIsRecordedOnceWithItsSigners() throws IOException {
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        assertThat(house.elevating.settle()).isTrue();
        assertThat(house.elevatingAnew().settle()).isTrue(); // as after a restart
        List<Json.Members> given = house.administered().stream()
                .map(Receipt::members)
                .filter(members -> members.text("command").equals("elevation.give"))
                .toList();
        assertThat(given).hasSize(1);
        assertThat(given.getFirst().text("hold")).isEqualTo(hold);
        assertThat(given.getFirst().text("until"))
                .isEqualTo(house.clock.instant().plus(Duration.ofMinutes(10)).toString());
        assertThat(given.getFirst().texts("signers")).containsExactly("sam");
        Json.Members confirmation = given.getFirst().object("confirmation");
        assertThat(confirmation.texts("signatures")).hasSize(1);
        assertThat(confirmation.object("statement").text("seal")).isEqualTo(house.seal.id());
    }

    @Test
    void aLeaseThatHasEndedIsNotWidened() throws IOException {
        String hold = asked();
        house.sign(hold);
        var _ = house.leases.revoke(house.lease.root());
        assertThat(house.elevating.settle()).isTrue();
        assertThat(house.elevatingAnew().settle()).isTrue();
        assertThat(house.leases.widenings().isKnown(hold)).isFalse();
        assertThat(house.administered().stream()
                        .map(receipt -> receipt.members().text("command")))
                .doesNotContain("elevation.give");
    }

    @Test
    void anElevationLastsAQuarterOfAnHourByDefault() {
        Json.Members usual = told(ask(ASKED.replace("\"minutes\":10,", ""))).members();
        assertThat(usual.whole("minutes")).isEqualTo(15);
        Json.Members longest =
                told(ask(ASKED.replace("\"minutes\":10,", "\"minutes\":60,"))).members();
        assertThat(longest.whole("minutes")).isEqualTo(60);
    }

    @Test
    void anElevationMayNameOnlyResources() {
        Json.Members named = told(ask(ASKED.replace("{", "{\"resources\":[\"railway:volume/vol-shared\"],")))
                .members();
        assertThat(named.texts("resources")).containsExactly("railway:volume/vol-shared");
    }

    @Test
    void withoutAStoreNobodyIsAsked() {
        house.database.close();
        assertThat(refused(ask(ASKED))).isEqualTo(Refusals.OURS);
    }

    @Test
    void theLengthOfAReasonIsLimited() {
        assertThat(told(ask(ASKED.replace("the volume is shared", "x".repeat(ElevationHandler.MAX_REASON))))
                        .hold())
                .startsWith("H-");
        assertThat(refused(ask(ASKED.replace("the volume is shared", "x".repeat(ElevationHandler.MAX_REASON + 1))))
                        .kind())
                .isEqualTo(Refusal.Kind.NOT_UNDERSTOOD);
    }

    @Test
    void anElevationAddsNothingOutsideItsScope() {
        house.sign(asked());
        // The lease may write in staging. The elevation covers reading and destroying in production.
        Refusal refusal = refused(house.send(WRITE));
        assertThat(refusal.reason()).contains("does not name `production`", "The policy `never-there` forbids");
        assertThat(refusal.elevation()).isEmpty(); // people would sign for nothing
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void anElevationToReadDestroysNothing() {
        house.sign(told(ask(ASKED.replace(",\"destroy\"", ""))).hold());
        Refusal refusal = refused(house.send(SHARED));
        assertThat(refusal.reason()).contains("does not name `production`");
        assertThat(refusal.elevation()).isPresent();
    }

    /** Production may be read without naming it. The lines of a log may not: an elevation names it. */
    @Test
    void anElevationLiftsAForbidAgainstLeasesThatDoNotNameTheEnvironment() throws IOException {
        house.close();
        house = GateFixture.readable(directory.resolve("readable"), POLICY + """

                @id("logs-of-production-need-a-lease-that-names-it")
                forbid (principal, action in Impact::Action::"read", resource in Environment::"production")
                unless { context.lease.names_environment };
                """);
        HttpCall read = GateFixture.document("query { environment(id: \"env-of-nobody\") { id } }");
        Refusal refusal = refused(house.send(read));
        assertThat(refusal.reason())
                .contains("`logs-of-production-need-a-lease-that-names-it` forbids", "a lease that names `production`");
        assertThat(refusal.next()).contains("POST /.interlock/elevations");
        String hold = asked();
        assertThat(house.send(read)).isInstanceOf(Outcome.Refused.class);
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        assertThat(house.send(read)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.INTENT).getLast().members().text("elevation"))
                .isEqualTo(hold);
    }

    @Test
    void whatPolicyForbidsStaysForbidden() {
        String hold = told(ask(ASKED.replace("\"destroy\"", "\"write\""))).hold();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        Refusal refusal = refused(house.send(WRITE));
        assertThat(refusal.elevation()).isEmpty();
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
    }

    @Test
    void onlyTheOwnerOrAGroupOwnerElevates() {
        String hold = asked();
        TestingKey stranger = TestingKey.software();
        byte[] statement =
                house.people.show(house.seal, hold).orElseThrow().statement().toArray();
        assertThat(house.people.sign(
                        house.seal, hold, stranger.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {}))
                .isInstanceOf(HoldSigning.SignatureResult.RejectedSignature.class);
        assertThat(house.people.sign(
                        house.seal, hold, house.kim.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {}))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.reason()).contains("`kim` neither owns"));
        assertThat(told(news(hold)).isGranted()).isFalse();
    }

    @Test
    void anotherSealEndsAnElevation() {
        house.sign(asked());
        var _ = house.elevating.settle();
        assertThat(house.leases.widenings().of(house.lease, house.seal, house.clock.instant()))
                .hasSize(1);
        dev.interlock.action.Seal other = house.seal.with(parts -> parts.id = "f".repeat(64));
        assertThat(house.leases.widenings().of(house.lease, other, house.clock.instant()))
                .isEmpty();
    }

    @Test
    void anEqualRequestFindsTheSameHold() {
        String hold = asked();
        assertThat(asked()).isEqualTo(hold);
        assertThat(house.people.list(house.seal)).hasSize(1);
    }

    @Test
    void aDenialCoversNarrowerAndWiderRequests() {
        String hold = asked();
        house.people.deny(house.seal, hold, "sam", "use the copy");
        assertThat(refused(news(hold)).reason()).contains("use the copy");
        assertThat(refused(ask(ASKED)).reason()).contains("use the copy");
        assertThat(refused(ask(ASKED.replace(",\"destroy\"", ""))).reason()).contains("use the copy");
        assertThat(house.people.list(house.seal)).hasSize(1);
    }

    @Test
    void aPersonMayNarrowAnElevation() {
        String hold = asked();
        byte[] wide =
                house.people.show(house.seal, hold).orElseThrow().statement().toArray();
        Elevation less = new Elevation(Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(5));
        assertThat(house.confirmations.narrow(house.seal, hold, house.lease, less))
                .isInstanceOf(Confirmations.NarrowResult.NarrowedElevation.class);
        assertThat(house.people.sign(
                        house.seal, hold, house.sam.sign(Statement.NAMESPACE, wide), Optional.empty(), _ -> {}))
                .isInstanceOf(HoldSigning.SignatureResult.RejectedSignature.class);
        assertThat(asked()).isEqualTo(hold); // it is still the agent's request
        house.sign(hold);
        Json.Members given = told(news(hold)).members();
        assertThat(given.texts("impacts")).containsExactly("read");
        assertThat(given.whole("minutes")).isEqualTo(5);
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
    }

    @Test
    void narrowingRemovesSignaturesAndWidensNothing() {
        String hold = asked();
        Elevation more =
                new Elevation(Set.of("production"), Set.of(Impact.READ, Impact.WRITE), Set.of(), Duration.ofMinutes(5));
        assertThat(house.confirmations.narrow(house.seal, hold, house.lease, more))
                .isInstanceOf(Confirmations.NarrowResult.NarrowRefusal.class);
        house.sign(hold);
        Elevation less = new Elevation(Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(5));
        assertThat(house.confirmations.narrow(house.seal, hold, house.lease, less))
                .isInstanceOf(Confirmations.NarrowResult.NarrowRefusal.class); // it is signed
    }

    @Test
    void aRequestCanWaitForPeople() throws Exception {
        Future<ElevationRequests.Result> agent = agents.submit(() -> house.elevate(
                new ElevationRequests.Subject.NewElevation(Bytes.utf8(ASKED)), Duration.ofMinutes(5), house.token));
        house.upstream.leavers.take();
        house.sign(house.people.list(house.seal).getFirst().ticket().id());
        assertThat(told(agent.get()).isGranted()).isTrue();

        Future<ElevationRequests.Result> other = agents.submit(() -> house.elevate(
                new ElevationRequests.Subject.NewElevation(Bytes.utf8(ASKED.replace("10", "11"))),
                Duration.ofMinutes(5),
                house.token));
        house.upstream.leavers.take().run();
        assertThat(told(other.get()).isGranted()).isFalse();
    }

    @Test
    void aTimedOutWaiterGetsTheStatusAndFreesItsPlace() {
        String hold = asked();
        for (int i = 0; i <= HoldWaiters.MOST_OF_AN_AGENT; i++) {
            assertThat(told(house.elevate(
                                    new ElevationRequests.Subject.ElevationQuery(hold),
                                    Duration.ofNanos(1),
                                    house.token))
                            .isGranted())
                    .isFalse();
        }
        assertThat(house.upstream.leavers).hasSize(HoldWaiters.MOST_OF_AN_AGENT + 1);
        assertThat(house.upstream.waited).hasValue(HoldWaiters.MOST_OF_AN_AGENT + 1);
    }

    @Test
    void theNumberOfWaitersIsLimited() {
        for (int i = 0; i < HoldWaiters.MOST_OF_AN_AGENT; i++) {
            var _ = house.gate.waits().seat(house.lease, Duration.ofMinutes(5));
        }
        assertThat(told(house.elevate(
                                new ElevationRequests.Subject.ElevationQuery(asked()),
                                Duration.ofMinutes(5),
                                house.token))
                        .isGranted())
                .isFalse();
        assertThat(house.upstream.leavers).isEmpty();
    }

    /** The signature does not count while its signer is stopped, and may count later. */
    @Test
    void aKilledSignersElevationStillWaits() throws Exception {
        String hold = asked();
        house.sign(hold);
        house.kill(Kill.KillScope.PERSON, "sam");
        FutureTask<ElevationRequests.Result> waiting = new FutureTask<>(() ->
                house.elevate(new ElevationRequests.Subject.ElevationQuery(hold), Duration.ofMinutes(5), house.token));
        Thread agent = Thread.ofPlatform().start(waiting);
        while (agent.isAlive() && agent.getState() != Thread.State.TIMED_WAITING) {
            WaitLoop.pause();
        }
        assertThat(waiting.isDone()).isFalse();
        house.upstream.leavers.take().run();
        assertThat(told(waiting.get()).isGranted()).isFalse();
        assertThat(told(waiting.get()).members().text("state")).isEqualTo("signed");
    }

    /** This happens when the gateway ends: nothing can be read any more then. */
    @Test
    void anInterruptedWaiterGetsTheStatus() throws Exception {
        String hold = asked();
        FutureTask<Boolean> interrupted = new FutureTask<>(() -> {
            ElevationRequests.Result.ElevationReport told = told(house.elevate(
                    new ElevationRequests.Subject.ElevationQuery(hold), Duration.ofMinutes(5), house.token));
            return !told.isGranted() && Thread.interrupted();
        });
        Thread agent = Thread.ofPlatform().start(interrupted);
        while (agent.getState() != Thread.State.TIMED_WAITING) { // the class's time limit ends it
            WaitLoop.pause();
        }
        agent.interrupt();
        assertThat(interrupted.get()).isTrue();
    }

    @Test
    void aKillEndsTheWaitAndTheElevation() throws Exception {
        house.sign(asked());
        Future<ElevationRequests.Result> agent = agents.submit(() -> house.elevate(
                new ElevationRequests.Subject.NewElevation(Bytes.utf8(ASKED.replace("10", "11"))),
                Duration.ofMinutes(5),
                house.token));
        house.upstream.leavers.take();
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        assertThat(told(agent.get()).isGranted()).isFalse();
        assertThat(refused(house.send(SHARED)).reason()).contains("it runs wild");
    }

    /** Also for one that a crash kept from taking effect, and on other gateways. */
    @ParameterizedTest
    @CsvSource({
        "AGENT,jer/cursor,given", "AGENT,jer/cursor,asked", "AGENT,jer/cursor,used",
        "TASK,fix-staging,given", "TASK,fix-staging,asked", "TASK,fix-staging,used",
        "PERSON,jer,given", "PERSON,jer,asked", "PERSON,jer,used",
        "UPSTREAM,railway,given", "UPSTREAM,railway,asked", "UPSTREAM,railway,used"
    })
    void aLiftedKillBringsNoElevationBack(Kill.KillScope scope, String name, String state) throws Exception {
        String hold = asked();
        if (!state.equals("asked")) {
            house.sign(hold);
        }
        if (state.equals("used")) {
            assertThat(house.confirmations.grant(house.seal, _ -> false)).hasSize(1); // and here it ends
        } else {
            assertThat(house.elevating.settle()).isTrue();
        }
        house.kill(scope, name);
        house.elevatingAnew(); // as after a restart
        house.upstream.cut = false;
        house.lift("sam", house.sam);
        assertThat(refused(news(hold)).reason()).contains(state.equals("asked") ? "A kill stopped" : "stopped");
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        assertThat(house.elevatingAnew().settle()).isTrue();
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        assertThat(told(ask(ASKED)).isGranted()).isFalse(); // but may be asked for anew

        Secret token = house.token;
        house.close();
        house = new GateFixture(directory, "", POLICY, house.clock);
        assertThat(refused(house.send("railway", SHARED, token)).elevation()).isPresent();
    }

    /** A signature by a stopped person counts again after the kill, but gives nothing that was asked for before. */
    @Test
    void aLiftedSignerElevatesNothing() {
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        house.leases.endElevations(
                new Kill("K-1", new Kill.KillTarget(Kill.KillScope.PERSON, "sam"), "", "root", house.clock.instant()));
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        assertThat(refused(news(hold)).reason()).contains("stopped");
    }

    @Test
    void aKilledPersonsSignatureGrantsNothing() {
        String hold = asked();
        house.sign(hold);
        house.kill(Kill.KillScope.PERSON, "sam");
        assertThat(told(news(hold)).isGranted()).isFalse();
    }

    @Test
    void anElevationIsSuspendedWhileASignerIsKilled() {
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        assertThat(house.send(SHARED)).isInstanceOf(Outcome.Held.class);
        house.kill(Kill.KillScope.PERSON, "sam");
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        assertThat(refused(news(hold)).reason()).contains(hold).contains("stopped");
        assertThat(house.elevatingAnew().settle()).isTrue(); // nor after a restart
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
    }

    /** A kill also finds calls that were let through before it, as with a lease. */
    @Test
    void aKillOfASignerStopsCallsUnderTheElevation() {
        HttpCall read = GateFixture.document("query { environment(id: \"env-of-nobody\") { id } }");
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        assertThat(house.send(read)).isInstanceOf(Outcome.Forwarded.class); // and stays in force
        house.onIntent = () -> {
            house.onIntent = () -> {};
            house.leases.kills().kill(new Kill.KillTarget(Kill.KillScope.PERSON, "sam"), "stolen", "root");
        };
        assertThat(refused(house.send(read)).reason()).contains("is no longer valid");
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(house.gate.cutStopped()).isEqualTo(1);
    }

    @Test
    void aCrashBetweenTheUseAndTheEffectLosesNothing() {
        String hold = asked();
        house.sign(hold);
        assertThat(house.confirmations.grant(house.seal, _ -> false)).hasSize(1); // and here it ends
        ElevationHandler after = house.elevatingAnew();
        assertThat(after.settle()).isTrue();
        assertThat(house.send(SHARED)).isInstanceOf(Outcome.Held.class);
        assertThat(house.leases.widenings().isKnown(hold)).isTrue();
    }

    /** A machine wakes up, or its time source is bad. People signed for ten minutes, and it lasts ten minutes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClockThatWasAheadForAMomentGivesNoTime(boolean whenTheySigned) throws Exception {
        Instant right = house.clock.instant();
        house.clock.set(right.plus(Duration.ofHours(2)));
        house.confirmations.expire(house.seal); // as happens every few seconds
        String hold;
        if (whenTheySigned) {
            hold = ((ElevationGrants.AskResult.OpenRequestResult)
                            house.elevating.ask(house.seal, house.lease, ELEVATION, "the volume is shared"))
                    .hold();
            house.sign(hold);
            assertThat(house.elevating.settle()).isTrue();
            house.clock.set(right);
        } else {
            house.clock.set(right);
            hold = asked();
            house.sign(hold);
        }
        ElevationRequests.Result.ElevationReport given = told(news(hold));
        assertThat(given.isGranted()).isTrue();
        String until = right.plus(Duration.ofMinutes(10)).toString();
        assertThat(given.members().text("until")).isEqualTo(until);
        assertThat(house.send(SHARED)).isInstanceOf(Outcome.Held.class);
        house.clock.pass(Duration.ofMinutes(9));
        assertThat(house.send(SHARED)).isInstanceOf(Outcome.Held.class);
        house.clock.pass(Duration.ofMinutes(1));
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        assertThat(refused(news(hold)).reason()).contains(hold + " ended at " + until);
    }

    /** Only the wall clock knows the time without a process, and the other clock ignores it while it is ahead. */
    @Test
    void aRestartAfterAClockThatWasAheadGivesNoTime() throws Exception {
        Instant right = house.clock.instant();
        house.clock.set(right.plus(Duration.ofHours(2)));
        house.confirmations.expire(house.seal); // as happens every few seconds
        house.clock.set(right);
        String hold = asked();
        house.sign(hold);
        String until = right.plus(Duration.ofMinutes(10)).toString();
        assertThat(told(news(hold)).members().text("until")).isEqualTo(until);
        assertThat(house.administered().getFirst().members().text("until")).isEqualTo(until);
        Secret token = house.token;
        house.close();
        house.clock.set(right.plus(Duration.ofMinutes(8)));
        house = new GateFixture(directory, "", POLICY, house.clock);
        assertThat(house.send("railway", SHARED, token)).isInstanceOf(Outcome.Held.class);
        ElevationRequests.Subject.ElevationQuery wish = new ElevationRequests.Subject.ElevationQuery(hold);
        assertThat(told(house.elevate(wish, Duration.ZERO, token)).members().text("until"))
                .isEqualTo(until);
        house.clock.pass(Duration.ofMinutes(2));
        assertThat(refused(house.send("railway", SHARED, token)).elevation()).isPresent();
        assertThat(refused(house.elevate(wish, Duration.ZERO, token)).reason()).contains(hold + " ended at " + until);
    }

    /** The end in the receipt counts, so that a verifier agrees with every use. */
    @Test
    void anElevationEndsAtItsReportedTime() throws Exception {
        Instant right = house.clock.instant();
        house.clock.set(right.plus(Duration.ofHours(2)));
        house.confirmations.expire(house.seal);
        house.clock.set(right);
        house.sign(asked());
        assertThat(house.elevating.settle()).isTrue();
        assertThat(house.send(SHARED)).isInstanceOf(Outcome.Held.class);
        house.clock.set(right.plus(Duration.ofMinutes(10)));
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
    }

    @Test
    void anEndedElevationIsReportedAsEnded() throws IOException {
        String hold = asked();
        house.sign(hold);
        assertThat(told(news(hold)).isGranted()).isTrue();
        house.clock.pass(Duration.ofMinutes(10));
        assertThat(refused(news(hold)).reason()).contains(hold + " ended at ");
        house.clock.pass(Duration.ofHours(3)); // the lease lasts for four
        String another = asked();
        house.sign(another);
        assertThat(told(news(another)).isGranted()).isTrue();
        assertThat(house.leases.widenings().isKnown(hold)).isFalse();
        ElevationRequests.Result.RefusedElevation over = (ElevationRequests.Result.RefusedElevation) news(hold);
        assertThat(over.refusal().reason()).contains(hold + " ended at ");
        assertThat(house.receipts().getLast().id()).isEqualTo(over.receipt());
    }

    @Test
    void aChildIsNotWidened() {
        house.sign(asked());
        Secret child = ((LeaseDeriver.Result.DerivedLease) house.derivations.derive(
                        List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                        Optional.empty(),
                        Bytes.utf8("{}"),
                        house.clock.instant()))
                .token();
        assertThat(refused(house.send("railway", SHARED, child)).elevation()).isPresent();
        assertThat(refused(house.elevate(
                                new ElevationRequests.Subject.NewElevation(Bytes.utf8(ASKED)), Duration.ZERO, child))
                        .reason())
                .contains("derived lease");
    }

    @Test
    void theNumberOfRequestsIsLimited() {
        for (int minutes = 1; minutes <= Confirmations.MAX_ELEVATIONS_PER_HOUR; minutes++) {
            told(ask(ASKED.replace("10", Integer.toString(minutes))));
        }
        assertThat(refused(ask(ASKED)).reason())
                .contains("4 elevations within the hour, under all its leases, which is the limit");
    }

    @Test
    void thePersonBehindTheLeaseMayNotElevateIfPolicyWantsAnother() throws IOException {
        assertThat(house.people.show(house.seal, asked()).orElseThrow().text())
                .contains("jer with a hardware key, or one of owners", "reason: the volume is shared");
        try (GateFixture strict = new GateFixture(directory.resolve("strict"), "", WITH_OTHER)) {
            house.close();
            house = strict;
            String free = asked();
            assertThat(strict.people.show(strict.seal, free).orElseThrow().text())
                    .contains("jer with a hardware key, or one of owners");
            String other =
                    told(ask(ASKED.replace("\"destroy\"", "\"credential\""))).hold();
            assertThat(strict.people.show(strict.seal, other).orElseThrow().text())
                    .contains("one of owners, but not jer");
        }
        house = new GateFixture(directory.resolve("last"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"]}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\" \"}",
                "{\"environments\":[\"production\"],\"impacts\":[],\"reason\":\"x\"}",
                "{\"environments\":[\"production\"],\"impacts\":[\"all\"],\"reason\":\"x\"}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\","
                        + "\"resources\":[\"railway:volume/scratch alone, for 1 minutes. Approved by bob\"]}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\","
                        + "\"resources\":[\"nosuch:thing/1,in.staging.only\"]}",
                "{\"environments\":[\"production\"],\"impacts\":[\"unknown\"],\"reason\":\"x\"}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"minutes\":61}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"minutes\":0.5}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"owner\":\"jer\"}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"minutes\":\"10\"}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"minutes\":-10}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"minutes\":0}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"resources\":[]}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\","
                        + "\"resources\":[\"railway:volume/vol-1\",1]}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\\u001b[2J\"}",
                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":[\"x\"]}",
                "{\"environments\":\"production\",\"impacts\":[\"read\"],\"reason\":\"x\"}",
                "{\"environments\":[\"nowhere\"],\"impacts\":[\"read\"],\"reason\":\"x\"}",
                "{\"environments\":[\"staging\"],\"impacts\":[\"read\"],\"reason\":\"x\"}",
            })
    void anImpossibleElevationIsRefusedWithoutAsking(String body) {
        refused(ask(body));
        assertThat(house.people.list(house.seal)).isEmpty();
    }

    /** No statement has room for them. They are refused before the store, for which all others wait. */
    @Test
    void tooManyResourcesForAStatementAreRefused() {
        String many = IntStream.range(0, 400)
                .mapToObj(i -> "\"railway:volume/" + i + "\"")
                .collect(Collectors.joining(","));
        assertThat(refused(ask(
                                "{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"reason\":\"x\",\"resources\":["
                                        + many + "]}"))
                        .reason())
                .contains("more or longer resources than a lease may");
        assertThat(house.people.list(house.seal)).isEmpty();
    }

    @Test
    void aLeaseCannotQueryAnothersElevation() {
        String hold = asked();
        Leases.LeaseResult.IssuedLease other = (Leases.LeaseResult.IssuedLease) house.leases.issue(
                house.seal,
                dev.interlock.identity.LeaseRequest.under(house.seal.tasks().get("fix-staging"), "jer/cursor"));
        assertThat(refused(house.elevate(
                                new ElevationRequests.Subject.ElevationQuery(hold), Duration.ZERO, other.token()))
                        .reason())
                .contains("not requested an elevation with that name");
        house.sign(hold);
        assertThat(refused(house.send("railway", SHARED, other.token())).elevation())
                .isPresent();
    }

    /** People would open production for nothing. */
    @Test
    void noElevationIsOfferedForACallThatTheVaultCannotSend() throws IOException {
        assertThat(refused(house.send(SHARED)).elevation()).isPresent();
        house.vault.remove("railway-destroy");
        Refusal refusal = refused(house.send(SHARED));
        assertThat(refusal.elevation()).isEmpty();
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.reason())
                .contains("An elevation would not change that. The vault has no secret for `railway-destroy`");
    }
}
