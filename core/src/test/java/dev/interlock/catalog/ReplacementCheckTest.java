package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.action.Reversibility;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a replacement removes the entries that it leaves out. An entry that may be missing counts as left out. */
class ReplacementCheckTest {

    private static final String SHOP = """
            format: interlock-catalog@v1
            provider: shop
            protocol: rest
            carriers: {headers: [authorization]}
            forwarded-headers: []
            fixed-headers: {x-api-version: "3"}
            resources: {order: "{order}"}
            inputs:
              Check: name limit
            reads:
              tags/list: GET /orders/{order}/tags ?per_page
              checks/list: GET /orders/{order}/checks
              orders/list: GET /orders/list/tags
              files/list: GET /files/{path...}
            operations:
              tags/replace:
                request: PUT /orders/{order}/tags {tags loud}
                impacts: [destroy]
                reversibility: irreversible
                replaces: body.tags
                stands: tags/list
                compares: {at: answer.items.name, query: {per_page: 3}, fewer-than: 3, kept: [write]}
                when:
                  - if: {other-than: {body.loud: false}}
                    impacts: [execute]
                    because: It tells everybody.
              checks/replace:
                request: PUT /orders/{order}/checks {checks:*}
                impacts: [privilege]
                reversibility: reversible
                replaces: body
                stands: checks/list
                compares: {sent: body.checks.@names, at: answer.@names, kept: [write]}
              files/replace:
                request: PUT /files/{path...} {names}
                impacts: [destroy]
                reversibility: irreversible
                replaces: body.names
                stands: files/list
                compares: {at: answer, kept: [write]}
            """;

    private final Catalog shop = RestExample.load(SHOP);

