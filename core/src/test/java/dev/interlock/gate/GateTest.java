package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Secret;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.Leases;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.vault.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the promises of the gate, with every real package behind it. */
final class GateTest {

    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");
    private static final HttpCall WRITE = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
            + " environmentId: \"env-1\", name: \"DEBUG\", value: \"1\"}) }");
    private static final HttpCall DELETION = GateFixture.deletion("vol-1");
    private static final String FIRST = "R-01M7VZGC00QE7N5HEMVQAPHFZA";
    private static final String SECOND = "R-01M7VZGC00QE7N5HEMVQAPHFZB";
    private static final String THIRD = "R-01M7VZGC00QE7N5HEMVQAPHFZC";

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
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

    private static HttpCall many(int count, String mutation) {
        return GateFixture.document(IntStream.range(0, count)
                .mapToObj(i -> "a" + i + ": " + mutation)
                .collect(Collectors.joining(" ", "mutation { ", " }")));
    }

    // Permitted.

    /** A few of them are read at once, and each makes room for the next. */
    @Test
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void anyNumberOfLargeCallsIsRead() {
        HttpCall large = GateFixture.document("query { environment(id: \"env-1\") { id } } #" + "x".repeat(1 << 17));
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            assertThat(house.send(large)).isInstanceOf(Outcome.Forwarded.class);
        }
    }

    @Test
    void aPermittedCallIsSentOnceBetweenIntentAndOutcome() throws IOException {
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
    void aStreamedBodyIsRecordedAfterSending() {
        house.upstream.sent =
                Optional.of(Json.object().with("body_sha256", Bytes.utf8("long").sha256()));
        Outcome<String> outcome = house.send("github", GateFixture.upload("shop"), house.token);

        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.OUTCOME)
                        .getFirst()
                        .members()
                        .object("sent")
                        .text("body_digest"))
                .isEqualTo(house.digests.of(Bytes.utf8("long")));
    }

    /** Nobody can sign for bytes that have not arrived: other bytes might be sent than were shown. */
    @Test
    void aCallThatNeedsConfirmationIsNotStreamed() {
        Refusal refusal = refusal(house.send("github", GateFixture.upload("shipped"), house.token));
        assertThat(refusal.reason()).contains("sign for its stored bytes");
        assertNothingWentButOneReceipt("refused");
    }

    /** Also what only reads, and was permitted before: no store is asked for that. */
    @Test
    void aGatewayThatLostItsStoreSendsNothing() {
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        house.leases.kills().serveWhile(_ -> false);
        for (HttpCall call : List.of(READ, WRITE)) {
            assertThat(refusal(house.send(call)).reason()).contains("cannot reach its store");
        }
        assertThat(house.upstream.arrived).hasSize(1);
    }

    /** Plain reads alone, and those only for as long as the seal says. */
    @Test
    void aGatewayThatLostItsStoreReadsForTheGraceOfTheSeal() throws IOException {
        house.close();
        house = new GateFixture(directory.resolve("grace"), "fleet: {read-grace: 30s}\n");
        house.leases.kills().serveWhile(grace -> grace.equals(Duration.ofSeconds(30)));
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(kinds()).containsExactly("intent", "outcome", "intent", "outcome");
        assertThat(refusal(house.send(WRITE)).reason()).contains("cannot reach its store");
        assertThat(house.send(DELETION)).isNotInstanceOf(Outcome.Forwarded.class);
        house.leases.kills().serveWhile(_ -> false);
        assertThat(refusal(house.send(READ)).reason()).contains("cannot reach its store");
        assertThat(house.upstream.arrived).hasSize(2);
    }

    /** It was frozen while the credential was opened, and nobody has cut it off yet. */
    @Test
    void aCallThatWasCheckedBeforeTheStoreWasLostIsNotSent() {
        house.onOpen = () -> house.leases.kills().serveWhile(_ -> false);
        assertThat(refusal(house.send(WRITE)).reason()).contains("cannot reach its store");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(kinds()).containsExactly("intent", "outcome");
    }

    @Test
    void aReadIsOnRecordAsAWriteIs() {
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-railway-read");
        assertThat(kinds()).containsExactly("intent", "outcome");
    }

    /** A part could cut a credential in two. Without one in play, a download of packages may resume in the middle. */
    @ParameterizedTest
    @CsvSource({"npm, registry.npmjs.org, true", "npm-own, npm.acme.example, false"})
    void aPartIsAskedForOnlyWhereNoCredentialGoesAlong(String upstream, String host, boolean asked) {
        HttpCall call = new HttpCall(
                "GET",
                host,
                "/-/ping",
                List.of(),
                List.of(new Header("accept", "*/*"), new Header("range", "bytes=0-419")),
                Bytes.empty());
        assertThat(house.send(upstream, call, house.token)).isInstanceOf(Outcome.Forwarded.class);
        HttpCall arrived = (HttpCall) house.upstream.arrived.getFirst();
        assertThat(arrived.header("accept")).contains("*/*");
        assertThat(arrived.header("range").isPresent()).isEqualTo(asked);
        assertThat(arrived.withheld().isEmpty()).as("signed for by digest").isEqualTo(asked);
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
    void aRefusedCallLeavesOneReceiptAndIsNotSent() {
        Refusal refusal = refusal(house.send(GateFixture.deletion("vol-shared")));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertNothingWentButOneReceipt("refused");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DENIED_DESTROY);
        assertThat(house.alerts.getFirst().facts())
                .containsEntry("agent", "jer/cursor")
                .containsEntry("task", "fix-staging")
                .containsEntry("lease", house.lease.id());
    }

    @Test
    void aForeignCredentialBesideTheLeaseIsRefusedAndAnAlarm() {
        Refusal refusal = refusal(house.send("railway", READ, house.token, new Secret("rw_found-in-a-file")));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertNothingWentButOneReceipt("refused");
        assertThat(house.receipts().getFirst().members().text("carrier")).isEqualTo("header x-1");
        assertThat(house.receipts().getFirst().members().text("upstream")).isEqualTo("railway");
        assertThat(house.receipts().getFirst().members().members()).containsKey("request_digest");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL);
    }

    @Test
    void anUnknownOperationIsRefusedByName() {
        Refusal refusal =
                refusal(house.send(GateFixture.document("mutation { volumeDeleteForever(volumeId: \"vol-1\") }")));
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
    void anExpiredSealRefusesEverything() {
        house.clock.pass(Duration.ofDays(90));
        Refusal refusal = refusal(house.send(READ));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refusal.reason()).startsWith("No seal is in force");
        assertNothingWentButOneReceipt("refused");
    }

    @Test
    void aLeaseThatIsBoundToAnotherPlaceIsRefusedAndAnAlarm() {
        Secret bound = house.signedFor(Set.of("staging"), Set.of(Impact.READ), Set.of(), Optional.of("sandbox-1"));
        assertThat(refusal(house.send("railway", READ, bound)).reason()).contains("bound to its own sandbox");
        assertNothingWentButOneReceipt("refused");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.LEASE_MISPLACED);
        assertThat(at("sandbox-1", bound)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aCallWithoutLeaseBelongsToItsListener() {
        Secret bound = house.signedFor(Set.of("staging"), Set.of(Impact.READ), Set.of(), Optional.of("sandbox-1"));
        Secret other = house.signedFor(Set.of("staging"), Set.of(Impact.READ), Set.of(), Optional.of("sandbox-2"));
        String own = house.leases.at("sandbox-1").orElseThrow().id();
        assertThat(at("sandbox-1", bound)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(at("sandbox-1")).isInstanceOf(Outcome.Forwarded.class);
        List<Secret[]> others = List.of(
                new Secret[] {new Secret("rw_a-stray-token")},
                new Secret[] {bound, new Secret("rw_a-stray-token")},
                new Secret[] {other});
        for (Secret[] carried : others) {
            refusal(at("sandbox-1", carried));
        }
        refusal(at("nobodys-place", new Secret("rw_a-stray-token")));
        assertThat(house.receipts(Receipt.Kind.REFUSED))
                .extracting(receipt -> receipt.members().optionalText("place").orElse("none"))
                .as("the first two are of the lease itself")
                .containsExactly("none", "none", own, "none");
        assertThat(house.receipts(Receipt.Kind.REFUSED))
                .extracting(receipt -> receipt.agent().orElse("none"))
                .containsExactly("jer/cursor", "jer/cursor", "jer/cursor", "none");
        assertThat(house.alerts.getFirst().facts())
                .containsEntry("lease", own)
                .containsEntry("agent", "jer/cursor")
                .doesNotContainKey("place");
    }

    private Outcome<String> at(String place, Secret... carried) {
        List<Attempt.PresentedCredential> presented = List.of(carried).stream()
                .map(secret -> new Attempt.PresentedCredential("header authorization", secret))
                .toList();
        return house.gate.handle(
                new Attempt("railway", presented, Optional.of(place), READ, house.clock.instant()), house.upstream);
    }

    @Test
    void aRefusalSaysWhatTheCatalogSaysOfItsArgumentsAlsoOutsideTheLease() {
        Refusal refusal = refusal(house.send(GateFixture.document("mutation { environmentPatchCommit(environmentId:"
                + " \"elsewhere\", patch: {services: {s: {deploy: {region: \"r\"}}}}) }")));
        assertThat(refusal.reason()).contains("does not name", "The patch does more than");
    }

    @Test
    void aRefusalOffersNothingThatWouldBeRefusedToo() {
        Refusal refusal = refusal(house.send(GateFixture.document("mutation { projectDelete(id: \"elsewhere\") }")));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.next()).doesNotContain("Safer alternative", "projectScheduleDelete");
    }

    // Held.

    @Test
    void aSignedDestructionIsSentExactlyOnce() throws IOException {
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
    void aHoldNotifiesPeopleOnceAndTheAgentLearnsWhatIsMissing() {
        Outcome.Held<String> held = (Outcome.Held<String>) house.send(DELETION);
        hold(house.send(DELETION));
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.HOLD_OPENED);
        assertThat(house.alerts.getFirst().facts()).containsEntry("hold", held.hold());
        assertThat(house.alerts.getFirst().receipt()).contains(held.receipt());
        assertThat(held.refusal().reason()).containsPattern("Still missing: .*owners.*\\.");
    }

    /** Another reason is no other request: people are not asked twice. */
    @Test
    void theReasonIsShownToWhoeverSignsAndIsNoPartOfTheRequest() throws IOException {
        String hold = hold(house.sendBecause("the schema changed", DELETION));
        assertThat(hold(house.sendBecause("please", DELETION))).isEqualTo(hold);
        assertThat(hold(house.send(DELETION))).isEqualTo(hold);
        assertThat(house.people.show(house.seal, hold).orElseThrow().text())
                .contains("What the agent claims (not checked)\n  reason: the schema changed\n");
        assertThat(house.alerts.getFirst().facts()).containsEntry("reason_not_checked", "the schema changed");
        assertThat(house.receipts().toString()).doesNotContain("please");
    }

    @Test
    void repeatedHeldRequestsFillNoDisk() {
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS + 5; i++) {
            hold(house.send(DELETION));
        }
        assertThat(house.receipts(Receipt.Kind.HELD)).hasSize(1 + ReceiptWriter.MAX_REFUSALS);
    }

    /** An intent after the lease's end could never be explained. */
    @Test
    void aClockThatJumpsDuringACallLeavesNoIntentOutsideItsLease() {
        house.onIntent = () -> {
            house.onIntent = () -> {};
            house.clock.pass(Duration.ofDays(1));
        };
        Refusal refusal = refusal(house.send(READ));
        assertThat(refusal.reason()).contains("expired at");
        assertThat(house.receipts(Receipt.Kind.INTENT)).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void theNumberOfHoldsIsLimited() {
        for (int i = 0; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            // Each does another number of things, so that people are asked about each by itself.
            String all = IntStream.range(0, i + 2)
                    .mapToObj(number -> "a" + number + ": volumeDelete(volumeId: \"vol-1\")")
                    .collect(Collectors.joining(" "));
            hold(house.send(GateFixture.document("mutation { " + all + " }")));
        }
        Refusal refusal = refusal(house.send(DELETION));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.RETRYABLE);
        assertThat(refusal.reason())
                .contains("Delete volume", "needs a person's yes", "which is the limit")
                .contains(house.people.list(house.seal).getFirst().ticket().id());
        assertThat(refusal.next()).contains("The first ends by itself at ");
        Secret another = house.signedFor(Set.of("staging"), Set.of(Impact.DESTROY));
        assertThat(refusal(house.send("railway", DELETION, another)).reason()).isEqualTo(refusal.reason());
        assertThat(house.people.list(house.seal)).hasSize(Confirmations.MAX_HOLDS_PER_AGENT);
        hold(house.send("railway", DELETION, house.ofAnotherAgent()));
    }

    @Test
    void aRequestAfterAnExpiredHoldOpensAnother() {
        Outcome.Held<String> held = (Outcome.Held<String>) house.send(DELETION);
        house.clock.pass(Duration.between(house.clock.instant(), held.expires()));
        assertThat(hold(house.send(DELETION))).isNotEqualTo(held.hold());
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void aConfirmationThatWasUsedNamesItsIntent() {
        String hold = hold(house.send(DELETION));
        house.sign(hold);
        String intent = house.send(DELETION).receipt();
        assertThat(house.people.show(house.seal, hold).orElseThrow().line().ending())
                .isEqualTo(intent);
    }

    @Test
    void aCopyOfAConsumedConfirmationLearnsIt() {
        HttpCall call = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
                + " environmentId: \"env-1\", name: \"NODE_OPTIONS\", value: \"1\"}) }");
        house.sign(hold(house.send(call)));
        List<Outcome<String>> other = new ArrayList<>();
        house.onIntent = () -> { // it has checked that the confirmation is good
            house.onIntent = () -> {};
            other.add(house.send(call));
        };
        Refusal refusal = refusal(house.send(call));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason()).contains("another copy of this request used it");
        assertThat(other.getFirst()).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(1);
    }

    @Test
    void aSignatureReleasesNothingButTheIdenticalRequest() {
        house.sign(hold(house.send(DELETION)));
        assertThat(hold(house.send(GateFixture.deletion("vol-2")))).isNotEmpty();
        assertThat(hold(house.send(GateFixture.document("mutation { x: volumeDelete(volumeId: \"vol-1\") }"))))
                .isNotEmpty();
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** The vault does not check again here: it opens a credential without a proof unless the call destroys. */
    @Test
    void oneOfRacingConfirmedCopiesIsSent() throws Exception {
        HttpCall call = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
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
    void aDenialCoversVariants() {
        String hold = hold(house.send(DELETION));
        house.people.deny(house.seal, hold, "sam", "Not today.");
        Refusal refusal = refusal(house.send(DELETION));
        assertThat(refusal.reason()).contains("Not today.");
        assertThat(refusal.next()).contains("only under a new lease, which the owner gives, are people asked again");
        assertThat(house.upstream.arrived).isEmpty();
    }

    // Stopped.

    @ParameterizedTest
    @CsvSource({"AGENT,jer/cursor", "TASK,fix-staging", "PERSON,jer", "UPSTREAM,railway", "ALL,''"})
    void aKilledCallIsRefusedWithTheReason(Kill.KillScope scope, String name) {
        house.kill(scope, name);
        Refusal refusal = refusal(house.send(WRITE));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.reason()).contains("it runs wild");
        assertNothingWentButOneReceipt("refused");
        assertThat(house.receipts().getFirst().agent()).contains("jer/cursor");
    }

    @ParameterizedTest
    @CsvSource({"AGENT,jer/cursor", "TASK,fix-staging", "PERSON,jer", "UPSTREAM,railway", "ALL,''"})
    void aKilledCallInFlightIsCutOffWithUnknownOutcome(Kill.KillScope scope, String name) {
        house.upstream.meanwhile = () -> house.kill(scope, name);
        Refusal refusal = refusal(house.send(WRITE));
        assertThat(house.upstream.cut).isTrue();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.reason()).contains("it runs wild").endsWith("it may or may not have happened.");
        assertThat(result()).isEqualTo("unknown");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.UNKNOWN_OUTCOME);
    }

    @Test
    void theEndOfALeaseCutsItsCallsInFlight() {
        house.upstream.meanwhile = () -> {
            house.leases.revoke(house.lease.id());
            house.gate.cutStopped();
        };
        assertThat(refusal(house.send(WRITE)).kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        assertThat(house.upstream.cut).isTrue();
    }

    /** Another gateway over the same store, which this one follows, ends the lease or kills its agent. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void whatAnotherGatewayEndsIsCutAndRefusedHereToo(boolean killed) {
        Outcome.Forwarded<String> before = (Outcome.Forwarded<String>) house.send(READ);
        Leases other = house.another();
        String kind = killed ? LeaseStore.KILL : LeaseStore.LEASE;
        house.upstream.meanwhile = () -> {
            String id = house.lease.id();
            if (killed) {
                id = other.kills()
                        .kill(new Kill.KillTarget(Kill.KillScope.AGENT, "jer/cursor"), "it runs wild", "root")
                        .kill()
                        .id();
            } else {
                other.revoke(id, "it runs wild");
            }
            house.leases.follow(kind, Set.of(id), house.gate::cutStopped);
        };
        Refusal refusal = refusal(house.send(WRITE));
        assertThat(house.upstream.cut).isTrue();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        assertThat(refusal.reason()).contains("it runs wild");
        house.upstream.meanwhile = () -> {};
        assertThat(refusal(house.send(READ)).reason()).contains("it runs wild"); // although it was prepared
        before.flight().close();
    }

    @Test
    void aKillReportsTheNumberOfCutCalls() {
        house.send(READ);
        house.send(WRITE);
        house.leases.kills().kill(new Kill.KillTarget(Kill.KillScope.AGENT, "jer/cursor"), "it runs wild", "root");
        assertThat(house.gate.cutStopped()).isEqualTo(2);
        assertThat(house.gate.cutStopped()).isZero();
    }

    @Test
    void aCallCutBeforeSendingHasFailed() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        house.upstream.meanwhile = () -> house.kill(Kill.KillScope.ALL, "");
        assertThat(refusal(house.send(WRITE)).kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(result()).isEqualTo("refused");
    }

    @Test
    void anAnswerCanBeCutOffUntilItHasBeenPassedOnAndNoOther() {
        Outcome.Forwarded<String> read = (Outcome.Forwarded<String>) house.send(READ);
        house.kill(Kill.KillScope.AGENT, "sam/bot");
        assertThat(house.upstream.cut).isFalse();
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        assertThat(house.upstream.cut).isTrue();
        assertThat(house.gate.cutStopped()).isZero(); // once
        read.flight().close();
    }

    @Test
    void aDeliveredAnswerIsNotCutOff() {
        ((Outcome.Forwarded<String>) house.send(READ)).flight().close();
        house.kill(Kill.KillScope.ALL, "");
        assertThat(house.upstream.cut).isFalse();
    }

    /** An agent that never reads its answers blocks its own calls, and nobody else's. */
    @Test
    void oneAgentCannotUseAllConnectionsOfAnUpstream() throws Exception {
        List<InFlightCall> open = new ArrayList<>();
        for (int i = 0; i < InFlightCalls.MOST; i++) {
            open.add(((Outcome.Forwarded<String>) house.send(READ)).flight());
        }
        int arrived = house.upstream.arrived.size();
        Outcome.Refused<String> refused = (Outcome.Refused<String>) house.send(READ);
        assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refused.refusal().reason()).contains("64 calls in flight");
        assertThat(house.receipts(Receipt.Kind.INTENT)).hasSize(InFlightCalls.MOST); // no others were sent
        assertThat(house.upstream.arrived).hasSize(arrived);
        assertThat(house.send("railway", READ, house.ofAnotherAgent())).isInstanceOf(Outcome.Forwarded.class);
        open.getFirst().close();
        assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
    }

    /** The kill comes after the lease was checked and before the call could be cut off: while the intent is written. */
    @Test
    void aKillBeforeConsumptionKeepsTheConfirmation() {
        house.sign(hold(house.send(DELETION)));
        house.onIntent = () -> {
            house.onIntent = () -> {};
            house.kill(Kill.KillScope.UPSTREAM, "railway");
        };
        assertThat(refusal(house.send(DELETION)).reason()).contains("it runs wild");
        assertThat(house.upstream.arrived).isEmpty();
        house.upstream.cut = false; // that call, and not the next
        house.lift("sam", house.sam);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aHeldCallIsNotReleasedWhileKilled() {
        String hold = hold(house.send(DELETION));
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        house.sign(hold);
        assertThat(refusal(house.send(DELETION)).kind()).isEqualTo(Refusal.Kind.DENIED);
        house.lift("sam", house.sam);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aKilledPersonsConfirmationDoesNotCount() {
        house.sign(hold(house.send(DELETION)));
        house.kill(Kill.KillScope.PERSON, "sam");
        assertThat(refusal(house.send(DELETION)).reason()).contains("has been stopped since");
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** Fetching a credential may take some seconds. */
    @Test
    void aKilledPersonsConfirmationDoesNotCountAfterTheCredentialOpens() {
        house.sign(hold(house.send(DELETION)));
        house.onOpen = () -> house.kill(Kill.KillScope.PERSON, "sam");
        assertThat(refusal(house.send(DELETION)).reason()).contains("has been stopped since");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(result()).isEqualTo("refused");
    }

    @Test
    void callsConfirmedByAKilledPersonAreCutOff() {
        house.sign(hold(house.send(DELETION)));
        house.upstream.meanwhile = () -> house.kill(Kill.KillScope.PERSON, "sam");
        Refusal refusal = refusal(house.send(DELETION));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNKNOWN);
        assertThat(refusal.reason()).contains("has been stopped since").endsWith("it may or may not have happened.");
        assertThat(house.upstream.cut).isTrue();
        assertThat(result()).isEqualTo("unknown");
    }

    @Test
    void aKillOfSomebodyElseWhoCouldHaveConfirmedCutsNothing() {
        house.sign(hold(house.send(DELETION)));
        house.upstream.meanwhile = () -> house.kill(Kill.KillScope.PERSON, "kim");
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.cut).isFalse();
    }

    // Dry runs.

    private DryRun trial(HttpCall call) {
        Outcome<String> outcome = house.ask(call);
        assertThat(outcome).isInstanceOf(Outcome.DryRunOutcome.class);
        assertThat(house.upstream.arrived).isEmpty();
        return ((Outcome.DryRunOutcome<String>) outcome).trial();
    }

    @Test
    void aDryRunReportsTheVerdictAndDoesNothing() {
        DryRun permitted = trial(WRITE);
        assertThat(permitted.would()).isEqualTo(DryRun.Prediction.PERMIT);
        assertThat(permitted.reason())
                .startsWith("This request would be sent now.")
                .contains("staging");
        DryRun held = trial(DELETION);
        assertThat(held.would()).isEqualTo(DryRun.Prediction.HOLD);
        assertThat(held.reason())
                .startsWith("This request would wait for people to confirm it.")
                .contains("vol-1");
        assertThat(held.obligations()).isPresent();
        assertThat(held.radius())
                .map(BlastRadius::lost)
                .hasValueSatisfying(lost -> assertThat(lost).contains(Resource.parse("railway:volume/vol-1")));
        DryRun refused = trial(GateFixture.deletion("vol-shared"));
        assertThat(refused.would()).isEqualTo(DryRun.Prediction.REFUSE);
        assertThat(refused.radius()).as("where it may not go it learns nothing").isEmpty();

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
        assertThat(trial(DELETION).would()).isEqualTo(DryRun.Prediction.HOLD);
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aSaferAlternativeIsOffered() {
        HttpCall delete = GateFixture.document("mutation { projectDelete(id: \"pro-1\") }");
        assertThat(((Outcome.Held<String>) house.send(delete)).refusal().next())
                .startsWith("Safer alternative:")
                .contains("projectScheduleDelete");
        assertThat(trial(delete).would()).isEqualTo(DryRun.Prediction.HOLD);
        assertThat(trial(delete).next())
                .as("before people are rung")
                .startsWith("Safer alternative:")
                .contains("projectScheduleDelete", "alerts people");
    }

    // Failures.

    @Test
    void withoutALedgerNothingIsSent() throws IOException {
        house.ledger.close();
        Outcome<String> outcome = house.send(READ);
        assertThat(refusal(outcome)).isEqualTo(Refusals.NO_LEDGER);
        assertThat(outcome.receipt()).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** It waits in any case, and a repeated request finds it waiting: people would never be notified. */
    @Test
    void anUnrecordedHoldIsReportedToPeople() throws IOException {
        house.ledger.close();
        assertThat(refusal(house.send(DELETION))).isEqualTo(Refusals.NO_LEDGER);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.HOLD_OPENED);
        assertThat(house.alerts.getFirst().receipt()).isEmpty();
        assertThat(house.alerts.getFirst().facts()).containsKeys(Alert.HOLD, "words");
    }

    @Test
    void aConfirmedDestructionDoesNotGoWithoutALedgerAndIsNotUsedUp() throws IOException {
        String hold = hold(house.send(DELETION));
        house.sign(hold);
        house.ledger.close();
        assertThat(refusal(house.send(DELETION))).isEqualTo(Refusals.NO_LEDGER);
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.people.show(house.seal, hold).orElseThrow().line().ending())
                .isEmpty();
    }

    @Test
    void withoutAStoreNoHeldCallIsSent() {
        house.sign(hold(house.send(DELETION)));
        house.database.close();
        assertThat(refusal(house.send(DELETION))).isEqualTo(Refusals.OURS);
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void aCallRefusedByAnInternalErrorIsRecordedUnderItsLease() {
        house.sign(hold(house.send(DELETION)));
        house.database.close();
        Outcome<String> outcome = house.send(DELETION);
        assertThat(refusal(outcome)).isEqualTo(Refusals.OURS);
        Receipt receipt = house.receipts(Receipt.Kind.REFUSED).getFirst();
        assertThat(receipt.id()).isEqualTo(outcome.receipt());
        assertThat(receipt.agent()).contains("jer/cursor");
        assertThat(receipt.members().text("refusal")).isEqualTo("unavailable");
    }

    @Test
    void anUnrecordableInternalErrorStillRefuses() throws IOException {
        house.sign(hold(house.send(DELETION)));
        house.database.close();
        house.ledger.close();
        Outcome<String> outcome = house.send(DELETION);
        assertThat(refusal(outcome)).isEqualTo(Refusals.OURS);
        assertThat(outcome.receipt()).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void anAttemptByAnUnknownCallerIsRefusedOnRecord() {
        house.known = _ -> {
            throw new IllegalStateException("a bug of ours");
        };
        Outcome<String> outcome = house.send("railway", READ, house.token, new Secret("rw_found-in-a-file"));
        assertThat(refusal(outcome)).isEqualTo(Refusals.OURS);
        assertThat(house.receipts().getFirst().id()).isEqualTo(outcome.receipt());
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** An agent's text can be deep enough to exhaust the stack of a library. */
    @Test
    void anAttemptThatRunsOutOfTheStackIsRefusedAndOnRecord() {
        house.known = _ -> {
            throw new StackOverflowError("too deep");
        };
        Outcome<String> outcome = house.send("railway", READ, house.token, new Secret("rw_found-in-a-file"));
        assertThat(refusal(outcome)).isEqualTo(Refusals.OURS);
        assertThat(house.receipts().getFirst().id()).isEqualTo(outcome.receipt());
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** The call has happened, and the agent gets the answer; people are alerted that its outcome is missing. */
    @Test
    void anOutcomeThatCannotBeRecordedIsAnAlarm() {
        house.upstream.meanwhile = () -> {
            try {
                house.ledger.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        Outcome<String> outcome = house.send(WRITE);
        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.LEDGER_TROUBLE);
        assertThat(house.alerts.getFirst().receipt()).contains(outcome.receipt());
    }

    /** The keys process has the right time, and would refuse what was signed. */
    @Test
    void aClockThatWasAheadUsesUpNothing() throws IOException {
        String hold = hold(house.send(DELETION));
        house.sign(hold);
        Instant right = house.clock.instant();
        house.clock.set(right.plusSeconds(120));
        assertThat(house.confirmations.ahead()).isEmpty();
        house.clock.set(right);
        assertThat(house.confirmations.ahead()).isPresent();
        Outcome<String> refused = house.send(DELETION);
        assertThat(refusal(refused).reason()).contains("No confirmation and no signature was used up");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.people.show(house.seal, hold).orElseThrow().line().state())
                .isEqualTo("signed");
    }

    /** A status says that the upstream begins to answer. What it did is known at the end. */
    @Test
    void anOutcomeIsRecordedAtTheEndOfTheAnswer() throws IOException {
        house.upstream.streams = true;
        Outcome<String> outcome = house.send(WRITE);
        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.OUTCOME)).isEmpty();
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_NOTHING_CERTAIN; // as after half an answer
        house.upstream.ends.getFirst().run();
        assertThat(house.receipts(Receipt.Kind.OUTCOME))
                .extracting(receipt ->
                        receipt.intent().orElseThrow() + " " + receipt.members().text("result"))
                .containsExactly(outcome.receipt() + " unknown");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.UNKNOWN_OUTCOME);
    }

    @Test
    void anIntentLeftOpenByACrashIsUnknownAndAnAlarm() throws IOException {
        house.records.closeAfterCrash(
                List.of(intent(FIRST), intent(SECOND)), house.confirmations::isCertainlyUnused, Set.of());
        assertThat(house.receipts(Receipt.Kind.OUTCOME))
                .extracting(receipt ->
                        receipt.intent().orElseThrow() + " " + receipt.members().text("result"))
                .containsExactly(FIRST + " unknown", SECOND + " unknown");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.UNKNOWN_OUTCOME, Alert.AlertKind.UNKNOWN_OUTCOME);
        assertThat(house.alerts.getLast().facts()).containsEntry("intent", SECOND);
        assertThat(house.alerts.getLast().receipt())
                .contains(house.receipts(Receipt.Kind.OUTCOME).getLast().id());
    }

    /** An agent can make thousands of such reads. They must not hide the one deletion whose outcome is unknown. */
    @Test
    void aReadLeftOpenByACrashHasFailed() throws IOException {
        house.send(READ);
        house.send(WRITE);
        List<Receipt> left = new ArrayList<>(house.receipts(Receipt.Kind.INTENT));
        left.add(intent(FIRST)); // an intent that does not say what it does
        assertThat(closed(left)).containsExactly("failed", "unknown", "unknown");
    }

    private static Receipt intent(String id) {
        return intent(id, Json.object());
    }

    private static Receipt intent(String id, Json.Members members) {
        return new Receipt(id, Receipt.Kind.INTENT, Instant.EPOCH, "interlock.example/pocketos", members);
    }

    /**
     * A held call leaves only after it has used its hold. The store knows which intent did, unless the store is an
     * older one.
     */
    @Test
    void anOpenIntentMayHaveBeenSentOnlyIfItUsedItsHold() throws IOException {
        String used = hold(house.send(GateFixture.deletion("vol-1")));
        house.sign(used);
        Outcome<String> gone = house.send(GateFixture.deletion("vol-1"));
        assertThat(gone).isInstanceOf(Outcome.Forwarded.class);
        String waiting = hold(house.send(GateFixture.deletion("vol-2")));
        List<Receipt> left = List.of(
                intent(
                        ((Outcome.Forwarded<String>) gone).receipt(),
                        Json.object().with("hold", used)),
                intent(FIRST, Json.object().with("hold", used)), // a racing copy
                intent(SECOND, Json.object().with("hold", waiting)),
                intent(THIRD, Json.object().with("hold", "H-of-another-store")));
        assertThat(closed(left)).containsExactly("unknown", "refused", "unknown", "unknown");
        house.sign(waiting);
        // Only the signatures are known: a store from before the use would say the same about a sent call.
        assertThat(closed(left)).containsExactly("unknown", "refused", "unknown", "unknown");
        assertThat(hold(house.send(GateFixture.deletion("vol-2"))))
                .as("what may have gone does not go again")
                .isNotEqualTo(waiting);
        Receipt copy = intent(FIRST, Json.object().with("hold", waiting));
        assertThat(closed(List.of(copy, left.getLast())))
                .as("it is used up, and another copy has not used it")
                .containsExactly("refused", "unknown");
        house.database.close();
        assertThatThrownBy(() -> house.records.closeAfterCrash(left, house.confirmations::isCertainlyUnused, Set.of()))
                .isInstanceOf(StoreUnavailableException.class);
    }

    private List<String> closed(List<Receipt> left) throws IOException {
        int before = house.receipts(Receipt.Kind.OUTCOME).size();
        house.alerts.clear();
        house.records.closeAfterCrash(left, house.confirmations::isCertainlyUnused, Set.of());
        List<String> results = house.receipts(Receipt.Kind.OUTCOME).stream()
                .skip(before)
                .map(receipt -> receipt.members().text("result"))
                .toList();
        assertThat(house.alarms())
                .hasSize(Collections.frequency(results, "unknown"))
                .containsOnly(Alert.AlertKind.UNKNOWN_OUTCOME);
        return results;
    }

    private void breakSlot(String slot) {
        try {
            for (String store : List.of("ordinary", "protected")) {
                Path file = directory.resolve("vault/" + store + "/" + slot + ".slot");
                if (Files.exists(file)) {
                    Files.writeString(file, "{}");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Before the intent, the search of the call would fail too. So the connection breaks while the intent is written.
     */
    @Test
    void aCredentialThatCannotBeOpenedMayBeTriedAgain() {
        house.onIntent = () -> breakSlot("railway-staging");
        Refusal refusal = refusal(house.send(WRITE));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refusal.reason()).isEqualTo("The vault could not open the credential just now.");
        assertThat(refusal.next()).startsWith("Send the identical request again");
        assertThat(result()).isEqualTo("refused");
    }

    @Test
    void aConfirmationSpentWithoutCredentialIsReportedAsSpent() {
        house.sign(hold(house.send(DELETION)));
        house.onIntent = () -> breakSlot("railway-destroy");
        Refusal refusal = refusal(house.send(DELETION));
        assertThat(refusal.reason()).contains("the confirmation of this request is used up");
        assertThat(refusal.next()).doesNotContain("again").contains("Tell the owner of this task");
        assertThat(house.upstream.arrived).isEmpty();
    }

    /**
     * If the connection to the keys process fails in any way after the intent, there is one outcome and nothing leaves.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anIntentWhoseAnswerCouldNotBeSearchedIsRefused(boolean bug) {
        house.sign(hold(house.send(DELETION)));
        house.line = () -> {
            if (bug) {
                throw new IllegalArgumentException("a bug in what reads the line");
            }
            throw new IOException("the keys process has stopped");
        };
        Outcome<String> outcome = house.send(DELETION);
        assertThat(refusal(outcome)).isEqualTo(Refusals.UNSEARCHED);
        assertThat(outcome.receipt())
                .isEqualTo(house.receipts(Receipt.Kind.INTENT).getFirst().id());
        assertThat(result()).isEqualTo("refused");
        assertThat(house.receipts(Receipt.Kind.REFUSED)).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();

        house.line = () -> {}; // and the confirmation is still good
        assertThat(house.send(DELETION)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aBugBetweenTheIntentAndTheFirstByteLeavesNoIntentWithoutItsOutcome() {
        house.upstream.beforehand = () -> {
            throw new StackOverflowError("too deep");
        };
        Outcome<String> outcome = house.send(WRITE);
        assertThat(refusal(outcome)).isEqualTo(Refusals.OURS);
        assertThat(outcome.receipt())
                .isEqualTo(house.receipts(Receipt.Kind.INTENT).getFirst().id());
        assertThat(result()).isEqualTo("refused");
        assertThat(house.receipts(Receipt.Kind.REFUSED)).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();
        house.leases.kills().kill(new Kill.KillTarget(Kill.KillScope.AGENT, "jer/cursor"), "it runs wild", "root");
        assertThat(house.gate.cutStopped()).isZero(); // it is not in flight
    }

    /** A provider that does not answer must not change the question to people, or void their signatures. */
    @Test
    void anUnresolvedCallIsNotHeldForPeople() throws IOException {
        house.close();
        house = new GateFixture(Files.createDirectory(directory.resolve("another")), "", GateFixture.CEDAR + """

                @id("an-owner-may-let-an-agent-destroy-in-production")
                @confirm("1 of owners")
                permit (principal, action in Impact::Action::"destroy", resource in Environment::"production");
                """);
        Secret wide = house.signedFor(Set.of("staging", "production"), Set.of(Impact.DESTROY));
        assertThat(house.send("railway", GateFixture.deletion("vol-shared"), wide))
                .isInstanceOf(Outcome.Held.class);
        Refusal refusal = refusal(house.send("railway-asked", DELETION, wide));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refusal.reason())
                .startsWith("Interlock could not determine just now what this request would" + " destroy.");
        assertThat(house.people.list(house.seal)).hasSize(1);

        List<Attempt.PresentedCredential> presented =
                List.of(new Attempt.PresentedCredential("header authorization", wide));
        Attempt question = new Attempt(
                "railway-asked",
                presented,
                Optional.empty(),
                DELETION,
                house.clock.instant(),
                true,
                false,
                Duration.ZERO,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional::empty);
        DryRun trial = ((Outcome.DryRunOutcome<String>) house.gate.handle(question, house.upstream)).trial();
        assertThat(trial.would()).isEqualTo(DryRun.Prediction.UNCERTAIN);
        assertThat(trial.reason()).isEqualTo(refusal.reason());
        assertThat(trial.next()).isEqualTo(refusal.next());
        assertThat(trial.obligations()).isEmpty();
        assertThat(house.receipts().getLast().members().text("verdict")).isEqualTo("uncertain");
    }

    @Test
    void anUnsentCallIsNotInFlight() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        house.send(WRITE);
        house.leases.kills().kill(new Kill.KillTarget(Kill.KillScope.AGENT, "jer/cursor"), "it runs wild", "root");
        assertThat(house.gate.cutStopped()).isZero();
    }

    @Test
    void aClosedVaultIsRecordedAfterTheIntent() throws IOException {
        house.vault.remove("railway-staging");
        Outcome<String> outcome = house.send(WRITE);
        assertThat(refusal(outcome).reason()).startsWith("The vault stays closed.");
        assertThat(outcome.receipt())
                .isEqualTo(house.receipts(Receipt.Kind.INTENT).getFirst().id());
        assertThat(result()).isEqualTo("refused");
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** Whoever approves must not learn only then that it was in vain. */
    @Test
    void peopleAreNotAskedAboutACallForWhichTheVaultHasNoSecret() throws IOException {
        house.vault.remove("railway-destroy");
        Refusal refusal = refusal(house.send(DELETION));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason())
                .contains("The vault has no secret for `railway-destroy`", "`interlock vault put railway-destroy`");
        assertThat(house.people.list(house.seal)).isEmpty();
        assertThat(house.alarms()).doesNotContain(Alert.AlertKind.HOLD_OPENED);
        assertThat(house.receipts(Receipt.Kind.INTENT)).isEmpty();
        assertThat(trial(DELETION).would()).isEqualTo(DryRun.Prediction.REFUSE);
        assertThat(trial(DELETION).reason()).isEqualTo(refusal.reason());

        house.vault.put("railway-destroy", Store.PROTECTED, new Secret("secret-of-railway-destroy"));
        String hold = hold(house.send(DELETION));
        house.sign(hold);
        house.vault.remove("railway-destroy");
        assertThat(refusal(house.send(DELETION))).isEqualTo(refusal);
        house.vault.put("railway-destroy", Store.PROTECTED, new Secret("secret-of-railway-destroy"));
        assertThat(house.send(DELETION)).as("the signature was not used up").isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void peopleAreNotAskedAboutACallThatNoCredentialCovers() {
        HttpCall deletion =
                new HttpCall("DELETE", "uploads.github.com", "/repos/acme/shop", List.of(), List.of(), Bytes.empty());
        assertThat(refusal(house.send("github", deletion, house.token)).reason())
                .isEqualTo("The vault stays closed. No credential covers all impacts of this request.");
        assertThat(house.people.list(house.seal)).isEmpty();
    }

    /** Unlike a call that is about to go, it does not get two receipts each time. */
    @Test
    void aClosedVaultFillsNoDisk() throws IOException {
        house.vault.remove("railway-staging");
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS + 80; i++) {
            assertThat(refusal(house.send(WRITE)).reason()).startsWith("The vault stays closed.");
        }
        assertThat(house.receipts(Receipt.Kind.INTENT)).hasSize(1);
        assertThat(house.receipts(Receipt.Kind.REFUSED)).hasSize(ReceiptWriter.MAX_REFUSALS);
        house.gate.cutStopped();
        assertThat(house.countedRefusals())
                .singleElement()
                .satisfies(counted ->
                        assertThat(counted.members().whole("suppressed")).isEqualTo(79));
        assertThat(house.send(READ)).as("which another slot opens").isInstanceOf(Outcome.Forwarded.class);

        house.vault.put("railway-staging", Store.ORDINARY, new Secret("secret-of-railway-staging"));
        house.clock.pass(Gate.VaultRefusalCache.REMEMBERED);
        assertThat(house.send(WRITE)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void anUnsentCallHasFailed() {
        house.upstream.fault = FakeUpstream.Fault.NOT_SENT;
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.NOT_SENT);
        assertThat(result()).isEqualTo("failed");
        assertThat(house.alarms()).isEmpty();
    }

    @Test
    void aLinkThatDiesAfterSendingLeavesAnUnknownOutcomeAndAnAlarm() {
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.UNKNOWN);
        assertThat(result()).isEqualTo("unknown");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.UNKNOWN_OUTCOME);
        assertThat(house.upstream.arrived).hasSize(1);
    }

    /** An agent can make any number of calls that exceed the upstream's time limit, or whose client disconnects. */
    @ParameterizedTest
    @EnumSource(
            value = FakeUpstream.Fault.class,
            names = {"DIED_AFTER_SENDING", "BUG_AFTER_SENDING"})
    void aReadWhoseLinkDiesHasOnlyFailed(FakeUpstream.Fault fault) {
        house.upstream.fault = fault;
        Refusal refusal = refusal(house.send(READ));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNANSWERED);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.RETRYABLE);
        assertThat(refusal.reason()).contains("only reads: no data has changed");
        assertThat(result()).isEqualTo("failed");
        assertThat(house.alarms()).isEmpty();
    }

    @Test
    void aReadThatIsCutOffHasOnlyFailed() {
        house.upstream.meanwhile = () -> house.kill(Kill.KillScope.AGENT, "jer/cursor");
        Refusal refusal = refusal(house.send(READ));
        assertThat(house.upstream.cut).isTrue();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason()).contains("it runs wild").doesNotContain("may not have happened");
        assertThat(result()).isEqualTo("failed");
        assertThat(house.alarms()).isEmpty();
    }

    @Test
    void onlyReadsAreMarkedAsReadsForTheUpstream() {
        house.send(WRITE);
        assertThat(house.upstream.looks).isFalse();
        house.send(READ);
        assertThat(house.upstream.looks).isTrue();
    }

    // Answers.

    /** An agent must not receive what it may not send. People are alerted once about each occurrence. */
    @Test
    void aVaultCredentialInAnAnswerIsWithheldAndReported() throws IOException {
        String other = "secret-of-railway-staging";
        String encoded = Base64.getEncoder().encodeToString(("user:" + other).getBytes(StandardCharsets.UTF_8));
        for (String text : List.of("{\"note\":\"" + other + "\"}", "?q=secret%2Dof%2Drailway-staging", encoded)) {
            house.send(READ);
            assertThat(house.upstream.lookout.passes(text.getBytes(StandardCharsets.UTF_8), true))
                    .as(text)
                    .isFalse();
        }
        assertThat(house.upstream.lookout.passes("secret-of-nobody, really".getBytes(StandardCharsets.UTF_8), true))
                .isTrue();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL);
        assertThat(house.alerts.getFirst().summary())
                .contains("An answer from `railway`", "`railway-staging`")
                .doesNotContain(other);
        assertThat(house.administered())
                .filteredOn(receipt -> receipt.members().text("command").equals("foreign_credential"))
                .singleElement()
                .satisfies(receipt -> assertThat(new String(receipt.members().canonical(), StandardCharsets.UTF_8))
                        .contains("railway-staging")
                        .doesNotContain(other));
    }

    @Test
    void aCredentialInAnotherLeasesAnswerIsReportedAgain() {
        byte[] text = "secret-of-railway-staging".getBytes(StandardCharsets.UTF_8);
        house.send(READ);
        assertThat(house.upstream.lookout.passes(text, false)).isFalse();
        Secret other = house.signedFor(Set.of("staging"), Set.of(Impact.READ), Set.of(), Optional.empty());
        house.send("railway", READ, other);
        assertThat(house.upstream.lookout.passes(text, false)).isFalse();
        assertThat(house.alarms())
                .containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL, Alert.AlertKind.FOREIGN_CREDENTIAL);
    }

    /** A failure of the ledger or of the alerts does not let it through. */
    @Test
    void anUnreportableCredentialIsStillWithheld() {
        house.send(READ);
        house.raise = _ -> {
            throw new IllegalStateException("a bug in the watch");
        };
        house.onIntent = () -> {
            throw new IllegalStateException("a bug in a clock");
        };
        byte[] text = "secret-of-railway-staging".getBytes(StandardCharsets.UTF_8);
        assertThat(house.upstream.lookout.passes(text, false)).isFalse();
    }

    @Test
    void anAnswerThatLeavesItOpenIsAnUnknownOutcomeAndAnAlarm() {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_NOTHING_CERTAIN;
        assertThat(house.send(WRITE)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(result()).isEqualTo("unknown");
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.UNKNOWN_OUTCOME);
    }

    /** Some of several mutations may be done although the upstream refuses. A mutation is done before its selection. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: SET                       | failed",
                "a: SET b: SET                | unknown",
                "a: RESIZE { id }             | unknown",
                "a: RESIZE { __typename }     | failed",
                "a: RESIZE { __typename id }  | unknown"
            })
    void aRefusalOfSeveralActionsLeavesTheOutcomeUnknown(String fields, String result) {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_THAT_IT_FAILED;
        String document = fields.replace(
                        "SET",
                        "variableUpsert(input: {projectId: \"pro-1\", environmentId: \"env-1\", name: \"DEBUG\","
                                + " value: \"1\"})")
                .replace(
                        "RESIZE",
                        "templateVolumeUpdate(templateId: \"t\", serviceId: \"svc-1\", volumeId: \"vol-1\", sizeMB: 1)");
        assertThat(house.send(GateFixture.document("mutation { " + document + " }")))
                .isInstanceOf(Outcome.Forwarded.class);
        assertThat(result()).isEqualTo(result);
        assertThat(house.alarms())
                .as("they write, and a slip is no reason to go and see")
                .isEmpty();
    }

    @Test
    void severalReadsOfWhichOneIsRefusedHaveOnlyFailed() {
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_THAT_IT_FAILED;
        house.send(GateFixture.document(
                "query { a: environment(id: \"env-1\") { id } b: environment(id: \"env-1\") { id } }"));
        assertThat(result()).isEqualTo("failed");
        assertThat(house.alarms()).isEmpty();
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
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.UNKNOWN);
        assertThat(result()).isEqualTo("unknown");
    }

    @Test
    void aBugAfterSendingIsAnUnknownOutcomeToo() {
        house.upstream.fault = FakeUpstream.Fault.BUG_AFTER_SENDING;
        assertThat(refusal(house.send(WRITE))).isEqualTo(Refusals.UNKNOWN);
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

    // Refusals by a front itself, and many requests.

    private String unread(Secret... carried) {
        List<Attempt.PresentedCredential> presented = List.of(carried).stream()
                .map(secret -> new Attempt.PresentedCredential("header authorization", secret))
                .toList();
        Refusal refusal = Refusal.notUnderstood("The body is compressed.", "Send it as it is.");
        return house.gate.unread(presented, Optional.empty(), "", refusal, house.clock.instant());
    }

    @Test
    void aForeignCredentialInAnUnreadableCallIsAnAlarm() {
        String receipt = unread(new Secret("secret-of-railway-destroy"));
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL);
        assertThat(house.alerts.getFirst().summary()).contains("It is stored as `railway-destroy`");
        Receipt written = house.receipts().getFirst();
        assertThat(written.id()).isEqualTo(receipt);
        assertThat(written.members().text("reason")).isEqualTo("The body is compressed.");
        assertThat(written.members().text("carrier")).isEqualTo("header authorization");
        assertThat(written.members().text("would_open")).isEqualTo("railway-destroy");
        assertThat(written.members().members()).containsKey("fingerprint");
    }

    @Test
    void anUnreadableCallIsRecordedUnderItsLease() {
        unread(house.token);
        assertThat(house.alarms()).isEmpty();
        assertThat(house.receipts().getFirst().agent()).contains("jer/cursor");
    }

    @Test
    void manyRefusalsAreCountedRefusedAndReported() {
        HttpCall call = GateFixture.deletion("vol-shared");
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS; i++) {
            assertThat(house.send(call).receipt()).isNotEmpty();
        }
        house.alerts.clear();
        assertThat(house.send(call).receipt()).isEmpty();
        assertThat(unread(house.token)).isNotEmpty();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DENIED_DESTROY);
        assertThat(house.receipts()).hasSize(ReceiptWriter.MAX_REFUSALS + 1);

        house.clock.pass(Duration.ofMinutes(1));
        house.send(call);
        assertThat(house.receipts().getLast().members().whole("suppressed")).isEqualTo(1);
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void aCountThatCouldNotBeWrittenIsWrittenWithTheNext() {
        HttpCall call = GateFixture.deletion("vol-shared");
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS + 3; i++) {
            house.send(call);
        }
        house.clock.pass(Duration.ofMinutes(1));
        AtomicInteger asked = new AtomicInteger();
        house.onIntent = () -> { // after it was accepted, and while it is written
            if (asked.incrementAndGet() == 2) {
                throw new IllegalStateException("the disk is full");
            }
        };
        assertThat(refusal(house.send(call)).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        house.onIntent = () -> {};
        house.send(call);
        assertThat(house.receipts().getLast().members().whole("suppressed")).isEqualTo(3);
    }

    /** No later refusal carries the count, so it is written, and retried, by itself. */
    @Test
    void aCountThatCouldNotBeWrittenByItselfIsWrittenLater() {
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS + 5; i++) {
            house.send(GateFixture.document("{ whatever }"));
        }
        house.onIntent = () -> { // while it is written, and no longer
            house.onIntent = () -> {};
            throw new IllegalStateException("the disk is full");
        };
        house.gate.cutStopped();
        assertThat(house.countedRefusals()).isEmpty();
        house.gate.cutStopped();
        assertThat(house.countedRefusals())
                .singleElement()
                .satisfies(counted ->
                        assertThat(counted.members().whole("suppressed")).isEqualTo(5));
    }

    /** Cheap requests must not displace the records of serious ones. */
    @Test
    void manyRefusalsOfOneKindHideNoOtherAndAreWritten() {
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS + 5; i++) {
            house.send(GateFixture.document("{ whatever }"));
        }
        assertThat(house.send(GateFixture.deletion("vol-shared")).receipt()).isNotEmpty();
        assertThat(house.countedRefusals()).isEmpty();

        house.gate.recordCountedRefusals();
        assertThat(house.countedRefusals()).as("its minute goes on").isEmpty();
        house.gate.cutStopped();
        assertThat(house.countedRefusals()).singleElement().satisfies(counted -> {
            assertThat(counted.members().text("command")).isEqualTo("refusals.counted");
            assertThat(counted.members().whole("suppressed")).isEqualTo(5);
            assertThat(counted.members().text("refusal")).isEqualTo("denied");
            assertThat(counted.agent()).contains("jer/cursor");
        });
        house.gate.cutStopped();
        assertThat(house.countedRefusals()).as("once").hasSize(1);
    }

    @Test
    void aCountIsWrittenAfterItsMinute() {
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS + 2; i++) {
            house.send(GateFixture.deletion("vol-shared"));
        }
        house.clock.pass(Duration.ofMinutes(1));
        house.gate.recordCountedRefusals();
        assertThat(house.countedRefusals().getFirst().members().whole("suppressed"))
                .isEqualTo(2);
    }

    @Test
    void unclaimedRefusalsAtOneListenerHideNoOthers() {
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS; i++) {
            assertThat(at("sandbox-1").receipt()).isNotEmpty();
        }
        assertThat(at("sandbox-1").receipt()).isEmpty();
        assertThat(at("sandbox-2").receipt()).isNotEmpty();
    }

    // Too much for one receipt.

    @Test
    void aCallTooLargeForAReceiptIsRefused() {
        Outcome<String> outcome = house.send(many(
                90,
                "variableUpsert(input: {projectId: \"pro-1\", environmentId: \"env-1\", name: \"A\", value: \"1\"})"));
        assertThat(refusal(outcome)).isEqualTo(Refusals.TOO_LARGE);
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
        Json.Members receipt = house.receipts().getFirst().members();
        assertThat(receipt.whole("actions_omitted")).isEqualTo(90);
        assertThat(receipt.text("reason")).isEqualTo(refusal(outcome).reason());
    }

    @Test
    void aLargeConfirmedIntentStatesItsActionsOnce() {
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
