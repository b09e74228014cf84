package dev.interlock.inventory;

import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.WaitLoop;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

final class SurveyQueriesTest {

    private static final String ENDLESS = """
            {"data":{"projects":{"edges":[{"node":{"id":"p"}}],"pageInfo":{"hasNextPage":true,"endCursor":"1"}}}}""";

    private final TestingClock clock = new TestingClock();
    private final TestingSeal seal = TestingSeal.bound(URI.create("https://railway.example:8443"));

    private LocatedActions locate(ResolverQuery asker, String id) {
        return new Inventory(asker, clock.utc(), BuiltIn.FACTS)
                .locate(
                        seal.seal(),
                        "railway",
                        "L-1",
                        TestActions.destroy("volumeDelete", resource("volume", id)),
                        Freshness.FRESH);
    }

    @Test
    void anEndlessListIsUnknown() {
        AtomicInteger asked = new AtomicInteger();

        LocatedActions located = locate(
                (_, _) -> {
                    asked.incrementAndGet();
                    return Bytes.utf8(ENDLESS);
                },
                "v");

        assertThat(located.placements().get(resource("volume", "v")).known()).isFalse();
        assertThat(asked.get()).isLessThanOrEqualTo(QueryBudget.PER_UPSTREAM / 2);
    }

    @Test
    void aProviderThatTakesTooLongIsNotWaitedFor() {
        AtomicInteger asked = new AtomicInteger();

        LocatedActions located = locate(
                (_, _) -> {
                    asked.incrementAndGet();
                    clock.pass(Duration.ofSeconds(6));
                    return Bytes.utf8(ENDLESS);
                },
                "v");

        assertThat(located.placements().get(resource("volume", "v")).known()).isFalse();
        assertThat(located.radius().notes()).anyMatch(note -> note.contains("in time"));
        assertThat(asked).hasValue(2);
    }

    @Test
    void aFailingQueryCountsAsUnreachable() {
        LocatedActions located = locate(
                (_, _) -> {
                    throw new IllegalStateException("secret in a message");
                },
                "v");

        assertThat(located.placements().get(resource("volume", "v")).environments())
                .containsExactly("production");
        assertThat(located.radius().notes()).noneMatch(note -> note.contains("secret"));
    }

    @Test
    void onlyTheVariablesOfAQuestionDependOnWhatAnAgentNames() {
        StringBuilder texts = new StringBuilder();
        ResolverQuery recording = (_, query) -> {
            texts.append(new String(query.body().toArray(), StandardCharsets.UTF_8));
            assertThat(HttpCall.of(query).method()).isEqualTo("POST");
            assertThat(HttpCall.of(query).path()).isEqualTo("/graphql/v2");
            assertThat(query.authority()).isEqualTo("railway.example:8443");
            return Bytes.utf8("{}");
        };
        new Inventory(recording, clock.utc(), BuiltIn.FACTS)
                .locate(
                        seal.seal(),
                        "railway",
                        "L-1",
                        TestActions.write("deploymentRestart", resource("deployment", "evil\"}")),
                        Freshness.CACHED);
        locate(recording, "evil\"}");

        assertThat(texts.toString()).doesNotContain("evil\"}");
    }

    @Test
    void anAnswerTooLongToBeTrueIsNotRead() {
        ResolverQuery flood = (_, _) -> Bytes.of(new byte[SurveyQueries.MAX_ANSWER + 1]);

        assertThat(locate(flood, "v").radius().notes()).anyMatch(note -> note.contains("too long"));
    }

    @Test
    void concurrentLookupsAreLimited() throws InterruptedException {
        assertAskingAtOnce(Inventory.MAX_LOOKING, i -> "L-" + i);
    }

    /** Otherwise the other agents' calls would be judged without any knowledge. */
    @Test
    void oneAgentLeavesHalfOfThePlacesToOthers() throws InterruptedException {
        assertAskingAtOnce(Inventory.MAX_LOOKING / 2, _ -> "L-1");
    }

    /** Waiting for a free slot is no fault of the provider's. */
    @Test
    void theTimeBeginsWithTheFirstQuestion() throws Exception {
        AtomicInteger asking = new AtomicInteger();
        Semaphore go = new Semaphore(0);
        ResolverQuery slow = (_, _) -> {
            asking.incrementAndGet();
            go.acquireUninterruptibly();
            return Bytes.utf8("{}");
        };
        Inventory inventory = new Inventory(slow, clock.utc(), BuiltIn.FACTS);
        List<LocatedActions> found = Collections.synchronizedList(new ArrayList<>());
        List<Thread> attempts = new ArrayList<>();
        for (int i = 0; i <= Inventory.MAX_LOOKING / 2; i++) {
            String its = "v" + i; // equal lookups that have not begun would share one
            attempts.add(Thread.ofVirtual()
                    .start(() -> found.add(inventory.locate(
                            seal.seal(),
                            "railway",
                            "L-1",
                            TestActions.destroy("volumeDelete", resource("volume", its)),
                            Freshness.FRESH))));
        }
        while (asking.get() < Inventory.MAX_LOOKING / 2 || attempts.stream().anyMatch(SurveyQueriesTest::goesOn)) {
            WaitLoop.pause();
        }
        clock.pass(SurveyQueries.MAX_TIME.plusSeconds(1));
        go.release(1_000);
        for (Thread attempt : attempts) {
            attempt.join();
        }
        assertThat(found)
                .hasSize(attempts.size())
                .allSatisfy(
                        located -> assertThat(located.radius().notes()).noneMatch(note -> note.contains("in time")));
    }

    private void assertAskingAtOnce(int number, IntFunction<String> lease) throws InterruptedException {
        AtomicInteger asking = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Semaphore go = new Semaphore(0);
        ResolverQuery slow = (_, _) -> {
            most.accumulateAndGet(asking.incrementAndGet(), Math::max);
            go.acquireUninterruptibly();
            asking.decrementAndGet();
            return Bytes.utf8("{}");
        };
        Inventory inventory = new Inventory(slow, clock.utc(), BuiltIn.FACTS);
        List<Thread> attempts = new ArrayList<>();
        for (int i = 0; i < 2 * Inventory.MAX_LOOKING; i++) {
            String whose = lease.apply(i);
            String its = "v" + i; // equal lookups that have not begun would share one
            attempts.add(Thread.ofVirtual()
                    .start(() -> inventory.locate(
                            seal.seal(),
                            "railway",
                            whose,
                            TestActions.write("x", resource("volume", its)),
                            Freshness.CACHED)));
        }
        while (asking.get() < number || attempts.stream().anyMatch(SurveyQueriesTest::goesOn)) {
            WaitLoop.pause();
        }
        go.release(1_000);
        for (Thread attempt : attempts) {
            attempt.join();
        }
        assertThat(most).hasValue(number);
    }

    private static boolean goesOn(Thread thread) {
        return thread.getState() == Thread.State.RUNNABLE || thread.getState() == Thread.State.NEW;
    }

    @Test
    void aQuestionIsAnHttpCallWithoutCredential() {
        HttpCall[] seen = new HttpCall[1];
        locate(
                (_, query) -> {
                    seen[0] = HttpCall.of(query);
                    return Bytes.empty();
                },
                "v");

        assertThat(seen[0].headers()).extracting("name").containsExactly("content-type", "accept");
    }
}
