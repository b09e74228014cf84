package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;
import static dev.interlock.front.http.UnreadableRequestException.refused;

import java.util.List;
import java.util.Locale;

/** Reads from the head alone what a request expects before its body is sent, or beyond HTTP/1.1. */
final class RequestExpectation {

    private RequestExpectation() {}

    /**
     * Returns whether the client waits for {@code 100 Continue}. Throws if it expects anything else, or asks for
     * another protocol. A call of gRPC is refused here, too, because its body may never end.
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
     * Refuses an upgrade: the rest of the connection would be bytes that the gateway cannot read. Some clients offer
     * HTTP/2 with every first request. That is declined by ignoring it, as RFC 9110 §7.8 allows.
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
