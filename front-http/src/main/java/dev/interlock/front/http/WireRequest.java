package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.util.Optional;

/** One whole request, with a body without chunk framing, or an {@code inflow} that is too long for memory. */
record WireRequest(RequestHead head, Bytes body, Optional<Inflow> arriving) implements ReceivedRequest {

    /** A body that stays with the client until somebody asks for it, and where it goes then. */
    record Inflow(StreamedBody body, BodySpool spool) {}

    WireRequest(RequestHead head, Bytes body) {
        this(head, body, Optional.empty());
    }

    Optional<StreamedBody> inflow() {
        return arriving.map(Inflow::body);
    }

    /** Returns whether the client wants no further request on this connection. */
    boolean isLast() {
        return head.values("connection").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .anyMatch("close"::equals);
    }
}
