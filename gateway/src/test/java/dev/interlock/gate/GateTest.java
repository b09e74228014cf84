package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import dev.interlock.watch.Alert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people rely on, with every room behind the gate as it is. */
final class GateTest {

    private static final HttpCall READ = House.document("query { environment(id: \"env-1\") { id } }");
    private static final HttpCall WRITE = House.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
            + " environmentId: \"env-1\", name: \"DEBUG\", value: \"1\"}) }");
    private static final HttpCall DELETION = House.deletion("vol-1");

    @TempDir
    private Path directory;

    private House house;

    @BeforeEach
    void open() throws IOException {
        house = new House(directory);
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static Refusal refusal(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    private static String hold(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        return ((Outcome.Held<String>) outcome).hold();
    }

    private List<String> kinds() {
        return house.receipts().stream().map(receipt -> receipt.kind().word()).toList();
    }

    private String result() {
        List<Receipt> outcomes = house.receipts(Receipt.Kind.OUTCOME);
        assertThat(outcomes).hasSize(1);
        assertThat(outcomes.getFirst().intent())
                .contains(house.receipts(Receipt.Kind.INTENT).getFirst().id());
        return outcomes.getFirst().members().text("result");
    }

    private void assertNothingWentButOneReceipt(String kind) {
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(kinds()).containsExactly(kind);
    }

    /** {@code count} mutations in one document. */
    private static HttpCall many(int count, String mutation) {
        return House.document(IntStream.range(0, count)
                .mapToObj(i -> "a" + i + ": " + mutation)
                .collect(Collectors.joining(" ", "mutation { ", " }")));
    }

    // Permitted.

    @Test
    void whatIsPermittedGoesOnceBetweenItsIntentAndItsOutcome() throws IOException {
        Outcome<String> outcome = house.send(WRITE);

        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-railway-staging");
        List<Receipt> then = house.upstream.recordsOnArrival.getFirst();
        assertThat(then).extracting(Receipt::kind).containsExactly(Receipt.Kind.INTENT);
        assertThat(then.getFirst().id()).isEqualTo(outcome.receipt());
        assertThat(result()).isEqualTo("done");
    }

    @Test
    void aBodyThatNobodyCouldKeepIsOnRecordOnceItHasGone() {
        house.upstream.sent = Optional.of(Json.object().with("body_sha256", "abc"));
        Outcome<String> outcome = house.send("github", House.upload("shop"), house.token);

        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.OUTCOME)
                        .getFirst()
                        .members()
                        .object("sent")
                        .text("body_sha256"))
                .isEqualTo("abc");
    }

    /** Nobody can sign for bytes that are not there: what would be sent is not what was shown. */
    @Test
    void whatPeopleMustConfirmIsNotStreamed() {
        Refusal refusal = refusal(house.send("github", House.upload("shipped"), house.token));
        assertThat(refusal.reason()).contains("sign for bytes that are there");
        assertNothingWentButOneReceipt("refused");
    }

    @Test
    void aReadIsOnRecordAsAWriteIs() {
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-railway-read");
        assertThat(kinds()).containsExactly("intent", "outcome");
    }

    @Test
    void noSecretAndNoTokenIsInAnyReceiptOrAlert() {
        house.send(WRITE);
        house.send("railway", WRITE, house.token, new Secret("secret-of-railway-destroy"));
        String all = house.receipts().stream()
                        .map(receipt -> receipt.json().canonicalText())
                        .collect(Collectors.joining())
                + house.alerts;
        assertThat(all).doesNotContain("secret-of").doesNotContain("ilk_").contains("fingerprint");
    }

    // Refused.

    @Test
    void whatPolicyRefusesLeavesOneReceiptAndGoesNowhere() {
        Refusal refusal = refusal(house.send(House.deletion("vol-shared")));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertNothingWentButOneReceipt("refused");
        assertThat(house.alarms()).containsExactly(Alert.Rule.DENIED_DESTROY);
    }

    @Test
    void aForeignCredentialBesideTheLeaseIsRefusedAndAnAlarm() {
        Refusal refusal = refusal(house.send("railway", READ, house.token, new Secret("rw_found-in-a-file")));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertNothingWentButOneReceipt("refused");
        assertThat(house.receipts().getFirst().members().text("carrier")).isEqualTo("header x-1");
        assertThat(house.alarms()).containsExactly(Alert.Rule.FOREIGN_CREDENTIAL);
    }

    @Test
    void whatNoCatalogKnowsIsRefusedByName() {
        Refusal refusal = refusal(house.send(House.document("mutation { volumeDeleteForever(volumeId: \"vol-1\") }")));
        assertThat(refusal.reason()).contains("volumeDeleteForever");
        assertNothingWentButOneReceipt("refused");
    }

    @Test
    void anUpstreamThatTheSealDoesNotNameIsRefused() {
        Refusal refusal = refusal(house.send("heroku", READ, house.token));
        assertThat(refusal.next()).contains("railway");
        assertNothingWentButOneReceipt("refused");
    }

    @Test
    void nothingGoesUnderASealThatHasExpired() {
        house.clock.pass(Duration.ofDays(90));
        assertThat(refusal(house.send(READ)).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertNothingWentButOneReceipt("refused");
    }

    // Held.

    @Test
    void aDestructionWaitsIsSignedGoesOnceAndNeverAgain() throws IOException {
        String hold = hold(house.send(DELETION));
        assertNothingWentButOneReceipt("held");
        assertThat(hold(house.send(DELETION))).isEqualTo(hold);

        house.sign(hold);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(1);
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-railway-destroy");
        assertThat(house.receipts(Receipt.Kind.INTENT)
                        .getFirst()
                        .members()
                        .object("confirmation")
                        .members())
                .containsKeys("statement", "signatures");

        house.thaw();
        assertThat(hold(house.send(DELETION))).isNotEqualTo(hold);
        assertThat(house.upstream.arrived).hasSize(1);
    }

    @Test
    void aSignatureReleasesNothingButTheIdenticalRequest() {
        house.sign(hold(house.send(DELETION)));
        assertThat(hold(house.send(House.deletion("vol-2")))).isNotEmpty();
        assertThat(hold(house.send(House.document("mutation { x: volumeDelete(volumeId: \"vol-1\") }"))))
                .isNotEmpty();
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** No second check of the vault's stands behind this one: what does not destroy opens without a proof. */
    @Test
    void ofRacingCopiesOfAConfirmedCallOneGoes() throws Exception {
        HttpCall call = House.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
                + " environmentId: \"env-1\", name: \"NODE_OPTIONS\", value: \"1\"}) }");
        for (int round = 1; round <= 5; round++) {
            house.sign(hold(house.send(call)));
            List<Outcome<String>> outcomes = atOnce(8, () -> house.send(call));
            assertThat(house.upstream.arrived).hasSize(round);
            assertThat(outcomes).filteredOn(Outcome.Forwarded.class::isInstance).hasSize(1);
        }
    }

    private static <T> List<T> atOnce(int copies, Callable<T> one) throws Exception {
        CyclicBarrier start = new CyclicBarrier(copies);
        try (ExecutorService threads = Executors.newFixedThreadPool(copies)) {
            Callable<T> together = () -> {
                start.await();
                return one.call();
            };
            List<T> results = new ArrayList<>();
            for (Future<T> result : threads.invokeAll(Collections.nCopies(copies, together))) {
                results.add(result.get());
            }
            return results;
        }
    }

    @Test
    void aNoIsRememberedForVariants() {
        String hold = hold(house.send(DELETION));
        house.people.deny(house.seal, hold, "sam", "Not today.");
        Refusal refusal = refusal(house.send(DELETION));
        assertThat(refusal.reason()).contains("Not today.");
        assertThat(house.upstream.arrived).isEmpty();
    }

    // Stopped.

    @ParameterizedTest
    @CsvSource({"AGENT,jer/cursor", "TASK,fix-staging", "PERSON,jer", "UPSTREAM,railway", "ALL,''"})
    void whatIsKilledGoesNowhereAndIsToldWhy(Kill.Scope scope, String name) {
        house.kill(scope, name);
        Refusal refusal = refusal(house.send(WRITE));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.reason()).contains("it runs wild");
        assertNothingWentButOneReceipt("refused");
        assertThat(house.receipts().getFirst().agent()).contains("jer/cursor");
    }

    @ParameterizedTest
    @CsvSource({"AGENT,jer/cursor", "UPSTREAM,railway", "ALL,''"})
    void whatIsUnderWayIsCutOffAndUnknown(Kill.Scope scope, String name) {
        house.upstream.meanwhile = () -> house.kill(scope, name);
        Refusal refusal = refusal(house.send(WRITE));
        assertThat(house.upstream.cut).isTrue();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.reason()).contains("it runs wild").endsWith("it may or may not have happened.");
        assertThat(result()).isEqualTo("unknown");
        assertThat(house.alarms()).containsExactly(Alert.Rule.UNKNOWN_OUTCOME);
    }

    @Test
    void anEndedLeaseCutsWhatIsUnderWayWithIt() {
        house.upstream.meanwhile = () -> {
            house.leases.revoke(house.lease.id());
            house.gate.cutStopped();
        };
        assertThat(refusal(house.send(WRITE)).kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        assertThat(house.upstream.cut).isTrue();
    }

    @Test
    void whatWasCutOffBeforeItLeftDidNotHappen() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        house.upstream.meanwhile = () -> house.kill(Kill.Scope.ALL, "");
        assertThat(refusal(house.send(WRITE)).kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(result()).isEqualTo("refused");
    }

    @Test
    void anAnswerCanBeCutOffUntilItHasBeenPassedOnAndNoOther() {
        Outcome.Forwarded<String> read = (Outcome.Forwarded<String>) house.send(READ);
        house.kill(Kill.Scope.AGENT, "sam/bot");
        assertThat(house.upstream.cut).isFalse();
        house.kill(Kill.Scope.AGENT, "jer/cursor");
        assertThat(house.upstream.cut).isTrue();
        assertThat(house.gate.cutStopped()).isZero(); // once
        read.flight().close();
    }

    @Test
    void whatHasBeenPassedOnIsNotCutOff() {
        ((Outcome.Forwarded<String>) house.send(READ)).flight().close();
        house.kill(Kill.Scope.ALL, "");
        assertThat(house.upstream.cut).isFalse();
    }

    /** An agent that never reads its answers keeps the way to its own calls busy, and to nobody else's. */
    @Test
    void oneLeaseLeavesOthersRoomAtAnUpstream() throws Exception {
        List<Flight> open = new ArrayList<>();
        for (int i = 0; i < Flights.MOST; i++) {
            open.add(((Outcome.Forwarded<String>) house.send(READ)).flight());
        }
        int arrived = house.upstream.arrived.size();
        Outcome.Refused<String> refused = (Outcome.Refused<String>) house.send(READ);
        assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refused.refusal().reason()).contains("64 calls under way");
        assertThat(house.upstream.arrived).hasSize(arrived);
        Secret other = house.signedFor(Set.of("staging"), Set.of(Impact.READ));
        assertThat(house.send("railway", READ, other)).isInstanceOf(Outcome.Forwarded.class);
        open.getFirst().close();
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void noneOfSeveralThatRaceForTheLastPlaceGetsOneMore() throws Exception {
        for (int i = 1; i < Flights.MOST; i++) {
            house.send(READ);
        }
        List<Outcome<String>> other = new ArrayList<>();
        house.onIntent = () -> { // it has looked, and found room
            house.onIntent = () -> {};
            other.add(house.send(READ));
        };
        assertThat(refusal(house.send(READ)).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(other.getFirst()).isInstanceOf(Outcome.Forwarded.class);
    }

    /** Said after the lease was looked at and before anything could be cut off: while the intent was written. */
    @Test
    void aKillThatComesBetweenIsSeenAndLeavesTheConfirmationGood() {
        house.sign(hold(house.send(DELETION)));
        house.onIntent = () -> {
            house.onIntent = () -> {};
            house.kill(Kill.Scope.UPSTREAM, "railway");
        };
        assertThat(refusal(house.send(DELETION)).reason()).contains("it runs wild");
        assertThat(house.upstream.arrived).isEmpty();
        house.lift("sam", house.sam);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void whatIsHeldStaysHeldAndIsNotReleasedWhileItIsKilled() {
        String hold = hold(house.send(DELETION));
        house.kill(Kill.Scope.AGENT, "jer/cursor");
        house.sign(hold);
        assertThat(refusal(house.send(DELETION)).kind()).isEqualTo(Refusal.Kind.DENIED);
        house.lift("sam", house.sam);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void whatAKilledPersonConfirmedDoesNotGo() {
        house.sign(hold(house.send(DELETION)));
        house.kill(Kill.Scope.PERSON, "sam");
        assertThat(refusal(house.send(DELETION)).reason()).contains("has been stopped since");
        assertThat(house.upstream.arrived).isEmpty();
    }

    // Asked only.

    private Trial trial(HttpCall call) {
        Outcome<String> outcome = house.ask(call);
        assertThat(outcome).isInstanceOf(Outcome.Tried.class);
        assertThat(house.upstream.arrived).isEmpty();
        return ((Outcome.Tried<String>) outcome).trial();
    }

    @Test
    void aDryRunTellsTheVerdictAndDoesNothing() {
        assertThat(trial(WRITE).would()).isEqualTo(Trial.Would.PERMIT);
        Trial held = trial(DELETION);
        assertThat(held.would()).isEqualTo(Trial.Would.HOLD);
        assertThat(held.obligations()).isPresent();
        assertThat(trial(House.deletion("vol-shared")).would()).isEqualTo(Trial.Would.REFUSE);

        assertThat(house.people.list(house.seal)).isEmpty();
        assertThat(house.alerts).isEmpty();
        assertThat(kinds()).containsOnly("refused");
        assertThat(house.receipts())
                .extracting(receipt -> receipt.members().text("verdict"))
                .containsExactly("permit", "hold", "refuse");
    }

    @Test
    void aDryRunUsesNoConfirmationUp() throws IOException {
        house.sign(hold(house.send(DELETION)));
        assertThat(trial(DELETION).would()).isEqualTo(Trial.Would.HOLD);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aMilderWayIsOffered() {
        HttpCall delete = House.document("mutation { projectDelete(id: \"pro-1\") }");
        assertThat(((Outcome.Held<String>) house.send(delete)).refusal().next())
                .startsWith("A milder way:")
                .contains("projectScheduleDelete");
    }

    // Failing.

    @Test
    void withoutALedgerNothingGoes() throws IOException {
        house.ledger.close();
        Outcome<String> outcome = house.send(READ);
        assertThat(refusal(outcome)).isEqualTo(Refusals.noLedger());
        assertThat(outcome.receipt()).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void aConfirmedDestructionDoesNotGoWithoutALedgerAndIsNotUsedUp() throws IOException {
        String hold = hold(house.send(DELETION));
        house.sign(hold);
        house.ledger.close();
        assertThat(refusal(house.send(DELETION))).isEqualTo(Refusals.noLedger());
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.people.show(house.seal, hold).orElseThrow().line().ending())
                .isEmpty();
    }

    @Test
    void withoutAStoreNothingThatIsHeldGoes() {
        house.sign(hold(house.send(DELETION)));
        house.database.close();
        assertThat(refusal(house.send(DELETION))).isEqualTo(Refusals.ours());
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void anAttemptThatABugOfOursRefusesIsOnRecordUnderItsLease() {
        house.sign(hold(house.send(DELETION)));
        house.database.close();
        Outcome<String> outcome = house.send(DELETION);
        assertThat(refusal(outcome)).isEqualTo(Refusals.ours());
        Receipt receipt = house.receipts(Receipt.Kind.REFUSED).getFirst();
        assertThat(receipt.id()).isEqualTo(outcome.receipt());
        assertThat(receipt.agent()).contains("jer/cursor");
        assertThat(receipt.members().text("refusal")).isEqualTo("unavailable");
    }

    /** A provider that does not answer must not change what people are asked, or void what they signed. */
    @Test
    void whatCouldNotBeFoundOutIsNotAskedOfPeople() throws IOException {
        house.close();
        house = new House(Files.createDirectory(directory.resolve("another")), "", House.CEDAR + """

                @id("an-owner-may-let-an-agent-destroy-in-production")
                @confirm("1 of owners")
                permit (principal, action in Impact::Action::"destroy", resource in Environment::"production");
                """);
        Secret wide = house.signedFor(Set.of("staging", "production"), Set.of(Impact.DESTROY));
        assertThat(house.send("railway", House.deletion("vol-shared"), wide)).isInstanceOf(Outcome.Held.class);
        Refusal refusal = refusal(house.send("railway-asked", DELETION, wide));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refusal.reason()).startsWith("What this would destroy could not be found out just now.");
        assertThat(house.people.list(house.seal)).hasSize(1);
    }

    @Test
    void whatNeverLeftIsNotUnderWay() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        house.send(WRITE);
        house.leases.kills().kill(new Kill.Target(Kill.Scope.AGENT, "jer/cursor"), "it runs wild", "root");
        assertThat(house.gate.cutStopped()).isZero();
    }

    @Test
    void aVaultThatStaysShutIsOnRecordAfterTheIntent() throws IOException {
        house.vault.remove("railway-staging");
        Outcome<String> outcome = house.send(WRITE);
        assertThat(refusal(outcome).reason()).startsWith("The vault stays shut.");
        assertThat(outcome.receipt())
                .isEqualTo(house.receipts(Receipt.Kind.INTENT).getFirst().id());
        assertThat(result()).isEqualTo("refused");
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void whatCertainlyDidNotLeaveHasFailed() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.notSent());
        assertThat(result()).isEqualTo("failed");
        assertThat(house.alarms()).isEmpty();
    }

    @Test
    void aLinkThatDiesAfterSendingLeavesAnUnknownOutcomeAndAnAlarm() {
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.unknown());
        assertThat(result()).isEqualTo("unknown");
        assertThat(house.alarms()).containsExactly(Alert.Rule.UNKNOWN_OUTCOME);
        assertThat(house.upstream.arrived).hasSize(1);
    }

    @Test
    void anAnswerThatLeavesItOpenIsAnUnknownOutcomeAndAnAlarm() {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_NOTHING_CERTAIN;
        assertThat(house.send(WRITE)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(result()).isEqualTo("unknown");
        assertThat(house.alarms()).containsExactly(Alert.Rule.UNKNOWN_OUTCOME);
    }

    @Test
    void aReadThatTheUpstreamLeavesOpenHasOnlyFailed() {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_NOTHING_CERTAIN;
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(result()).isEqualTo("failed");
        assertThat(house.alarms()).isEmpty();
    }

    @Test
    void anAlertThatCannotBeRaisedChangesNoAnswer() {
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        house.raise = alert -> {
            throw new IllegalStateException("a bug in the watch");
        };
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.unknown());
        assertThat(result()).isEqualTo("unknown");
    }

    @Test
    void aBugAfterSendingIsAnUnknownOutcomeToo() {
        house.upstream.fault = FakeUpstream.Fault.BUG_AFTER_SENDING;
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.unknown());
        assertThat(result()).isEqualTo("unknown");
    }

    @Test
    void aConfirmationIsUsedUpByACallWhoseOutcomeIsUnknown() {
        String hold = hold(house.send(DELETION));
        house.sign(hold);
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        refusal(house.send(DELETION));
        house.upstream.fault = FakeUpstream.Fault.NONE;
        house.thaw();
        assertThat(hold(house.send(DELETION))).isNotEqualTo(hold);
        assertThat(house.upstream.arrived).hasSize(1);
    }

    // What a front refused by itself, and floods.

    private String unread(Secret... carried) {
        List<Attempt.Presented> presented = List.of(carried).stream()
                .map(secret -> new Attempt.Presented("header authorization", secret))
                .toList();
        Refusal refusal = Refusal.notUnderstood("The body is compressed.", "Send it as it is.");
        return house.gate.unread(presented, Optional.empty(), refusal, house.clock.instant());
    }

    @Test
    void aForeignCredentialIsAnAlarmAlsoInWhatCannotBeRead() {
        String receipt = unread(new Secret("secret-of-railway-destroy"));
        assertThat(house.alarms()).containsExactly(Alert.Rule.FOREIGN_CREDENTIAL);
        Receipt written = house.receipts().getFirst();
        assertThat(written.id()).isEqualTo(receipt);
        assertThat(written.members().text("reason")).isEqualTo("The body is compressed.");
        assertThat(written.members().text("carrier")).isEqualTo("header authorization");
        assertThat(written.members().text("would_open")).isEqualTo("railway-destroy");
        assertThat(written.members().members()).containsKey("fingerprint");
    }

    @Test
    void whatCannotBeReadIsOnRecordUnderTheLeaseThatItCarried() {
        unread(house.token);
        assertThat(house.alarms()).isEmpty();
        assertThat(house.receipts().getFirst().agent()).contains("jer/cursor");
    }

    @Test
    void aFloodOfRefusalsIsCountedAndStillRefusedAndAlarmed() {
        HttpCall call = House.deletion("vol-shared");
        for (int i = 0; i < Records.MAX_REFUSALS; i++) {
            assertThat(house.send(call).receipt()).isNotEmpty();
        }
        house.alerts.clear();
        assertThat(house.send(call).receipt()).isEmpty();
        assertThat(unread(house.token)).isNotEmpty();
        assertThat(house.alarms()).containsExactly(Alert.Rule.DENIED_DESTROY);
        assertThat(house.receipts()).hasSize(Records.MAX_REFUSALS + 1);

        house.clock.pass(Duration.ofMinutes(1));
        house.send(call);
        assertThat(house.receipts().getLast().members().whole("suppressed")).isEqualTo(1);
        assertThat(house.upstream.arrived).isEmpty();
    }

    // Too much for one receipt.

    @Test
    void whatNoReceiptCanHoldDoesNotGo() {
        Outcome<String> outcome = house.send(many(
                90,
                "variableUpsert(input: {projectId: \"pro-1\", environmentId: \"env-1\", name: \"A\", value: \"1\"})"));
        assertThat(refusal(outcome)).isEqualTo(Refusals.tooLarge());
        assertNothingWentButOneReceipt("refused");
        Receipt receipt = house.receipts().getFirst();
        assertThat(receipt.id()).isEqualTo(outcome.receipt());
        assertThat(receipt.members().whole("actions_omitted")).isEqualTo(90);
        assertThat(receipt.members().members())
                .containsKeys("meaning_sha256", "request_sha256")
                .doesNotContainKeys("actions", "radius");
    }

    @Test
    void aRefusalIsOnRecordHoweverMuchItIsAbout() {
        Outcome<String> outcome = house.send(many(90, "volumeDelete(volumeId: \"vol-shared\")"));
        assertThat(refusal(outcome).kind()).isEqualTo(Refusal.Kind.DENIED);
        assertNothingWentButOneReceipt("refused");
        assertThat(house.receipts().getFirst().members().whole("actions_omitted"))
                .isEqualTo(90);
    }

    @Test
    void aConfirmedIntentSaysOnceWhatItDoesWhereTwiceDoesNotFit() {
        HttpCall call = longestConfirmable();
        house.sign(hold(house.send(call)));
        assertThat(house.send(call)).isInstanceOf(Outcome.Forwarded.class);
        Receipt intent = house.receipts(Receipt.Kind.INTENT).getFirst();
        assertThat(intent.members().members())
                .containsKeys("confirmation", "meaning_sha256")
                .doesNotContainKeys("actions", "radius");
        assertThat(intent.members()
                        .object("confirmation")
                        .object("statement")
                        .object("meaning")
                        .items("actions"))
                .hasSizeGreaterThan(5);
    }

    private HttpCall longestConfirmable() {
        return IntStream.iterate(40, count -> count > 0, count -> count - 1)
                .mapToObj(count -> many(count, "volumeDelete(volumeId: \"vol-1\")"))
                .filter(call -> house.send(call) instanceof Outcome.Held)
                .findFirst()
                .orElseThrow();
    }
}