    private CallReading.CallMeaning read(String path, String body) {
        return (CallReading.CallMeaning) shop.read(new HttpCall(
                "PUT",
                "shop.example",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body.replace('\'', '"'))));
    }

    private StateCheck standing(String path, String body) {
        return read(path, body).stateCheck().orElseThrow();
    }

    private Action tags(String body, String answer) {
        return standing("/orders/o-1/tags", body).compareWith(Bytes.utf8(answer.replace('\'', '"')));
    }

    private static String leavesOut(Action action) {
        return action.facts().stream()
                .filter(fact -> fact.name().equals("leaves-out"))
                .map(Fact::value)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theCheckReadsTheSameResourceWithoutTheAgentsInput() {
        HttpCall question =
                HttpCall.of(standing("/orders/o-1/tags", "{'tags':['a']}").question());
        assertThat(question)
                .isEqualTo(new HttpCall(
                        "GET",
                        "shop.example",
                        "/orders/o-1/tags",
                        List.of(new HttpCall.Parameter("per_page", "3")),
                        List.of(
                                new Header("accept", "application/json"),
                                new Header("user-agent", "interlock"),
                                new Header("x-api-version", "3")),
                        Bytes.empty()));
        assertThat(HttpCall.of(standing("/files/a/b", "{'names':['x']}").question())
                        .path())
                .isEqualTo("/files/a/b");
    }

    @Test
    void anUncheckedReplacementIsTheWorstCase() {
        assertThat(read("/orders/o-1/tags", "{'tags':['a']}")
                        .actions()
                        .getFirst()
                        .impacts())
                .containsExactly(Impact.DESTROY);
        Action unknown = standing("/orders/o-1/tags", "{'tags':['a']}").worstCase("nobody is there");
        assertThat(unknown.impacts()).containsExactly(Impact.DESTROY);
        assertThat(leavesOut(unknown)).isEqualTo("not known: nobody is there");
    }

    @Test
    void resentPartsAreKept() {
        Action action = tags("{'tags':['new','b','a']}", "{'items':[{'name':'a','id':1},{'name':'b','id':2}]}");
        assertThat(action.impacts()).containsExactly(Impact.WRITE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.REVERSIBLE);
        assertThat(action.facts())
                .contains(new Fact("leaves-out", "none of the 2 current entries", Provenance.RESOLVED));
        assertThat(tags("{'tags':['new']}", "{'items':[]}").impacts()).containsExactly(Impact.WRITE);
        assertThat(tags("{'tags':[]}", "{'items':[]}").impacts()).containsExactly(Impact.WRITE);
    }

    @Test
    void omittedPartsAreNamedAsLost() {
        Action action = tags("{'tags':['b']}", "{'items':[{'name':'a'},{'name':'b'}]}");
        assertThat(action.impacts()).containsExactly(Impact.DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(leavesOut(action)).isEqualTo("[\"a\"]");
        assertThat(leavesOut(tags("{'tags':[]}", "{'items':[{'name':'a'}]}"))).isEqualTo("[\"a\"]");
        assertThat(leavesOut(tags("{'tags':[]}", "{'items':[{'name':'\\n'},{'name':1.0}]}")))
                .isEqualTo("[\"\\n\",1]");
    }

    @Test
    void theTextDoesNotShowSentValues() {
        assertThat(standing("/orders/o-1/tags", "{'tags':['s3cret']}").toString())
                .contains("tags/replace")
                .doesNotContain("s3cret");
    }

    @Test
    void argumentRulesStillApply() {
        assertThat(tags("{'tags':['a'],'loud':true}", "{'items':[{'name':'a'}]}")
                        .impacts())
                .containsExactly(Impact.WRITE, Impact.EXECUTE);
        assertThat(tags("{'tags':['b'],'loud':true}", "{'items':[{'name':'a'}]}")
                        .impacts())
                .containsExactly(Impact.DESTROY, Impact.EXECUTE);
    }

    /** Each of these could be misread as removing nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // the answer lacks the expected members
                "{'tags':['a']} | {}",
                "{'tags':['a']} | {'items':null}",
                "{'tags':['a']} | {'items':{}}",
                "{'tags':['a']} | {'items':'a'}",
                "{'tags':['a']} | {'items':[{'name':'a'},{}]}",
                "{'tags':['a']} | {'items':[{'name':'a'},{'name':null}]}",
                "{'tags':['a']} | {'items':[{'name':'a'},{'name':{'x':1}}]}",
                "{'tags':['a']} | {'items':[{'name':'a'},{'name':[['b']]}]}",
                "{'tags':['a']} | {'items':[{'name':'a'}],'items':[{'name':'b'}]}",
                "{'tags':['a']} | []",
                "{'tags':['a']} | 'a'",
                "{'tags':['a']} | {'items':[{'name':'a'}]",
                "{'tags':['a']} | <html></html>",
                // there may be another page
                "{'tags':['a','b','c']} | {'items':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
                // the request lacks the expected members
                "{} | {'items':[{'name':'a'}]}",
                "{'tags':null} | {'items':[{'name':'a'}]}",
                "{'tags':[null,'a']} | {'items':[{'name':'a'}]}",
                "{'tags':[['a']]} | {'items':[{'name':'a'}]}",
                "{'tags':[true,'a']} | {'items':[{'name':'a'}]}",
                // one is a number, the other a text: a provider may drop the unknown one
                "{'tags':['1']} | {'items':[{'name':1}]}",
                "{'tags':[1]} | {'items':[{'name':'1'}]}",
                // another case, another space
                "{'tags':['A']} | {'items':[{'name':'a'}]}",
                "{'tags':['a ']} | {'items':[{'name':'a'}]}",
            })
    void anUnclearAnswerIsTheWorstCase(String body, String answer) {
        Action action = tags(body, answer);
        assertThat(action.impacts()).as(leavesOut(action)).containsExactly(Impact.DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @Test
    void membersOfAnObjectAreComparedByName() {
        StateCheck standing = standing("/orders/o-1/checks", "{'checks':{'ci':1,'new':2}}");
        assertThat(standing.compareWith(Bytes.utf8("{\"ci\":{\"limit\":3}}")).impacts())
                .containsExactly(Impact.WRITE);
        Action lost = standing.compareWith(Bytes.utf8("{\"ci\":1,\"audit\":2}"));
        assertThat(lost.impacts()).containsExactly(Impact.PRIVILEGE);
        assertThat(leavesOut(lost)).isEqualTo("[\"audit\"]");
    }

    /** The order `list` has tags like any other, but a question for them returns something else. */
    @Test
    void aCheckOfAnotherResourceProvesNothing() {
        Action action = standing("/orders/list/tags", "{'tags':['a']}")
                .compareWith(Bytes.utf8("{\"items\":[{\"name\":\"a\"}]}"));
        assertThat(action.impacts()).containsExactly(Impact.DESTROY);
    }

    @Test
    void theOperationMayBeEither() {
        assertThat(shop.operations().stream()
                        .filter(entry -> entry.operation().name().equals("tags/replace"))
                        .findFirst()
                        .orElseThrow()
                        .possible())
                .containsExactlyInAnyOrder(Impact.DESTROY, Impact.WRITE, Impact.EXECUTE);
        Optional<StateCheck> none = ((CallReading.CallMeaning) shop.read(
                        new HttpCall("GET", "shop.example", "/orders/o-1/tags", List.of(), List.of(), Bytes.empty())))
                .stateCheck();
        assertThat(none).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stands: tags/list | safer: {use: files/replace, how: Otherwise.} | stands`: is missing",
                "at: answer.items.name | at: body.tags | begins with `answer`",
                "at: answer.items.name | sent: body.nothing, at: answer.items.name | there is no argument `body.nothing`",
                "query: {per_page: 3} | query: {page: 3} | does not take",
                "fewer-than: 3 | fewer-than: many | must be a whole number",
                "kept: [write] | kept: [unknown] | must name impacts",
                "kept: [write] | kept: [read] | is still a change",
                "kept: [write] | kept: [] | must name impacts",
                "tags/list: GET /orders/{order}/tags ?per_page | tags/other: GET /orders/{order}/tags ?per_page | is"
                        + " not an operation",
            })
    void mistakesInTheCatalogAreReported(String what, String instead, String problem) {
        assertThat(SHOP).contains(what);
        assertThatThrownBy(() -> RestExample.load(SHOP.replaceFirst(java.util.regex.Pattern.quote(what), instead)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void onlyHarmlessReadsAreSentAsChecks() {
        String revealing = SHOP.replace("  tags/list: GET /orders/{order}/tags ?per_page\n", "")
                + """
                  tags/list:
                    request: GET /orders/{order}/tags ?per_page
                    impacts: [read, credential]
                    reversibility: reversible
                """.indent(0).replaceAll("(?m)^", "  ").replace("    tags/list", "  tags/list");
        assertThatThrownBy(() -> RestExample.load(revealing)).hasMessageContaining("must only read");
    }
}
