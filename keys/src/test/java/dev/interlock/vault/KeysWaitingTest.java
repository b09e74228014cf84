package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingWorld;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the wait for a slow keys process, and which calls it must not delay. */
@Timeout(300)
final class KeysWaitingTest {

    private static final Duration PATIENT = Duration.ofSeconds(60);
    private static final String SEAL = "a seal";
    private static final URI THERE = URI.create("https://railway.test/api/graphql/v2");
    private static final ResolvedAttempt DELETION = TestingWorld.deletion("vol_1", "production");
    private static final ResolvedAttempt WRITE =
            TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");

    private static final Secret STRAY = new Secret("nobody's");
    private static final String FOUND = "5f0c1f4a-found-in-an-unrelated-file";
    private static final String DECOY = "4d1e-lies-in-a-home";

    /** A proof that nobody checks here. */
    private static final Optional<Vault.ConfirmationProof> PROOF =
            Optional.of(new Vault.ConfirmationProof(Bytes.utf8("{}"), List.of("signed")));

    private final BlockingQueue<String> troubles = new LinkedBlockingQueue<>();
    private Optional<KeysClient> began = Optional.empty();

    @AfterEach
    void close() {
        began.ifPresent(KeysClient::close);
    }

    /** Returns a client whose cache clock stands still. */
    private KeysClient begin(KeysConnection.KeysConnectionOpener opener, Duration patience) {
        KeysClient client = new KeysClient(opener, _ -> new byte[0], troubles::add, () -> 0, patience).start();
        began = Optional.of(client);
        assertThat(client.awaitFirst()).isTrue();
        return client;
    }

    private static void assertShut(CredentialResult opening) {
        assertThat(opening).isEqualTo(new CredentialResult.CredentialRefused("No."));
    }

    /** Otherwise it would use all slots, and nobody else would get an answer until a command has ended. */
    @Test
    void thoseWhoWaitForOneCredentialLeaveRoomForOtherQuestions() throws Exception {
        BlockingQueue<Integer> unanswered = new LinkedBlockingQueue<>();
        KeysClient client =
                begin(() -> KeysPipes.line((in, out) -> slowly(in, out, unanswered, KeysWaitingTest::shut)), PATIENT);
        List<FutureTask<CredentialResult>> agents =
                asking(64, () -> client.open(SEAL, WRITE, Optional.empty(), Optional.empty()));
        troubles.clear();
        assertThat(client.list()).isEmpty();
        assertThat(unanswered.take()).isEqualTo(KeysClient.MAX_ASKED);
        for (FutureTask<CredentialResult> agent : agents) {
            assertShut(agent.get());
        }
        assertThat(troubles).isEmpty();
    }

    /**
     * Otherwise one agent's confirmed calls to a slow command would make all calls fail, and use up their
     * confirmations.
     */
    @Test
    void anAnswerThatComesTooLateIsThrownAwayAndTheLineStays() throws Exception {
        CountDownLatch proven = new CountDownLatch(1);
        KeysClient client = begin(() -> KeysPipes.line((in, out) -> late(in, out, proven)), Duration.ofSeconds(3));
        troubles.clear();
        FutureTask<CredentialResult> opening =
                new FutureTask<>(() -> client.open(SEAL, DELETION, PROOF, Optional.empty()));
        Thread.startVirtualThread(opening);
        proven.await();
        assertThat(client.list()).isEmpty(); // the connection itself is not slow
        assertThatThrownBy(opening::get).rootCause().hasMessageContaining("in time");
        assertThat(client.slotHolding(new Secret("nobody's"))).isEmpty();
        assertThat(client.list()).isEmpty();
        assertThat(troubles).isEmpty();
    }

    /** Delays the answer to a question with a proof until another question has come. */
    private static void late(InputStream in, OutputStream out, CountDownLatch proven) throws IOException {
        KeysPipes.ready(out);
        KeysProtocol.FrameWriter writer = new KeysProtocol.FrameWriter(out);
        Json.Members first = Json.object();
        Optional<Json.Members> asked = KeysProtocol.read(in);
        while (asked.isPresent()) {
            Json.Members to = Json.object().with("id", asked.get().whole("id"));
            switch (asked.get().text("ask")) {
                case "open" -> {
                    first = to;
                    proven.countDown();
                }
                case "list" -> writer.write(to.with("answer", "slots").with("slots", new Json.Array(List.of())));
                default -> {
                    writer.write(first.with("answer", "shut").with("reason", "No."));
                    writer.write(to.with("answer", "unknown"));
                }
            }
            asked = KeysProtocol.read(in);
        }
    }

