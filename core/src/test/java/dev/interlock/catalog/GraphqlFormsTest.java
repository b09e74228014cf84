package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Impact;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests GraphQL requests in other forms than JSON: a bare document, and files beside it. */
final class GraphqlFormsTest {

    private static final Catalog ACME = Catalogs.read("acme.yaml", Bytes.utf8("""
            format: interlock-catalog@v1
            provider: acme
            protocol: graphql
            endpoints: [/graphql]
            carriers: {headers: [authorization]}
            forwarded-headers: [accept]
            labels: [id]
            inputs:
              PictureInput: title more:*
            types:
              Thing: id
            secrets: {}
            queries:
              thing: {takes: id, gives: Thing, resources: {id: thing}}
            mutations:
              attach:
                takes: id input:PictureInput note
                impacts: [write]
                reversibility: reversible
                resources: {id: thing}
                facts: [note]
                outlines: [input]
            """));

    private static HttpCall call(String type, String body, Parameter... query) {
        return new HttpCall(
                "POST",
                "acme.example",
                "/graphql",
                Arrays.asList(query),
                List.of(new Header("content-type", type)),
                Bytes.of(body.getBytes(StandardCharsets.UTF_8)));
    }

    private static CallReading.CallMeaning understood(HttpCall call) {
        return assertThat(ACME.read(call))
                .asInstanceOf(type(CallReading.CallMeaning.class))
                .actual();
    }

    private static String refused(HttpCall call) {
        CallReading.CallRejection refused = assertThat(ACME.read(call))
                .asInstanceOf(type(CallReading.CallRejection.class))
                .actual();
        assertThat(refused.reason()).matches("(?s)[A-Z`].{10,250}\\.");
        assertThat(refused.next()).matches("(?s)[A-Z].{8,200}\\.");
        return refused.reason();
    }

    private static String text(CallReading.CallMeaning understood) {
        return new String(understood.outgoing().body().toArray(), StandardCharsets.UTF_8);
    }

    private static HttpCall document(String document, Parameter... query) {
        return call("application/graphql", document, query);
    }

    @Test
    void aDocumentAloneIsSentAsJson() {
        CallReading.CallMeaning read =
                understood(document("mutation { attach(id: \"t1\", note: \"x\") } # and no more"));
        assertThat(HttpCall.of(read.outgoing()).headers())
                .containsExactly(new Header("content-type", "application/json"));
        assertThat(text(read)).isEqualTo("{\"query\":\"mutation{attach(id:\\\"t1\\\",note:\\\"x\\\")}\"}");
        assertThat(read.actions().getFirst().impacts()).containsExactly(Impact.WRITE);
        assertThat(understood(call("Application/GraphQL; charset=UTF-8", "{ thing(id: 1) { id } }"))
                        .actions())
                .hasSize(1);
    }

    @Test
    void parametersCarryVariablesAndOperationName() {
        CallReading.CallMeaning read = understood(document(
                "query Other { thing(id: 2) { id } } mutation Mine($n: String) { attach(id: \"t1\", note: $n) }",
                new Parameter("operationName", "Mine"),
                new Parameter("variables", "{\"n\":\"y\"}")));
        assertThat(text(read)).contains("Mine").contains("{\"n\":\"y\"}").doesNotContain("Other");
        assertThat(HttpCall.of(read.outgoing()).query()).isEmpty();
        assertThat(read.actions().getFirst().operation().name()).isEqualTo("attach");
    }

    @Test
    void usedFragmentsAreSentAndSwitchableOnesRefused() {
        assertThat(text(understood(document(
                        "mutation($n: String) { ...f } fragment f on Mutation { attach(id: \"t1\", note: $n) }",
                        new Parameter("variables", "{\"n\":\"y\"}")))))
                .contains("($n:String)")
                .contains("{\"n\":\"y\"}");
        assertThat(refused(document(
                        "mutation { ...f } fragment f on Mutation @include(if: false) { attach(id: \"t1\") }")))
                .contains("`include` is not supported in this place");
    }

    @Test
    void aDocumentWithASecondReadingIsRefused() {
        String document = "mutation($n: String) { attach(id: \"t1\", note: $n) }";
        Parameter one = new Parameter("variables", "{\"n\":\"y\"}");
        assertThat(refused(document(document, new Parameter("query", "{ thing(id: 2) { id } }"))))
                .contains("another in a query parameter");
        assertThat(refused(document(document, one, one))).contains("twice");
        assertThat(refused(document(document, new Parameter("variables", "{\"n\":1,\"n\":2}"))))
                .contains("not exactly one JSON value");
        assertThat(refused(document(document, new Parameter("callback", "x")))).contains("`callback`");
        assertThat(refused(document(document, new Parameter("extensions", "{\"tracing\":{}}"))))
                .contains("extensions");
        assertThat(refused(document("{\"query\":\"{ thing(id: 1) { id } }\"}"))).contains("not GraphQL");
        assertThat(refused(document(""))).contains("not GraphQL");
        assertThat(refused(call("application/graphql; charset=utf-16", document)))
                .contains("not supported");
        assertThat(refused(call("application/graphql+json", document))).contains("not supported");
    }

    private static HttpCall valued(String type, String value) {
        return call(
                "application/json",
                "{\"query\":\"mutation($v: " + type + ") { attach(id: \\\"t1\\\", note: $v) }\",\"variables\":{\"v\":"
                        + value + "}}");
    }

    /** Nobody can know from outside how a server treats a value of a wrong type. */
    @Test
    void aVariableFitsItsTypeOrIsRefused() {
        Map<String, List<String>> fitting = Map.of(
                "String", List.of("\"x\"", "null"),
                "Boolean", List.of("true", "null"),
                "Float", List.of("1", "1.5", "-0.25"),
                "Int", List.of("0", "7", "-7", "2147483647", "-2147483648", "1000"),
                "ID", List.of("\"x\"", "7", "99999999999"),
                "Colour", List.of("\"RED\"", "7", "1.5", "true"));
        fitting.forEach((type, values) -> values.forEach(value -> assertThat(text(understood(valued(type, value))))
                .as(type)
                .endsWith("\"variables\":{\"v\":" + value + "}}")));
        Map<String, List<String>> wrong = Map.of(
                "String", List.of("1", "true", "{}"),
                "Boolean", List.of("1", "\"true\""),
                "Float", List.of("\"1\"", "true"),
                "Int", List.of("1.5", "2147483648", "-2147483649", "4294967296", "\"1\"", "true"),
                "ID", List.of("1.5", "true", "{}"),
                "Int!", List.of("null"));
        wrong.forEach((type, values) -> values.forEach(value ->
                assertThat(refused(valued(type, value))).as(type + " " + value).contains("The variable `v`")));
    }

    @Test
    void aWholeNumberIsWhole() {
        assertThat(text(understood(valued("Int", "1.0")))).endsWith("{\"v\":1}}");
        assertThat(refused(valued("Int", "99999999999999999999"))).contains("too precise for every JSON reader");
    }

    @Test
    void aFormIsRefused() {
        String form = "--X\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"
                + "{\"query\":\"{ thing(id: 1) { id } }\"}\r\n--X--\r\n";
        assertThat(refused(call("multipart/form-data; boundary=X", form))).contains("content type is not supported");
    }
}
