package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One list of the receipts of three gateways: one log is the own, and two are copies. */
class AllReceiptsTest {

    private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

    /** Two bundles that are indexed, and some more. */
    private static final int EACH = 530;

    @TempDir
    Path directory;

    private final Map<String, AllReceipts.KnownLog> others = new TreeMap<>();
    private Ledger own;
    private AllReceipts all;

    private Ledger open(String name) throws IOException {
        return Ledger.open(
                new LedgerConfig(
                        "interlock.example/" + name,
                        directory.resolve("copies").resolve(name),
                        directory.resolve("state-" + name),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        TestLedgers.SEGMENT_BYTES,
                        false),
                new SecureRandom());
    }

    /** Three of a second: each gateway writes one in turn, so that each time is there three times. */
    private static Receipt receipt(String name, int number, String agent) {
        return new Receipt(
                TestLedgers.id(3 * number + "abc".indexOf(name)),
                Receipt.Kind.REFUSED,
                START.plusSeconds(number),
                "interlock.example/" + name,
                Json.object().with("agent", agent));
    }

    private static void fill(Ledger ledger, String name) throws IOException {
        for (int i = 0; i < EACH; i++) {
            Receipt receipt = receipt(name, i, i % 100 == 0 ? "sam/bot" : "jer/cursor");
            if (i < EACH - 1) {
                ledger.appendOwed(receipt);
            } else {
                ledger.append(receipt);
            }
        }
    }

    private void known(String ledger, long size, String key) {
        others.put(ledger, new AllReceipts.KnownLog(size, key));
    }

    @BeforeEach
    void write() throws Exception {
        for (String other : List.of("b", "c")) {
            try (Ledger ledger = open(other)) {
                fill(ledger, other);
                known("interlock.example/" + other, EACH, ledger.verifierKey().toString());
            }
        }
        own = open("a");
        fill(own, "a");
        all = new AllReceipts(
                own,
                new LedgerReplicas(Optional.of(directory.resolve("copies")), "interlock.example/a"),
                () -> others,
                directory.resolve("indexes"));
    }

    @AfterEach
    void close() throws Exception {
        all.close();
        own.close();
    }

    private List<String> pages(ReceiptQuery first) throws IOException {
        List<String> ids = new ArrayList<>();
        AllReceipts.FoundReceipts page = all.search(first);
        while (!page.receipts().isEmpty()) {
            assertThat(page.gaps()).isEmpty();
            assertThat(page.ledgers()).contains(3L);
            page.receipts().forEach(receipt -> ids.add(receipt.id()));
            page = all.search(first.before(ids.getLast()));
        }
        return ids;
    }

    @Test
    void eachReceiptIsOnOnePageAndTheLatestComesFirst() throws Exception {
        List<String> ids = pages(ReceiptQuery.newest(97));
        assertThat(ids).hasSize(3 * EACH).doesNotHaveDuplicates();
        assertThat(all.search(ReceiptQuery.newest(6)).receipts())
                .extracting(receipt -> receipt.at().getEpochSecond() - START.getEpochSecond())
                .containsExactly(529L, 529L, 529L, 528L, 528L, 528L);
        ReceiptQuery rare = new ReceiptQuery(
                Optional.of("sam/bot"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(START.plusSeconds(500)),
                Optional.empty(),
                4,
                Optional.empty());
        assertThat(pages(rare)).hasSize(3 * 5).doesNotHaveDuplicates();
        assertThat(all.find(TestLedgers.id(1))).map(Receipt::origin).contains("interlock.example/b");
        assertThat(all.search(ReceiptQuery.newest(9).before(TestLedgers.id(99_999)))
                        .receipts())
                .isEmpty();
    }

    @Test
    void aCopyThatGrowsIsReadOn() throws Exception {
        assertThat(all.search(ReceiptQuery.newest(1)).receipts()).hasSize(1);
        try (Ledger ledger = open("b")) {
            ledger.append(receipt("b", EACH, "jer/cursor"));
            Receipt intent = TestLedgers.receipt(900_000, Receipt.Kind.INTENT);
            Receipt outcome = TestLedgers.outcome(900_001, 900_000);
            ledger.append(
                    new Receipt(intent.id(), intent.kind(), intent.at(), "interlock.example/b", intent.members()));
            own.append(
                    new Receipt( // as `interlock fleet close` does
                            outcome.id(), outcome.kind(), outcome.at(), "interlock.example/a", outcome.members()));
        }
        assertThat(all.find(TestLedgers.id(3 * EACH + 1))).isPresent();
        assertThat(all.outcome(TestLedgers.id(900_000))).map(Receipt::id).contains(TestLedgers.id(900_001));
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        known(
                "interlock.example/b",
                EACH + 7L,
                others.get("interlock.example/b").key());
        known("interlock.example/d", 1, "");
        Path segments = directory.resolve("copies/c/segments");
        try (Stream<Path> files = Files.list(segments)) {
            for (Path file : files.toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        AllReceipts.FoundReceipts found = all.search(ReceiptQuery.newest(4));
        assertThat(found.receipts())
                .extracting(Receipt::origin)
                .containsOnly("interlock.example/a", "interlock.example/b");
        assertThat(found.gaps()).hasSize(3);
        assertThat(found.gaps().getFirst())
                .contains("latest 7 receipts or more of `interlock.example/b`", START.plusSeconds(EACH - 1) + ".");
        assertThat(found.gaps().get(1)).contains("`interlock.example/c` are missing here", "cannot be read (");
        assertThat(found.gaps().getLast()).contains("`interlock.example/d` are missing here: no copy");
    }

    /** Replaces files of the copy of `c` by those of a sound log of the same name, in which the agents are others. */
    private void forge(Predicate<String> which) throws IOException {
        Path forged = directory.resolve("forged");
        try (Ledger ledger = Ledger.open(
                new LedgerConfig(
                        "interlock.example/c",
                        forged,
                        directory.resolve("state-forged"),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        TestLedgers.SEGMENT_BYTES,
                        false),
                new SecureRandom())) {
            for (int i = 0; i < EACH - 1; i++) {
                ledger.appendOwed(receipt("c", i, "eve/forger"));
            }
            ledger.append(receipt("c", EACH - 1, "eve/forger"));
        }
        Path copy = directory.resolve("copies/c");
        for (Path root : List.of(copy, forged)) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path name = root.relativize(file);
                    if (which.test(name.toString())) {
                        if (root.equals(copy)) {
                            Files.delete(file);
                        } else {
                            Files.createDirectories(copy.resolve(name).getParent());
                            Files.copy(file, copy.resolve(name));
                        }
                    }
                }
            }
        }
    }

