package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt.PresentedCredential;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the credentials of an unreadable and therefore refused request are still checked, and raise alerts. */
@Timeout(300)
class RefusedCredentialsTest {

    private static final String TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a";
    private static final String HOST = "Host: localhost\r\n";
    private static final String CARRIED = "Authorization: Bearer " + TOKEN + "\r\n";

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws Exception {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws Exception {
        setting.close();
        upstream.close();
    }

    private List<PresentedCredential> presentedBy(String bytes) throws Exception {
        try (RawClient client = setting.client()) {
            client.send(bytes);
            assertThat(client.reply().status()).isIn(400, 403);
        }
        while (setting.unread.isEmpty()) {
            LockSupport.parkNanos(1_000_000);
        }
        return setting.unread.getFirst().presented();
    }

    private static String text(PresentedCredential presented) {
        return presented.secret().use(text -> text);
    }

    static Stream<Arguments> heads() {
        String read = "GET /up/x HTTP/1.1\r\n";
        return Stream.of(
                Arguments.of("an upgrade", read + HOST + CARRIED + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
                Arguments.of("two lengths", read + HOST + CARRIED + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
                Arguments.of(
                        "a length and chunks",
                        "POST /up/x HTTP/1.1\r\n" + HOST + CARRIED
                                + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
                Arguments.of(
                        "a bad chunk",
                        "POST /up/x HTTP/1.1\r\n" + HOST + CARRIED + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
                Arguments.of("a folded line", read + HOST + CARRIED + "X: y\r\n z\r\n\r\n"),
                Arguments.of("a bare LF", read + HOST + CARRIED + "X: y\nZ: z\r\n\r\n"),
                Arguments.of("a bare LF before it", read + HOST + "X: y\n" + CARRIED + "\r\n"),
                Arguments.of("a NUL", read + HOST + CARRIED + "X: \0\r\n\r\n"),
                Arguments.of("a blank before the colon", read + HOST + CARRIED.replace(":", " :") + "\r\n"),
                Arguments.of("another version", "GET /up/x HTTP/1.0\r\n" + HOST + CARRIED + "\r\n"),
                Arguments.of("an unknown expectation", read + HOST + CARRIED + "Expect: more\r\n\r\n"),
                Arguments.of("no Host", read + CARRIED + "\r\n"),
                Arguments.of("an empty line first", "\r\n" + read + HOST + CARRIED + "\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("heads")
    void aCredentialInARefusedRequestIsReported(String name, String bytes) throws Exception {
        assertThat(presentedBy(bytes)).as(name).anySatisfy(one -> {
            assertThat(one.carrier()).isEqualTo("header authorization");
            assertThat(text(one)).isEqualTo(TOKEN);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET https://x:TOKEN@api.example.com/x HTTP/1.1\r\nHost: api.example.com",
                "GET http://TOKEN@api.example.com/x HTTP/1.1\r\nHost: api.example.com",
                "GET http://TOKEN:x-oauth-basic@api.example.com:8080/ HTTP/1.1\r\nHost: api.example.com:8080",
                "GET http://x:TOKEN@127.0.0.1?a=b HTTP/1.1\r\nHost: 127.0.0.1",
                "GET http://a@b:TOKEN@api.example.com#x HTTP/1.1\r\nHost: api.example.com",
                "GET http://x:gh%70_16C7e42F292c6912E7710c838347Ae178B4a@api.example.com/ HTTP/1.1\r\n"
                        + "Host: api.example.com",
                "GET //x:TOKEN@api.example.com/ HTTP/1.1\r\nHost: localhost",
                "GET ftp://x:TOKEN@api.example.com/ HTTP/1.1\r\nHost: localhost",
                "GET /up/x HTTP/1.1\r\nHost: x:TOKEN@localhost",
                "CONNECT TOKEN@api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443",
                "CONNECT x:TOKEN@api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443",
                "CONNECT x:TOKEN@api.example.com HTTP/1.1\r\nHost: api.example.com",
                "CONNECT TOKEN@127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443"
            })
    void aCredentialInUserInformationIsReportedAndNotSent(String head) throws Exception {
        assertThat(presentedBy(head.replace("TOKEN", TOKEN) + "\r\n\r\n")).anySatisfy(one -> {
            assertThat(one.carrier()).startsWith("userinfo");
            assertThat(text(one)).endsWith(TOKEN);
        });
        assertThat(setting.unread.getFirst().refusal().toString()).doesNotContain(TOKEN);
    }

    /** An agent's text may trigger a bug of ours: it gets an answer, and its credential is still checked. */
    @ParameterizedTest
    @ValueSource(strings = {"deep", "broken"})
    void aCredentialInAMalformedRequestIsReported(String route) throws Exception {
        assertThat(presentedBy("GET /" + route + "/x HTTP/1.1\r\nHost: localhost:" + setting.address.getPort()
                        + "\r\nAuthorization: Bearer " + TOKEN
                        + "\r\n\r\n"))
                .singleElement()
                .satisfies(one -> assertThat(text(one)).endsWith(TOKEN));
        assertThat(setting.unread.getFirst().refusal().reason()).startsWith("Interlock failed");
    }

    @Test
    void aPasswordIsNotTakenForAPort() throws Exception {
        presentedBy("GET https://x:" + TOKEN + "@api.example.com/x HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
        assertThat(setting.unread.getFirst().refusal().reason()).contains("user information");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/up/@scope/name", "/up/x?to=a@b", "/up/x"})
    void onlyAnAuthorityHasUserInformation(String target) {
        assertThat(CredentialCarriers.userinfo(new RequestHead("GET", target, List.of())))
                .isEmpty();
    }

    @Test
    void thePreviousRequestsCredentialsAreNotReported() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", CARRIED)).reply();
            client.send("nothing that is read\r\n\r\n").reply();
        }
        assertThat(setting.unread)
                .singleElement()
                .satisfies(unread -> assertThat(unread.presented()).isEmpty());
    }

    @Test
    void credentialsInHttp2HeadsAreReported() throws Exception {
        DefaultHttp2Headers fields = new DefaultHttp2Headers(false);
        fields.method("GET").scheme("https").path("/x").authority("x:" + TOKEN + "@api.example.com");
        fields.add("Connection", "close");
        fields.add("authorization", "Bearer " + TOKEN);
        RequestHead seen = StreamHead.readMalformed(fields);
        assertThat(AttemptReader.presented(seen, FrontListener.ofPlace("place-1")))
                .extracting(PresentedCredential::carrier)
                .containsExactly("header authorization", "userinfo user", "userinfo password");
    }

    /** Any bytes are checked without an exception. */
    @Test
    void everyOddHeadIsScanned() {
        for (String odd :
                List.of("", ":", "\r\n", "a", "a:", "//", "CONNECT", "CONNECT @", "GET //@ x\r\n@:@", "\0:\0")) {
            RequestHead seen = HeadReader.readMalformed(odd.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(AttemptReader.presented(seen, FrontListener.ofPlace("place-1")))
                    .isNotNull();
        }
    }
}
