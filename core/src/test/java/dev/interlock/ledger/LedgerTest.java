package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.LogFinding;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.ProofBundle;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerTest {

    @TempDir
    Path directory;

    private TestLedgers ledgers;

    @BeforeEach
    void prepare() {
        ledgers = new TestLedgers(directory);
    }

    @Test
    void aNewLedgerHasASignedEmptyCheckpoint() throws Exception {
        Ledger ledger = ledgers.open();
        ledger.close();
        assertThat(ledgers.verify(ledger.verifierKey()).recordsSound()).isTrue();
        assertThat(ledgers.verify(ledger.verifierKey()).checkpoint().size()).isZero();
    }

    @Test
    void anAppendedReceiptIsFoundAtOnceAndVerifiesLater() throws Exception {
        Ledger ledger = ledgers.open();
        try (ledger) {
            for (int i = 0; i < 30; i++) {
                ledger.append(TestLedgers.refused(i));
                assertThat(ledger.find(TestLedgers.id(i))).contains(TestLedgers.refused(i));
            }
            assertThat(ledger.find(TestLedgers.id(99))).isEmpty();
        }
        assertThat(ledgers.verify(ledger.verifierKey()).problems()).isEmpty();
        assertThat(ledgers.verify(ledger.verifierKey()).checkpoint().size()).isEqualTo(30);
    }

    @Test
    void manyWritersShareOneSync() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        Ledger ledger = Ledger.open(
                LedgerConfig.of(TestLedgers.ORIGIN, ledgers.evidence(), ledgers.state(), Optional.empty()),
                new SecureRandom(),
                disk);
        int before = disk.syncs.get();
        try (ledger;
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> appends = IntStream.range(0, 1000)
                    .<Future<?>>mapToObj(i -> threads.submit(() -> {
                        ledger.append(TestLedgers.refused(i));
                        return i;
                    }))
                    .toList();
            for (Future<?> append : appends) {
                append.get();
            }
        }
        assertThat(disk.syncs.get() - before).isLessThan(1000);
        assertThat(ledgers.verify(ledger.verifierKey()).problems()).isEmpty();
        assertThat(ledgers.verify(ledger.verifierKey()).checkpoint().size()).isEqualTo(1000);
    }

    /** From memory, from the index, and from an index that is made again. */
    @Test
    void aDayIsCountedByQuartersOfAnHour() throws Exception {
        Instant noon = Instant.parse("2026-11-20T12:00:00Z");
        String hold = "H-" + new Ulid(noon.minusSeconds(600).toEpochMilli(), new byte[10]);
        Json.Members agent = Json.object().with("agent", "jer/cursor");
        Json.Members act = Json.object().with("hold", hold).with("peer", "ann");
        List<Receipt> receipts = List.of(
                TestLedgers.receipt(0, Receipt.Kind.INTENT),
                TestLedgers.outcome(1, 0),
                TestLedgers.receipt(2, Receipt.Kind.HELD, agent.with("hold", hold)),
                TestLedgers.receipt(3, Receipt.Kind.HELD, agent.with("hold", hold)),
                TestLedgers.receipt(4, Receipt.Kind.REFUSED, agent.with("suppressed", 5)),
                TestLedgers.receipt(5, Receipt.Kind.REFUSED, agent.with("refusal", "dry_run")),
                TestLedgers.receipt(6, Receipt.Kind.REFUSED, Json.object().with("agent", Receipt.PROBE)),
                TestLedgers.receipt(7, Receipt.Kind.REFUSED, agent.with("task", Receipt.EXAMINATION)),
                TestLedgers.receipt(
                        8,
                        Receipt.Kind.ADMIN,
                        act.with("command", "hold.sign")
                                .with("result", "accepted")
                                .with("complete", false)),
                TestLedgers.receipt(9, Receipt.Kind.ADMIN, act.with("command", "hold.deny")),
                TestLedgers.receipt(
                        10,
                        Receipt.Kind.ADMIN,
                        Json.object().with("command", "refusals.counted").with("suppressed", 7)),
                TestLedgers.receipt(11, Receipt.Kind.INTENT),
                TestLedgers.receipt(
                        12,
                        Receipt.Kind.OUTCOME,
                        agent.with("intent", TestLedgers.id(11)).with("result", "refused")));
        ReceiptCounts counted = new ReceiptCounts(
                List.of(
                        new ReceiptCounts.Quarter(noon.minusSeconds(900), 0, 1, 0),
                        new ReceiptCounts.Quarter(noon, 1, 0, 14)),
                Optional.of(609L));
        try (Ledger ledger = ledgers.open()) {
            for (Receipt receipt : receipts) {
                ledger.append(receipt);
            }
            assertThat(ledger.count(noon.minusSeconds(900), noon.plusSeconds(900)))
                    .isEqualTo(counted);
            TestLedgers.fill(ledger, 3600, 3600 + 2 * 256);
            TestLedgers.await(() -> ledger.status().published() == 13 + 2 * 256);
            assertThat(ledger.count(noon.minusSeconds(900), noon.plusSeconds(900)))
                    .isEqualTo(counted);
            assertThat(ledger.count(noon, noon.plusSeconds(7200)).quarters().stream()
                            .mapToLong(ReceiptCounts.Quarter::denied)
                            .sum())
                    .isEqualTo(14 + 2 * 256);
            assertThat(ledger.count(noon.plusSeconds(900), noon.plusSeconds(1800)))
                    .isEqualTo(new ReceiptCounts(List.of(), Optional.empty()));
        }
        Files.delete(ledgers.state().resolve("ledger-index.sqlite"));
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.count(noon.minusSeconds(900), noon.plusSeconds(900)))
                    .isEqualTo(counted);
        }
    }

    @Test
    void searchesNewestFirst() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.fill(ledger, 0, 40);
            ledger.append(
                    TestLedgers.receipt(40, Receipt.Kind.HELD, Json.object().with("agent", "ann/bot")));
            assertThat(ledger.search(TestLedgers.newest(3)))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(40), TestLedgers.id(39), TestLedgers.id(38));
            TestLedgers.await(() -> ledger.status().published() == 41);
            assertThat(ledger.search(query("ann/bot", Optional.empty(), 9))).hasSize(1);
            assertThat(ledger.search(query("jer/cursor", Optional.of(Receipt.Kind.HELD), 9)))
                    .isEmpty();
            Instant noon = Instant.parse("2026-11-20T12:00:00Z");
            assertThat(ledger.search(new ReceiptQuery(
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of(noon.plusSeconds(5)),
                            Optional.of(noon.plusSeconds(7)),
                            Optional.empty(),
                            9,
                            Optional.empty())))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(6), TestLedgers.id(5));
        }
    }

    /** As on the page of receipts: what a person's agents did and how it ended, and what the person did. */
    @Test
    void aPersonIsFoundByCallsOutcomesAndOwnActs() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            Json.Members jer = Json.object().with("agent", "jer/cursor").with("person", "jer");
            Json.Members ann = Json.object().with("agent", "ann/bot").with("person", "ann");
            ledger.append(TestLedgers.receipt(0, Receipt.Kind.INTENT, jer));
            ledger.append(TestLedgers.receipt(1, Receipt.Kind.INTENT, ann));
            ledger.append(TestLedgers.receipt(
                    2,
                    Receipt.Kind.OUTCOME,
                    Json.object().with("result", "done").with("intent", TestLedgers.id(0))));
            ledger.append(TestLedgers.receipt(
                    3,
                    Receipt.Kind.OUTCOME,
                    Json.object().with("result", "done").with("intent", TestLedgers.id(1))));
            ledger.append(
                    TestLedgers.receipt(4, Receipt.Kind.ADMIN, Json.object().with("peer", "jer")));
            ledger.append(
                    TestLedgers.receipt(5, Receipt.Kind.ADMIN, Json.object().with("peer", "jerry")));
            assertPersonsReceipts(ledger);
            TestLedgers.await(() -> ledger.status().published() == 6);
            assertPersonsReceipts(ledger);
        }
    }

    private static void assertPersonsReceipts(Ledger ledger) throws IOException {
        assertThat(ledger.search(ofPerson("jer")))
                .extracting(Receipt::id)
                .containsExactly(TestLedgers.id(4), TestLedgers.id(2), TestLedgers.id(0));
        assertThat(ledger.search(ofPerson("ann")))
                .extracting(Receipt::id)
                .containsExactly(TestLedgers.id(3), TestLedgers.id(1));
        assertThat(ledger.search(ofPerson("je"))).isEmpty();
    }

    private static ReceiptQuery ofPerson(String person) {
        return new ReceiptQuery(
                Optional.empty(),
                Optional.of(person),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                9,
                Optional.empty());
    }

    /** The query names the agent; an outcome names only its intent. */
    @Test
    void outcomesAreFoundWithAnAgentsCalls() throws Exception {
        try (Ledger ledger = ledgers.open();
                ReceiptStream ann = ledger.follow(query("ann/bot", Optional.empty(), 9))) {
            begin(ledger, 0, "ann/bot");
            begin(ledger, 1, "jer/cursor");
            end(ledger, 2, 0);
            assertThat(ledger.search(query("ann/bot", Optional.empty(), 9)))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(2), TestLedgers.id(0));
            begin(ledger, 3, "ann/bot");
            TestLedgers.await(() -> ledger.status().published() == 4);
            end(ledger, 4, 3);
            end(ledger, 5, 1);
            assertThat(ledger.search(query("ann/bot", Optional.of(Receipt.Kind.OUTCOME), 9)))
                    .as("of an intent that is indexed, and of one that is not")
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(4), TestLedgers.id(2));
            TestLedgers.await(() -> ledger.status().published() == 6);
            assertThat(ledger.search(query("ann/bot", Optional.empty(), 9)))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(4), TestLedgers.id(3), TestLedgers.id(2), TestLedgers.id(0));
            assertThat(ledger.search(query("jer/cursor", Optional.empty(), 9)))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(5), TestLedgers.id(1));
            for (int told : List.of(0, 2, 3, 4)) {
                assertThat(ann.next()).get().extracting(Receipt::id).isEqualTo(TestLedgers.id(told));
            }
        }
    }

    private static void begin(Ledger ledger, int i, String agent) throws Exception {
        ledger.append(TestLedgers.receipt(i, Receipt.Kind.INTENT, Json.object().with("agent", agent)));
    }

    private static void end(Ledger ledger, int i, int intent) throws Exception {
        ledger.append(TestLedgers.receipt(
                i,
                Receipt.Kind.OUTCOME,
                Json.object().with("intent", TestLedgers.id(intent)).with("result", "done")));
    }

    @Test
    void pagesByPlaceInTheLogWhetherIndexedOrNot() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.fill(ledger, 0, 4);
            TestLedgers.await(() -> ledger.status().published() == 4);
            TestLedgers.fill(ledger, 4, 8);
            assertThat(ledger.search(before(TestLedgers.id(6), 3)))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(5), TestLedgers.id(4), TestLedgers.id(3));
            assertThat(ledger.search(before(TestLedgers.id(3), 9)))
                    .extracting(Receipt::id)
                    .containsExactly(TestLedgers.id(2), TestLedgers.id(1), TestLedgers.id(0));
            assertThat(ledger.search(before(TestLedgers.id(0), 9))).isEmpty();
            assertThat(ledger.search(before(TestLedgers.id(99), 9))).isEmpty();
        }
    }

    private static ReceiptQuery before(String id, int limit) {
        return ReceiptQuery.newest(limit).before(id);
    }

    private static ReceiptQuery ofLease(String lease, int limit) {
        return new ReceiptQuery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(lease),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limit,
                Optional.empty());
    }

    private static List<String> of(Ledger ledger, String lease) throws IOException {
        return ledger.search(ofLease(lease, 99)).stream().map(Receipt::id).toList();
    }

    private static Receipt naming(int number, Receipt.Kind kind, Json.Members named) {
        return TestLedgers.receipt(number, kind, named);
    }

    private static Json.Members lease(String id) {
        return Json.object().with("lease", id);
    }

    @Test
    void findsReceiptsAndOutcomesOfALease() throws Exception {
        List<Receipt> receipts = List.of(
                naming(0, Receipt.Kind.INTENT, lease("L-1")),
                naming(1, Receipt.Kind.INTENT, lease("L-2")),
                TestLedgers.outcome(2, 1),
                naming(3, Receipt.Kind.REFUSED, lease("L-3").with("root", "L-1")),
                naming(4, Receipt.Kind.ADMIN, lease("L-3").with("parent", "L-1")),
                naming(5, Receipt.Kind.ADMIN, Json.object().withTexts("leases", List.of("L-2", "L-1"))),
                naming(6, Receipt.Kind.REFUSED, Json.object().with("place", "L-1")),
                naming(7, Receipt.Kind.REFUSED, Json.object().with("reason", "L-1")),
                TestLedgers.outcome(8, 0));
        List<String> expected = Stream.of(8, 6, 5, 4, 3, 0).map(TestLedgers::id).toList();
        try (Ledger ledger = ledgers.open()) {
            for (Receipt receipt : receipts) {
                ledger.append(receipt);
                assertThat(of(ledger, "L-1")).as("at once").isSubsetOf(expected);
            }
            assertThat(of(ledger, "L-1")).isEqualTo(expected);
            TestLedgers.await(() -> ledger.status().published() == 9);
            assertThat(of(ledger, "L-1")).isEqualTo(expected);
            assertThat(of(ledger, "L-2")).containsExactly(TestLedgers.id(5), TestLedgers.id(2), TestLedgers.id(1));
            assertThat(of(ledger, "L-4")).isEmpty();
            assertThat(ledger.search(ofLease("L-1", 2))).hasSize(2);
        }
    }

    @Test
    void outcomeIsFoundWhileOnlyItsIntentIsIndexed() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            for (int i = 0; i < 20; i += 2) {
                long size = i + 1;
                ledger.append(naming(i, Receipt.Kind.INTENT, lease("L-" + i)));
                TestLedgers.await(() -> ledger.status().published() == size);
                ledger.append(TestLedgers.outcome(i + 1, i));
                assertThat(of(ledger, "L-" + i)).containsExactly(TestLedgers.id(i + 1), TestLedgers.id(i));
            }
        }
    }

    @Test
    void anOlderIndexIsRebuilt() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            ledger.append(naming(0, Receipt.Kind.INTENT, lease("L-1")));
            ledger.append(TestLedgers.outcome(1, 0));
            TestLedgers.fill(ledger, 2, 600); // more than every start reads again
        }
        Path index = ledgers.state().resolve("ledger-index.sqlite");
        try (Connection earlier = DriverManager.getConnection("jdbc:sqlite:" + index);
                Statement statement = earlier.createStatement()) {
            statement.execute("DROP TABLE posting");
            statement.execute("CREATE TABLE receipt (leaf INTEGER PRIMARY KEY)");
            statement.execute("PRAGMA user_version = 2");
        }
        try (Ledger ledger = ledgers.open()) {
            assertThat(of(ledger, "L-1")).containsExactly(TestLedgers.id(1), TestLedgers.id(0));
            assertThat(ledger.openIntents()).isEmpty();
        }
    }

    /** The same questions of receipts in memory, of indexed ones, and of an index that was made again. */
    @ParameterizedTest
    @ValueSource(ints = {30, 256, 1400})
    void everyQuestionIsAnsweredAsByReadingAll(int count) throws Exception {
        long seed = Long.getLong("interlock.seed", new SecureRandom().nextInt());
        Random random = new Random(seed);
        List<Receipt> all = randomReceipts(random, count);
        try (Ledger ledger = ledgers.open()) {
            for (Receipt receipt : all) {
                ledger.appendOwed(receipt);
            }
            TestLedgers.await(() -> ledger.status().published() == count);
            assertAnswers(ledger, all, random, "seed " + seed);
        }
        try (Ledger ledger = ledgers.open()) {
            assertAnswers(ledger, all, random, "seed " + seed + ", after a start");
        }
        ledgers.deleteIndex();
        try (Ledger ledger = ledgers.open()) {
            assertAnswers(ledger, all, random, "seed " + seed + ", with a new index");
        }
    }

    private static List<Receipt> randomReceipts(Random random, int count) {
        List<Receipt> all = new ArrayList<>();
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String agent = random.nextInt(6) == 0 ? Receipt.PROBE : "jer/a" + random.nextInt(4);
            Json.Members named = Json.object()
                    .with("agent", agent)
                    .with("lease", "L-" + random.nextInt(9))
                    .with("person", "p" + random.nextInt(3));
            if (!open.isEmpty() && random.nextInt(3) == 0) {
                Json.Members ends = Json.object().with("result", "done");
                int intent = open.remove(random.nextInt(open.size()));
                all.add(TestLedgers.receipt(i, Receipt.Kind.OUTCOME, ends.with("intent", TestLedgers.id(intent))));
            } else if (random.nextBoolean()) {
                open.add(i);
                all.add(TestLedgers.receipt(i, Receipt.Kind.INTENT, named));
            } else {
                all.add(TestLedgers.receipt(i, Receipt.Kind.REFUSED, named));
            }
        }
        return all;
    }

    private static void assertAnswers(Ledger ledger, List<Receipt> all, Random random, String seed) throws Exception {
        Map<String, Receipt> ends = new HashMap<>();
        all.forEach(receipt -> receipt.intent().ifPresent(intent -> ends.put(intent, receipt)));
        Map<String, Receipt> byId = new HashMap<>();
        all.forEach(receipt -> byId.put(receipt.id(), receipt));
        for (int i = 0; i < 20; i++) {
            Receipt one = all.get(random.nextInt(all.size()));
            assertThat(ledger.find(one.id())).as(seed).contains(one);
            assertThat(ledger.outcome(one.id())).as(seed).isEqualTo(Optional.ofNullable(ends.get(one.id())));
            ReceiptQuery query = new ReceiptQuery(
                    random.nextBoolean() ? Optional.empty() : Optional.of("jer/a" + random.nextInt(5)),
                    random.nextBoolean() ? Optional.empty() : Optional.of("p" + random.nextInt(4)),
                    random.nextBoolean()
                            ? Optional.empty()
                            : Optional.of(Receipt.Kind.values()[random.nextInt(Receipt.Kind.values().length)]),
                    random.nextBoolean() ? Optional.empty() : Optional.of("L-" + random.nextInt(10)),
                    random.nextInt(3) > 0 ? Optional.empty() : Optional.of(one.at()),
                    random.nextInt(3) > 0
                            ? Optional.empty()
                            : Optional.of(one.at().plusSeconds(random.nextInt(900))),
                    random.nextInt(3) > 0 ? Optional.empty() : Optional.of(one.id()),
                    random.nextInt(50),
                    Optional.empty());
            assertThat(ledger.search(query)).as("%s: %s", seed, query).isEqualTo(expected(all, byId, query));
        }
    }

    /** The long way: every receipt is looked at. */
    private static List<Receipt> expected(List<Receipt> all, Map<String, Receipt> byId, ReceiptQuery query) {
        List<Receipt> found = new ArrayList<>();
        int end = query.before().map(id -> all.indexOf(byId.get(id))).orElse(all.size());
        for (int i = end - 1; i >= 0 && found.size() < query.limit(); i--) {
            Receipt receipt = all.get(i);
            Receipt names = receipt.intent().map(byId::get).orElse(receipt);
            if (query.matches(receipt) && query.isOfAgent(names) && query.isOfLeaseAndPerson(names)) {
                found.add(receipt);
            }
        }
        return found;
    }

    private static ReceiptQuery query(String agent, Optional<Receipt.Kind> kind, int limit) {
        return new ReceiptQuery(
                Optional.of(agent),
                Optional.empty(),
                kind,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limit,
                Optional.empty());
    }

    @Test
    void followersSeeReceiptsAsTheyCome() throws Exception {
        try (Ledger ledger = ledgers.open();
                ReceiptStream following = ledger.follow(query("jer/cursor", Optional.of(Receipt.Kind.ADMIN), 1))) {
            ledger.append(TestLedgers.refused(0));
            ledger.append(TestLedgers.receipt(1, Receipt.Kind.ADMIN));
            assertThat(following.next()).contains(TestLedgers.receipt(1, Receipt.Kind.ADMIN));
        }
    }

    /** It exceeds the limit of unpublished receipts. Appends are slowed down, and not refused. */
    @Test
    void aBurstOfAppendsSucceeds() throws Exception {
        int threads = 64;
        int each = 200;
        try (Ledger ledger = ledgers.open();
                ExecutorService appending = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int first = t * each;
                all.add(appending.submit(() -> {
                    for (int i = first; i < first + each; i++) {
                        ledger.append(TestLedgers.refused(i));
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            assertThat(ledger.status().size()).isEqualTo((long) threads * each);
        }
    }

    @Test
    void aFollowerEndsWithTheLedger() throws Exception {
        Ledger ledger = ledgers.open();
        ReceiptStream following = ledger.follow(TestLedgers.newest(1));
        ledger.close();
        assertThat(following.next()).isEmpty();
    }

    @Test
    void provesAReceiptThatWasJustWritten() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.fill(ledger, 0, 300);
            ProofBundle proof = ledger.prove(TestLedgers.id(299)).orElseThrow();
            proof.verify(List.of(ledger.verifierKey()));
            assertThat(ProofBundle.read(proof.json().canonical())).isEqualTo(proof);
            assertThat(ledger.prove(TestLedgers.id(999))).isEmpty();
        }
    }

    @Test
    void intentsWithoutOutcomeAreKnownAfterARestart() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            ledger.append(TestLedgers.receipt(0, Receipt.Kind.INTENT));
            ledger.append(TestLedgers.receipt(1, Receipt.Kind.INTENT));
            ledger.append(TestLedgers.outcome(2, 0));
            assertThat(ledger.openIntents()).isEmpty();
        }
        ledgers.deleteIndex();
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.openIntents()).extracting(Receipt::id).containsExactly(TestLedgers.id(1));
            ledger.append(TestLedgers.outcome(3, 1));
        }
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.openIntents()).isEmpty();
        }
    }

    @Test
    void onlyOneProcessMayWrite() throws Exception {
        try (Ledger _ = ledgers.open()) {
            assertThatThrownBy(ledgers::open).isInstanceOf(LedgerUnavailableException.class);
        }
        ledgers.open().close();
    }

    @Test
    void theKeyIsPrivateAndNotReplaced() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            ledger.append(TestLedgers.refused(0));
            assertThat(Files.readString(ledgers.state().resolve("log.vkey")).strip())
                    .isEqualTo(ledger.verifierKey().toString());
        }
        Path key = ledgers.state().resolve("log.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        Files.delete(key);
        assertThatThrownBy(ledgers::open)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("log.key");
    }

    @Test
    void aPartialKeyIsRecreated() throws Exception {
        Files.createDirectories(ledgers.state());
        Path half = Files.writeString(ledgers.state().resolve(".log.key"), "aGFsZg");
        try (Ledger ledger = ledgers.open()) {
            ledger.append(TestLedgers.refused(0));
        }
        assertThat(half).doesNotExist();
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(ledgers.state().resolve("log.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aReceiptOfAnotherLogOrTooLongIsNotWritten() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            Receipt other = new Receipt(
                    TestLedgers.id(0), Receipt.Kind.ADMIN, Instant.EPOCH, "interlock.example/other", Json.object());
            assertThatThrownBy(() -> ledger.append(other)).isInstanceOf(IllegalArgumentException.class);
            Receipt tooLong =
                    TestLedgers.receipt(1, Receipt.Kind.ADMIN, Json.object().with("text", "x".repeat(20_000)));
            assertThatThrownBy(() -> ledger.append(tooLong)).isInstanceOf(ReceiptTooLongException.class);
            ledger.append(TestLedgers.refused(2));
        }
    }

    @Test
    void aClosedLedgerAppendsNothing() throws Exception {
        Ledger ledger = ledgers.open();
        ledger.close();
        assertThatThrownBy(() -> ledger.append(TestLedgers.refused(0))).isInstanceOf(LedgerUnavailableException.class);
    }

    @Test
    void closingWritesPendingReceipts() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            for (int i = 0; i < 500; i++) {
                ledger.appendOwed(TestLedgers.refused(i));
            }
        }
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.status().size()).isEqualTo(500);
        }
    }

    /** Calls do not wait for publishing. A failure of it is reported, and stops nothing. */
    @Test
    void aPublishingFailureIsReportedUntilItEnds() throws Exception {
        Ledger ledger = ledgers.open();
        TestLedgers.await(() -> Files.exists(ledgers.evidence().resolve("checkpoint")));
        Files.writeString(ledgers.evidence().resolve("tile"), "in the way");
        try (ledger) {
            ledger.append(TestLedgers.refused(0));
            TestLedgers.await(() -> ledger.status().publishing().isPresent());
            ledger.append(TestLedgers.refused(1));
            assertThat(ledger.find(TestLedgers.id(1))).isPresent();
            Files.delete(ledgers.evidence().resolve("tile"));
        }
        assertThat(ledgers.verify(ledger.verifierKey()).problems()).isEmpty();
        assertThat(ledgers.verify(ledger.verifierKey()).checkpoint().size()).isEqualTo(2);
    }

    @Test
    void theReplicaFollows() throws Exception {
        Ledger ledger = ledgers.openReplicated();
        try (ledger) {
            TestLedgers.fill(ledger, 0, 700);
            TestLedgers.await(() -> ledger.status().lag().getAsLong() == 0);
        }
        assertThat(ledgers.verifyWithReplica(ledger.verifierKey()).problems()).isEmpty();
        try (Ledger again = ledgers.openReplicated()) {
            TestLedgers.fill(again, 700, 800);
        }
        assertThat(new dev.interlock.evidence.LogVerifier(List.of(ledger.verifierKey()), java.util.Map.of())
                        .verify(ledgers.replica(), Optional.of(ledgers.evidence()))
                        .problems())
                .isEmpty();
    }

    private List<LogFinding> problemsOfReplica(Ledger ledger) throws IOException {
        return new LogVerifier(List.of(ledger.verifierKey()), Map.of())
                .verify(ledgers.replica(), Optional.empty())
                .problems();
    }

    private static void awaitReplica(Ledger ledger) {
        TestLedgers.await(() -> ledger.status().lag().getAsLong() == 0
                && ledger.status().replicating().isEmpty());
    }

    /** Replaces it in one step: a copy that runs meanwhile finds the old one, or this. */
    private void putInPlaceOfReplica(Path other) throws IOException {
        Files.move(ledgers.replica(), directory.resolve("away-" + other.getFileName()));
        Files.move(other, ledgers.replica());
    }

    /** A new disk, a lost mount or a mirror that lags: a file that was copied an hour ago may be gone. */
    @Test
    void anEmptiedReplicaIsRebuilt() throws Exception {
        try (Ledger ledger = ledgers.openReplicated()) {
            TestLedgers.fill(ledger, 0, 300);
        }
        Path older = directory.resolve("older");
        TestLedgers.copy(ledgers.replica(), older);
        Ledger ledger = ledgers.openReplicated();
        try (ledger) {
            TestLedgers.fill(ledger, 300, 700);
            awaitReplica(ledger);
            assertThat(ledger.status().replicaLosses()).isZero();

            putInPlaceOfReplica(Files.createDirectory(directory.resolve("empty")));
            ledger.append(TestLedgers.refused(700));
            awaitReplica(ledger);
            assertThat(problemsOfReplica(ledger)).isEmpty();

            putInPlaceOfReplica(older);
            ledger.append(TestLedgers.refused(701));
            awaitReplica(ledger);
            assertThat(ledger.status().replicaLosses()).as("both are told").isEqualTo(2);
            assertThat(problemsOfReplica(ledger)).isEmpty();
        }
        assertThat(ledgers.verifyWithReplica(ledger.verifierKey()).problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tile/0/000", "tile/entries/001.gz", "segments/00000000000000000000.segment.gz"})
    void anIncompleteReplicaIsRebuiltAfterARestart(String file) throws Exception {
        try (Ledger ledger = ledgers.openReplicated()) {
            TestLedgers.fill(ledger, 0, 700);
        }
        assertThat(ledgers.replica().resolve(file)).exists();
        Files.write(ledgers.replica().resolve(file), new byte[0]);
        try (Ledger ledger = ledgers.openReplicated()) {
            ledger.append(TestLedgers.refused(700));
            awaitReplica(ledger);
            assertThat(problemsOfReplica(ledger)).isEmpty();
            assertThat(ledger.status().replicaLosses()).isEqualTo(1);
        }
    }

    /** Disks that a test mounts, unmounts and fills. */
    private final class TestingDisks implements DiskReserve.DiskSpaceProbe {
        volatile boolean mounted = true;
        volatile long room = Long.MAX_VALUE;
        volatile long ownRoom = Long.MAX_VALUE;
        volatile Runnable asked = () -> {};

        @Override
        public Object of(Path path) {
            asked.run();
            return mounted && path.startsWith(ledgers.replica()) ? "its own" : "the ledger's";
        }

        @Override
        public long freeBytes(Path path) {
            return path.startsWith(ledgers.replica()) ? room : ownRoom;
        }
    }

    /** An attacker who can fill the disk must not thereby prevent recorded kills. */
    @Test
    void theDiskReserveIsForPeopleAndOutcomes() throws Exception {
        TestingDisks disks = new TestingDisks();
        Ledger ledger = ledgers.openReplicated(disks, Replicator.DEFAULT_PATIENCE);
        try (ledger) {
            ledger.append(TestLedgers.receipt(0, Receipt.Kind.INTENT));
            disks.ownRoom = DiskReserve.LITTLE - 1;
            assertThat(ledger.status().isDiskLow()).isTrue();
            assertThat(ledger.status().refusing()).isEmpty();
            disks.ownRoom = DiskReserve.KEPT - 1;
            assertThat(ledger.status().refusing())
                    .hasValueSatisfying(why -> assertThat(why).contains("only 127 MiB are left"));
            assertThatThrownBy(() -> ledger.append(TestLedgers.receipt(1, Receipt.Kind.INTENT)))
                    .isInstanceOf(LedgerFullException.class);
            ledger.appendForPeople(TestLedgers.receipt(2, Receipt.Kind.ADMIN));
            ledger.appendOwed(TestLedgers.outcome(3, 0));
            disks.ownRoom = DiskReserve.LITTLE;
            assertThat(ledger.status().isDiskLow()).isFalse();
            ledger.append(TestLedgers.receipt(4, Receipt.Kind.INTENT));
            assertThat(ledger.find(TestLedgers.id(1))).isEmpty();
            assertThat(ledger.status().size()).isEqualTo(4);
        }
    }

    private List<Path> copied(String directory) throws IOException {
        Path there = ledgers.replica().resolve(directory);
        if (!Files.exists(there)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(there)) {
            return files.toList();
        }
    }

    /** Without the mount, its directory is on the disk that the ledger needs. */
    @Test
    void nothingIsCopiedToAnUnmountedReplica() throws Exception {
        TestingDisks disks = new TestingDisks();
        Ledger ledger = ledgers.openReplicated(disks, Replicator.DEFAULT_PATIENCE);
        try (ledger) {
            TestLedgers.fill(ledger, 0, 300);
            awaitReplica(ledger);
            Path away = directory.resolve("away");
            disks.mounted = false;
            Files.move(ledgers.replica(), away);
            Files.createDirectory(ledgers.replica());
            ledger.append(TestLedgers.refused(300));
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating())
                    .hasValueSatisfying(why -> assertThat(why).contains("the disk of the replica is not mounted"));
            assertThat(copied(".")).isEmpty();

            Files.delete(ledgers.replica());
            Files.move(away, ledgers.replica());
            disks.mounted = true;
            awaitReplica(ledger);
            assertThat(ledger.status().replicaLosses()).as("nothing was lost").isZero();
        }
        assertThat(ledgers.verifyWithReplica(ledger.verifierKey()).problems()).isEmpty();
    }

    @Test
    void aCopyWithoutSpaceIsNotStarted() throws Exception {
        TestingDisks disks = new TestingDisks();
        disks.room = 2L * TestLedgers.SEGMENT_BYTES;
        Ledger ledger = ledgers.openReplicated(disks, Replicator.DEFAULT_PATIENCE);
        try (ledger) {
            TestLedgers.fill(ledger, 0, 300);
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating())
                    .hasValueSatisfying(why -> assertThat(why).contains("are free"));
            assertThat(copied("segments")).isEmpty();
            disks.room = Long.MAX_VALUE;
            awaitReplica(ledger);
        }
        assertThat(ledgers.verifyWithReplica(ledger.verifierKey()).problems()).isEmpty();
    }

    private static boolean isClosing(Thread closer) {
        return Stream.of(closer.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(Replica.class.getName()))
                && closer.getState() == Thread.State.WAITING;
    }

    /** A complete copy may take hours, and would delay everything else that closes. */
    @Test
    void closingDoesNotWaitForALongCopy() throws Exception {
        Ledger ledger = ledgers.open();
        try (ledger) {
            TestLedgers.fill(ledger, 0, 700);
        }
        TestingDisks disks = new TestingDisks();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        disks.asked = () -> {
            begun.countDown();
            TestLedgers.await(() -> closing.getCount() == 0);
        };
        Ledger again = ledgers.openReplicated(disks, Duration.ZERO);
        again.append(TestLedgers.refused(700));
        begun.await();
        FutureTask<Void> end = new FutureTask<>(() -> {
            again.close();
            return null;
        });
        Thread closer = Thread.ofPlatform().start(end);
        TestLedgers.await(() -> isClosing(closer));
        closing.countDown();
        end.get();
        assertThat(ledgers.replica().resolve("checkpoint")).doesNotExist();
        try (Ledger third = ledgers.openReplicated()) {
            third.append(TestLedgers.refused(701));
            awaitReplica(third);
        }
        assertThat(ledgers.verifyWithReplica(ledger.verifierKey()).problems()).isEmpty();
    }

    @Test
    void aMissingReplicaIsReportedAndBlocksNothing() throws Exception {
        Files.createDirectories(directory);
        Files.writeString(ledgers.replica(), "not a directory");
        assertThatThrownBy(ledgers::openReplicated).isInstanceOf(IOException.class);
        Files.delete(ledgers.replica());
        try (Ledger ledger = ledgers.openReplicated()) {
            TestLedgers.await(() -> Files.exists(ledgers.replica().resolve("checkpoint")));
            TestLedgers.delete(ledgers.replica());
            Files.writeString(ledgers.replica(), "unplugged");
            ledger.append(TestLedgers.refused(0));
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().lag()).hasValue(1);
            ledger.append(TestLedgers.refused(1));
        }
    }
}
