package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.identity.Kill;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests one signature for several calls, and for more like one, on the whole path: gate, store and vault. */
final class TogetherConfirmedTest {

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, "signing: {grant: {at-most: 2, for: 8h}}\n");
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static HttpCall upload(String name) {
        HttpCall call = GateFixture.upload("shipped");
        return new HttpCall(
                call.method(),
                call.authority(),
                call.path(),
                List.of(new HttpCall.Parameter("name", name)),
                call.headers(),
                call.body());
    }

    private Outcome<String> send(HttpCall call) {
        return house.send("github", call, house.token);
    }

    private String held(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        house.clock.pass(Duration.ofMillis(10));
        return ((Outcome.Held<String>) outcome).hold();
    }

    private void sign(String id, Optional<CallGrant> more) {
        byte[] list = house.people
                .showSet(house.seal, id, more)
                .orElseThrow()
                .statement()
                .toArray();
        String signature = new ConfirmationSignature(
                        Optional.of(StatementList.read(list)),
                        PersonSignature.parse(house.sam.sign(Statement.NAMESPACE, list)))
                .text();
        assertThat(house.people.sign(house.seal, id, signature, Optional.empty(), _ -> {}))
                .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
    }

    private Optional<CallGrant> more(long calls) {
        return Optional.of(new CallGrant(calls, house.clock.instant().plus(Duration.ofHours(2))));
    }

    @Test
    void eachCallOfASetGoesOnceAndNoOther() {
        List<HttpCall> calls = List.of(upload("a.bin"), upload("b.bin"), upload("c.bin"));
        List<String> holds = calls.stream().map(call -> held(send(call))).toList();
        sign("S-" + holds.getFirst().substring(2), Optional.empty());
        HttpCall late = upload("late.bin");
        held(send(late));
        for (HttpCall call : calls) {
            assertThat(send(call)).isInstanceOf(Outcome.Forwarded.class);
            assertThat(send(call)).isInstanceOf(Outcome.Held.class);
        }
        assertThat(send(late)).isInstanceOf(Outcome.Held.class);
        assertThat(house.receipts(Receipt.Kind.INTENT))
                .extracting(receipt -> receipt.members().text("hold"))
                .containsExactlyElementsOf(holds);
    }

    /** What waits for people goes on as soon as they grant more calls like another. */
    @Test
    void aCallThatWaitsGoesOnWhenAGrantCoversIt() throws Exception {
        String asked = held(send(issue("first")));
        Attempt waits = new Attempt(
                "github",
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                issue("second"),
                house.clock.instant(),
                false,
                false,
                Duration.ofMinutes(5),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional::empty);
        try (ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Outcome<String>> second = agents.submit(() -> house.gate.handle(waits, house.upstream));
            house.upstream.leavers.take();
            sign(asked, more(2));
            assertThat(second.get(5, TimeUnit.MINUTES)).isInstanceOf(Outcome.Forwarded.class);
        }
        assertThat(house.receipts(Receipt.Kind.INTENT))
                .singleElement()
                .satisfies(intent -> assertThat(intent.members().text("grant")).isEqualTo("G-" + asked.substring(2)));
        assertThat(send(issue("first"))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.people.list(house.seal)).noneMatch(line -> line.state().equals("open"));
    }

    private static HttpCall issue(String title) {
        return new HttpCall(
                "POST",
                "uploads.github.com",
                "/repos/acme/shipped/issues",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8("{\"title\":\"" + title + "\"}"));
    }

    @Test
    void asManyMoreCallsGoAsWereGrantedAndTheirReceiptsSaySo() {
        String hold = held(send(upload("a.bin")));
        sign(hold, more(2));
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Forwarded.class);
        held(send(upload("a.bin")));
        List<Receipt> intents = house.receipts(Receipt.Kind.INTENT);
        assertThat(intents.getFirst().hold()).contains(hold);
        for (Receipt granted : intents.subList(1, 3)) {
            assertThat(granted.hold()).isEmpty();
            assertThat(granted.members().text("grant")).isEqualTo("G-" + hold.substring(2));
            assertThat(granted.members().object("confirmation").texts("signatures"))
                    .isNotEmpty();
        }
    }

    /** What runs may differ by any text. */
    @Test
    void aGrantOfWhatRunsCoversTheSameRequestAlone() {
        sign(held(send(upload("a.bin"))), more(2));
        assertThat(send(upload("b.bin"))).isInstanceOf(Outcome.Held.class);
    }

    @Test
    void aGrantCoversNoOtherOperation() {
        sign(held(send(upload("a.bin"))), more(2));
        HttpCall other = new HttpCall(
                "PATCH",
                "uploads.github.com",
                "/repos/acme/shipped/releases/1",
                List.of(),
                GateFixture.upload("shipped").headers(),
                GateFixture.upload("shipped").body());
        assertThat(send(other)).isNotInstanceOf(Outcome.Forwarded.class);
        assertThat(house.receipts(Receipt.Kind.INTENT)).isEmpty();
    }

    /** Killing the person who granted stops what they granted. */
    @Test
    void aKilledSignerGrantsNothing() {
        sign(held(send(upload("a.bin"))), more(2));
        house.kill(Kill.KillScope.PERSON, "sam");
        assertThat(send(upload("a.bin"))).isNotInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void aKilledAgentHasNoGrant() {
        sign(held(send(upload("a.bin"))), more(2));
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void aGrantSurvivesARestartWithItsCount() throws IOException {
        sign(held(send(upload("a.bin"))), more(2));
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Forwarded.class); // what was asked about
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Forwarded.class);
        house.database.write(
                sql -> sql.update("UPDATE confirm_grant SET used = 0")); // an older copy of the store came back
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Refused.class); // the vault has opened this number
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(send(upload("a.bin"))).isInstanceOf(Outcome.Held.class);
    }
}
