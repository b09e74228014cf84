package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.action.TraceContext;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the alerts, with every real package behind the gate. */
final class AlertsTest {

    private static final String LIMITS = """
            budgets:
              writes: {per: [lease], impacts: [write], at-most: 1, within: 1h}
              deletions: {per: [person], impacts: [destroy], at-most: 1, within: 1h, then: hold, confirm: [1 of owners], cooldown: 1m}
            """;
    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");
    private static final HttpCall WRITE = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
            + " environmentId: \"env-1\", name: \"DEBUG\", value: \"1\"}) }");

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

    private Alert last(Alert.AlertKind rule) {
        return house.alerts.stream()
                .filter(alert -> alert.rule() == rule)
                .reduce((_, newer) -> newer)
                .orElseThrow();
    }

    /** An attacker who fills the disk first must not use a stray token unseen. */
    @Test
    void aForeignCredentialIsReportedWithoutTheLedger() throws IOException {
        house.ledger.close();
        assertThat(house.send("railway", READ, house.token, new Secret("sk-of-somebody-else")))
                .isInstanceOf(Outcome.Refused.class);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL);
        assertThat(house.alerts.getFirst().receipt()).isEmpty();

        List<Attempt.PresentedCredential> presented =
                List.of(new Attempt.PresentedCredential("header x-other", new Secret("sk-of-a-third")));
        house.gate.unread(presented, Optional.empty(), "", Refusals.OURS, house.clock.instant());
        assertThat(house.alarms())
                .containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL, Alert.AlertKind.FOREIGN_CREDENTIAL);
        assertThat(house.alerts.toString()).doesNotContain("sk-of");
    }

    @Test
    void aHoldAlertShowsTheSignedWordsToPeopleOnly() {
        Outcome.Held<String> held = (Outcome.Held<String>) house.send(GateFixture.deletion("vol-1"));
        Alert alert = last(Alert.AlertKind.HOLD_OPENED);
        HoldSigning.HoldSheet sheet = house.people.show(house.seal, held.hold()).orElseThrow();
        assertThat(alert.facts()).containsEntry(Alert.HOLD, held.hold()).containsEntry("words", sheet.words());
        assertThat(held.refusal().toString()).doesNotContain(sheet.words());
        String nonce = Json.readObject(sheet.statement().toArray()).text("nonce");
        assertThat(nonce).hasSizeGreaterThan(40);
        assertThat(alert.canonical().canonicalText()).doesNotContain(nonce);
        assertThat(house.receipts().toString()).doesNotContain(sheet.words());
    }

    @Test
    void aUsedUpBudgetIsReported() {
        assertThat(house.send(WRITE)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.alarms()).isEmpty();
        assertThat(house.send(WRITE)).isInstanceOf(Outcome.Refused.class);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.VELOCITY);
        assertThat(last(Alert.AlertKind.VELOCITY).facts())
                .containsEntry("limit", "budget writes")
                .containsEntry("agent", "jer/cursor");
        assertThat(last(Alert.AlertKind.VELOCITY).receipt()).isPresent();
    }

    /** It was decided while the budget sufficed, and a copy was counted before it. */
    @Test
    void aCallOvertakenUnderABudgetIsRefusedAndReported() {
        AtomicBoolean first = new AtomicBoolean(true);
        List<Outcome<String>> overtaking = new ArrayList<>();
        house.observer = new Observer() {
            @Override
            public AttemptObservation begin(Attempt attempt) {
                AttemptObservation course = NONE.begin(attempt);
                return new AttemptObservation() {
                    @Override
                    public void beginStep(Step step) {
                        if (step == Step.OPEN && first.getAndSet(false)) {
                            overtaking.add(house.send(WRITE));
                        }
                    }

                    @Override
                    public Optional<TraceContext> upstreamTrace() {
                        return course.upstreamTrace();
                    }

                    @Override
                    public void end(Outcome<?> outcome) {}
                };
            }

            @Override
            public void unread(Refusal refusal) {}
        };
        Outcome<String> overtaken = house.send(WRITE);
        assertThat(overtaking.getFirst()).isInstanceOf(Outcome.Forwarded.class);
        assertThat(overtaken).isInstanceOf(Outcome.Refused.class);
        Outcome.Refused<String> refused = (Outcome.Refused<String>) overtaken;
        assertThat(refused.refusal().reason()).contains("writes");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.VELOCITY);
        Alert told = last(Alert.AlertKind.VELOCITY);
        assertThat(told.facts()).containsEntry("limit", "budget writes");
        assertThat(told.receipt()).contains(refused.receipt());
        assertThat(house.receipts(Receipt.Kind.OUTCOME).stream()
                        .map(receipt -> receipt.members().text("intent")))
                .contains(refused.receipt());
    }

    @Test
    void aHoldingBudgetIsReportedBesideTheHold() {
        Outcome.Held<String> first = (Outcome.Held<String>) house.send(GateFixture.deletion("vol-1"));
        house.sign(first.hold());
        assertThat(house.send(GateFixture.deletion("vol-1"))).isInstanceOf(Outcome.Forwarded.class);
        house.alerts.clear();
        assertThat(house.send(GateFixture.deletion("vol-2"))).isInstanceOf(Outcome.Held.class);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.HOLD_OPENED, Alert.AlertKind.VELOCITY);
    }
}
