package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.WitnessKey;
import dev.interlock.identity.Kill;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.TestWitness;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that the seal lets go only once witnesses have seen their intent; the witnesses are real. */
class WitnessedCallsTest {

    private static final HttpCall DELETION = GateFixture.deletion("vol-1");
    private static final HttpCall WRITE =
            GateFixture.document("mutation { volumeUpdate(volumeId: \"vol-1\", input: {name: \"data\"}) { id } }");

    @TempDir
    private Path directory;

    private TestWitness ann;
    private TestWitness bob;
    private TestWitness cem;

    @BeforeEach
    void begin() throws IOException {
        ann = witness("ann");
        bob = witness("bob");
        cem = witness("cem");
    }

    @AfterEach
    void end() throws InterruptedException {
        for (TestWitness witness : List.of(ann, bob, cem)) {
            witness.close();
        }
    }

    private TestWitness witness(String name) throws IOException {
        return new TestWitness(directory, name, GateFixture.logKey(directory)).start();
    }

    private GateFixture gateway(LedgerConfig.WitnessEndpoint... asked) throws IOException {
        String demand = "witnesses: {quorum: 2, keys: [\"%s\", \"%s\", \"%s\"]}\n"
                .formatted(ann.vkey(), bob.vkey(), cem.vkey());
        return GateFixture.watched(directory, demand, List.of(asked));
    }

    private static void confirm(GateFixture house) {
        house.sign(((Outcome.Held<String>) house.send(DELETION)).hold());
    }

