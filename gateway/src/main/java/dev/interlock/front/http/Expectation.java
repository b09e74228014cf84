package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;
import static dev.interlock.front.http.UnreadableException.refused;

import java.util.List;

/** What a request wants before its body is sent, or beyond HTTP/1.1; told from its head alone. */
final class Expectation {

    private Expectation() {}

    /**
     * Whether the client waits for {@code 100 Continue}.
     *
     * @throws UnreadableException if it expects anything else, or asks for another protocol
     */
    static boolean wantsContinue(RequestHead head) throws UnreadableException {
        refuseUpgrade(head);
        List<String> expected = head.values("expect");
        if (expected.isEmpty()) {
            return false;
        }
        if (expected.size() > 1 || !expected.getFirst().equalsIgnoreCase("100-continue")) {
            throw refused("The request expects something other than `100-continue`.", "Send it without `Expect`.");
        }
        return true;
    }

    // An upgrade would turn the rest of the connection into bytes that nobody here reads.
    private static void refuseUpgrade(RequestHead head) throws UnreadableException {
        boolean named = head.values("connection").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .anyMatch(option -> option.equals("upgrade") || option.equals("http2-settings"));
        if (named || head.has("upgrade") || head.has("http2-settings")) {
            throw broken(
                    "The request asks for an upgrade (WebSocket, HTTP/2 or another protocol), which is not spoken here.");
        }
    }
}
