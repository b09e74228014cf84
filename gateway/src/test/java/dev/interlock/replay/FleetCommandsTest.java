package dev.interlock.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.action.SaltedDigests;
import dev.interlock.admin.Administration;
import dev.interlock.admin.Peer;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.people.PasskeySite;
import dev.interlock.people.Passkeys;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.store.Database;
import dev.interlock.store.LedgerMark;
import dev.interlock.store.Schema;
import dev.interlock.store.SqliteLedgerMarkStore;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that did not come back, and two others of its store with their own ledgers. */
class FleetCommandsTest {

    private static final String LOST = "interlock.example/lost";
    private static final String UNUSED = "H-unused";

    @TempDir
    private Path directory;

    private final SecureRandom random = new SecureRandom();
    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();
    private final Map<String, Duration> serving = new HashMap<>();
    private Database database;
    private SqliteLedgerMarkStore marks;
    private Leases leases;
    private String key = "";

    @BeforeEach
    void start() throws IOException {
        List<Schema> schemas = new ArrayList<>(SqliteLedgerMarkStore.SCHEMAS);
        schemas.addAll(SqliteLeaseStore.SCHEMAS);
        schemas.addAll(SqliteHoldStore.SCHEMAS);
        schemas.addAll(SqlitePasskeyStore.SCHEMAS);
        schemas.addAll(SqliteLimitStore.SCHEMAS);
        database = StoreEngine.open(directory.resolve("store.db"), schemas);
        marks = new SqliteLedgerMarkStore(database);
        try (Ledger lost = ledger(LOST, Optional.of(copy()))) {
            intent(lost, 1, Json.object().with("hold", "H-used"));
            intent(lost, 2, Json.object().with("hold", UNUSED));
            intent(lost, 3, Json.object());
            lost.appendForPeople(new Receipt(
                    id(4),
                    Receipt.Kind.OUTCOME,
                    clock.instant(),
                    LOST,
                    Json.object().with("intent", id(3)).with("result", "done")));
            lost.appendForPeople(new Receipt(
                    id(6),
                    Receipt.Kind.ADMIN,
                    clock.instant(),
                    LOST,
                    Json.object()
                            .with("command", "kill")
                            .with("peer", "root")
                            .with("kill", "K-01M7Z62X6RP94GSCGTYDC7XV80")
                            .with("scope", "agent")
                            .with("name", "jer/cursor")));
            key = lost.verifierKey().toString();
            marks.write(new LedgerMark(LOST, 0, clock.instant(), key));
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Path copy() {
        return directory.resolve("replicas").resolve("lost");
    }

    private static String id(int number) {
        return "R-01JD" + String.format("%022d", number);
    }

    private void intent(Ledger ledger, int number, Json.Members members) throws IOException {
        ledger.appendForPeople(new Receipt(
                id(number),
                Receipt.Kind.INTENT,
                clock.instant(),
                ledgerOf(ledger),
                members.with("agent", "a").with("radius", Json.object())));
    }

    private static String ledgerOf(Ledger ledger) {
        return ledger.verifierKey().name();
    }

    private Ledger ledger(String origin, Optional<Path> replica) throws IOException {
        String name = origin.substring(origin.indexOf('/') + 1);
        return Ledger.open(
                LedgerConfig.of(origin, directory.resolve(name), directory.resolve(name + "-state"), replica), random);
    }

    private AuditRecorder records(Ledger ledger) {
        return new AuditRecorder(
                ledger, ledgerOf(ledger), clock, alerts::add, _ -> Optional.empty(), SaltedDigests.OPEN);
    }

    private Json.Members close(Ledger at, Json.Members arguments) throws AdminRefusedException {
        AuditRecorder records = records(at);
        Passkeys passkeys =
                new Passkeys(new SqlitePasskeyStore(database), PasskeySite.at("http://localhost:7412"), clock, random);
        leases = new Leases(new SqliteLeaseStore(database), clock, random, passkeys);
        LimitEnforcer limits = new LimitEnforcer(
                new SqliteLimitStore(database),
                clock,
                clock::nanos,
                leases.kills().orders(),
                random);
        StoreReplay replay = new StoreReplay(
                at,
                ledgerOf(at),
                clock,
                new StoreReplay.Restorable(
                        marks,
                        leases,
                        new Confirmations(new SqliteHoldStore(database), clock, clock::nanos, random, passkeys),
                        passkeys,
                        limits,
                        Optional::empty),
                new StoreReplay.OtherGateways(
                        new LedgerReplicas(Optional.of(directory.resolve("replicas")), ledgerOf(at)),
                        () -> serving,
                        directory.resolve("store.mark")));
        FleetCommands commands = new FleetCommands(replay, records, (hold, _) -> hold.equals(UNUSED), clock);
        Administration administration = new Administration(
                List.of(commands), Optional::empty, Administration.Recorder.of(records), clock, alerts::add);
        List<Json.Members> answers = new ArrayList<>();
        administration.run(new Peer("root"), "fleet.close", arguments, answers::add);
        return answers.getLast();
    }

    private Json.Members closeLost(Ledger at) throws AdminRefusedException {
        return close(at, Json.object().with("node", LOST));
    }

    private static List<String> recorded(Ledger ledger) throws IOException {
        return ledger.search(ReceiptQuery.newest(100).only(Receipt.Kind.ADMIN)).stream()
                .map(receipt -> receipt.members().text("closed") + " "
                        + receipt.members().text("outcome"))
                .toList();
    }

    @Test
    void itsOpenCallsAreClosedOnceForAllGateways() throws Exception {
        try (Ledger one = ledger("interlock.example/one", Optional.empty());
                Ledger two = ledger("interlock.example/two", Optional.empty())) {
            assertThat(closeLost(one).object("closed").members()).containsOnlyKeys(id(1), id(2));
            assertThat(closeLost(two).object("closed").members()).isEmpty();
            assertThat(closeLost(one).object("closed").members()).isEmpty();
            assertThat(recorded(one)).containsExactly(id(2) + " refused", id(1) + " unknown");
            assertThat(recorded(two)).isEmpty();
            assertThat(leases.kills().active())
                    .as("it could not store this kill")
                    .extracting(kill -> kill.kill().id())
                    .containsExactly("K-01M7Z62X6RP94GSCGTYDC7XV80");
            assertThat(alerts).singleElement().satisfies(alert -> {
                assertThat(alert.rule()).isEqualTo(Alert.AlertKind.UNKNOWN_OUTCOME);
                assertThat(alert.summary()).contains(LOST);
                assertThat(alert.facts()).containsEntry("intent", id(1));
            });
        }
    }

    /** It comes back after all: its own log gets the outcomes, and people are not alerted once more. */
    @Test
    void theGatewayThatReturnsAlertsOnlyOfWhatNobodyHasClosed() throws Exception {
        try (Ledger one = ledger("interlock.example/one", Optional.empty())) {
            closeLost(one);
        }
        alerts.clear();
        try (Ledger lost = ledger(LOST, Optional.empty())) {
            intent(lost, 5, Json.object());
        }
        try (Ledger back = ledger(LOST, Optional.empty())) {
            records(back).closeAfterCrash(back.openIntents(), (hold, _) -> hold.equals(UNUSED), marks.closed(LOST));
        }
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.facts()).containsEntry("intent", id(5)));
        LogReport report = new LogVerifier(List.of(VerifierKey.parse(key)), Map.of())
                .verify(directory.resolve("lost"), Optional.empty());
        assertThat(report.openIntents()).isEmpty();
        assertThat(report.recordsSound()).isTrue();
    }

