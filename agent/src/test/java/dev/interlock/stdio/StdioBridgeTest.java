package dev.interlock.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the bridge with a shell script as the server, which answers by what it reads. */
@Timeout(60)
@Tag("process")
final class StdioBridgeTest {

    /** Answers each line that has an identifier with that line's number; some words have it do something else. */
    private static final String SERVER = """
            n=0
            while IFS= read -r line; do
                n=$((n + 1))
                id=$(printf %s "$line" | sed -n 's/.*"id":\\([0-9]*\\).*/\\1/p')
                case $line in
                *question*) echo '{"jsonrpc":"2.0","id":99,"method":"roots/list"}' ;;
                *silence*) continue ;;
                *die*) exit 1 ;;
                *news*) echo '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}' ;;
                *work*) echo '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7}}' ;;
                *long*) head -c 70000000 /dev/zero | tr '\\0' x; continue ;;
                *wide*) head -c 5000000 /dev/zero | tr '\\0' x; echo; continue ;;
                esac
                case $line in *-32601*) refused=yes ;; esac
                [ -n "$id" ] && echo "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":$id,\\"result\\":{\\"line\\":$n,\\"refused\\":\\"$refused\\"}}"
            done
            """;

    private static final String TOKEN = "token";

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final List<Process> started = new CopyOnWriteArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    private StdioBridge bridge;