    private static Refusal refusal(Outcome<String> outcome) {
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    private static List<Receipt> witnessed(GateFixture house) throws IOException {
        return house.administered().stream()
                .filter(act -> act.members().optionalText("command").equals(Optional.of("call.witnessed")))
                .toList();
    }

    @Test
    void twoOfThreeHaveSeenItBeforeItIsSent() throws Exception {
        cem.close();
        try (GateFixture house = gateway(ann.endpoint(), bob.endpoint(), cem.endpoint())) {
            confirm(house);
            assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
            assertThat(house.upstream.arrived).hasSize(1);
            Receipt intent = house.receipts(Receipt.Kind.INTENT).getFirst();
            assertThat(witnessed(house))
                    .singleElement()
                    .satisfies(act -> assertThat(act.isWitnessing(intent.id())).isTrue());
            assertThat(verify(house, intent)).contains("carries the signatures it needed: yes");
        }
    }

    /** The leaf that they saw has its texts sealed, and the vault compares some of these. */
    @Test
    void aCallWithSealedTextsPassesOnlyWithTheKeyOfThese() throws Exception {
        GateFixture.sealTexts(directory);
        try (GateFixture house = gateway(ann.endpoint(), bob.endpoint())) {
            assertThat(vaultSays(
                            house,
                            seen -> altered(
                                    seen,
                                    real -> new SeenIntent(
                                            real.receipt(), real.index(), real.trees(), Optional.empty()))))
                    .contains("of another call");
            confirm(house);
            assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
            Receipt intent = house.receipts(Receipt.Kind.INTENT).getLast();
            assertThat(verify(house, intent)).contains("carries the signatures it needed: yes");
        }
    }

    /** The proof alone, offline: with the seal and its keys it shows that two witnesses saw the call. */
    private String verify(GateFixture house, Receipt intent) throws IOException {
        Path proof = directory.resolve("proof");
        Files.write(proof, house.ledger.prove(intent.id()).orElseThrow().json().canonical());
        assertThat(Files.readString(proof)).contains("\"witnessed\":[{\"checkpoint\":", "witness.example/bob");
        Path seal = Files.write(directory.resolve("seal.json"), house.envelope());
        Path sealer = Files.writeString(directory.resolve("sealer.pub"), GateFixture.sealer() + "\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        new Main(print, print)
                .run(List.of(
                        "verify",
                        proof.toString(),
                        "--vkey",
                        house.ledger.verifierKey().toString(),
                        "--seal",
                        seal.toString(),
                        "--seal-key",
                        sealer.toString()));
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void withoutTheQuorumItIsRefusedAndStaysConfirmed() throws Exception {
        bob.close();
        cem.close();
        try (GateFixture house = gateway(ann.endpoint(), bob.endpoint(), cem.endpoint())) {
            confirm(house);
            Refusal refusal = refusal(house.send(DELETION));
            assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
            assertThat(refusal.reason())
                    .isEqualTo("This call may go only once 2 of 3 witnesses on other machines have seen its intent,"
                            + " and 1 did: `witness.example/bob`, `witness.example/cem` did not cosign.");
            assertThat(refusal.next()).contains("a confirmation of it stays valid");
            assertThat(house.upstream.arrived).isEmpty();
            assertThat(house.receipts(Receipt.Kind.OUTCOME))
                    .singleElement()
                    .satisfies(outcome -> assertThat(outcome.result()).contains(Receipt.Result.REFUSED));
            assertThat(witnessed(house)).isEmpty();

            bob.start();
            assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
            assertThat(house.upstream.arrived).hasSize(1);
        }
    }

    @Test
    void whomTheGatewayNamesAndTheSealDoesNotDoesNotCount() throws Exception {
        try (TestWitness eve = witness("eve");
                GateFixture house = gateway(ann.endpoint(), eve.endpoint())) {
            confirm(house);
            assertThat(refusal(house.send(DELETION)).reason()).contains("2 of 3 witnesses");
            assertThat(house.upstream.arrived).isEmpty();
        }
    }

    @Test
    void aCallOfOtherImpactsNeedsNoWitness() throws Exception {
        try (GateFixture house = gateway()) {
            assertThat(house.send(WRITE)).isInstanceOf(Outcome.Forwarded.class);
            assertThat(witnessed(house)).isEmpty();
        }
    }

    private static String vaultSays(GateFixture house, UnaryOperator<Optional<SeenIntent>> shown) {
        confirm(house);
        house.shown = shown;
        String reason = refusal(house.send(DELETION)).reason();
        house.shown = seen -> seen;
        return reason;
    }

    private static Optional<SeenIntent> altered(Optional<SeenIntent> seen, UnaryOperator<SeenIntent> change) {
        return Optional.of(change.apply(seen.orElseThrow()));
    }

    /** A gateway that was taken over goes past its own check, and not past the vault's. */
    @Test
    void theVaultOpensOnlyForWhatWitnessesSawOfThisCallNow() throws Exception {
        try (GateFixture house = gateway(ann.endpoint(), bob.endpoint())) {
            AtomicReference<SeenIntent> earlier = new AtomicReference<>();
            UnaryOperator<Optional<SeenIntent>> nothing = seen -> {
                earlier.set(seen.orElseThrow());
                return Optional.empty();
            };
            assertThat(vaultSays(house, nothing))
                    .isEqualTo(
                            "The vault stays closed. The seal opens this credential only once witnesses have seen the call:"
                                    + " nothing shows what they saw.");
            assertThat(vaultSays(house, seen -> altered(seen, WitnessedCallsTest::byOne)))
                    .contains("1 of the seal's 3 witnesses saw it before it was sent, and 2 must");
            assertThat(vaultSays(house, seen -> altered(seen, WitnessedCallsTest::before)))
                    .contains("the inclusion proof");
            assertThat(vaultSays(house, seen -> altered(seen, WitnessedCallsTest::changed)))
                    .contains("the inclusion proof");
            assertThat(vaultSays(
                            house,
                            seen -> altered(seen, real -> {
                                Json.Members other = real.receipt().members().with("request_sha256", "00");
                                return with(real, other);
                            })))
                    .contains("of another call");
            house.clock.pass(Duration.ofMinutes(6));
            assertThat(vaultSays(house, _ -> Optional.of(earlier.get()))).contains("not of now");
            assertThat(house.upstream.arrived).isEmpty();

            confirm(house);
            assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
        }
    }

    private static SeenIntent with(SeenIntent seen, Json.Members members) {
        Receipt real = seen.receipt();
        return new SeenIntent(
                new Receipt(real.id(), real.kind(), real.at(), real.origin(), members),
                seen.index(),
                seen.trees(),
                seen.textKey());
    }

    private static SeenIntent changed(SeenIntent seen) {
        return with(seen, seen.receipt().members().with("policies", new Json.Array(List.of())));
    }

    private static SeenIntent before(SeenIntent seen) {
        return new SeenIntent(seen.receipt(), seen.index() - 1, seen.trees(), seen.textKey());
    }

    private static SeenIntent byOne(SeenIntent seen) {
        List<SeenIntent.WitnessedTree> trees = seen.trees().stream()
                .map(tree -> new SeenIntent.WitnessedTree(
                        new Note(
                                tree.checkpoint().text(),
                                tree.checkpoint().lines().stream()
                                        .filter(line -> !line.name().endsWith("bob"))
                                        .toList()),
                        tree.path()))
                .toList();
        return new SeenIntent(seen.receipt(), seen.index(), trees, seen.textKey());
    }

    /** The last witness that is missing cosigns only once somebody has stopped the agent. */
    @Test
    void aStopThatComesWhileItWaitsEndsIt() throws Exception {
        bob.close();
        AtomicReference<GateFixture> stopped = new AtomicReference<>();
        HttpServer stopping = TestWitness.serve(cem.changing(told -> {
            GateFixture house = stopped.get();
            if (house != null && !house.receipts(Receipt.Kind.INTENT).isEmpty()) {
                house.kill(Kill.KillScope.AGENT, "jer/cursor");
            }
            return told;
        }));
        URI url = URI.create("http://127.0.0.1:" + stopping.getAddress().getPort() + "/");
        try (GateFixture house =
                gateway(ann.endpoint(), new LedgerConfig.WitnessEndpoint("cem", WitnessKey.parse(cem.vkey()), url))) {
            stopped.set(house);
            confirm(house);
            AtomicBoolean isOpened = new AtomicBoolean();
            house.onOpen = () -> isOpened.set(true);
            assertThat(refusal(house.send(DELETION)).reason()).contains("it runs wild");
            assertThat(witnessed(house)).hasSize(1);
            assertThat(isOpened).as("the vault was asked").isFalse();
            assertThat(house.upstream.arrived).isEmpty();
            stopped.set(null);
        } finally {
            stopping.stop(0);
        }
    }

    /** The last witness that is missing cosigns only once the lease is over. */
    @Test
    void aLeaseThatEndsWhileItWaitsEndsIt() throws Exception {
        AtomicReference<GateFixture> ending = new AtomicReference<>();
        HttpServer slow = TestWitness.serve(cem.changing(told -> {
            GateFixture house = ending.get();
            if (house != null && !house.receipts(Receipt.Kind.INTENT).isEmpty()) {
                house.clock.pass(Duration.ofHours(24));
            }
            return told;
        }));
        URI url = URI.create("http://127.0.0.1:" + slow.getAddress().getPort() + "/");
        String demand = "witnesses: {for: [write], keys: [\"%s\"]}\n".formatted(cem.vkey());
        try (GateFixture house = GateFixture.watched(
                directory,
                demand,
                List.of(new LedgerConfig.WitnessEndpoint("cem", WitnessKey.parse(cem.vkey()), url)))) {
            ending.set(house);
            assertThat(refusal(house.send(WRITE)).reason()).contains("The lease", "expired at");
            assertThat(house.upstream.arrived).isEmpty();
        } finally {
            slow.stop(0);
        }
    }

    /** It would fill the quorum with itself, and the others would not be waited for. */
    @Test
    void aWitnessWithTwoAddressesIsOne() throws Exception {
        HttpServer slow = TestWitness.serve(bob.changing(told -> {
            LockSupport.parkNanos(Duration.ofMillis(600).toNanos());
            return told;
        }));
        URI url = URI.create("http://127.0.0.1:" + slow.getAddress().getPort() + "/");
        try (GateFixture house = gateway(
                ann.endpoint(),
                new LedgerConfig.WitnessEndpoint(
                        "ann2", WitnessKey.parse(ann.vkey()), ann.endpoint().url()),
                new LedgerConfig.WitnessEndpoint("bob", WitnessKey.parse(bob.vkey()), url))) {
            confirm(house);
            assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
        } finally {
            slow.stop(0);
        }
    }

    private Receipt watchedIntent(GateFixture house, String id) throws IOException {
        Receipt intent = new Receipt(
                id,
                Receipt.Kind.INTENT,
                house.clock.instant(),
                "interlock.example/pocketos",
                Json.object().with("agent", "jer/cursor").with("witnesses", 2));
        house.ledger.append(intent);
        return intent;
    }

    /** What crashed while witnesses were asked was not sent. Afterwards it may have been. */
    @Test
    void aCrashTellsWhetherWitnessesHadSeenIt() throws Exception {
        try (GateFixture house = gateway()) {
            Receipt waiting = watchedIntent(house, "R-01JD0000000000000000000001");
            Receipt sent = watchedIntent(house, "R-01JD0000000000000000000002");
            house.ledger.append(new Receipt(
                    "R-01JD0000000000000000000003",
                    Receipt.Kind.ADMIN,
                    house.clock.instant(),
                    "interlock.example/pocketos",
                    Json.object().with("command", "call.witnessed").with("intent", sent.id())));
            house.records.closeAfterCrash(List.of(waiting, sent), (_, _) -> false, Set.of());
            Map<String, Receipt.Result> results = house.receipts(Receipt.Kind.OUTCOME).stream()
                    .collect(Collectors.toMap(
                            outcome -> outcome.intent().orElseThrow(),
                            outcome -> outcome.result().orElseThrow()));
            assertThat(results)
                    .containsEntry(waiting.id(), Receipt.Result.REFUSED)
                    .containsEntry(sent.id(), Receipt.Result.UNKNOWN);
        }
    }
}
