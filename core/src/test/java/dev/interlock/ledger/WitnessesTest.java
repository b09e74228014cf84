package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Main;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.evidence.WitnessKey;
import dev.interlock.evidence.WitnessRules;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger and a real witness, over HTTP. */
class WitnessesTest {

    @TempDir
    private Path directory;

    private TestLedgers ledgers;
    private VerifierKey log;
    private TestWitness ann;

    @BeforeEach
    void begin() throws IOException {
        ledgers = new TestLedgers(directory);
        try (Ledger ledger = ledgers.open()) {
            log = ledger.verifierKey();
            TestLedgers.fill(ledger, 0, 100);
        }
        ann = new TestWitness(directory, "ann", log);
    }

    private String run(int code, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--vkey", log.toString()));
        assertThat(new Main(print, print).run(all))
                .as(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(code);
        return out.toString(StandardCharsets.UTF_8).strip();
    }

    private Ledger open(LedgerConfig.WitnessEndpoint... witnesses) throws IOException {
        return Ledger.open(ledgers.config(true).withWitnesses(List.of(witnesses)), new SecureRandom());
    }

    private LedgerConfig.WitnessEndpoint at(HttpServer server) {
        return at(ann, server);
    }

    private static LedgerConfig.WitnessEndpoint at(TestWitness witness, HttpServer server) {
        return new LedgerConfig.WitnessEndpoint(
                witness.name(),
                WitnessKey.parse(witness.vkey()),
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));
    }

    private Path file() {
        return ledgers.evidence().resolve(WitnessKey.parse(ann.vkey()).file());
    }

    private static void awaitSeen(Ledger ledger, long size) {
        TestLedgers.await(
                () -> status(ledger).size() == size && status(ledger).failing().isEmpty());
    }

    private static LedgerStatus.WitnessStatus status(Ledger ledger) {
        return ledger.status().witnesses().getFirst();
    }

    @Test
    void itsCheckpointsAreCosignedAlsoAfterTheWitnessWasAway() throws Exception {
        try (TestWitness served = ann.start();
                Ledger ledger = open(served.endpoint())) {
            awaitSeen(ledger, 100);
            TestLedgers.fill(ledger, 100, 600);
            awaitSeen(ledger, 600);
            Path proof = directory.resolve("proof");
            Files.write(
                    proof, ledger.prove(TestLedgers.id(77)).orElseThrow().json().canonical());
            assertThat(run(0, "verify", proof.toString(), "--witness", ann.vkey()))
                    .contains("Witness witness.example/ann saw 600 receipts at ");
        }
        assertThat(run(0, "verify", ledgers.evidence().toString(), "--witness", ann.vkey()))
                .contains("Witness witness.example/ann saw 600 receipts at ");
        assertThat(run(0, "verify", ledgers.replica().toString(), "--witness", ann.vkey()))
                .contains("Witness witness.example/ann saw 100 receipts at "); // as of the last publication
        try (Ledger ledger = open(ann.endpoint())) {
            TestLedgers.await(() -> status(ledger).failing().isPresent());
            assertThat(status(ledger).isContradicting()).isFalse();
            TestLedgers.fill(ledger, 600, 700);
            try (TestWitness _ = ann.start()) {
                awaitSeen(ledger, 700);
            }
        }
    }

    @Test
    void anAnswerOfAnotherKeyIsNoCosignature() throws Exception {
        TestWitness other = new TestWitness(directory, "other", log);
        try (TestWitness served = ann.start();
                Ledger ledger = open(new LedgerConfig.WitnessEndpoint(
                        "ann", WitnessKey.parse(other.vkey()), served.endpoint().url()))) {
            TestLedgers.await(() -> status(ledger).failing().orElse("").contains("its key did not sign"));
            assertThat(ledgers.evidence().resolve(StaticLog.WITNESSES)).doesNotExist();
        }
    }