    @BeforeEach
    void open() throws IOException {
        bridge = StdioBridge.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new StdioBridge.BridgeRules(StdioBridge.digest(TOKEN), 2, Duration.ofMinutes(1)),
                this::start,
                now::get,
                log::add);
    }

    @AfterEach
    void close() {
        bridge.close();
        http.close();
        assertThat(started).noneMatch(Process::isAlive);
    }

    private ServerProgram.RunningProgram start() throws IOException {
        Process process = new ProcessBuilder("/bin/sh", "-c", SERVER).start();
        started.add(process);
        return new ServerProgram.RunningProgram() {
            @Override
            public OutputStream input() {
                return process.getOutputStream();
            }

            @Override
            public InputStream output() {
                return process.getInputStream();
            }

            @Override
            public void close() {
                process.destroyForcibly().onExit().join();
            }
        };
    }

    private HttpResponse<String> send(String method, String token, String session, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridge.port() + "/mcp"))
                .header("Authorization", token);
        if (!session.isEmpty()) {
            request.header("Mcp-Session-Id", session);
        }
        return http.send(
                request.method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String session, String body) throws Exception {
        return send("POST", "Bearer " + TOKEN, session, body);
    }

    private static String request(int id, String method) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\"}";
    }

    private String begin() throws Exception {
        return post("", request(1, "initialize"))
                .headers()
                .firstValue("mcp-session-id")
                .orElseThrow();
    }

    @Test
    void nothingStartsWithoutTheToken() throws Exception {
        String session = begin();
        for (String token : List.of("Bearer other", "Bearer ", "Basic " + TOKEN, TOKEN, "bearer" + TOKEN)) {
            for (String method : List.of("POST", "GET", "DELETE")) {
                assertThat(send(method, token, session, request(2, "tools/list"))
                                .statusCode())
                        .as(method + " " + token)
                        .isEqualTo(401);
            }
            assertThat(send("POST", token, "", request(1, "initialize")).statusCode())
                    .isEqualTo(401);
        }
        assertThat(started).hasSize(1);
        assertThat(post(session, request(2, "tools/list")).body()).contains("\"line\":2");
    }

    @Test
    void itListensOnLoopbackOnly() {
        assertThatThrownBy(() -> StdioBridge.open(
                        new InetSocketAddress("0.0.0.0", 0),
                        new StdioBridge.BridgeRules(StdioBridge.digest(TOKEN), 2, Duration.ofMinutes(1)),
                        this::start,
                        now::get,
                        log::add))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A message with line ends between its tokens is still one line for the server. */
    @Test
    void aMessageIsOneLine() throws Exception {
        String session = begin();
        assertThat(post(session, "{\"jsonrpc\":\"2.0\",\r\n\"id\":2,\n\"method\":\"tools/list\"}\n")
                        .body())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"line\":2,\"refused\":\"\"}}");
        assertThat(post(session, request(3, "tools/list")).body()).contains("\"line\":3");
    }

    @Test
    void whatIsNoMessageReachesNoServer() throws Exception {
        String session = begin();
        for (String body : List.of(
                "",
                "[]",
                "[" + request(2, "tools/list") + "]",
                "{\"jsonrpc\":\"1.0\",\"id\":2,\"method\":\"x\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"x\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"id\":3,\"method\":\"x\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}",
                request(2, "tools/list") + request(3, "tools/list"))) {
            assertThat(post(session, body).statusCode()).as(body).isEqualTo(400);
        }
        assertThat(post(session, "x".repeat((2 << 20) + 1)).statusCode()).isEqualTo(413);
        assertThat(post(session, request(2, "tools/list")).body()).contains("\"line\":2");
    }

    @Test
    void sessionsAreApartAndEnd() throws Exception {
        String one = begin();
        String other = begin();
        assertThat(one).isNotEqualTo(other);
        assertThat(started).hasSize(2);
        assertThat(post("", request(2, "tools/list")).statusCode()).isEqualTo(400);
        assertThat(post(one + "0", request(2, "tools/list")).statusCode()).isEqualTo(404);
        assertThat(send("DELETE", "Bearer " + TOKEN, one, "").statusCode()).isEqualTo(204);
        assertThat(started.getFirst().isAlive()).isFalse();
        assertThat(post(one, request(2, "tools/list")).statusCode()).isEqualTo(404);
        assertThat(post(other, request(2, "tools/list")).body()).contains("\"line\":2");
    }

    @Test
    void unusedSessionsMakeRoomAndEnd() throws Exception {
        String first = begin();
        now.set(Instant.EPOCH.plusSeconds(1));
        String second = begin();
        now.set(Instant.EPOCH.plusSeconds(2));
        String third = begin();
        assertThat(post(first, request(2, "tools/list")).statusCode())
                .as("the longest unused")
                .isEqualTo(404);
        assertThat(post(second, request(2, "tools/list")).statusCode()).isEqualTo(200);
        now.set(Instant.EPOCH.plusSeconds(63));
        assertThat(post(third, request(2, "tools/list")).statusCode()).isEqualTo(200);
        bridge.endIdle();
        assertThat(post(second, request(3, "tools/list")).statusCode()).isEqualTo(404);
        assertThat(post(third, request(3, "tools/list")).statusCode()).isEqualTo(200);
    }

    /** Nobody knows what it did of the request. Any answer would say that it is done. */
    @Test
    void aServerThatDiesBreaksTheConnection() throws Exception {
        String session = begin();
        assertThatThrownBy(() -> post(session, request(2, "die"))).isInstanceOf(IOException.class);
        assertThat(post(session, request(3, "tools/list")).statusCode()).isEqualTo(404);
        String other = begin();
        assertThatThrownBy(() -> post(other, request(2, "long")))
                .as("a line without end")
                .isInstanceOf(IOException.class);
        assertThat(started.getLast().onExit().join().isAlive()).isFalse();
    }

    /** The gateway itself reads the file that a call overwrites. The session's files may be nowhere else. */
    @Test
    void anAnswerThatIsTooLongEndsNoSession() throws Exception {
        String session = begin();
        assertThatThrownBy(() -> post(session, request(2, "wide"))).isInstanceOf(IOException.class);
        assertThat(post(session, request(3, "tools/list")).body()).contains("\"line\":3");
        assertThat(started).hasSize(1);
    }

    @Test
    void progressComesWithTheAnswerAndNewsOnTheStream() throws Exception {
        String session = begin();
        HttpResponse<String> worked = post(
                session,
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"work\",\"params\":{\"_meta\":{\"progressToken\":7}}}");
        assertThat(worked.headers().firstValue("content-type")).contains("text/event-stream");
        assertThat(worked.body().lines().filter(line -> line.startsWith("data: ")))
                .hasSize(2)
                .last()
                .asString()
                .contains("\"id\":2");
        HttpResponse<InputStream> stream = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridge.port() + "/mcp"))
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Mcp-Session-Id", session)
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(send("GET", "Bearer " + TOKEN, session, "").statusCode())
                .as("a second stream")
                .isEqualTo(409);
        post(session, request(3, "news"));
        StringBuilder said = new StringBuilder();
        while (said.indexOf("list_changed\"}\n\n") < 0) {
            said.append((char) stream.body().read());
        }
        stream.body().close();
    }

    /** A client that has left without a word is still listened for; the next one must not look for a broken program. */
    @Test
    void whoFindsNoPlaceLearnsWhy() throws Exception {
        List<InputStream> streams = new ArrayList<>();
        for (String session : List.of(begin(), begin())) {
            streams.add(http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridge.port() + "/mcp"))
                                    .header("Authorization", "Bearer " + TOKEN)
                                    .header("Mcp-Session-Id", session)
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream())
                    .body());
        }
        HttpResponse<String> refused = post("", request(1, "initialize"));
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("All its sessions are in use, at most 2", "try again");
        assertThat(started).hasSize(2);
        for (InputStream stream : streams) {
            stream.close();
        }
    }

    /** No answer of anybody to a server's question counts as a person's. */
    @Test
    void aServersQuestionIsRefused() throws Exception {
        String session = begin();
        post(session, request(2, "question"));
        assertThat(post(session, request(3, "tools/list")).body()).contains("\"refused\":\"yes\"");
    }
}
