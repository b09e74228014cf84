package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.util.Optional;

/** One whole request, with a body without chunk framing, or an {@code inflow} that is too long to be stored. */
record WireRequest(RequestHead head, Bytes body, Optional<StreamedBody> inflow) implements ReceivedRequest {

    WireRequest(RequestHead head, Bytes body) {
        this(head, body, Optional.empty());
    }

    /** Returns whether the client wants no further request on this connection. */
    boolean isLast() {
        return head.values("connection").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .anyMatch("close"::equals);
    }
}
