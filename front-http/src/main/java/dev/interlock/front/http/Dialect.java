package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The wire form in which a client reads that its request is refused. */
sealed interface Dialect {

    Dialect PLAIN = new Plain();

    /** Returns the answer that refuses a request. */
    ProblemResponse refusal(Refusal refusal, ProblemFacts facts);

    /** Returns the form for a request that became no attempt. */
    static Dialect of(RequestHead head) {
        return Grpc.isSpoken(head) ? new Grpc() : PLAIN;
    }

    /** Returns the form for an attempt. A client of MCP or of Git may ask for problem details instead. */
    static Dialect of(AttemptReader.RequestReading.AttemptRequest understood) {
        HttpCall call = HttpCall.of(understood.attempt().call());
        if (PushAnswers.isForGit(understood.route(), call)) {
            return new Git(understood.route(), call);
        }
        String accept = call.header("accept").orElse("");
        Optional<McpReader.SeparatedMessage> message = understood
                .mcp()
                .filter(asked -> asked.id().isPresent() && !accept.strip().equalsIgnoreCase(ProblemDetails.PROBLEM));
        if (message.isPresent()) {
            return new Mcp(message.get());
        }
        return understood.route().graphql().test(call.path()) ? new Graphql(accept) : PLAIN;
    }

    /** Problem details (RFC 9457). */
    record Plain() implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return ProblemDetails.plain(403, refusal, facts);
        }
    }

    /** A response of GraphQL without data, to a client that accepts {@code accept}. */
    record Graphql(String accept) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return ProblemDetails.graphql(refusal, facts, accept);
        }
    }

    /** An error or a tool's result, for a client of MCP that waits for one. */
    record Mcp(McpReader.SeparatedMessage message) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return McpTransport.refusal(message, refusal, facts).orElseGet(() -> PLAIN.refusal(refusal, facts));
        }
    }

    /** A text that Git's clients print. */
    record Git(UpstreamRoutes.UpstreamRoute route, HttpCall call) implements Dialect {
        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            return PushAnswers.refusal(route, call, refusal, facts).orElseGet(() -> PLAIN.refusal(refusal, facts));
        }
    }

    /** Trailers alone. The status is 200, as gRPC requires; the trailers hold the result. */
    record Grpc() implements Dialect {

        private static final String TYPE = "application/grpc";

        /** Neither a missing permission nor a temporary state: client libraries retry other codes by themselves. */
        private static final String UNIMPLEMENTED = "12";

        /** Returns whether the body is for gRPC or gRPC-Web. */
        static boolean isMeant(RequestHead head) {
            return head.values("content-type").stream()
                    .anyMatch(type -> type.toLowerCase(Locale.ROOT).startsWith(TYPE));
        }

        /** Returns whether gRPC itself is used: only HTTP/2 has {@code te} without {@code connection}. */
        static boolean isSpoken(RequestHead head) {
            return isMeant(head) && head.values("te").contains("trailers") && !head.has("connection");
        }

        @Override
        public ProblemResponse refusal(Refusal refusal, ProblemFacts facts) {
            List<Header> headers = new ArrayList<>();
            headers.add(new Header("content-type", TYPE));
            headers.add(new Header("grpc-status", UNIMPLEMENTED));
            headers.add(new Header("grpc-message", encoded(refusal.reason() + " Next: " + refusal.next())));
            if (!facts.receipt().isEmpty()) {
                headers.add(new Header("interlock-receipt", facts.receipt()));
            }
            return new ProblemResponse(200, headers, Bytes.empty());
        }

        private static String encoded(String message) {
            StringBuilder text = new StringBuilder();
            for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
                text.append(b >= ' ' && b <= '~' && b != '%' ? String.valueOf((char) b) : "%%%02X".formatted(b & 0xff));
            }
            return text.toString();
        }
    }
}
