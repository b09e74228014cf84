package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a call is milder only if the provider says so. */
class ConditionCheckTest {

    private static final String SHA = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
    private static final Catalog GITHUB = BuiltIn.CATALOGS.find("github").orElseThrow();

    private static CallReading.CallMeaning branch(String ref, String sha) {
        HttpCall call = new HttpCall(
                "POST",
                "api.github.com",
                "/repos/a/b/git/refs",
                List.of(),
                List.of(RestFixture.JSON),
                Bytes.utf8("{\"ref\":\"" + ref + "\",\"sha\":\"" + sha + "\"}"));
        return RestFixture.of("github").understood(call);
    }

    private static Action branch(String ref, Bytes answer) {
        return branch(ref, SHA).stateCheck().orElseThrow().compareWith(answer);
    }

    @Test
    void aBranchAtTheHeadOfAnotherIsAWrite() {
        StateCheck check = branch("refs/heads/topic", SHA).stateCheck().orElseThrow();
        assertThat(HttpCall.of(check.question()).method() + " "
                        + HttpCall.of(check.question()).path())
                .isEqualTo("GET /repos/a/b/commits/" + SHA + "/branches-where-head");
        Action made = check.compareWith(Bytes.utf8("[{\"name\":\"main\"}]"));
        assertThat(made.impacts()).containsExactly(Impact.WRITE);
        assertThat(made.reversibility()).isEqualTo(Reversibility.REVERSIBLE);
        assertThat(made.facts()).extracting(fact -> fact.name()).contains("provider-says");
    }

    /** A commit of a fork is no head of a branch here; its workflows would run with the repository's secrets. */
    @ParameterizedTest
    @ValueSource(
            strings = {"[]", "{}", "null", "", "[{}]", "[{\"name\":null}]", "not JSON", "{\"message\":\"Not Found\"}"})
    void anyOtherAnswerIsTheWorstCase(String answer) {
        Action made = branch("refs/heads/topic", Bytes.utf8(answer));
        assertThat(made.impacts()).contains(Impact.EXECUTE);
        assertThat(made.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @Test
    void withoutAnAnswerItIsTheWorstCase() {
        CallReading.CallMeaning made = branch("refs/heads/topic", SHA);
        assertThat(made.stateCheck().orElseThrow().worstCase("not asked").impacts())
                .contains(Impact.EXECUTE);
        assertThat(made.actions().getFirst().impacts()).contains(Impact.EXECUTE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "refs/tags/v1",
                "refs/heads/main",
                "refs/heads/release/2",
                "refs/pull/1/head",
                "refs/heads/prod",
                "refs/heads/1.2.x",
                "refs/heads/Next",
                "refs/heads/env/production",
                "refs/heads/environments/uat/eu",
                "refs/heads/vercel-production"
            })
    void whatMachinesDeployOrPublishStaysAnExecution(String ref) {
        assertThat(branch(ref, Bytes.utf8("[{\"name\":\"main\"}]")).impacts()).contains(Impact.EXECUTE);
    }

    /** The question is about this repository, whatever stands in the place of the commit. */
    @ParameterizedTest
    @ValueSource(strings = {"../../../c/d/commits/x", "", "x/branches-where-head?", "a/../b", "%2e%2e"})
    void anOddCommitAsksNothingElse(String sha) {
        Optional<StateCheck> check = branch("refs/heads/topic", sha).stateCheck();
        check.ifPresent(asked -> {
            assertThat(GITHUB.read(asked.question()))
                    .isInstanceOfSatisfying(
                            CallReading.CallMeaning.class,
                            meaning -> assertThat(meaning.actions()
                                            .getFirst()
                                            .operation()
                                            .name())
                                    .isEqualTo("repos/list-branches-for-head-commit"));
            assertThat(HttpCall.of(asked.question()).path())
                    .startsWith("/repos/a/b/commits/")
                    .doesNotContain("..");
        });
    }

    private static final String SHOP = """
            format: interlock-catalog@v1
            provider: shop
            protocol: rest
            carriers: {headers: [authorization]}
            forwarded-headers: []
            resources: {order: "{order}"}
            reads:
              orders/get: GET /orders/{order}
            operations:
              orders/price:
                request: GET /orders/{order}/price
                impacts: [read, credential]
                reversibility: reversible
              orders/close:
                request: POST /orders/{order}/close {why}
                impacts: [execute]
                reversibility: irreversible
                asks: {read: %s, if: %s, kept: [%s], because: It is paid.}
            """;

    private static void load(String read, String condition, String kept) {
        RestExample.load(SHOP.formatted(read, condition, kept));
    }

    @Test
    void mistakesInACatalogAreNamed() {
        load("orders/get", "{equals: {answer.paid: true}}", "write");
        assertThatThrownBy(() -> load("orders/list", "{present: answer.paid}", "write"))
                .hasMessageContaining("is not an operation of this catalog");
        assertThatThrownBy(() -> load("orders/price", "{present: answer.paid}", "write"))
                .hasMessageContaining("must only read");
        assertThatThrownBy(() -> load("orders/get", "{present: body.why}", "write"))
                .hasMessageContaining("begins with `answer`");
        assertThatThrownBy(() -> load("orders/get", "{present: answer.paid}", "read"))
                .hasMessageContaining("is still a change");
    }
}
