package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a call that people have signed is looked up and sent, whatever else its agent sends. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SignedLookupTest {

    private static final String END = "\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}";
    private static final HttpCall DELETION = GateFixture.deletion("vol-1");
    private static final int COPIES = 50;

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
        house.asker = this::answer;
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    /** Answers for a provider that has one project, with one volume in staging. */
    private Bytes answer(Seal.Upstream upstream, HttpCall question) {
        String text = new String(question.body().toArray(), StandardCharsets.UTF_8);
        if (text.contains("InterlockProjects")) {
            return Bytes.utf8("{\"data\":{\"projects\":{" + edges("{\"id\":\"pro-1\"}") + "}}}");
        }
        if (text.contains("InterlockBackups")) {
            return Bytes.utf8("{\"data\":{\"b0\":[],\"s0\":[]}}");
        }
        String mount = "{\"id\":\"mount-1\",\"environmentId\":\"env-1\",\"serviceId\":null,\"deletedAt\":null}";
        return Bytes.utf8("{\"data\":{\"project\":{\"id\":\"pro-1\",\"name\":\"shop\",\"workspaceId\":\"w\","
                + "\"environments\":{" + edges("{\"id\":\"env-1\",\"name\":\"staging\",\"canAccess\":true}") + "},"
                + "\"services\":{\"edges\":[]," + END + "},"
                + "\"volumes\":{"
                + edges("{\"id\":\"vol-1\",\"name\":\"data\",\"volumeInstances\":{" + edges(mount) + "}}")
                + "}}}}");
    }

    private static String edges(String node) {
        return "\"edges\":[{\"node\":" + node + "}]," + END;
    }

    private Outcome<String> send(HttpCall call) {
        return house.send("railway-asked", call, house.token);
    }

    private void sign() {
        assertThat(send(DELETION)).isInstanceOf(Outcome.Held.class);
        house.sign(house.people.list(house.seal).getFirst().ticket().id());
    }

    private static Refusal refusal(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    /** The others are refused, or people are asked again. */
    @Test
    void fiftyCopiesOfASignedCallReleaseExactlyOne() throws Exception {
        sign();
        Semaphore answers = new Semaphore(0);
        house.asker = (upstream, question) -> {
            answers.acquireUninterruptibly();
            return answer(upstream, question);
        };
        Queue<Outcome<String>> outcomes = new ConcurrentLinkedQueue<>();
        List<Thread> copies = IntStream.range(0, COPIES)
                .mapToObj(_ -> Thread.ofVirtual().start(() -> outcomes.add(send(DELETION))))
                .toList();
        while (copies.stream().anyMatch(SignedLookupTest::goesOn)) {
            WaitLoop.pause();
        }
        answers.release(10_000);
        for (Thread copy : copies) {
            copy.join();
        }
        assertThat(outcomes).hasSize(COPIES);
        assertThat(outcomes).filteredOn(Outcome.Forwarded.class::isInstance).hasSize(1);
        assertThat(house.upstream.arrived).hasSize(1);
    }

    private static boolean goesOn(Thread thread) {
        return thread.getState() == Thread.State.RUNNABLE || thread.getState() == Thread.State.NEW;
    }

    @Test
    void othersDoNotUseUpTheLookupsOfASignedCall() {
        sign();
        HttpCall other = GateFixture.deletion("vol-x");
        int sent = 0;
        while (!refusal(send(other)).reason().contains("asked too often")) {
            assertThat(sent++).as("lookups are limited").isLessThan(1_000);
        }
        assertThat(send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(refusal(send(DELETION)).reason()).contains("asked too often");
    }
}
