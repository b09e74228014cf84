package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.ProofBundle;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.evidence.TextKeys;
import dev.interlock.testing.SecretHunt;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an erasure takes out of a ledger, and what it must leave. */
final class ErasureTest {

    private static final String ALICE = "alice@example.com";
    private static final String BOB = "bob@example.com";

    @TempDir
    Path directory;

    private TestLedgers ledgers;
    private LedgerConfig config;
    private int next = 400;

    @BeforeEach
    void prepare() {
        ledgers = new TestLedgers(directory);
        config = ledgers.config(true).withSealedTexts(true);
    }

    private Ledger open() throws IOException {
        return Ledger.open(config, new SecureRandom());
    }

    /** A refused call that names {@code who} in its task, its resource and its reason. */
    private static Receipt call(int number, String who) {
        return TestLedgers.receipt(
                number,
                Receipt.Kind.REFUSED,
                Json.object()
                        .with("agent", "jer/cursor")
                        .with("task", "close the account of " + who)
                        .with("reason", "Policy forbids deleting " + who + ".")
                        .withItems(
                                "actions",
                                Stream.of(Json.object()
                                        .with("operation", "shop/deleteUser")
                                        .withTexts("impacts", Set.of("destroy"))
                                        .withItems(
                                                "facts",
                                                Stream.of(
                                                        Json.object()
                                                                .with("name", "count.rows")
                                                                .with("value", "7"),
                                                        Json.object()
                                                                .with("name", "mail")
                                                                .with("value", who)))
                                        .withItems(
                                                "resources",
                                                Stream.of(Json.object()
                                                        .with("id", "shop:user/" + who)
                                                        .withTexts("environments", Set.of("production")))))));
    }

    private static Receipt erasure(int number, FoundTexts found) {
        return act(number, found.acts().getFirst());
    }

    private static Receipt act(int number, Json.Members members) {
        return TestLedgers.receipt(
                number,
                Receipt.Kind.ADMIN,
                members.with("command", SealedTexts.ACT).with("agent", SealedTexts.AGENT));
    }

    private static FoundTexts find(Ledger ledger, String subject) throws IOException {
        return ledger.findTexts(Optional.of(SealedTexts.naming(subject)));
    }

    private static TextKeys keys(Path file) throws IOException {
        return new TextKeys(Optional.of(FileChannel.open(file)));
    }

    private Receipt read(int number) throws IOException {
        try (Ledger ledger = open()) {
            return ledger.find(TestLedgers.id(number)).orElseThrow();
        }
    }

    /** Returns the files below the ledger's directories that contain {@code text}, packed or not. */
    private List<String> holding(String text) throws IOException {
        SecretHunt hunt = new SecretHunt(text);
        List<String> found = new ArrayList<>(hunt.in(directory));
        for (Path packed : TestLedgers.compressed(directory)) {
            found.addAll(hunt.in(GzipFile.read(
                    packed.resolveSibling(GzipFile.plain(packed.getFileName().toString())))));
        }
        return found;
    }

