package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Impact;
import dev.interlock.action.SaltedDigests;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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
              PictureInput: title file:@file more:*
            types:
              Thing: id
            secrets: {}
            queries:
              thing: {takes: id, gives: Thing, resources: {id: thing}}
            mutations:
              attach:
                takes: id file:@file files:@file input:PictureInput note
                impacts: [write]
                reversibility: reversible
                resources: {id: thing}
                facts: [file, files, note]
                outlines: [input]
                when:
                  - if: {present: file}
                    impacts: [execute]
                    because: What is attached may be run.
            """));

    private static final String MUTATION = "mutation($f: Upload) { attach(id: \\\"t1\\\", file: $f) }";
    private static final String ONE = "{\"query\":\"" + MUTATION + "\",\"variables\":{\"f\":null}}";

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
        assertThat(refused(document(document, new Parameter("extensions", "{}"))))
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
    void theFirstFormPartIsJsonByItsType() {
        String map = field("map", "{}");
        String operations = field("operations", ONE);
        String typed = "name=\"operations\"\r\nContent-Type: ";
        assertThat(understood(form(operations.replace("name=\"operations\"", typed + "application/json") + map))
                        .actions())
                .hasSize(1);
        assertThat(refused(form(operations.replace("name=\"operations\"", typed + "text/plain") + map)))
                .contains("both in JSON");
    }

    private static String field(String name, String value) {
        return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    }

    private static String file(String name, String filename, String content) {
        return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + filename
                + "\"\r\nContent-Type: text/plain\r\n\r\n" + content + "\r\n";
    }

    private static HttpCall form(String body) {
        return call("multipart/form-data; boundary=X", body + "--X--\r\n");
    }

    private static HttpCall form(String operations, String map, String... files) {
        return form(field("operations", operations) + field("map", map) + String.join("", files));
    }

    private static List<String> facts(CallReading.CallMeaning read, String name) {
        return read.actions().getFirst().facts().stream()
                .filter(fact -> fact.name().equals(name))
                .map(Fact::value)
                .toList();
    }

    @Test
    void aFileIsSentInARewrittenBody() {
        CallReading.CallMeaning read = understood(form(ONE, "{\"a\":[\"variables.f\"]}", file("a", "a.txt", "hello")));
        String boundary = HttpCall.of(read.outgoing())
                .header("content-type")
                .orElseThrow()
                .replace("multipart/form-data; boundary=", "");
        assertThat(boundary).matches("interlock-[0-9a-f]{40}");
        assertThat(text(read)).isEqualTo("""
                --B
                Content-Disposition: form-data; name="operations"

                {"query":"mutation ($f:Upload){attach(id:\\"t1\\",file:$f)}","variables":{"f":null}}
                --B
                Content-Disposition: form-data; name="map"

                {"0":["variables.f"]}
                --B
                Content-Disposition: form-data; name="0"; filename="a.txt"
                Content-Type: text/plain

                hello
                --B--
                """.replace("--B", "--" + boundary).replace("\n", "\r\n"));
    }

    /** A null would mean that there is no file: a condition on the file must see that there is one. */
    @Test
    void aFileCountsAsAnOpaqueValue() {
        CallReading.CallMeaning read = understood(form(ONE, "{\"0\":[\"variables.f\"]}", file("0", "a.txt", "hello")));
        assertThat(read.actions().getFirst().impacts()).containsExactlyInAnyOrder(Impact.WRITE, Impact.EXECUTE);
        assertThat(facts(read, "argument.file"))
                .containsExactly("file a.txt (text/plain, 5 bytes, SHA-256 "
                        + Bytes.utf8("hello").sha256() + ")");
        Action without = understood(call("application/json", ONE)).actions().getFirst();
        assertThat(without.impacts()).containsExactly(Impact.WRITE);
    }

    @Test
    void severalFilesFollowTheirPaths() {
        String operations =
                "{\"query\":\"mutation($l: [Upload!], $i: PictureInput) { attach(id: 1, files: $l, input: $i) }\","
                        + "\"variables\":{\"l\":[null,null],\"i\":{\"title\":\"t\",\"file\":null}}}";
        CallReading.CallMeaning read = understood(form(
                operations,
                "{\"x\":[\"variables.l.1\",\"variables.i.file\"],\"y\":[\"variables.l.0\"]}",
                file("x", "x.txt", "xx"),
                file("y", "y.txt", "y")));
        assertThat(facts(read, "argument.files").getFirst()).matches("\\[\"file y.txt .*\",\"file x.txt .*\"]");
        assertThat(text(read)).contains("{\"0\":[\"variables.l.0\"],\"1\":[\"variables.l.1\",\"variables.i.file\"]}");
    }

    /** Following a path searches all variables. With a megabyte of both, a processor would be busy for a minute. */
    @Test
    void theNumberOfFilePathsIsLimited() {
        assertThat(refused(nulls(101))).contains("more than 100 paths");
        assertThat(refused(nulls(30_000))).contains("more than 100 paths");
        assertThat(understood(nulls(100)).actions()).hasSize(1);
    }

    private static HttpCall nulls(int count) {
        String places = IntStream.range(0, count)
                .mapToObj(i -> "\"variables.l." + i + "\"")
                .collect(Collectors.joining(","));
        return form(
                "{\"query\":\"mutation($l: [Upload]) { attach(id: 1, files: $l) }\",\"variables\":{\"l\":["
                        + String.join(",", Collections.nCopies(count, "null")) + "]}}",
                "{\"0\":[" + places + "]}",
                file("0", "a", "x"));
    }

    /** A single value counts as a list of one (GraphQL §3.11), so its path differs. */
    @Test
    void aPathFollowsItsFileIntoAList() {
        CallReading.CallMeaning read = understood(form(
                "{\"query\":\"mutation($l: [Upload!]) { attach(id: 1, files: $l) }\",\"variables\":{\"l\":null}}",
                "{\"0\":[\"variables.l\"]}",
                file("0", "a", "x")));
        assertThat(text(read)).contains("{\"0\":[\"variables.l.0\"]}").contains("{\"l\":[null]}");
    }

    @Test
    void aBatchHasItsFilesInItsPaths() {
        CallReading.CallMeaning read = understood(form(
                "[" + ONE + "," + ONE + "]",
                "{\"0\":[\"1.variables.f\"],\"1\":[\"0.variables.f\"]}",
                file("0", "a", "first"),
                file("1", "b", "second")));
        assertThat(read.actions()).hasSize(2);
        assertThat(text(read)).contains("{\"0\":[\"0.variables.f\"],\"1\":[\"1.variables.f\"]}");
        assertThat(text(read).indexOf("second")).isLessThan(text(read).indexOf("first"));
    }

    @Test
    void aFormWithoutFilesIsSentAsJson() {
        CallReading.CallMeaning read = understood(form(ONE, "{}"));
        assertThat(HttpCall.of(read.outgoing()).headers())
                .containsExactly(new Header("content-type", "application/json"));
        assertThat(text(read)).startsWith("{\"query\"");
    }

    /** People sign for the bytes, so a repeated request must be the same, whatever boundary the client chooses. */
    @Test
    void theSameFormIsTheSameRequest() {
        String body = field("operations", ONE) + field("map", "{\"0\":[\"variables.f\"]}") + file("0", "a", "x");
        CallReading.CallMeaning first = understood(form(body));
        CallReading.CallMeaning second =
                understood(call("multipart/form-data; boundary=\"yY'y\"", body.replace("--X", "--yY'y") + "--yY'y--"));
        assertThat(second.outgoing()).isEqualTo(first.outgoing());
        assertThat(understood(form(body.replace("\r\nx\r\n", "\r\nz\r\n")))
                        .outgoing()
                        .canonical(SaltedDigests.OPEN))
                .isNotEqualTo(first.outgoing().canonical(SaltedDigests.OPEN));
    }

    static Stream<Arguments> unclearFormsAreRefused() {
        String map = "{\"0\":[\"variables.f\"]}";
        String file = file("0", "a.txt", "x");
        return Stream.of(
                Arguments.of("no map", form(field("operations", ONE)), "no `operations` and `map`"),
                Arguments.of("map first", form(field("map", map) + field("operations", ONE) + file), "begin with"),
                Arguments.of("a file without map", form(ONE, "{}", file), "exactly the files"),
                Arguments.of("a map without file", form(ONE, map), "exactly the files"),
                Arguments.of("a map of two", form(ONE, "{\"0\":[\"variables.f\"],\"0\":[]}", file), "one JSON value"),
                Arguments.of("no path", form(ONE, "{\"0\":[]}", file), "no path"),
                Arguments.of("a path that is a text", form(ONE, "{\"0\":\"variables.f\"}", file), "no path"),
                Arguments.of("a path to nothing", form(ONE, "{\"0\":[\"variables.g\"]}", file), "leads nowhere"),
                Arguments.of("a path out of the variables", form(ONE, "{\"0\":[\"query\"]}", file), "not lead into"),
                Arguments.of("a path to all", form(ONE, "{\"0\":[\"variables\"]}", file), "not lead into"),
                Arguments.of("a path of a batch", form(ONE, "{\"0\":[\"0.variables.f\"]}", file), "not lead into"),
                Arguments.of(
                        "a path twice",
                        form(ONE, "{\"0\":[\"variables.f\",\"variables.f\"]}", file),
                        "the same" + " value as another path"),
                Arguments.of(
                        "a path to a text",
                        form(ONE.replace("\"f\":null", "\"f\":\"x\""), map, file),
                        "a value that is not null"),
                Arguments.of("a reserved name", form(ONE, "{\"0\":[\"variables.__proto__\"]}", file), "not lead into"),
                Arguments.of(
                        "a list without that place",
                        form(ONE.replace("\"f\":null", "\"f\":[null]"), "{\"0\":[\"variables.f.1\"]}", file),
                        "leads nowhere"),
                Arguments.of("a variable that is not used", form(ONE.replace(", file: $f", ""), map, file), "not used"),
                Arguments.of(
                        "a variable that a directive leaves out",
                        form(ONE.replace("file: $f)", "file: $f) @skip(if: true) more: attach(id: 1)"), map, file),
                        "not used"),
                Arguments.of(
                        "a variable of another type", form(ONE.replace("$f: Upload", "$f: String"), map, file), "type"),
                Arguments.of(
                        "an argument that takes none",
                        form(ONE.replace("file: $f", "note: $f"), map, file),
                        "does not say that the argument"),
                Arguments.of(
                        "an open value",
                        form(ONE.replace("file: $f", "input: {more: {deep: [$f]}}"), map, file),
                        "does not say that the argument"),
                Arguments.of(
                        "an identifier", form(ONE.replace("id: \\\"t1\\\", file", "id"), map, file), "does not say"),
                Arguments.of("two of one name", form(ONE, map, file, file), "the same name"),
                Arguments.of(
                        "a field beside",
                        form(field("operations", ONE) + field("map", map) + file + field("x", "")),
                        "or a file"),
                Arguments.of(
                        "operations as a file",
                        form(file("operations", "a", ONE) + field("map", map) + file),
                        "begin with"),
                Arguments.of("an escaped name", form(ONE, map, file("0", "a\\\".txt", "x")), "file name"),
                Arguments.of("a path as name", form(ONE, map, file("0", "../a", "x")), "file name"),
                Arguments.of("a percent in a name", form(ONE, map, file("0", "a%22b", "x")), "file name"),
                Arguments.of("no name", form(ONE, map, file("0", "", "x")), "file name"),
                Arguments.of(
                        "a second name",
                        form(ONE, map, file.replace("filename=\"a.txt\"", "filename=\"a.txt\"; filename*=UTF-8''b")),
                        "file name"),
                Arguments.of(
                        "an odd header",
                        form(
                                ONE,
                                map,
                                file.replace("Content-Type", "Content-Transfer-Encoding: base64\r\nContent-Type")),
                        "header field"),
                Arguments.of(
                        "a header twice",
                        form(ONE, map, file.replace("Content-Type", "Content-Type: a/b\r\ncontent-type")),
                        "duplicate or an empty header field"),
                Arguments.of(
                        "a folded header",
                        form(ONE, map, file.replace("text/plain", "text/plain;\r\n x=y")),
                        "duplicate or an empty header field"),
                Arguments.of("a bare LF", form(ONE, map, file.replace("\r\n", "\n")), "part"),
                Arguments.of(
                        "an odd type", form(ONE, map, file.replace("text/plain", "text/plain; x=y")), "media type"),
                Arguments.of(
                        "a length that is wrong",
                        form(ONE, map, file.replace("Content-Type", "Content-Length: 2\r\nContent-Type")),
                        "does not have the length"),
                Arguments.of(
                        "a preamble", form("x\r\n" + field("operations", ONE) + field("map", "{}")), "begin with its"),
                Arguments.of(
                        "an epilogue",
                        call(
                                "multipart/form-data; boundary=X",
                                field("operations", ONE) + field("map", "{}") + "--X--\r\nx"),
                        "has data after"),
                Arguments.of(
                        "no end",
                        call("multipart/form-data; boundary=X", field("operations", ONE) + field("map", "{}")),
                        "ends inside a part"),
                Arguments.of("a boundary inside", form(ONE, map, file("0", "a", "x\r\n--Xy")), "does not end its line"),
                Arguments.of(
                        "blanks after a boundary",
                        form((field("operations", ONE) + field("map", "{}")).replaceFirst("--X", "--X ")),
                        "does not end its line"),
                Arguments.of("no boundary", call("multipart/form-data", field("operations", ONE)), "boundary"),
                Arguments.of(
                        "two boundaries",
                        call("multipart/form-data; boundary=X; boundary=Y", field("operations", ONE)),
                        "boundary"),
                Arguments.of(
                        "an empty boundary",
                        call("multipart/form-data; boundary=\"\"", field("operations", ONE)),
                        "boundary"),
                Arguments.of(
                        "a charset",
                        call("multipart/form-data; boundary=X; charset=utf-7", field("operations", ONE)),
                        "boundary"),
                Arguments.of("mixed", call("multipart/mixed; boundary=X", field("operations", ONE)), "not supported"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void unclearFormsAreRefused(String name, HttpCall call, String why) {
        assertThat(refused(call)).contains(why);
    }

    @Test
    void aProviderWithoutUploadsGetsNoFiles() {
        HttpCall form = new HttpCall(
                "POST",
                "backboard.railway.com",
                "/graphql/v2",
                List.of(),
                List.of(new Header("content-type", "multipart/form-data; boundary=X")),
                Bytes.utf8(field(
                                "operations",
                                ONE.replace("attach(id: \\\"t1\\\", file: $f)", "volumeDelete(volumeId: $f)"))
                        + field("map", "{\"0\":[\"variables.f\"]}") + file("0", "a", "x") + "--X--\r\n"));
        assertThat(RailwayFixture.CATALOG.read(form)).isInstanceOf(CallReading.CallRejection.class);
        HttpCall named = new HttpCall(
                form.method(),
                form.authority(),
                form.path(),
                form.query(),
                form.headers(),
                Bytes.utf8(field("operations", "{\"query\":\"mutation { volumeDelete(volumeId: \\\"v\\\") }\"}")
                        + field("map", "{}") + "--X--\r\n"));
        assertThat(RailwayFixture.actions(named).getFirst().impacts()).contains(Impact.DESTROY);
    }
}
