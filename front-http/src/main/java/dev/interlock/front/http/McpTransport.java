package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Bytes;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Takes messages of MCP apart, and refuses them in the protocol's own form. Threading: any thread may call any method.
 */
final class McpTransport {

    /** The length of a large message, in bytes. Reading one takes many times its length of memory. */
    private static final int LARGE = 1 << 16;

    private static final int MAX_LARGE_WAITING = 64;
    /** Interlock's own error. Its code is one of those that are free for servers (JSON-RPC 2.0 §5.1). */
    private static final McpError OWN = new McpError(200, -32003, Json.object());

    static final String PROBLEM = "dev.interlock/problem";

    /** Limits how many large messages are read at once. Their callers are not yet known. */
    private final FairSemaphore large = FairSemaphore.ofReadings(MAX_LARGE_WAITING);

    /** Returns {@code call} without what differs each time. Throws if too many large messages wait to be read. */
    Optional<McpReader.SeparatedMessage> separated(
            UpstreamRoutes.UpstreamRoute route,
            HttpCall call,
            List<PresentedCredential> presented,
            Optional<String> place)
            throws UnreadableRequestException {
        if (call.body().length() <= LARGE) {
            return route.mcp().separate(call, place, presented);
        }
        String holder = place.orElse("");
        if (!large.acquire(holder)) {
            throw UnreadableRequestException.outOfMemory();
        }
        try {
            return route.mcp().separate(call, place, presented);
        } finally {
            large.release(holder);
        }
    }

    /**
     * Returns the answer to a message that is refused: the error that the protocol has for it, or else a tool's result,
     * which the model behind the client reads, or an error of Interlock's own. These two have the status 200, because
     * clients take any other one for a broken connection.
     */
    static ProblemResponse refusal(McpReader.SeparatedMessage message, Json id, Refusal refusal, ProblemFacts facts) {
        Json.Members problem = ProblemDetails.members(403, refusal, facts);
        String text = text(refusal, facts);
        Json.Members answer = Json.object().with("jsonrpc", "2.0").with("id", id);
        McpError error = message.error(refusal).orElse(OWN);
        Json.Members whole = message.isToolCall() && error.equals(OWN)
                ? answer.with("result", result(text, problem))
                : answer.with("error", error(error, text, problem));
        return new ProblemResponse(
                error.status(),
                ProblemDetails.headers("application/json", refusal, facts),
                Bytes.of(whole.canonical()));
    }

    /** Returns the message that refuses {@code message}, after its answer has begun; empty if nobody waits for it. */
    static Optional<Bytes> refusal(McpReader.SeparatedMessage message, Refusal refusal) {
        return message.id()
                .map(id -> refusal(message, id, refusal, ProblemFacts.of("")).body());
    }

    /** Returns a notification of progress. Its number grows towards zero, so that the server's own are greater. */
    static Bytes progress(Json token, String sentence, Duration left) {
        Json.Members params = Json.object()
                .with("progressToken", token)
                .with("progress", -left.toSeconds())
                .with("message", ProblemDetails.text("Interlock: " + sentence));
        return Bytes.of(Json.object()
                .with("jsonrpc", "2.0")
                .with("method", "notifications/progress")
                .with("params", params)
                .canonical());
    }

    private static Json.Members error(McpError error, String text, Json.Members problem) {
        Json.Members data = problem;
        for (Map.Entry<String, Json> detail : error.details().members().entrySet()) {
            data = data.with(detail.getKey(), detail.getValue());
        }
        return Json.object().with("code", error.code()).with("message", text).with("data", data);
    }

    // Not in `structuredContent`: clients check that by the schema of the tool's own results, and would show their
    // complaint about it in place of the text.
    private static Json.Members result(String text, Json.Members problem) {
        return Json.object()
                .with("resultType", "complete")
                .withItems(
                        "content", Stream.of(Json.object().with("type", "text").with("text", text)))
                .with("isError", true)
                .with("_meta", Json.object().with(PROBLEM, problem));
    }

    private static String text(Refusal refusal, ProblemFacts facts) {
        StringBuilder text =
                new StringBuilder("Interlock (").append(refusal.kind().word()).append("): ");
        text.append(refusal.reason()).append(" Next: ").append(refusal.next());
        facts.hold()
                .filter(hold -> text.indexOf(hold) < 0)
                .ifPresent(hold -> text.append(" Hold ").append(hold).append('.'));
        if (!facts.receipt().isEmpty()) {
            text.append(" Receipt ").append(facts.receipt()).append('.');
        }
        return ProblemDetails.text(text.toString());
    }
}
