package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Detects gRPC requests, and writes a refusal in the form that their clients read. */
final class Grpc {

    private static final String TYPE = "application/grpc";

    /**
     * A code for neither a missing permission nor a temporary state: client libraries retry other codes by themselves.
     */
    private static final String UNIMPLEMENTED = "12";

    private Grpc() {}

    /** Returns whether the body is for gRPC or gRPC-Web. */
    static boolean isMeant(RequestHead head) {
        return head.values("content-type").stream()
                .anyMatch(type -> type.toLowerCase(Locale.ROOT).startsWith(TYPE));
    }

    /** Returns whether gRPC itself is used: only HTTP/2 has {@code te} without {@code connection}. */
    static boolean isSpoken(RequestHead head) {
        return isMeant(head) && head.values("te").contains("trailers") && !head.has("connection");
    }

    /**
     * Returns an answer that consists of trailers alone. Its status is 200, as the protocol requires; the trailers hold
     * the result.
     */
    static ProblemDetails.ProblemResponse problem(Refusal refusal, String receipt) {
        List<Header> headers = new ArrayList<>();
        headers.add(new Header("content-type", TYPE));
        headers.add(new Header("grpc-status", UNIMPLEMENTED));
        headers.add(new Header("grpc-message", encoded(refusal.reason() + " Next: " + refusal.next())));
        if (!receipt.isEmpty()) {
            headers.add(new Header("interlock-receipt", receipt));
        }
        return new ProblemDetails.ProblemResponse(200, headers, Bytes.empty());
    }

    private static String encoded(String message) {
        StringBuilder text = new StringBuilder();
        for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
            text.append(b >= ' ' && b <= '~' && b != '%' ? String.valueOf((char) b) : "%%%02X".formatted(b & 0xff));
        }
        return text.toString();
    }
}
