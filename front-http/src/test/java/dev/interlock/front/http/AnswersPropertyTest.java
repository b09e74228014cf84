package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that no call gets the answer to another one, whatever upstreams and clients do to their connections. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class AnswersPropertyTest {

    private static final int CLIENTS = 4;
    private static final int CALLS = 60;
    /** The longest answer in its own name: longer than what is read at once. */
    private static final int MOST = 10_000;

    @Test
    void eachCallGetsItsOwnAnswerOrNone() throws Exception {
        long seed = System.nanoTime();
        AtomicInteger answered = new AtomicInteger();
        try (ScriptedUpstream upstream = upstream(seed);
                FrontFixture setting = new FrontFixture(upstream.address());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                clients.add(threads.submit(() -> {
                    call(setting, number, new Random(seed + number), answered);
                    return number;
                }));
            }
            for (Future<?> client : clients) {
                assertThat(client).as("seed %d", seed).succeedsWithin(Duration.ofMinutes(2));
            }
        }
        assertThat(answered).as("seed %d", seed).hasValueGreaterThan(CALLS);
    }

    /** Sends calls, some at once, on connections of which some are left in the middle. */
    private static void call(FrontFixture setting, int number, Random random, AtomicInteger answered)
            throws IOException {
        for (int call = 0; call < CALLS; ) {
            try (RawClient client = setting.client()) {
                List<String> asked = new ArrayList<>();
                StringBuilder requests = new StringBuilder();
                for (int i = random.nextInt(3); i >= 0; i--, call++) {
                    String name = "/c" + number + "-" + call + "-";
                    asked.add(name);
                    String body = "b".repeat(random.nextInt(200));
                    requests.append(setting.request(
                                    random.nextBoolean() ? "GET" : "POST",
                                    "/up" + name,
                                    "Content-Length: " + body.length() + "\r\n"))
                            .append(body);
                }
                client.send(requests.toString());
                if (random.nextInt(6) == 0) {
                    continue; // leaves without an answer
                }
                for (String name : asked) {
                    RawClient.Reply reply = client.reply();
                    if (reply.status() == 200) {
                        assertThat(name.repeat(MOST)).startsWith(reply.body()); // it may be cut off
                        answered.incrementAndGet();
                    } else {
                        assertThat(reply.body()).doesNotContainPattern("/c[0-9-]");
                    }
                    if (reply.header("connection").filter("close"::equals).isPresent()) {
                        break;
                    }
                }
            } catch (IOException e) {
                // a cut-off answer
            }
        }
    }

    private static ScriptedUpstream upstream(long seed) throws IOException {
        AtomicInteger lines = new AtomicInteger();
        return new ScriptedUpstream(line -> {
            Random random = new Random(seed + 1_000 + lines.incrementAndGet());
            while (true) {
                int how = random.nextInt(12);
                if (how == 0) { // answers before the body has come
                    String early = name(line.head());
                    line.say(ScriptedUpstream.ok(early));
                    return;
                }
                if (!line.request()) {
                    return;
                }
                String own = name(line.latest());
                switch (how) {
                    case 1 -> line.say(ScriptedUpstream.ok(own) + ScriptedUpstream.ok("/c-of-nobody"));
                    case 2 -> line.say(ScriptedUpstream.ok(own) + "x");
                    case 3 -> {
                        String cut = ScriptedUpstream.ok(own);
                        line.say(cut.substring(0, random.nextInt(cut.length())));
                        return;
                    }
                    case 4 -> line.say("HTTP/1.1 100 Continue\r\n\r\n" + ScriptedUpstream.ok(own));
                    case 5 ->
                        line.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + Integer.toHexString(own.length()) + "\r\n" + own + "\r\n0\r\n\r\n");
                    case 6 ->
                        line.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + Integer.toHexString(own.length()) + "\r\n" + own + "\r\n0\r\n\r\n");
                    case 7 -> line.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + own);
                    default -> line.say(ScriptedUpstream.ok(own.repeat(1 + random.nextInt(MOST))));
                }
                if (how == 7) {
                    return;
                }
            }
        });
    }

    private static String name(String request) {
        return request.split(" ", 3)[1];
    }
}
