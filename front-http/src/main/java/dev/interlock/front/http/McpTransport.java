package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Bytes;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Takes messages of MCP apart, and refuses them in the protocol's own form.
 *
 * <p>Threading: any thread may call any method.
 */
final class McpTransport {

    /** The length of a large message, in bytes. Reading one takes many times its length of memory. */
    private static final int LARGE = 1 << 16;

    /** Maximum large messages of one place that wait to be read. */
    private static final int MAX_LARGE_WAITING = 64;

    /** Of the codes that are free for servers (JSON-RPC 2.0 §5.1). No version of MCP uses it. */
    private static final int REFUSED = -32003;

    /** The code for a head that says anything else than the message (2026-07-28). Its status is 400. */
    private static final int HEADER_MISMATCH = -32020;

    /** The metadata in which the result of a refused tool has the problem document. */
    static final String PROBLEM = "dev.interlock/problem";

    /** Limits how many large messages are read at once. Their callers are not yet known. */
    private final FairSemaphore large =
            new FairSemaphore(Math.max(1, Runtime.getRuntime().availableProcessors() - 1), MAX_LARGE_WAITING);

    /**
     * Returns {@code call}, which arrived at {@code place}, without what differs each time that it is sent, if it is a
     * request of MCP.
     *
     * @throws UnreadableRequestException if too many large ones wait to be read
     */
    Optional<McpReader.SeparatedMessage> separated(
            UpstreamRoutes.UpstreamRoute route,
            HttpCall call,
            List<PresentedCredential> presented,
            Optional<String> place)
            throws UnreadableRequestException {
        if (call.body().length() <= LARGE) {
            return route.mcp().separate(call, presented);
        }
        String holder = place.orElse("");
        if (!large.acquire(holder)) {
            throw UnreadableRequestException.outOfMemory();
        }
        try {
            return route.mcp().separate(call, presented);
        } finally {
            large.release(holder);
        }
    }

    /**
     * Returns the answer to a message that is refused: a tool's result, which the model behind the client reads, or an
     * error. Its status is 200, because clients take any other one for a broken connection. Empty if nobody waits for
     * an answer in this form.
     */
    static Optional<ProblemResponse> refusal(
            Optional<McpReader.SeparatedMessage> message, HttpCall call, Refusal refusal, ProblemFacts facts) {
        String accept = call.header("accept").orElse("").strip().toLowerCase(Locale.ROOT);
        return accept.equals(ProblemDetails.PROBLEM)
                ? Optional.empty()
                : message.flatMap(asked -> asked.id().map(id -> refusal(asked, id, refusal, facts)));
    }

    /** Returns the message that refuses {@code message}, after its answer has begun; empty if nobody waits for it. */
    static Optional<Bytes> refusal(McpReader.SeparatedMessage message, Refusal refusal) {
        return message.id()
                .map(id -> refusal(message, id, refusal, ProblemFacts.of("")).body());
    }

    private static ProblemResponse refusal(
            McpReader.SeparatedMessage message, Json id, Refusal refusal, ProblemFacts facts) {
        Json.Members problem = ProblemDetails.members(403, refusal, facts);
        String text = text(refusal, facts);
        Json.Members answer = Json.object().with("jsonrpc", "2.0").with("id", id);
        if (message.isHeadUnlike() && refusal.kind() == Refusal.Kind.NOT_UNDERSTOOD) {
            Bytes unlike = Bytes.of(
                    answer.with("error", error(HEADER_MISMATCH, text, problem)).canonical());
            return new ProblemResponse(400, ProblemDetails.headers("application/json", refusal, facts), unlike);
        }
        Json.Members whole = message.isToolCall()
                ? answer.with("result", result(text, problem))
                : answer.with("error", error(REFUSED, text, problem));
        return new ProblemResponse(
                200, ProblemDetails.headers("application/json", refusal, facts), Bytes.of(whole.canonical()));
    }

    private static Json.Members error(int code, String text, Json.Members problem) {
        return Json.object().with("code", code).with("message", text).with("data", problem);
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
