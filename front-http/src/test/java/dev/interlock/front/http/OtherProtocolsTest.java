package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http2.Http2Headers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests other protocols over HTTP: they are refused by name, in a form that their clients understand. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class OtherProtocolsTest {

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws Exception {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws Exception {
        assertThat(setting.handler.attempts).isEmpty();
        assertThat(upstream.requests).isEmpty();
        assertThat(setting.unread).isNotEmpty();
        setting.close();
        upstream.close();
    }

    private Http2Headers grpc() {
        return StreamClient.head("POST", "/up/pkg.Service/Method", setting.address)
                .add("content-type", "application/grpc+proto")
                .add("te", "trailers")
                .add("authorization", "Bearer stray");
    }

    @Test
    void grpcIsRefusedWithTrailersOnly() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.Reply reply = client.send(grpc(), "\0\0\0\0\0");
            assertThat(reply.status()).isEqualTo("200");
            assertThat(reply.body()).isEmpty();
            assertThat(reply.headers().get("content-type")).hasToString("application/grpc");
            assertThat(reply.headers().get("grpc-status")).hasToString("12");
            assertThat(reply.headers().get("grpc-message")).asString().contains("gRPC is not supported");
            assertThat(reply.headers().get("interlock-receipt")).hasToString("R-front");
            assertThat(setting.unread.getFirst().presented()).hasSize(1);
        }
    }

    /**
     * The specification's Trailers-Only form: one header frame that ends the stream. Clients take two for a broken
     * call.
     */
    @Test
    void theTrailersEndTheStream() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            assertThat(client.send(grpc(), "\0\0\0\0\0").endedByHead()).isTrue();
        }
    }

    /** A streaming client ends its body only after it has received something. */
    @Test
    void aStreamThatNeverEndsIsRefusedAtOnce() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending = client.begin().head(grpc(), false);
            assertThat(sending.reply.get().headers().get("grpc-status")).hasToString("12");
            assertThat(client.begin().head(grpc(), false).reply.get().status()).isEqualTo("200");
        }
    }

    @Test
    void otherFaultsOfACallOfGrpcHaveItsFormToo() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.Reply reply = client.begin()
                    .head(grpc().add("upgrade", "tea"), false)
                    .reply
                    .get();
            assertThat(reply.headers().get("grpc-status")).hasToString("12");
            assertThat(reply.headers().get("grpc-message")).asString().doesNotContain("gRPC");
        }
    }

    /** Without {@code Connection}, {@code TE} in HTTP/1.1 looks as it does in HTTP/2. */
    @Test
    void trailersInHttp1MakeNoCallOfGrpc() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                    "POST", "/up/x", "Content-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 0\r\n"));
            RawClient.Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.body()).contains("gRPC is not supported");
        }
    }

    @Test
    @Tag("process")
    void grpcInHttp1AndGrpcWebGetAProblem() throws Exception {
        for (String type : List.of("application/grpc", "application/grpc-web+proto", "Application/gRPC-Web-Text")) {
            try (RawClient client = setting.client()) {
                client.send(setting.request("POST", "/up/x", "Content-Type: " + type + "\r\nContent-Length: 0\r\n"));
                RawClient.Reply reply = client.reply();
                assertThat(reply.status()).isEqualTo(403);
                assertThat(reply.body()).contains("gRPC is not supported").contains("not_understood");
            }
        }
        List<String> said = curl("-H", "Content-Type: application/grpc", "-d", "x");
        assertThat(said).anyMatch(line -> line.contains("gRPC is not supported"));
    }

    private List<String> curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20", "--http2-prior-knowledge"));
        command.addAll(List.of(arguments));
        command.add("http://127.0.0.1:" + setting.address.getPort() + "/up/x");
        Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = curl.inputReader().readAllLines();
        curl.waitFor();
        return lines;
    }

    @Test
    void aWebSocketIsRefusedByName() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertThatThrownBy(() -> client.newWebSocketBuilder()
                            .buildAsync(
                                    URI.create("ws://127.0.0.1:" + setting.address.getPort() + "/up/x"),
                                    new WebSocket.Listener() {})
                            .join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            WebSocketHandshakeException.class,
                            e -> assertThat(e.getResponse().statusCode()).isEqualTo(400));
        }
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                    "GET",
                    "/up/x",
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
            assertThat(client.reply().body()).contains("WebSocket").contains("HTTP API");
        }
        try (StreamClient client = new StreamClient(setting.address)) {
            assertThat(client.send(
                                    StreamClient.head("CONNECT", "/up/x", setting.address)
                                            .add(":protocol", "websocket"),
                                    "")
                            .body())
                    .contains("WebSocket");
        }
    }
}
