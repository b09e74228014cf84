package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests calls that replace a whole and thereby remove what they leave out: the provider is asked for the current state.
 */
final class ReplacementsTest {

    private static final Resource SHOP = Resource.parse("github:repo/acme/shop");
    private static final Resource LIVE = Resource.parse("github:repo/acme/live");
    private static final Resource ACME = Resource.parse("github:org/acme");

    @TempDir
    private Path directory;

    private GateFixture house;
    private final List<HttpCall> asked = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private void stands(String names) {
        house.asker = (_, question) -> {
            asked.add(question);
            return Bytes.utf8("{\"names\":[" + names + "]}");
        };
    }

    private static HttpCall topics(String repository, String names) {
        return new HttpCall(
                "PUT",
                "api.github.com",
                "/repos/acme/" + repository + "/topics",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8("{\"names\":[" + names + "]}"));
    }

    private Outcome<String> send(HttpCall call, Secret token) {
        return house.send("github-asked", call, token);
    }

    private Outcome<String> send(HttpCall call) {
        return send(call, house.token);
    }

    private String leavesOut() {
        Json.Members action = (Json.Members)
                house.receipts().getLast().members().items("actions").getFirst();
        return action.items("facts").stream()
                .map(Json.Members.class::cast)
                .filter(fact -> fact.text("name").equals("leaves-out"))
                .map(fact -> fact.text("value"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void replacementThatKeepsWhatStandsIsAWriteThatNobodyIsAskedFor() {
        stands("\"a\",\"b\"");
        assertThat(send(topics("shop", "\"b\",\"new\",\"a\""))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-github-asked-write");
        assertThat(asked)
                .extracting(HttpCall::method, HttpCall::path)
                .containsOnly(Tuple.tuple("GET", "/repos/acme/shop/topics"));
    }

    @Test
    void replacementThatLeavesSomethingOutWaitsForPeopleWhoSeeWhatGoes() {
        stands("\"a\",\"b\"");
        Outcome.Held<String> held = held(send(topics("shop", "\"b\"")));
        assertThat(held.refusal().next()).doesNotContain("Safer alternative"); // no catalog declares one
        assertThat(leavesOut()).isEqualTo("[\"a\"]");
        house.sign(held.hold());
        assertThat(send(topics("shop", "\"b\""))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-github-asked-destroy");
    }

    @Test
    void replacementOfWhatNobodyTellsIsTheWorstItCanBe() {
        held(send(topics("shop", "\"a\"")));
        assertThat(leavesOut()).isEqualTo("not known: the provider could not be queried");
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** People signed for the loss of one entry; they did not sign for a loss of two. */
    @Test
    void whatHasComeToStandSinceIsNotTakenAwayWithAnOldSignature() {
        stands("\"a\",\"b\"");
        String hold = held(send(topics("shop", "\"b\""))).hold();
        house.sign(hold);
        stands("\"a\",\"b\",\"c\"");
        assertThat(held(send(topics("shop", "\"b\""))).hold()).isNotEqualTo(hold);
        assertThat(house.upstream.arrived).isEmpty();
    }

    /** A first check finds the confirmation. Its facts are resolved anew before it is used. */
    @Test
    void whatComesToStandBetweenLookingAndSendingIsNotTakenAway() {
        stands("\"a\",\"b\"");
        house.sign(held(send(topics("shop", "\"b\""))).hold());
        house.asker = (_, _) -> {
            stands("\"a\",\"b\",\"c\"");
            return Bytes.utf8("{\"names\":[\"a\",\"b\"]}");
        };
        held(send(topics("shop", "\"b\"")));
        assertThat(leavesOut()).isEqualTo("[\"a\",\"c\"]");
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void nobodyIsAskedWhatStandsWhereALeaseDoesNotReach() {
        stands("\"a\"");
        assertRefusedUnasked(topics("live", "\"a\""), house.token);
        assertRefusedUnasked(topics("of-nobody-knows-where", "\"a\""), house.token);
        assertRefusedUnasked(topics("shop", "\"a\""), narrowed(LIVE));
    }

    /** It may not write, and must not learn whether the call would only write. */
    @Test
    void leaseThatMayOnlyDestroyLearnsNothingOfWhatStands() {
        stands("\"a\"");
        Secret destroying = house.signedFor(Set.of("staging"), Set.of(Impact.DESTROY));
        held(send(topics("shop", "\"a\""), destroying));
        assertThat(asked).isEmpty();
        assertThat(leavesOut()).isEqualTo("not known: the lease does not cover it");
    }

    @Test
    void leaseThatIsNarrowedToItOrToItsGroupReachesIt() {
        stands("\"a\"");
        assertThat(send(topics("shop", "\"a\""), narrowed(SHOP))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(send(topics("shop", "\"a\""), narrowed(ACME))).isInstanceOf(Outcome.Forwarded.class);
        assertRefusedUnasked(topics("live", "\"a\""), narrowed(ACME));
    }

    private Secret narrowed(Resource resource) {
        return house.signedFor(Set.of("staging"), Set.of(Impact.WRITE), Set.of(resource), Optional.empty());
    }

    private void assertRefusedUnasked(HttpCall call, Secret token) {
        asked.clear();
        int arrived = house.upstream.arrived.size();
        assertThat(send(call, token)).isInstanceOf(Outcome.Refused.class);
        assertThat(asked).isEmpty();
        assertThat(house.upstream.arrived).hasSize(arrived);
        assertThat(house.receipts().getLast().kind()).isEqualTo(Receipt.Kind.REFUSED);
        assertThat(leavesOut()).isEqualTo("not known: the lease does not cover it");
    }

    private static Outcome.Held<String> held(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        return (Outcome.Held<String>) outcome;
    }
}
