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
                "The seal names no upstream at `" + origin + "`, and Interlock reaches only sealed upstreams.",
                "If the task needs it, ask a person to seal an upstream with `address: " + origin
                        + "`. There is no other route to it; do not look for one.",
                "every call to `" + origin.host() + "`");
    }

    static Refusal unknownPath(UpstreamOrigin origin) {
        return denied(
                "The seal names upstreams at `" + origin + "`, but the path is under none of their addresses.",
                "Ask a person which addresses are sealed: `interlock status`.",
                "every call outside of them");
    }

    static Refusal ambiguous(UpstreamOrigin origin, List<String> upstreams) {
        return Refusal.notUnderstood(
                "The seal names several upstreams at `" + origin + "`, and this request could be for any of them: `"
                        + String.join("`, `", upstreams) + "`.",
                "Name the upstream: call the gateway itself, at `/{upstream}/path`.");
    }

    static Refusal otherPort(UpstreamOrigin origin) {
        return denied(
                "The seal names no upstream at port " + origin.port() + " of `" + origin.host() + "`.",
                "Ask a person which addresses are sealed: `interlock status`.",
                "every call to `" + origin.host() + ":" + origin.port() + "`");
    }

    static Refusal tooManyHosts() {
        return Refusal.unavailable(
                "Too many different hosts were requested at once, so the gateway issues no more certificates now.",
                "Call only the hosts that the seal names; all others are refused anyway.");
    }

    static Refusal connectionLimit() {
        return Refusal.unavailable(
                "Too many requests are waiting for their answers on this connection; the queue is full.",
                "Send the identical request again in a moment; nothing was sent.");
    }

    static Refusal noRequestInTunnel(UpstreamOrigin origin) {
        return Refusal.notUnderstood(
                "A tunnel to `" + origin + "` was opened, but no request came through it.",
                "If the client does not trust the certificate, give it the gateway's certificate authority; it must"
                        + " ask for `"
                        + origin.host() + "` and no other name.");
    }

    private static Refusal denied(String reason, String next, String covers) {
        return Refusal.denied(reason, next, List.of(covers));
    }
}
