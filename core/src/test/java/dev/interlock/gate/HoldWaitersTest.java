package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a waiting agent gets an answer after the decision, as if it had then sent its request again. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // what is not woken waits for five minutes
final class HoldWaitersTest {

    private static final HttpCall DELETION = GateFixture.deletion("vol-1");

    @TempDir
    private Path directory;

    private GateFixture house;
    private final ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
    }

    @AfterEach
    void close() throws IOException {
        house.gate.endWaits();
        agents.close();
        house.close();
    }

    private Future<Outcome<String>> waiting(HttpCall call) throws InterruptedException {
        Future<Outcome<String>> agent = agents.submit(() -> house.sendWaiting(call));
        leaver = house.upstream.leavers.take();
        return agent;
    }

    private Runnable leaver = () -> {};

    private String hold() {
        return house.people.list(house.seal).getFirst().ticket().id();
    }

    private static Refusal refusal(Future<Outcome<String>> agent) throws Exception {
        Outcome<String> outcome = agent.get();
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    @Test
    void aSignedCallIsSentOnce() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        assertThat(house.upstream.arrived).isEmpty();
        house.sign(hold());
        assertThat(agent.get()).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(house.upstream.reports).containsExactly(hold(), "signed");
        assertThat(house.people.list(house.seal).getFirst().state()).isEqualTo("consumed");
        assertThat(house.receipts().stream().map(Receipt::kind))
                .containsExactly(Receipt.Kind.HELD, Receipt.Kind.INTENT, Receipt.Kind.OUTCOME);
    }

    @Test
    void aCallWithoutApprovalDoesNotWait() {
        assertThat(house.sendWaiting(GateFixture.document("query { environment(id: \"env-1\") { id } }")))
                .isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.leavers).isEmpty();
    }

    @Test
    void aDenialReachesTheWaitingCallAtOnce() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        house.people.deny(house.seal, hold(), "sam", "not today");
        assertThat(refusal(agent).reason()).contains("sam denied it: not today");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.upstream.reports).doesNotContain("signed");
    }

    @Test
    void anExpiredHoldDeniesAndOpensNoOther() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        String hold = hold();
        house.clock.pass(Duration.ofMinutes(61));
        house.confirmations.expire(house.seal);
        assertThat(refusal(agent).kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal(agent).reason()).contains("Nobody confirmed hold " + hold);
        assertThat(house.people.list(house.seal)).hasSize(1);
        Receipt last = house.receipts().getLast();
        assertThat(last.kind()).isEqualTo(Receipt.Kind.REFUSED);
        assertThat(last.members().text("hold")).isEqualTo(hold);
        assertThat(last.members().text("agent")).isEqualTo("jer/cursor");
    }

    @Test
    void aKillAndARevocationEndTheWait() throws Exception {
        Future<Outcome<String>> killed = waiting(DELETION);
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        assertThat(refusal(killed).reason()).contains("it runs wild");
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void aRevocationEndsTheWait() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        house.leases.revoke(house.lease.id(), "enough");
        house.gate.cutStopped();
        assertThat(refusal(agent).reason()).contains("enough");
    }

    @Test
    void aDisconnectedClientsCallIsNotReleased() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        leaver.run();
        assertThat(agent.get()).isInstanceOf(Outcome.Held.class);
        house.sign(hold());
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.people.list(house.seal).getFirst().state()).isEqualTo("signed");
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void oneOfSeveralWaitingCopiesIsSent() throws Exception {
        List<Future<Outcome<String>>> copies = new ArrayList<>();
        for (int i = 0; i < HoldWaiters.MOST_OF_AN_AGENT; i++) {
            copies.add(waiting(DELETION));
        }
        house.sign(hold());
        int gone = 0;
        for (Future<Outcome<String>> copy : copies) {
            if (copy.get() instanceof Outcome.Forwarded) {
                gone++;
            } else {
                assertThat(refusal(copy).reason()).contains("another copy of this request");
            }
        }
        assertThat(gone).isOne();
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(house.people.list(house.seal)).hasSize(1); // people were not asked again
    }

    @Test
    void aCallBeyondTheWaitLimitIsAnsweredAtOnce() throws Exception {
        for (int i = 0; i < HoldWaiters.MOST_OF_AN_AGENT; i++) {
            waiting(DELETION);
        }
        assertThat(house.sendWaiting(DELETION)).isInstanceOf(Outcome.Held.class);
        String hold = hold();
        Attempt underAnotherLease = GateFixture.attempt(
                house.signedFor(Set.of("staging"), Set.of(Impact.DESTROY)),
                DELETION,
                house.clock.instant(),
                false,
                Duration.ofMinutes(5),
                Optional.empty());
        assertThat(house.gate.handle(underAnotherLease, house.upstream)).isInstanceOf(Outcome.Held.class);
        leaver.run(); // and when one has left, there is room
        Future<Outcome<String>> next = agents.submit(() -> {
            Outcome<String> outcome = house.sendWaiting(DELETION);
            while (outcome instanceof Outcome.Held) {
                outcome = house.sendWaiting(DELETION); // the other one may still be on its way out
            }
            return outcome;
        });
        house.upstream.leavers.take();
        house.people.deny(house.seal, hold, "sam", "");
        assertThat(refusal(next).reason()).contains("denied it");
    }

    @Test
    void aCallWithALongBodyDoesNotWait() {
        HttpCall padded = GateFixture.document(
                " ".repeat(WaitingHandler.MAX_BODY) + "mutation { volumeDelete(volumeId: \"vol-1\") }");
        assertThat(house.sendWaiting(padded)).isInstanceOf(Outcome.Held.class);
        assertThat(house.upstream.leavers).isEmpty();
    }

    @Test
    void theWaitHasATimeout() {
        Attempt attempt = GateFixture.attempt(
                house.token, DELETION, house.clock.instant(), false, Duration.ofMillis(1), Optional.empty());
        assertThat(house.gate.handle(attempt, house.upstream)).isInstanceOf(Outcome.Held.class);
        assertThat(house.upstream.leavers).hasSize(1);
    }

    @Test
    void theWaitEndsWithItsLease() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        house.clock.pass(Duration.ofHours(5));
        house.gate.cutStopped(); // it would wake by itself then
        // The hold has ended with the lease; chance decides which of the two it checks first.
        assertThat(refusal(agent).reason()).containsAnyOf("expired", "Nobody confirmed hold");
    }

    @Test
    void anUnrecordedEndStillEndsTheWait() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        house.ledger.close();
        house.clock.pass(Duration.ofMinutes(61));
        house.confirmations.expire(house.seal);
        assertThat(refusal(agent)).isEqualTo(Refusals.NO_LEDGER);
        assertThat(agent.get().receipt()).isEmpty();
    }

    @Test
    void aStoppingGatewayAnswersWaitingCallsAsHeld() throws Exception {
        Future<Outcome<String>> agent = waiting(DELETION);
        house.gate.endWaits();
        assertThat(agent.get()).isInstanceOf(Outcome.Held.class);
        assertThat(house.sendWaiting(DELETION)).isInstanceOf(Outcome.Held.class);
    }

    @Test
    void manyAgentsAtOnceAreEachAnsweredOnce() throws Exception {
        List<Future<Outcome<String>>> all = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            all.add(waiting(GateFixture.deletion("vol-" + i)));
        }
        List<String> holds = house.people.list(house.seal).stream()
                .map(line -> line.ticket().id())
                .toList();
        List<Future<?>> people = IntStream.range(0, holds.size())
                .<Future<?>>mapToObj(i -> agents.submit(() -> house.sign(holds.get(i))))
                .toList();
        for (Future<?> person : people) {
            person.get(300, TimeUnit.SECONDS);
        }
        for (Future<Outcome<String>> agent : all) {
            assertThat(agent.get()).isInstanceOf(Outcome.Forwarded.class);
        }
        assertThat(house.upstream.arrived).hasSize(2);
    }
}