    @Test
    void aLineThatOwesTooMuchIsLeft() throws IOException {
        PendingRequests questions = new PendingRequests();
        long since = System.nanoTime();
        var _ = questions.ask(0);
        questions.deliver(Json.object().with("id", 0));
        for (int id = 1; id <= PendingRequests.MAX_LATE; id++) {
            var _ = questions.ask(id);
            assertThat(questions.giveUp(id, since)).isTrue();
        }
        questions.deliver(Json.object().with("id", 1));
        assertThatThrownBy(() -> questions.deliver(Json.object().with("id", 1)))
                .hasMessageContaining("without a" + " request");
        for (int id = 100; id <= 101; id++) {
            var _ = questions.ask(id);
            assertThat(questions.giveUp(id, since)).isEqualTo(id == 100);
        }
    }

    @Test
    void aLineOnWhichNothingWasHeardIsLeft() throws IOException {
        PendingRequests questions = new PendingRequests();
        var _ = questions.ask(1);
        assertThat(questions.giveUp(1, System.nanoTime())).isFalse();
        questions.deliver(Json.object().with("id", 1));
        var _ = questions.ask(2);
        assertThat(questions.giveUp(2, System.nanoTime() + 1)).isFalse();
    }

    /** A credential that an earlier call fetched serves the calls that waited behind it. */
    @Test
    void whoWaitsForAPlaceTakesWhatThoseAheadWereGiven() throws Exception {
        BlockingQueue<Integer> unanswered = new LinkedBlockingQueue<>();
        AtomicInteger opened = new AtomicInteger();
        KeysClient client = begin(
                () -> KeysPipes.line((in, out) -> slowly(in, out, unanswered, to -> opened(to, opened))), PATIENT);
        List<FutureTask<CredentialResult>> agents =
                asking(KeysClient.MAX_ASKED + 1, () -> client.open(SEAL, WRITE, Optional.empty(), Optional.empty()));
        assertThat(client.list()).isEmpty();
        for (FutureTask<CredentialResult> agent : agents) {
            assertThat(agent.get())
                    .isInstanceOfSatisfying(
                            CredentialResult.CredentialOpened.class,
                            given -> assertThat(
                                            given.credential().headerFor(THERE).<String>use(value -> value))
                                    .isEqualTo("Bearer rw_given"));
        }
        assertThat(opened).hasValue(KeysClient.MAX_ASKED);
    }

    private static Json.Members opened(Json.Members to, AtomicInteger count) {
        count.incrementAndGet();
        Json.Members opened = KeysProtocol.write(new CredentialResult.CredentialOpened(
                new OpenedCredential("railway-staging", "authorization", "Bearer", new Secret("rw_given"), THERE)));
        return opened.with("id", to.whole("id"));
    }

    /** Calls to other upstreams do not count, and a confirmation is used up already. */
    @Test
    void aPlaceIsWaitedForByThoseOfOneUpstreamThatHaveNoConfirmation() throws Exception {
        BlockingQueue<Integer> unanswered = new LinkedBlockingQueue<>();
        KeysClient client =
                begin(() -> KeysPipes.line((in, out) -> slowly(in, out, unanswered, KeysWaitingTest::shut)), PATIENT);
        List<FutureTask<CredentialResult>> agents = new ArrayList<>(
                asking(KeysClient.MAX_ASKED + 1, () -> client.open(SEAL, WRITE, Optional.empty(), Optional.empty())));
        agents.addAll(asking(1, () -> client.resolver(SEAL, "another")));
        agents.addAll(asking(1, () -> client.open(SEAL, DELETION, PROOF, Optional.empty())));
        assertThat(client.list()).isEmpty();
        assertThat(unanswered.take()).isEqualTo(KeysClient.MAX_ASKED + 2);
        for (FutureTask<CredentialResult> agent : agents) {
            assertShut(agent.get());
        }
    }

    /** A client without a lease may send any secrets, and leases' credentials are opened over the same connection. */
    @Test
    void whoAsksWhoseASecretIsKeepsNobodyWaiting() throws Exception {
        BlockingQueue<Integer> unanswered = new LinkedBlockingQueue<>();
        KeysClient client = begin(
                () -> KeysPipes.line((in, out) -> slowly(in, out, unanswered, KeysWaitingTest::unknown)), PATIENT);
        List<FutureTask<Optional<Vault.KnownSecret>>> strangers =
                asking(KeysClient.MAX_KNOWING, () -> client.slotHolding(STRAY));
        assertThat(client.slotHolding(STRAY)).as("which nobody is asked").isEmpty();
        assertThat(client.list()).isEmpty();
        assertThat(unanswered.take()).isEqualTo(KeysClient.MAX_KNOWING);
        for (FutureTask<Optional<Vault.KnownSecret>> stranger : strangers) {
            assertThat(stranger.get()).isEmpty();
        }
        assertThat(client.slotHolding(STRAY)).isEmpty();
        assertThat(client.list()).isEmpty();
        assertThat(unanswered.take()).as("once there is room, it is asked").isZero();
        assertThat(troubles).isEmpty();
    }

