package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;
import static dev.interlock.front.http.UnreadableRequestException.refused;

import java.util.List;
import java.util.Locale;

/** Reads from the head alone what a request expects before its body is sent, or beyond HTTP/1.1. */
final class RequestExpectation {

    private RequestExpectation() {}

    /**
     * Returns whether the client waits for {@code 100 Continue}.
     *
     * @throws UnreadableRequestException if it expects anything else, or asks for another protocol. The body of a call of
     *     gRPC may never end, and is not read
     */
    static boolean wantsContinue(RequestHead head) throws UnreadableRequestException {
        refuseUpgrade(head);
        if (head.values("content-type").stream()
                .anyMatch(type -> type.toLowerCase(Locale.ROOT).startsWith("application/grpc"))) {
            throw refused(FrontRefusals.GRPC);
        }
        List<String> expected = head.values("expect");
        if (expected.isEmpty()) {
            return false;
        }
        if (expected.size() > 1 || !expected.getFirst().equalsIgnoreCase("100-continue")) {
            throw refused(FrontRefusals.EXPECTATION);
        }
        return true;
    }

    /**
     * Refuses an upgrade, because it would turn the rest of the connection into bytes that the gateway cannot read.
     * Some clients offer the upgrade to HTTP/2 with every first request. It is declined by ignoring it, as RFC 9110
     * §7.8 allows.
     */
    private static void refuseUpgrade(RequestHead head) throws UnreadableRequestException {
        List<String> wanted = head.values("upgrade").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .toList();
        boolean named = head.values("connection").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .anyMatch("upgrade"::equals);
        if ((named || !wanted.isEmpty()) && !wanted.equals(List.of("h2c"))) {
            throw broken(wanted.contains("websocket") ? FrontRefusals.WEBSOCKET : FrontRefusals.UPGRADE);
        }
    }
}