    private ReceiptQuery of(String agent) {
        return ReceiptQuery.newest(1000).of(agent);
    }

    @ParameterizedTest
    @CsvSource({"false, true", "false, false", "true, true", "true, false"})
    void whatAGatewayHasNotSignedIsNotShown(boolean isIndexed, boolean hasItsCheckpoint) throws Exception {
        if (isIndexed) {
            assertThat(all.search(of("sam/bot")).gaps()).isEmpty();
        }
        forge(name -> !hasItsCheckpoint || !name.equals("checkpoint"));
        for (String agent : List.of("sam/bot", "eve/forger", "jer/cursor")) {
            AllReceipts.FoundReceipts found = all.search(of(agent));
            assertThat(found.receipts())
                    .extracting(Receipt::origin)
                    .doesNotContain("interlock.example/c")
                    .hasSize(
                            agent.startsWith("eve")
                                    ? 0
                                    : 2
                                            * (int) all.search(of(agent)).receipts().stream()
                                                    .filter(one -> one.origin().endsWith("/a"))
                                                    .count());
            assertThat(found.gaps())
                    .singleElement()
                    .asString()
                    .contains(
                            "receipts of `interlock.example/c` are missing",
                            hasItsCheckpoint ? "gateway signed" : "cannot be read (");
        }
        assertThat(all.find(TestLedgers.id(3 * 7 + 2))).isEmpty();
        assertThat(all.find(TestLedgers.id(3 * 7 + 1))).isPresent();
    }

    @Test
    void anAlteredReceiptIsNotShownAlsoIfTheRestIsTrue() throws Exception {
        assertThat(all.search(of("sam/bot")).receipts()).hasSize(3 * 6);
        forge(name -> name.startsWith("segments") || name.startsWith("tile/entries/000"));
        assertThat(all.find(TestLedgers.id(3 * 7 + 2))).isEmpty(); // of the first bundle
        assertThat(all.search(of("sam/bot")).receipts())
                .extracting(Receipt::origin)
                .doesNotContain("interlock.example/c");
    }

    @Test
    void aForgedBundleIsNotShownThoughTheSegmentsAreTrue() throws Exception {
        forge(name -> name.startsWith("tile/entries"));
        AllReceipts.FoundReceipts found = all.search(of("sam/bot"));
        assertThat(found.receipts()).extracting(Receipt::origin).doesNotContain("interlock.example/c");
        assertThat(found.gaps()).singleElement().asString().contains("`interlock.example/c`", "signed");
        assertThat(all.find(TestLedgers.id(3 * 7 + 2))).isEmpty();
    }

