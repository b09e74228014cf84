package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;
import static dev.interlock.front.http.UnreadableRequestException.refused;

import dev.interlock.action.Header;
import dev.interlock.front.git.PushAdmission;
import java.util.List;
import java.util.Locale;

/** A request line and its header fields, exactly as they came, with names in lower case. */
record RequestHead(String method, String target, List<Header> headers) {

    RequestHead {
        headers = List.copyOf(headers);
    }

    List<String> values(String name) {
        return HeaderRules.values(headers, name);
    }

    boolean has(String name) {
        return headers.stream().anyMatch(h -> h.name().equals(name));
    }

    boolean mayBePush() {
        return PushAdmission.mayBePush(method, target, String.join(",", values("content-type")));
    }

    boolean isGrpc() {
        return values("content-type").stream()
                .anyMatch(type -> type.toLowerCase(Locale.ROOT).startsWith("application/grpc"));
    }

    /**
     * Returns whether the client waits for {@code 100 Continue}. Throws if it expects anything else, or asks for
     * another protocol. A call of gRPC is refused here, too, because its body may never end.
     */
    boolean wantsContinue() throws UnreadableRequestException {
        refuseUpgrade();
        if (isGrpc()) {
            throw refused(FrontRefusals.GRPC);
        }
        List<String> expected = values("expect");
        if (expected.isEmpty()) {
            return false;
        }
        if (expected.size() > 1 || !expected.getFirst().equalsIgnoreCase("100-continue")) {
            throw refused(FrontRefusals.EXPECTATION);
        }
        return true;
    }

    /** Refuses an upgrade to bytes that the gateway cannot read. One to HTTP/2 is ignored, as RFC 9110 §7.8 allows. */
    private void refuseUpgrade() throws UnreadableRequestException {
        List<String> wanted = values("upgrade").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .toList();
        boolean named = values("connection").stream()
                .flatMap(value -> HeaderRules.list(value).stream())
                .anyMatch("upgrade"::equals);
        if ((named || !wanted.isEmpty()) && !wanted.equals(List.of("h2c"))) {
            throw broken(wanted.contains("websocket") ? FrontRefusals.WEBSOCKET : FrontRefusals.UPGRADE);
        }
    }
}
