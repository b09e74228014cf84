package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.FieldMeaning.FieldKind;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.testing.BuiltIn;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a text which commands is found wherever it stands. */
class TextWalkTest {

    private static final RestDialect GITHUB =
            (RestDialect) BuiltIn.CATALOGS.find("github").orElseThrow();

    private static Action action(String request, String body) {
        HttpCall call = RestFixture.call(request, body.replace('\'', '"'), RestFixture.JSON);
        CallReading reading = GITHUB.read(call);
        assertThat(reading).as("%s", reading).isInstanceOf(CallReading.CallMeaning.class);
        return ((CallReading.CallMeaning) reading).actions().getFirst();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    POST /repos/a/b/issues/7/comments | {'body':'atlantis apply -- -destroy'}
                    POST /repos/a/b/pulls/7/reviews | {'event':'COMMENT','comments':[{'path':'a','line':1,'body':'@claude delete'}]}
                    POST /repos/a/b/issues | {'title':'x','issue_field_values':[{'field_id':1,'value':'/deploy prod'}]}
                    PATCH /repos/a/b/issues/7 | {'labels':[{'name':'bug','rationale':'.deploy'}]}
                    POST /repos/a/b/git/commits | {'message':'Fix\\n\\n/deploy prod','tree':'t','parents':[]}
                    PATCH /repos/a/b/code-scanning/alerts/7 | {'state':'dismissed','dismissed_comment':'@acme-bot ship it'}
                    PUT /repos/a/b/pulls/7/reviews/8 | {'body':'bors r+'}
                    PATCH /orgs/a/teams/t | {'name':'t','description':'!deploy prod'}
                    """)
    void aTextIsReadUnderAnyName(String request, String body) {
        Action action = action(request, body);
        assertThat(action.impacts()).contains(Impact.EXECUTE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    POST /repos/a/b/issues/7/comments | {'body':'Thanks Alice, see /var/log and a@b.example.'}
                    POST /repos/a/b/pulls/7/reviews | {'event':'COMMENT','comments':[{'path':'/deploy','line':1,'body':'Nice.'}]}
                    POST /repos/a/b/issues | {'title':'Terraform plan is slow since the upgrade','labels':['bug']}
                    """)
    void anOrdinaryTextIsAWrite(String request, String body) {
        assertThat(action(request, body).impacts()).containsExactly(Impact.WRITE);
    }

    /** A comment by each language, and a line's comment within a review by each. */
    private static List<Action> doors(String text) {
        String json = new TextNode(text).toString();
        String graphql = new TextNode(
                        "mutation { addComment(input: {subjectId: \"I_1\", body: " + json + "}) { clientMutationId } }")
                .toString();
        String review = new TextNode("mutation { addPullRequestReview(input: {pullRequestId: \"PR_1\", threads: "
                        + "[{path: \"a\", line: 1, body: " + json + "}]}) { clientMutationId } }")
                .toString();
        return List.of(
                action("POST /repos/a/b/issues/7/comments", "{'body':" + json + "}"),
                action("POST /repos/a/b/pulls/7/reviews", "{'comments':[{'path':'a','line':1,'body':" + json + "}]}"),
                action("POST /graphql", "{'query':" + graphql + "}"),
                action("POST /graphql", "{'query':" + review + "}"),
                tool("add_issue_comment", "{'owner':'a','repo':'b','issue_number':7,'body':" + json + "}"),
                tool(
                        "add_comment_to_pending_review",
                        "{'owner':'a','repo':'b','pullNumber':7,'path':'a','line':1,'subjectType':'LINE','body':" + json
                                + "}"));
    }