    @Test
    void noFileHasATextInTheClearAndTheLedgerReadsItAsItWas() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            assertThat(ledger.find(TestLedgers.id(0))).contains(call(0, ALICE));
            assertThat(ledger.search(ReceiptQuery.newest(5))).containsExactly(call(0, ALICE));
        }
        assertThat(holding(ALICE)).isEmpty();
        assertThat(read(0)).isEqualTo(call(0, ALICE));
    }

    @Test
    void whatIsErasedIsGoneForEverWithWhatCouldBeGuessedAndTheRestStays() throws Exception {
        Ledger ledger = open();
        try (ledger) {
            for (int i = 0; i < 300; i++) {
                ledger.append(call(i, i % 100 == 7 ? ALICE : BOB));
            }
            FoundTexts found = find(ledger, ALICE);
            assertThat(found.receipts()).isEqualTo(3);
            ledger.appendForPeople(erasure(300, found));
            assertThat(ledger.find(TestLedgers.id(8))).contains(call(8, BOB));
            assertErased(ledger.find(TestLedgers.id(7)).orElseThrow());
            assertThat(find(ledger, ALICE).receipts()).isZero();
        }
        assertErased(read(107));
        assertThat(read(108)).isEqualTo(call(108, BOB));
        assertThat(ledgers.verifyWithReplica(ledger.verifierKey()).problems()).isEmpty();
    }

    /** What happened, and what was decided, can be read without the texts. */
    private static void assertErased(Receipt receipt) {
        String text = receipt.json().canonicalText();
        assertThat(text)
                .doesNotContain("alice")
                .contains("\"agent\":\"jer/cursor\"", "shop/deleteUser", "destroy", "production", "\"value\":\"7\"")
                .contains("\"task\":\"(sealed)\"", "\"id\":\"(sealed)\"");
    }

    @Test
    void theKeysFileAloneCannotOpenWhatIsErased() throws Exception {
        Path file = ledgers.state().resolve("text.keys");
        byte[] old;
        Receipt stored;
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            old = Files.readAllBytes(file);
            ledger.appendForPeople(erasure(1, find(ledger, ALICE)));
            stored = ledger.prove(TestLedgers.id(0)).orElseThrow().receipt();
        }
        Path older = Files.write(directory.resolve("older"), old);
        assertThat(SealedTexts.open(stored, keys(older))).isEqualTo(call(0, ALICE));
        assertThat(SealedTexts.open(stored, keys(file))).isEqualTo(stored);
    }

    @Test
    void anOlderKeysFileBringsNothingBackAndACrashAfterTheReceiptEndsErased() throws Exception {
        Path file = ledgers.state().resolve("text.keys");
        Path older = directory.resolve("older");
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            ledger.append(call(1, BOB));
            Files.copy(file, older);
            ledger.appendForPeople(erasure(2, find(ledger, ALICE)));
        }
        // The receipt is durable, and the file is as before it.
        Files.move(older, file, StandardCopyOption.REPLACE_EXISTING);
        try (Ledger ledger = open()) {
            assertErased(ledger.find(TestLedgers.id(0)).orElseThrow());
            assertThat(ledger.find(TestLedgers.id(1))).contains(call(1, BOB));
        }
        assertThat(Arrays.copyOf(Files.readAllBytes(file), TextKeys.LENGTH)).containsOnly(0);
    }

    @Test
    void aProofShowsTheTextsUntilTheyAreErasedAndHoldsAfterwards() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            ProofBundle before = ledger.prove(TestLedgers.id(0)).orElseThrow();
            assertThat(before.receipt()).isEqualTo(call(0, ALICE));
            assertThat(ProofBundle.read(before.json().canonical()).receipt()).isEqualTo(call(0, ALICE));
            ledger.appendForPeople(erasure(1, find(ledger, ALICE)));
            ProofBundle after = ledger.prove(TestLedgers.id(0)).orElseThrow();
            assertErased(after.receipt());
            after.verify(List.of(ledger.verifierKey()));
            before.verify(List.of(ledger.verifierKey()));
        }
    }

    @Test
    void aLegalHoldKeepsWhatItCoversAndSurvivesALostFile() throws Exception {
        Json.Members hold =
                Json.object().with("act", "hold").with("name", "case-7").with("subject", ALICE);
        Path file = ledgers.state().resolve("text.keys");
        Path older = directory.resolve("older");
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            Files.copy(file, older);
            ledger.appendForPeople(act(1, hold));
        }
        Files.move(older, file, StandardCopyOption.REPLACE_EXISTING);
        try (Ledger ledger = open()) {
            assertThat(ledger.legalHolds()).hasSize(1);
            FoundTexts found = find(ledger, ALICE);
            assertThat(found.held()).containsExactly("case-7");
            assertThat(found.acts()).isEmpty();
            ledger.appendForPeople(act(2, Json.object().with("act", "lift").with("name", "case-7")));
            assertThat(find(ledger, ALICE).receipts()).isEqualTo(2); // the call, and the hold itself
        }
    }

    private TextErasure erasure(Ledger ledger, List<String> store) {
        return new TextErasure(ledger, store::add, act -> ledger.appendForPeople(act(next++, act)));
    }

    private static Instant after(int number) {
        return call(number, ALICE).at().plusSeconds(1);
    }

    @Test
    void eachTextIsErasedByItsAgeOnceAndLaterOnesStay() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            ledger.append(call(1, BOB));
            TextErasure erasure = erasure(ledger, new ArrayList<>());
            erasure.tidy(Optional.of(call(0, ALICE).at()));
            assertThat(ledger.status().size()).isEqualTo(2);
            erasure.tidy(Optional.of(after(0)));
            assertErased(ledger.find(TestLedgers.id(0)).orElseThrow());
            assertThat(ledger.find(TestLedgers.id(1))).contains(call(1, BOB));
            erasure.tidy(Optional.of(after(0)));
            assertThat(ledger.status().size()).isEqualTo(3);
        }
    }

    /** It covers the receipts of an agent, and its own is of none: its subject must not go with its age. */
    @Test
    void aLegalHoldStandsHoweverOldItIs() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            ledger.append(call(1, BOB));
            ledger.appendForPeople(act(
                    2,
                    Json.object()
                            .with("act", "hold")
                            .with("name", "case-7")
                            .with("subject", ALICE)
                            .with("of", "jer/cursor")));
            erasure(ledger, new ArrayList<>()).tidy(Optional.of(after(2)));
            assertErased(ledger.find(TestLedgers.id(1)).orElseThrow());
            assertThat(ledger.legalHolds())
                    .singleElement()
                    .satisfies(hold -> assertThat(hold.text("subject")).isEqualTo(ALICE));
            erasure(ledger, new ArrayList<>()).tidy(Optional.of(after(500)));
            assertThat(ledger.find(TestLedgers.id(0))).contains(call(0, ALICE));
        }
    }

    /** The receipt of the order is durable, and nothing else was done. */
    @Test
    void whatWasOrderedBeforeACrashIsFinished() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            ledger.appendForPeople(order(1));
            ledger.append(call(2, ALICE)); // not what was ordered
        }
        assertThat(holding(ALICE)).isEmpty();
        try (Ledger ledger = open()) {
            List<String> store = new ArrayList<>();
            TextErasure erasure = erasure(ledger, store);
            erasure.tidy(Optional.empty());
            assertErased(ledger.find(TestLedgers.id(0)).orElseThrow());
            assertThat(ledger.find(TestLedgers.id(1)).orElseThrow().json().canonicalText())
                    .contains("\"subject\":\"(sealed)\"", "\"signer\":\"sam\"");
            assertThat(ledger.find(TestLedgers.id(2))).contains(call(2, ALICE));
            long size = ledger.status().size();
            erasure.tidy(Optional.empty());
            assertThat(store).containsExactly(ALICE);
            assertThat(ledger.status().size()).isEqualTo(size);
        }
    }

    /** What came while it was checked is erased too, and nothing that came after it. */
    @Test
    void anOrderGoesOnFromWhatItsCheckHasFound() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            long found = erasure(ledger, new ArrayList<>()).order(() -> {
                FoundTexts checked = find(ledger, ALICE);
                ledger.append(call(1, ALICE));
                ledger.appendForPeople(order(2));
                ledger.append(call(3, ALICE));
                return new TextErasure.RecordedOrder<>(checked.receipts(), checked);
            });
            assertThat(found).isEqualTo(1);
            assertErased(ledger.find(TestLedgers.id(0)).orElseThrow());
            assertErased(ledger.find(TestLedgers.id(1)).orElseThrow());
            assertThat(ledger.find(TestLedgers.id(2)).orElseThrow().json().canonicalText())
                    .contains("\"subject\":\"(sealed)\"");
            assertThat(ledger.find(TestLedgers.id(3))).contains(call(3, ALICE));
        }
    }

    private static Receipt order(int number) {
        return act(
                number,
                Json.object().with("act", "erase").with("subject", ALICE).with("signer", "sam"));
    }

    @Test
    void anOrderNamesNobodyInTheClearAlsoAfterRetentionHasEnded() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
        }
        config = config.withSealedTexts(false);
        try (Ledger ledger = open()) {
            ledger.appendForPeople(order(1));
            erasure(ledger, new ArrayList<>()).tidy(Optional.empty());
        }
        assertThat(holding(ALICE)).isEmpty();
        assertErased(read(0));
    }

    @Test
    void aLegalHoldWaitsForAnErasureThatHasBegun() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
            AtomicBoolean isHeld = new AtomicBoolean();
            List<Thread> holding = new ArrayList<>();
            List<TextErasure> same = new ArrayList<>();
            same.add(new TextErasure(ledger, _ -> {}, act -> {
                Thread hold = Thread.ofPlatform()
                        .start(() -> assertThatCode(() -> same.getFirst()
                                        .order(() -> new TextErasure.RecordedOrder<>(
                                                isHeld.compareAndSet(false, true), ledger.findTexts(Optional.empty()))))
                                .doesNotThrowAnyException());
                holding.add(hold);
                while (hold.getState() != Thread.State.BLOCKED && hold.isAlive()) {
                    Thread.onSpinWait();
                }
                assertThat(isHeld).isFalse();
                ledger.appendForPeople(act(1, act));
            }));
            same.getFirst().tidy(Optional.of(after(0)));
            holding.getFirst().join();
            assertThat(isHeld).isTrue();
        }
    }

    @Test
    void noKeyIsOverwrittenBeforeTheReceiptIsDurable() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        try (Ledger ledger = Ledger.open(config, new SecureRandom(), disk)) {
            ledger.append(call(0, ALICE));
            disk.fault = FaultyDisk.Fault.WRITE_FAILED;
            assertThatThrownBy(() -> erasure(ledger, new ArrayList<>()).tidy(Optional.of(after(0))))
                    .hasCauseInstanceOf(LedgerUnavailableException.class);
            assertThat(ledger.find(TestLedgers.id(0))).contains(call(0, ALICE));
            disk.fault = FaultyDisk.Fault.NONE;
        }
    }

    @Test
    void aSubjectIsFoundInEachFormAndAfterAnEscape() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, "users%2Falice%40example.com"));
            ledger.append(call(1, "Rene\u0301"));
            ledger.append(call(2, "REN\u00c9"));
            ledger.append(call(3, "users%2F%61lice%2540example.com"));
            ledger.append(call(4, "users/Ann%20Smith"));
            ledger.append(call(5, "to=Ann+Smith%0A"));
            assertThat(find(ledger, ALICE).receipts()).isEqualTo(2);
            assertThat(find(ledger, "ann smith").receipts()).isEqualTo(2);
            assertThat(find(ledger, "ren\u00e9").receipts()).isEqualTo(2);
        }
    }

    @Test
    void receiptsFromBeforeStayAsTheyAre() throws Exception {
        config = config.withSealedTexts(false);
        try (Ledger ledger = open()) {
            ledger.append(call(0, ALICE));
        }
        assertThat(ledgers.state().resolve("text.keys")).doesNotExist();
        config = config.withSealedTexts(true);
        try (Ledger ledger = open()) {
            ledger.append(call(1, ALICE));
            FoundTexts found = find(ledger, ALICE);
            assertThat(found.clear()).isEqualTo(1);
            assertThat(found.receipts()).isEqualTo(1);
            ledger.appendForPeople(erasure(2, found));
            assertThat(ledger.find(TestLedgers.id(0))).contains(call(0, ALICE));
        }
        config = config.withSealedTexts(false); // erases no more, and forgets nothing
        assertErased(read(1));
    }

    @Test
    void aSubjectIsAWholeWord() throws Exception {
        try (Ledger ledger = open()) {
            ledger.append(call(0, "malice@example.com"));
            ledger.append(call(1, "alice%40example.com"));
            ledger.append(call(2, "you:\nAlice@Example.com"));
            assertThat(find(ledger, ALICE).receipts()).isEqualTo(2);
        }
    }
}
