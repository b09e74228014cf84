package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests every known way in which two readers of HTTP/1.1 disagree about the end or the target of a request. Each is
 * refused over a real socket, and the request hidden behind it is never read.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestFramingTest {

    private static final String HOST = "Host: HOST\r\n";
    private static final String HIDDEN = "GET /up/hidden HTTP/1.1\r\nHost: HOST\r\n\r\n";

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeAll
    void open() throws IOException {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterAll
    void close() throws IOException {
        setting.close();
        upstream.close();
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                post("both lengths", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", "both"),
                post("both, other order", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n", "both"),
                post("two equal lengths", "Content-Length: 3\r\nContent-Length: 3\r\n", "abc", "twice"),
                post("two lengths", "Content-Length: 3\r\nContent-Length: 5\r\n", "abc", "twice"),
                post("a list of lengths", "Content-Length: 3, 3\r\n", "abc", "plain decimal"),
                post("a signed length", "Content-Length: +3\r\n", "abc", "plain decimal"),
                post("a negative length", "Content-Length: -3\r\n", "abc", "plain decimal"),
                post("a hexadecimal length", "Content-Length: 0x3\r\n", "abc", "plain decimal"),
                post("a length with zeros before", "Content-Length: 003\r\n", "abc", "plain decimal"),
                post("an empty length", "Content-Length:\r\n", "", "plain decimal"),
                post("a length beyond 64 bits", "Content-Length: 99999999999999999999\r\n", "", "plain decimal"),
                post("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", "exactly `chunked`"),
                post("chunked twice", "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n", "exactly `chunked`"),
                post("two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "", "exactly"),
                post("identity", "Transfer-Encoding: identity\r\n", "", "exactly `chunked`"),
                post("xchunked", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", "exactly `chunked`"),
                post("quoted", "Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n", "exactly `chunked`"),
                post("vertical tab", "Transfer-Encoding: \u000bchunked\r\n", "0\r\n\r\n", "control character"),
                post("encoding hidden by a fold", "X: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "folded"),
                post("fold by tab", "X: y\r\n\tz\r\n", "", "folded"),
                post("blank before colon", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n", "name is empty"),
                post("tab before colon", "Content-Length\t: 3\r\n", "abc", "name is empty"),
                post("no name", ": 3\r\n", "", "name is empty"),
                post("no colon", "Content-Length 3\r\n", "", "name is empty"),
                post("bare LF in the head", "X: y\nTransfer-Encoding: chunked\r\n", "", "bare CR or a bare LF"),
                post("bare CR in the head", "X: y\rTransfer-Encoding: chunked\r\n", "", "bare CR or a bare LF"),
                post("NUL in a value", "X: y\0z\r\n", "", "control character"),
                post("a byte beyond ASCII in a value", "X: \u00e9\r\n", "", "beyond ASCII"),
                post("a byte beyond ASCII in a name", "X\u00a0: y\r\n", "", "beyond ASCII"),
                post("announced trailers", "Transfer-Encoding: chunked\r\nTrailer: X\r\n", "", "trailer"),
                chunked("trailers", "0\r\nX: y\r\n\r\n", "trailer"),
                chunked("a chunk extension", "3;a=b\r\nabc\r\n0\r\n\r\n", "extension"),
                chunked("a long chunk extension", "3;" + "a".repeat(99) + "\r\nabc\r\n0\r\n\r\n", "extension"),
                chunked("a chunk size with 0x", "0x3\r\nabc\r\n0\r\n\r\n", "hexadecimal"),
                chunked("a signed chunk size", "+3\r\nabc\r\n0\r\n\r\n", "hexadecimal"),
                chunked("a blank before the chunk size", " 3\r\nabc\r\n0\r\n\r\n", "hexadecimal"),
                chunked("a blank after the chunk size", "3 \r\nabc\r\n0\r\n\r\n", "hexadecimal"),
                chunked("an empty chunk size", "\r\nabc\r\n0\r\n\r\n", "hexadecimal"),
                chunked("a chunk size line ended by LF", "3\nabc\r\n0\r\n\r\n", "chunk size"),
                chunked("a chunk longer than it says", "3\r\nabcd\r\n0\r\n\r\n", "longer than its size"),
                chunked("a chunk ended by LF", "3\r\nabc\n0\r\n\r\n", "longer than its size"),
                chunked("a chunk size that overflows", "100000000\r\nabc\r\n0\r\n\r\n", "digits"),
                whole("an empty line first", "\r\nGET /up/x HTTP/1.1\r\n" + HOST + "\r\n", "empty line"),
                whole("two blanks", "GET  /up/x HTTP/1.1\r\n" + HOST + "\r\n", "request line"),
                whole("a tab", "GET\t/up/x HTTP/1.1\r\n" + HOST + "\r\n", "request line"),
                whole("a blank in the target", "GET /up/x y HTTP/1.1\r\n" + HOST + "\r\n", "request line"),
                whole("HTTP/0.9", "GET /up/x\r\n\r\n", "request line"),
                whole("HTTP/1.0", "GET /up/x HTTP/1.0\r\n" + HOST + "\r\n", "not HTTP/1.1"),
                whole("HTTP/1.10", "GET /up/x HTTP/1.10\r\n" + HOST + "\r\n", "not HTTP/1.1"),
                whole("http/1.1", "GET /up/x http/1.1\r\n" + HOST + "\r\n", "not HTTP/1.1"),
                whole("half an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nGET", "HTTP/2"),
                whole("no Host", "GET /up/x HTTP/1.1\r\n\r\n", "no Host"),
                whole("two Hosts", "GET /up/x HTTP/1.1\r\n" + HOST + HOST + "\r\n", "more than one"),
                whole("another Host", "GET /up/x HTTP/1.1\r\nHost: evil.example\r\n\r\n", "not the name"),
                whole("another port", "GET /up/x HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", "not the name"),
                whole("user info in Host", "GET /up/x HTTP/1.1\r\nHost: a@HOST\r\n\r\n", "not the name"),
                whole("websocket", upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "WebSocket"),
                whole(
                        "h2c beside websocket",
                        upgrade("Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n"),
                        "WebSocket"),
                whole("upgrade without connection", upgrade("Upgrade: websocket\r\n"), "WebSocket"),
                whole("upgrade to nothing", upgrade("Connection: Upgrade\r\n"), "upgrade"),
                whole("a long request line", "GET /up/" + "x".repeat(9000) + " HTTP/1.1\r\n" + HOST + "\r\n", "longer"),
                whole("a long head", upgrade("X: " + "y".repeat(40_000) + "\r\n"), "longer"),
                whole("many fields", upgrade("X: y\r\n".repeat(101)), "more than 100"));
    }

    private static Arguments post(String name, String headers, String body, String why) {
        return whole(name, "POST /up/x HTTP/1.1\r\n" + HOST + headers + "\r\n" + body, why);
    }

    private static Arguments chunked(String name, String body, String why) {
        return post(name, "Transfer-Encoding: chunked\r\n", body, why);
    }

    private static String upgrade(String headers) {
        return "GET /up/x HTTP/1.1\r\n" + HOST + headers + "\r\n";
    }

    private static Arguments whole(String name, String bytes, String why) {
        return Arguments.of(name, bytes, why);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void anAmbiguousRequestIsRefusedAndTheConnectionCloses(String name, String bytes, String why) throws Exception {
        int before = setting.handler.attempts.size();
        try (RawClient client = setting.client()) {
            client.send(named(bytes + HIDDEN));
            RawClient.Reply reply = client.reply();

            assertThat(reply.status()).as(name).isEqualTo(400);
            assertThat(reply.body()).contains("\"kind\":\"not_understood\"").contains(why);
            assertThat(reply.header("interlock-receipt")).contains("R-front");
            assertThat(reply.header("connection")).contains("close");
            assertThat(client.rest()).isEmpty();
        }
        assertThat(setting.handler.attempts).hasSize(before);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                target("absolute form of an address", "http://HOST/up/x", "not a host name"),
                target("absolute form with user info", "http://a:b@HOST/up/x", "user information"),
                target("authority form", "evil.example:443", "origin form"),
                target("asterisk", "*", "origin form"),
                target("two slashes first", "//up/x", "name of an upstream"),
                target("two slashes", "/up//x", "empty segment"),
                target("an upper-case name", "/UP/x", "name of an upstream"),
                target("an encoded name", "/%75p/x", "name of an upstream"),
                target("a dot segment", "/up/./x", "dot segment"),
                target("two dots", "/up/a/../x", "dot segment"),
                target("encoded dots", "/up/%2e%2E/x", "dot segment"),
                target("dots with parameters", "/up/..;a=b/x", "dot segment"),
                target("an encoded slash", "/up/a%2fb", "encoded slash"),
                target("an encoded backslash", "/up/a%5Cb", "backslash"),
                target("a backslash", "/up/a\\b", "must be encoded"),
                target("an encoded NUL", "/up/a%00", "control character"),
                target("an encoded newline", "/up/a%0a", "control character"),
                target("encoded twice", "/up/a%252fb", "encoded twice"),
                target("a broken escape", "/up/a%2", "invalid escape"),
                target("an escape without digits", "/up/a%zz", "invalid escape"),
                target("an overlong slash", "/up/a%c0%af", "not UTF-8"),
                target("an encoded surrogate", "/up/a%ed%a0%80", "not UTF-8"),
                target("half a character", "/up/a%c3", "not UTF-8"),
                target("a fragment", "/up/a#b", "must be encoded"),
                target("a fragment in the query", "/up/a?b#c", "must be encoded"),
                target("an empty parameter", "/up/a?b=1&&c=2", "without a name"),
                target("a parameter without a name", "/up/a?=1", "without a name"),
                target("a NUL in the query", "/up/a?b=%00", "NUL"),
                target("a broken escape in the query", "/up/a?b=%4", "invalid escape"),
                Arguments.of("TRACE", "TRACE /up/x HTTP/1.1\r\n" + HOST + "\r\n", "TRACE"),
                Arguments.of("an unknown method", "PURGE /up/x HTTP/1.1\r\n" + HOST + "\r\n", "method"),
                Arguments.of("a lower-case method", "get /up/x HTTP/1.1\r\n" + HOST + "\r\n", "method"),
                Arguments.of(
                        "a compressed body",
                        "POST /up/x HTTP/1.1\r\n" + HOST + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
                        "is truncated"),
                Arguments.of(
                        "a compressed body in two fields",
                        "POST /up/x HTTP/1.1\r\n" + HOST + "Content-Encoding: identity\r\nContent-Encoding: br\r\n\r\n",
                        "compressed"));
    }

    private static Arguments target(String name, String target, String why) {
        return Arguments.of(name, "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n", why);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void anUnsupportedRequestIsRefusedAndTheConnectionStays(String name, String bytes, String why) throws Exception {
        int before = setting.handler.attempts.size();
        try (RawClient client = setting.client()) {
            client.send(named(bytes));
            RawClient.Reply reply = client.reply();
            client.send(setting.request("GET", "/up/after", ""));

            assertThat(reply.status()).as(name).isEqualTo(403);
            assertThat(reply.body()).contains("\"kind\":\"not_understood\"").contains(why);
            assertThat(client.reply().body()).isEqualTo("ok");
        }
        assertThat(setting.handler.attempts).hasSize(before + 1);
    }

    private String named(String bytes) {
        return bytes.replace("HOST", "127.0.0.1:" + setting.address.getPort());
    }
}
