package dev.interlock.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What two logs restore, read one after the other or each by itself. */
class TighteningTest {

    private static final int CASES = 500;

    private final List<List<Receipt>> logs = List.of(new ArrayList<>(), new ArrayList<>());
    private int receipts;

    private String add(int log, Receipt.Kind kind, Json.Members members) {
        String id = String.format("R-01JD%022d", receipts++);
        logs.get(log).add(new Receipt(id, kind, Instant.EPOCH.plusSeconds(receipts), "log" + log, members));
        return id;
    }

    private void act(int log, String command, Json.Members members) {
        add(log, Receipt.Kind.ADMIN, members.with("command", command).with("peer", "root"));
    }

    private static String one(Random random, List<String> names) {
        return names.isEmpty() ? "R-01JD0000000000000000999999" : names.get(random.nextInt(names.size()));
    }

    private void write(Random random) {
        List<List<String>> intents = List.of(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < 30; i++) {
            int log = random.nextInt(2);
            List<String> own = intents.get(log);
            String some = "L-" + random.nextInt(3);
            switch (random.nextInt(9)) {
                case 0, 1 -> {
                    Json.Members intent = StoreReplayTest.intent("H-" + random.nextInt(3), "vol_" + random.nextInt(3));
                    own.add(add(
                            log,
                            Receipt.Kind.INTENT,
                            random.nextBoolean()
                                    ? intent
                                    : intent.without(List.of("hold", "confirmation"))
                                            .with("grant", "G-1")));
                }
                case 2, 3 -> {
                    String result =
                            List.of("done", "failed", "refused", "unknown").get(random.nextInt(4));
                    Json.Members outcome =
                            Json.object().with("intent", one(random, own)).with("result", result);
                    add(
                            log,
                            Receipt.Kind.OUTCOME,
                            random.nextBoolean() ? outcome : outcome.with("answer", Json.object()));
                }
                case 4 ->
                    act(
                            log,
                            "fleet.close",
                            Json.object()
                                    .with("closed", one(random, intents.get(1 - log)))
                                    .with("outcome", random.nextBoolean() ? "refused" : "unknown"));
                case 5 ->
                    act(
                            log,
                            "kill",
                            Json.object()
                                    .with("kill", "K-" + random.nextInt(4))
                                    .with("scope", "agent")
                                    .with("name", "a/" + random.nextInt(2))
                                    .withTexts("runs", List.of(some)));
                case 6 -> act(log, "kill.lift", Json.object().with("kill", "K-" + random.nextInt(4)));
                case 7 ->
                    act(
                            log,
                            "lease.revoke",
                            Json.object().with("reason", "r" + i).withTexts("leases", List.of(some)));
                default ->
                    act(log, "freeze.lift", Json.object().with("intent", one(random, intents.get(random.nextInt(2)))));
            }
        }
    }

    private static List<Object> all(Tightening since) {
        return List.of(
                since.kills(),
                since.ends,
                since.uses,
                since.grantUses,
                since.destroyed(),
                since.released(),
                since.released().stream()
                        .map(intent -> since.isAnswered(intent.id()))
                        .toList());
    }

    /** @param offset so that a failure can be run again */
    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void logsCanBeReadApart(int offset) {
        for (int seed = offset; seed < offset + CASES; seed++) {
            logs.forEach(List::clear);
            write(new Random(seed));
            Tightening together = new Tightening(_ -> true);
            logs.forEach(log -> log.forEach(together));
            Tightening first = new Tightening(_ -> true);
            Tightening second = new Tightening(_ -> true);
            logs.getFirst().forEach(first);
            logs.getLast().forEach(second);
            first.add(second);
            assertThat(all(first)).as("seed %d", seed).isEqualTo(all(together));
        }
    }
}
