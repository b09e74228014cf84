package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests an agent that narrows its own lease, with every real package behind the gate. */
final class LeaseDerivationTest {

    /** A policy that a careless author might write, meaning well. */
    private static final String ONLY_THE_NARROWED_WRITE = """
            @id("only-the-narrowed-write")
            forbid (principal, action in Impact::Action::"write", resource) unless { context.lease.narrowed };
            """;

    private static final HttpCall READ = GateFixture.document("query { environment(id: \"env-1\") { id } }");
    private static final HttpCall WRITE = GateFixture.document("mutation { variableUpsert(input: {projectId: \"pro-1\","
            + " environmentId: \"env-1\", name: \"DEBUG\", value: \"1\"}) }");

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

    private LeaseDeriver.Result derive(Secret token, String asked) {
        return house.derivations.derive(
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                Bytes.utf8(asked),
                house.clock.instant());
    }

    private LeaseDeriver.Result.DerivedLease given(String asked) {
        LeaseDeriver.Result derived = derive(house.token, asked);
        assertThat(derived).isInstanceOf(LeaseDeriver.Result.DerivedLease.class);
        return (LeaseDeriver.Result.DerivedLease) derived;
    }

    private static String distinct() {
        return IntStream.range(0, 2_000)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining("\",\"railway:volume/"));
    }

    private static Refusal refusal(LeaseDeriver.Result derived) {
        assertThat(derived).isInstanceOf(LeaseDeriver.Result.RefusedDerivation.class);
        return ((LeaseDeriver.Result.RefusedDerivation) derived).refusal();
    }

    private Outcome<String> send(HttpCall call, Secret token) {
        return house.send("railway", call, token);
    }

    private String ledger() throws IOException {
        return house.receipts().toString() + house.administered();
    }

    @Test
    void theChildMayUseOnlyItsScope() throws IOException {
        LeaseDeriver.Result.DerivedLease child = given("{\"impacts\": [\"read\"], \"ttl\": \"10m\"}");
        assertThat(child.lease().expires()).isEqualTo(house.clock.instant().plus(Duration.ofMinutes(10)));
        assertThat(send(READ, child.token())).isInstanceOf(Outcome.Forwarded.class);
        Outcome<String> write = send(WRITE, child.token());
        assertThat(((Outcome.Refused<String>) write).refusal().reason())
                .contains(child.lease().id())
                .contains("`write`");
        assertThat(send(WRITE, house.token)).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void eachDerivationIsRecordedWithoutToken() throws IOException {
        LeaseDeriver.Result.DerivedLease child = given("{\"impacts\":[\"read\"]}");
        Receipt receipt = house.administered().stream()
                .filter(r -> r.id().equals(child.receipt()))
                .findFirst()
                .orElseThrow();
        assertThat(receipt.members().text("command")).isEqualTo("lease.derive");
        assertThat(receipt.members().text("lease")).isEqualTo(child.lease().id());
        assertThat(receipt.members().text("parent")).isEqualTo(house.lease.id());
        assertThat(receipt.members().text("root")).isEqualTo(house.lease.id());
        assertThat(receipt.members().texts("impacts")).containsExactly("read");
        send(READ, child.token());
        assertThat(house.receipts(Receipt.Kind.INTENT).getFirst().members().text("root"))
                .isEqualTo(house.lease.id());
        assertThat(ledger()).doesNotContain("ilk_");
        assertThat(child.toString()).doesNotContain("ilk_");
    }

    @Test
    void aWiderChildIsRefusedOnRecord() {
        Refusal refusal = refusal(derive(house.token, "{\"environments\":[\"staging\",\"production\"]}"));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.reason()).contains("does not name `production`");
        assertThat(house.receipts(Receipt.Kind.REFUSED)).hasSize(1);
    }

    /** Otherwise it would stay in store and memory for a day, without a receipt, a thousand times for each lease. */
    @Test
    void aChildThatWouldBeTooLongToBeRememberedIsRefusedBeforeItIsStored() {
        for (String names : List.of("x".repeat(100_000), distinct(), "\\u0001".repeat(1_000))) {
            Refusal refusal = refusal(derive(house.token, "{\"resources\":[\"railway:volume/" + names + "\"]}"));
            assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
            assertThat(refusal.reason()).contains("more or longer resources than a lease may");
        }
        assertThat(house.leases.list()).hasSize(1);
        assertThat(house.receipts(Receipt.Kind.REFUSED)).hasSize(3);
        given("{\"resources\":[\"railway:volume/" + "x".repeat(4_000) + "\"]}");
        assertThat(house.leases.list()).hasSize(2);
    }

    @Test
    void anUnreadableRequestDerivesNothing() {
        List.of(
                        "",
                        "[]",
                        "{\"impact\":[\"read\"]}",
                        "{\"impacts\":\"read\"}",
                        "{\"impacts\":[]}",
                        "{\"impacts\":[1]}",
                        "{\"impacts\":[\"reed\"]}",
                        "{\"resources\":[\"vol\"]}",
                        "{\"ttl\":600}",
                        "{\"ttl\":\"0s\"}",
                        "{\"ttl\":\"1d\"}",
                        "{\"ttl\":\"10m\",\"ttl\":\"10h\"}",
                        "{} {}")
                .forEach(asked -> assertThat(refusal(derive(house.token, asked)).kind())
                        .as(asked)
                        .isEqualTo(Refusal.Kind.NOT_UNDERSTOOD));
    }

    @Test
    void aCallerWithoutLeaseInForceDerivesNothing() {
        assertThat(refusal(house.derivations.derive(
                                List.of(), Optional.empty(), Bytes.utf8("{}"), house.clock.instant()))
                        .reason())
                .contains("carried no lease");
        assertThat(refusal(derive(new Secret("a-token-found-somewhere"), "{}")).kind())
                .isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(house.alarms()).isNotEmpty();
        house.kill(Kill.KillScope.AGENT, "jer/cursor");
        assertThat(refusal(derive(house.token, "{}")).reason()).contains("has stopped");
    }

    @Test
    void aChildThatIsNotOnRecordIsNotInForce() throws IOException {
        house.ledger.close();
        assertThat(refusal(derive(house.token, "{}")).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(house.leases.current(Optional.of(house.seal))).hasSize(1);
    }

    @Test
    void anInternalErrorDerivesNothing() {
        house.database.close();
        assertThat(refusal(derive(house.token, "{}"))).isEqualTo(Refusals.OURS);
    }

    @Test
    void beingNarrowerNeverPermitsMoreWhateverPoliciesReadOfALease() throws IOException {
        try (GateFixture careless =
                new GateFixture(directory.resolve("careless"), "", GateFixture.CEDAR + ONLY_THE_NARROWED_WRITE)) {
            LeaseDeriver.Result.DerivedLease child = (LeaseDeriver.Result.DerivedLease) careless.derivations.derive(
                    List.of(new Attempt.PresentedCredential("header authorization", careless.token)),
                    Optional.empty(),
                    Bytes.utf8("{\"resources\":[\"railway:environment/env-1\",\"railway:project/pro-1\"]}"),
                    careless.clock.instant());
            assertThat(careless.send("railway", WRITE, careless.token)).isInstanceOf(Outcome.Refused.class);
            Outcome<String> write = careless.send("railway", WRITE, child.token());
            assertThat(((Outcome.Refused<String>) write).refusal().reason()).contains("only-the-narrowed-write");
        }
    }

    /** People confirmed a call of the root lease. A child with the same permission uses the one confirmation. */
    @Test
    void holdsBelongToTheRootLease() {
        HttpCall deletion = GateFixture.deletion("vol-1");
        LeaseDeriver.Result.DerivedLease child = given("{}");
        Outcome.Held<String> held = (Outcome.Held<String>) send(deletion, child.token());
        assertThat(((Outcome.Held<String>) send(deletion, house.token)).hold()).isEqualTo(held.hold());
        house.sign(held.hold());
        assertThat(send(deletion, child.token())).isInstanceOf(Outcome.Forwarded.class);
        assertThat(send(deletion, house.token)).isInstanceOf(Outcome.Refused.class);
        LeaseDeriver.Result.DerivedLease reader = given("{\"impacts\":[\"read\"]}");
        assertThat(send(deletion, reader.token())).isInstanceOf(Outcome.Refused.class);
    }
}
