package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests how many calls an agent may have in flight. */
@Timeout(300)
final class InFlightCallsTest {

    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");

    private GateFixture house;

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        house = new GateFixture(directory);
    }

    @AfterEach
    void close() throws Exception {
        house.close();
    }

    private Outcome<String> ping(String host) {
        HttpCall call = new HttpCall("GET", host, "/-/ping", List.of(), List.of(), Bytes.empty());
        return house.send("npm", call, house.token);
    }

    /** The seal may have several names for one host, for its paths or credentials; the limit is the host's. */
    @Test
    void allNamesOfAHostShareItsLimit() {
        for (int i = 0; i < InFlightCalls.MOST; i++) {
            assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        }
        Outcome.Refused<String> refused = (Outcome.Refused<String>) ping(READ.authority());
        assertThat(refused.refusal().reason()).contains("64 calls in flight");
        assertThat(ping("registry.npmjs.org")).isInstanceOf(Outcome.Forwarded.class);
    }

    /** Otherwise an agent with three leases would take what the others need. */
    @Test
    void theLeasesOfAnAgentShareTheLimit() {
        Secret another = house.signedFor(Set.of("staging"), Set.of(Impact.READ));
        for (int i = 0; i < InFlightCalls.MOST; i++) {
            assertThat(house.send("railway", READ, i % 2 == 0 ? house.token : another))
                    .isInstanceOf(Outcome.Forwarded.class);
        }
        for (Secret token : List.of(house.token, another)) {
            Outcome.Refused<String> refused = (Outcome.Refused<String>) house.send("railway", READ, token);
            assertThat(refused.refusal()).isEqualTo(Refusals.TOO_MANY_IN_FLIGHT);
        }
    }

    @Test
    void anAgentHasALimitOverAllHosts() {
        int hosts = InFlightCalls.MOST_OF_ALL / InFlightCalls.MOST;
        List<InFlightCall> open = new ArrayList<>();
        for (int i = 0; i < InFlightCalls.MOST_OF_ALL; i++) {
            open.add(((Outcome.Forwarded<String>) ping("host-" + i % hosts + ".example")).flight());
        }
        Outcome.Refused<String> refused = (Outcome.Refused<String>) ping("another.example");
        assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refused.refusal().reason()).contains("256 in total");
        open.getFirst().close();
        open.getFirst().close(); // which releases one
        assertThat(ping("another.example")).isInstanceOf(Outcome.Forwarded.class);
        assertThat(ping("another.example")).isInstanceOf(Outcome.Refused.class);
    }

    /** A session lasts long, and is cut off all the same. */
    @Test
    void aSessionTakesNoPlaceAndIsCutOff() {
        List<InFlightCall> sessions = new ArrayList<>();
        for (int i = 0; i <= InFlightCalls.MOST; i++) {
            InFlightCall session = ((Outcome.Forwarded<String>) house.send(READ)).flight();
            session.leavePlace();
            session.leavePlace(); // counts once
            sessions.add(session);
        }
        sessions.getFirst().close();
        for (int i = 0; i < InFlightCalls.MOST; i++) {
            assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        }
        assertThat(house.send(READ)).isInstanceOf(Outcome.Refused.class);
        house.leases.kills().kill(Kill.KillTarget.EVERYTHING, "it runs wild", "root");
        assertThat(house.gate.cutStopped()).isEqualTo(2 * InFlightCalls.MOST);
    }

    /** They wait for the ledger, which all leases share: no more of one lease may wait there than may go. */
    @Test
    void concurrentIntentsDoNotExceedTheLimit() throws Exception {
        int copies = 200;
        CountDownLatch written = new CountDownLatch(1);
        AtomicInteger writing = new AtomicInteger();
        house.onIntent = () -> {
            writing.incrementAndGet();
            try {
                written.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        List<Future<Outcome<String>>> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < copies; i++) {
                outcomes.add(threads.submit(() -> house.send(READ)));
            }
            while (writing.get() <= InFlightCalls.MOST) { // one of those that have no place is refused by now
                WaitLoop.pause();
            }
            house.onIntent = () -> {};
            written.countDown();
        }
        int went = 0;
        for (Future<Outcome<String>> outcome : outcomes) {
            if (outcome.get() instanceof Outcome.Forwarded) {
                went++;
            } else {
                assertThat(((Outcome.Refused<String>) outcome.get()).refusal()).isEqualTo(Refusals.TOO_MANY_IN_FLIGHT);
            }
        }
        assertThat(went).isEqualTo(InFlightCalls.MOST);
        assertThat(house.receipts(Receipt.Kind.INTENT)).hasSize(InFlightCalls.MOST);
        assertThat(house.receipts(Receipt.Kind.REFUSED))
                .as("the rest is counted")
                .hasSize(ReceiptWriter.MAX_REFUSALS);
    }
}