    @Test
    void aLedgerThatWasSetBackIsContradicted() throws Exception {
        Path older = Files.createDirectory(directory.resolve("older"));
        TestLedgers.copy(ledgers.evidence(), older.resolve("evidence"));
        TestLedgers.copy(ledgers.state(), older.resolve("state"));
        try (TestWitness served = ann.start()) {
            try (Ledger ledger = open(served.endpoint())) {
                TestLedgers.fill(ledger, 100, 300);
                awaitSeen(ledger, 300);
            }
            TestLedgers.delete(ledgers.replica());
            ledgers = new TestLedgers(older);
            try (Ledger ledger = open(served.endpoint())) {
                TestLedgers.await(() -> status(ledger).isContradicting());
                assertThat(status(ledger).failing())
                        .hasValueSatisfying(
                                why -> assertThat(why).contains("it has seen 300 receipts, more than the ledger has"));
                LedgerStatus.WitnessStatus first = status(ledger);
                TestLedgers.await(() -> status(ledger) != first); // it is asked again
                assertThat(status(ledger)).isEqualTo(first);
                TestLedgers.fill(ledger, 5000, 5400); // other receipts in the place of the lost ones
                TestLedgers.await(() -> status(ledger).failing().orElse("").contains("another history"));
                assertThat(ledgers.evidence().resolve(StaticLog.WITNESSES)).doesNotExist();
            }
        }
    }

