package dev.interlock.catalog;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.mcp.JsonRpc;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.catalog.mcp.McpMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fuzzes readings of MCP: no exception may come out, and what is sent reads as the same call. */
class McpFuzzTest {

    /**
     * Reads the input: the first line is a method and header fields as {@code name=value}, separated by blanks. The
     * rest is the body.
     */
    @FuzzTest(maxDuration = "45s")
    void request(byte[] input) {
        int end = 0;
        while (end < input.length && input[end] != '\n') {
            end++;
        }
        String[] words = new String(input, 0, end, StandardCharsets.UTF_8).split(" ", -1);
        List<Header> headers = new ArrayList<>(List.of(new Header("content-type", "application/json")));
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals > 0) {
                headers.add(new Header(words[i].substring(0, equals), words[i].substring(equals + 1)));
            }
        }
        check(new HttpCall(
                words[0],
                "notes.example",
                "/mcp",
                List.of(),
                headers,
                end < input.length ? Bytes.of(Arrays.copyOfRange(input, end + 1, input.length)) : Bytes.empty()));
    }

    private static void check(HttpCall call) {
        McpEnvelope envelope = McpExample.WITH_TASKS.mcp(call).orElseThrow();
        checkMessage(envelope);
        boolean isRead = McpExample.WITH_TASKS.read(call) instanceof CallReading.CallMeaning;
        if (!(McpExample.WITH_TASKS.read(envelope.judged()) instanceof CallReading.CallMeaning meaning)) {
            if (isRead) {
                throw new IllegalStateException("apart from its session, it is not understood any more");
            }
            return;
        }
        if (!isRead) {
            throw new IllegalStateException("apart from its session, it is suddenly understood");
        }
        HttpCall sent = envelope.restored(HttpCall.of(meaning.outgoing()));
        HttpCall judged = envelope.judged();
        if (!envelope.restored(judged)
                .body()
                .equals(envelope.restored(readAnew(judged)).body())) {
            throw new IllegalStateException("what was taken out is put back in another way than by reading it");
        }
        McpEnvelope again = McpExample.WITH_TASKS.mcp(sent).orElseThrow();
        if (!again.id().equals(envelope.id()) || !again.perTry().equals(envelope.perTry())) {
            throw new IllegalStateException("what was taken out is not what was put back");
        }
        if (!(McpExample.WITH_TASKS.read(again.judged()) instanceof CallReading.CallMeaning other
                && other.actions().equals(meaning.actions())
                && other.outgoing().body().equals(meaning.outgoing().body()))) {
            throw new IllegalStateException("written and read again, it is another call");
        }
    }

    /** Returns {@code call} with a blank behind its message, which is no more as Interlock wrote it. */
    private static HttpCall readAnew(HttpCall call) {
        String body = new String(call.body().toArray(), StandardCharsets.UTF_8);
        return new HttpCall(
                call.method(),
                call.authority(),
                call.path(),
                call.query(),
                call.headers(),
                Bytes.utf8(body.isEmpty() ? body : body + ' '));
    }

    /** What is asked about the message is asked about what is judged. */
    private static void checkMessage(McpEnvelope envelope) {
        try {
            if (envelope.message().isPresent()
                    && !McpMessage.read(JsonRpc.read(envelope.judged().body()))
                            .equals(envelope.message().get())) {
                throw new IllegalStateException("what is judged is another message");
            }
        } catch (UnreadableException _) { // so it is refused: a number is too long when it is written out
        }
    }
}
