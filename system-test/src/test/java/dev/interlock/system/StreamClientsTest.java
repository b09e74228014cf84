package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests HTTP/2 of real clients, over TLS, before an upstream that records its requests. */
@Timeout(300)
@Tag("process")
final class StreamClientsTest {

    /** Longer than the bodies that are stored. */
    private static final int LONG = 3 * 1024 * 1024;

    @TempDir
    private static Path root;

    private static ReferenceServers witnesses;
    private static ServiceGatewayInstallation house;
    private static HttpClient http;

    private static FrontCertificate certificate;

    /** The clients. */
    enum Client {
        CURL,
        NODE,
        JDK
    }

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(ReferenceServers.installed(), "nginx and Node are not installed");
        assumeTrue(Programs.has("curl") && Programs.has("openssl"), "curl and openssl are not installed");
        Path home = Files.createDirectory(root.resolve("house"));
        certificate = FrontCertificate.in(home);
        witnesses = new ReferenceServers(Files.createDirectory(root.resolve("witnesses")));
        house = ReferenceServers.house(home, witnesses, "tls: {certificate: front.pem, key: front.key}");
        http = HttpClient.newBuilder().sslContext(certificate.trusting()).build();
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            http.shutdownNow();
            http.close();
            house.close();
        }
        if (witnesses != null) {
            witnesses.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReadIsForwarded(Client client) throws Exception {
        int before = witnesses.seen("node").size();
        assertThat(ask(client, "GET", "/node/items/i-1", 0)).contains("200").contains("{\"ok\":true}");
        assertThat(since(before))
                .singleElement()
                .satisfies(seen -> assertThat(seen.method() + " " + seen.path()).isEqualTo("GET /items/i-1"));
    }

    @ParameterizedTest
    @EnumSource
    void aDeletionIsRefused(Client client) throws Exception {
        int before = witnesses.seen("node").size();
        assertThat(ask(client, "DELETE", "/node/items/i-1", 0)).contains("403").contains("\"kind\":\"denied\"");
        assertThat(ask(client, "GET", "/node/items/i-1", 0)).contains("200");
        assertThat(since(before))
                .extracting(ReferenceServers.ParsedRequest::method)
                .containsExactly("GET");
    }

    @ParameterizedTest
    @EnumSource
    void aLongBodyArrivesWhole(Client client) throws Exception {
        int before = witnesses.seen("node").size();
        assertThat(ask(client, "POST", "/node/items/i-1/file", LONG)).contains("200");
        assertThat(since(before)).singleElement().satisfies(seen -> {
            assertThat(seen.fault()).isEmpty();
            assertThat(seen.sha256()).isEqualTo(Bytes.of(body()).sha256());
        });
    }

    @ParameterizedTest
    @EnumSource
    void aCancelledCallIsCutOffUpstreamAndUnknown(Client client) throws Exception {
        int before = witnesses.seen("node").size();
        int begun = witnesses.begun();
        try (StartedUpload upload = begin(client)) {
            Programs.await("the upload has begun", () -> witnesses.begun() > begun);
            upload.cancel();
            Programs.await("it ended upstream", () -> witnesses.seen("node").size() > before);
        }
        assertThat(since(before))
                .singleElement()
                .satisfies(seen -> assertThat(seen.fault()).isEqualTo("broken off"));
        Programs.await("its outcome is on record", () -> newest("outcome").equals("unknown"));
        assertThat(ask(client, "GET", "/node/items/i-1", 0)).contains("200");
    }

    private static String newest(String kind) throws Exception {
        return house.admin().call("receipts", Json.object().with("limit", 10)).items("receipts").stream()
                .map(Json.Members.class::cast)
                .filter(receipt -> receipt.text("kind").equals(kind))
                .map(receipt -> receipt.text("result"))
                .findFirst()
                .orElse("");
    }

    private static List<ReferenceServers.ParsedRequest> since(int before) throws IOException {
        List<ReferenceServers.ParsedRequest> all = witnesses.seen("node");
        return all.subList(before, all.size());
    }

    private static byte[] body() {
        byte[] body = new byte[LONG];
        Arrays.fill(body, (byte) 'x');
        return body;
    }

    private static String url() {
        return "https://localhost:" + house.port();
    }

    private static String ask(Client client, String method, String path, int length) throws Exception {
        return switch (client) {
            case CURL -> {
                Process curl = curl(method, path, length);
                try (OutputStream in = curl.getOutputStream()) {
                    in.write(body(), 0, length);
                }
                String said = said(curl);
                assertThat(said).as("over HTTP/2").contains("\n2 ");
                yield said;
            }
            case NODE -> said(node(method, path, length));
            case JDK -> {
                HttpRequest.BodyPublisher body = length == 0
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofByteArray(body());
                HttpResponse<String> answer =
                        http.send(request(method, path, body), HttpResponse.BodyHandlers.ofString());
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                yield answer.statusCode() + " " + answer.body();
            }
        };
    }

    private static HttpRequest request(String method, String path, HttpRequest.BodyPublisher body) {
        return HttpRequest.newBuilder(URI.create(url() + path))
                .header("Authorization", "Bearer " + house.lease())
                .header("Content-Type", "application/octet-stream")
                .method(method, body)
                .build();
    }

    private static Process curl(String method, String path, int length) throws IOException {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "60", "--http2", "-X", method));
        command.addAll(List.of("--cacert", certificate.file().toString(), "-w", "\n%{http_version} %{http_code}"));
        command.addAll(List.of("-H", "Authorization: Bearer " + house.lease()));
        if (length > 0) {
            command.addAll(List.of("-H", "Content-Type: application/octet-stream", "-T", "-"));
            command.addAll(List.of("-H", "Content-Length: " + length, "-H", "Expect:"));
        }
        command.add(url() + path);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static Process node(String method, String path, int length, String... more) throws Exception {
        Path script = root.resolve("client.js");
        if (!Files.exists(script)) {
            try (InputStream in = StreamClientsTest.class.getResourceAsStream("witness/client.js")) {
                Files.copy(in, script);
            }
        }
        List<String> command =
                new ArrayList<>(List.of("node", script.toString(), url(), method, path, Integer.toString(length)));
        command.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LEASE", house.lease());
        builder.environment().put("CA", certificate.file().toString());
        return builder.start();
    }

    private static String said(Process process) throws Exception {
        String all = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        process.waitFor();
        return all;
    }

    /** An upload of which half has been sent. */
    private interface StartedUpload extends AutoCloseable {
        void cancel() throws Exception;

        @Override
        void close() throws Exception;
    }

    private static StartedUpload begin(Client client) throws Exception {
        String path = "/node/items/i-1/file";
        return switch (client) {
            case CURL -> {
                Process curl = curl("POST", path, LONG);
                curl.getOutputStream().write(body(), 0, LONG / 2);
                curl.getOutputStream().flush();
                yield of(curl, () -> {});
            }
            case NODE -> {
                Process node = node("POST", path, LONG, "cancel");
                yield of(node, () -> {
                    node.getOutputStream().write('\n');
                    node.getOutputStream().flush();
                    node.waitFor();
                });
            }
            case JDK -> {
                PipedOutputStream out = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(out, LONG);
                out.write(body(), 0, LONG / 2);
                HttpRequest.BodyPublisher half = HttpRequest.BodyPublishers.fromPublisher(
                        HttpRequest.BodyPublishers.ofInputStream(() -> in), LONG);
                CompletableFuture<?> answer =
                        http.sendAsync(request("POST", path, half), HttpResponse.BodyHandlers.ofString());
                yield new StartedUpload() {
                    @Override
                    public void cancel() {
                        answer.cancel(true);
                    }

                    @Override
                    public void close() throws IOException {
                        out.close();
                    }
                };
            }
        };
    }

    private interface Step {
        void take() throws Exception;
    }

    private static StartedUpload of(Process process, Step first) {
        return new StartedUpload() {
            @Override
            public void cancel() throws Exception {
                first.take();
                close();
            }

            @Override
            public void close() {
                process.destroyForcibly().onExit().join();
            }
        };
    }
}