    private LedgerStatus.WitnessStatus toConflict(String body) throws IOException {
        return statusOf(exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(409, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    /** Returns what the ledger says of a witness that answers everything so. */
    private LedgerStatus.WitnessStatus statusOf(HttpHandler answer) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", answer);
        server.start();
        try (Ledger ledger = open(at(server))) {
            TestLedgers.await(() -> status(ledger).failing().isPresent());
            return status(ledger);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatAWitnessAnswersInsteadOfASizeIsTheTextOfNoAlert() throws Exception {
        assertThat(toConflict("99\u001b[2JAll is well").failing()).contains("it answers with status 409");
        assertThat(toConflict("-5\n").failing()).contains("it answers with status 409");
        assertThat(toConflict("7\n").isContradicting()).isFalse();
    }

    /** C2SP has a witness answer so to another root of the size that it has cosigned. */
    @Test
    void aConflictAboutTheSameSizeIsAnotherHistory() throws Exception {
        LedgerStatus.WitnessStatus status = toConflict("100\n");
        assertThat(status.isContradicting()).isTrue();
        assertThat(status.failing()).contains("it has seen another history of the first 100 receipts");
    }

    @Test
    void aRedirectIsNotFollowedAndAnEndlessAnswerIsNotRead() throws Exception {
        AtomicBoolean isFollowed = new AtomicBoolean();
        assertThat(statusOf(exchange -> {
                            isFollowed.compareAndSet(
                                    false, exchange.getRequestURI().getPath().equals("/inside"));
                            exchange.getResponseHeaders().set("Location", "/inside");
                            exchange.sendResponseHeaders(307, -1);
                            exchange.close();
                        })
                        .failing())
                .contains("it answers with status 307");
        assertThat(isFollowed).isFalse();
        assertThat(statusOf(exchange -> {
                            exchange.sendResponseHeaders(200, 0);
                            try (OutputStream body = exchange.getResponseBody()) {
                                while (true) {
                                    body.write(new byte[1024]);
                                }
                            }
                        })
                        .failing())
                .hasValueSatisfying(why -> assertThat(why).startsWith("it cannot be asked: body exceeds"));
    }

    /** It may add no line to the checkpoint but its own. */
    @Test
    void linesOfOthersInAnAnswerAreNotTaken() throws Exception {
        try (TestWitness served = ann.start()) {
            HttpServer server =
                    TestWitness.serve(served.changing(told -> "\u2014 other.example/x AAAAAAAAAAAA\n" + told));
            try (Ledger ledger = open(at(server))) {
                awaitSeen(ledger, 100);
                assertThat(Files.readString(file()))
                        .contains("\u2014 witness.example/ann ")
                        .doesNotContain("other.example");
            } finally {
                server.stop(0);
            }
        }
    }

    private static WitnessRules rules(int quorum, TestWitness... witnesses) {
        return new WitnessRules(
                Stream.of(witnesses).map(TestWitness::vkey).collect(Collectors.toSet()), quorum, Set.of("destroy"));
    }

    @Test
    void aCallWaitsForNoMoreWitnessesThanMustSeeIt() throws Exception {
        TestWitness bob = new TestWitness(directory, "bob", log);
        CountDownLatch end = new CountDownLatch(1);
        HttpServer hanging = TestWitness.serve(exchange -> {
            try (exchange) {
                end.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        try (TestWitness served = ann.start();
                Ledger ledger = open(at(bob, hanging), served.endpoint())) {
            for (int i = 100; i < 105; i++) {
                ledger.append(TestLedgers.refused(i));
                CosignedTrees seen = ledger.awaitWitnesses(rules(1, ann, bob));
                assertThat(seen.by()).containsExactly(ann.vkey());
                assertThat(seen.notes())
                        .singleElement()
                        .satisfies(note -> assertThat(note.text().split("\n")[1])
                                .isEqualTo("" + ledger.status().size()));
            }
        } finally {
            end.countDown();
            hanging.stop(0);
        }
    }

    @Test
    void twoThatSawTheSameCheckpointAreUnderOneNote() throws Exception {
        try (TestWitness served = ann.start();
                TestWitness bob = new TestWitness(directory, "bob", log).start();
                Ledger ledger = open(served.endpoint(), bob.endpoint())) {
            ledger.append(TestLedgers.refused(100));
            CosignedTrees seen = ledger.awaitWitnesses(rules(2, ann, bob));
            assertThat(seen.by()).containsExactlyInAnyOrder(ann.vkey(), bob.vkey());
            Path proof = directory.resolve("proof");
            Files.write(
                    proof, ledger.prove(TestLedgers.id(77)).orElseThrow().json().canonical());
            assertThat(run(0, "verify", proof.toString(), "--witness", ann.vkey(), "--witness", bob.vkey()))
                    .contains("Witness witness.example/ann saw 101 ", "Witness witness.example/bob saw 101 ");
        }
    }

    /** Its cosignature is good, and of a checkpoint without the receipt. */
    @Test
    void oneThatRepeatsWhatItOnceSignedDoesNotCount() throws Exception {
        AtomicReference<String> first = new AtomicReference<>("");
        try (TestWitness served = ann.start()) {
            HttpServer server =
                    TestWitness.serve(served.changing(told -> first.updateAndGet(old -> old.isEmpty() ? told : old)));
            try (Ledger ledger = open(at(server))) {
                awaitSeen(ledger, 100);
                ledger.append(TestLedgers.refused(100));
                assertThat(ledger.awaitWitnesses(rules(1, ann)).by()).isEmpty();
                assertThat(status(ledger).failing()).isPresent();
            } finally {
                server.stop(0);
            }
        }
    }

    @Test
    void nobodyWaitsForWitnessesThatCannotBeAsked() throws Exception {
        TestWitness bob = new TestWitness(directory, "bob", log);
        try (TestWitness served = ann.start();
                Ledger ledger = open(served.endpoint())) {
            ledger.append(TestLedgers.refused(100));
            assertThat(ledger.awaitWitnesses(rules(1, bob)).by()).isEmpty();
            assertThat(ledger.awaitWitnesses(rules(1, ann)).by()).containsExactly(ann.vkey());
        }
    }

    /** As an older gateway left it. */
    @Test
    void theOneFileOfAllWitnessesIsReadToo() throws Exception {
        try (TestWitness served = ann.start();
                Ledger ledger = open(served.endpoint())) {
            awaitSeen(ledger, 100);
        }
        Files.move(file(), ledgers.evidence().resolve(StaticLog.WITNESSED));
        assertThat(run(0, "verify", ledgers.evidence().toString(), "--witness", ann.vkey()))
                .contains("Witness witness.example/ann saw 100 receipts at ");
    }
}
