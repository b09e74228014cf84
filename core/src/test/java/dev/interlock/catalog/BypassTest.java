package dev.interlock.catalog;

import static dev.interlock.catalog.RailwayFixture.actions;
import static dev.interlock.catalog.RailwayFixture.document;
import static dev.interlock.catalog.RailwayFixture.get;
import static dev.interlock.catalog.RailwayFixture.post;
import static dev.interlock.catalog.RailwayFixture.quoted;
import static dev.interlock.catalog.RailwayFixture.refused;
import static dev.interlock.catalog.RailwayFixture.understood;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Impact;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests requests that hide {@code volumeDelete} from a reader. Each must be recognised, or refused in whole sentences.
 */
class BypassTest {

    private static final Header JSON = new Header("content-type", "application/json");
    private static final String DELETE = "mutation { volumeDelete(volumeId: \"v\") }";

    /** A readable body, so that a refusal is due to the rest of the request. */
    private static final Bytes FINE = Bytes.utf8("{\"query\":\"{ me { id } }\"}");

    static Stream<HttpCall> hiddenOperationsAreFound() {
        return Stream.of(
                document("mutation { environmentName: volumeDelete(volumeId: \"v\") }"),
                document("mutation { me: __typename a: volumeDelete(volumeId: \"v\") }"),
                document("mutation { ...F } fragment F on Mutation { volumeDelete(volumeId: \"v\") }"),
                document("mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation"
                        + " { ... { ... on Mutation { volumeDelete(volumeId: \"v\") } } }"),
                document("mutation { ... { volumeDelete(volumeId: \"v\") } }"),
                document("mutation { ... @include(if: true) { volumeDelete(volumeId: \"v\") } }"),
                document("mutation { volumeDelete(volumeId: \"v\") @skip(if: false) }"),
                document("mutation($a: Boolean = true) { volumeDelete(volumeId: \"v\") @include(if: $a) }"),
                document("mutation($a: Boolean!) { volumeDelete(volumeId: \"v\") @skip(if: $a) }", "{\"a\":false}"),
                document("mutation($v: String!) { volumeDelete(volumeId: $v) }", "{\"v\":\"v\"}"),
                document("mutation($v: String = \"v\") { volumeDelete(volumeId: $v) }"),
                document("mutation { volumeDelete(volumeId: \"\"\"v\"\"\") }"),
                document("mutation { volumeDelete(volumeId: \"\\u0076\") }"),
                document("mutation { volumeDelete(volumeId: \"\\u{76}\") }"),
                document("query Harmless { me { id } } mutation Real { volumeDelete(volumeId: \"v\") }")
                        .rewritten(List.of(), List.of(JSON), named("Real")),
                document("#{ me { id } }\nmutation{volumeDelete(volumeId:\"v\")}"),
                document("mutation,,,{,,volumeDelete,(volumeId:\"v\"),,}"),
                post("{\"query\":\"\\u006dutation { volume\\u0044elete(volumeId: \\\"v\\\") }\"}"),
                post("[{\"query\":\"{ me { id } }\"},{\"query\":" + quoted(DELETE) + "}]"),
                post(
                        Bytes.utf8("{\"query\":" + quoted(DELETE) + "}"),
                        new Header("content-type", "application/json; charset=UTF-8")));
    }

    private static Bytes named(String operation) {
        return Bytes.utf8("{\"query\":"
                + quoted("query Harmless { me { id } } " + "mutation Real { volumeDelete(volumeId: \"v\") }")
                + ",\"operationName\":\"" + operation + "\"}");
    }

    @ParameterizedTest
    @MethodSource
    void hiddenOperationsAreFound(HttpCall call) {
        assertThat(actions(call))
                .filteredOn(action -> action.has(Impact.DESTROY))
                .singleElement()
                .satisfies(action -> assertThat(action.resources().toString()).contains("volume/v"));
    }