    /** Otherwise an agent could hide its use of a decoy, which may end its lease, behind many worthless secrets. */
    @Test
    void whatThereIsNoRoomToAskIsKnownByItsTraces() throws Exception {
        KeysClient client = begin(
                () -> KeysPipes.line(
                        (in, out) -> slowly(in, out, new LinkedBlockingQueue<>(), KeysWaitingTest::unknown)),
                PATIENT);
        assertThat(client.secretMatcher()
                        .find("nothing in it".getBytes(StandardCharsets.UTF_8))
                        .isNothing())
                .isTrue();
        var _ = asking(KeysClient.MAX_KNOWING, () -> client.slotHolding(STRAY));
        assertThat(client.slotHolding(new Secret(FOUND)))
                .contains(new Vault.KnownSecret("railway-read", Optional.empty()));
        assertThat(client.slotHolding(new Secret(FOUND + " " + DECOY)))
                .contains(new Vault.KnownSecret("decoy-1", Optional.empty()));
        assertThat(client.slotHolding(STRAY)).isEmpty();
    }

    @Test
    void whatNobodyCanBeAskedIsKnownByItsTracesToo() throws Exception {
        KeysClient client = begin(
                () -> KeysPipes.line(
                        (in, out) -> slowly(in, out, new LinkedBlockingQueue<>(), KeysWaitingTest::unknown)),
                PATIENT);
        var _ = client.secretMatcher();
        client.close();
        assertThat(client.slotHolding(new Secret(DECOY))).contains(new Vault.KnownSecret("decoy-1", Optional.empty()));
    }

    private static Json.Members unknown(Json.Members to) {
        return to.with("answer", "unknown");
    }

    private static Json.Members traces(Json.Members to) {
        SecretMatcher.TraceKey key = SecretMatcher.TraceKey.random(new SecureRandom());
        List<SecretMatcher.SecretTrace> all = new ArrayList<>(key.of("railway-read", false, new Secret(FOUND)));
        all.addAll(key.of("decoy-1", true, new Secret(DECOY)));
        return to.with("answer", "traces").with("all", new SecretMatcher(key, all).json());
    }

    /** Starts {@code count} questions, and waits until each waits. */
    private static <T> List<FutureTask<T>> asking(int count, Callable<T> question) {
        List<FutureTask<T>> asking = new ArrayList<>();
        List<Thread> agents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            FutureTask<T> agent = new FutureTask<>(question);
            asking.add(agent);
            agents.add(Thread.startVirtualThread(agent));
        }
        while (!agents.stream().allMatch(agent -> agent.getState() == Thread.State.TIMED_WAITING)) {
            WaitLoop.pause(); // the class's time limit ends it
        }
        return asking;
    }

    private static Json.Members shut(Json.Members to) {
        return to.with("answer", "shut").with("reason", "No.");
    }

    /**
     * Answers only the question for secret traces until it is asked for a list, like a slow command. Reports how many
     * waited for it.
     */
    private static void slowly(
            InputStream in, OutputStream out, BlockingQueue<Integer> unanswered, UnaryOperator<Json.Members> answer)
            throws IOException {
        KeysPipes.ready(out);
        KeysProtocol.FrameWriter writer = new KeysProtocol.FrameWriter(out);
        List<Json.Members> waiting = new ArrayList<>();
        boolean over = false;
        Optional<Json.Members> asked = KeysProtocol.read(in);
        while (asked.isPresent()) {
            Json.Members to = Json.object().with("id", asked.get().whole("id"));
            if (asked.get().text("ask").equals("list")) {
                unanswered.add(waiting.size());
                over = true;
                writer.write(to.with("answer", "slots").with("slots", new Json.Array(List.of())));
            } else if (asked.get().text("ask").equals("traces")) {
                writer.write(traces(to));
            } else {
                waiting.add(to);
            }
            while (over && !waiting.isEmpty()) {
                writer.write(answer.apply(waiting.removeLast()));
            }
            asked = KeysProtocol.read(in);
        }
    }
}