    @Test
    void whoseKeyTheStoreDoesNotNameIsNotShown() throws Exception {
        known("interlock.example/c", EACH, "");
        AllReceipts.FoundReceipts found = all.search(of("sam/bot"));
        assertThat(found.receipts()).hasSize(2 * 6);
        assertThat(found.gaps())
                .singleElement()
                .asString()
                .contains("`interlock.example/c` are missing", "the store does not name its key");
    }

    /** Whoever opens a pipe waits for the other end, as for a disk that hangs. */
    @Test
    @Tag("process")
    void aCopyWhoseDiskHangsIsNamedAndTheRestIsShown() throws Exception {
        Path file = directory.resolve("copies/b/checkpoint");
        byte[] checkpoint = Files.readAllBytes(file);
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        AllReceipts.FoundReceipts found = all.search(of("sam/bot"));
        assertThat(found.receipts()).hasSize(2 * 6);
        assertThat(found.gaps())
                .containsExactly(
                        "`" + directory.resolve("copies/b")
                                + "` does not answer: its disk hangs, or much of it is read for the first time.",
                        "The receipts of `interlock.example/b` are missing here: no copy of its log can be read below `replicas`.");
        Path pipe = directory.resolve("pipe");
        Files.move(file, pipe);
        Files.write(file, checkpoint);
        Files.write(pipe, checkpoint); // it answers again
        while (all.search(of("sam/bot")).receipts().size() < 3 * 6) {
            WaitLoop.pause();
        }
    }

    /** The hang begins after the copy was found. */
    @Test
    @Tag("process")
    void aCopyWhoseReceiptsHangIsNamed() throws Exception {
        assertThat(all.search(of("sam/bot")).receipts()).hasSize(3 * 6);
        Path file = GzipFile.stored(directory.resolve("copies/b/tile/entries/000"));
        byte[] entries = Files.readAllBytes(file);
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        assertThat(all.find(TestLedgers.id(3 * 7 + 2))).isPresent(); // behind `b`
        AllReceipts.FoundReceipts found = all.search(of("sam/bot"));
        assertThat(found.receipts()).hasSize(2 * 6);
        assertThat(found.gaps())
                .anySatisfy(gap -> assertThat(gap).contains("copies/b", "its disk hangs"))
                .anySatisfy(gap -> assertThat(gap).contains("`interlock.example/b` are missing"));
        Files.write(file, entries);
    }

    @Test
    void aShorterCopyIsReadOncePeopleRemoveItsIndex() throws Exception {
        Path copy = directory.resolve("copies/b");
        Path old = directory.resolve("old");
        try (Stream<Path> files = Files.walk(copy)) {
            for (Path file : files.toList()) {
                Files.copy(file, old.resolve(copy.relativize(file)));
            }
        }
        try (Ledger ledger = open("b")) {
            for (int i = EACH; i < 2 * EACH - 1; i++) {
                ledger.appendOwed(receipt("b", i, "jer/cursor"));
            }
            ledger.append(receipt("b", 2 * EACH - 1, "jer/cursor"));
        }
        assertThat(all.search(of("sam/bot")).gaps()).isEmpty();
        Files.move(copy, directory.resolve("newer"));
        Files.move(old, copy);
        assertThat(all.search(of("sam/bot")).gaps())
                .singleElement()
                .asString()
                .contains("shorter", "remove `" + directory.resolve("indexes") + "`");
        Files.move(directory.resolve("indexes"), directory.resolve("removed"));
        AllReceipts.FoundReceipts found = all.search(of("sam/bot"));
        assertThat(found.gaps()).isEmpty();
        assertThat(found.receipts()).hasSize(3 * 6);
    }

    @Test
    void whoCannotAskTheStoreWhichLogsThereAreSaysSo() throws Exception {
        AllReceipts.FoundReceipts found = new AllReceipts(
                        own,
                        new LedgerReplicas(Optional.empty(), "interlock.example/a"),
                        () -> {
                            throw new IllegalStateException("the store does not answer");
                        },
                        directory)
                .search(ReceiptQuery.newest(2));
        assertThat(found.receipts()).hasSize(2);
        assertThat(found.ledgers()).contains(1L);
        assertThat(found.gaps())
                .containsExactly("The store cannot be read, so receipts of other gateways may be missing here.");
    }

    @Test
    void aGatewayAloneHasNoGaps() throws Exception {
        AllReceipts.FoundReceipts found = new AllReceipts(
                        own, new LedgerReplicas(Optional.empty(), "interlock.example/a"), Map::of, directory)
                .search(ReceiptQuery.newest(2));
        assertThat(found.receipts()).isEqualTo(own.search(ReceiptQuery.newest(2)));
        assertThat(found.ledgers()).isEmpty();
        assertThat(found.gaps()).isEmpty();
    }
}
