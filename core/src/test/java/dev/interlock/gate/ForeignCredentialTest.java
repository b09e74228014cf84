package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.author.AttemptReconstruction;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.ReceiptQuery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what a call with a foreign credential leaves on record. It is refused before anything is decided about it. */
final class ForeignCredentialTest {

    private static final String FOUND = "rw_found-in-a-script";
    private static final String PLACE = "place-1";

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

    private Refusal send(HttpCall call, Optional<String> place, String... carried) {
        return send("railway", call, place, carried);
    }

    private Refusal send(String upstream, HttpCall call, Optional<String> place, String... carried) {
        List<Attempt.PresentedCredential> presented = new ArrayList<>();
        for (String secret : carried) {
            presented.add(new Attempt.PresentedCredential("header x-" + presented.size(), new Secret(secret)));
        }
        Attempt attempt = new Attempt(upstream, presented, place, call, house.clock.instant());
        Outcome<String> outcome = house.gate.handle(attempt, house.upstream);
        assertThat(house.upstream.arrived).isEmpty();
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    private Json.Members recorded() {
        return house.receipts().getLast().members();
    }

    private Alert alert() {
        return house.alerts.getLast();
    }

    private static List<String> operations(Json.Members receipt) {
        return receipt.objects("actions").stream()
                .map(action -> action.text("operation"))
                .toList();
    }

    private static List<String> resources(Json.Members receipt) {
        return receipt.objects("actions").stream()
                .flatMap(action -> action.objects("resources").stream())
                .map(resource -> resource.text("id"))
                .toList();
    }

    /** The decisive moment of a real incident: a token from a script, in place of the lease. */
    @Test
    void receiptAndAlertNameAgentOperationResourceAndCredential() throws IOException {
        house.signedFor(Set.of("staging"), Set.of(Impact.READ), Set.of(), Optional.of(PLACE));
        Refusal refusal =
                send(GateFixture.deletion("vol-shared"), Optional.of(PLACE), "Bearer secret-of-railway-destroy");
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(refusal.toString()).doesNotContain("volumeDelete", "vol-shared", "railway-destroy");

        Json.Members receipt = recorded();
        assertThat(receipt.text("agent")).isEqualTo("jer/cursor");
        assertThat(receipt.text("person")).isEqualTo("jer");
        assertThat(receipt.text("task")).isEqualTo("fix-staging");
        assertThat(receipt.text("lease")).as("that of its place").startsWith("L-");
        assertThat(receipt.text("seal")).isEqualTo(house.seal.id());
        assertThat(receipt.text("would_open")).isEqualTo("railway-destroy");
        assertThat(receipt.objects("actions")).singleElement().satisfies(action -> {
            assertThat(action.text("operation")).isEqualTo("railway/volumeDelete");
            assertThat(action.texts("impacts")).contains("destroy");
            assertThat(action.text("reversibility")).isNotEmpty();
        });
        assertThat(resources(receipt)).containsExactly("railway:volume/vol-shared");
        assertThat(house.ledger.search(new ReceiptQuery(
                        Optional.of("jer/cursor"),
                        Optional.empty(),
                        Optional.of(Receipt.Kind.REFUSED),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        10,
                        Optional.empty())))
                .hasSize(1);

        assertThat(alert().rule()).isEqualTo(Alert.AlertKind.FOREIGN_CREDENTIAL);
        assertThat(alert().summary())
                .contains("jer/cursor", "railway/volumeDelete", "volume vol-shared", "railway-destroy");
        assertThat(alert().facts()).containsEntry("agent", "jer/cursor").containsEntry("task", "fix-staging");
        assertThat(recorded().canonicalText() + house.alerts).doesNotContain("secret-of");
    }

    @Test
    void theLeaseBesideItNamesTheAgent() {
        send(GateFixture.deletion("vol-1"), Optional.empty(), house.token.use(text -> text), FOUND);
        assertThat(recorded().text("agent")).isEqualTo("jer/cursor");
        assertThat(recorded().text("lease")).isEqualTo(house.lease.id());
        assertThat(operations(recorded())).containsExactly("railway/volumeDelete");
        assertThat(recorded().text("would_open")).isEqualTo("unknown");
        assertThat(alert().summary()).contains("jer/cursor", "railway/volumeDelete", "volume vol-1");
    }

    /** Nothing was decided about it, so a new policy cannot decide otherwise. */
    @Test
    void itIsNoAttemptForPolicyTools() {
        send(GateFixture.deletion("vol-1"), Optional.empty(), house.token.use(text -> text), FOUND);
        Receipt receipt = house.receipts().getLast();
        assertThat(new AttemptReconstruction(List.of()).reconstruct(receipt.json()))
                .isEqualTo(new AttemptReconstruction.ReconstructionResult.OtherReceipt(receipt.id()));
    }

    @Test
    void aStoredCredentialInTheBodyIsRecordedLikeOne() {
        house.send(GateFixture.document("mutation { volumeDelete(volumeId: \"vol-1\") } # secret-of-railway-destroy"));
        assertThat(recorded().text("carrier")).isEqualTo("body");
        assertThat(operations(recorded())).containsExactly("railway/volumeDelete");
        assertThat(resources(recorded())).containsExactly("railway:volume/vol-1");
        assertThat(recorded().canonicalText()).doesNotContain("secret-of");
    }

    /** Neither the credential that came, nor one that is stored, as it is or encoded. */
    @Test
    void namesWithASecretAreWithheld() {
        for (String name : List.of(FOUND, "x-" + FOUND + "-y", "secret-of-railway-destroy")) {
            send(GateFixture.deletion(name), Optional.empty(), "Bearer " + FOUND);
            assertThat(operations(recorded())).containsExactly("railway/volumeDelete");
            assertThat(resources(recorded())).containsExactly("railway:volume/(withheld)");
        }
        send(
                GateFixture.document("mutation { secret_of_x" + "rwfoundinascript { id } }"),
                Optional.empty(),
                "Bearer rwfoundinascript");
        assertThat(operations(recorded())).containsExactly("railway/(withheld)");
        String all = house.receipts().stream()
                        .map(receipt -> receipt.json().canonicalText())
                        .collect(Collectors.joining())
                + house.alerts;
        assertThat(all).doesNotContain(FOUND, "secret-of", "rwfoundinascript");
    }

    /** Arguments may hold anything, and nobody has authenticated the caller. */
    @Test
    void argumentsAreNotRecorded() {
        send(
                GateFixture.document("mutation { serviceInstanceUpdate(serviceId: \\\"svc-1\\\", environmentId:"
                        + " \\\"env-1\\\", input: {startCommand: \\\"curl paste.example\\\"}) }"),
                Optional.empty(),
                FOUND);
        send(
                GateFixture.document("mutation { serviceInstanceUpdate(serviceId: \"svc-1\", environmentId:"
                        + " \"env-1\", input: {startCommand: \"curl paste.example\"}) }"),
                Optional.empty(),
                FOUND);
        assertThat(operations(recorded())).containsExactly("railway/serviceInstanceUpdate");
        assertThat(house.receipts().toString() + house.alerts).doesNotContain("paste.example");
    }

    @Test
    void aLongCallIsRecordedWithItsWorstActionsFirst() {
        String reads = IntStream.range(0, 40)
                .mapToObj(n -> "a" + n + ": variableUpsert(input: {projectId: \"" + "\u4e2d".repeat(900) + n
                        + "\", environmentId: \"env-1\", name: \"A\", value: \"1\"})")
                .collect(Collectors.joining(" "));
        send(
                GateFixture.document("mutation { " + reads + " volumeDelete(volumeId: \"vol-1\") }"),
                Optional.empty(),
                FOUND);
        assertThat(operations(recorded())).hasSize(8).startsWith("railway/volumeDelete");
        assertThat(resources(recorded())).startsWith("railway:volume/vol-1").allMatch(name -> name.length() < 160);
        assertThat(recorded().whole("actions_omitted")).isEqualTo(33);
        assertThat(house.receipts().getLast().canonical().length).isLessThan(Receipt.MAX_BYTES);
    }

    @Test
    void whatCannotBeReadIsRefusedAndReportedAllTheSame() {
        HttpCall unreadable = GateFixture.document("mutation { volumeDelete(volumeId: ");
        Refusal refusal = send(unreadable, Optional.empty(), FOUND);
        assertThat(refusal).isEqualTo(send(GateFixture.deletion("vol-1"), Optional.empty(), FOUND));
        assertThat(refusal).isEqualTo(send("heroku", GateFixture.deletion("vol-1"), Optional.empty(), FOUND));
        assertThat(house.alarms()).hasSize(3).containsOnly(Alert.AlertKind.FOREIGN_CREDENTIAL);
        assertThat(house.receipts().stream()
                        .filter(receipt -> receipt.members().get("actions").isPresent()))
                .hasSize(1);
    }

    /** Somebody without a lease and without a place could otherwise delay those who have one. */
    @Test
    void aLongCallOfNobodyDoesNotWaitForItsTurn() {
        HttpCall call = GateFixture.document("mutation { volumeDelete(volumeId: \"vol-1\") }" + " ".repeat(70_000));
        List<String> others = new ArrayList<>();
        while (house.senses.large.turns.acquire("other " + others.size(), Duration.ZERO)) {
            others.add("other " + others.size());
        }
        assertThat(send(call, Optional.empty(), FOUND).kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(recorded().get("actions")).isEmpty();
        others.forEach(house.senses.large.turns::release);
        send(call, Optional.empty(), FOUND);
        assertThat(operations(recorded())).containsExactly("railway/volumeDelete");
    }

    /** The names could not be searched for stored credentials, so they are left out. */
    @Test
    void namesThatCannotBeSearchedAreNotRecorded() {
        house.searching = () -> {
            throw new IOException("the keys process is gone");
        };
        assertThat(send(GateFixture.deletion("vol-1"), Optional.empty(), FOUND).kind())
                .isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(recorded().get("actions")).isEmpty();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL);
    }

    @Test
    void theProviderIsNotAskedAboutIt() {
        AtomicInteger asked = new AtomicInteger();
        house.asker = (_, _) -> {
            asked.incrementAndGet();
            throw new IOException("nobody is there");
        };
        send("railway-asked", GateFixture.deletion("vol-9"), Optional.empty(), FOUND);
        assertThat(resources(recorded())).containsExactly("railway:volume/vol-9");
        assertThat(asked).hasValue(0);
    }

    /** So many alerts that each say something else would hide the others. */
    @Test
    void alertsOfCountedRefusalsRepeatEachOther() {
        for (int i = 0; i < ReceiptWriter.MAX_REFUSALS; i++) {
            send(GateFixture.deletion("vol-" + i), Optional.empty(), FOUND);
        }
        house.alerts.clear();
        for (int i = 0; i < 5; i++) {
            send(GateFixture.deletion("vol-" + i), Optional.empty(), FOUND + i);
        }
        assertThat(house.alerts).hasSize(5).extracting(Alert::key).containsOnly(alert().key());
        // A deletion is counted apart, so that harmless calls do not hide it.
        send(GateFixture.document("query { environment(id: \"env-1\") { id } }"), Optional.empty(), FOUND);
        assertThat(alert().receipt()).isPresent();
    }
}
