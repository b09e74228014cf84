package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a seal that only observes, with every real package behind the gate. */
final class ObservedCallsTest {

    private static final String NOTHING =
            "@id(\"no-secrets\") forbid (principal, action in Impact::Action::\"credential\", resource);";

    private static final String OBSERVING = """
            observe: {for: 48h}
            """;

    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, OBSERVING, NOTHING);
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static Refusal refusal(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    @Test
    void unpermittedCallsGoWithAlertsUntilTheSealedTime() {
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        Receipt intent = house.receipts(Receipt.Kind.INTENT).getFirst();
        assertThat(intent.members().object("observed").text("verdict")).isEqualTo("refuse");
        assertThat(intent.members().object("observed").text("reason")).startsWith("No policy permits `read`");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.OBSERVING);
        assertThat(house.alerts.getFirst().receipt()).contains(intent.id());

        house.clock.pass(Duration.ofHours(2));
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void settingTheClockBackDoesNotExtendObserveMode() {
        assertThat(house.seal.observesAt(house.limits.latest(house.clock.instant())))
                .isTrue();
        house.clock.pass(Duration.ofDays(2));
        house.clock.set(house.clock.instant().minus(Duration.ofHours(1)));
        assertThat(house.seal.observesAt(house.limits.latest(house.clock.instant())))
                .isFalse();
    }

    @Test
    void destructionsForeignCredentialsKillsAndUnknownCallsStayRefused() {
        assertThat(refusal(house.send(GateFixture.deletion("vol-1"))).kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal(house.send("railway", READ, house.token, new Secret("rw_found")))
                        .kind())
                .isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        refusal(house.send(GateFixture.document("mutation { volumeDeleteForever(volumeId: \"vol-1\") }")));
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        refusal(house.send(READ));
        assertThat(house.upstream.arrived).isEmpty();
    }
}
