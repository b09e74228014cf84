package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Receipt;
import dev.interlock.vault.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests budgets and sequences, with every real package behind the gate. */
final class LimitsTest {

    private static final String LIMITS = """
            budgets:
              writes: {per: [lease], impacts: [write], at-most: 3, within: 1h}
              deletions: {per: [person], impacts: [destroy], at-most: 1, within: 1h, then: hold, confirm: [1 of owners], cooldown: 1m}
            sequences:
              code-after-deletion: {after: {impacts: [destroy]}, impacts: [execute], same: [person], within: 24h}
            """;
    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");
    private static final HttpCall CODE = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
            + " environmentId: \"env-1\", name: \"NODE_OPTIONS\", value: \"1\"}) }");

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, LIMITS);
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static HttpCall write(int value) {
        return GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
                + " environmentId: \"env-1\", name: \"DEBUG\", value: \"" + value + "\"}) }");
    }

    private static Refusal refusal(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    private static Outcome.Held<String> held(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        return (Outcome.Held<String>) outcome;
    }

    private void destroy(String volume) {
        house.sign(held(house.send(GateFixture.deletion(volume))).hold());
        assertThat(house.send(GateFixture.deletion(volume))).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aCallBeyondABudgetIsRefusedAndTheReceiptNamesIt() {
        for (int i = 0; i < 3; i++) {
            assertThat(house.send(write(i))).isInstanceOf(Outcome.Forwarded.class);
        }
        Refusal refusal = refusal(house.send(write(4)));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason()).startsWith("The budget `writes` permits 3 within 1 h for the lease `");
        assertThat(house.upstream.arrived).hasSize(3);
        assertThat(house.receipts(Receipt.Kind.REFUSED).getFirst().members().texts("limits"))
                .containsExactly("budget writes");
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        house.clock.pass(Duration.ofHours(1));
        assertThat(house.send(write(5))).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void racingCopiesDoNotExceedTheBudget() throws Exception {
        int copies = 20;
        CyclicBarrier start = new CyclicBarrier(copies);
        List<Outcome<String>> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(copies)) {
            Callable<Outcome<String>> one = () -> {
                start.await();
                return house.send(write(1));
            };
            for (Future<Outcome<String>> outcome : threads.invokeAll(Collections.nCopies(copies, one))) {
                outcomes.add(outcome.get());
            }
        }
        assertThat(outcomes).filteredOn(Outcome.Forwarded.class::isInstance).hasSize(3);
        assertThat(house.upstream.arrived).hasSize(3);
    }

    @Test
    void anUnsentCallIsNotCounted() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        for (int i = 0; i < 5; i++) {
            assertThat(refusal(house.send(write(i))).kind()).isEqualTo(Refusal.Kind.NOT_SENT);
        }
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        for (int i = 0; i < 3; i++) {
            assertThat(refusal(house.send(write(i))).kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        }
        assertThat(refusal(house.send(write(9))).kind()).isEqualTo(Refusal.Kind.DENIED);
    }

    /** The agent is told to try again: its budget must not be used, nor its target frozen. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCallStoppedByAnInternalErrorIsNotCounted(boolean deep) {
        Runnable bug = () -> {
            if (deep) {
                throw new StackOverflowError("too deep");
            }
            throw new IllegalStateException("a bug");
        };
        house.sign(held(house.send(GateFixture.deletion("vol-1"))).hold());
        house.upstream.beforehand = bug;
        refusal(house.send(GateFixture.deletion("vol-1")));
        for (int i = 0; i < 5; i++) {
            assertThat(refusal(house.send(write(i))).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        }
        house.upstream.beforehand = () -> {};
        assertThat(house.send(writeTo("vol-1"))).isInstanceOf(Outcome.Forwarded.class);
        for (int i = 0; i < 2; i++) {
            assertThat(house.send(write(i))).isInstanceOf(Outcome.Forwarded.class);
        }
        assertThat(refusal(house.send(write(9))).kind()).isEqualTo(Refusal.Kind.DENIED);
    }

    @Test
    void aCallWithoutCredentialIsNotCounted() throws IOException {
        house.vault.remove("railway-staging");
        for (int i = 0; i < 4; i++) {
            assertThat(refusal(house.send(write(i))).reason()).startsWith("The vault stays closed.");
            house.clock.pass(Gate.VaultRefusalCache.REMEMBERED);
        }
        house.vault.put("railway-staging", Store.ORDINARY, new Secret("secret-of-railway-staging"));
        house.clock.pass(Gate.VaultRefusalCache.REMEMBERED);
        Path slot = directory.resolve("vault/ordinary/railway-staging.slot");
        byte[] kept = Files.readAllBytes(slot);
        for (int i = 0; i < 4; i++) {
            house.onIntent = () -> write(slot, "{}".getBytes(StandardCharsets.UTF_8)); // it has been searched for
            assertThat(refusal(house.send(write(i))).reason()).startsWith("The vault could not open the credential");
            house.onIntent = () -> {};
            write(slot, kept);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(house.send(write(i))).isInstanceOf(Outcome.Forwarded.class);
        }
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aDryRunCountsNothingAndReportsTheBudget() {
        for (int i = 0; i < 4; i++) {
            assertThat(((Outcome.DryRunOutcome<String>) house.ask(write(1)))
                            .trial()
                            .would())
                    .isEqualTo(DryRun.Prediction.PERMIT);
        }
        for (int i = 0; i < 3; i++) {
            house.send(write(i));
        }
        DryRun trial = ((Outcome.DryRunOutcome<String>) house.ask(write(1))).trial();
        assertThat(trial.would()).isEqualTo(DryRun.Prediction.REFUSE);
        assertThat(trial.reason()).contains("budget `writes`");
    }

    @Test
    void aHoldingBudgetAddsItsObligationsAndReason() {
        destroy("vol-1");
        Outcome.Held<String> held = held(house.send(GateFixture.deletion("vol-2")));
        assertThat(held.refusal().reason()).contains("The budget `deletions` permits 1 within 1 h");
        house.sign(held.hold());
        held(house.send(GateFixture.deletion("vol-2")));
        house.clock.pass(Duration.ofMinutes(1));
        assertThat(house.send(GateFixture.deletion("vol-2"))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.INTENT).getLast().members().texts("limits"))
                .containsExactly("budget deletions");
    }

    @Test
    void aForbiddenSequenceIsRefusedDespiteSignatures() {
        String hold = held(house.send(CODE)).hold();
        house.sign(hold);
        destroy("vol-1");
        assertThat(refusal(house.send(CODE)).reason()).startsWith("The sequence `code-after-deletion` forbids that");
        assertThat(house.upstream.arrived).hasSize(1);
    }

    @Test
    void withoutTheStoreLimitedCallsAreRefusedAndReadsContinue() {
        house.send(write(1));
        house.database.close();
        assertThat(refusal(house.send(write(2))).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(2);
    }

    // Freezes.

    private static HttpCall writeTo(String volume) {
        return GateFixture.document(
                "mutation { templateVolumeUpdate(templateId: \"t\", serviceId: \"svc-1\", volumeId: \"" + volume
                        + "\", sizeMB: 1) { id } }");
    }

    private void destroyed(FakeUpstream.Fault fault) {
        house.upstream.fault = fault;
        house.sign(held(house.send(GateFixture.deletion("vol-1"))).hold());
        house.send(GateFixture.deletion("vol-1"));
        house.upstream.fault = FakeUpstream.Fault.NONE;
    }

    @ParameterizedTest
    @EnumSource(
            value = FakeUpstream.Fault.class,
            names = {"NONE", "ANSWERED_NOTHING_CERTAIN", "DIED_AFTER_SENDING", "BUG_AFTER_SENDING"})
    void aPossiblyDestroyedResourceIsReadOnlyUntilLifted(FakeUpstream.Fault fault) {
        assertThat(house.send(writeTo("vol-1"))).isInstanceOf(Outcome.Forwarded.class);
        destroyed(fault);
        Refusal refusal = refusal(house.send(writeTo("vol-1")));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason()).contains("`railway:volume/vol-1` was destroyed at");
        refusal(house.send(GateFixture.deletion("vol-1")));
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.send(writeTo("vol-2"))).isInstanceOf(Outcome.Forwarded.class);
        house.thaw();
        assertThat(house.send(writeTo("vol-1"))).isInstanceOf(Outcome.Forwarded.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = FakeUpstream.Fault.class,
            names = {"NOT_SENT", "ANSWERED_THAT_IT_FAILED"})
    void anUndestroyedResourceStaysWritable(FakeUpstream.Fault fault) {
        destroyed(fault);
        assertThat(house.send(writeTo("vol-1"))).isInstanceOf(Outcome.Forwarded.class);
    }

    /** The first may have been deleted before the upstream refused the second. */
    @Test
    void anUpstreamRefusalOfSeveralKeepsEachReadOnly() {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_THAT_IT_FAILED;
        HttpCall both = GateFixture.document(
                "mutation { a: volumeDelete(volumeId: \"vol-1\") b: volumeDelete(volumeId: \"vol-2\") }");
        house.sign(held(house.send(both)).hold());
        house.clock.pass(Duration.ofMinutes(1));
        assertThat(house.send(both)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.alarms()).contains(Alert.AlertKind.UNKNOWN_OUTCOME);
        house.upstream.fault = FakeUpstream.Fault.NONE;
        assertThat(refusal(house.send(writeTo("vol-1"))).reason()).contains("was destroyed at");
        assertThat(refusal(house.send(writeTo("vol-2"))).reason()).contains("was destroyed at");
    }

    @Test
    void aResourceIsReadOnlyDuringItsDestruction() {
        List<Outcome<String>> meanwhile = new ArrayList<>();
        house.upstream.meanwhile = () -> {
            house.upstream.meanwhile = () -> {};
            meanwhile.add(house.send(writeTo("vol-1")));
        };
        destroyed(FakeUpstream.Fault.NONE);
        assertThat(refusal(meanwhile.getFirst()).reason()).contains("was destroyed");
    }
}
