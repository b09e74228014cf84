package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.inventory.Freshness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A program that resolves calls which take the most memory for their length, many at once. */
final class WorstCalls {

    /** What the rest of the gateway has in its heap, in bytes. */
    private static final int OTHERS = 64 << 20;

    private static final int SENDERS = 64;
    /** How often each call comes: all of them are on their way at once. */
    private static final int TIMES = 4;

    private static final int LENGTH = 1_000_000;

    private WorstCalls() {}

    public static void main(String[] args) throws Exception {
        byte[] others = new byte[OTHERS];
        List<HttpCall> calls = new ArrayList<>();
        for (int i = 0; i < TIMES; i++) {
            calls.addAll(calls());
        }
        int read = 0;
        try (GateFixture house = new GateFixture(Path.of(args[0]));
                ExecutorService senders = Executors.newFixedThreadPool(SENDERS)) {
            List<Future<Boolean>> all = new ArrayList<>();
            for (HttpCall call : calls) {
                all.add(senders.submit(() -> isRead(house, call)));
            }
            for (Future<Boolean> each : all) {
                read += each.get() ? 1 : 0;
            }
        }
        System.out.println(calls.size() + " answered, " + (read > 0 ? "some" : "none") + " read, "
                + (others.length == OTHERS ? "alive" : "broken"));
    }

    private static boolean isRead(GateFixture house, HttpCall call) {
        Attempt attempt = new Attempt(
                "github-asked",
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                call,
                house.clock.instant());
        return house.senses.resolve(attempt, Freshness.CACHED) instanceof Resolution.Resolved;
    }

    private static List<HttpCall> calls() {
        String tree = "{\"path\":\"p\",\"mode\":\"100644\",\"type\":\"blob\",\"sha\":\"x\"}";
        return List.of(
                graphql("query{viewer{" + each(3_300, i -> "a" + i + ":id", " ") + "}}"),
                graphql("query{viewer{" + each(45, _ -> "...A", " ") + "}} fragment A on User{"
                        + "...on User{".repeat(80) + each(95, i -> "i" + i + ":id", " ") + "}".repeat(80) + "}"),
                rest("issues", "\"title\":\"t\",\"body\":\"" + "a\\n".repeat(LENGTH / 3) + '"'),
                rest(
                        "issues",
                        "\"title\":\"t\",\"body\":\"" + each(LENGTH / 6, i -> "@" + Integer.toString(i, 36), " ")
                                + '"'),
                rest("issues", "\"title\":\"t\",\"body\":\"" + "&#65;%41\\u0041 ".repeat(LENGTH / 15) + '"'),
                rest("issues", "\"title\":\"t\",\"labels\":[" + each(49_000, i -> "\"l" + i + '"', ",") + ']'),
                rest("git/trees", "\"tree\":[" + (tree + ",").repeat(9_800) + tree + "]"),
                rest("deployments", "\"ref\":\"x\",\"payload\":[" + "[],".repeat(49_000) + "[]]"),
                rest(
                        "deployments",
                        "\"ref\":\"x\",\"payload\":{" + each(49_000, i -> "\"m" + i + "\":\"a/b\"", ",") + '}'));
    }

    private static String each(int count, IntFunction<String> text, String between) {
        return IntStream.range(0, count).mapToObj(text).collect(Collectors.joining(between));
    }

    private static HttpCall graphql(String document) {
        return post("/graphql", "{\"query\":\"" + document + "\"}");
    }

    private static HttpCall rest(String things, String members) {
        return post("/repos/acme/shop/" + things, "{" + members + "}");
    }

    private static HttpCall post(String path, String body) {
        return new HttpCall(
                "POST",
                "api.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }
}
