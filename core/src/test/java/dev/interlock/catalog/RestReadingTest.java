package dev.interlock.catalog;

import static dev.interlock.action.Impact.DESTROY;
import static dev.interlock.action.Impact.PRIVILEGE;
import static dev.interlock.action.Impact.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Reversibility;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a request with two possible readings is refused, and that any other is written anew. */
class RestReadingTest {

    private static final RestFixture ACME = RestExample.acme();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /projects/p/disks/", // a trailing slash
                "GET /projects//disks", // an empty segment
                "GET /projects/p/disks/.", // a dot segment
                "GET /projects/p/../disks",
                "GET /projects/p/disks/d/files/a/../b", // also in the rest of a path
                "GET /projects/p/disks/d/files/..;x/b",
                "GET /projects/p/disks/d/files/a//b",
                "GET /Projects/p/disks", // another case
                "GET /projects/p/unknown",
                "GET /",
                "GET projects/p/disks",
                "GET ", // no path at all
                "DELETE /projects/p/disks", // another method
                "OPTIONS /projects/p/disks",
                "get /projects/p/disks",
                "HEAD /projects/p/disks/d/labels/x",
                "GET /projects/p/disks?sort=name", // an unknown parameter
                "GET /projects/p/disks?Page=1",
                "GET /projects/p/disks?page=1&page=2", // twice
                "GET /projects/p/disks?_method=DELETE",
                "GET /projects/p/disks/d/snapshots/latest", // not a whole number
                "GET /projects/p/disks/d/snapshots/007",
                "GET /projects/p/disks/d/snapshots/1e3",
                "POST /soap", // elsewhere
                "GET /projects/p\tq/disks", // control characters
                "GET /projects/p\\q/disks",
            })
    void anAmbiguousRequestIsRefusedWithARemedy(String request) {
        CallReading.CallRejection refused = ACME.refused(RestFixture.call(request, ""));
        assertThat(refused.reason()).endsWith(".");
        assertThat(refused.next()).endsWith(".");
    }

    /** It was read, and is in no list: the same request later gets the same refusal. */
    @ParameterizedTest
    @CsvSource({
        "GET /projects/p/nothing, FINAL",
        "POST /soap, FINAL",
        "PURGE /projects/p/disks, RETRYABLE",
        "GET /projects/p/disks?Page=1, RETRYABLE"
    })
    void anUnlistedRequestIsRefused(String request, Refusal.Finality finality) {
        assertThat(ACME.refused(RestFixture.call(request, "")).finality()).isEqualTo(finality);
    }

    /**
     * Only if the file says that the provider reads a list. Then nobody has to know which value the provider believes.
     */
    @Test
    void listParametersMayRepeatAndKeepTheirOrder() {
        String line = "request: DELETE /projects/{project}/disks/{disk} ?force";
        assertThat(RestExample.TEXT).contains(line);
        RestFixture rest = new RestFixture(RestExample.load(RestExample.TEXT.replace(line, line + " order+")));
        HttpCall call = RestFixture.call("DELETE /projects/p/disks/d?order=b&force=false&order=a", "");
        assertThat(HttpCall.of(rest.understood(call).outgoing()).query())
                .extracting(HttpCall.Parameter::value)
                .containsExactly("b", "false", "a");
        rest.understood(RestFixture.call("DELETE /projects/p/disks/d?order=a", ""));
        rest.refused(RestFixture.call("DELETE /projects/p/disks/d?order=a&force=false&force=true", ""));
        rest.refused(RestFixture.call("DELETE /projects/p/disks/d?order[]=a&order[]=b", ""));
    }

    /** A condition on a list checks each element, in any order. */
    @Test
    void eachListItemIsDecidedOn() {
        RestFixture rest = new RestFixture(RestExample.load(RestExample.TEXT.replace("?force", "?force+")));
        for (String force : List.of("force=false&force=true", "force=true&force=false")) {
            assertThat(rest.action("DELETE /projects/p/disks/d?" + force, "").reversibility())
                    .isEqualTo(Reversibility.IRREVERSIBLE);
        }
        Action mild = rest.action("DELETE /projects/p/disks/d?force=false&force=false", "");
        assertThat(mild.reversibility()).isEqualTo(Reversibility.RECOVERABLE);
        assertThat(RestFixture.facts(mild, "argument.query.force")).containsExactly("[\"false\",\"false\"]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"a\",\"name\":\"b\"}",
                "{\"name\":\"a\"",
                "{\"name\":\"a\"} {}",
                "{'name':'a'}",
                "{\"name\":\"a\",}",
                "{\"nmae\":\"a\"}",
                "{\"_method\":\"DELETE\"}",
                "{\"name\":{\"a\":1}}",
                "{\"size\":1e400}",
                "{\"name\":\"\\ud800\"}",
                "\uFEFF{}",
                "name=a",
                "\"text\"",
                "[{\"name\":\"a\"}]", // some servers read a list as no object, and some as a list of requests
                "[]",
            })
    void anAmbiguousBodyIsRefused(String body) {
        ACME.refused(RestFixture.call("PATCH /projects/p/disks/d", body));
    }

    @Test
    void aBodyThatIsNotUtf8IsRefused() {
        byte[] body = "{\"name\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);
        ACME.refused(new HttpCall(
                "PATCH",
                "api.example.com",
                "/projects/p/disks/d",
                List.of(),
                List.of(RestFixture.JSON),
                Bytes.of(body)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/json; charset=utf-16",
                "application/json, text/plain",
                "application/merge-patch+json",
                ""
            })
    void aBodyOfAnotherTypeIsRefused(String type) {
        ACME.refused(
                RestFixture.call("PATCH /projects/p/disks/d", "{\"name\":\"a\"}", new Header("content-type", type)));
    }

    @ParameterizedTest
    @CsvSource({
        "x-http-method-override, DELETE",
        "x-http-method, DELETE",
        "x-method-override, DELETE",
        "x-original-method, DELETE",
        "x-original-url, /projects/p/disks/d",
        "x-rewrite-url, /projects/p/disks/d",
        "content-encoding, gzip",
        "upgrade, websocket",
        "x-api-version, 4"
    })
    void aHeaderThatChangesTheOperationIsRefused(String name, String value) {
        ACME.refused(RestFixture.call("GET /projects/p/disks", "", new Header(name, value)));
    }

    @Test
    void anUnexpectedBodyIsRefused() {
        for (String body : List.of("{\"size\":1}", "[]", "{}{}", "null", "x")) {
            ACME.refused(RestFixture.call("GET /projects/p/disks", body));
            ACME.refused(RestFixture.call("DELETE /projects/p/disks/d", body));
        }
    }

    /** Clients send one where an operation takes no body. */
    @Test
    void anEmptyObjectIsLeftOut() {
        HttpCall sent = HttpCall.of(ACME.understood(RestFixture.call("DELETE /projects/p/disks/d", " { }\n"))
                .outgoing());
        assertThat(sent.body().length()).isZero();
        assertThat(sent.headers()).doesNotContain(RestFixture.JSON);
    }

    @Test
    void aRepeatedForwardedHeaderIsRefused() {
        ACME.refused(RestFixture.call(
                "GET /projects/p/disks", "", new Header("accept", "text/html"), new Header("accept", "*/*")));
    }

    @Test
    void headIsDecidedAsGetAndForwardedAsHead() {
        CallReading.CallMeaning head = ACME.understood(RestFixture.call("HEAD /projects/p/disks", ""));
        assertThat(head.actions().getFirst().operation()).hasToString("acme/disks/list");
        assertThat(HttpCall.of(head.outgoing()).method()).isEqualTo("HEAD");
    }

    @Test
    void theForwardedRequestIsRewritten() {
        HttpCall sent = HttpCall.of(ACME.understood(RestFixture.call(
                        "PATCH /projects/p/disks/d",
                        " { \"size\" : 2.0, \"name\" : \"\\u0061\" } ",
                        new Header("content-type", "Application/JSON; charset=UTF-8"),
                        new Header("accept", "*/*"),
                        new Header("x-other", "dropped")))
                .outgoing());
        assertThat(sent.body()).isEqualTo(Bytes.utf8("{\"name\":\"a\",\"size\":2}"));
        assertThat(sent.headers())
                .containsExactlyInAnyOrder(
                        RestFixture.JSON, new Header("accept", "*/*"), new Header("x-api-version", "3"));
        assertThat(sent.withheld()).containsExactly(new Header("x-other", "dropped"));
    }

    @Test
    void opaqueBodiesAreForwardedUnchangedUnderAListedType() {
        Header octets = new Header("content-type", "application/octet-stream");
        HttpCall sent = HttpCall.of(
                ACME.understood(RestFixture.call("PUT /projects/p/disks/d/files/a/b.bin", "\u0001{", octets))
                        .outgoing());
        assertThat(sent.body()).isEqualTo(Bytes.utf8("\u0001{"));
        assertThat(sent.headers()).contains(octets);
        ACME.refused(RestFixture.call(
                "PUT /projects/p/disks/d/files/a", "x", new Header("content-type", "application/x-sh")));
    }

    @Test
    void streamedBodiesAreOnlyForOpaqueOperations() {
        Header octets = new Header("content-type", "application/octet-stream");
        HttpCall put = RestFixture.call("PUT /projects/p/disks/d/files/a/b.bin", "", octets)
                .with(() -> 7_000_000_000L);
        HttpCall sent = HttpCall.of(ACME.understood(put).outgoing());
        assertThat(sent.stream()).isEqualTo(put.stream());
        assertThat(sent.headers()).contains(octets);
        ACME.refused(RestFixture.call("PUT /projects/p/disks/d/files/a", "").with(() -> 7L));
        ACME.refused(RestFixture.call("POST /projects/p/disks", "").with(() -> 7L));
        ACME.refused(RestFixture.call("GET /projects/p/disks", "").with(() -> 7L));
        assertThat(RailwayFixture.CATALOG.read(
                        RailwayFixture.document("{ me { id } }").with(() -> 7L)))
                .isInstanceOf(CallReading.CallRejection.class);
    }

    @Test
    void onlyOperationsWithBodiesTakeLongOnes() {
        Catalog acme = RestExample.load(RestExample.TEXT);
        assertThat(acme.takesLongBody("PUT", "/projects/p/disks/d/files/a/b.bin"))
                .isTrue();
        assertThat(acme.takesLongBody("GET", "/projects/p/disks/d/files/a/b.bin"))
                .isFalse();
        assertThat(acme.takesLongBody("POST", "/projects/p/disks")).isTrue();
        assertThat(acme.takesLongBody("PUT", "/elsewhere")).isFalse();
        assertThat(RailwayFixture.CATALOG.takesLongBody("POST", "/graphql/v2")).isFalse();
    }

    /** The page of a confirmation shows it. This uses a write, because reads are cached between tests. */
    @Test
    void pathParametersAreFactsOfTheAction() {
        Action deletion = ACME.action("DELETE /projects/p/disks/d", "");
        assertThat(RestFixture.facts(deletion, "argument.project")).containsExactly("p");
        assertThat(RestFixture.facts(deletion, "argument.disk")).containsExactly("d");
    }

    @Test
    void theRestOfAPathIsOneParameterAndMayBeEmpty() {
        assertThat(RestFixture.facts(ACME.action("GET /projects/p/disks/d/files/a/b/c", ""), "argument.path"))
                .containsExactly("a/b/c");
        assertThat(RestFixture.facts(ACME.action("GET /projects/p/disks/d/files", ""), "argument.path"))
                .containsExactly("");
    }

    @Test
    void aPathWithTooManySegmentsIsRefused() {
        ACME.understood(RestFixture.call("GET /projects/p/disks/d/files" + "/x".repeat(95), ""));
        ACME.refused(RestFixture.call("GET /projects/p/disks/d/files" + "/x".repeat(96), ""));
    }

    @Test
    void theMoreExactPathWins() {
        assertThat(ACME.action("GET /projects/p/disks/d/key", "").operation()).hasToString("acme/disks/reveal-key");
        assertThat(ACME.action("GET /projects/p/disks/d/files/key", "").operation())
                .hasToString("acme/files/get");
    }

    @Test
    void twoPathsOfWhichNeitherIsMoreExactAreRefused() {
        RestFixture rest = new RestFixture(RestExample.load(RestExample.TEXT.replace(
                "  files/get:", "  odd/one: GET /projects/fixed/disks/{disk}/{part}\n  files/get:")));
        assertThat(rest.refused(RestFixture.call("GET /projects/fixed/disks/d/key", ""))
                        .reason())
                .contains("two operations");
        rest.understood(RestFixture.call("GET /projects/p/disks/d/key", ""));
    }

    @Test
    void argumentsInAnyFormRaiseTheImpact() {
        assertThat(ACME.impacts("PATCH /projects/p/disks/d", "{\"name\":\"a\"}"))
                .containsExactly(WRITE);
        assertThat(ACME.impacts("PATCH /projects/p/disks/d", "{\"public\":false}"))
                .containsExactly(WRITE);
        for (String value : List.of("true", "\"false \"", "1", "[true]", "\"\"")) {
            assertThat(ACME.impacts("PATCH /projects/p/disks/d", "{\"public\":" + value + "}"))
                    .as(value)
                    .containsExactlyInAnyOrder(WRITE, PRIVILEGE);
        }
        assertThat(ACME.action("DELETE /projects/p/disks/d", "").reversibility())
                .isEqualTo(Reversibility.RECOVERABLE);
        for (String force : List.of("force=true", "force", "force=0")) {
            assertThat(ACME.action("DELETE /projects/p/disks/d?" + force, "").reversibility())
                    .isEqualTo(Reversibility.IRREVERSIBLE);
        }
        CallReading.CallMeaning dangerous =
                ACME.understood(RestFixture.call("DELETE /projects/p/disks/d", "", new Header("x-dangerous", "yes")));
        assertThat(dangerous.actions().getFirst().reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @Test
    void pathAndBodyNameResourcesInOneSpelling() {
        assertThat(ACME.resources("DELETE /projects/Shop/disks/D1", "")).containsExactly("acme:disk/shop/d1");
        assertThat(ACME.resources("GET /projects/Shop/disks", "")).containsExactly("acme:project/shop");
        assertThat(ACME.resources("POST /projects/shop/disks/d/move", "{\"to\":\"Other\"}"))
                .containsExactlyInAnyOrder("acme:disk/shop/d", "acme:project/other");
        ACME.refused(RestFixture.call("GET /projects/a b/disks", ""));
        ACME.refused(
                RestFixture.call("GET /projects/\u0430cme/disks", "")); // a Cyrillic letter that looks like another
        ACME.refused(RestFixture.call("POST /projects/shop/disks/d/move", "{\"to\":\"a b\"}"));
    }

    @Test
    void aReplacementNamesItsTargetAndItsCheck() {
        Action action = ACME.action("PUT /projects/p/disks/d/labels", "{\"labels\":[\"a\"]}");
        assertThat(action.impacts()).containsExactly(DESTROY);
        assertThat(RestFixture.facts(action, "replaces")).containsExactly("body.labels");
        assertThat(RestFixture.facts(action, "stands")).containsExactly("labels/list");
    }
}
