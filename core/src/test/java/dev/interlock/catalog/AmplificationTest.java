package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Header;
import dev.interlock.catalog.graphql.GraphqlRequest;
import dev.interlock.catalog.graphql.Value;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests that requests that would multiply work or memory are refused before they do: a caller must not choose the cost.
 */
@Timeout(
        value = 60,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a regular expression in its loop ignores interrupts
final class AmplificationTest {

    private static String projects(int ids) {
        return IntStream.range(0, ids)
                .mapToObj(i -> "\"p" + i + "\"")
                .collect(Collectors.joining(",", "{\"i\":[", "]}"));
    }

    private static String fields(int fields, String field) {
        return IntStream.range(0, fields)
                .mapToObj(i -> "f" + i + ":" + field)
                .collect(Collectors.joining(" ", "{", "}"));
    }

    @Test
    void theNumberOfResourcesOfACallIsLimited() {
        String query = "query($i:[String!]!){projectsByIds(ids:$i){id}}";
        assertThat(RailwayFixture.only(RailwayFixture.document(query, projects(AppliedEntry.MAX_RESOURCES)))
                        .resources())
                .hasSize(AppliedEntry.MAX_RESOURCES);
        assertThat(RailwayFixture.refused(RailwayFixture.document(query, projects(AppliedEntry.MAX_RESOURCES + 1)))
                        .reason())
                .contains("more than 1000 resources");
        // Each field has its own list, and they add up.
        String twice = "query($i:[String!]!){a:projectsByIds(ids:$i){id} b:projectsByIds(ids:$i){id}}";
        assertThat(RailwayFixture.refused(RailwayFixture.document(twice, projects(AppliedEntry.MAX_RESOURCES / 2 + 1)))
                        .reason())
                .contains("more than 1000 resources");
    }

    @Test
    void aCallMustFitItsReceipt() {
        String read = "me{id}";
        assertThat(RailwayFixture.actions(RailwayFixture.document(fields(Classifier.MAX_ACTIONS, read))))
                .hasSize(Classifier.MAX_ACTIONS);
        assertThat(RailwayFixture.refused(RailwayFixture.document(fields(Classifier.MAX_ACTIONS + 1, read)))
                        .reason())
                .contains("more than 200 operations");
        String document = RailwayFixture.quoted(fields(Classifier.MAX_ACTIONS / 2 + 1, read));
        assertThat(RailwayFixture.refused(
                        RailwayFixture.post("[{\"query\":" + document + "},{\"query\":" + document + "}]")))
                .isNotNull();
    }

    @Test
    void fragmentsCountEachTimeTheyAreSpread() {
        String list = IntStream.range(0, 1_000).mapToObj(i -> "\"p\"").collect(Collectors.joining(" ", "[", "]"));
        String fragment = " fragment F on Query{projectsByIds(ids:" + list + "){id}}";
        assertThat(RailwayFixture.actions(RailwayFixture.document("{...F}" + fragment)))
                .hasSize(1);
        assertThat(RailwayFixture.refused(RailwayFixture.document("{" + "...F ".repeat(100) + "}" + fragment))
                        .reason())
                .contains("too many literal values");
    }

    @Test
    void aVariableCountsEachTimeItIsUsedAgain() {
        String fields = "a:variableUpsert(input:$i)".repeat(20);
        String often = "mutation($i:In!){" + "...F ".repeat(10) + "} fragment F on Mutation{" + fields + "}";
        String list = "{\"i\":[" + "{},".repeat(2_000) + "{}]}";
        assertThat(RailwayFixture.refused(RailwayFixture.document(often, list)).reason())
                .contains("used too often for its size");
        String text = "{\"i\":{\"projectId\":\"p\",\"environmentId\":\"e\",\"name\":\"A\",\"value\":\"x\"}}";
        assertThat(RailwayFixture.actions(RailwayFixture.document(often, text))).hasSize(200);
        assertThat(RailwayFixture.actions(RailwayFixture.document("mutation($i:In!){" + fields + "}", text)))
                .hasSize(20);
    }

    @Test
    void theNumberOfBodyValuesIsLimited() {
        String many = IntStream.range(0, 50_001).mapToObj(_ -> "0").collect(Collectors.joining(",", "[", "]"));
        assertThat(RailwayFixture.refused(RailwayFixture.document("query($i:[Int]){me{id}}", "{\"i\":" + many + "}"))
                        .reason())
                .contains("more than 50000 values");
    }

    private static Stream<String> colliding() {
        List<String> all = List.of("");
        for (int i = 0; i < 11; i++) {
            all = all.stream()
                    .flatMap(some -> Stream.of("Aa", "BB", "C#").map(some::concat))
                    .toList();
        }
        return all.stream();
    }

    @Test
    void collidingTextsAreComparedInLinearTime() {
        Value texts = new Value.Items(colliding().<Value>map(Value.Text::new).toList());
        ArgumentPath labels = ArgumentPath.parse("labels");
        assertThat(StateQuestion.StateComparison.entries(labels, Map.of("labels", texts))
                        .orElseThrow())
                .hasSize(177_147);
    }

    @Test
    void secretPathsAreFoundInLinearTime() throws IOException {
        GraphqlCatalog knowledge = RailwayNamesTest.knowledge();
        String secret = knowledge.secrets().names().iterator().next();
        List<GraphqlRequest.SelectedField> secrets = colliding()
                .map(key -> new GraphqlRequest.SelectedField(secret, List.of(), Map.of(), List.of(), key))
                .toList();
        GraphqlRequest request = new GraphqlRequest(
                GraphqlRequest.OperationKind.QUERY,
                List.of(new GraphqlRequest.SelectedField("any", List.of(), Map.of(), secrets, "any")),
                "",
                Optional.empty(),
                new Value.Members(Map.of()));
        Classifier classifier = new Classifier(knowledge, ProviderAnswers.none());
        ResponseRedaction veil = classifier
                .redaction(List.of(request), classifier.actions(List.of(request)))
                .orElseThrow();
        assertThat(veil.paths()).hasSize(177_147);
    }

    @Test
    void aContentTypeIsParsedInLinearTime() {
        RestFixture github = RestFixture.of("github");
        String blanks = " ".repeat(1 << 18);
        for (String type : List.of(
                "application/json" + blanks + "x",
                "application/json" + blanks + ";" + blanks + "x",
                blanks + ";charset=utf-8x")) {
            github.refused(RestFixture.call("PATCH /repos/o/r", "{}", new Header("content-type", type)));
        }
    }
}