    /** Whoever claimed a call and could not record it, as in a crash, leaves it to the next after a while. */
    @Test
    void aCallWhoseClosingWasNotRecordedIsClosedLater() throws Exception {
        assertThat(marks.claim(LOST, List.of(id(1)), clock.instant())).containsExactly(id(1));
        try (Ledger one = ledger("interlock.example/one", Optional.empty())) {
            closeLost(one);
            assertThat(recorded(one)).containsExactly(id(2) + " refused");
            assertThat(marks.closed(LOST)).containsExactly(id(2));
            clock.pass(Duration.ofMinutes(2));
            closeLost(one);
            assertThat(recorded(one)).containsExactly(id(1) + " unknown", id(2) + " refused");
        }
    }

    @Test
    void nothingIsClosedForAGatewayThatServes() throws Exception {
        try (Ledger one = ledger("interlock.example/one", Optional.empty())) {
            serving.put(LOST, Duration.ZERO);
            assertThatThrownBy(() -> closeLost(one)).hasMessageContaining("serves");
            assertThatThrownBy(() -> close(one, Json.object().with("node", "interlock.example/one")))
                    .hasMessageContaining("serves");
            assertThat(recorded(one)).isEmpty();
        }
    }

    @Test
    void onlyASoundCopyOfThatLogByAKeyOfTheStoreCounts() throws Exception {
        try (Ledger one = ledger(
                "interlock.example/one",
                Optional.of(directory.resolve("replicas").resolve("one")))) {
            assertThatThrownBy(() -> close(one, Json.object().with("node", "interlock.example/never")))
                    .hasMessageContaining("there is none");
            marks.write(
                    new LedgerMark(LOST, 0, clock.instant(), one.verifierKey().toString()));
            assertThatThrownBy(() -> closeLost(one)).hasMessageContaining("cannot be used");
            marks.write(new LedgerMark(LOST, 0, clock.instant(), key));
            Files.write(copy().resolve("checkpoint"), new byte[] {1}, StandardOpenOption.APPEND);
            assertThatThrownBy(() -> close(one, Json.object().with("node", LOST).with("ledger", copy().toString())))
                    .isInstanceOf(AdminRefusedException.class);
            assertThat(recorded(one)).isEmpty();
        }
    }
}