    @Test
    void everyRootFieldOfEveryRequestCounts() {
        String three = "mutation { a: volumeDelete(volumeId: \"1\") b: volumeDelete(volumeId: \"2\") ...F }"
                + " fragment F on Mutation { c: volumeDelete(volumeId: \"3\") }";
        HttpCall batch = post("[{\"query\":" + quoted(three) + "},{\"query\":" + quoted(three) + "}]");
        assertThat(actions(batch)).hasSize(6);
        assertThat(actions(batch).stream().map(Action::resources).distinct()).hasSize(3);
    }

    static Stream<HttpCall> malformedRequestsAreRefusedWithAReason() throws IOException {
        return Stream.of(
                // JSON
                post("{\"query\":\"{ me { id } }\",\"query\":" + quoted(DELETE) + "}"),
                post("{\"query\":\"{ me { id } }\",\"qu\\u0065ry\":" + quoted(DELETE) + "}"),
                post("{\"query\":" + quoted(DELETE) + "} {}"),
                post("{\"query\":" + quoted(DELETE) + "}x"),
                post("{'query':'{ me { id } }'}"),
                post("{\"query\":\"{ me { id } }\",}"),
                post("{\"query\":\"{ me { id } }\"/**/}"),
                post(""),
                post("[]"),
                post("[[{\"query\":\"{ me { id } }\"}]]"),
                post("[" + "{\"query\":\"{ me { id } }\"},".repeat(10) + "{\"query\":\"{ me { id } }\"}]"),
                post("\"{ me { id } }\""),
                post("null"),
                post("[".repeat(5_000) + "]".repeat(5_000)),
                post("{\"query\":[\"{ me { id } }\"]}"),
                post("{\"variables\":{}}"),
                post("{\"query\":\"{ me { id } }\",\"Query\":" + quoted(DELETE) + "}"),
                post("{\"query\":\"{ me { id } }\",\"mutation\":" + quoted(DELETE) + "}"),
                post("{\"query\":\"{ me { id } }\",\"variables\":{\"extra\":1}}"),
                post("{\"query\":\"{ me { id } }\",\"variables\":\"{}\"}"),
                post("{\"query\":\"{ me { id } }\",\"variables\":{\"n\":1e999}}"),
                post("{\"query\":\"{ me { id } }\",\"operationName\":\"Other\"}"),
                post("{\"query\":\"{ me { id } }\",\"operationName\":\"\"}"),
                post("{\"query\":\"{ me { id } }\",\"operationName\":1}"),
                post("{\"query\":\"{ me { id } }\",\"extensions\":{\"a\":{}}}"),
                post("{\"query\":\"\\ud800{ me { id } }\"}"),
                // encodings
                post(Bytes.utf8("\uFEFF{\"query\":\"{ me { id } }\"}"), JSON),
                post("{\"query\":\"\\uFEFF{ me { id } }\"}"),
                post(Bytes.of("{\"query\":\"{ me { id } }\"}".getBytes(StandardCharsets.UTF_16)), JSON),
                post(Bytes.of("{\"query\":\"{ me { id } }\"}".getBytes(StandardCharsets.UTF_16LE)), JSON),
                post(Bytes.of(new byte[] {'"', (byte) 0xC0, (byte) 0xAF, '"'}), JSON),
                post(gzip("{\"query\":\"{ me { id } }\"}"), JSON),
                post(Bytes.utf8("{\"query\":\"{ me { id } }\"}"), JSON, new Header("content-encoding", "identity")),
                post(FINE, new Header("content-type", "application/json; charset=utf-7")),
                post(FINE, JSON, JSON),
                post(FINE),
                post(FINE, new Header("content-type", "text/plain")),
                post(FINE, JSON, new Header("upgrade", "websocket")),
                post(Bytes.utf8("{\"query\":\"{ me { id } }\"}"), JSON)
                        .rewritten(List.of(new Parameter("query", DELETE)), List.of(JSON), FINE),
                new HttpCall("PUT", "a", "/graphql/v2", List.of(), List.of(JSON), FINE),
                new HttpCall("POST", "a", "/graphql/internal", List.of(), List.of(JSON), FINE),
                new HttpCall("POST", "a", "/graphql/v2/", List.of(), List.of(JSON), FINE),
                // documents
                document("query A { me { id } } mutation B { volumeDelete(volumeId: \"v\") }"),
                document("query A { me { id } } query A { me { name } }"),
                document("{ me { id } } query A { me { id } }"),
                namedA("query A { me { id } } mutation A { volumeDelete(volumeId: \"v\") }"),
                document("{ ...F } fragment F on Query { me { id } } fragment F on Query { projects { __typename } }"),
                document("{ me { id } projects @skip(if: false) @skip(if: false) { __typename } }"),
                document("{ me { id } projects @include(if: true) @include(if: true) { __typename } }"),
                document("subscription { buildLogs(deploymentId: \"d\") { message } }"),
                document("{ me { id } } type Query { a: Int }"),
                document("{ me { id } } extend type Query { a: Int }"),
                document("schema { query: Query }"),
                document("fragment F on Query { me { id } }"),
                document("{ ...F }"),
                document("{ ...F } fragment F on Query { ...F }"),
                document("{ ...F } fragment F on Query { me { id } ...G } fragment G on Query { ...F }"),
                document(
                        "{ ...F } fragment F on Query { me { id } } fragment F on Mutation { volumeDelete(volumeId: 1) }"),
                document("{ me { id } } fragment F on Mutation { volumeDelete(volumeId: \"v\") }"),
                document("mutation { ... on Query { volumeDelete(volumeId: \"v\") } }"),
                document("mutation { volumeDelete(volumeId: \"a\", volumeId: \"v\") }"),
                document("mutation { volumeUpdate(volumeId: \"v\", input: {name: \"a\", name: \"b\"}) { id } }"),
                document("mutation($v: String!, $v: String!) { volumeDelete(volumeId: $v) }", "{\"v\":\"v\"}"),
                document("mutation { volumeDelete(volumeId: $v) }"),
                document("mutation($v: String!) { volumeDelete(volumeId: $v) }"),
                document("mutation($v: String!) { volumeDelete(volumeId: $v) }", "{\"v\":null}"),
                document("mutation($v: String!) { volumeDelete(volumeId: $v) }", "{\"v\":1}"),
                document("mutation($v: String!) { volumeDelete(volumeId: $v) }", "{\"v\":[\"v\"]}"),
                document("mutation($v: String! @x) { volumeDelete(volumeId: $v) }", "{\"v\":\"v\"}"),
                document("mutation { volumeDelete(volumeId: \"v\") @defer }"),
                document("mutation @live { volumeDelete(volumeId: \"v\") }"),
                document("mutation { volumeDelete(volumeId: \"v\") @skip(if: true) @skip(if: false) }"),
                document("mutation { volumeDelete(volumeId: \"v\") @skip(if: \"true\") }"),
                document("mutation { volumeDelete(volumeId: \"v\") @skip }"),
                document("mutation { volumeDelete(volumeId: \"v\") @skip(if: true) }"),
                document("query($a: Boolean) { me { id } projects @include(if: $a) { edges { cursor } } }"),
                document("{ a: me { id } a: projects { edges { cursor } } }"),
                document("{ a: project(id: \"1\") { id } a: project(id: \"2\") { id } }"),
                document("{ me { id"),
                document("{" + "a{".repeat(2_000) + "b" + "}".repeat(2_000) + "}"),
                document("{ me { id " + "id ".repeat(20_000) + "} }"),
                document(bomb()),
                document("{ me { id \uD83D\uDE00 } }"),
                document("{ volumeInstance(id: 1e999999999) { id } }"),
                document("{ volumeInstance(id: 99999999999999999999) { id } }"),
                document("{ volumeInstance(id: \"\\uD800\") { id } }"),
                // unknown to the catalog
                document("mutation { volumeDelete(volumeId: \"v\", force: true) }"),
                document("mutation { volumeUpdate(volumeId: \"v\", input: {name: \"n\", purge: true}) { id } }"),
                document("mutation { volumeUpdate(volumeId: \"v\", input: \"n\") { id } }"),
                document("mutation { volumeDelete(volumeId: {a: 1}) }"),
                document("mutation { volumeDelete(volumeId: \"\") }"),
                document("mutation { volumeDelete(volumeId: \"a b\") }"),
                document("mutation { volumeDelete(volumeId: true) { id } }"),
                document("{ volumeInstance(id: \"v\") { secretThing } }"),
                document("{ volumeInstance(id: \"v\") { ... on Nothing { id } } }"),
                document("{ volumeInstance(id: \"v\") { id(raw: true) } }"),
                document("{ volumeInstance(id: \"v\") }"),
                document("{ volumeInstance(id: \"v\") { id { deeper } } }"),
                document("{ " + "a".repeat(500) + " }"),
                // GET
                get(new Parameter("query", DELETE)),
                get(new Parameter("query", "{ me { id } }"), new Parameter("query", "{ projects { __typename } }")),
                get(new Parameter("query", "{ me { id } }"), new Parameter("extensions", "{\"persistedQuery\":{}}")),
                get(new Parameter("query", "{ me { id } }"), new Parameter("access", "x")),
                get(new Parameter("query", "{ me { id } }"), new Parameter("variables", "{\"a\":1,\"a\":2}")),
                get(new Parameter("operationName", "A")),
                get().rewritten(List.of(new Parameter("query", "{ me { id } }")), List.of(), Bytes.utf8(DELETE)));
    }

