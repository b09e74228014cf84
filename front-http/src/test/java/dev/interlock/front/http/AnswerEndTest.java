package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Credential;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is known of a call once its answer has ended, in each of the ways in which an answer ends. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class AnswerEndTest {

    private static final Credential CREDENTIAL =
            _ -> Optional.of(new Header("authorization", "Bearer " + FakeHandler.REAL));

    private final UpstreamClient client = new UpstreamClient();
    private final List<Upstream.AnswerOutcome> endings = new ArrayList<>();

    @AfterEach
    void close() {
        client.close();
    }

    /** Reads the answer of {@code script} to its end, and returns the failure, if any. */
    private @Nullable IOException read(ScriptedUpstream.Script script) throws IOException {
        return read(script, "/x");
    }

    private @Nullable IOException read(ScriptedUpstream.Script script, String path) throws IOException {
        try (ScriptedUpstream upstream = new ScriptedUpstream(script)) {
            URI address = upstream.address();
            UpstreamExchange passage = client.to(FrontFixture.route(address));
            try (UpstreamAnswer answer = passage.forward(call(address, path), CREDENTIAL)) {
                passage.whenEnded(answer, () -> endings.add(passage.ending(answer)));
                return catchThrowableOfType(IOException.class, () -> {
                    while (answer.next().isPresent()) {
                        continue;
                    }
                });
            }
        }
    }

    private static HttpCall call(URI address, String path) {
        HttpCall call = UpstreamClientTest.call(address, "POST", "x");
        return new HttpCall(call.method(), call.authority(), path, call.query(), call.headers(), call.body());
    }

    /** GraphQL answers errors with status 200 too. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"data\":{\"volumeDelete\":true}};DONE",
                "{\"data\":{\"a\":true,\"b\":null},\"errors\":[{\"message\":\"x\"}]};DONE",
                "{\"errors\":[{\"message\":\"Not Authorized\"}]};FAILED",
                "{\"data\":null,\"errors\":[{\"message\":\"x\"}]};UNKNOWN",
                "{\"data\":{\"volumeDelete\":null},\"errors\":[{\"message\":\"x\"}]};UNKNOWN",
                "{\"errors\":[],\"data\":null};DONE",
            })
    void anAnswerOfErrorsAloneIsNotDone(String body, Receipt.Result result) throws Exception {
        String answer = "HTTP/1.1 200 OK|Content-Length: " + body.length() + "||" + body;
        assertThat(read(saying(answer), "/graphql/v2")).isNull();
        assertThat(ending().result()).isEqualTo(result);
        endings.clear();
        assertThat(read(saying(answer))).isNull();
        assertThat(ending().result()).as("not GraphQL").isEqualTo(Receipt.Result.DONE);
    }

    private static ScriptedUpstream.Script saying(String answer) {
        return line -> {
            line.request();
            line.say(answer.replace("|", "\r\n"));
            line.hangUp();
        };
    }

    private Upstream.AnswerOutcome ending() {
        assertThat(endings).hasSize(1);
        return endings.getFirst();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1 200 OK|Content-Length: 5||12345",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|12345|0||",
        "HTTP/1.1 204 No Content||"
    })
    void aWholeAnswerIsDone(String answer) throws Exception {
        assertThat(read(saying(answer))).isNull();
        assertThat(ending().result()).isEqualTo(Receipt.Result.DONE);
        assertThat(ending().members().flag("complete")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1 200 OK|Content-Length: 500||12345",
        "HTTP/1.1 200 OK|Content-Length: 500000||12345",
        "HTTP/1.1 200 OK|Content-Length: 5||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|12345|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|123"
    })
    void anAnswerThatBreaksOffLeavesTheResultOpen(String answer) throws Exception {
        assertThat(read(saying(answer))).isNotNull();
        assertThat(ending().result()).isEqualTo(Receipt.Result.UNKNOWN);
        assertThat(ending().members().whole("status")).isEqualTo(200);
        assertThat(ending().members().flag("complete")).isFalse();
    }

    @Test
    void aRefusalThatBreaksOffIsStillARefusal() throws Exception {
        assertThat(read(saying("HTTP/1.1 404 Not Found|Content-Length: 500||12345")))
                .isNotNull();
        assertThat(ending().result()).isEqualTo(Receipt.Result.FAILED);
        assertThat(ending().members().flag("complete")).isFalse();
    }

    /** Then nothing tells an end from an interruption. */
    @Test
    void anAnswerUntilTheConnectionClosesIsNotCalledWhole() throws Exception {
        assertThat(read(saying("HTTP/1.1 200 OK||12345"))).isNull();
        assertThat(ending().result()).isEqualTo(Receipt.Result.DONE);
        assertThat(ending().members().get("complete")).isEmpty();
    }

    /** An undo sends a call of the gateway's own. */
    @Test
    void errorsThatAnUndoGetsAreNotDone() throws Exception {
        String errors = "{\"errors\":[{\"message\":\"Not Authorized\"}]}";
        try (ScriptedUpstream upstream =
                new ScriptedUpstream(saying("HTTP/1.1 200 OK|Content-Length: " + errors.length() + "||" + errors))) {
            URI address = upstream.address();
            Upstream<?> passage = client.passage(FrontFixture.route(address), Optional.empty());
            assertThat(outcome(passage, address).result()).isEqualTo(Receipt.Result.FAILED);
        }
    }

    private static <R> Upstream.AnswerOutcome outcome(Upstream<R> passage, URI address) throws IOException {
        return passage.ending(passage.forward(call(address, "/graphql/v2"), CREDENTIAL));
    }

    @Test
    void anAnswerThatNobodyReadsToItsEndIsNotBlamedOnTheUpstream() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.request();
            line.say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n12345");
            line.awaitEnd();
        })) {
            URI address = upstream.address();
            UpstreamExchange passage = client.to(FrontFixture.route(address));
            UpstreamAnswer answer = passage.forward(call(address, "/x"), CREDENTIAL);
            passage.whenEnded(answer, () -> endings.add(passage.ending(answer)));
            assertThat(endings).isEmpty();
            passage.cut();
            answer.close();
            answer.close();
        }
        assertThat(ending().result()).isEqualTo(Receipt.Result.DONE);
        assertThat(ending().members().get("complete")).isEmpty();
    }
}
