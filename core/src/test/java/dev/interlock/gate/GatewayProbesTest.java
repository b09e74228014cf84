package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.ReceiptQuery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the gateway's own probes are refused like anybody's calls, and raise no alert. */
final class GatewayProbesTest {

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
    }

    @AfterEach
    void close() throws Exception {
        house.close();
    }

    private Outcome<String> send(Optional<Secret> credential, boolean isProbe) {
        return house.gate.handle(
                new Attempt(
                        "railway",
                        credential.stream()
                                .map(secret -> new Attempt.PresentedCredential("header authorization", secret))
                                .toList(),
                        Optional.empty(),
                        GateFixture.document("mutation { volumeDelete(volumeId: \"interlock-probe\") }"),
                        house.clock.instant(),
                        false,
                        isProbe,
                        Duration.ZERO,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        Optional::empty),
                house.upstream);
    }

    private List<Receipt> receipts(Optional<String> agent) throws IOException {
        return house.ledger.search(new ReceiptQuery(
                agent,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1000,
                Optional.empty()));
    }

    private static Refusal refusal(Outcome<String> outcome) {
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    @Test
    void aProbeIsRefusedLikeAnyCall() {
        Leases.ProbeTokens worthless = house.leases.makeProbeTokens();
        for (Optional<Secret> credential : List.of(
                Optional.<Secret>empty(),
                Optional.of(worthless.unknown()),
                Optional.of(worthless.ended()),
                Optional.of(new Secret("foreign")))) {
            assertThat(refusal(send(credential, true))).isEqualTo(refusal(send(credential, false)));
        }
        assertThat(refusal(send(Optional.of(worthless.ended()), true)).reason()).contains("expired");
    }

    @Test
    void aProbeIsRecordedByNameWithoutAlert() throws IOException {
        Outcome<String> outcome = send(Optional.of(new Secret("foreign")), true);
        assertThat(refusal(outcome).kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(house.alerts).isEmpty();
        assertThat(receipts(Optional.of(Receipt.PROBE)))
                .singleElement()
                .extracting(Receipt::id)
                .isEqualTo(outcome.receipt());
        assertThat(receipts(Optional.empty())).isEmpty();

        send(Optional.of(new Secret("foreign")), false);
        assertThat(house.alerts).hasSize(1);
        assertThat(receipts(Optional.empty())).hasSize(1);
    }

    @Test
    void eachProbeHasAReceiptAndHidesNoOtherRefusal() {
        for (int i = 0; i <= ReceiptWriter.MAX_REFUSALS; i++) {
            assertThat(send(Optional.empty(), true).receipt()).startsWith("R-");
        }
        assertThat(send(Optional.empty(), false).receipt()).startsWith("R-");
    }

    /** With a lease in force it is an attempt like any other: it is recorded under that lease, and raises alerts. */
    @Test
    void aProbeHidesNoLeaseInForce() throws IOException {
        send(Optional.of(house.token), true);
        assertThat(receipts(Optional.of(house.lease.agent()))).isNotEmpty();
        assertThat(receipts(Optional.of(Receipt.PROBE))).isEmpty();
    }

    @Test
    void theProbeLeasePermitsNothingAndIsUnlisted() {
        Leases.ProbeTokens worthless = house.leases.makeProbeTokens();
        assertThat(house.leases.current(Optional.of(house.seal)))
                .extracting(current -> current.lease().id())
                .doesNotContain(worthless.lease().id());
        assertThat(house.leases.isInForce(
                        Optional.of(house.seal), worthless.lease().id()))
                .isFalse();
        assertThat(house.seal.agents()).doesNotContainKey(worthless.lease().agent());
    }
}