    private static HttpCall namedA(String document) {
        return post("{\"query\":" + quoted(document) + ",\"operationName\":\"A\"}");
    }

    private static Bytes gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return Bytes.of(out.toByteArray());
    }

    private static String bomb() {
        StringBuilder text = new StringBuilder("{ ...F0 }");
        for (int i = 0; i < 25; i++) {
            text.append(" fragment F")
                    .append(i)
                    .append(" on Query { ...F")
                    .append(i + 1)
                    .append(" ...F")
                    .append(i + 1);
            text.append(" }");
        }
        return text + " fragment F25 on Query { me { id } }";
    }

    @ParameterizedTest
    @MethodSource
    void malformedRequestsAreRefusedWithAReason(HttpCall call) {
        CallReading.CallRejection refused = refused(call);
        assertThat(refused.reason()).matches("(?s)[A-Z`].{10,250}\\.");
        assertThat(refused.next()).matches("(?s)[A-Z].{8,200}\\.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"multipart/mixed; boundary=x", "application/graphql+json", "text/plain"})
    void otherContentTypesAreRefusedByName(String type) {
        CallReading.CallRejection refused = refused(post(Bytes.utf8(DELETE), new Header("content-type", type)));
        assertThat(refused.reason()).contains("not supported");
        assertThat(refused.next()).contains("application/json");
    }

    @Test
    void persistedQueriesAreRefusedByName() {
        assertThat(refused(
                                post(
                                        "{\"query\":\"{ me { id } }\",\"extensions\":{\"persistedQuery\":{\"sha256Hash\":\"a\"}}}"))
                        .reason())
                .contains("Persisted queries");
        assertThat(refused(post("{\"extensions\":{\"persistedQuery\":{\"sha256Hash\":\"a\"}}}"))
                        .reason())
                .contains("Persisted queries");
        assertThat(refused(get(new Parameter("extensions", "{\"persistedQuery\":{\"sha256Hash\":\"a\"}}")))
                        .reason())
                .contains("Persisted queries");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"clientLibrary\":{\"name\":\"@apollo/client\",\"version\":\"4.3.8\"}}"})
    void whatAClientSaysOfItselfIsNotForwarded(String extensions) {
        String document = "{ me { id } }";
        assertThat(understood(post("{\"query\":\"" + document + "\",\"extensions\":" + extensions + "}"))
                        .outgoing())
                .isEqualTo(understood(post("{\"query\":\"" + document + "\"}")).outgoing());
        assertThat(understood(get(new Parameter("query", document), new Parameter("extensions", extensions)))
                        .outgoing())
                .isEqualTo(understood(get(new Parameter("query", document))).outgoing());
    }

    @Test
    void onlyTheChosenOperationIsForwarded() {
        HttpCall out = HttpCall.of(understood(post("{\"query\":"
                        + quoted(
                                "# a comment\nquery Harmless { me { id ...U } } mutation Real { volumeDelete(volumeId: \"v\") }"
                                        + " fragment U on User { name }")
                        + ",\"operationName\":\"Harmless\"}"))
                .outgoing());
        assertThat(text(out))
                .contains("query Harmless")
                .doesNotContain("volumeDelete")
                .doesNotContain("comment");
    }

    @Test
    void fieldsOmittedByADirectiveAreNotForwarded() {
        HttpCall call = document(
                "mutation($no: Boolean!, $v: String!, $e: String!) { a: volumeDelete(volumeId: $v) @include(if: $no)"
                        + " environmentRename(id: $e, input: {name: \"n\"}) { id ...F @skip(if: true) } }"
                        + " fragment F on Environment { name }",
                "{\"no\":false,\"v\":\"v\",\"e\":\"stg\"}");
        assertThat(actions(call))
                .singleElement()
                .satisfies(action -> assertThat(action.operation().name()).isEqualTo("environmentRename"));
        assertThat(text(HttpCall.of(understood(call).outgoing())))
                .doesNotContain("volumeDelete")
                .doesNotContain("@")
                .doesNotContain("fragment")
                .doesNotContain("\"v\"")
                .doesNotContain("$no");
    }

    @Test
    void anAbsentVariableOmitsItsArgument() {
        HttpCall call = document(
                "mutation($e: String, $s: String) { volumeInstanceUpdate(volumeId: \"v\", environmentId: $e,"
                        + " input: {serviceId: $s}) }",
                "{\"e\":\"stg\"}");
        assertThat(RailwayFixture.facts(RailwayFixture.only(call), "because"))
                .anyMatch(because -> because.contains("detached"));
        assertThat(text(HttpCall.of(understood(call).outgoing())))
                .doesNotContain("serviceId")
                .contains("\"e\":\"stg\"");
    }

    @Test
    void anExplicitNullOverridesADefault() {
        HttpCall call = document(
                "mutation($e: String = \"stg\") { volumeInstanceUpdate(volumeId: \"v\", environmentId: $e,"
                        + " input: {serviceId: \"s\"}) }",
                "{\"e\":null}");
        assertThat(RailwayFixture.facts(RailwayFixture.only(call), "because"))
                .anyMatch(because -> because.contains("all of them"));
        assertThat(text(HttpCall.of(understood(call).outgoing()))).contains("\"variables\":{\"e\":null}");
    }

    @Test
    void onlyListedHeadersAreForwarded() {
        HttpCall call = post(
                Bytes.utf8("{ \"query\" : \"{ me { id } }\" }"),
                new Header("content-type", "application/json ; charset=\"utf-8\""),
                new Header("accept", "application/json"),
                new Header("x-http-method-override", "DELETE"),
                new Header("cookie", "a=b"));
        assertThat(HttpCall.of(understood(call).outgoing()).headers())
                .containsExactly(
                        new Header("accept", "application/json"), new Header("content-type", "application/json"));
        assertThat(text(HttpCall.of(understood(call).outgoing()))).isEqualTo("{\"query\":\"{me{id}}\"}");
    }

    @Test
    void aGetIsForwardedAsAGet() {
        HttpCall out = HttpCall.of(understood(get(
                        new Parameter("variables", "{ \"id\" : \"p\" }"),
                        new Parameter("query", "query Q($id: String!) { project(id: $id) { id } }"),
                        new Parameter("operationName", "Q")))
                .outgoing());
        assertThat(out.method()).isEqualTo("GET");
        assertThat(out.body().length()).isZero();
        assertThat(out.query()).extracting(Parameter::name).containsExactly("query", "operationName", "variables");
        assertThat(out.query().getLast().value()).isEqualTo("{\"id\":\"p\"}");
    }

    private static String text(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8);
    }
}
