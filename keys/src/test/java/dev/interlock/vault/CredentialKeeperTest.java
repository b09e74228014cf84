package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.Ed25519Seed;
import dev.interlock.evidence.Hash;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import dev.interlock.testing.WaitLoop;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests gateway and keys process over a pipe; each side may be subverted, and say anything. */
@Timeout(300)
final class CredentialKeeperTest {

    private static final String LOG = "interlock.example/log";
    private static final String TOKEN = "rw_destroy+9f3a/77c2b1d04e55";
    private static final URI THERE = URI.create("https://railway.test/api/graphql/v2");
    private static final ResolvedAttempt DELETION = TestingWorld.deletion("vol_1", "production");
    private static final ResolvedAttempt WRITE =
            TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");

    @TempDir
    Path directory;

    private final TestingWorld world = new TestingWorld();
    private final TestingClock clock = new TestingClock();
    private final AtomicLong nanos = new AtomicLong();
    private final BlockingQueue<String> troubles = new LinkedBlockingQueue<>();
    private Json.Members payload = world.payload();
    private TestingKey signedBy = world.sealer;
    private Vault.PinnedSealKeys pins;
    private Vault vault;
    private KeysServer server;
    private KeysClient client;

    @BeforeEach
    void open() throws IOException {
        pins = new Vault.PinnedSealKeys(Set.of(world.sealer.publicKey()), 1);
        Path root = directory.resolve("vault");
        vault = Vault.at(root, pins, LOG, _ -> TestingWorld.envelope(payload, signedBy), clock, new SecureRandom());
        vault.put("railway-production-destroy", Store.PROTECTED, new Secret(TOKEN));
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_staging"));
        vault.put("railway-read", Store.ORDINARY, new Secret("rw_read"));
        server = new KeysServer(root, pins, LOG, clock, new SecureRandom());
        client = client(this::serving, Duration.ofSeconds(60));
    }

    @AfterEach
    void close() {
        client.close();
    }

    private KeysClient client(KeysConnection.KeysConnectionOpener opener, Duration patience) {
        return new KeysClient(
                        opener, _ -> TestingWorld.envelope(payload, signedBy), troubles::add, nanos::get, patience)
                .start();
    }

    private KeysConnection serving() throws IOException {
        return KeysPipes.line(server::serve);
    }

    @Test
    void aStateOpensOnlyUnderItsNameAndUnaltered() throws IOException {
        Bytes state = Bytes.utf8("{\"KEY\":\"old-secret\"}");
        Bytes encrypted = client.encrypt("R-1", state);
        assertThat(new String(encrypted.toArray(), StandardCharsets.ISO_8859_1)).doesNotContain("old-secret");
        assertThat(client.decrypt("R-1", encrypted)).isEqualTo(state);
        assertThatThrownBy(() -> client.decrypt("R-2", encrypted)).isInstanceOf(IOException.class);
        byte[] altered = encrypted.toArray();
        altered[altered.length - 1] ^= 1;
        assertThatThrownBy(() -> client.decrypt("R-1", Bytes.of(altered))).isInstanceOf(IOException.class);
    }

    @Test
    void theGatewayLearnsWhatStandsInTheWayOfAConfirmation() throws IOException {
        assertThat(client.obstacle(sealId(), DELETION)).isEmpty();
        vault.remove("railway-production-destroy");
        assertThat(client.obstacle(sealId(), DELETION))
                .hasValueSatisfying(why -> assertThat(why).contains("interlock vault put railway-production-destroy"))
                .isEqualTo(vault.obstacle(sealId(), DELETION));
    }