    private static Action tool(String name, String arguments) {
        return action(
                "POST /mcp/",
                "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'" + name + "','arguments':" + arguments
                        + "}}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "atlantis apply -- -destroy",
                "digger apply",
                ".deploy",
                ".rollback",
                "terraform apply",
                "pulumi up",
                "retest this please",
                "@acme-deploy-bot ship it",
                "@github-copilot x",
                "<!-- x --> /deploy",
                "/deploy prod",
                "@claude please",
                "bors r+",
                "Thanks!\n\n```\n/deploy prod\n```"
            })
    void aCommandExecutesInEveryLanguage(String text) {
        assertThat(doors(text)).allSatisfy(action -> {
            assertThat(action.impacts()).contains(Impact.EXECUTE);
            assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Thanks, this works for me now.",
                "The deploy failed again; see `terraform plan` in the log.",
                "Please apply the suggestion and merge when CI is green.",
                "I think we should roll back the migration before Friday, Alice?",
                "See https://ci.acme.example/job/7 and src/main/App.java:12.",
                "- [x] tests\n- [ ] docs"
            })
    void anOrdinaryCommentIsAWriteInEveryLanguage(String text) {
        assertThat(doors(text))
                .allSatisfy(action -> assertThat(action.impacts()).containsExactly(Impact.WRITE));
    }

    /** Each text of each operation that changes something, in each language, unless the catalog says what it is. */
    @Test
    void noFieldOfAnyWritePasses() {
        FieldMeaning text = GITHUB.knowledge().head().meanings().stream()
                .filter(FieldMeaning::isEverywhere)
                .findFirst()
                .orElseThrow();
        int[] fields = {0};
        GITHUB.knowledge().operations().values().stream()
                .filter(each -> !text.exceptions().containsKey(each.name()))
                .filter(each -> !Set.of(Impact.READ, Impact.CREDENTIAL)
                        .containsAll(each.entry().impacts()))
                .forEach(each -> each.shapes()
                        .fields(each.entry().shape().arguments())
                        .forEach((path, kind) -> {
                            boolean isOther = text.others().stream()
                                    .anyMatch(other ->
                                            path.toString().endsWith(other.end().toString()));
                            if (path.steps().getFirst().equals("body") && kind != FieldKind.BODY && !isOther) {
                                fields[0]++;
                                assertThat(AppliedEntry.of(each.entry(), nested(path.steps(), "/deploy prod"))
                                                .impacts())
                                        .as("%s of %s", path, each.name())
                                        .contains(Impact.EXECUTE);
                            }
                        }));
        assertThat(fields[0]).isGreaterThan(1_000);
    }

    private static Map<String, Value> nested(List<String> steps, String text) {
        Value inner = steps.size() == 1
                ? new Value.Items(List.of(new Value.Text(text)))
                : new Value.Members(nested(steps.subList(1, steps.size()), text));
        return Map.of(steps.getFirst(), inner);
    }

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: notes
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            meanings:
              text:
                everywhere: true
                %s
                when:
                  - if: {commands: {accounts: [claude]}}
                    impacts: [execute]
                    because: It commands a bot.
            tools:
              add: {takes: "a b:*", impacts: [write], reversibility: reversible}
            """;

    @Test
    void anOpenFieldIsNoCatalogWithoutAReason() {
        assertThatThrownBy(() -> Catalogs.read("notes.yaml", Bytes.utf8(CATALOG.formatted("fields: [a]"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("anything may stand in `b` of `add`");
        assertThat(Catalogs.mistakes("notes.yaml", Bytes.utf8(CATALOG.formatted("open: {b: Nobody knows.}"))))
                .isEmpty();
    }

    /** A reason does not close the eyes: what stands there is read. */
    @Test
    void anOpenFieldIsReadAtAnyDepth() {
        McpDialect notes =
                (McpDialect) Catalogs.read("notes.yaml", Bytes.utf8(CATALOG.formatted("open: {b: Nobody knows.}")));
        CatalogEntry add = notes.knowledge().operations().get("add");
        for (String path : List.of("b", "b.x", "b.x.y.z")) {
            assertThat(AppliedEntry.of(add, nested(List.of(path.split("[.]")), "atlantis apply"))
                            .impacts())
                    .contains(Impact.EXECUTE);
        }
        assertThat(AppliedEntry.of(add, Map.of("b", new Value.Members(Map.of("@claude", new Value.Flag(true)))))
                        .impacts())
                .contains(Impact.EXECUTE);
    }
}
