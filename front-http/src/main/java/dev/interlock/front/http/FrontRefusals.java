package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import java.util.List;

/** The refusals of requests that were read and lead nowhere. */
final class FrontRefusals {

    private FrontRefusals() {}

    static Refusal unknown(String upstream) {
        return denied(
                "The seal names no upstream `" + upstream + "`.",
                "Ask a person which upstreams are sealed: `interlock status`.",
                "every call to `" + upstream + "`");
    }

    static Refusal unsealed(String why) {
        return Refusal.unavailable(why, "A person must put a seal in force: `interlock status` says what is missing.");
    }

    static Refusal unknownHost(UpstreamOrigin origin) {
        return denied(
                "The seal names no upstream at `" + origin + "`, and nothing else can be reached from here.",
                "If the task needs it, ask a person to seal an upstream with `address: " + origin
                        + "`. No other way leads there; do not look for one.",
                "every call to `" + origin.host() + "`");
    }

    static Refusal unknownPath(UpstreamOrigin origin) {
        return denied(
                "The seal names upstreams at `" + origin + "`, and the path is below none of their addresses.",
                "Ask a person which addresses are sealed: `interlock status`.",
                "every call outside of them");
    }

    static Refusal ambiguous(UpstreamOrigin origin, List<String> upstreams) {
        return Refusal.notUnderstood(
                "The seal names several upstreams at `" + origin + "`, and this could be for any: `"
                        + String.join("`, `", upstreams) + "`.",
                "Say which: call the gateway itself, at `/{upstream}/path`.");
    }

    static Refusal otherPort(UpstreamOrigin origin) {
        return denied(
                "The seal names no upstream at port " + origin.port() + " of `" + origin.host() + "`.",
                "Ask a person which addresses are sealed: `interlock status`.",
                "every call to `" + origin.host() + ":" + origin.port() + "`");
    }

    static Refusal tooManyHosts() {
        return Refusal.unavailable(
                "So many different hosts were asked for at once that the gateway vouches for no more of them now.",
                "Call the hosts that the seal names; the others are refused in any case.");
    }

    static Refusal connectionLimit() {
        return Refusal.unavailable(
                "So many requests came in here that wait for their answers that there is no room for this one.",
                "Send the identical request again in a moment; nothing was sent.");
    }

    static Refusal unheard(UpstreamOrigin origin) {
        return Refusal.notUnderstood(
                "A tunnel to `" + origin + "` was opened, and no request came through it.",
                "If the client distrusts the certificate, give it the gateway's authority; it must ask for `"
                        + origin.host() + "` and no other name.");
    }

    private static Refusal denied(String reason, String next, String covers) {
        return Refusal.denied(reason, next, List.of(covers));
    }
}
