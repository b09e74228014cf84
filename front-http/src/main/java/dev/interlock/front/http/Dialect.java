package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import java.util.List;
import java.util.Optional;

/** The wire form in which a client reads that its request is refused. */
sealed interface Dialect {

    ProblemResponse refusal(Refusal refusal, ProblemFacts facts);

    /** Returns the form for a request that became no attempt, with {@code status} in plain HTTP. */
    static Dialect of(Optional<RequestHead> head, ClientWriter client, int status) {
        return head.filter(read -> read.isGrpc() && read.values("te").contains("trailers") && client.isStream())
                .<Dialect>map(_ -> new Grpc())
                .orElseGet(() -> new Plain(status));
    }

    /** Returns the form for an attempt. A client of MCP or of Git may ask for problem details instead. */
    static Dialect of(AttemptReader.RequestReading.AttemptRequest understood) {
        HttpCall call = HttpCall.of(understood.attempt().call());
        if (PushAnswers.isForGit(understood.route(), call)) {
            return new Git(understood.route(), call);
        }
        String accept = call.header("accept").orElse("");
        Dialect http = understood.route().graphql().test(call.path()) ? new Graphql(accept) : new Plain(403);
        return accept.strip().equalsIgnoreCase(ProblemDetails.PROBLEM)
                ? http
                : understood
                        .mcp()
                        .flatMap(message -> message.id()
                                .<Dialect>map(id -> new Mcp(message, id, accept.contains(ToolAnswers.EVENTS))))
                        .orElse(http);
    }

    /** Problem details (RFC 9457). */
    record Plain(int status) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return ProblemDetails.plain(status, refusal, facts);
        }
    }

    /** A response without data, to a client that accepts {@code accept}. */
    record Graphql(String accept) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return refusal.isPersistedQuery()
                    ? ProblemDetails.persistedQuery(refusal, facts, accept)
                    : ProblemDetails.graphql(refusal, facts, accept);
        }
    }

    /** An error or a tool's result. */
    record Mcp(McpReader.SeparatedMessage message, Json id, boolean acceptsEvents) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return McpTransport.refusal(message, id, refusal, facts);
        }
    }

    /** A text that Git's clients print. */
    record Git(UpstreamRoutes.UpstreamRoute route, HttpCall call) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return PushAnswers.refusal(route, call, refusal, facts)
                    .orElseGet(() -> ProblemDetails.plain(403, refusal, facts));
        }
    }

    /** Trailers alone, with the code "unimplemented": client libraries retry other codes by themselves. */
    record Grpc() implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            String message = refusal.reason() + " Next: " + refusal.next();
            List<Header> headers = ProblemDetails.headers("application/grpc", facts.receipt());
            headers.add(new Header("grpc-status", "12"));
            headers.add(
                    new Header("grpc-message", PercentEncoding.encode(message, c -> c >= ' ' && c <= '~' && c != '%')));
            return new ProblemResponse(200, headers, Bytes.empty());
        }
    }
}