    /** A pipe to a process that hangs fills up, and a write there blocks everything on its event loop. */
    @Test
    void onlyWhatIsCachedIsOpenedOnAnEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        assertThat(carrier()).doesNotContain("loop");
        assertThat(carrier()).contains("loop");
        nanos.addAndGet(KeysClient.KEPT.toNanos());
        assertThat(carrier()).doesNotContain("loop");
    }

    /** Returns the thread, with its carrier, on which the credential of a write has been opened. */
    private String carrier() throws Exception {
        FutureTask<String> opened = new FutureTask<>(() -> {
            value(client.open(sealId(), WRITE, Optional.empty(), Optional.empty()));
            return Thread.currentThread().toString();
        });
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            LoopThreads.unstarted(loop, opened).start();
            return opened.get();
        }
    }

    private String sealId() {
        return Bytes.of(payload.canonical()).sha256();
    }

    private static String value(CredentialResult opening) {
        assertThat(opening).isInstanceOf(CredentialResult.CredentialOpened.class);
        return ((CredentialResult.CredentialOpened) opening)
                .credential()
                .headerFor(THERE)
                .use(value -> value);
    }

    private static void assertShut(CredentialResult opening, String because) {
        assertThat(opening).isInstanceOf(CredentialResult.CredentialRefused.class);
        assertThat(((CredentialResult.CredentialRefused) opening).reason()).contains(because);
    }

    private Statement statement(ResolvedAttempt sensed) {
        byte[] nonce = new byte[32];
        new SecureRandom().nextBytes(nonce);
        Obligations oneOwner = new Obligations(
                Set.of(new Obligations.Quorum(1, "owners")),
                Duration.ZERO,
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false);
        return new Statement(
                "H-01",
                sealId(),
                sensed.lease().root(),
                sensed.lease().agent(),
                "jer",
                Set.of(),
                "fix-staging",
                "railway",
                sensed.meaning(),
                sensed.request(),
                "Delete it.",
                Optional.empty(),
                oneOwner.canonical(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(nonce),
                clock.instant(),
                clock.instant().plus(Duration.ofHours(1)),
                Optional.empty());
    }

    private static Vault.ConfirmationProof proof(Statement statement, TestingKey signer) {
        return new Vault.ConfirmationProof(
                Bytes.of(statement.canonical()), List.of(signer.sign(Statement.NAMESPACE, statement.canonical())));
    }

    private CredentialResult open(ResolvedAttempt sensed) throws IOException {
        return client.open(sealId(), sensed, Optional.empty(), Optional.empty());
    }

    private static final String WITNESS = "witness.example/ann";

    /** Returns the key of a witness as C2SP signed-note and tlog-cosignature write it: its type, then its bytes. */
    private static byte[] typed(Ed25519Seed secret) {
        return ByteBuffer.allocate(1 + Ed25519Seed.LENGTH)
                .put((byte) 4)
                .put(secret.publicKey())
                .array();
    }

    private static Bytes id(byte[] typed) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update((WITNESS + "\n").getBytes(StandardCharsets.UTF_8));
        return Bytes.of(Arrays.copyOf(digest.digest(typed), 4));
    }

    private static String base64(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Stream.of(parts).forEach(all::writeBytes);
        return Base64.getEncoder().encodeToString(all.toByteArray());
    }

    private final Ed25519Seed secret = new Ed25519Seed(new byte[Ed25519Seed.LENGTH]);

    /** Has the seal demand that a witness sees what is written. */
    private void demandWitness() throws NoSuchAlgorithmException {
        byte[] named = typed(secret);
        String key = WITNESS + "+" + HexFormat.of().formatHex(id(named).toArray()) + "+" + base64(named);
        payload = payload.with(
                "witnesses",
                Json.object().withTexts("keys", List.of(key)).with("quorum", 1).withTexts("impacts", List.of("write")));
    }

    private Receipt intent(int number, String log, Instant at) {
        return new Receipt(
                "R-01JD000000000000000000000" + number,
                Receipt.Kind.INTENT,
                at,
                log,
                Json.object()
                        .with("upstream", "railway")
                        .with("seal", sealId())
                        .with("request_sha256", WRITE.requestDigest())
                        .with("meaning_sha256", WRITE.meaningDigest())
                        .with("actions", new Json.Array(WRITE.meaning().items("actions"))));
    }

    /** Returns what shows that the witness saw {@code intent}, alone in a log, if {@code signer} is the witness. */
    private SeenIntent seen(Receipt intent, Ed25519Seed signer, Instant at) throws NoSuchAlgorithmException {
        String tree = new Checkpoint(intent.origin(), 1, Hash.leaf(intent.canonical())).text();
        long seconds = at.getEpochSecond();
        byte[] signature =
                signer.sign(("cosignature/v1\ntime " + seconds + "\n" + tree).getBytes(StandardCharsets.UTF_8));
        byte[] time = ByteBuffer.allocate(Long.BYTES).putLong(seconds).array();
        Note.SignatureLine line =
                new Note.SignatureLine(WITNESS, base64(id(typed(secret)).toArray(), time, signature));
        SeenIntent.WitnessedTree cosigned = new SeenIntent.WitnessedTree(new Note(tree, List.of(line)), List.of());
        return new SeenIntent(intent, 0, List.of(cosigned), Optional.empty());
    }

    private SeenIntent seen(Receipt intent) throws NoSuchAlgorithmException {
        return seen(intent, secret, clock.instant());
    }

    private CredentialResult open(ResolvedAttempt sensed, SeenIntent seen) throws IOException {
        return client.open(sealId(), sensed, Optional.empty(), Optional.of(seen));
    }

    /** A credential that witnesses must have seen wanted is asked for each time, with what they cosigned. */
    @Test
    void whatWitnessesMustSeeOpensOnlyWithTheirCosignature() throws Exception {
        demandWitness();
        Receipt intent = intent(1, LOG, clock.instant());
        assertShut(open(WRITE), "nothing shows what they saw");
        Ed25519Seed other = new Ed25519Seed(Arrays.copyOf(new byte[] {1}, Ed25519Seed.LENGTH));
        assertShut(open(WRITE, seen(intent, other, clock.instant())), "is not valid");
        assertThat(value(open(WRITE, seen(intent)))).isEqualTo("Bearer rw_staging");
    }

    @Test
    void anIntentOpensOneCredential() throws Exception {
        demandWitness();
        Receipt intent = intent(1, LOG, clock.instant());
        Receipt another = intent(2, LOG, clock.instant());
        assertThat(value(open(WRITE, seen(intent)))).isEqualTo("Bearer rw_staging");
        assertShut(open(WRITE, seen(intent)), "has opened a credential already");
        assertThat(value(open(WRITE, seen(another)))).isEqualTo("Bearer rw_staging");
        ResolvedAttempt like = TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_2", "{}", "staging");
        assertShut(open(like, seen(intent(3, LOG, clock.instant()))), "of another call");
    }

    /** What is from before the keys process began may have opened one already. */
    @Test
    void aRestartForgetsNoIntent() throws Exception {
        demandWitness();
        Receipt intent = intent(1, LOG, clock.instant());
        assertThat(value(open(WRITE, seen(intent)))).isEqualTo("Bearer rw_staging");
        client.close();
        clock.pass(Duration.ofSeconds(1));
        server = new KeysServer(directory.resolve("vault"), pins, LOG, clock, new SecureRandom());
        client = client(this::serving, Duration.ofSeconds(60));
        assertShut(open(WRITE, seen(intent)), "not of now");
    }

    @Test
    void anIntentIsOfTheLastMinutesAlsoAfterTheClockWentBack() throws Exception {
        demandWitness();
        Receipt intent = intent(1, LOG, clock.instant());
        assertThat(value(open(WRITE, seen(intent)))).isEqualTo("Bearer rw_staging");
        assertShut(open(WRITE, seen(intent(2, LOG, clock.instant().plusMillis(1)))), "not of now");
        clock.pass(Duration.ofMinutes(6));
        assertShut(open(WRITE, seen(intent(3, LOG, intent.at()))), "not of now");
        assertThat(value(open(WRITE, seen(intent(4, LOG, clock.instant()))))).isEqualTo("Bearer rw_staging");
        clock.pass(Duration.ofMinutes(-6));
        assertShut(open(WRITE, seen(intent)), "not of now");
    }

    /** The witnesses of a fleet see the logs of all its gateways. */
    @Test
    void anIntentOfAnotherLogOpensNothing() throws Exception {
        demandWitness();
        assertShut(open(WRITE, seen(intent(1, "interlock.example/other", clock.instant()))), "of log `");
    }

    /** Somebody could have dated it ahead, and kept it. */
    @Test
    void anIntentThatWitnessesSawLongBeforeItsTimeOpensNothing() throws Exception {
        demandWitness();
        Receipt intent = intent(1, LOG, clock.instant());
        Instant earlier = clock.instant().minus(Duration.ofMinutes(6));
        assertShut(open(WRITE, seen(intent, secret, earlier)), "0 of the seal's 1 witnesses");
    }

    // Answers.

    @Test
    void opensOnlyTheVaultsCredentials() throws IOException {
        assertThat(value(open(WRITE))).isEqualTo("Bearer rw_staging");
        assertThat(value(client.resolver(sealId(), "railway"))).isEqualTo("Bearer rw_read");
        assertShut(open(DELETION), "only for a confirmation");
        assertThat(client.list()).isEqualTo(vault.list());
        assertThat(client.slotHolding(new Secret(TOKEN)))
                .contains(new Vault.KnownSecret("railway-production-destroy", Optional.of("railway")));
        assertThat(client.slotHolding(new Secret("nobody's"))).isEmpty();
        assertThat(open(WRITE).toString()).doesNotContain("rw_staging");
    }

    @Test
    void aGenuineConfirmationOpensForOneCall() throws IOException {
        Vault.ConfirmationProof proof = proof(statement(DELETION), world.ann);
        assertThat(value(client.open(sealId(), DELETION, Optional.of(proof), Optional.empty())))
                .isEqualTo("Bearer " + TOKEN);
        assertShut(client.open(sealId(), DELETION, Optional.of(proof), Optional.empty()), "has been used already");
        assertShut(open(DELETION), "only for a confirmation");
    }

    @Test
    void whoSignedForTheLeaseIsToldOverTheLine() throws IOException {
        ResolvedAttempt signed = new ResolvedAttempt(
                DELETION.attempt(),
                DELETION.lease().signedBy("ann", false),
                DELETION.actions(),
                DELETION.placements(),
                DELETION.radius(),
                DELETION.outgoing(),
                SaltedDigests.OPEN);
        Vault.ConfirmationProof hides = proof(statement(signed), world.ann);
        assertShut(client.open(sealId(), signed, Optional.of(hides), Optional.empty()), "another agent or person");
        Statement says = Statement.of(statement(signed).json().withTexts("behind", List.of("ann")));
        assertThat(value(client.open(sealId(), signed, Optional.of(proof(says, world.ann)), Optional.empty())))
                .isEqualTo("Bearer " + TOKEN);
        CredentialNeed taken = CredentialNeed.of(DELETION.under(DELETION.lease().signedBy("ann", true)), true);
        assertThat(KeysProtocol.readNeed(KeysProtocol.write(taken))).isEqualTo(taken);
    }

    @Test
    void aForgedProofOpensNothing() throws IOException {
        for (Vault.ConfirmationProof forged : List.of(
                new Vault.ConfirmationProof(Bytes.utf8("{}"), List.of("yes")),
                new Vault.ConfirmationProof(Bytes.of(statement(DELETION).canonical()), List.of()),
                proof(statement(DELETION), TestingKey.hardware()),
                proof(statement(TestingWorld.deletion("vol_2", "production")), world.ann))) {
            assertThat(client.open(sealId(), DELETION, Optional.of(forged), Optional.empty()))
                    .isInstanceOf(CredentialResult.CredentialRefused.class);
        }
    }

    @Test
    void theSealIsVerifiedThereAndNotTakenFromWhoAsks() throws IOException {
        signedBy = TestingKey.software();
        assertShut(client.resolver(sealId(), "railway"), "cannot verify");
        signedBy = world.sealer;
        Json.Members old = payload;
        payload = payload.with("sequence", 2);
        assertThat(client.resolver(sealId(), "railway")).isInstanceOf(CredentialResult.CredentialOpened.class);
        payload = old;
        assertShut(client.resolver(sealId(), "railway"), "newer seal");
    }

    // The cache.

    @Test
    void whatNeedsNoProofIsKeptShortlyAndUnderOneSeal() throws IOException {
        assertThat(value(open(WRITE))).contains("rw_staging");
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_rotated"));
        nanos.addAndGet(KeysClient.KEPT.toNanos() - 1);
        assertThat(value(open(WRITE))).contains("rw_staging");
        nanos.incrementAndGet();
        assertThat(value(open(WRITE))).contains("rw_rotated");

        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_again"));
        payload = payload.with("sequence", 2);
        assertThat(value(open(WRITE))).as("another seal").contains("rw_again");
    }

    // Processes that are gone, slow or incoherent.

    private static void ask(InputStream in) throws IOException {
        var _ = KeysProtocol.read(in).orElseThrow(IOException::new);
    }

    private void assertRefusesAndRecovers(KeysPipes.FarSide broken, Duration patience) throws Exception {
        client.close();
        troubles.clear();
        Deque<KeysPipes.FarSide> sides = new ArrayDeque<>(List.of(broken));
        CountDownLatch again = new CountDownLatch(1);
        client = client(
                () -> {
                    if (!sides.isEmpty()) {
                        return KeysPipes.line(sides.pop());
                    }
                    again.countDown();
                    return serving();
                },
                patience);
        assertThatThrownBy(() -> open(WRITE)).isInstanceOf(IOException.class);
        assertThat(troubles.take()).contains("The keys process does not answer correctly");
        again.await();
        CredentialResult opening = null;
        while (opening == null) {
            try {
                opening = open(WRITE);
            } catch (IOException _) {
                WaitLoop.pause(); // the connection is open, and its ready message comes in a moment
            }
        }
        assertThat(value(opening)).contains("rw_staging");
    }

    @Test
    void refusesAndRecoversIfItEnds() throws Exception {
        assertRefusesAndRecovers(
                (in, out) -> {
                    KeysPipes.ready(out);
                    ask(in);
                },
                Duration.ofSeconds(60));
    }

    @Test
    void refusesAndRecoversIfItDoesNotAnswer() throws Exception {
        assertRefusesAndRecovers(
                (in, out) -> {
                    KeysPipes.ready(out);
                    ask(in);
                    in.transferTo(OutputStream.nullOutputStream());
                },
                Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"answer\":\"shut\",\"id\":999,\"reason\":\"No.\",\"v\":1}",
                "{\"answer\":\"opened\",\"id\":1,\"v\":1}",
                "{\"answer\":\"perhaps\",\"id\":1,\"v\":1}",
                "{\"answer\":\"shut\",\"id\":1,\"reason\":\"No.\",\"v\":2}",
                "{\"answer\": \"shut\"}",
                "no JSON"
            })
    void refusesAndRecoversIfItSaysSomethingElse(String answer) throws Exception {
        assertRefusesAndRecovers(
                (in, out) -> {
                    KeysPipes.ready(out);
                    ask(in);
                    out.write(frame(answer));
                    out.flush();
                    in.transferTo(OutputStream.nullOutputStream());
                },
                Duration.ofSeconds(60));
    }

    @Test
    void anUnreadyKeysProcessIsNotAsked() {
        client.close();
        client = client(
                () -> KeysPipes.line((in, out) -> {
                    new KeysProtocol.FrameWriter(out).write(Json.object().with("answer", "hello"));
                    ask(in);
                    out.write(frame("{\"answer\":\"shut\",\"id\":1,\"reason\":\"No.\",\"v\":1}"));
                    out.flush();
                    in.transferTo(OutputStream.nullOutputStream());
                }),
                Duration.ofSeconds(60));
        assertThatThrownBy(() -> open(WRITE)).isInstanceOf(IOException.class);
    }

    @Test
    void whatTheVaultCannotReadIsToldWithoutItsWords() throws Exception {
        Files.writeString(directory.resolve("vault/ordinary/railway-staging.slot"), "{}");
        assertThatThrownBy(() -> open(WRITE))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("railway-staging");
    }

    // Messages of a subverted gateway.

    private static byte[] frame(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + bytes.length)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"ask\":\"everything\",\"id\":1,\"v\":1}",
                "{\"ask\":\"open\",\"id\":1,\"need\":{},\"seal\":\"x\",\"v\":1}",
                "{\"ask\":\"open\",\"id\":1,\"need\":{\"environments\":[],\"impacts\":[],\"upstream\":\"railway\"},"
                        + "\"seal\":\"x\",\"v\":1}",
                "{\"ask\":\"open\",\"id\":1,\"need\":{\"environments\":[\"staging\"],\"impacts\":[\"reed\"],"
                        + "\"upstream\":\"railway\"},\"seal\":\"x\",\"v\":1}",
                "{\"ask\":\"seal\",\"envelope\":\"-\",\"id\":1,\"seal\":\"x\",\"v\":1}"
            })
    void aMalformedQuestionGetsNothing(String question) throws Exception {
        try (KeysConnection line = serving()) {
            var _ = KeysProtocol.read(line.in()).orElseThrow();
            line.out().write(frame(question));
            line.out().flush();
            assertThat(KeysProtocol.read(line.in()).orElseThrow().text("answer"))
                    .isEqualTo("failed");
        }
    }

    /** A genuine proof without a purpose would open any credential. */
    @Test
    void aProofForNoActionOpensNothing() throws Exception {
        assertThat(open(WRITE))
                .isInstanceOf(CredentialResult.CredentialOpened.class); // and the server has seen the seal
        try (KeysConnection line = serving()) {
            var _ = KeysProtocol.read(line.in()).orElseThrow();
            new KeysProtocol.FrameWriter(line.out())
                    .write(Json.object()
                            .with("id", 1)
                            .with("ask", "open")
                            .with("seal", sealId())
                            .with("need", KeysProtocol.write(CredentialNeed.of(DELETION, false)))
                            .with("proof", KeysProtocol.write(proof(statement(DELETION), world.ann))));
            Json.Members answer = KeysProtocol.read(line.in()).orElseThrow();
            assertThat(answer.text("answer")).isEqualTo("shut");
            assertThat(answer.text("reason")).contains("to check it against");
        }
    }

    /** A compromised gateway has a signature for staging, and asks for a credential that destroys in production. */
    @Test
    void aProofForLessDoesNotOpenMore() throws Exception {
        assertThat(open(WRITE))
                .isInstanceOf(CredentialResult.CredentialOpened.class); // and the server has seen the seal
        ResolvedAttempt less = TestingWorld.deletion("vol_1", "staging");
        CredentialNeed more = new CredentialNeed(
                "railway",
                Set.of(Impact.DESTROY),
                Set.of("production"),
                Set.of(),
                Optional.of(CredentialNeed.ProofSubject.of(less)));
        try (KeysConnection line = serving()) {
            var _ = KeysProtocol.read(line.in()).orElseThrow();
            new KeysProtocol.FrameWriter(line.out())
                    .write(Json.object()
                            .with("id", 1)
                            .with("ask", "open")
                            .with("seal", sealId())
                            .with("need", KeysProtocol.write(more))
                            .with("proof", KeysProtocol.write(proof(statement(less), world.ann))));
            Json.Members answer = KeysProtocol.read(line.in()).orElseThrow();
            assertThat(answer.text("answer")).isEqualTo("shut");
            assertThat(answer.text("reason")).contains("other impacts or environments");
        }
    }

    @Test
    void whoAsksManyQuestionsIsAnsweredEachOfThem() throws Exception {
        try (KeysConnection line = serving()) {
            var _ = KeysProtocol.read(line.in()).orElseThrow();
            for (int i = 0; i < 200; i++) {
                line.out().write(frame("{\"ask\":\"everything\",\"id\":" + i + ",\"v\":1}"));
                line.out().flush();
                assertThat(KeysProtocol.read(line.in()).orElseThrow().whole("id"))
                        .isEqualTo(i);
            }
        }
    }

    private static byte[] frameOf(int length) {
        return frame("{\"a\":\"" + "x".repeat(length - 14) + "\",\"v\":1}");
    }

    @Test
    void aFrameHasTheLengthThatItSays() throws IOException {
        for (int length : new int[] {14, 255, 256, 65_536, 70_000, KeysProtocol.MAX_FRAME}) {
            assertThat(KeysProtocol.read(new ByteArrayInputStream(frameOf(length))))
                    .hasValueSatisfying(read -> assertThat(read.text("a")).hasSize(length - 14));
        }
        byte[] longer = frameOf(KeysProtocol.MAX_FRAME + 1);
        byte[] muchLonger = frame("{\"v\":1}");
        muchLonger[0] = 1;
        for (byte[] bytes : List.of(longer, muchLonger)) {
            assertThatThrownBy(() -> KeysProtocol.read(new ByteArrayInputStream(bytes)))
                    .hasMessageStartingWith("a frame of ");
        }
    }

    @Test
    void aMalformedFrameIsNotRead() {
        byte[] sound = frame("{\"id\":1,\"v\":1}");
        byte[] cut = java.util.Arrays.copyOf(sound, sound.length - 1);
        byte[] long_ = {0x7f, -1, -1, -1, '{', '}'};
        byte[] negative = {-1, -1, -1, -1, '{', '}'};
        for (byte[] bytes : List.of(cut, long_, negative, frame("{}"), frame("[]"), frame("{\"v\":1} "))) {
            assertThatThrownBy(() -> KeysProtocol.read(new ByteArrayInputStream(bytes)))
                    .isInstanceOf(IOException.class);
        }
    }

    /** No text of an agent's reaches the process that holds the keys. */
    @Test
    void whatIsAskedHoldsDigestsAndWordsOfTheSealAlone() {
        ResolvedAttempt odd =
                TestingWorld.resolved("L-1", "volumeDelete", Impact.DESTROY, "AGENTS-WORDS", "AGENTS-WORDS", "staging");
        String said = KeysProtocol.write(CredentialNeed.of(odd, true)).canonicalText();
        assertThat(said).doesNotContain("AGENTS-WORDS").contains(odd.meaningDigest(), odd.requestDigest());
    }
}
