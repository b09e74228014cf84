package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Main;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.evidence.WitnessKey;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger and a real witness, over HTTP. */
class WitnessesTest {

    @TempDir
    private Path directory;

    private TestLedgers ledgers;
    private VerifierKey log;
    private WitnessKey witness;

    @BeforeEach
    void begin() throws IOException {
        ledgers = new TestLedgers(directory);
        try (Ledger ledger = ledgers.open()) {
            log = ledger.verifierKey();
            TestLedgers.fill(ledger, 0, 100);
        }
        witness = WitnessKey.parse(run(0, "witness", "init", state(), "--key", key(), "--name", "witness.example/ann"));
    }

    private String state() {
        return directory.resolve("witness").toString();
    }

    private String key() {
        return directory.resolve("witness.key").toString();
    }

    private String run(int code, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        List<String> all = new java.util.ArrayList<>(List.of(args));
        all.addAll(List.of("--vkey", log.toString()));
        assertThat(new Main(print, print).run(all))
                .as(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(code);
        return out.toString(StandardCharsets.UTF_8).strip();
    }

    /** A witness that serves until it is closed. */
    private final class Served implements AutoCloseable {
        private final Thread thread;
        private final URI url;

        Served(String port) throws IOException {
            PipedInputStream said = new PipedInputStream();
            PrintStream out = new PrintStream(new PipedOutputStream(said), true, StandardCharsets.UTF_8);
            List<String> args = List.of(
                    "witness",
                    "serve",
                    state(),
                    "--listen",
                    "127.0.0.1:" + port,
                    "--key",
                    key(),
                    "--vkey",
                    log.toString());
            thread = Thread.ofVirtual().start(() -> new Main(out, System.out).run(args));
            String line = new BufferedReader(new InputStreamReader(said, StandardCharsets.UTF_8)).readLine();
            url = URI.create(line.substring(line.indexOf("http")) + "add-checkpoint");
        }

        @Override
        public void close() throws InterruptedException {
            thread.interrupt();
            thread.join();
        }
    }

    private Ledger open(URI url) throws IOException {
        return Ledger.open(
                ledgers.config(true).withWitnesses(List.of(new LedgerConfig.WitnessEndpoint("ann", witness, url))),
                new SecureRandom());
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
        URI url;
        try (Served served = new Served("0");
                Ledger ledger = open(served.url)) {
            url = served.url;
            awaitSeen(ledger, 100);
            TestLedgers.fill(ledger, 100, 600);
            awaitSeen(ledger, 600);
            Path proof = directory.resolve("proof");
            Files.write(
                    proof, ledger.prove(TestLedgers.id(77)).orElseThrow().json().canonical());
            assertThat(run(0, "verify", proof.toString(), "--witness", witness.toString()))
                    .contains("Witness witness.example/ann saw 600 receipts at ");
        }
        assertThat(run(0, "verify", ledgers.evidence().toString(), "--witness", witness.toString()))
                .contains("Witness witness.example/ann saw 600 receipts at ");
        assertThat(run(0, "verify", ledgers.replica().toString(), "--witness", witness.toString()))
                .contains("Witness witness.example/ann saw 100 receipts at "); // as of the last publication
        try (Ledger ledger = open(url)) {
            TestLedgers.await(() -> status(ledger).failing().isPresent());
            assertThat(status(ledger).isContradicting()).isFalse();
            TestLedgers.fill(ledger, 600, 700);
            try (Served _ = new Served(String.valueOf(url.getPort()))) {
                awaitSeen(ledger, 700);
            }
        }
    }

    @Test
    void anAnswerOfAnotherKeyIsNoCosignature() throws Exception {
        witness = WitnessKey.parse(run(
                0,
                "witness",
                "init",
                directory.resolve("other").toString(),
                "--key",
                directory.resolve("other.key").toString(),
                "--name",
                "witness.example/ann"));
        try (Served served = new Served("0");
                Ledger ledger = open(served.url)) {
            TestLedgers.await(() -> status(ledger).failing().orElse("").contains("its key did not sign"));
            assertThat(ledgers.evidence().resolve(StaticLog.WITNESSED)).doesNotExist();
        }
    }

    @Test
    void aLedgerThatWasSetBackIsContradicted() throws Exception {
        Path older = Files.createDirectory(directory.resolve("older"));
        TestLedgers.copy(ledgers.evidence(), older.resolve("evidence"));
        TestLedgers.copy(ledgers.state(), older.resolve("state"));
        try (Served served = new Served("0")) {
            try (Ledger ledger = open(served.url)) {
                TestLedgers.fill(ledger, 100, 300);
                awaitSeen(ledger, 300);
            }
            TestLedgers.delete(ledgers.replica());
            ledgers = new TestLedgers(older);
            try (Ledger ledger = open(served.url)) {
                TestLedgers.await(() -> status(ledger).isContradicting());
                assertThat(status(ledger).failing())
                        .hasValueSatisfying(
                                why -> assertThat(why).contains("it has seen 300 receipts, more than the ledger has"));
                LedgerStatus.WitnessStatus first = status(ledger);
                TestLedgers.await(() -> status(ledger) != first); // it is asked again
                assertThat(status(ledger)).isEqualTo(first);
                TestLedgers.fill(ledger, 5000, 5400); // other receipts in the place of the lost ones
                TestLedgers.await(() -> status(ledger).failing().orElse("").contains("another history"));
                assertThat(ledgers.evidence().resolve(StaticLog.WITNESSED)).doesNotExist();
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
        try (Ledger ledger =
                open(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"))) {
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
                .hasValueSatisfying(why -> assertThat(why).startsWith("it cannot be asked: java.io.IOException"));
    }

    /** It may add no line to the checkpoint but its own. */
    @Test
    void linesOfOthersInAnAnswerAreNotTaken() throws Exception {
        try (Served served = new Served("0");
                HttpClient client = HttpClient.newHttpClient()) {
            HttpHandler injecting = exchange -> {
                try (exchange) {
                    HttpRequest asked = HttpRequest.newBuilder(served.url)
                            .POST(HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()))
                            .build();
                    HttpResponse<String> told = client.send(asked, HttpResponse.BodyHandlers.ofString());
                    byte[] bytes =
                            ("\u2014 other.example/x AAAAAAAAAAAA\n" + told.body()).getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(told.statusCode(), bytes.length);
                    exchange.getResponseBody().write(bytes);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            };
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            server.createContext("/", injecting);
            server.start();
            URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            try (Ledger ledger = open(url)) {
                awaitSeen(ledger, 100);
                TestLedgers.await(() -> Files.exists(ledgers.evidence().resolve(StaticLog.WITNESSED)));
                assertThat(Files.readString(ledgers.evidence().resolve(StaticLog.WITNESSED)))
                        .contains("\u2014 witness.example/ann ")
                        .doesNotContain("other.example");
            } finally {
                server.stop(0);
            }
        }
    }
}
