package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WitnessTest {

    private static final String ORIGIN = "interlock.example/log";
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

    private final SoftLog log = new SoftLog(ORIGIN);

    @TempDir
    private Path directory;

    private Path state;
    private WitnessSecret secret;

    @BeforeEach
    void begin() throws IOException {
        state = directory.resolve("state");
        secret = WitnessSecret.create(directory.resolve("key"), "witness.example/ann");
        Witness.claim(state, secret.key(), List.of(log.key()));
        Witness.begin(state, log.key());
    }

    private Witness open() throws IOException {
        return new Witness(secret, state, List.of(log.key()), InstantSource.fixed(NOW));
    }

    /** Leaves of one of several histories, which differ from {@code fork} on. */
    private static List<Hash> leaves(int count, int fork, int history) {
        List<Hash> leaves = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            leaves.add(Hash.leaf((i < fork ? "entry " + i : history + " entry " + i).getBytes(StandardCharsets.UTF_8)));
        }
        return leaves;
    }

    private byte[] request(int old, List<Hash> leaves) {
        return request(log, old, leaves);
    }

    private static byte[] request(SoftLog log, int old, List<Hash> leaves) {
        Note note = log.sign(new Checkpoint(log.key().name(), leaves.size(), NaiveTree.root(leaves)));
        List<Hash> path = NaiveTree.consistency(old, leaves, true);
        return new WitnessRequest(old, path, note).write();
    }

    @Test
    void aKeyIsReadAsItWasMade() throws Exception {
        assertThat(WitnessSecret.read(directory.resolve("key")).key())
                .hasToString(secret.key().toString());
        assertThat(WitnessKey.parse(secret.key().toString()))
                .hasToString(secret.key().toString());
        assertThatThrownBy(() -> VerifierKey.parse(secret.key().toString())).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> WitnessKey.parse(log.key().toString())).isInstanceOf(MalformedException.class);
    }

    @Test
    void aContinuedLogIsCosigned() throws Exception {
        try (Witness witness = open()) {
            assertThat(witness.add(request(0, leaves(5, 9, 0))).status()).isEqualTo(200);
            byte[] next = request(5, leaves(9, 9, 0));
            Witness.Answer answer = witness.add(next);
            assertThat(answer.status()).isEqualTo(200);
            Note cosigned = WitnessRequest.read(next).checkpoint().with(answer.body());
            assertThat(secret.key().sawAt(cosigned)).contains(NOW);
            assertThat(Checkpoint.open(cosigned.write(), List.of(log.key())).size())
                    .isEqualTo(9);
            assertThat(witness.latest(ORIGIN)).contains(cosigned);
        }
        try (Witness again = open()) {
            assertThat(again.add(request(9, leaves(9, 9, 0))).status()).isEqualTo(200);
        }
    }

    @Test
    void aFalseCosignatureIsRefusedAndOneWithoutATimeIsToo() throws Exception {
        Note note = log.sign(new Checkpoint(ORIGIN, 1, Hash.leaf(new byte[0])));
        Note good = secret.cosign(note, NOW);
        Note other = secret.cosign(log.sign(new Checkpoint(ORIGIN, 2, Hash.leaf(new byte[0]))), NOW);
        assertThat(secret.key().sawAt(note)).isEmpty();
        assertThat(secret.key().lineOf(good)).isEqualTo(good.lines().get(1).toString());
        Note moved = note.with(secret.key().lineOf(other));
        assertThatThrownBy(() -> secret.key().sawAt(moved)).isInstanceOf(BadSignatureException.class);
        Note timeless = secret.cosign(note, Instant.EPOCH);
        assertThatThrownBy(() -> secret.key().sawAt(timeless)).isInstanceOf(BadSignatureException.class);
        String line = good.lines().get(1).toString();
        byte[] blob = Base64Text.read(good.lines().get(1).blob());
        blob[11]++; // its time
        Note later = note.with(line.replace(good.lines().get(1).blob(), Base64Text.write(blob)));
        assertThatThrownBy(() -> secret.key().sawAt(later)).isInstanceOf(BadSignatureException.class);
    }

    @Test
    void nothingElseIsCosigned() throws Exception {
        try (Witness witness = open()) {
            List<Hash> known = leaves(5, 9, 0);
            witness.add(request(0, known));
            byte[] good = request(5, leaves(9, 9, 0));
            assertThat(witness.add(request(0, leaves(9, 9, 0))))
                    .isEqualTo(new Witness.Answer(409, "text/x.tlog.size", "5\n"));
            refused(witness, 400, "old 05\n\n".getBytes(StandardCharsets.UTF_8));
            refused(witness, 400, new byte[WitnessRequest.MAX_BYTES + 1]);
            refused(witness, 400, text(good).replace("old 5\n", "old 10\n").getBytes(StandardCharsets.UTF_8));
            refused(witness, 403, request(new SoftLog(ORIGIN), 5, leaves(9, 9, 0)));
            refused(witness, 404, request(new SoftLog("interlock.example/other"), 5, leaves(9, 9, 0)));
            refused(witness, 422, request(5, leaves(9, 4, 1)));
            refused(witness, 422, text(good).replaceFirst("\n[^\n]+\n", "\n").getBytes(StandardCharsets.UTF_8));
            String more = "old 5\n" + Hash.emptyRoot().base64() + "\n";
            refused(
                    witness,
                    422,
                    text(request(5, known)).replace("old 5\n", more).getBytes(StandardCharsets.UTF_8));
            // Anybody can send all of that; it accuses the log of nothing.
            Path contradiction = state.resolve(Witness.directory(ORIGIN)).resolve("contradiction");
            assertThat(contradiction).doesNotExist();
            refused(witness, 409, request(5, leaves(5, 4, 1)));
            assertThat(contradiction).exists();
            String first = Files.readString(contradiction);
            refused(witness, 409, request(5, leaves(5, 3, 2)));
            refused(witness, 422, text(good).replaceFirst("\n[^\n]+\n", "\n").getBytes(StandardCharsets.UTF_8));
            assertThat(contradiction).hasContent(first);
            assertThat(witness.add(good).status()).isEqualTo(200);
        }
    }

    /** The specification's cases about empty trees. */
    @Test
    void anEmptyTreeNeedsNoProofAndHasOneRoot() throws Exception {
        try (Witness witness = open()) {
            List<Hash> path = List.of(Hash.emptyRoot());
            Note one = log.sign(new Checkpoint(ORIGIN, 1, Hash.leaf(new byte[0])));
            refused(witness, 422, new WitnessRequest(0, path, one).write());
            assertThat(witness.add(request(0, List.of())).status()).isEqualTo(200);
            String zero = text(request(0, List.of()));
            String root = zero.split("\n")[4];
            refused(
                    witness,
                    403,
                    zero.replace(root, Hash.leaf(new byte[0]).base64()).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void refused(Witness witness, int status, byte[] body) throws IOException {
        Optional<Note> before = witness.latest(ORIGIN);
        Witness.Answer answer = witness.add(body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(witness.latest(ORIGIN)).isEqualTo(before);
    }

    @Test
    void aSecondProcessOrALostStateIsRefused() throws Exception {
        try (Witness _ = open()) {
            assertThatThrownBy(this::open).hasMessageContaining("another process");
        }
        Files.delete(state.resolve(Witness.directory(ORIGIN)).resolve("checkpoint"));
        assertThatThrownBy(this::open).hasMessageContaining("a second history");
    }

    @Test
    void aDamagedStateCosignsNothing() throws Exception {
        Files.writeString(state.resolve(Witness.directory(ORIGIN)).resolve("checkpoint"), "");
        try (Witness witness = open();
                WitnessServer server = new WitnessServer(at(), witness, System.out)) {
            assertThat(post(server.port(), request(0, leaves(5, 9, 0))).status())
                    .isEqualTo(500);
        }
    }

    @Test
    void ofHistoriesThatRaceOneIsCosigned() throws Exception {
        try (Witness witness = open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 20; round++) {
                Witness.begin(state, log.key());
                List<Callable<Integer>> requests = new ArrayList<>();
                for (int history = 0; history < 6; history++) {
                    byte[] request = request(0, leaves(3, 1, history));
                    requests.add(() -> witness.add(request).status());
                }
                List<Integer> answers = new ArrayList<>();
                for (Future<Integer> answer : threads.invokeAll(requests)) {
                    answers.add(answer.get());
                }
                assertThat(answers).containsOnlyOnce(200);
            }
        }
    }

    private static InetSocketAddress at() {
        return new InetSocketAddress("127.0.0.1", 0);
    }

    private static Witness.Answer post(int port, byte[] body) throws IOException {
        HttpURLConnection http = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/add-checkpoint")
                .toURL()
                .openConnection();
        http.setDoOutput(true);
        try (OutputStream out = http.getOutputStream()) {
            out.write(body);
        }
        int status = http.getResponseCode();
        try (InputStream in = status < 400 ? http.getInputStream() : http.getErrorStream()) {
            return new Witness.Answer(
                    status, http.getContentType(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Two histories race for one witness, which is killed between. Nobody ever holds cosignatures of both. */
    @Test
    @Tag("process")
    void neitherRacesNorKillsMakeItCosignTwoHistories() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Map<Integer, String> seen = new ConcurrentHashMap<>();
        int largest = 0;
        for (int round = 0; round < 2; round++) {
            Process process = serve();
            int port = port(process);
            long wait = random.nextInt(300);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> all = new ArrayList<>();
                for (int client = 0; client < 3; client++) {
                    int history = client % 3;
                    all.add(threads.submit(() -> push(port, history, seen)));
                }
                Thread.sleep(wait); // a kill at any moment must be harmless, so none is waited for
                process.destroyForcibly().waitFor();
                for (Future<?> one : all) {
                    one.get();
                }
            }
            try (Witness witness = open()) {
                int size = witness.latest(ORIGIN)
                        .map(note -> (int) Checkpoint.read(note.text()).size())
                        .orElse(0);
                assertThat(size).isGreaterThanOrEqualTo(largest);
                largest = size;
                assertThat(seen.keySet()).allMatch(cosigned -> cosigned <= size);
            }
        }
        assertThat(seen.values().stream().distinct().count()).isLessThanOrEqualTo(1);
    }

    /** Pushes one history as far as the witness goes along; what it cosigns beyond the fork is noted. */
    private void push(int port, int history, Map<Integer, String> seen) {
        int old = 0;
        for (int size = 1; size < 100; size++) {
            List<Hash> leaves = leaves(size, 1, history);
            try {
                Witness.Answer response = post(port, request(Math.min(old, size), leaves));
                if (response.status() == 409) {
                    old = Integer.parseInt(response.body().strip());
                    size = Math.max(size, old);
                } else if (response.status() == 422) {
                    return;
                } else {
                    assertThat(response.status()).isEqualTo(200);
                    old = size;
                    if (size > 1) {
                        String before = seen.putIfAbsent(size, "history " + history);
                        assertThat(before).isIn(null, "history " + history);
                    }
                }
            } catch (IOException e) {
                return; // it was killed
            }
        }
    }

    private Process serve() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        Main.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath(), // a module's classes are in no class path
                        "dev.interlock.evidence.Main",
                        "witness",
                        "serve",
                        state.toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--key",
                        directory.resolve("key").toString(),
                        "--vkey",
                        log.key().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static int port(Process process) throws IOException {
        String line =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        return URI.create(line.substring(line.indexOf("http://"))).getPort();
    }

    /** The whole way of a job without a server, and of an auditor with what it wrote. */
    @Test
    void aJobCosignsACopyAndAnAuditorComparesWithIt() throws Exception {
        Path copy = directory.resolve("copy");
        Path key = directory.resolve("job.key");
        Path jobs = directory.resolve("job");
        Path note = directory.resolve("note");
        String vkey = log.key().toString();
        fill(300);
        log.write(copy, 100);
        String[] once = {
            "witness",
            "once",
            jobs.toString(),
            "--log",
            copy.toString(),
            "--key",
            key.toString(),
            "--vkey",
            vkey,
            "--out",
            note.toString()
        };
        assertThat(run(
                        "witness",
                        "init",
                        jobs.toString(),
                        "--key",
                        key.toString(),
                        "--vkey",
                        vkey,
                        "--name",
                        "ci.example/job"))
                .isZero();
        String witness = out.toString(StandardCharsets.UTF_8).strip();
        assertThat(run(once)).isZero();
        String[] verify = {
            "verify", copy.toString(), "--vkey", vkey, "--witness", witness, "--witnessed", note.toString()
        };
        assertThat(run(verify)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("Witness ci.example/job saw 300 receipts at ");
        assertThat(run("verify", copy.toString(), "--vkey", vkey, "--witness", witness))
                .isEqualTo(2);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("No cosignature of witness ci.example/job");

        List<String> mistaken = new ArrayList<>(List.of(once));
        mistaken.set(mistaken.indexOf(vkey), witness);
        assertThat(run(mistaken.toArray(String[]::new))).isEqualTo(2);

        fill(700);
        log.write(copy, 100);
        assertThat(run(verify)).isZero();
        Files.copy(note, copy.resolve(StaticLog.WITNESSED));
        Path proof = directory.resolve("proof");
        Files.write(
                proof,
                StaticLog.open(copy, List.of(log.key()))
                        .prove(7, Optional.empty())
                        .json()
                        .canonical());
        assertThat(run("verify", proof.toString(), "--vkey", vkey, "--witness", witness))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("Witness ci.example/job saw 300 receipts at ");
        Files.write(
                proof,
                StaticLog.open(copy, List.of(log.key()))
                        .prove(300, Optional.empty())
                        .json()
                        .canonical());
        assertThat(run("verify", proof.toString(), "--vkey", vkey, "--witness", witness))
                .isEqualTo(2);
        assertThat(run(once)).isZero();

        // The operator, who has the log's key, cuts off the end: the log is sound in itself.
        log.entries.subList(500, 700).clear();
        deleteTiles(copy);
        log.write(copy, 100);
        assertThat(run("verify", copy.toString(), "--vkey", vkey)).isZero();
        assertThat(run(verify)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("truncated: 200 more receipts, from leaf 500 on, were seen by witness ci.example/job");
        assertThat(run(once)).isEqualTo(1);

        // Then the operator writes another history in its place.
        fill(1000);
        deleteTiles(copy);
        log.entries.set(123, refused(5000).canonical());
        log.write(copy, 100);
        assertThat(run(verify)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("the first 700 receipts differ from those that were seen by witness ci.example/job");
        assertThat(run(once)).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("contradicts what this witness saw");
    }

    /** A key in two directories would cosign two histories, each by what it saw there. */
    @Test
    void aKeyThatExistsBeginsNothingAnew() throws Exception {
        String key = directory.resolve("one.key").toString();
        Path first = directory.resolve("first");
        String other = new SoftLog("interlock.example/other").key().toString();
        assertThat(init(first, key, log.key().toString())).isZero();
        assertThat(init(first, key, other)).isZero(); // a further log
        assertThat(init(directory.resolve("second"), key, log.key().toString())).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("not where this key began", "a new key");
        assertThat(run(
                        "witness",
                        "once",
                        state.toString(), // another witness's
                        "--log",
                        directory.toString(),
                        "--key",
                        key,
                        "--vkey",
                        log.key().toString()))
                .isEqualTo(2);
        Files.delete(first.resolve(Witness.directory(ORIGIN)).resolve("checkpoint"));
        assertThat(init(first, key, log.key().toString())).isEqualTo(2);
        Path two = directory.resolve("two.key");
        assertThat(init(first, two.toString(), log.key().toString())).isEqualTo(2);
        assertThat(two).doesNotExist();
    }

    private int init(Path where, String key, String vkey) {
        return run("witness", "init", where.toString(), "--key", key, "--name", "witness.example/one", "--vkey", vkey);
    }

    /** Signatures of others in the log's name are not the log's. */
    @Test
    void linesOfUnknownKeysAreNotKept() throws Exception {
        List<Hash> leaves = leaves(5, 9, 0);
        SoftLog other = new SoftLog(ORIGIN);
        Note note = log.sign(new Checkpoint(ORIGIN, 5, NaiveTree.root(leaves)));
        Note crowded = note;
        for (int i = 1; i < Note.MAX_SIGNATURES; i++) {
            crowded = crowded.with(other.sign(new Checkpoint(ORIGIN, 5, NaiveTree.root(leaves)))
                    .lines()
                    .get(0)
                    .toString());
        }
        try (Witness witness = open()) {
            assertThat(witness.add(new WitnessRequest(0, List.of(), crowded).write())
                            .status())
                    .isEqualTo(200);
            assertThat(witness.latest(ORIGIN).orElseThrow().lines()).hasSize(2);
        }
    }

    @Test
    void aNoteOfTheSameSizeIsComparedWithAProof() throws Exception {
        Path copy = directory.resolve("copy");
        fill(300);
        log.write(copy, 100);
        Path proof = directory.resolve("proof");
        Note checkpoint = Note.read(Files.readAllBytes(copy.resolve(StaticLog.CHECKPOINT)));
        Files.write(
                proof,
                StaticLog.open(copy, List.of(log.key()))
                        .prove(7, Optional.empty())
                        .json()
                        .canonical());
        Path note = Files.write(
                directory.resolve("note"), secret.cosign(checkpoint, NOW).write());
        String[] verify = {
            "verify",
            proof.toString(),
            "--vkey",
            log.key().toString(),
            "--witness",
            secret.key().toString(),
            "--witnessed",
            note.toString()
        };
        assertThat(run(verify)).isZero();
        // What nobody cosigned says nothing: not that the end is known, either.
        Files.write(note, checkpoint.write());
        assertThat(run(verify)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("none of the given witnesses cosigned");
        Files.write(
                copy.resolve(StaticLog.WITNESSED),
                secret.cosign(checkpoint, NOW).write());
        verify[1] = copy.toString();
        assertThat(run(verify)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("none of the given witnesses cosigned");
        verify[1] = proof.toString();
        Note fork = log.sign(new Checkpoint(ORIGIN, 300, Hash.leaf(new byte[0])));
        Files.write(note, secret.cosign(fork, NOW).write());
        assertThat(run(verify)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("another history");
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        out.reset();
        err.reset();
        int code = new Main(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(List.of(args));
        System.out.println(String.join(" ", args) + " → " + code + " " + err);
        return code;
    }

    private static Receipt refused(int number) {
        return new Receipt(
                String.format(Locale.ROOT, "R-01JD%022d", number),
                Receipt.Kind.REFUSED,
                NOW,
                ORIGIN,
                Json.object().with("agent", "jer/cursor"));
    }

    private void fill(int count) {
        for (int i = log.entries.size(); i < count; i++) {
            log.add(refused(i));
        }
    }

    private static void deleteTiles(Path copy) throws IOException {
        for (String folder : List.of("tile", "segments")) {
            for (String file : new LogFiles(copy).below(folder)) {
                Files.delete(copy.resolve(file));
            }
        }
    }
}
