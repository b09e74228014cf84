package dev.interlock.front.http;

import dev.interlock.action.Bytes;

/**
 * One request, whole.
 *
 * @param head its request line and header fields
 * @param body its body, without chunk framing
 */
record WireRequest(RequestHead head, Bytes body) implements Received {

    /** Whether the client wants no further request on this connection. */
    boolean isLast() {
        return head.values("connection").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .anyMatch("close"::equals);
    }
}
